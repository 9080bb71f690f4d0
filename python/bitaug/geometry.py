"""Transforms that move pixels, and with them masks, boxes and points."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ._fields import (
    Range,
    Unclear,
    around,
    declaration,
    flag,
    integer,
    kind,
    number,
    one_of,
    option,
    plain,
    probability,
    several,
    shown,
    size,
    span,
    values,
)
from ._transform import Transform

__all__ = [
    "Affine",
    "CenterCrop",
    "D4",
    "HorizontalFlip",
    "Pad",
    "RandomCrop",
    "RandomResizedCrop",
    "RandomRotate90",
    "Resize",
    "Rotate",
    "Transpose",
    "VerticalFlip",
]

Border = Literal["constant", "edge", "reflect", "reflect101", "wrap"]
Resampling = Literal["nearest", "box", "bilinear", "bicubic", "lanczos"]
Warping = Literal["nearest", "bilinear", "bicubic"]
Turned = Literal["same", "fit", "shrink", "crop"]


@kind(several(integer, 4).schema)
def _padding(value: Any, where: str) -> tuple[int, ...]:
    """Left, top, right, bottom; of one or two integers the others follow."""
    if isinstance(plain(value), int | float):
        return (integer(value, where),) * 4
    given = tuple(several(integer, 2, 4)(value, where))
    return given if len(given) == 4 else (*given, *given)


@declaration
class HorizontalFlip(Transform):
    """Mirrors left and right.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(6, dtype=np.uint8).reshape(2, 3)
        >>> ba.HorizontalFlip(p=1)(image, seed=1, epoch=0, index=0)
        array([[2, 1, 0],
               [5, 4, 3]], dtype=uint8)
    """

    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class VerticalFlip(Transform):
    """Mirrors top and bottom.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(6, dtype=np.uint8).reshape(2, 3)
        >>> ba.VerticalFlip(p=1)(image, seed=1, epoch=0, index=0)
        array([[3, 4, 5],
               [0, 1, 2]], dtype=uint8)
    """

    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class RandomRotate90(Transform):
    """Turns by 0, 1, 2 or 3 quarters counter-clockwise, each as likely.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> turn = ba.RandomRotate90()
        >>> turn.params(seed=1, epoch=0, index=3, shape=(2, 3))["ops"][0]["params"]
        {'turns': 3}
    """

    p: float = option(probability, default=1.0, kw_only=False)


@declaration
class Transpose(Transform):
    """Exchanges rows and columns: mirrors at the diagonal.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(6, dtype=np.uint8).reshape(2, 3)
        >>> ba.Transpose(p=1)(image, seed=1, epoch=0, index=0)
        array([[0, 3],
               [1, 4],
               [2, 5]], dtype=uint8)
    """

    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class D4(Transform):
    """Turns by quarters, mirrors, both or neither: one of the eight symmetries of a square, each as
    likely.

    The parameter `element` is `e` (nothing), `r90`, `r180`, `r270` (turned counter-clockwise), `v`
    (top and bottom exchanged), `h` (left and right), `t` (transposed) or `hvt` (transposed at the
    other diagonal). In an image that is no square `r90`, `r270`, `t` and `hvt` exchange height and
    width.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.D4().params(seed=1, epoch=0, index=3, shape=(2, 3))["ops"][0]["params"]
        {'element': 'h'}
    """

    p: float = option(probability, default=1.0, kw_only=False)


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
        >>> ba.Resize(height=20, width=25)(image, seed=1, epoch=0, index=0).shape
        (20, 25, 3)
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
        >>> crop = ba.RandomCrop(height=4, width=5)
        >>> crop(np.zeros((8, 9), np.uint8), seed=1, epoch=0, index=0).shape
        (4, 5)
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
        >>> image = np.arange(20, dtype=np.uint8).reshape(4, 5)
        >>> ba.CenterCrop(height=2, width=2)(image, seed=1, epoch=0, index=0)
        array([[ 6,  7],
               [11, 12]], dtype=uint8)
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
        >>> ba.Pad(padding=(2, 0), border="reflect")(image, seed=1, epoch=0, index=0)
        array([[2, 1, 1, 2, 3, 3, 2]], dtype=uint8)
    """

    padding: int | tuple[int, int] | tuple[int, int, int, int] = option(_padding, kw_only=False)
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


_PER_AXIS = several(several(number, 2), 2)


@kind(_PER_AXIS.schema)
def _per_axis(value: Any, where: str) -> Any:
    """A range for x and one for y; a scalar or a single range is meant for x alone elsewhere."""
    try:
        ends = values(value, where)
    except TypeError:
        return _PER_AXIS(value, where)
    if len(ends) > 2 or not ends:
        raise TypeError(f"{where}={shown(value)}: a range for x and one for y are needed")
    x, y = abs(ends[0]), abs(ends[-1])
    both = (ends[0], ends[-1])
    choices = [(((-x, x), (-y, y)), "these ranges"), ((both, both), "the same for x and y")]
    raise Unclear(where, value, choices)


@declaration
class Affine(Transform):
    """Scales, rotates, shears and moves the image about its centre.

    Args:
        scale: range of the factor, above 0; over 1 enlarges.
        rotate: range in degrees; positive turns counter-clockwise.
        translate: ((lo, hi), (lo, hi)) for x and y, as fractions of width and height; positive
            moves right and down.
        shear: ((lo, hi), (lo, hi)) in degrees for x and y, between -90 and 90.
        interpolation: `nearest`, `bilinear` or `bicubic` (a = -0.5). Masks are always nearest.
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
        >>> quarter = ba.Affine(rotate=(90, 90))
        >>> quarter(np.array([[1, 2], [3, 4]], np.uint8), seed=1, epoch=0, index=0)
        array([[2, 4],
               [1, 3]], dtype=uint8)
    """

    scale: Range = option(span(), default=(1.0, 1.0))
    rotate: tuple[float, float] = option(around(0.0), default=(0.0, 0.0))
    translate: tuple[tuple[float, float], tuple[float, float]] = option(
        _per_axis, default=((0.0, 0.0), (0.0, 0.0))
    )
    shear: tuple[tuple[float, float], tuple[float, float]] = option(
        _per_axis, default=((0.0, 0.0), (0.0, 0.0))
    )
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class Rotate(Transform):
    """Turns the image about its centre.

    Args:
        limit: range of the angle in degrees, within -360 to 360; positive turns counter-clockwise.
            By position: Rotate((-30, 30)).
        output: `same`: the image's size, so that corners are cut off; `fit`: as large as holds all
            of the image; `shrink`: the image's size, the image scaled down until all of it is
            inside, never up; `crop`: the largest upright rectangle inside the turned image, cut to
            the image's size where it is longer.
        interpolation: `nearest`, `bilinear` or `bicubic` (a = -0.5). Masks are always nearest.
        border: what lies beyond the edge: `constant` (fill), `edge`, `reflect`, `reflect101` or
            `wrap`, as for Pad. Nothing of it shows in `crop`, which reads as with `edge`.
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
        >>> image = np.zeros((300, 400, 3), np.uint8)
        >>> {how: ba.Rotate((30, 30), output=how)(image, seed=1, epoch=0, index=0).shape[:2]
        ...  for how in ("same", "fit", "shrink", "crop")}
        {'same': (300, 400), 'fit': (460, 497), 'shrink': (300, 400), 'crop': (200, 300)}
    """

    limit: tuple[float, float] = option(around(0.0), default=(-90.0, 90.0), kw_only=False)
    output: Turned = option(one_of(Turned), default="same")
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)
