"""The types of arguments and results."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Images: TypeAlias = Array | Sequence[Array] | Sequence[Mapping[str, Any]]
Numbers: TypeAlias = int | Sequence[int] | NDArray[np.integer[Any]]
Keys: TypeAlias = Numbers | str | Sequence[str]
Words: TypeAlias = NDArray[np.uint64]
Shape: TypeAlias = tuple[int, ...]
