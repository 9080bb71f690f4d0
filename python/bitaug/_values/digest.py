"""The content digest of an array."""

import numpy as np

from .. import _core
from .names import explained
from .types import Array


@explained
def digest(array: Array) -> str:
    """The content digest: XXH3-64 over dtype, shape and the values as little-endian bytes in C
    order, as 16 hexadecimal digits; the same on every platform.

    Args:
        array: of any shape; bools, integers or floats of 1, 2, 4 or 8 bytes.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.digest(np.arange(5, dtype=np.uint16))
        'f141461797c8b204'
    """
    if not isinstance(array, np.ndarray):
        kind = type(array).__name__
        raise TypeError(f"array: {kind} is not a numpy.ndarray; np.asarray(...) makes one")
    return _core.digest(array)
