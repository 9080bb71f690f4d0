"""Objects that stay what they were made as."""

from typing import Any


class Fixed:
    """A public attribute is set once: workers that run already would not see another value."""

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_change(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse_change(name)
        super().__delattr__(name)

    def _refuse_change(self, name: str) -> None:
        kind = type(self)
        found = getattr(kind, name, None)
        computed = isinstance(found, property) and found.fset is None
        if not computed and (name.startswith("_") or name not in vars(self)):
            return
        setter = f"set_{name}"
        advice = f"{setter}() tells" if hasattr(kind, setter) else f"make a new {kind.__name__} for"
        raise AttributeError(
            f"{kind.__name__}.{name}: read-only, as workers that run already would not see a "
            f"change; {advice} all of them",
            name=name,
            obj=self,
        )
