"""Noise."""

from .._pipeline.transform import Transform
from .._values.fields import Range, declaration, flag, indices, option, optional, span

__all__ = ["GaussNoise", "ISONoise", "MultiplicativeNoise", "SaltAndPepper", "ShotNoise"]


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


@declaration
class ISONoise(Transform):
    """Adds the noise of a sensitive sensor: specks of other hues, and brighter ones.

    Images get brighter by it. The noise of uint16 and float32 images is that of 8 bits.

    Args:
        color_shift: range of the deviation of hues, in turns, 0 to 1, for an intensity of 1.
        intensity: range of how strong the noise is, 0 to 2.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> half = np.zeros((64, 64, 3), np.uint8)
        >>> half[:, 32:] = 128, 96, 96
        >>> noisy = ba.ISONoise(color_shift=0.05, intensity=0.5)(half, seed=1, epoch=0, index=0)
        >>> bool(noisy[:, :32].std() > 1), bool(noisy[:, 32:].std(axis=(0, 1)).min() > 1)
        (True, True)
    """

    color_shift: Range = option(span(), default=(0.01, 0.05))
    intensity: Range = option(span(), default=(0.1, 0.5))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class MultiplicativeNoise(Transform):
    """Multiplies by random factors.

    Args:
        multiplier: range of the factors, 0 to 4.
        per_channel: a factor for every channel, or one for all of them.
        elementwise: factors for every pixel; else for all of the image.
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
        >>> gray = np.full((256, 256), 100, np.uint8)
        >>> noise = ba.MultiplicativeNoise(multiplier=(0.5, 1.5), elementwise=True)
        >>> noisy = noise(gray, seed=1, epoch=0, index=0)
        >>> int(noisy.min()), int(noisy.max()), round(float(noisy.mean()))
        (50, 150, 100)
    """

    multiplier: Range = option(span(), default=(0.9, 1.1))
    per_channel: bool = option(flag, default=False)
    elementwise: bool = option(flag, default=False)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class SaltAndPepper(Transform):
    """Makes some pixels black and some white.

    Args:
        amount: range of the probability that a pixel is hit, 0 to 1.
        salt_vs_pepper: range of the share of those that become white, 0 to 1.
        per_channel: every channel of a pixel is hit by itself, or all of them together.
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
        >>> gray = np.full((256, 256), 100, np.uint8)
        >>> op = ba.SaltAndPepper(amount=0.2, salt_vs_pepper=0.25)
        >>> noisy = op(gray, seed=1, epoch=0, index=0)
        >>> [round(float((noisy == value).mean()), 2) for value in (0, 100, 255)]
        [0.15, 0.8, 0.05]
    """

    amount: Range = option(span(), default=(0.01, 0.06))
    salt_vs_pepper: Range = option(span(), default=(0.4, 0.6))
    per_channel: bool = option(flag, default=False)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ShotNoise(Transform):
    """Counts photons: the fewer there are, the more their number varies.

    The noise of uint16 and float32 images is that of 8 bits.

    Args:
        scale_range: range of what one photon is of white's linear light, 0.0015 to 1.
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
        >>> noisy = ba.ShotNoise(scale_range=0.05)(gray, seed=1, epoch=0, index=0)
        >>> light = (noisy / 255) ** 2.2
        >>> round(float(light.mean()), 2), round(float(light.var() / light.mean()), 2)
        (0.22, 0.05)
    """

    scale_range: Range = option(span(), default=(0.005, 0.05))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
