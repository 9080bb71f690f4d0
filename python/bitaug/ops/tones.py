"""Transforms that change each value by a curve: negatives, gamma, contrast from histograms."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import (
    Integers,
    Range,
    declaration,
    flag,
    indices,
    integer,
    number,
    one_of,
    option,
    optional,
    probability,
    ranges,
    size,
    span,
    up_to,
)

__all__ = [
    "CLAHE",
    "AutoContrast",
    "Equalize",
    "InvertImg",
    "Posterize",
    "RandomGamma",
    "RandomToneCurve",
    "Solarize",
    "SolarizeAdd",
]

Mode = Literal["pil", "cv"]


@declaration
class AutoContrast(Transform):
    """Stretches the values of each channel, so that its least becomes black, its greatest white.

    At uint8 as Pillow's autocontrast. What has a single value stays as it is.

    Args:
        cutoff: percent of the lowest and of the highest values that are left out, 0 to 100; a
            scalar is both.
        ignore: a value that is left out, as a part of white, 0 to 1; None for none.
        preserve_tone: all channels are stretched alike, by the values of their gray.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; any channels; preserve_tone needs 1 or 3

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> stretch = ba.AutoContrast(p=1)
        >>> stretch(np.array([[100, 120, 150]], np.uint8), seed=1, epoch=0, index=0)
        array([[  0, 102, 255]], dtype=uint8)
    """

    cutoff: Range = option(span(), default=(0.0, 0.0))
    ignore: float | None = option(optional(number), default=None)
    preserve_tone: bool = option(flag, default=False)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class CLAHE(Transform):
    """Spreads the values of each part of an image by themselves, but not without limit.

    Contrast limited adaptive histogram equalization. At uint8 within 1 of OpenCV's for one channel;
    of three it is that of the luma, and colours keep their differences. uint16 and float32 images
    are counted in 256 levels and spread between them.

    Args:
        clip_limit: range of how often a level may be met in a tile, 0.01 to 256 times the mean; the
            less, the less contrast.
        tile_grid_size: (rows, columns) of tiles, 1 to 256 each; one integer for both.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 1 or 3 channels, or so many `channels`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> spread = ba.CLAHE(clip_limit=(1, 4), tile_grid_size=(4, 4))
        >>> ramp = np.arange(100, 164, dtype=np.uint8).reshape(8, 8).repeat(8, 0).repeat(8, 1)
        >>> spread(ramp, seed=1, epoch=0, index=0)[::21, ::21]
        array([[103, 105, 110, 112],
               [120, 122, 126, 129],
               [145, 148, 152, 154],
               [162, 164, 169, 171]], dtype=uint8)
    """

    clip_limit: tuple[float, float] = option(up_to(number, 1.0), default=(1.0, 4.0))
    tile_grid_size: int | tuple[int, int] = option(size, default=(8, 8))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Equalize(Transform):
    """Spreads the values of each channel, so that all are used about equally often.

    float32 images are taken in 65536 levels of 0 to white, and leave in such.

    Args:
        mode: `pil`, at uint8 as Pillow's equalize; `cv`, as OpenCV's equalizeHist but for
            rounding.
        by_channels: each channel by its own values; else all by their luma, so that colours keep
            their differences.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; any channels; by_channels=False needs 1 or 3

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> spread = ba.Equalize(mode="cv", p=1)
        >>> spread(np.array([[100, 101, 102, 150]], np.uint8), seed=1, epoch=0, index=0)
        array([[  0,  85, 170, 255]], dtype=uint8)
    """

    mode: Mode = option(one_of(Mode), default="pil")
    by_channels: bool = option(flag, default=True)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class InvertImg(Transform):
    """Makes a negative: white - v.

    Args:
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
        >>> ba.InvertImg(p=1)(np.array([[0, 100, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[255, 155,   0]], dtype=uint8)
    """

    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class Posterize(Transform):
    """Keeps the uppermost bits of each value and clears the others.

    Args:
        num_bits: range of the number of bits, 0 to 8, or a sequence of ranges, one for each
            channel. 0 makes all black, 8 changes no uint8 image.
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
        >>> image = np.array([[0, 100, 255]], np.uint8)
        >>> ba.Posterize(num_bits=2, p=1)(image, seed=1, epoch=0, index=0)
        array([[  0,  64, 192]], dtype=uint8)
    """

    num_bits: Integers | tuple[tuple[int, int], ...] = option(ranges(integer), default=((4, 4),))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class RandomGamma(Transform):
    """Raises each value, as a part of white, to a power.

    Args:
        gamma_limit: range of the exponent in percent, 10 to 1000; below 100 it brightens.
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
        >>> root = ba.RandomGamma(gamma_limit=(50, 50))
        >>> root(np.array([[0, 64, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[  0, 128, 255]], dtype=uint8)
    """

    gamma_limit: tuple[float, float] = option(up_to(number, 1.0), default=(80.0, 120.0))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class RandomToneCurve(Transform):
    """Bends the tones: darks and lights move apart or together, black and white stay.

    Args:
        scale: standard deviation of the heights of the curve's two inner points, as a part of
            white, 0 to 1; about 0.25 and 0.75, which darken darks and lighten lights a little.
        per_channel: a curve for each channel; else one for all.
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
        >>> bend = ba.RandomToneCurve(scale=0.2)
        >>> bend(np.array([[0, 60, 200, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[  0,  61, 193, 255]], dtype=uint8)
    """

    scale: float = option(number, default=0.1)
    per_channel: bool = option(flag, default=False)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Solarize(Transform):
    """Makes a negative of what is bright.

    Args:
        threshold_range: range of the least value that is bright, as a part of white, 0 to 2;
            above 1 none is.
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
        >>> ba.Solarize(p=1)(np.array([[0, 100, 200]], np.uint8), seed=1, epoch=0, index=0)
        array([[  0, 100,  55]], dtype=uint8)
    """

    threshold_range: Range = option(span(), default=(0.5, 0.5))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class SolarizeAdd(Transform):
    """Brightens what is dark.

    Args:
        add_range: range of what is added, as a part of white, 0 to 1.
        threshold: values below it are dark, as a part of white, 0 to 2.
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
        >>> lift = ba.SolarizeAdd(add_range=0.2)
        >>> lift(np.array([[0, 100, 200]], np.uint8), seed=1, epoch=0, index=0)
        array([[ 51, 151, 200]], dtype=uint8)
    """

    add_range: Range = option(span(), default=(0.0, 0.43))
    threshold: float = option(number, default=0.5)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
