"""Blurs, and what is the opposite."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    Range,
    around,
    declaration,
    flag,
    indices,
    integer,
    number,
    one_of,
    option,
    optional,
    span,
    up_to,
)

__all__ = [
    "AdvancedBlur",
    "Blur",
    "Defocus",
    "Emboss",
    "GaussianBlur",
    "MedianBlur",
    "Morphological",
    "MotionBlur",
    "Sharpen",
    "Sharpness",
    "UnsharpMask",
]

Operation = Literal["erosion", "dilation"]
Form = Literal["rect", "ellipse", "cross"]
Sharpening = Literal["kernel", "gaussian"]


@declaration
class AdvancedBlur(Transform):
    """Blurs with a random kernel: a Gaussian of two widths, turned, flat or peaked, with noise.

    The image is reflected at its edges (reflect101).

    Args:
        blur_limit: range of the kernel's side, odd pixels, 3 to 31.
        sigma_x_limit, sigma_y_limit: ranges of the standard deviations along its axes, in pixels.
        rotate_limit: range of the angle of the axes, in degrees, counter-clockwise.
        beta_limit: range of its shape: 1 is a Gaussian, more is flatter, less has a sharper peak.
            Half of the draws are on either side of 1, if it is inside.
        noise_limit: range of the factors that each weight is multiplied by.
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
        >>> spot = np.zeros((15, 15), np.float32)
        >>> spot[7, 7] = 1
        >>> blur = ba.AdvancedBlur(blur_limit=(7, 7), sigma_x_limit=2, sigma_y_limit=0.5)
        >>> blurred = blur(spot, seed=1, epoch=0, index=0)
        >>> round(float(blurred.sum()), 3)
        1.0
    """

    blur_limit: tuple[int, int] = option(up_to(integer, 3), default=(3, 7))
    sigma_x_limit: Range = option(span(), default=(0.2, 1.0))
    sigma_y_limit: Range = option(span(), default=(0.2, 1.0))
    rotate_limit: tuple[float, float] = option(around(0.0), default=(-90.0, 90.0))
    beta_limit: Range = option(span(), default=(0.5, 8.0))
    noise_limit: Range = option(span(), default=(0.9, 1.1))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


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
class Defocus(Transform):
    """Blurs with a disc, as a lens out of focus does.

    The image is reflected at its edges (reflect101).

    Args:
        radius: range of the disc's radius, in pixels, integers, 1 to 16.
        alias_blur: range of the standard deviation by which its rim is softened, in pixels.
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
        >>> spot = np.zeros((9, 9), np.uint8)
        >>> spot[4, 4] = 232
        >>> defocus = ba.Defocus(radius=(3, 3), alias_blur=0.01)
        >>> defocus(spot, seed=1, epoch=0, index=0)[4]
        array([0, 8, 8, 8, 8, 8, 8, 8, 0], dtype=uint8)
    """

    radius: tuple[int, int] = option(up_to(integer, 1), default=(3, 10))
    alias_blur: Range = option(span(), default=(0.1, 0.5))
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
class MotionBlur(Transform):
    """Takes the mean along a line through each pixel, as a moving camera does.

    The image is reflected at its edges (reflect101). Masks, boxes and points stay: where the line
    does not lie evenly about the pixel, the picture moves by a few pixels.

    Args:
        blur_limit: range of the side of the square that the line crosses, odd pixels, 3 to 255.
        angle_range: range of the line's angle, in degrees, counter-clockwise.
        direction_range: range of where the line lies: 0 on both sides of the pixel, 1 on that of
            the angle alone, -1 on the other.
        allow_shifted: also moves the line by up to a quarter of the side, and the picture with it.
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
        >>> spot = np.zeros((15, 15), np.float32)
        >>> spot[7, 7] = 1
        >>> blurred = ba.MotionBlur(blur_limit=(15, 15))(spot, seed=1, epoch=0, index=0)
        >>> round(float(blurred.sum()), 3), int((blurred > 0).sum())
        (1.0, 9)
    """

    blur_limit: tuple[int, int] = option(up_to(integer, 3), default=(3, 7))
    angle_range: Range = option(span(), default=(0.0, 360.0))
    direction_range: Range = option(span(), default=(-1.0, 1.0))
    allow_shifted: bool = option(flag, default=False)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Emboss(Transform):
    """Embosses: lights edges from one corner and shades those from the other.

    The image is reflected at its edges (reflect101).

    Args:
        alpha: range of how much of the embossed image shows, 0 to 1.
        strength: range of how strong the relief is, 0 to 8.
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
        >>> edge = np.tile(np.array([50, 50, 100, 100], np.uint8), (3, 1))
        >>> emboss = ba.Emboss(alpha=0.5, strength=0.5)
        >>> emboss(edge, seed=1, epoch=0, index=0)[1]
        array([ 50, 100, 150, 100], dtype=uint8)
    """

    alpha: Range = option(span(), default=(0.2, 0.5))
    strength: Range = option(span(), default=(0.2, 0.7))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Sharpen(Transform):
    """Sharpens by what sets each pixel apart from those around it.

    The image is reflected at its edges (reflect101).

    Args:
        alpha: range of how much of the sharpened image shows, 0 to 1.
        lightness: with `kernel`, range of the sharpened image's brightness, 0 to 8: 1 keeps it.
        method: `kernel`, by the 3 x 3 pixels around each; `gaussian`, by a blurred image.
        kernel_size: with `gaussian`, the side of the blur's kernel, odd pixels, 3 to 255.
        sigma: with `gaussian`, the standard deviation of the blur, in pixels.
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
        >>> spot = np.full((3, 3), 50, np.uint8)
        >>> spot[1, 1] = 60
        >>> sharpen = ba.Sharpen(alpha=0.5, lightness=1)
        >>> int(sharpen(spot, seed=1, epoch=0, index=0)[1, 1])
        100
    """

    alpha: Range = option(span(), default=(0.2, 0.5))
    lightness: Range = option(span(), default=(0.5, 1.0))
    method: Sharpening = option(one_of(Sharpening), default="kernel")
    kernel_size: int = option(integer, default=5)
    sigma: float = option(number, default=1.0)
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


@declaration
class UnsharpMask(Transform):
    """Sharpens where a blurred image differs by more than a threshold.

    The image is reflected at its edges (reflect101).

    Args:
        blur_limit: range of the side of the blur's kernel, odd pixels, 3 to 255.
        sigma_limit: range of its standard deviation, in pixels; 0 takes what OpenCV does for the
            side, 0.3 * ((side - 1) / 2 - 1) + 0.8.
        alpha: range of how much the difference counts, 0 to 1.
        threshold: what it has to be more than, as a part of white, 0 to 1.
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
        >>> edge = np.tile(np.repeat(np.array([100, 200], np.uint8), 4), (3, 1))
        >>> sharpen = ba.UnsharpMask(blur_limit=(5, 5), alpha=1, threshold=0.02)
        >>> sharpen(edge, seed=1, epoch=0, index=0)[1]
        array([100, 100,  95,  70, 230, 205, 200, 200], dtype=uint8)
    """

    blur_limit: tuple[int, int] = option(up_to(integer, 3), default=(3, 7))
    sigma_limit: Range = option(span(), default=(0.0, 0.0))
    alpha: Range = option(span(), default=(0.2, 0.5))
    threshold: float = option(number, default=10 / 255)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
