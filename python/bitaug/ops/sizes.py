"""Other sizes: the image resampled, or with a frame."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    Range,
    around,
    declaration,
    flag,
    indices,
    integer,
    kind,
    number,
    one_of,
    option,
    optional,
    several,
    size,
    span,
    values,
)
from .._values.plain import is_number

__all__ = [
    "LetterBox",
    "LongestMaxSize",
    "Pad",
    "PadIfNeeded",
    "RandomResize",
    "RandomScale",
    "RandomShortestSize",
    "Resize",
    "ScaleJitter",
    "SmallestMaxSize",
]


Border = Literal["constant", "edge", "reflect", "reflect101", "wrap"]

Position = Literal["center", "top_left", "top_right", "bottom_left", "bottom_right", "random"]

Resampling = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]


@kind(several(integer, 4).schema)
def _padding(value: Any, where: str) -> tuple[int, ...]:
    """Left, top, right, bottom; of one or two integers the others follow."""
    if is_number(value):
        return (integer(value, where),) * 4
    given = tuple(several(integer, 2, 4, alone="an integer")(value, where))
    return given if len(given) == 4 else (*given, *given)


@declaration
class Resize(Transform):
    """Resizes to a fixed size.

    Args:
        height, width: of the output, in pixels. By position: (224, 224) or ((height, width)).
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking, as Pillow does; else take its taps around each
            point, as OpenCV does.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.zeros((40, 60, 3), np.uint8)
        >>> ba.Resize(height=80, width=120)(image).shape
        (80, 120, 3)
    """

    # One number is the shorter side elsewhere.
    _square: ClassVar[bool] = False

    height: int = option(integer)
    width: int = option(integer)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)

    if TYPE_CHECKING:

        def __init__(
            self,
            *size: int | tuple[int, int],
            height: int = 0,
            width: int = 0,
            interpolation: Resampling = "bilinear",
            antialias: bool = True,
            p: float = 1.0,
            name: str | None = None,
        ) -> None: ...


@declaration
class LongestMaxSize(Transform):
    """Resizes, keeping the image's ratio, so that it fits into a height and a width.

    Sides are rounded to the nearest pixel, halves up.

    Args:
        size: most pixels of the longer side; or of height and width, (height, width).
        upscale: whether an image that is smaller is made larger.
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
        >>> ba.LongestMaxSize(96)(np.zeros((80, 120, 3), np.uint8)).shape
        (64, 96, 3)
    """

    size: int | tuple[int, int] = option(size, kw_only=False)
    upscale: bool = option(flag, default=True)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class SmallestMaxSize(Transform):
    """Resizes, keeping the image's ratio, so that it covers a height and a width.

    Sides are rounded to the nearest pixel, halves up. `CenterCrop` or `RandomCrop` of the same size
    cut what is beyond it.

    Args:
        size: pixels of the shorter side; or the least of height and width, (height, width).
        upscale: whether an image that covers less is made larger.
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
        >>> ba.SmallestMaxSize(96)(np.zeros((80, 120, 3), np.uint8)).shape
        (96, 144, 3)
    """

    size: int | tuple[int, int] = option(size, kw_only=False)
    upscale: bool = option(flag, default=True)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class RandomShortestSize(Transform):
    """Resizes, keeping the image's ratio, so that the shorter side has one of some lengths.

    Sides are rounded to the nearest pixel, halves up.

    Args:
        sizes: pixels of the shorter side: one integer, or several of which one is drawn.
        max_size: most pixels of the longer side, for which the shorter one becomes less; None for
            any.
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
        >>> resize = ba.RandomShortestSize((96, 128), max_size=180)
        >>> image = np.zeros((80, 120, 3), np.uint8)
        >>> sorted({resize(image, seed=1, epoch=0, index=i).shape for i in range(9)})
        [(96, 144, 3), (120, 180, 3)]
    """

    sizes: int | tuple[int, ...] = option(indices, kw_only=False)
    max_size: int | None = option(optional(integer), default=None)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class RandomResize(Transform):
    """Resizes, keeping the image's ratio, so that the shorter side has a random length.

    Sides are rounded to the nearest pixel, halves up.

    Args:
        size: range of the shorter side, in pixels, both ends included.
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
        >>> resize = ba.RandomResize((64, 128))
        >>> resize(np.zeros((80, 120, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (124, 186, 3)
    """

    size: Integers = option(span(integer), kw_only=False)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class RandomScale(Transform):
    """Resizes by a random factor.

    Sides are rounded to the nearest pixel, halves up.

    Args:
        scale: range of the factor, above 0; over 1 enlarges.
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
        >>> resize = ba.RandomScale((0.5, 1.5))
        >>> resize(np.zeros((80, 120, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (91, 137, 3)
    """

    scale: tuple[float, float] = option(around(1.0), default=(0.9, 1.1), kw_only=False)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class ScaleJitter(Transform):
    """Resizes, keeping the image's ratio, to a random part of what fits into a height and a width.

    Large-scale jitter is this, then `PadIfNeeded` and `RandomCrop` of the same size. Sides are
    rounded to the nearest pixel, halves up.

    Args:
        size: height and width into which a factor of 1 fits the image; one integer for both.
        scale: range of the factor, above 0.
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
        >>> jitter = ba.ScaleJitter(128, scale=(0.5, 1))
        >>> jitter(np.zeros((80, 120, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (56, 84, 3)
    """

    size: int | tuple[int, int] = option(size, kw_only=False)
    scale: Range = option(span(), default=(0.1, 2.0))
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)


@declaration
class Pad(Transform):
    """Adds a frame.

    Args:
        padding: pixels for all sides, or (horizontal, vertical), or (left, top, right, bottom).
        border: `constant` (fill), `edge` (aaa|abcd|ddd), `reflect` (cba|abcd|dcb), `reflect101`
            (dcb|abcd|cba) or `wrap` (bcd|abcd|abc).
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
        >>> image = np.array([[1, 2, 3]], np.uint8)
        >>> ba.Pad(padding=(20, 0), border="reflect")(image)[0, 17:26].tolist()
        [3, 2, 1, 1, 2, 3, 3, 2, 1]
    """

    padding: int | tuple[int, int] | tuple[int, int, int, int] = option(_padding, kw_only=False)
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class PadIfNeeded(Transform):
    """Adds a frame up to a least size, to a multiple of a number, or both.

    Boxes and keypoints move with the image; where the frame repeats pixels of it, they are not
    repeated.

    Args:
        min_height, min_width: least height and width of the output, in pixels.
        height_divisor, width_divisor: what they are a multiple of: 32 for a network that halves
            its input five times. Of these four, what is None asks nothing; one is needed.
        position: where the image sits: `center` (of an odd rest, the smaller part is on the top and
            left), `top_left`, `top_right`, `bottom_left`, `bottom_right` or `random`.
        border: `constant` (fill), `edge` (aaa|abcd|ddd), `reflect` (cba|abcd|dcb), `reflect101`
            (dcb|abcd|cba) or `wrap` (bcd|abcd|abc).
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
        >>> pad = ba.PadIfNeeded(min_height=180, width_divisor=32)
        >>> pad(np.zeros((200, 150, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (200, 160, 3)
        >>> pad(np.zeros((120, 160, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (180, 160, 3)
    """

    min_height: int | None = option(optional(integer), default=None)
    min_width: int | None = option(optional(integer), default=None)
    height_divisor: int | None = option(optional(integer), default=None)
    width_divisor: int | None = option(optional(integer), default=None)
    position: Position = option(one_of(Position), default="center")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class LetterBox(Transform):
    """Resizes as far as the whole image fits into a fixed size, and fills the rest.

    Args:
        size: height and width of the output; one integer for both.
        upscale: whether an image that is smaller is made larger.
        position: where the image sits: `center` (of an odd rest, the smaller part is on the top and
            left), `top_left`, `top_right`, `bottom_left`, `bottom_right` or `random`.
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking.
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
        >>> box = ba.LetterBox((96, 144), fill=114)
        >>> out = box(np.full((360, 480, 3), 255, np.uint8), seed=1, epoch=0, index=0)
        >>> out.shape, out[0, 7:9, 0].tolist()
        ((96, 144, 3), [114, 255])
    """

    size: int | tuple[int, int] = option(size, kw_only=False)
    upscale: bool = option(flag, default=True)
    position: Position = option(one_of(Position), default="center")
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)
