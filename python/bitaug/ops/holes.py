"""Holes: parts of the image that are filled."""

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    Range,
    declaration,
    flag,
    integer,
    kind,
    number,
    option,
    optional,
    probability,
    several,
    span,
    values,
)
from .._values.plain import plain

__all__ = ["CoarseDropout", "GridDropout", "PixelDropout", "RandomErasing", "XYMasking"]


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
class GridDropout(Transform):
    """Fills a rectangle in each cell of a grid.

    Args:
        ratio: of a hole's sides to those of its cell, 0 to 1; a pixel at least is filled, and one
            stays.
        random_offset: holes lie anywhere in their cells; else where `shift_xy` says.
        unit_size_range: range of the cells' side, in pixels, from 2; by default a tenth of each
            side of the image.
        holes_number_xy: instead, the number of cells along x and y.
        shift_xy: without random_offset, of how many pixels holes are from the left and the top of
            their cells.
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
        >>> ones = np.ones((100, 100), np.uint8)
        >>> dropped = ba.GridDropout(p=1)(ones, seed=1, epoch=0, index=0)
        >>> int((dropped == 0).sum()) == 100 * 5 * 5
        True
    """

    ratio: float = option(number, default=0.5)
    random_offset: bool = option(flag, default=True)
    unit_size_range: Integers | None = option(optional(span(integer)), default=None)
    holes_number_xy: tuple[int, int] | None = option(optional(several(integer, 2)), default=None)
    shift_xy: tuple[int, int] = option(several(integer, 2), default=(0, 0))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float | None = option(optional(number), default=None)
    p: float = option(probability, default=0.5)


@declaration
class PixelDropout(Transform):
    """Fills random pixels.

    Args:
        dropout_prob: range of the probability that a pixel is filled, 0 to 1.
        per_channel: every channel of a pixel is filled by itself, or all of them together.
        fill: one value or one per channel, in the image's units; what its type cannot hold is
            refused.
        fill_mask: one value for the same pixels of masks, that their type holds; None leaves masks
            as they are, as per_channel=True must.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> white = np.full((256, 256), 255, np.uint8)
        >>> dropped = ba.PixelDropout(dropout_prob=0.2, p=1)(white, seed=1, epoch=0, index=0)
        >>> round(float((dropped == 0).mean()), 2)
        0.2
    """

    dropout_prob: Range = option(span(), default=(0.01, 0.01))
    per_channel: bool = option(flag, default=False)
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


@declaration
class XYMasking(Transform):
    """Fills stripes across the image: of a spectrogram, times and frequencies (SpecAugment).

    Args:
        num_masks_x, num_masks_y: least and largest number of stripes along x, as high as the
            image, and along y, as wide as it; 0 to 512.
        mask_x_length, mask_y_length: range of how many columns, or rows, a stripe has.
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
        >>> ones = np.ones((4, 8), np.float32)
        >>> op = ba.XYMasking(mask_x_length=3, num_masks_y=0, p=1)
        >>> op(ones, seed=1, epoch=0, index=0).sum(0)
        array([4., 0., 0., 0., 4., 4., 4., 4.], dtype=float32)
    """

    num_masks_x: Integers = option(span(integer), default=(1, 1))
    num_masks_y: Integers = option(span(integer), default=(1, 1))
    mask_x_length: Integers = option(span(integer), default=(0, 40))
    mask_y_length: Integers = option(span(integer), default=(0, 30))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float | None = option(optional(number), default=None)
    p: float = option(probability, default=0.5)
