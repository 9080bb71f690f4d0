"""Windows cut from the image."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    Kind,
    Range,
    declaration,
    flag,
    integer,
    number,
    one_of,
    option,
    optional,
    place,
    probability,
    several,
    size,
    span,
    values,
)
from .sizes import Border, Position, Resampling

__all__ = [
    "AtLeastOneBBoxRandomCrop",
    "BBoxSafeRandomCrop",
    "CenterCrop",
    "Crop",
    "CropAndPad",
    "CropNonEmptyMask",
    "RandomCrop",
    "RandomCropFromBorders",
    "RandomIoUCrop",
    "RandomResizedCrop",
    "RandomSizedBBoxSafeCrop",
    "RandomSizedCrop",
    "RandomZoomOut",
]


_Sides = float | tuple[float, float] | tuple[float | tuple[float, float], ...]


def _sides(end: Kind) -> Kind:
    """A range for top, right, bottom and left: one for all, or four; a number is the range that
    holds only it."""
    one, each = span(end), several(span(end), 4)

    def convert(value: Any, where: str) -> Any:
        value = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(value, Sequence) and len(value) > 2:
            return each(value, where)
        return (one(value, where),) * 4

    return Kind(convert, each.schema)


@declaration
class RandomResizedCrop(Transform):
    """Crops a window of random area and aspect ratio and resizes it to a fixed size.

    Args:
        size: height and width of the output; one integer for both.
        scale: range of the window's part of the area.
        ratio: range of the window's width / height, drawn in the logarithm.
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.zeros((300, 400, 3), np.uint8)
        >>> ba.RandomResizedCrop(224)(image, seed=1, epoch=0, index=0).shape
        (224, 224, 3)
    """

    size: int | tuple[int, int] = option(size, kw_only=False)
    scale: Range = option(span(), default=(0.08, 1.0))
    ratio: Range = option(span(), default=(3 / 4, 4 / 3))
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class RandomCrop(Transform):
    """Cuts a window of a fixed size at a random place.

    Args:
        height, width: of the window, in pixels; it must fit into the image, but with
            `pad_if_needed`. By position: (224), (224, 224) or ((height, width)).
        pad_if_needed: whether what an image lacks along an axis is added.
        position: where the image then sits: `center` (of an odd rest, the smaller part is on the
            top and left), `top_left`, `top_right`, `bottom_left`, `bottom_right` or `random`.
        border: what lies beyond the edge: `constant` (fill), `edge`, `reflect`, `reflect101` or
            `wrap`, as for Pad.
        fill: for `constant`: one value or one per channel, in the image's units; what its type
            cannot hold is refused.
        fill_mask: one value for masks, that their type holds.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> crop = ba.RandomCrop(height=96, width=112)
        >>> crop(np.zeros((128, 128, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (96, 112, 3)
        >>> crop = ba.RandomCrop(96, pad_if_needed=True, position="top_left")
        >>> crop(np.zeros((64, 128, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (96, 96, 3)
    """

    height: int = option(integer)
    width: int = option(integer)
    pad_if_needed: bool = option(flag, default=False, absent=True)
    position: Position = option(one_of(Position), default="center", absent=True)
    border: Border = option(one_of(Border), default="constant", absent=True)
    fill: float | tuple[float, ...] = option(values, default=0.0, absent=True)
    fill_mask: float = option(number, default=0.0, absent=True)

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            pad_if_needed: bool = False,
            position: Position = "center",
            border: Border = "constant",
            fill: float | tuple[float, ...] = 0.0,
            fill_mask: float = 0.0,
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class Crop(Transform):
    """Cuts a fixed window.

    Args:
        x_min, y_min, x_max, y_max: its left, top, right and bottom, in pixels; it must lie within
            the image, but with `pad_if_needed`.
        pad_if_needed: whether it may show what lies beyond the image.
        border: what lies beyond the edge: `constant` (fill), `edge`, `reflect`, `reflect101` or
            `wrap`, as for Pad.
        fill: for `constant`: one value or one per channel, in the image's units; what its type
            cannot hold is refused.
        fill_mask: one value for masks, that their type holds.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> crop = ba.Crop(x_min=40, y_min=20, x_max=140, y_max=100)
        >>> crop(np.zeros((128, 160, 3), np.uint8)).shape
        (80, 100, 3)
    """

    x_min: int = option(place)
    y_min: int = option(place)
    x_max: int = option(place)
    y_max: int = option(place)
    pad_if_needed: bool = option(flag, default=False)
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class CenterCrop(Transform):
    """Cuts a window of a fixed size from the middle; of an odd rest, the smaller part is on the
    top and left.

    Args:
        height, width: of the window, in pixels; it must fit into the image, but with
            `pad_if_needed`. By position: (224), (224, 224) or ((height, width)).
        pad_if_needed: whether what an image lacks along an axis is added.
        border: what lies beyond the edge: `constant` (fill), `edge`, `reflect`, `reflect101` or
            `wrap`, as for Pad.
        fill: for `constant`: one value or one per channel, in the image's units; what its type
            cannot hold is refused.
        fill_mask: one value for masks, that their type holds.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(128, dtype=np.uint8).repeat(128).reshape(128, 128)
        >>> ba.CenterCrop(96)(image)[:, 0].tolist() == list(range(16, 112))
        True
    """

    height: int = option(integer)
    width: int = option(integer)
    pad_if_needed: bool = option(flag, default=False, absent=True)
    border: Border = option(one_of(Border), default="constant", absent=True)
    fill: float | tuple[float, ...] = option(values, default=0.0, absent=True)
    fill_mask: float = option(number, default=0.0, absent=True)

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            pad_if_needed: bool = False,
            border: Border = "constant",
            fill: float | tuple[float, ...] = 0.0,
            fill_mask: float = 0.0,
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class CropNonEmptyMask(Transform):
    """Cuts a window of a fixed size that shows something of the mask, where it shows anything.

    Each pixel that counts is as likely to be shown as any other. It needs `mask=` or `masks=`; of
    several, a pixel counts that does so in one of them.

    Args:
        height, width: of the window, in pixels; it must fit into the image. By position: (224),
            (224, 224) or ((height, width)).
        ignore_values: what does not count beside 0: one value or several.
        ignore_channels: the mask's channels, by index, that do not count.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image, mask = np.zeros((80, 90, 3), np.uint8), np.zeros((80, 90), np.uint8)
        >>> mask[70, 80] = 1
        >>> crop = ba.CropNonEmptyMask(height=64, width=64)
        >>> int(crop(image=image, mask=mask, seed=1, epoch=0, index=0)["mask"].sum())
        1
    """

    height: int = option(integer)
    width: int = option(integer)
    ignore_values: float | tuple[float, ...] = option(values, default=())
    ignore_channels: tuple[int, ...] = option(several(integer), default=())

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            ignore_values: float | tuple[float, ...] = (),
            ignore_channels: tuple[int, ...] = (),
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class RandomIoUCrop(Transform):
    """Cuts a random window that overlaps a box as far as a drawn option asks, as SSD's training
    does; the whole image where no window does.

    It needs `bboxes=`. Those whose centre does not lie inside the window are dropped.

    Args:
        scale: range of the window's sides, as parts of the image's.
        ratio: range of the window's width / height.
        options: least intersections over union of the window and the box that overlaps it most, of
            those whose centre lies inside; 1 is the whole image. One is drawn for each image.
        trials: windows that are tried, 1 to 1000, before another option is drawn.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image, boxes = np.zeros((80, 90, 3), np.uint8), [[10, 10, 60, 70], [80, 0, 90, 9]]
        >>> crop = ba.RandomIoUCrop(options=(0.7,))
        >>> out = crop(image=image, bboxes=boxes, seed=1, epoch=0, index=0)
        >>> len(out["bboxes"]) + len(out["dropped"])
        2
    """

    scale: Range = option(span(), default=(0.3, 1.0))
    ratio: Range = option(span(), default=(0.5, 2.0))
    options: float | tuple[float, ...] = option(values, default=(0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0))
    trials: int = option(integer, default=40)


@declaration
class BBoxSafeRandomCrop(Transform):
    """Cuts a random window that holds all boxes.

    It needs `bboxes=`; without any of an area the window is of the image's ratio, anywhere.

    Args:
        erosion_rate: the part, 0 to 1, of the box around all boxes that may be cut off, half of it
            on either side; without boxes, of the image's height.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image, boxes = np.zeros((80, 90, 3), np.uint8), [[10, 10, 60, 70], [80, 0, 90, 9]]
        >>> crop = ba.BBoxSafeRandomCrop()
        >>> out = crop(image=image, bboxes=boxes, seed=1, epoch=0, index=0)
        >>> (out["bboxes"][:, 2:] - out["bboxes"][:, :2]).tolist()
        [[50.0, 60.0], [10.0, 9.0]]
    """

    erosion_rate: float = option(number, default=0.0)


@declaration
class RandomSizedBBoxSafeCrop(Transform):
    """Cuts a random window that holds all boxes, and resizes it to a fixed size.

    It needs `bboxes=`; without any of an area the window is of the image's ratio, anywhere.

    Args:
        height, width: of the output, in pixels. By position: (224),
            (224, 224) or ((height, width)).
        erosion_rate: the part, 0 to 1, of the box around all boxes that may be cut off, half of it
            on either side; without boxes, of the image's height.
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image, boxes = np.zeros((80, 90, 3), np.uint8), [[10, 10, 60, 70], [80, 0, 90, 9]]
        >>> crop = ba.RandomSizedBBoxSafeCrop(height=64, width=96)
        >>> out = crop(image=image, bboxes=boxes, seed=1, epoch=0, index=0)
        >>> out["image"].shape, len(out["bboxes"])
        ((64, 96, 3), 2)
    """

    height: int = option(integer)
    width: int = option(integer)
    erosion_rate: float = option(number, default=0.0)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            erosion_rate: float = 0.0,
            interpolation: Resampling = "bilinear",
            antialias: bool = True,
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class AtLeastOneBBoxRandomCrop(Transform):
    """Cuts a window of a fixed size that shows one of the boxes, each as likely as any other.

    It needs `bboxes=`; without any of an area the window lies anywhere. A box that is larger than
    the window has its middle in it.

    Args:
        height, width: of the window, in pixels; it must fit into the image. By position: (224),
            (224, 224) or ((height, width)).
        erosion_factor: the part of the box's width, and of its height, that may be cut off, 0 to
            below 1.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image, boxes = np.zeros((120, 160, 3), np.uint8), [[10, 10, 30, 30], [150, 0, 160, 9]]
        >>> crop = ba.AtLeastOneBBoxRandomCrop(height=100, width=100)
        >>> out = crop(image=image, bboxes=boxes, seed=1, epoch=0, index=0)
        >>> out["image"].shape, len(out["bboxes"])
        ((100, 100, 3), 1)
    """

    height: int = option(integer)
    width: int = option(integer)
    erosion_factor: float = option(number, default=0.0)

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            erosion_factor: float = 0.0,
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class RandomSizedCrop(Transform):
    """Cuts a window of random height at a random place and resizes it to a fixed size.

    Args:
        min_max_height: range of the window's height, in pixels; ends above the image's count as
            that.
        size: height and width of the output; one integer for both.
        w2h_ratio: the window's width / height, as far as the image is as wide.
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> crop = ba.RandomSizedCrop(min_max_height=(60, 120), size=(96, 128), w2h_ratio=4 / 3)
        >>> crop(np.zeros((120, 160, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (96, 128, 3)
    """

    min_max_height: Integers = option(span(integer))
    size: int | tuple[int, int] = option(size)
    w2h_ratio: float = option(number, default=1.0)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class RandomCropFromBorders(Transform):
    """Cuts off a random part on each side.

    Args:
        crop_left, crop_right: most parts of the width that are cut off, 0 to 1, at most 1 in all.
        crop_top, crop_bottom: most parts of the height, likewise. At least a pixel is left.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> crop = ba.RandomCropFromBorders(crop_left=0.3, crop_right=0.3)
        >>> crop(np.zeros((100, 200, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (91, 165, 3)
    """

    crop_left: float = option(number, default=0.1)
    crop_right: float = option(number, default=0.1)
    crop_top: float = option(number, default=0.1)
    crop_bottom: float = option(number, default=0.1)


@declaration
class CropAndPad(Transform):
    """Cuts off or adds a random number of pixels on each side.

    Args:
        px: range of the pixels that are added on each side, or below 0 cut off; one for all sides,
            or four, ((lo, hi), ...), for top, right, bottom and left. A number is a fixed one.
        percent: the same in parts of height and width, from -1 on: one of the two is needed. At
            least a pixel of the image is left.
        keep_size: whether what is left is resized to the image's size.
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking.
        border: what lies beyond the edge: `constant` (fill), `edge`, `reflect`, `reflect101` or
            `wrap`, as for Pad.
        fill: for `constant`: one value or one per channel, in the image's units; what its type
            cannot hold is refused.
        fill_mask: one value for masks, that their type holds.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> crop = ba.CropAndPad(percent=(-0.3, 0.3), keep_size=False)
        >>> crop(np.zeros((100, 200, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (101, 223, 3)
        >>> fixed = ba.CropAndPad(px=(-10, 20, -10, 20), keep_size=False)
        >>> fixed(np.zeros((50, 50), np.uint8)).shape
        (30, 90)
    """

    px: _Sides | None = option(optional(_sides(place)), default=None)
    percent: _Sides | None = option(optional(_sides(number)), default=None)
    keep_size: bool = option(flag, default=True)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class RandomZoomOut(Transform):
    """Puts the image at a random place on a larger canvas, as SSD's training does.

    Args:
        side_range: range of the canvas' sides, as parts of the image's, from 1 on.
        fill: one value or one per channel, in the image's units; what its type cannot hold is
            refused.
        fill_mask: one value for masks, that their type holds.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> zoom = ba.RandomZoomOut(side_range=(1, 2), fill=114, p=1)
        >>> zoom(np.zeros((100, 200, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (180, 360, 3)
    """

    side_range: Range = option(span(), default=(1.0, 4.0))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)
    p: float = option(probability, default=0.5)
