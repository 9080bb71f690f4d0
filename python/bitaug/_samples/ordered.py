"""A map-style data set in an order of its own: what adapters share whose loader has none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .._images.given import path_of
from .._order.positions import Positions
from .._pipeline.transform import Transform
from .._values.digest import digest
from .._values.fixed import Fixed
from .._values.numbers import whole
from .._values.plain import shown
from .._values.types import Array, Words
from .augmenter import Augmenter, Room, naming
from .keys import refuse_repeats
from .roles import Fields

Index: TypeAlias = Callable[[int], int | str] | Sequence[int | str] | Array | None
# An index as it is kept: what the caller changes later, or a function says later, does not enter.
Kept: TypeAlias = Words | tuple[int | str, ...] | None


def kept(index: Index, count: int) -> tuple[Kept, str | None]:
    """What an `index` says of each sample, and its digest, by which states know it again; of None
    neither.

    Raises:
        TypeError, ValueError: if it is not one integer or key for each sample, all different.
    """
    if index is None:
        return None, None
    if callable(index):
        given: Any = map(index, range(count))
    else:
        # A set has no order, and a text is one key.
        alone = isinstance(index, str | Mapping) or getattr(index, "ndim", 1) == 0
        if alone or not (hasattr(index, "__getitem__") and hasattr(index, "__len__")):
            raise TypeError(
                f"index={shown(index)}: a sequence with a key for each sample, or a function from "
                "place to key, is needed"
            )
        if len(index) != count:
            raise ValueError(f"index: {len(index)} values for {count} samples")
        given = index
    keys = tuple(map(_key, given))
    numbers = refuse_repeats(
        keys,
        "index",
        "two samples have it, and would get the same draws; give each a key of its own "
        "(an order such as ba.WeightedOrder takes a sample several times, and tells copies "
        "apart)",
    )
    numbers.flags.writeable = False
    return keys if any(isinstance(key, str) for key in keys) else numbers, digest(numbers)


def address(index: Kept, place: int) -> int | str:
    """The index, or key, that the sample at a place is augmented by."""
    if index is None:
        return place
    key = index[place]
    return key if isinstance(key, str) else int(key)


def _key(given: Any) -> int | str:
    if isinstance(given, str):
        return given
    if not hasattr(given, "__index__"):
        raise TypeError(f"index={shown(given)}: a key is a str or an integer")
    return whole(given, "index", 0, 2**64 - 1)


def refuse_augmented(source: Any, name: str) -> None:
    """Refuses a data set in which samples are augmented already: the same address would give the
    same draws again, and a second flip undo the first."""
    if holds_augmented(source):
        raise TypeError(
            f"{name}: the samples of {type(source).__name__} are augmented already, and would be "
            "once more by the same draws; give the data set within, and both pipelines as one, "
            "ba.Compose([first, second])"
        )


def holds_augmented(source: Any) -> bool:
    """Whether it is a data set of this library, or has one in it, as Subset and ConcatDataset."""
    held = (getattr(source, name, None) for name in ("augmenter", "_augmenter"))
    if any(isinstance(each, Augmenter) for each in held):
        return True
    several = getattr(source, "datasets", None)
    parts = [getattr(source, name, None) for name in ("dataset", "augmented")]
    parts += several if isinstance(several, list | tuple) else ()
    return any(holds_augmented(part) for part in parts if part is not None)


class OrderedSource(Fixed):
    """The samples at the positions of an epoch, augmented.

    Args:
        source: has a length and gives samples by place.
        pipeline: any bitaug transform.
        order: `ba.Order`, another of its kind, or a shard of one.
        seed, stream, layout, fields: as `Augmenter` takes them.
        index: by what a sample's draws are addressed, if not by its place.
    """

    def __init__(
        self,
        source: Any,
        pipeline: Transform,
        order: Positions,
        *,
        seed: int,
        stream: str,
        index: Index = None,
        layout: str | None = None,
        fields: Fields | None = None,
    ) -> None:
        self.augmenter = Augmenter(pipeline, seed=seed, stream=stream, layout=layout, fields=fields)
        if not hasattr(source, "__len__") or not hasattr(source, "__getitem__"):
            kind = type(source).__name__
            raise TypeError(f"source: {kind} has no length or cannot be asked by index")
        refuse_augmented(source, "source")
        self.index, self._index_digest = kept(index, len(source))
        if not isinstance(order, Positions):
            raise TypeError(f"order: {type(order).__name__} is not an order, such as ba.Order")
        if hasattr(order, "position") and len(order) != len(source):
            raise ValueError(f"order: {len(order)} samples; the source has {len(source)}")
        self.source = source
        self.order = order

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the bytes beside the source and the order, as plain data for states."""
        return self.augmenter.identity | {"index": self._index_digest}

    def batch(
        self, epoch: int, positions: Any, room: Room | None = None, stack: bool = False
    ) -> list[Any]:
        """The samples at some positions of an epoch; `room` and `stack` as in `Augmenter.batch`."""
        indices, repeats = self.order.keys(epoch, positions)
        loaded = [self._load(place) for place in indices.tolist()]
        samples, addresses = [sample for sample, _ in loaded], [index for _, index in loaded]
        epochs = [epoch] * len(loaded)
        return self.augmenter.batch(samples, epochs, addresses, repeats.tolist(), room, stack)

    def one(self, epoch: int, position: int) -> Any:
        """The sample at a position of an epoch."""
        place, repeat = self.order.keys(epoch, position)
        sample, index = self._load(place)
        return self.augmenter.one(sample, epoch, index, repeat)

    def _load(self, place: int) -> tuple[Any, int | str]:
        """The sample at a place of the source, and what it is augmented by."""
        index = address(self.index, place)
        with naming(index, lambda: path_of(self.source, place)):
            return self.source[place], index
