"""Noise."""

from .._pipeline.transform import Transform
from .._values.fields import Range, declaration, flag, indices, option, optional, span

__all__ = ["GaussNoise"]


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
