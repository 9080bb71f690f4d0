"""Global random generators, set for a while; and work that must not take for ever."""

import contextlib
import importlib
import multiprocessing
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Leaves the global generators of Python, NumPy, torch and TensorFlow, as far as these are
    imported, as they were."""
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    states: list[tuple[Callable[[Any], Any], Any]] = [
        (random.setstate, random.getstate()),
        # What people's own code draws from, if they draw from NumPy's global generator.
        (np.random.set_state, np.random.get_state()),  # noqa: NPY002
    ]
    if torch is not None:
        states.append((torch.set_rng_state, torch.get_rng_state()))
    if tensorflow is not None:
        context = importlib.import_module("tensorflow.python.eager.context")
        states.append((tensorflow.random.set_seed, context.global_seed()))
    try:
        yield
    finally:
        for put, state in states:
            put(state)


def reseed(seed: int) -> None:
    """Sets the global generators, with no way back."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    if torch is not None:
        torch.manual_seed(seed)
    if tensorflow is not None:
        tensorflow.random.set_seed(seed)


def within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns or raises.

    Raises:
        TimeoutError: if it takes longer. It goes on in its thread, as a thread cannot be ended; the
            processes that it has started are.
    """
    answer: list[Any] = []
    before = set(multiprocessing.active_children())

    def run() -> None:
        try:
            with warnings.catch_warnings():
                # Of more workers than cores, of forks beside threads: they are meant here.
                warnings.simplefilter("ignore")
                answer.append((True, work()))
        except BaseException as error:
            # Its frames would keep the workers of a loader alive.
            answer.append((False, error.with_traceback(None)))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not answer:
        with _unheard():
            children = set(multiprocessing.active_children()) - before
            for child in children:
                child.kill()
            for child in children:
                child.join()
        raise TimeoutError(f"no answer within {seconds:g} s")
    done, value = answer[0]
    if not done:
        raise value
    found: T = value
    return found


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Processes end without notice: torch, once it has had workers, takes a kill for a failure and
    raises it wherever the main thread is."""
    handler = signal.getsignal(signal.SIGCHLD) if hasattr(signal, "SIGCHLD") else None
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGCHLD, handler)
