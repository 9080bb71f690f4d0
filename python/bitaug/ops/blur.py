"""Blurs, what is the opposite, and other filters of a window."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    around,
    declaration,
    indices,
    integer,
    number,
    one_of,
    option,
    optional,
    span,
    up_to,
)

__all__ = ["Blur", "GaussianBlur", "MedianBlur", "Morphological", "Sharpness"]


Operation = Literal["erosion", "dilation"]

Form = Literal["rect", "ellipse", "cross"]


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
class Morphological(Transform):
    """Takes the largest sample of a window, which makes bright parts grow, or the least.

    What lies outside the image does not count. Masks and boxes stay as they are. Of float32 images
    a NaN in the window is what comes out.

    Args:
        operation: `dilation`, the largest; `erosion`, the least.
        size: range of the window's side, 1 to 255; of an even one the middle is the first pixel of
            its second half.
        shape: what of the window is looked at: `rect`, `ellipse` or `cross`.
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
        >>> spot = np.zeros((3, 4), np.uint8)
        >>> spot[1, 1] = 9
        >>> ba.Morphological(size=(3, 3), shape="cross")(spot, seed=1, epoch=0, index=0)
        array([[0, 9, 0, 0],
               [9, 9, 9, 0],
               [0, 9, 0, 0]], dtype=uint8)
    """

    operation: Operation = option(one_of(Operation), default="dilation")
    size: Integers = option(span(integer), default=(2, 3))
    shape: Form = option(one_of(Form), default="rect")
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Sharpness(Transform):
    """Moves each value from the mean around it: 0 is smoothed, 1 the image itself, more is sharper.

    The mean is that of 3 x 3 pixels, the middle one counted five times; the outermost pixels stay.
    At uint8 within 1 of Pillow's ImageEnhance.Sharpness, which rounds down.

    Args:
        factor: range of the factor, 0 to 8.
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
        >>> spot = np.full((3, 3), 100, np.uint8)
        >>> spot[1, 1] = 126
        >>> int(ba.Sharpness(factor=(2, 2))(spot, seed=1, epoch=0, index=0)[1, 1])
        142
    """

    factor: tuple[float, float] = option(around(1.0), default=(0.1, 1.9))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
