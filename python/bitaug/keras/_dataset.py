"""Batches by epoch and number, and how they learn the epoch."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from .._order.positions import Positions
from .._pipeline.transform import Transform
from .._samples.augmenter import Batch
from .._samples.ordered import Index, OrderedSource
from .._samples.roles import Fields
from .._values.fixed import Fixed
from .._values.numbers import count, epoch_number, place_of
from .._values.plain import shown

# The attribute of what goes through a data set that says how many batches it takes.
_STEPS = "_bitaug_steps"


def collate(samples: Sequence[Any]) -> Any:
    """A batch of samples: an array of each of their fields, in tuples, lists and dicts as theirs.

    Args:
        samples: one or more, all built alike.

    Raises:
        ValueError: if a field has several shapes.

    Examples:
        >>> import bitaug.keras, bitaug as ba, numpy as np
        >>> images, labels = ba.keras.collate([(np.zeros((2, 3)), 5), (np.ones((2, 3)), 7)])
        >>> images.shape, labels
        ((2, 2, 3), array([5, 7]))
    """
    if isinstance(samples, Batch):
        return samples.collate(collate)
    first = samples[0]
    if isinstance(first, Mapping):
        return {name: collate([sample[name] for sample in samples]) for name in first}
    nested = isinstance(first, tuple | list)
    shapes = sorted({(len(sample),) if nested else np.shape(sample) for sample in samples})
    if len(shapes) > 1:
        raise ValueError(
            f"a batch of shapes {shapes[0]} and {shapes[1]}: the pipeline has to give one size, "
            "or collate= say what a batch is"
        )
    if nested:
        columns = (collate(column) for column in zip(*samples, strict=True))
        return list(columns) if isinstance(first, list) else tuple(columns)
    return np.asarray(samples)


class _Columns:
    """Arrays of one length, whose rows are samples."""

    def __init__(self, arrays: tuple[Any, ...]) -> None:
        lengths = [len(array) for array in arrays]
        if len(set(lengths)) != 1:
            raise ValueError(f"dataset: arrays of lengths {lengths}; one length is needed")
        self.arrays = arrays

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, place: int) -> Any:
        return tuple(array[place] for array in self.arrays)


class Dataset(Fixed, keras.utils.PyDataset):
    """What `fit`, `evaluate` and `predict` take: augmented batches in an order of its own.

    Batch k of an epoch is the same whoever asks for it, and when: with any number of threads or
    processes, whatever `fit` says of `shuffle`, which has no effect here, and after any restart.

    The first pass is epoch 0, or what `set_epoch` or `Epochs` says; each pass, of `fit`,
    `evaluate` or a `for`, is followed by the next epoch. `fit(steps_per_epoch=k)` takes the first
    k batches of every epoch.

    Args:
        dataset: has a length and gives samples by place: an image, or a tuple of an image, its
            label and perhaps its weight; or dicts, as a pipeline takes them. A tuple is arrays:
            (x, y) or (x, y, sample_weight).
        pipeline: any bitaug transform.
        order: `ba.Order`, another of its kind, or a shard of one.
        batch_size: samples of a batch; the last one may have fewer.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        index: by what a sample's draws are addressed, if not by its place: a sequence or a
            function from place to an integer or a key, such as a relative path; no two alike.
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what the elements of a tuple are, or the entries of a dict by other names: image,
            mask, masks, bboxes, labels, keypoints, or None for what passes through.
        epoch: the epoch of all passes, where each is to have the same draws, as in validation.
        collate: makes a batch of a list of samples.
        workers, use_multiprocessing, max_queue_size: as in Keras' PyDataset.

    Examples:
        >>> import bitaug.keras, bitaug as ba, numpy as np
        >>> x, y = np.zeros((10, 32, 32, 3), np.uint8), np.arange(10)
        >>> pipeline = ba.Compose([ba.RandomCrop(height=24, width=24), ba.ToFloat()])
        >>> order = ba.Order(10, seed=42, stream="train")
        >>> train = ba.keras.Dataset((x, y), pipeline, order, 4, seed=42, stream="train")
        >>> images, labels = train[2]
        >>> len(train), images.shape, labels
        (3, (2, 24, 24, 3), array([7, 1]))
    """

    def __init__(
        self,
        dataset: Any,
        pipeline: Transform,
        order: Positions,
        batch_size: int,
        *,
        seed: int,
        stream: str,
        index: Index = None,
        layout: str | None = None,
        fields: Fields | None = None,
        epoch: int | None = None,
        collate: Callable[[Sequence[Any]], Any] = collate,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        super().__init__(workers, use_multiprocessing, max_queue_size)
        self._source = OrderedSource(
            _Columns(dataset) if isinstance(dataset, tuple) else dataset,
            pipeline, order, seed=seed, stream=stream, index=index, layout=layout, fields=fields,
        )  # fmt: skip
        self.batch_size: int = count(batch_size, "batch_size")
        self.collate = collate
        self._fixed = epoch is not None
        self._epoch = 0 if epoch is None else epoch_number(epoch)
        self._starting = False

    @property
    def pipeline(self) -> Transform:
        return self._source.augmenter.pipeline

    @property
    def order(self) -> Positions:
        return self._source.order

    @property
    def epoch(self) -> int:
        """The epoch of the batches to come."""
        return self._epoch

    def set_epoch(self, epoch: int) -> None:
        """The next pass is this epoch; the ones after it, unless told again, those after it.

        Raises:
            TypeError: if the data set was made for a single epoch.
        """
        if self._fixed:
            raise TypeError(
                f"set_epoch({shown(epoch)}): all passes are epoch={self._epoch}, as given"
            )
        self._epoch = epoch_number(epoch)

    def __len__(self) -> int:
        """Batches of a whole epoch."""
        return -(-len(self.order) // self.batch_size)

    def batch(self, epoch: int, number: int) -> Any:
        """A batch of any epoch.

        Args:
            epoch: 0 to 2^32-1.
            number: 0 to len - 1, negative ones from the end.

        Raises:
            IndexError: naming the number, if there is no such batch.
        """
        first = place_of(number, len(self), "batch") * self.batch_size
        positions = slice(first, first + self.batch_size)
        # The images are written side by side, and not copied once more.
        stack = self.collate is collate
        return self.collate(self._source.batch(epoch, positions, stack=stack))

    def __getitem__(self, number: int) -> Any:
        """A batch of the present epoch."""
        return self.batch(self._epoch, number)

    def __iter__(self) -> Iterator[Any]:
        epoch = self._epoch
        for number in range(len(self)):
            yield self.batch(epoch, number)
        self.on_epoch_end()

    @property
    def num_batches(self) -> int:
        """Batches of a pass, as Keras asks for them.

        An iterator of Keras asks through its adapter when it is made and when it is reset, before
        the first pass. These two know what a PyDataset is not told: how many steps `fit` takes of
        an epoch, so that batches made ahead never belong to the next one; and that batches are to
        be shuffled, by Python's global generator, which is called off. What was found stays with
        them: `evaluate` may go through the same data set while `fit` does.
        """
        adapter, iterator = _callers()
        if adapter is not None and getattr(iterator, "data_adapter", None) is adapter:
            self._starting = True
            for part in (adapter, getattr(adapter, "enqueuer", None)):
                if part is not None:
                    part.shuffle = False
                    setattr(part, _STEPS, min(iterator.steps_per_epoch or len(self), len(self)))
        steps: int = getattr(adapter, _STEPS, len(self))
        return steps

    def on_epoch_begin(self) -> None:
        """Keras calls it before each pass.

        Raises:
            RuntimeError: if that has not asked for `num_batches` in the way it is known to: then
                it would shuffle, and go on where `steps_per_epoch` left an epoch.
        """
        module = sys._getframe(1).f_globals.get("__name__", "")
        if module.startswith("keras.") and not hasattr(_callers()[0], _STEPS):
            raise RuntimeError(
                f"Keras {keras.__version__} goes through a PyDataset in a way that bitaug.keras "
                "does not know, and its order would not hold"
            )
        self._starting = False

    def on_epoch_end(self) -> None:
        """Keras calls it after each pass, and before the first of `fit` and `evaluate`."""
        if not (self._starting or self._fixed):
            self._epoch += 1
        self._starting = False
        # Where the model had to be built, workers went on from the batch that it was built with:
        # what they made would come before the first batch of the pass.
        enqueuer = getattr(_callers()[0], "enqueuer", None)
        if enqueuer is not None:
            for made in (enqueuer.ready_queue, enqueuer.future_queue):
                made.queue.clear()


def _callers() -> tuple[Any, Any]:
    """The objects of which a method called a method of the data set, and of which one called it."""
    frame = sys._getframe(1).f_back
    above = frame.f_back if frame else None
    first, second = (found.f_locals.get("self") if found else None for found in (frame, above))
    return first, second


class Epochs(keras.callbacks.Callback):
    """Tells data sets the epoch that `fit` is in.

    Without it they count their passes; with it they know of `initial_epoch` too, so that training
    goes on where it was stopped.

    Args:
        datasets: of this module: what is trained on, and validation sets that follow the epoch.

    Examples:
        >>> import bitaug.keras, bitaug as ba, numpy as np
        >>> x = np.zeros((10, 32, 32, 3), np.uint8)
        >>> order = ba.Order(10, seed=42, stream="train")
        >>> train = ba.keras.Dataset((x,), ba.ToFloat(), order, 4, seed=42, stream="train")
        >>> ba.keras.Epochs(train).on_epoch_begin(7)
        >>> train.epoch
        7
    """

    def __init__(self, *datasets: Dataset) -> None:
        super().__init__()
        for dataset in datasets:
            if not isinstance(dataset, Dataset):
                kind = type(dataset).__name__
                raise TypeError(f"datasets: {kind} is not a data set of bitaug.keras")
        self.datasets = datasets

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        for dataset in self.datasets:
            dataset.set_epoch(epoch)
