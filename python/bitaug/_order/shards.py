"""Data packed in files."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._values.fields import convert_fields, option, several
from .._values.numbers import integers, natural
from .._values.types import Numbers, Words
from .tables import indices_of, places_of, shaped


@dataclasses.dataclass(frozen=True, repr=False)
class Shards:
    """Data packed in files: where the sample of an index lies, and back.

    Args:
        sizes: the number of samples in each file, in the order in which the files are numbered.

    Examples:
        >>> import bitaug as ba
        >>> shards = ba.Shards([3, 2, 4])
        >>> shards[4]
        (1, 1)
        >>> shards[[0, 8]]
        (array([0, 2]), array([0, 3]))
        >>> shards.index(1, 1), len(shards)
        (4, 9)
    """

    sizes: Sequence[int] | NDArray[Any] = option(several(natural), kw_only=False)

    _sizes: ClassVar[Words]
    _starts: ClassVar[Words]

    def __post_init__(self) -> None:
        convert_fields(self)
        if sum(self.sizes) >= 2**63:
            raise ValueError(f"Shards: sizes: the sum is {sum(self.sizes)}: up to 2^63-1")
        sizes = np.array(self.sizes, np.uint64)
        object.__setattr__(self, "_sizes", sizes)
        object.__setattr__(self, "_starts", np.cumsum(sizes) - sizes)

    def __repr__(self) -> str:
        return f"Shards({list(self.sizes)})"

    def __len__(self) -> int:
        return sum(self.sizes)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """The file that holds a sample, and its place in it.

        Args:
            index: an integer, negative ones from the end as in a list; a slice or an array.

        Returns:
            Two ints for an integer, else two int64 arrays.

        Raises:
            IndexError: naming the index that there is not.
        """
        indices, shape = places_of(index, len(self), "index")
        # An empty file starts where the next one does: the last of them is it.
        shards = np.searchsorted(self._starts, indices, side="right") - 1
        return shaped((shards, indices - self._starts[shards]), shape)

    def index(self, shard: Numbers, offset: Numbers) -> Any:
        """The sample at a place of a file: the inverse of `[index]`.

        Args:
            shard: the file's number, one or an array.
            offset: the place in it from 0 on, one or an array.

        Returns:
            An int for two ints, else an int64 array.
        """
        given = np.broadcast_arrays(integers(shard, "shard"), integers(offset, "offset"))
        shards, shape = indices_of(given[0], len(self.sizes), "shard")
        offsets, _ = indices_of(given[1], 2**63, "offset")
        beyond = np.flatnonzero(offsets >= self._sizes[shards])
        if beyond.size:
            at = beyond[0]
            size = self.sizes[shards[at]]
            raise ValueError(f"offset={offsets[at]}: shard {shards[at]} has {size} samples")
        return shaped((self._starts[shards] + offsets,), shape)[0]
