"""Policies: containers with transforms of their own."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import declaration, integer, one_of, option, values
from .warps import Warping

__all__ = ["AutoAugment", "RandAugment", "TrivialAugmentWide"]

Found = Literal["imagenet", "cifar10", "svhn"]


@declaration
class Policy(Transform, abstract=True):
    """What all policies have: how their geometry looks."""

    interpolation: Warping = option(one_of(Warping), default="nearest")
    fill: float | tuple[float, ...] = option(values, default=0.0)


@declaration
class AutoAugment(Policy):
    """One of 25 pairs of transforms, each with its own probability and magnitude.

    The pairs are those that were found for three data sets (Cubuk et al., 2019), as torchvision has
    them.

    Args:
        policy: the data set, `imagenet`, `cifar10` or `svhn`.
        interpolation: of the geometry, `nearest`, `bilinear` or `bicubic`; masks are nearest.
        fill: what lies beyond the edge: one value or one per channel, in the image's units; masks
            have 0 there.
        p: probability that a pair is applied, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; 1 or 3 channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> policy = ba.AutoAugment("cifar10", fill=128)
        >>> policy(np.zeros((32, 32, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (32, 32, 3)
    """

    policy: Found = option(one_of(Found), default="imagenet", kw_only=False)


@declaration
class RandAugment(Policy):
    """Several transforms of a fixed list, chosen anew for each sample, all at one magnitude.

    The list and its magnitudes are torchvision's: Identity, ShearX, ShearY, TranslateX, TranslateY,
    Rotate, Brightness, Color, Contrast, Sharpness, Posterize, Solarize, AutoContrast and Equalize,
    each equally often; those with a direction take either. timm counts magnitudes to 10: 3 of them
    are 9 of 31 bins. Masks, boxes and points move with the image.

    Args:
        num_ops: how many are applied, 0 to 64; one can be chosen several times.
        magnitude: which bin, from 0; the last is the strongest.
        num_magnitude_bins: into how many bins the range of each is divided, 2 to 65536.
        interpolation: of the geometry, `nearest`, `bilinear` or `bicubic`; masks are nearest.
        fill: what lies beyond the edge: one value or one per channel, in the image's units; masks
            have 0 there.
        p: probability that any are applied, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; 1 or 3 channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> policy = ba.RandAugment(2, 9)
        >>> policy(np.zeros((48, 64, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (48, 64, 3)
    """

    num_ops: int = option(integer, default=2, kw_only=False)
    magnitude: int = option(integer, default=9, kw_only=False)
    num_magnitude_bins: int = option(integer, default=31)


@declaration
class TrivialAugmentWide(Policy):
    """One transform of a fixed list at a magnitude of its own, both chosen anew for each sample.

    The list is that of `RandAugment`, the magnitudes are wider: torchvision's.

    Args:
        num_magnitude_bins: into how many bins the range of each is divided, 2 to 65536.
        interpolation: of the geometry, `nearest`, `bilinear` or `bicubic`; masks are nearest.
        fill: what lies beyond the edge: one value or one per channel, in the image's units; masks
            have 0 there.
        p: probability that one is applied, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; 1 or 3 channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> policy = ba.TrivialAugmentWide()
        >>> policy(np.zeros((48, 64, 3), np.uint8), seed=1, epoch=0, index=0).shape
        (48, 64, 3)
    """

    num_magnitude_bins: int = option(integer, default=31)
