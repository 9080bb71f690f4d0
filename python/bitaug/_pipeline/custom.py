"""How the core calls a function of a custom op."""

from collections.abc import Callable
from typing import Any

import numpy as np

from .._values.plain import shown
from .._values.types import Array

__all__ = ["call"]


def call(
    function: Callable[[Array, np.random.Generator], Any],
    image: Array,
    address: tuple[int, int, int],
) -> Array:
    """What a function makes of an image, H x W x C and its own to change.

    Args:
        address: the key of the op, the epoch and the index, which the generator is made of.

    Raises:
        TypeError, ValueError: if it is no image of the same shape and dtype.
    """
    key, epoch, index = address
    generator = np.random.Generator(np.random.Philox(counter=[0, 0, epoch, index], key=[key, 0]))
    shape, dtype = image.shape, image.dtype
    made = function(image, generator)
    if not isinstance(made, np.ndarray):
        raise TypeError(f"it returned {shown(made)}; an array, {shape} {dtype}, is needed")
    if made.shape != shape or made.dtype != dtype:
        raise ValueError(
            f"it returned {made.shape} {made.dtype}; {shape} {dtype}, as it was given, is needed"
        )
    return np.ascontiguousarray(made)
