"""The arguments of `audit`, checked."""

import dataclasses
from collections.abc import Callable, Hashable
from typing import Any

from ..._values.numbers import count
from ..._values.plain import shown


@dataclasses.dataclass(frozen=True)
class Settings:
    """All but what is audited."""

    reference: Any
    identify: Callable[[Any], Hashable] | None
    set_epoch: Callable[[Any, int], Any] | None
    augmented: bool
    value_range: tuple[float, float] | None
    samples: int
    epochs: int
    start_methods: tuple[str, ...] | None
    timeout: float

    def __post_init__(self) -> None:
        count(self.samples, "samples")
        if count(self.epochs, "epochs") < 2:
            raise ValueError(f"epochs={self.epochs}: 2 or more")
        if not self.timeout > 0:
            raise ValueError(f"timeout={shown(self.timeout)}: more than 0")
