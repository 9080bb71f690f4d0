"""Holes: parts of the image that are filled."""

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    Range,
    declaration,
    integer,
    kind,
    number,
    option,
    optional,
    probability,
    span,
    values,
)
from .._values.plain import plain

__all__ = ["CoarseDropout", "RandomErasing"]


@kind(number.schema)
def _either(value: object, where: str) -> float:
    """An integer stays one, pixels; another number is a fraction."""
    value = plain(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    side: float = integer(value, where) if whole else number(value, where)
    return side


@declaration
class CoarseDropout(Transform):
    """Fills random rectangles.

    Args:
        num_holes_range: least and largest number of holes.
        hole_height_range, hole_width_range: least and largest side of a hole, in pixels
            (integers, from 1) or as a part of the image's (floats, up to 1.0).
        fill: one value or one per channel, in the image's units; what its type cannot hold is
            refused.
        fill_mask: one value for masks, that their type holds; None leaves them as they are.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> white = np.full((64, 64), 255, np.uint8)
        >>> holes = ba.CoarseDropout(
        ...     num_holes_range=3, hole_height_range=20, hole_width_range=30, p=1
        ... )
        >>> int((holes(white, seed=1, epoch=0, index=0) == 0).sum()) > 20 * 30
        True
    """

    num_holes_range: Integers = option(span(integer), default=(1, 2))
    hole_height_range: Range = option(span(_either), default=(0.1, 0.2))
    hole_width_range: Range = option(span(_either), default=(0.1, 0.2))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float | None = option(optional(number), default=None)
    p: float = option(probability, default=0.5)


@declaration
class RandomErasing(Transform):
    """Fills rectangles of random area and aspect ratio.

    Args:
        scale: range of the part of the image's area that all of them have together.
        ratio: range of their height / width, drawn in the logarithm.
        count_range: least and largest number of them, 1 to 1024. One that is as high or as wide as
            the image is left out, if ten attempts give none that is not.
        fill: one value or one per channel, in the image's units; what its type cannot hold is
            refused.
        fill_mask: one value for masks, that their type holds; None leaves them as they are.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> white = np.full((20, 20), 255, np.uint8)
        >>> erase = ba.RandomErasing(scale=0.25, ratio=1, p=1)
        >>> int((erase(white, seed=1, epoch=0, index=0) == 0).sum())
        100
    """

    scale: Range = option(span(), default=(0.02, 0.33))
    ratio: Range = option(span(), default=(0.3, 3.3))
    count_range: Integers = option(span(integer), default=(1, 1))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float | None = option(optional(number), default=None)
    p: float = option(probability, default=0.5)
