"""An epoch that all processes of a loader see."""

import ctypes
from multiprocessing.context import get_spawning_popen
from multiprocessing.sharedctypes import RawValue
from typing import Any

from .._values.numbers import epoch_number

_UNTOLD = -1


class SharedEpoch:
    """An epoch in shared memory: workers that were forked or spawned before a change see it.

    Copies of it share it. A pickle that does not go to a spawned process holds its number alone,
    so that equal epochs have equal pickles.
    """

    def __init__(self, epoch: int | None) -> None:
        self._cell: Any = RawValue(ctypes.c_int64, _UNTOLD)
        if epoch is not None:
            self.set(epoch)

    @property
    def told(self) -> int | None:
        """The epoch, if anybody has told it."""
        value: int = self._cell.value
        return None if value == _UNTOLD else value

    def get(self) -> int:
        """The epoch.

        Raises:
            TypeError: if nobody has told it.
        """
        epoch = self.told
        if epoch is None:
            raise TypeError(
                "epoch is missing: without it every epoch would repeat the same augmentations; "
                "call set_epoch(epoch) before each, or give epoch=0 if there is only one"
            )
        return epoch

    def set(self, epoch: int) -> None:
        self._cell.value = epoch_number(epoch)

    def __copy__(self) -> "SharedEpoch":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "SharedEpoch":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        if get_spawning_popen() is None:
            return SharedEpoch, (self.told,)
        return _attached, (self._cell,)


def _attached(cell: Any) -> SharedEpoch:
    shared = SharedEpoch(None)
    shared._cell = cell
    return shared
