"""Asks a part all there is to ask, and keeps the answers."""

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from typing import Any

from . import ambient, causes, data
from .answers import Answers
from .findings import Finding, Probe
from .parts import Part
from .questions import AS_IS, COPY, INDEX, RESEEDED, TWICE, Question, lack, questions
from .samples import Row
from .settings import Settings
from .tables import Table

# Any will do.
SEED = 20_240_229
FEW = 8


class Examined(Answers):
    """A part, asked all there is to ask."""

    def __init__(self, part: Part, settings: Settings) -> None:
        super().__init__(part, settings)
        self.probes: list[Probe] = []
        self.findings: list[Finding] = []
        self._failed: dict[str, list[str]] = {}
        self._hung = ""

    def examine(self) -> None:
        part = self.part
        if self._answer("made", part.inspect) is None and self._failed:
            self._failures()
            return
        self._by_index()
        for question in questions(self.settings.epochs, self._methods()):
            self._ask(question)
        self._ranks()
        self._resume()
        if self.settings.identify is None and self.unidentified:
            self._skip("by sample", "nothing tells which sample is which: give identify=")
        self.findings += causes.within(self)
        self.findings += data.facts(self)
        self._reference()
        self._failures()

    def _methods(self) -> tuple[str, ...]:
        found = self.settings.start_methods
        return tuple(multiprocessing.get_all_start_methods()) if found is None else found

    def _skip(self, name: str, reason: str) -> None:
        self.probes.append(Probe(self.part.name, name, False, reason))

    def _answer(self, name: str, work: Callable[[], Any]) -> Any:
        """What a probe gives; None if it fails."""
        if self._hung:
            self._skip(name, f"{self._hung} hung before")
            return None
        try:
            answer = ambient.within(self.settings.timeout, work)
        except TimeoutError as error:
            self._hung = name
            self._failed.setdefault(f"{error}", []).append(name)
        except Exception as error:
            said = f"{type(error).__name__}: {str(error).strip()}".splitlines()[-1]
            pickled = isinstance(error, pickle.PicklingError) or "pickle" in said
            if pickled or "exited unexpectedly" in said:
                # It may be for its own __main__, which has no guard or the only copy of a class.
                self._skip(name, f"such workers cannot be started: {said}")
                return None
            self._failed.setdefault(said, []).append(name)
        else:
            self.probes.append(Probe(self.part.name, name, True))
            return answer
        self.probes.append(Probe(self.part.name, name, True, "failed"))
        return None

    def _table(self, name: str, seed: int | None, work: Callable[[], Table]) -> None:
        def answer() -> Table:
            if seed is None:
                return work()
            with ambient.kept():
                ambient.reseed(seed)
                return work()

        table = self._answer(name, answer)
        if table is not None:
            self.tables[name] = table

    def _ask(self, question: Question) -> None:
        part = self.part
        takes = part.takes | ({"epoch 1"} if part.tellable else set())
        # The data set alone has no order but its own.
        takes |= {"order"} if part.loader else set()
        missing = [need for need in question.needs if need not in takes]
        if missing:
            self._skip(question.name, lack(missing[0], part.fresh))
        else:
            seed = SEED if question.seeded else None
            self._table(question.name, seed, lambda: part.ask(question))

    def _by_index(self) -> None:
        """Single samples, where they can be asked for."""
        part = self.part
        names = (TWICE, INDEX)
        if not part.items:
            for name in names:
                self._skip(name, "samples cannot be asked for by index")
            return
        source = part.first
        dataset = part.dataset(source)

        def rows(of: Any = dataset, **how: Any) -> list[Row]:
            return part.rows(part.by_index(of, **how))[0]

        def twice() -> Table:
            part.tell(source, 0)
            return Table(names[0], [rows(), rows(reverse=True)], passes="time")

        def epochs() -> Table:
            part.tell(source, 0)
            found = [rows()]
            part.end(source)
            part.tell(source, 1)
            found.append(rows())
            part.tell(source, 0)
            return Table(names[1], [*found, rows()])

        def reseeded() -> Table:
            found = []
            for _ in range(2):
                ambient.reseed(SEED)
                found.append(rows(most=FEW))
            return Table(RESEEDED, found, passes="time")

        def copies() -> Table:
            # As a worker gets it. Arrays are not state, but may be large.
            arrays = {id(v): v for v in vars(dataset).values() if hasattr(v, "nbytes")}
            other = copy.deepcopy(dataset, arrays)
            found = [rows(most=FEW), rows(other, most=FEW)]
            return Table(COPY, found, passes="copy")

        self._table(names[0], None, twice)
        if self.differ((names[0], 0), (names[0], 1)):
            self._table(RESEEDED, SEED, reseeded)
            if hasattr(dataset, "__dict__"):
                self._table(COPY, None, copies)
        self._table(names[1], None, epochs)

    def _ranks(self) -> None:
        """Which samples each of several ranks gets."""
        part = self.part
        if not {"rank", "world_size"} <= part.takes:
            return self._skip("ranks", lack("rank", part.fresh))

        def ids(rank: int, world: int) -> list[Any]:
            made = part.make(workers=0, rank=rank, world_size=world, epoch=0)
            part.tell(made, 0)
            if part.torch:
                from . import loaders

                return loaders.order(made)
            rows, cut = part.rows((None, batch) for batch in made)
            return [] if cut else [row.id for row in rows]

        def ranks() -> dict[int, list[list[Any]]]:
            return {world: [ids(rank, world) for rank in range(world)] for world in (1, 2, 3)}

        self.ranks = self._answer("ranks", ranks) or {}

    def _resume(self) -> None:
        """A pass that is broken off and taken up again, beside one that is not."""
        part, name = self.part, "resumed"
        loads = hasattr(part.first, "load_state_dict") or "state" in part.takes
        if not hasattr(part.first, "state_dict") or not loads:
            return self._skip(name, "the loader has no state_dict and load_state_dict")
        if not part.fresh:
            return self._skip(name, "this needs a function that makes the loader")

        def resume() -> Table:
            own = Question(name, own=True)
            whole = part.ask(own).epochs[0]
            first = part.make(workers=0, epoch=0)
            part.tell(first, 0)
            batches = part.batches(first, own)()
            taken = [next(batches) for _ in range(max(1, len(whole) // 8))]
            state = first.state_dict()
            # Before the loader is gone through again, this pass has to be over.
            del batches
            done = part.rows(iter(taken))[0]
            again = part.make(workers=0, epoch=0, state=state)
            if "state" not in part.takes:
                again.load_state_dict(state)
            rest = part.rows(part.batches(again, own)())[0]
            return Table(name, [whole[len(done) : len(done) + len(rest)], rest])

        self._table(name, SEED, resume)

    def _reference(self) -> None:
        """The same samples by another path."""
        if self.settings.reference is None:
            return
        part, name = self.part, "beside the reference"
        if self.differ((AS_IS, 0), (AS_IS, 1)) or self.differ((TWICE, 0), (TWICE, 1)):
            return self._skip(name, "what is audited varies: give it as it is not augmented")
        other = Part(part.name, self.settings.reference, part.identify, None, part.samples)

        def both() -> list[Finding]:
            other.inspect()
            return list(data.beside(self, self._whole(part), self._whole(other)))

        self.findings += self._answer(name, both) or []

    def _whole(self, part: Part) -> list[Row]:
        """A few samples with all their pixels."""
        made = part.make(workers=0, shuffle=False, epoch=0)
        part.tell(made, 0)
        source = part.dataset(made)
        if source is not None and not (part.torch and source is not made):
            return part.rows(part.by_index(source, most=FEW * 2), whole=True)[0]
        question = Question("whole")
        return part.rows(part.batches(made, question)(), whole=True)[0]

    def _failures(self) -> None:
        for said, names in self._failed.items():
            self.findings.append(
                Finding(
                    0,
                    self.part.name,
                    f"Asked for, it failed: {said}",
                    "run it alone with these options; a traceback will say where",
                    tuple(names),
                )
            )
