"""What storing and sending does to images."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import (
    Range,
    declaration,
    indices,
    integer,
    one_of,
    option,
    optional,
    span,
)
from .sizes import Resampling

__all__ = ["Downscale", "ImageCompression"]

Subsampling = Literal["4:2:0", "4:2:2", "4:4:4"]


@declaration
class Downscale(Transform):
    """Loses detail: makes the image smaller, and then as large again.

    Args:
        scale_range: range of the smaller image's size, as a part of the sides, up to 1.
        downscale: how it is made smaller: `nearest`; `box`, the mean of what is under a pixel;
            `bilinear`, `bicubic` or `lanczos`, of the pixels around its middle alone.
        upscale: how it is made larger: one of the same.
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
        >>> ramp = np.array([[1, 2, 3, 4, 5, 6]], np.uint8)
        >>> ba.Downscale(scale_range=1 / 3)(ramp, seed=1, epoch=0, index=0)
        array([[2, 2, 2, 5, 5, 5]], dtype=uint8)
    """

    scale_range: Range = option(span(), default=(0.25, 0.25))
    downscale: Resampling = option(one_of(Resampling), default="nearest")
    upscale: Resampling = option(one_of(Resampling), default="nearest")
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ImageCompression(Transform):
    """Compresses as JPEG and opens again: at uint8 the bytes that Pillow gives with libjpeg-turbo.

    JPEG has 8 bits: uint16 and float32 images are rounded to 256 levels of 0 to white.

    Args:
        quality_range: range of the quality, integers, 1 to 100: 75 is what Pillow saves with.
        subsampling: what is kept of the colors: `4:2:0`, one of 2 x 2 pixels, as is usual; `4:2:2`,
            one of two in a row; `4:4:4`, all.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 1 or 3 channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ramp = np.arange(64, dtype=np.uint8).reshape(8, 8)
        >>> ba.ImageCompression(quality_range=5)(ramp, seed=1, epoch=0, index=0)[0]
        array([7, 7, 7, 7, 7, 7, 7, 7], dtype=uint8)
    """

    quality_range: int | tuple[int, int] = option(span(integer), default=(30, 95))
    subsampling: Subsampling = option(one_of(Subsampling), default="4:2:0")
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
