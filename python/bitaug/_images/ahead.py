"""Work that is done ahead of where it is needed."""

import collections
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Item = TypeVar("Item")


def ahead(function: Callable[[Item], T], items: Sequence[Item], threads: int) -> Iterator[T]:
    """The function of each item, in order, computed by threads a little ahead."""
    if threads == 1:
        yield from map(function, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        waiting: collections.deque[Any] = collections.deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
