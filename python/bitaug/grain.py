"""bitaug under Grain: data sets whose bytes no worker, shuffle or restart changes. docs/grain.md
shows how they go together.

Nothing else of bitaug imports Grain.
"""

import sys
from typing import Any

import grain

from ._order.positions import Positions
from ._pipeline.transform import Transform
from ._samples.augmenter import Augmenter
from ._samples.ordered import Index, Kept, OrderedSource, address, kept
from ._samples.roles import Fields
from ._values.numbers import count, place_of

__all__ = ["Source", "augment"]

_EPOCHS = 2**32


def augment(
    dataset: Any,
    pipeline: Transform,
    *,
    seed: int,
    stream: str,
    index: Index = None,
    layout: str | None = None,
    fields: Fields | None = None,
) -> Any:
    """A MapDataset whose samples are augmented, to be shuffled, repeated and batched afterwards.

    Grain numbers the elements of a MapDataset on through the epochs: in front of `shuffle` and
    `repeat`, element epoch * n + i is sample i in that epoch. Behind them the number says nothing
    of the sample, so there this is refused.

    Args:
        dataset: a grain.MapDataset that is neither shuffled nor repeated. It gives images, tuples
            or lists that start with one, or dicts with `image` and, if they have them, `mask`,
            `masks`, `bboxes` (or `boxes`) and their `labels`, and `keypoints`, which move with it.
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        index: by what a sample's draws are addressed, if not by its place: a sequence or a
            function from place to an integer or a key, such as a relative path; no two alike.
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what the elements of a tuple are, or the entries of a dict by other names, such as
            `("image", "mask", None)` or `{"photo": "image"}`. None passes through.

    Raises:
        TypeError: if it is not a MapDataset.
        ValueError: if it is shuffled or repeated already.

    Examples:
        >>> import grain, numpy as np, bitaug.grain, bitaug as ba
        >>> photos = grain.MapDataset.source(np.zeros((10, 32, 32, 3), np.uint8))
        >>> train = ba.grain.augment(photos, ba.HorizontalFlip(), seed=42, stream="train")
        >>> train = train.shuffle(seed=7).repeat().batch(4)
        >>> train[5].shape
        (4, 32, 32, 3)
    """
    augmenter = Augmenter(pipeline, seed=seed, stream=stream, layout=layout, fields=fields)
    if not isinstance(dataset, grain.MapDataset):
        raise TypeError(
            f"dataset: {type(dataset).__name__} is not a grain.MapDataset: one is made by "
            "grain.MapDataset.source, and augmented before to_iter_dataset"
        )
    _refuse_reordered(dataset)
    keys, _ = kept(index, len(dataset))
    return dataset.map_with_index(_Augment(augmenter, len(dataset), keys))


class _Augment(grain.transforms.MapWithIndex):
    def __init__(self, augmenter: Augmenter, n: int, index: Kept) -> None:
        self._augmenter = augmenter
        self._n = n
        self._index = index

    def map_with_index(self, index: int, element: Any) -> Any:
        epoch, place = divmod(index, self._n)
        return self._augmenter.one(element, epoch, address(self._index, place))


def _refuse_reordered(dataset: Any) -> None:
    few = grain.MapDataset.range(2)
    refused = {
        type(few.shuffle(seed=0)): "shuffle",
        type(few.repeat(2)): "repeat",
        grain.experimental.WindowShuffleMapDataset: "WindowShuffleMapDataset",
    }
    name = refused.get(type(dataset))
    if name is not None:
        raise ValueError(
            f"dataset: augmented after {name}, a sample's place and epoch would be unknown: "
            "augment first, then shuffle and repeat"
        )
    for parent in dataset.parents:
        _refuse_reordered(parent)


class Source(OrderedSource):
    """A data source for grain.DataLoader, which does not take what `augment` makes.

    Element k is the augmented sample at position k % n of epoch k // n, n being the length of the
    order. So the loader's sampler is the sequential one: the order is this source's.

    Its repr, which the loader's state holds and is compared with, names the pipeline, seed, stream
    and order by their digests.

    Args:
        source: has a length and gives samples by place, as `augment` takes them.
        pipeline: any bitaug transform.
        order: `ba.Order` or another of its kind.
        epochs: so many are in it; by default as many as there can be.
        seed, stream, index, layout, fields: as in `augment`.

    Raises:
        TypeError, ValueError: naming the argument, the value and what is allowed.

    Examples:
        >>> import grain, numpy as np, bitaug.grain, bitaug as ba
        >>> photos = np.zeros((10, 32, 32, 3), np.uint8)
        >>> order = ba.Order(10, seed=42, stream="train")
        >>> train = ba.grain.Source(
        ...     photos, ba.HorizontalFlip(), order, epochs=3, seed=42, stream="train"
        ... )
        >>> loader = grain.DataLoader(
        ...     data_source=train,
        ...     sampler=grain.samplers.SequentialSampler(len(train)),
        ...     operations=[grain.transforms.Batch(4)],
        ... )
        >>> sum(len(images) for images in loader)
        30
    """

    def __init__(
        self,
        source: Any,
        pipeline: Transform,
        order: Positions,
        *,
        epochs: int | None = None,
        seed: int,
        stream: str,
        index: Index = None,
        layout: str | None = None,
        fields: Fields | None = None,
    ) -> None:
        super().__init__(
            source, pipeline, order,
            seed=seed, stream=stream, index=index, layout=layout, fields=fields,
        )  # fmt: skip
        self.order_digest = getattr(order, "digest", None)
        if self.order_digest is None:
            kind = type(order).__name__
            raise TypeError(f"order: {kind} is not a whole order; shard_options= deals it out")
        most = min(_EPOCHS, sys.maxsize // len(order))
        self.epochs = most if epochs is None else count(epochs, "epochs")
        if self.epochs > most:
            raise ValueError(f"epochs={epochs}: 1 to {most} of {len(order)} samples")

    def __len__(self) -> int:
        return self.epochs * len(self.order)

    def __getitem__(self, k: int) -> Any:
        return self.one(*divmod(place_of(k, len(self), "index"), len(self.order)))

    def __repr__(self) -> str:
        known = self.identity | {"order": self.order_digest}
        shown = ", ".join(f"{name}={value!r}" for name, value in known.items())
        return f"bitaug.grain.Source({shown})"
