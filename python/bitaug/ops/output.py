"""Transforms that turn pixels into what a model takes."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import declaration, option, unless, values

__all__ = ["Normalize", "ToCHW", "ToFloat"]

Normalization = Literal["standard", "image", "image_per_channel", "min_max", "min_max_per_channel"]


@declaration
class Normalize(Transform):
    """Gives float32: (v / white - mean) / std per channel, computed as v * scale + bias.

    Args:
        mean, std: one value for all channels or one per channel, as parts of white, -1 to 1 and
            1e-9 to 16; the defaults are ImageNet's.
        normalization: `standard`, by mean and std. Or by the image's own, which then are not used:
            `image`, mean and standard deviation of all samples, or `image_per_channel`, of each
            channel, at most 20 deviations away; `min_max` or `min_max_per_channel`, least and
            greatest value, to 0 to 1.
        p: 1: it must always run.
        name: pins its place.

    Targets:
        image

    Image types:
        uint8, uint16, float32

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> half = ba.Normalize(mean=0.5, std=0.5)
        >>> half(np.array([[0, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[-1.,  1.]], dtype=float32)
    """

    mean: float | tuple[float, ...] = option(values, default=(0.485, 0.456, 0.406), kw_only=False)
    std: float | tuple[float, ...] = option(values, default=(0.229, 0.224, 0.225), kw_only=False)
    normalization: Normalization | None = option(
        unless("standard", Normalization), default=None, absent=True
    )


@declaration
class ToFloat(Transform):
    """Gives float32 in 0 to 1: v / white.

    Args:
        p: 1: it must always run.
        name: pins its place.

    Targets:
        image

    Image types:
        uint8, uint16, float32

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.ToFloat()(np.array([[0, 51, 255]], np.uint8), seed=1, epoch=0, index=0)
        array([[0. , 0.2, 1. ]], dtype=float32)
    """


@declaration
class ToCHW(Transform):
    """Gives channels first, H x W x C to C x H x W; must come last. Masks keep their layout.

    Args:
        p: 1: it must always run.
        name: pins its place.

    Targets:
        image

    Image types:
        uint8, uint16, float32

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.ToCHW()(np.zeros((4, 5, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (3, 4, 5)
    """
