"""How many threads a call runs on."""

import os
import sys

from .._values.plain import plain, shown

_PID = os.getpid()
_THREADS = os.environ.get("BITAUG_THREADS", "")
_AFFINITY = hasattr(os, "sched_getaffinity")


def thread_count(threads: int | None, single: bool) -> int:
    """The threads of one call: as asked, else BITAUG_THREADS, else one for a single image and
    inside a loader's worker, else all cores."""
    if threads is None and _THREADS:
        if not (_THREADS.isdecimal() and 1 <= int(_THREADS) <= 1024):
            raise ValueError(f"BITAUG_THREADS={_THREADS!r}: 1 to 1024 is needed")
        return int(_THREADS)
    if threads is None:
        if single or _is_worker():
            return 1
        return len(os.sched_getaffinity(0)) if _AFFINITY else os.cpu_count() or 1
    threads = plain(threads)
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads={shown(threads)}: an integer is needed")
    if not 1 <= threads <= 1024:
        raise ValueError(f"threads={shown(threads)}: 1 to 1024")
    return threads


def _is_worker() -> bool:
    """Asked at each call: a spawned worker imports this before it has been told of its parent."""
    processes = sys.modules.get("multiprocessing.process")
    return os.getpid() != _PID or (processes is not None and processes.parent_process() is not None)
