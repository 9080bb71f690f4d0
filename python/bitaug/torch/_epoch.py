"""Numbers that all workers of a loader see."""

from typing import Any

import torch


class Shared:
    """Integers in shared memory: workers that were forked or spawned before a change see it."""

    def __init__(self, *values: int) -> None:
        self._cells = torch.tensor(values, dtype=torch.int64).share_memory_()

    def __getitem__(self, place: int) -> int:
        return int(self._cells[place])

    def __setitem__(self, place: int, value: int) -> None:
        self._cells[place] = value

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ = state
        # A copy made by pickle or deepcopy has its own memory, which its workers share.
        self._cells.share_memory_()
