"""Windows cut from the image."""

from typing import TYPE_CHECKING

from .._pipeline.transform import Transform
from .._values.fields import (
    Range,
    declaration,
    flag,
    integer,
    one_of,
    option,
    several,
    size,
    span,
    values,
)
from .sizes import Resampling

__all__ = ["CenterCrop", "CropNonEmptyMask", "RandomCrop", "RandomIoUCrop", "RandomResizedCrop"]


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
        height, width: of the window, in pixels; it must fit into the image. By position: (224),
            (224, 224) or ((height, width)).
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
    """

    height: int = option(integer)
    width: int = option(integer)

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class CenterCrop(Transform):
    """Cuts a window of a fixed size from the middle; of an odd rest, the smaller part is on the
    top and left.

    Args:
        height, width: of the window, in pixels; it must fit into the image. By position: (224),
            (224, 224) or ((height, width)).
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

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
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
