"""Transforms that blur, add noise or cut holes."""

from ._fields import (
    Integers,
    Range,
    declaration,
    flag,
    indices,
    integer,
    kind,
    number,
    option,
    optional,
    plain,
    probability,
    span,
    up_to,
    values,
)
from ._transform import Transform

__all__ = ["Blur", "CoarseDropout", "GaussNoise", "GaussianBlur", "MedianBlur"]


@declaration
class Blur(Transform):
    """Takes the mean of a square of pixels, reflecting the image at its edges (reflect101).

    Args:
        blur_limit: range of the square's side, odd pixels, 3 to 255.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> spot = np.zeros((3, 3), np.uint8)
        >>> spot[1, 1] = 90
        >>> int(ba.Blur(blur_limit=(3, 3))(spot, seed=1, epoch=0, index=0)[1, 1])
        10
    """

    blur_limit: tuple[int, int] = option(up_to(integer, 3), default=(3, 7))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class GaussianBlur(Transform):
    """Convolves with a Gaussian, reflecting the image at its edges (reflect101).

    Args:
        blur_limit: range of the kernel's side, odd pixels; 0 takes what sigma needs.
        sigma_limit: range of the standard deviation, in pixels.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> spot = np.zeros((3, 3), np.uint8)
        >>> spot[1, 1] = 255
        >>> blur = ba.GaussianBlur(blur_limit=(3, 3), sigma_limit=(0.5, 0.5))
        >>> int(blur(spot, seed=1, epoch=0, index=0)[1, 1])
        158
    """

    blur_limit: tuple[int, int] = option(up_to(integer, 3), default=(0, 0))
    sigma_limit: tuple[float, float] = option(up_to(number, 0.1), default=(0.5, 3.0))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class MedianBlur(Transform):
    """Takes the median of a square of pixels, repeating the image's edges.

    Of float32 images NaN counts as the largest value.

    Args:
        blur_limit: range of the square's side, odd pixels, 3 to 255.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> spot = np.zeros((3, 3), np.uint8)
        >>> spot[1, 1] = 90
        >>> int(ba.MedianBlur(blur_limit=(3, 3))(spot, seed=1, epoch=0, index=0)[1, 1])
        0
    """

    blur_limit: tuple[int, int] = option(up_to(integer, 3), default=(3, 7))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class GaussNoise(Transform):
    """Adds normally distributed noise.

    Args:
        std_range: range of the standard deviation, as a part of white, 0 to 1.
        mean_range: range of the mean, as a part of white, -1 to 1.
        per_channel: a draw for every channel of a pixel, or one for all of them.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> gray = np.full((256, 256), 128, np.uint8)
        >>> noisy = ba.GaussNoise(std_range=(0.1, 0.1))(gray, seed=1, epoch=0, index=0)
        >>> round(float(noisy.std()) / 255, 2)
        0.1
    """

    std_range: Range = option(span(), default=(0.02, 0.1))
    mean_range: Range = option(span(), default=(0.0, 0.0))
    per_channel: bool = option(flag, default=True)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@kind({"type": "number", "minimum": 0})
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
        >>> white = np.full((10, 10), 255, np.uint8)
        >>> hole = ba.CoarseDropout(num_holes_range=1, hole_height_range=3, hole_width_range=4, p=1)
        >>> int((hole(white, seed=1, epoch=0, index=0) == 0).sum())
        12
    """

    num_holes_range: Integers = option(span(integer), default=(1, 2))
    hole_height_range: Range = option(span(_either), default=(0.1, 0.2))
    hole_width_range: Range = option(span(_either), default=(0.1, 0.2))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float | None = option(optional(number), default=None)
    p: float = option(probability, default=0.5)
