"""Data sets whose samples are augmented by address, singly or a batch at a time."""

import operator
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import Dataset

from .._images.given import path_of
from .._look.trace import Trace
from .._pipeline.targets import NAMES
from .._pipeline.transform import Transform
from .._samples.augmenter import Augmenter, naming
from .._samples.ordered import Index, address, kept, refuse_augmented
from .._samples.others import Others
from .._samples.roles import Fields
from .._samples.sample import Address, Sample
from .._values.fixed import Fixed
from .._values.numbers import epoch_number, place_of
from ._collate import memory
from ._epoch import Shared
from ._sample import TENSORS
from ._sampler import check_known


class Augmented(Fixed, Dataset):
    """A map-style data set whose samples are augmented. It keeps no random state.

    A sample is asked for by (epoch, index, repeat), (epoch, index), or by index alone: then the
    epoch is what `set_epoch` was last told, in every worker, however it was started. `Sampler`
    gives such keys.

    It must be the outermost data set: a Subset or ConcatDataset around it cannot hand on keys.
    Within a Subset (that of `random_split`, say) the index is the place in the Subset, unless
    `index` says what stays.

    torch's samplers that repeat an index, such as WeightedRandomSampler, give its copies the same
    draws; `ba.WeightedOrder` with `Sampler` tells copies apart.

    A pipeline that mixes samples asks the data set for the others; samples are dicts then, and gain
    `mix` beside the image, as a pipeline's call says.

    Args:
        dataset: has a length and gives samples by place, as `transform` takes them.
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        index: by what a sample's draws are addressed, if not by its place: a sequence or a
            function from place to an integer or a key, such as a relative path; no two alike.
        layout, fields: as in `transform`.
        white: the value that stands for white in uint16 and float32 images, as for Compose.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> photos = torch.zeros((10, 3, 32, 32), dtype=torch.uint8)
        >>> crop = ba.RandomCrop(height=24, width=24)
        >>> train = ba.torch.Augmented(photos, crop, seed=42, stream="train")
        >>> train[3, 7].shape  # epoch 3, index 7
        torch.Size([3, 24, 24])
    """

    def __init__(
        self,
        dataset: Any,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        index: Index = None,
        layout: str | None = None,
        fields: Fields | None = None,
        white: float | None = None,
    ) -> None:
        self._augmenter = held = Augmenter(
            pipeline, seed=seed, stream=stream, layout=layout, fields=fields, white=white,
            arrays=TENSORS, mixes=True,
        )  # fmt: skip
        self.pipeline, self.seed, self.stream = held.pipeline, held.seed, held.stream
        self.layout, self.fields, self.threads = held.layout, held.fields, held.threads
        if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
            kind = type(dataset).__name__
            raise TypeError(f"dataset: {kind} has no length or cannot be asked by index")
        refuse_augmented(dataset, "dataset")
        self.index, self._index_digest = kept(index, len(dataset))
        if self.pipeline._pipeline.mixes() and self.index is not None:
            raise TypeError("index: the pipeline mixes samples by their places; leave it out")
        self.dataset = dataset
        # Whether batches that are made in the main process lie in pinned memory, if CUDA is there.
        self._pinned = False
        # The epoch, whether anyone has told it, and how many samples were asked for without.
        self._shared = Shared(0, 0, 0)

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def epoch(self) -> int:
        """The epoch of samples that are asked for by index alone."""
        return self._shared[0]

    def set_epoch(self, epoch: int) -> None:
        """Tells all workers the epoch of samples that are asked for by index alone."""
        self._shared[0] = epoch_number(epoch)
        self._shared[1] = 1

    def address(self, place: int) -> int | str:
        """The index, or key, that the sample at a place is augmented by."""
        return address(self.index, place_of(place, len(self), "index"))

    @property
    def identity(self) -> dict[str, Any]:
        return self._augmenter.identity | {"index": self._index_digest}

    def state_dict(self) -> dict[str, Any]:
        """What decides the bytes: `torchdata`'s StatefulDataLoader keeps it in its own state."""
        return self.identity

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Only compares.

        Raises:
            ValueError: if the state is of another pipeline, seed, stream or the like.
        """
        check_known(state, self.identity)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self.__getitems__(range(len(self))[key])
        epoch, place, repeat = self._key(key)
        address = self.address(place)
        return self._augmenter.one(self._load(place), epoch, address, repeat, self._others)

    def __getitems__(self, keys: Sequence[Any]) -> list[Any]:
        """A batch in one call, as a list whose images are views of one tensor, if they can be."""
        known = [self._key(key) for key in keys]
        epochs, places, repeats = ([key[part] for key in known] for part in range(3))
        whole = getattr(self.dataset, "__getitems__", None)
        try:
            samples = whole(places) if whole else [self._load(place) for place in places]
        except Exception:
            # Asked alone, the one that it was says so.
            for place in places if whole else ():
                self._load(place)
            raise
        indices = [self.address(place) for place in places]
        return self._augmenter.batch(
            samples, epochs, indices, repeats, self._room, others=self._others
        )

    def _load(self, place: int) -> Any:
        with naming(self.address(place), lambda: path_of(self.dataset, place)):
            return self.dataset[place]

    def _others(self, layout: str | None) -> Others:
        return Others(self._load, len(self), self._augmenter.take, self.pipeline, layout)

    def _room(self, samples: list[Sample]) -> torch.Tensor | None:
        """Memory for all images, shared if they have to leave a worker."""
        wanted: set[tuple[str, tuple[int, ...]]] = set()
        for sample in samples:
            site = sample.shape, sample.array.dtype.name
            dtype, planar, end = self.pipeline._pipeline.output(*site)
            if end is None:
                return None
            wanted.add((dtype, sample.dims(planar, end)))
        if len(wanted) != 1:
            return None
        ((name, dims),) = wanted
        shape, kind = (len(samples), *dims), getattr(torch, name)
        return memory(shape, kind, self._pinned and torch.cuda.is_available())

    def _key(self, key: Any) -> tuple[int, int, int]:
        """Epoch, place, repeat."""
        alone = not isinstance(key, tuple | list)
        parts = (self.epoch, key) if alone else key
        try:
            if len(parts) not in (2, 3) or any(isinstance(part, bool) for part in parts):
                raise TypeError
            epoch, place, repeat = (operator.index(part) for part in (*parts, 0)[:3])
        except TypeError:
            message = f"key={key!r}: (epoch, index, repeat), (epoch, index), or an index"
            raise TypeError(message) from None
        place = place_of(place, len(self), "index")
        if alone and not self._shared[1]:
            self._count(place)
        return epoch, place, repeat

    def _count(self, place: int) -> None:
        """Says once that epochs repeat each other, where nobody has told an epoch and the pipeline
        would draw something else in another."""
        self._shared[2] += 1
        if self._shared[2] == 2 * len(self) and self._drawn(place, 0) != self._drawn(place, 1):
            warnings.warn(
                "every epoch gets the same augmentations: samples are asked for by index alone, "
                "and set_epoch was never called. Use bitaug.torch.Sampler, or call "
                "set_epoch(epoch) before each epoch; set_epoch(0) once says that it is meant",
                stacklevel=4,
            )

    def _drawn(self, place: int, epoch: int) -> Any:
        return self.params(epoch, place)["ops"]

    def _found(self, epoch: int, place: int, repeat: int) -> tuple[Sample, dict[str, Any]]:
        epoch, place, repeat = self._key((epoch, place, repeat))
        sample = self._augmenter.take(self._load(place))
        address = Address(self.seed, self.stream, epoch, self.address(place), repeat)
        return sample, vars(address)

    def params(self, epoch: int, index: int, repeat: int = 0) -> dict[str, Any]:
        """What the pipeline's `params` says of a sample: what was drawn, as plain data."""
        sample, address = self._found(epoch, index, repeat)
        return self.pipeline.params(**address, **sample.site, partners=self._others(sample.layout))

    def explain(self, epoch: int, index: int, repeat: int = 0) -> str:
        """What the pipeline's `explain` says of a sample: a table for people."""
        sample, address = self._found(epoch, index, repeat)
        return self.pipeline.explain(**address, **sample.site, partners=self._others(sample.layout))

    def trace(self, epoch: int, index: int, repeat: int = 0) -> Trace:
        """Every stage of a sample with its targets, as the pipeline's `trace`."""
        sample, address = self._found(epoch, index, repeat)
        pipeline, targets = sample.targets_for(self.pipeline)
        targets = {name: targets[name] for name in targets.keys() & set(NAMES)}
        others = self._others(sample.layout)
        return pipeline.trace(
            sample.array, **targets, **address, layout=sample.layout, partners=others
        )

    def receipt(self, epoch: int, index: int, repeat: int = 0) -> str:
        """The sample's receipt, which `ba.from_receipt` reads."""
        return self.pipeline.receipt(**self._found(epoch, index, repeat)[1])
