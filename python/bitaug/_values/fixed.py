"""Objects that stay what they were made as."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .names import explained


class Fixed:
    """A public attribute is set once, and what the constructor takes is set by it alone: workers
    that run already would not see another value."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__init__" in vars(cls):
            made: Any = cls
            made.__init__ = _making(made.__init__)

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_change(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse_change(name)
        super().__delattr__(name)

    def _refuse_change(self, name: str) -> None:
        kind = type(self)
        found = getattr(kind, name, None)
        if isinstance(found, property):
            free = found.fset is not None
        else:
            taken = "_made" in vars(self) and name in inspect.signature(kind).parameters
            free = name.startswith("_") or not (taken or name in vars(self))
        if free:
            return
        setter = f"set_{name}"
        advice = f"{setter}() tells" if hasattr(kind, setter) else f"make a new {kind.__name__} for"
        raise AttributeError(
            f"{kind.__name__}.{name}: read-only, as workers that run already would not see a "
            f"change; {advice} all of them",
            name=name,
            obj=self,
        )


def _making(init: Callable[..., None]) -> Callable[..., None]:
    """The constructor, which notes when an object is made."""
    called = explained(init)

    @functools.wraps(init)
    def make(self: Any, *given: Any, **options: Any) -> None:
        called(self, *given, **options)
        if type(self).__init__ is make:
            vars(self)["_made"] = True

    return make
