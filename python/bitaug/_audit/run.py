"""The matrix of probes, the same for all; what a loader cannot be asked is listed."""

import copy
import dataclasses
import pickle
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from .._tables import count as natural_count
from . import ambient, causes, data
from .parts import Part, Question, Table
from .report import Audit, Finding, Probe
from .samples import Row

# Any two will do.
SEED, OTHER = 20_240_229, 20_280_229
ANOTHER_BATCH = 6
FEW = 8


@dataclasses.dataclass(frozen=True)
class Settings:
    """The arguments of `audit`."""

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
        natural_count(self.samples, "samples")
        if natural_count(self.epochs, "epochs") < 2:
            raise ValueError(f"epochs={self.epochs}: 2 or more")
        if not self.timeout > 0:
            raise ValueError(f"timeout={self.timeout!r}: more than 0")


def questions(settings: Settings, methods: tuple[str, ...]) -> Iterator[Question]:
    """All that a loader is asked for by going through it."""
    epochs = settings.epochs
    yield Question("as it is", epochs=epochs)
    yield Question("as it is (again)", epochs=epochs)
    yield Question("another seed", ("seed",), {"seed": OTHER})
    yield Question("own order", ("order",), epochs=epochs, own=True)
    yield Question("seeded", epochs=epochs, seeded=True)
    yield Question("seeded (again)", epochs=epochs, seeded=True)
    yield Question("seeded at epoch 1", ("epoch 1",), first=1, seeded=True)
    other = {"batch_size": ANOTHER_BATCH}
    yield Question("seeded with other batches", ("batch_size",), other, seeded=True)
    many = {"parallel": 4}
    yield Question("seeded with 4 calls at once", ("parallel",), many, seeded=True)
    yield Question("seeded with 4 calls at once (again)", ("parallel",), many, seeded=True)
    # One after another, so that the state of the main process is the same for all. What may hang
    # comes last.
    workers, two, three = ("workers",), {"workers": 2}, {"workers": 3}
    yield Question("2 workers", workers, two, epochs=epochs)
    yield Question("2 workers (again)", workers, two, epochs=epochs)
    yield Question("3 workers", workers, three)
    stay = two | {"persistent": True}
    yield Question("2 workers that stay", (*workers, "persistent"), stay, epochs=epochs)
    one = two | {"one": True}
    yield Question("one sample by 2 workers", (*workers, "one"), one)
    needs = (*workers, "one", "worker_init_fn")
    yield Question("one sample without worker_init_fn", needs, one, start=False)
    for method in methods:
        start = two | {"start_method": method}
        yield Question(f"2 workers by {method}", (*workers, "start_method"), start)


def run(given: Any, parts: dict[str, Any], settings: Settings) -> Audit:
    if (given is None) != bool(parts):
        raise TypeError("either one thing to audit, or parts by name, such as train= and val=")
    named = {"": given} if given is not None else parts
    if parts and settings.reference is not None:
        raise TypeError("reference: it is for one thing to audit, not for parts")
    how = (settings.identify, settings.set_epoch, settings.samples)
    examined = [Examined(Part(name, each, *how), settings) for name, each in named.items()]
    findings: list[Finding] = []
    with ambient.kept():
        for one in examined:
            one.examine()
            findings += one.findings
    findings += causes.between(examined)
    findings.sort(key=lambda finding: (finding.part, finding.cause))
    return Audit(tuple(findings), tuple(probe for one in examined for probe in one.probes))


class Examined:
    """A part, with what it has answered."""

    def __init__(self, part: Part, settings: Settings) -> None:
        self.part = part
        self.settings = settings
        self.tables: dict[str, Table] = {}
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
        for question in questions(self.settings, self._methods()):
            self._ask(question)
        self._ranks()
        self._resume()
        if self.settings.identify is None and self.unidentified:
            self._skip("by sample", "nothing tells which sample is which: give identify=")
        self.findings += causes.within(self)
        self.findings += data.facts(self)
        self._reference()
        self._failures()

    @property
    def unidentified(self) -> bool:
        rows = [row for table in self.tables.values() for rows in table.epochs for row in rows]
        return any(row.id is None for row in rows)

    def _methods(self) -> tuple[str, ...]:
        import multiprocessing

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
            self._skip(question.name, _lack(missing[0], part))
        else:
            seed = SEED if question.seeded else None
            self._table(question.name, seed, lambda: part.ask(question))

    def _by_index(self) -> None:
        """Single samples, where they can be asked for."""
        part = self.part
        names = ("each sample twice", "next epoch by index")
        if not part.items:
            for name in names:
                self._skip(name, "samples cannot be asked for by index")
            return
        source = part.make(workers=0)
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
            return Table("twice, seeded before each", found, passes="time")

        def copies() -> Table:
            # As a worker gets it. Arrays are not state, but may be large.
            arrays = {id(v): v for v in vars(dataset).values() if hasattr(v, "nbytes")}
            other = copy.deepcopy(dataset, arrays)
            found = [rows(most=FEW), rows(other, most=FEW)]
            return Table("a copy beside it", found, passes="copy")

        self._table(names[0], None, twice)
        if self.differ(names[0], 0, 1):
            self._table("twice, seeded before each", SEED, reseeded)
            if hasattr(dataset, "__dict__"):
                self._table("a copy beside it", None, copies)
        self._table(names[1], None, epochs)

    def _ranks(self) -> None:
        """Which samples each of several ranks gets."""
        part = self.part
        if not {"rank", "world_size"} <= part.takes:
            return self._skip("ranks", _lack("rank", part))

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

        self.ranks: dict[int, list[list[Any]]] = self._answer("ranks", ranks) or {}

    def _resume(self) -> None:
        """A pass that is broken off and taken up again, beside one that is not."""
        part, name = self.part, "resumed"
        made = part.make(workers=0)
        loads = hasattr(made, "load_state_dict") or "state" in part.takes
        if not hasattr(made, "state_dict") or not loads:
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
        part = self.part
        other = Part(part.name, self.settings.reference, part.identify, None, part.samples)

        def both() -> list[list[Row]]:
            other.inspect()
            return [self._whole(part), self._whole(other)]

        answer = self._answer("beside the reference", both)
        if answer is not None:
            self.findings += data.beside(self, *answer)

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

    # What the rules ask.

    def pairs(self, a: str, b: str, i: int = 0, j: int = 0) -> "causes.Pairs | None":
        """Epoch i of one table beside epoch j of another; None if they cannot be compared."""
        if a not in self.tables or b not in self.tables:
            return None
        one, other = self.tables[a], self.tables[b]
        if i >= len(one.epochs) or j >= len(other.epochs):
            return None
        return causes.compare(one, other, i, j)

    def differ(self, a: str, i: int, j: int, b: str | None = None) -> bool:
        found = self.pairs(a, b or a, i, j)
        return found is not None and bool(found.differing)

    def equal(self, a: str, i: int, j: int, b: str | None = None) -> bool:
        found = self.pairs(a, b or a, i, j)
        return found is not None and not found.differing


def _lack(option: str, part: Part) -> str:
    if option == "order":
        return "a data set alone has no order of its own: give the loader"
    if option in ("worker_init_fn", "one"):
        return f"this needs a loader of torch{' with a worker_init_fn' * (option != 'one')}"
    if option == "epoch 1":
        return "nothing can be told the epoch: give set_epoch="
    if part.fresh:
        from .parts import OPTIONS

        return f"the function has no parameter {' or '.join(OPTIONS[option])}"
    return "this needs a function that makes the loader with given options"
