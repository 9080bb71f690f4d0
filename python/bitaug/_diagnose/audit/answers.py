"""What a part has answered, as the rules ask for it."""

from typing import Any, TypeAlias

from .parts import Part
from .settings import Settings
from .tables import Pairs, Table, compare

# A probe's name, and which of its passes.
Pass: TypeAlias = tuple[str, int]


class Answers:
    """A part, with what it has answered: a table for each probe.

    Attributes:
        ranks: of 1, 2 and 3 ranks the ids that each was given.
    """

    def __init__(self, part: Part, settings: Settings) -> None:
        self.part = part
        self.settings = settings
        self.tables: dict[str, Table] = {}
        self.ranks: dict[int, list[list[Any]]] = {}

    @property
    def unidentified(self) -> bool:
        rows = [row for table in self.tables.values() for rows in table.epochs for row in rows]
        return any(row.id is None for row in rows)

    def differ(self, a: Pass, b: Pass) -> Pairs | None:
        """Two passes, if they can be compared and differ."""
        found = self._pairs(a, b)
        return found if found is not None and found.differing else None

    def equal(self, a: Pass, b: Pass) -> Pairs | None:
        """Two passes, if they can be compared and are equal."""
        found = self._pairs(a, b)
        return found if found is not None and not found.differing else None

    def _pairs(self, a: Pass, b: Pass) -> Pairs | None:
        if a[0] not in self.tables or b[0] not in self.tables:
            return None
        one, other = self.tables[a[0]], self.tables[b[0]]
        if a[1] >= len(one.epochs) or b[1] >= len(other.epochs):
            return None
        return compare(one, other, a[1], b[1])
