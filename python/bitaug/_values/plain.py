"""Values as Python's own, and as errors show them."""

import reprlib
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
    """A NumPy scalar, or an array or tensor without axes, as Python's."""
    if isinstance(value, np.longdouble):
        return float(value)
    if value is np.ma.masked or isinstance(value, np.timedelta64 | np.datetime64):
        return value  # no number, though it would give one
    return value.item() if getattr(value, "ndim", None) == 0 and hasattr(value, "item") else value
