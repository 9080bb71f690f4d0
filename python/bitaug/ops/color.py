"""Transforms that change colours and leave every pixel in its place."""

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
    probability,
    span,
    unless,
    values,
)

__all__ = [
    "Brightness",
    "ChannelDropout",
    "ChannelShuffle",
    "ChannelSwap",
    "Color",
    "ColorJitter",
    "Contrast",
    "FancyPCA",
    "HueSaturationValue",
    "PlanckianJitter",
    "RGBShift",
    "RandomBrightnessContrast",
    "RandomPhotometricDistort",
    "ToGray",
    "ToSepia",
]

Axes = Literal["image", "imagenet"]
Gray = Literal["weighted_average", "average", "max", "desaturation"]
Light = Literal["blackbody", "cied"]
Sampling = Literal["uniform", "gaussian"]


@declaration
class RandomBrightnessContrast(Transform):
    """Changes brightness and contrast by one linear function of each value.

    out = clamp(v * (1 + contrast) + brightness * white)

    Args:
        brightness_limit: range of what is added, as a part of white, -1 to 1.
        contrast_limit: range of the contrast's change, -1 to 255.
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
        >>> lift = ba.RandomBrightnessContrast(brightness_limit=(0.1, 0.1), contrast_limit=(0, 0))
        >>> lift(np.array([[0, 100, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[ 26, 126, 255]], dtype=uint8)

        Red, green and blue alone, not alpha:

        >>> lift = ba.RandomBrightnessContrast(brightness_limit=(1, 1), channels=(0, 1, 2))
        >>> lift(np.array([[[0, 0, 0, 7]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[255, 255, 255,   7]]], dtype=uint8)
    """

    brightness_limit: tuple[float, float] = option(around(0.0), default=(-0.2, 0.2))
    contrast_limit: tuple[float, float] = option(around(0.0), default=(-0.2, 0.2))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ColorJitter(Transform):
    """Changes brightness, contrast, saturation and hue, in a random order.

    Args:
        brightness: range of the factor, 0 to 8.
        contrast: range of the factor about the image's mean luma, 0 to 8.
        saturation: range of the factor about each pixel's luma, 0 to 8.
        hue: range of the turn, -0.5 to 0.5 of a full one.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; saturation and hue need 3 channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> jitter = ba.ColorJitter(brightness=(0.5, 0.5))
        >>> jitter(np.array([[10, 100, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[  5,  50, 128]], dtype=uint8)
    """

    brightness: tuple[float, float] = option(around(1.0), default=(1.0, 1.0))
    contrast: tuple[float, float] = option(around(1.0), default=(1.0, 1.0))
    saturation: tuple[float, float] = option(around(1.0), default=(1.0, 1.0))
    hue: tuple[float, float] = option(around(0.0), default=(0.0, 0.0))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class HueSaturationValue(Transform):
    """Adds to each colour's hue, saturation and value, the coordinates of HSV.

    Gray stays gray. Units are parts of the whole: 20 of 180 hues is 20/180, 30 of 255 levels
    30/255. Nothing is rounded in between, where a HSV image of 8 bits is up to 6 levels away.

    Args:
        hue_shift_limit: range of the turn of the hue, -0.5 to 0.5 of a full one.
        sat_shift_limit: range of what is added to the saturation, -1 to 1, as a part of the
            fullest.
        val_shift_limit: range of what is added to the value, the largest of the channels, -1 to 1,
            as a part of white.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels, or 1 if hue and saturation stay as they are

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> red = np.array([[[255, 0, 0]]], np.uint8)
        >>> shift = ba.HueSaturationValue(hue_shift_limit=(-20 / 180, 20 / 180))
        >>> shift(red, seed=1, epoch=0, index=0)
        array([[[255,  30,  73]]], dtype=uint8)

        Half a turn of the hue, and a fifth darker:

        >>> shift = ba.HueSaturationValue(
        ...     hue_shift_limit=(0.5, 0.5), sat_shift_limit=(0, 0), val_shift_limit=(-0.2, -0.2)
        ... )
        >>> shift(red, seed=1, epoch=0, index=0)
        array([[[  0, 204, 204]]], dtype=uint8)
    """

    hue_shift_limit: tuple[float, float] = option(around(0.0), default=(-0.11, 0.11))
    sat_shift_limit: tuple[float, float] = option(around(0.0), default=(-0.12, 0.12))
    val_shift_limit: tuple[float, float] = option(around(0.0), default=(-0.08, 0.08))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ToGray(Transform):
    """Gives all channels one gray, the luma 0.299 R + 0.587 G + 0.114 B; their number stays.

    Args:
        method: `weighted_average`, the luma; or of any channels their `average`, their `max`, or
            `desaturation`, the mean of the largest and the smallest.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels, or 3 `channels`; 2 or more with another `method`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.ToGray(p=1)(np.array([[[255, 0, 0]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[76, 76, 76]]], dtype=uint8)
    """

    method: Gray | None = option(unless("weighted_average", Gray), default=None, absent=True)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class ChannelShuffle(Transform):
    """Puts the channels into a random order; all orders are equally likely.

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
        >>> shuffle = ba.ChannelShuffle()
        >>> shuffle(np.array([[[10, 20, 30]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[10, 30, 20]]], dtype=uint8)

        Red, green and blue alone, not alpha:

        >>> shuffle = ba.ChannelShuffle(channels=(0, 1, 2))
        >>> shuffle(np.array([[[10, 20, 30, 255]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[ 10,  30,  20, 255]]], dtype=uint8)
    """

    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=1.0, kw_only=False)


@declaration
class Brightness(Transform):
    """Multiplies each value by a factor: 0 is black, 1 the image itself.

    At uint8 within 1 of Pillow's ImageEnhance.Brightness, which rounds down.

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
        >>> darker = ba.Brightness(factor=(0.5, 0.5))
        >>> darker(np.array([[0, 100, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[  0,  50, 128]], dtype=uint8)
    """

    factor: tuple[float, float] = option(around(1.0), default=(0.1, 1.9))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Contrast(Transform):
    """Moves each value from the image's mean luma: 0 is a gray of that, 1 the image itself.

    At uint8 within 2 of Pillow's ImageEnhance.Contrast for factors up to 2, within 5 up to 8.

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
        >>> flatter = ba.Contrast(factor=(0.5, 0.5))
        >>> flatter(np.array([[0, 100, 200]], np.uint8), seed=1, epoch=0, index=0)
        array([[ 50, 100, 150]], dtype=uint8)
    """

    factor: tuple[float, float] = option(around(1.0), default=(0.1, 1.9))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class Color(Transform):
    """Moves each colour from its gray: 0 is a gray image, 1 the image itself.

    Gray images of one channel stay. At uint8 within 2 of Pillow's ImageEnhance.Color for factors
    up to 2, within 4 up to 8.

    Args:
        factor: range of the factor, 0 to 8.
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
        >>> pale = ba.Color(factor=(0.5, 0.5))
        >>> pale(np.array([[[255, 0, 0]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[166,  38,  38]]], dtype=uint8)
    """

    factor: tuple[float, float] = option(around(1.0), default=(0.1, 1.9))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class RGBShift(Transform):
    """Adds to red, green and blue an amount of their own.

    Args:
        r_shift_limit, g_shift_limit, b_shift_limit: range of what is added to the channel, as a
            part of white, -1 to 1: 20 levels are 20/255.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels, or 3 `channels`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> shift = ba.RGBShift(r_shift_limit=(-20 / 255, 20 / 255))
        >>> shift(np.array([[[100, 100, 100]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[99, 80, 96]]], dtype=uint8)
    """

    r_shift_limit: tuple[float, float] = option(around(0.0), default=(-0.08, 0.08))
    g_shift_limit: tuple[float, float] = option(around(0.0), default=(-0.08, 0.08))
    b_shift_limit: tuple[float, float] = option(around(0.0), default=(-0.08, 0.08))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class RandomPhotometricDistort(Transform):
    """Changes brightness, contrast, saturation and hue, each or not, and the order of channels.

    As torchvision's op of this name: brightness, then contrast, saturation and hue or saturation,
    hue and contrast, then the channels; each with the probability `distort_p`.

    Args:
        brightness: range of the factor, 0 to 8.
        contrast: range of the factor about the image's mean luma, 0 to 8.
        saturation: range of the factor about each pixel's luma, 0 to 8.
        hue: range of the turn, -0.5 to 0.5 of a full one.
        distort_p: probability of each step, 0 to 1.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels, or 3 `channels`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> distort = ba.RandomPhotometricDistort()
        >>> distort(np.array([[[10, 100, 200]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[ 10, 100, 200]]], dtype=uint8)
    """

    brightness: tuple[float, float] = option(around(1.0), default=(0.875, 1.125))
    contrast: tuple[float, float] = option(around(1.0), default=(0.5, 1.5))
    saturation: tuple[float, float] = option(around(1.0), default=(0.5, 1.5))
    hue: tuple[float, float] = option(around(0.0), default=(-0.05, 0.05))
    distort_p: float = option(probability, default=0.5)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ChannelSwap(Transform):
    """Puts the channels into a given order: by default BGR to RGB, and back.

    Args:
        order: of each of the output's channels the input's that it is; each once.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; as many channels as `order` has

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.ChannelSwap()(np.array([[[10, 20, 30]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[30, 20, 10]]], dtype=uint8)
    """

    order: tuple[int, ...] = option(indices, default=(2, 1, 0))
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ChannelDropout(Transform):
    """Fills some of the channels; at least one stays.

    Args:
        channel_drop_range: range of the number of channels that are filled, 1 to 65536; fewer
            than the image has.
        fill: one value or one per channel, in the image's units; what its type cannot hold is
            refused.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 2 channels or more

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> drop = ba.ChannelDropout(p=1)
        >>> drop(np.array([[[10, 20, 30]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[ 0, 20, 30]]], dtype=uint8)
    """

    channel_drop_range: Integers = option(span(integer), default=(1, 1))
    fill: float | tuple[float, ...] = option(values, default=0.0)
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class FancyPCA(Transform):
    """Adds to all pixels one colour, along the axes in which colours vary: AlexNet's.

    Args:
        alpha: standard deviation of how far along each axis, in eigenvalues, 0 to 100.
        axes: `image`, of the image's own colours; or `imagenet`, those of ImageNet, which are the
            same for all images.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; at most 16 channels, 3 for `imagenet`, or so many `channels`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> light = ba.FancyPCA(alpha=1, axes="imagenet")
        >>> light(np.array([[[100, 100, 100]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[103, 102, 100]]], dtype=uint8)
    """

    alpha: float = option(number, default=0.1)
    axes: Axes = option(one_of(Axes), default="image")
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)


@declaration
class ToSepia(Transform):
    """Tints an image brown, as old photographs are.

    Args:
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels, or 3 `channels`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.ToSepia(p=1)(np.array([[[50, 100, 150]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[125, 111,  87]]], dtype=uint8)
    """

    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class PlanckianJitter(Transform):
    """Lights a scene by a lamp of another colour temperature: from red to blue.

    Args:
        mode: `blackbody`, the light of what glows, or `cied`, that of daylight.
        temperature_limit: range of the temperature in kelvin, within 3000 to 15000 (`cied`: 4000 to
            15000); None is all of it. It is below 6000, daylight, with the probability 0.4.
        sampling_method: `uniform` between 6000 and the end; or `gaussian`, a normal deviate from
            6000 whose standard deviation is a third of that.
        channels: indices of the channels that it works on, as on an image of these alone, in this
            order; the others stay as they are. By default all, an alpha channel among them.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image

    Image types:
        uint8, uint16, float32; 3 channels, or 3 `channels`

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> light = ba.PlanckianJitter()
        >>> light(np.array([[[100, 100, 100]]], np.uint8), seed=1, epoch=0, index=0)
        array([[[149, 100,  38]]], dtype=uint8)
    """

    mode: Light = option(one_of(Light), default="blackbody")
    temperature_limit: tuple[float, float] | None = option(optional(span()), default=None)
    sampling_method: Sampling = option(one_of(Sampling), default="uniform")
    channels: tuple[int, ...] | None = option(optional(indices), default=None, absent=True)
