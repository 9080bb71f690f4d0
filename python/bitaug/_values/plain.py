"""Values as Python's own, and as errors show them."""

import contextlib
import operator
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np

_BRIEF = reprlib.Repr()
_BRIEF.maxlist = _BRIEF.maxtuple = _BRIEF.maxdict = _BRIEF.maxset = 8
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = 100


def shown(value: Any) -> str:
    """A value as an error shows it: its repr, bounded in length, whatever the value is."""
    try:
        text = _BRIEF.repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 200 else f"{text[:130]}...{text[-65:]}"


def shown_name(name: str) -> str:
    """A name as an error shows it: itself, if it could be one."""
    return name if name.isidentifier() and len(name) <= 50 else shown(name)


def plain(value: Any) -> Any:
    """A number of any type, such as a NumPy scalar, an array or tensor without axes, a Decimal, as
    Python's. What its own methods raise comes through, but for what says that it is none."""
    if type(value) in (int, float, str, bool):
        return value
    if isinstance(value, np.longdouble):
        return float(value)
    if value is np.ma.masked or isinstance(value, np.timedelta64 | np.datetime64):
        return value  # no number, though it would give one
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    if getattr(value, "ndim", 0) == 0 and not isinstance(value, type):
        for name, made in (("__index__", operator.index), ("__float__", float)):
            if hasattr(type(value), name):
                with contextlib.suppress(TypeError, ValueError, OverflowError):
                    return made(value)
    return value


def is_number(value: Any) -> bool:
    return isinstance(plain(value), int | float)


def items_of(value: Any, where: str, needed: str) -> list[Any]:
    """The items of a sequence or an array; what is none is refused, as are bytes, which would be
    integers. What else its own methods raise comes through."""
    cause = None
    try:
        is_array = hasattr(value, "tolist") and not isinstance(value, memoryview)
        items = value.tolist() if is_array else value
        if not isinstance(items, _TEXTS) and isinstance(items, Sequence):
            return list(items)
    except (TypeError, ValueError) as error:
        cause = error
    raise TypeError(f"{where}={shown(value)}: {needed}") from cause


_TEXTS = (str, bytes, bytearray, memoryview)
