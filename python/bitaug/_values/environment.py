"""The floating-point environment: a caller's rounding mode or flushing of small numbers must not
enter where Python or NumPy work with floats, any more than it does in the core."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .. import _core

P = ParamSpec("P")
T = TypeVar("T")


def in_default_environment(function: Callable[P, T]) -> Callable[P, T]:
    """Has a function run in the default environment; the thread's own is back afterwards."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with _core.DefaultEnvironment():
            return function(*args, **kwargs)

    return run
