"""What is audited: how it is made with given options, told an epoch, and gone through."""

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ..._values.plain import shown
from .questions import OPTIONS, Question
from .samples import Path, Row, Samples, id_path, row, split
from .tables import Table

# Of each pass so many samples are kept small, for pictures.
PICTURES = 16


def indexed(made: Any) -> bool:
    return hasattr(made, "__len__") and hasattr(made, "__getitem__")


def _endless(made: Any) -> bool:
    """Whether it may go on and on, so that its beginning is the same each time, and rightly."""
    try:
        return len(made) > 2**40
    except TypeError:
        return True


def torch_data() -> Any:
    """torch.utils.data if anyone has imported it: what is torch's cannot be given otherwise."""
    return sys.modules.get("torch.utils.data")


class Part:
    """One of what is audited together.

    Args:
        name: "" if it is alone.
        given: data set, loader, or factory of either.
        identify, set_epoch, samples: as in `audit`.
    """

    def __init__(
        self,
        name: str,
        given: Any,
        identify: Callable[[Any], Any] | None,
        set_epoch: Callable[[Any, int], Any] | None,
        samples: int,
    ) -> None:
        self.name = name
        self.given = given
        self.identify = identify
        self.set_epoch = set_epoch
        self.samples = samples
        # Validation is asked for epoch 0 again and again: it should not vary.
        self.varies = name in ("", "train")
        torch = torch_data()
        sets = () if torch is None else (torch.Dataset, torch.DataLoader)
        made = isinstance(given, sets) or (indexed(given) and not isinstance(given, type))
        self.fresh = callable(given) and not made
        if not self.fresh and not made and not hasattr(given, "__iter__"):
            where = f"{name}=" if name else ""
            kind = type(given).__name__
            raise TypeError(f"{where}{kind}: a data set, a loader, or a function that makes one")
        self.parameters, self._needed = _parameters(given) if self.fresh else ({}, {})
        self._path: Path | None = None
        self._known = False

    def make(self, **options: Any) -> Any:
        if not self.fresh:
            return self.given
        found = {self.parameters[key]: options[key] for key in options if key in self.parameters}
        return self.given(**self._needed | found)

    def inspect(self) -> None:
        """Finds out what is made, and so what can be asked of it."""
        self.first = made = self.make(workers=0)
        torch = torch_data()
        self.torch = torch is not None and isinstance(made, torch.DataLoader | torch.Dataset)
        self.indices: list[Any] = []
        # Keras' PyDataset, and what is made for a size of batches, give batches by number.
        keras = any(cls.__name__ == "PyDataset" for cls in type(made).__mro__)
        sized = indexed(made) and "batch_size" in self.parameters
        self.by_batch = not self.torch and (keras or sized)
        self.loader = not indexed(made) or self.torch or self.by_batch
        self.endless = _endless(made)
        self.takes = set(self.parameters)
        if self.torch:
            from . import loaders

            self.takes |= loaders.takes(made)
            # A sampler may take a part of the data set alone.
            self.indices = sorted(set(loaders.order(made)))[: self.samples]
        source = self.dataset(made)
        self.items = source is not None
        self.tellable = bool(self.set_epoch or self._told(made)) or "epoch" in self.takes
        self.objects = _chain(made)

    def dataset(self, made: Any) -> Any:
        """What can be asked by index: the thing itself, or the data set in it."""
        if not indexed(made):
            made = getattr(made, "dataset", None)
        # A name may be inherited only to be refused, as in torch's IterableDataset.
        torch = torch_data()
        stream = torch is not None and isinstance(made, torch.IterableDataset)
        return made if indexed(made) and not stream else None

    def _told(self, made: Any) -> list[Any]:
        """Whose `set_epoch` is called, if the user has not said what to do."""
        within = (made, getattr(made, "dataset", None))
        return [each for each in within if callable(getattr(each, "set_epoch", None))]

    def tell(self, made: Any, epoch: int) -> None:
        epoch = epoch if self.varies else 0
        if self.set_epoch is not None:
            self.set_epoch(made, epoch)
        else:
            for each in self._told(made):
                each.set_epoch(epoch)

    def end(self, made: Any) -> None:
        """Says that an epoch is over to what wants to know it, as Keras does."""
        for each in (made, getattr(made, "dataset", None)):
            listener = getattr(each, "on_epoch_end", None)
            if listener is not None:
                listener()

    def ask(self, question: Question) -> Table:
        """Goes through the loader, made anew if it can be."""
        usual = {"workers": 0, "parallel": 1, "shuffle": False, "batch_size": 4}
        options = usual | question.options
        if question.own:
            del options["shuffle"]
        table = Table(question.name, [])
        made = self.make(**options, epoch=question.first)
        batches = self.batches(made, question)
        for epoch in range(question.first, question.first + question.epochs):
            if "epoch" in self.parameters and epoch > question.first:
                made = self.make(**options, epoch=epoch)
                batches = self.batches(made, question)
            self.tell(made, epoch)
            rows, cut = self.rows(batches())
            table.epochs.append(rows)
            table.cut |= cut
            self.end(made)
        return table

    def batches(self, made: Any, question: Question) -> Callable[[], Iterator[Any]]:
        if self.torch:
            from . import loaders

            return loaders.batches(made, question, self.indices)
        if indexed(made):
            return lambda: self.by_index(made)
        return lambda: ((None, batch) for batch in made)

    def by_index(self, source: Any, reverse: bool = False, most: int | None = None) -> Any:
        """Each sample of a data set, with its index; of batches, with its place in all of them."""
        if not len(source):
            return
        size = len(split(source[0], None)) if self.by_batch else 1
        count = min(len(source), -(-(self.samples if most is None else most) // size))
        indices = self.indices[:count] or range(count)
        for index in reversed(indices) if reverse else indices:
            if self.by_batch:
                samples = split(source[index], None)
                yield [index * size + place for place in range(len(samples))], Samples(samples)
            else:
                yield [index], Samples([source[index]])

    def rows(self, batches: Iterator[Any], whole: bool = False) -> tuple[list[Row], bool]:
        """One pass, and whether there was more of it."""
        found: list[Row] = []
        for ids, batch in batches:
            samples = split(batch, None if ids is None else len(ids))
            for place, sample in enumerate(samples):
                if len(found) == self.samples:
                    return self._identified(found), True
                id = ids[place] if ids is not None and len(ids) == len(samples) else None
                if self.identify is not None:
                    id = self.identify(sample)
                found.append(row(sample, id, len(found) < PICTURES, whole))
        return self._identified(found), False

    def _identified(self, rows: list[Row]) -> list[Row]:
        if any(each.id is None for each in rows):
            if not self._known:
                self._path, self._known = id_path(rows), True
            for place, each in enumerate(rows):
                if self._path is not None:
                    each.id = each.scalars.get(self._path)
                elif "shuffle" in self.parameters:
                    each.id = place
        return rows


def _parameters(factory: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """The parameters of a factory by our names for options; and what those need that have no
    default."""
    try:
        parameters = inspect.signature(factory).parameters
    except ValueError:
        return {}, {}
    known: dict[str, str] = {}
    needed: dict[str, Any] = {}
    for option, (names, value) in OPTIONS.items():
        for name in names:
            if name in parameters:
                known[option] = name
                if parameters[name].default is inspect.Parameter.empty:
                    needed[name] = value
    for name, each in parameters.items():
        free = each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        if not free and each.default is each.empty and name not in needed:
            message = (
                f"parameter {shown(name)}: not one that the audit gives; use functools.partial"
            )
            raise TypeError(message)
    return known, needed


def _chain(made: Any) -> list[Any]:
    """It and the data sets within: of loaders, subsets, and stages of tf.data."""
    found = [made]
    while len(found) < 100:
        last = found[-1]
        within = getattr(last, "dataset", None)
        within = getattr(last, "_input_dataset", None) if within is None else within
        if within is None or callable(within):
            return found[1:] if len(found) > 1 else found
        found.append(within)
    return found
