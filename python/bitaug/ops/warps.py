"""Warps: the image taken from other places."""

from typing import Any, Literal

from .._pipeline.transform import Transform
from .._values.fields import (
    Range,
    Unclear,
    around,
    declaration,
    integer,
    kind,
    number,
    one_of,
    option,
    several,
    size,
    span,
    values,
)
from .._values.plain import shown
from .sizes import Border

__all__ = [
    "Affine",
    "ElasticTransform",
    "GridDistortion",
    "OpticalDistortion",
    "Perspective",
    "RandomGridShuffle",
    "Rotate",
    "Shear",
]


Warping = Literal["nearest", "bilinear", "bicubic"]
Turned = Literal["same", "fit", "shrink", "crop"]
Axis = Literal["x", "y"]
Direction = Literal["in", "out"]
Lens = Literal["camera", "fisheye"]
Seen = Literal["same", "fit", "shrink", "quad"]


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
        >>> turned = ba.Affine(scale=(0.8, 1.2), rotate=(-20, 20), shear=((-15, 15), (0, 0)))
        >>> turned(np.zeros((48, 64, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (48, 64, 3)
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
        >>> ba.Rotate((-30, 30), output="fit")(image, seed=1, epoch=0, index=0).shape[0] > 300
        True
        >>> {how: ba.Rotate((30, 30), output=how)(image, seed=1, epoch=0, index=0).shape[:2]
        ...  for how in ("same", "fit", "shrink", "crop")}
        {'same': (300, 400), 'fit': (460, 497), 'shrink': (300, 400), 'crop': (173, 300)}
    """

    limit: tuple[float, float] = option(around(0.0), default=(-90.0, 90.0), kw_only=False)
    output: Turned = option(one_of(Turned), default="same")
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class Shear(Transform):
    """Slides rows along themselves, or columns, by as much as they are away from the top left.

    That corner stays: what policies call ShearX and ShearY. `Affine` shears about the centre, by
    degrees.

    Args:
        slope: range of the pixels to the left for each row down, or up for each column to the
            right, within -100 to 100.
        axis: what pixels move along, `x` or `y`.
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
        >>> left = ba.Shear(slope=(1, 1), interpolation="nearest", border="wrap")
        >>> left(np.arange(9, dtype=np.uint8).reshape(3, 3), seed=1, epoch=0, index=0)
        array([[1, 2, 0],
               [5, 3, 4],
               [6, 7, 8]], dtype=uint8)
    """

    slope: tuple[float, float] = option(around(0.0), default=(-0.3, 0.3))
    axis: Axis = option(one_of(Axis), default="x")
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class Perspective(Transform):
    """Sees the image as from another side: stretches a quadrilateral of it to the frame, or
    squeezes it into one.

    The parameter `corners` is the quadrilateral, ((x, y), ...) from the upper left clockwise, in
    pixels from the image's upper left corner; edit it for a fixed warp.

    Args:
        distortion: range of the corners' largest offset, as a part of width and height, within 0
            to 1/3; each corner moves inwards by uniform parts of it.
        direction: `in`: the quadrilateral fills the frame, so that nothing outside the image shows;
            `out`: the image fills the quadrilateral.
        output: `same`: the image's size; `fit`: as large as holds all of the image; `shrink`: the
            image's size, the image scaled down until all of it is inside, never up; `quad`, with
            `in`: the size of the quadrilateral. `fit` and `shrink` take a distortion of at most 0.2
            with `in`.
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
        >>> white = np.full((100, 100), 255, np.uint8)
        >>> image = ba.Perspective(direction="out")(white, seed=1, epoch=0, index=0)
        >>> int(image[0, 0]), int(image[50, 50])
        (0, 255)
    """

    distortion: Range = option(span(), default=(0.05, 0.15))
    direction: Direction = option(one_of(Direction), default="in")
    output: Seen = option(one_of(Seen), default="same")
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class ElasticTransform(Transform):
    """Moves pixels by a smooth random field, as rubber is pulled.

    Uniform noise is blurred with a Gaussian of width `sigma` and multiplied by `alpha`: pixels move
    by 0.163 alpha / sigma pixels, as a standard deviation, and never by more than alpha. The image
    begins to fold where alpha is 1.5 to 2 sigma^2. This is the alpha of imgaug and of
    Albumentations up to 1.4.17; torchvision's is twice as large for the same displacements, that of
    Albumentations 2 about 2.8 times.

    Args:
        alpha: the field's strength in pixels, 0 to 8192: a number or a range.
        sigma: the width of the Gaussian in pixels, 0.5 to 512: a number or a range.
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
        >>> points = ba.ElasticTransform()(image=np.zeros((64, 64, 3), np.uint8),
        ...     keypoints=[[31.0, 31.0]], seed=1, epoch=0, index=0)["keypoints"]
        >>> points.round(2).tolist()
        [[31.02, 32.38]]
    """

    alpha: Range = option(span(), default=(40.0, 40.0))
    sigma: Range = option(span(), default=(6.0, 6.0))
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class GridDistortion(Transform):
    """Squeezes and stretches the columns and rows of a grid.

    The image stays in its frame: what one cell loses, others gain, and nothing outside shows.

    Args:
        num_steps: cells along either axis, 1 to 64, at most as many as the shorter side has pixels.
        distort_limit: range of how much longer, as a part, what a cell shows is before all are
            fitted into the frame, within -0.95 to 0.95.
        interpolation: `nearest`, `bilinear` or `bicubic` (a = -0.5). Masks are always nearest.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(100, dtype=np.uint8).reshape(10, 10)
        >>> still = ba.GridDistortion(distort_limit=(0, 0))
        >>> bool((still(image, seed=1, epoch=0, index=0) == image).all())
        True
    """

    num_steps: int = option(integer, default=5)
    distort_limit: tuple[float, float] = option(around(0.0), default=(-0.3, 0.3))
    interpolation: Warping = option(one_of(Warping), default="bilinear")


@declaration
class OpticalDistortion(Transform):
    """Bends straight lines as a lens does: like a barrel with a strength above 0, like a pincushion
    below.

    Args:
        distort_limit: range of the strength k, within -0.33 to 4: what is seen at the distance r
            from the centre lies at r (1 + k (q + q q)) for `camera`, r (1 + k q) for `fisheye`.
        mode: `camera`: q is the square of the distance, in parts of width and height, 1/2 at the
            corners; `fisheye`: that in parts of half the diagonal, 1 at the corners.
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
        >>> ba.OpticalDistortion(distort_limit=(-0.3, 0.5))
        OpticalDistortion(distort_limit=(-0.3, 0.5))
        >>> points = ba.OpticalDistortion(distort_limit=(0.5, 0.5), mode="fisheye")(
        ...     image=np.zeros((64, 64, 3), np.uint8), keypoints=[[31.5, 31.5], [63.5, 31.5]],
        ...     seed=1, epoch=0, index=0)["keypoints"]
        >>> points.round(2).tolist()
        [[31.5, 31.5], [58.63, 31.5]]
    """

    distort_limit: tuple[float, float] = option(around(0.0), default=(-0.05, 0.05))
    mode: Lens = option(one_of(Lens), default="camera")
    interpolation: Warping = option(one_of(Warping), default="bilinear")
    border: Border = option(one_of(Border), default="constant")
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)


@declaration
class RandomGridShuffle(Transform):
    """Cuts the image into a grid of tiles, and lets those of one size change places.

    Tiles whose sizes differ by the pixel that is left over stay among their like. Points move with
    their tile; a box becomes the one around all of its pieces.

    Args:
        grid: rows and columns of tiles, 1 to 64 each; one integer for both. The image must have as
            many.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> shuffle = ba.RandomGridShuffle(grid=(2, 3))
        >>> shuffle(np.arange(6, dtype=np.uint8).reshape(2, 3), seed=1, epoch=0, index=0)
        array([[1, 5, 4],
               [0, 3, 2]], dtype=uint8)
    """

    grid: int | tuple[int, int] = option(size, default=(3, 3))
