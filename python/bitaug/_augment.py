"""The one call for a newcomer, and the digest of what comes out."""

import functools
from typing import Any

import numpy as np

from . import _core
from ._pipeline.address import check_names
from ._pipeline.transform import Transform
from ._values.names import explained
from ._values.plain import shown
from ._values.types import Images, Keys, Numbers
from .ops.color import RandomBrightnessContrast
from .ops.containers import Compose, with_white
from .ops.flips import HorizontalFlip
from .ops.warps import Affine


@functools.cache
def default_pipeline() -> Compose:
    """What `augment` runs unless told otherwise: a flip, a mild affine map, brightness and
    contrast. For any number of channels; shape and type stay. Frozen: a better one would get
    another name."""
    return Compose(
        [
            HorizontalFlip(p=0.5),
            Affine(
                scale=(0.9, 1.15),
                rotate=(-12.0, 12.0),
                translate=((-0.06, 0.06), (-0.06, 0.06)),
                shear=((-4.0, 4.0), (-4.0, 4.0)),
                border="reflect101",
            ),
            RandomBrightnessContrast(brightness_limit=(-0.08, 0.08), contrast_limit=(-0.15, 0.15)),
        ]
    )


@explained
def augment(
    images: Images,
    seed: int,
    *,
    epoch: Numbers = 0,
    index: Keys | None = None,
    pipeline: Transform | None = None,
    white: float | None = None,
    **options: Any,
) -> Any:
    """Augments images: equal arguments give equal bytes, on every machine.

    Args:
        images: one image, a batch, or a list of images of any sizes, as in a pipeline's call;
            uint8, uint16 or float32.
        seed: 0 to 2^64-1.
        epoch: 0 to 2^32-1; another epoch gives other augmentations.
        index: each image's place in the data set, or its key; by default 0, 1, 2 ...
        pipeline: by default `default_pipeline()`, which keeps shape and type.
        white: the value that stands for white in uint16 and float32 images, as for Compose: 4095
            for 12 bits, 255 for floats that were bytes; by default 65535 and 1.0.
        options: stream, repeat, layout, threads, out, stack, as in a pipeline's call.

    Returns:
        An array for an array, if no draw changes the output's shape, else a list.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> photos = [np.zeros((40, 60, 3), np.uint8), np.zeros((30, 30, 3), np.uint8)]
        >>> [photo.shape for photo in ba.augment(photos, seed=42)]
        [(40, 60, 3), (30, 30, 3)]
    """
    if index is None:
        index = np.arange(len(images)) if _is_batch(images, options.get("layout")) else 0
    if pipeline is not None and not isinstance(pipeline, Transform):
        raise TypeError(f"pipeline={shown(pipeline)}: a bitaug transform is needed")
    run = _with_white(default_pipeline() if pipeline is None else pipeline, white)
    return run(images, seed=seed, epoch=epoch, index=index, **options)


_with_white = functools.lru_cache(16)(with_white)  # to compile takes longer than a small image


def _is_batch(images: Any, layout: Any) -> bool:
    if isinstance(images, np.ndarray):
        check_names("", layout)
        return _core.layout("images", images.shape, layout, "either").startswith("N")
    return isinstance(images, list | tuple)
