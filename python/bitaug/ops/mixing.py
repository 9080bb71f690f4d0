"""What makes one sample of several of the data set."""

from typing import Literal

from .._pipeline.transform import Transform
from .._values.fields import declaration, flag, number, one_of, option, size, span, values
from .sizes import Resampling

__all__ = ["CutMix", "MixUp", "Mosaic"]

MixedMasks = Literal["refuse", "own"]


@declaration
class MixUp(Transform):
    """The weighted mean of an image and another one of the data set.

    A call needs `partners`; the other is what its own address makes of it by the ops before this
    one. Boxes, keypoints and labels are those of both.

    Args:
        alpha: both parameters of the beta distribution that the weight is drawn from, 0.05 to 64;
            one for both.
        masks: what is done about masks, of which there is no mean: `refuse` them, or keep the
            image's `own`.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> photos = [np.full((2, 2, 3), v, np.uint8) for v in (0, 100, 200)]
        >>> mix = ba.MixUp(alpha=1)
        >>> made = mix(image=photos[0], partners=photos, seed=1, epoch=0, index=0)
        >>> made["image"][0, 0].tolist(), [(i, round(w, 2)) for i, w in made["mix"]]
        ([93, 93, 93], [(0, 0.07), (1, 0.93)])
    """

    alpha: float | tuple[float, float] = option(span(), default=(0.2, 0.2))
    masks: MixedMasks = option(one_of(MixedMasks), default="refuse")


@declaration
class CutMix(Transform):
    """A rectangle of another image of the data set in the place of the image's own.

    A call needs `partners`; the other is what its own address makes of it by the ops before this
    one. Boxes, keypoints and labels are those of both, as far as they are seen.

    Args:
        alpha: both parameters of the beta distribution that the part of the image's own is drawn
            from, 0.05 to 64; one for both.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> photos = [np.full((4, 6), v, np.uint8) for v in (0, 1, 2)]
        >>> made = ba.CutMix()(image=photos[0], partners=photos, seed=1, epoch=0, index=0)
        >>> made["image"][:2].tolist(), [(i, round(w, 2)) for i, w in made["mix"]]
        ([[0, 0, 2, 2, 2, 2], [0, 0, 0, 0, 0, 0]], [(0, 0.83), (2, 0.17)])
    """

    alpha: float | tuple[float, float] = option(span(), default=(1.0, 1.0))


@declaration
class Mosaic(Transform):
    """The image and three others of the data set around a point.

    A call needs `partners`; the others are what their own addresses make of them by the ops before
    this one, and one may be there twice. Each is resized to fit into `size` and has a corner at the
    point. Boxes, keypoints and labels are those of all, as far as they are seen.

    Args:
        size: height and width of the output; one integer for both.
        center_range: of the point, as parts of a canvas of twice the size; within 0.25 to 0.75
            with `crop`.
        crop: whether the output is the middle of the canvas, else it is all of it, twice the size.
        interpolation: `nearest`, `box`, `bilinear`, `bicubic` (a = -0.5) or `lanczos` (3 lobes).
            Masks are always picked nearest.
        antialias: widen the filter when shrinking.
        fill: one value or one per channel, in the image's units; what its type cannot hold is
            refused.
        fill_mask: one value for masks, that their type holds.
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> photos = [np.full((40, 60, 3), v, np.uint8) for v in (50, 100, 150, 200)]
        >>> made = ba.Mosaic(144)(image=photos[0], partners=photos, seed=1, epoch=0, index=0)
        >>> made["image"].shape, [(i, round(w, 2)) for i, w in made["mix"]]
        ((144, 144, 3), [(0, 0.02), (3, 0.86), (1, 0.0), (2, 0.12)])
    """

    size: int | tuple[int, int] = option(size, kw_only=False)
    center_range: float | tuple[float, float] = option(span(), default=(0.25, 0.75))
    crop: bool = option(flag, default=True)
    interpolation: Resampling = option(one_of(Resampling), default="bilinear")
    antialias: bool = option(flag, default=True)
    fill: float | tuple[float, ...] = option(values, default=0.0)
    fill_mask: float = option(number, default=0.0)
