"""bitaug under tf.data: elements whose bytes no parallelism, shuffle, shard or restart changes.
docs/tf.md shows how they go together.

Nothing else of bitaug imports TensorFlow.
"""

import dataclasses
import functools
import types
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from . import _core
from ._images.given import path_of
from ._order.positions import Positions
from ._pipeline.transform import Transform
from ._samples.arrays import NUMPY, Arrays
from ._samples.augmenter import Augmenter, Batch, naming
from ._samples.ordered import Index, OrderedSource
from ._samples.roles import Fields
from ._samples.sample import Sample
from ._samples.tree import Path, leaves, replace
from ._values.fields import flag
from ._values.fixed import Fixed
from ._values.numbers import count, epoch_number, whole
from ._values.plain import shown
from ._values.types import Array
from .ops.containers import Compose
from .ops.crops import RandomCrop

__all__ = ["Augment", "dataset"]

# An array that starts at a multiple of it becomes a tensor without being copied.
_ALIGNMENT = 64


class Augment(Fixed):
    """Augments elements of a tf.data.Dataset, by an epoch and an index that come with them.

    It keeps no random state: the element's own index, or key, decides, so that it may be mapped
    in parallel, in any order, before or after a shuffle, and by the shards of a cluster. Only a
    cache must come before it: behind it, every epoch would be the first again.

    The static shapes of what it returns are those that the pipeline fixes; others are None.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what the elements of a tuple are, or the entries of a dict by other names than
            `image`, `mask`, `masks`, `bboxes`, `labels` and `keypoints`, such as
            `("image", "mask", None)` or `{"photo": "image"}`. None passes through.

    Examples:
        >>> import tensorflow as tf, bitaug.tf, bitaug as ba
        >>> augment = ba.tf.Augment(ba.RandomCrop(height=24, width=24), seed=42, stream="train")
        >>> photos = tf.zeros((10, 32, 32, 3), tf.uint8)
        >>> n, epochs = 10, 3
        >>> train = tf.data.Dataset.range(n * epochs)
        >>> train = train.map(lambda k: augment(photos[k % n], epoch=k // n, index=k % n))
        >>> train.element_spec
        TensorSpec(shape=(24, 24, 3), dtype=tf.uint8, name=None)
    """

    def __init__(
        self,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        layout: str | None = None,
        fields: Fields | None = None,
    ) -> None:
        self._augmenter = Augmenter(
            pipeline, seed=seed, stream=stream, layout=layout, fields=fields
        )

    def __call__(self, sample: Any, epoch: Any, index: Any, repeat: Any = 0) -> Any:
        """A sample, augmented, or a batch of them.

        Args:
            sample: an image; a tuple that starts with one; or a dict with `image` and, if it has
                them, `mask`, `masks` (stacked), `bboxes` (or `boxes`) and their `labels`, and
                `keypoints`, which move with it.
            epoch: 0 to 2^32-1; of a batch, one or one for each image.
            index: the sample's place in the data set, 0 to 2^64-1, or its key, a string in UTF-8.
                One for each image makes `sample` a batch.
            repeat: 0 to 2^32-1, tells copies of one sample in one epoch apart; as `epoch`.

        Returns:
            The sample in its own shape. A dict with boxes gains `dropped`, the positions of those
            that have left the image.

        Raises:
            TypeError, ValueError: naming what is wrong or unknown. While a graph runs, TensorFlow
                makes an InvalidArgumentError of it.
        """
        # AutoGraph would rewrite all that is called from here, and there is nothing to rewrite.
        return tf.autograph.experimental.do_not_convert(self._call)(sample, epoch, index, repeat)

    def _call(self, sample: Any, epoch: Any, index: Any, repeat: Any) -> Any:
        numbers = [_whole(epoch, "epoch"), _whole(repeat, "repeat")]
        index = tf.convert_to_tensor(index)
        if index.dtype != tf.string:
            index = _whole(index, "index")
        axes = index.shape.rank
        if axes not in (0, 1):
            raise ValueError(f"index: shape {index.shape}: one, or one for each image of a batch")
        if not isinstance(sample, tf.Tensor | np.ndarray | Mapping | tuple | list):
            kind = type(sample).__name__
            raise TypeError(f"sample: {kind}; an image, or a tuple or dict of tensors, is needed")
        given = {
            path: tf.convert_to_tensor(value)
            for path, value in leaves(sample)
            if isinstance(value, tf.Tensor | np.ndarray)
        }
        one = {
            path: tf.TensorSpec(value.shape[axes:], value.dtype) for path, value in given.items()
        }
        held = self._augmenter
        outline = Sample(replace(sample, one), held.layout, held.fields, _SPECS)
        moved = _moved(outline, held.pipeline)
        room = functools.partial(_room, moved[outline.image.path])
        if axes:
            _refuse_ragged(outline, "augment single images")

        def run(epoch: Any, repeat: Any, index: Any, *columns: Any) -> list[Array]:
            keys = _keys(index)
            counts = {len(column) for column in columns} if axes else {1}
            if counts != {len(keys)}:
                raise ValueError(f"index: {len(keys)} for batches of {sorted(counts)}")
            rows = zip(*columns, strict=True) if axes else [columns]
            samples = [replace(sample, dict(zip(given, row, strict=True))) for row in rows]
            epochs, repeats = (np.broadcast_to(n, len(keys)).tolist() for n in (epoch, repeat))
            if not axes:
                return _fields(held.one(samples[0], epochs[0], keys[0], repeats[0]), moved)
            return _columns(held.batch(samples, epochs, keys, repeats, room), moved)

        inputs = [*numbers, index, *given.values()]
        return replace(sample, _call_numpy(run, inputs, moved, index.shape))


def dataset(
    source: Any,
    pipeline: Transform,
    order: Positions,
    *,
    seed: int,
    stream: str,
    batch_size: int | None = None,
    drop_remainder: bool = False,
    start: tuple[int, int] = (0, 0),
    epochs: int | None = None,
    num_parallel_calls: int = tf.data.AUTOTUNE,
    index: Index = None,
    layout: str | None = None,
    fields: Fields | None = None,
) -> Any:
    """A tf.data.Dataset of augmented samples, or batches, of a map-style source.

    It is a range, each of whose numbers makes one element; so its iterators can be saved in a
    tf.train.Checkpoint. A batch is one call of the pipeline, and never of two epochs.

    Args:
        source: has a length and gives samples by place: images, as NumPy arrays or PIL's, tuples
            that start with one, or dicts, as `Augment` takes them. The first one tells the types;
            shapes are static as far as the pipeline fixes them.
        pipeline: any bitaug transform.
        order: `ba.Order` or another of its kind; for one of several processes, a shard of it.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        batch_size: by default elements are single samples.
        drop_remainder: leaves out an epoch's last batch if it is not full.
        start: epoch, and position in it, of the first sample.
        epochs: the epoch before which it ends, as in Keras' fit; by default it does not end.
        num_parallel_calls: so many elements are made at a time, by threads; 1 for a source that
            cannot be asked by several at once.
        index: by what a sample's draws are addressed, if not by its place: a sequence or a
            function from place to an integer or a key, such as a relative path; no two alike.
        layout, fields: as in `Augment`.

    Raises:
        TypeError, ValueError: naming the argument, the value and what is allowed.

    Examples:
        >>> import numpy as np, bitaug.tf, bitaug as ba
        >>> photos = [(np.zeros((32, 40, 3), np.uint8), i % 2) for i in range(10)]
        >>> train = ba.tf.dataset(
        ...     photos, ba.RandomCrop(height=24, width=24), ba.Order(10, seed=42, stream="train"),
        ...     seed=42, stream="train", batch_size=4, epochs=3,
        ... )
        >>> train.element_spec[0]
        TensorSpec(shape=(None, 24, 24, 3), dtype=tf.uint8, name=None)
        >>> [len(labels) for images, labels in train]
        [4, 4, 2, 4, 4, 2, 4, 4, 2]
    """
    ordered = OrderedSource(
        source, pipeline, order, seed=seed, stream=stream, index=index, layout=layout, fields=fields
    )
    steps = _Steps(len(order), batch_size, drop_remainder, start, epochs)
    with naming(0, lambda: path_of(source, 0)):
        outline = Sample(_any_size(source[0], layout, fields), layout, fields, _SPECS)
    template = replace(outline.sample, _moved(outline, pipeline))
    wanted = dict(leaves(template))
    room = functools.partial(_room, wanted[outline.image.path])
    if batch_size is not None:
        _refuse_ragged(outline, "leave batch_size out")

    def run(step: Any) -> list[Array]:
        epoch, positions = steps[int(step)]
        if batch_size is None:
            return _fields(ordered.one(epoch, positions.start), wanted)
        made = ordered.batch(epoch, np.arange(positions.start, positions.stop), room)
        return _columns(made, wanted)

    def element(step: Any) -> Any:
        made = replace(template, _call_numpy(run, [step], wanted, steps.shape))
        # A list would be taken for one tensor.
        return tuple(made) if isinstance(made, list) else made

    unconverted = tf.autograph.experimental.do_not_convert(element)
    made = tf.data.Dataset.range(len(steps)).map(unconverted, num_parallel_calls)
    endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    return made.apply(endless) if epochs is None else made


class _Steps:
    """Which samples each element holds: those at some positions of an epoch."""

    def __init__(
        self, n: int, batch_size: Any, drop_remainder: Any, start: Any, epochs: Any
    ) -> None:
        size = 1 if batch_size is None else count(batch_size, "batch_size")
        if n == 0:
            raise ValueError("order: no samples; its shard is of more processes than samples")
        if not isinstance(start, tuple | list) or len(start) != 2:
            raise TypeError(f"start={shown(start)}: epoch and position are needed")
        self.n = n
        self.size = size
        self.first = epoch_number(start[0])
        self.position = whole(start[1], "start: position", 0, n)
        last = 2**32 if epochs is None else whole(epochs, "epochs", 0, 2**32)
        drop = flag(drop_remainder, "drop_remainder")
        if drop and n < size:
            raise ValueError(f"drop_remainder=True: {n} samples make no batch of {size}")
        counts = [n, n - self.position]
        self.each, self.begun = (k // size if drop else -(-k // size) for k in counts)
        after = max(last - self.first - 1, 0) * self.each
        self.count = min((self.begun if self.first < last else 0) + after, 2**63 - 1)
        alike = drop or not any(k % size for k in counts)
        self.shape = [] if batch_size is None else [size if alike else None]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, step: int) -> tuple[int, range]:
        """The epoch, and the positions."""
        epochs, place = divmod(step - self.begun, self.each)
        at = place * self.size
        if step < self.begun:
            epochs, at = -1, self.position + step * self.size
        return self.first + 1 + epochs, range(at, min(at + self.size, self.n))


def _image(value: Any, layout: str | None, targets: Sequence[Any]) -> tuple[Any, str | None]:
    """Type and static shape of an image, as an array has them."""
    if not isinstance(value, tf.TensorSpec):
        raise TypeError(f"image: {type(value).__name__} is not a tensor or a NumPy array")
    if value.shape.rank is None:
        raise ValueError(
            "image: its number of axes is unknown; tf.ensure_shape tells it, and of "
            "decode_image, expand_animations=False"
        )
    shape = tuple(value.shape)
    # Of what is not known yet, sides may be large and channels few; the arrays will tell.
    known = [2**31 if n is None else n for n in shape[:-1]]
    known += [1 if n is None else n for n in shape[-1:]]
    _core.layout("image", known, layout, "image")
    dtype = types.SimpleNamespace(name=value.dtype.name)
    return types.SimpleNamespace(shape=shape, ndim=len(shape), dtype=dtype), layout


def _count(value: Any) -> int | None:
    # How many is known while a graph runs.
    return -1 if isinstance(value, tf.TensorSpec) and value.shape.rank != 0 else None


def _axes(value: Any) -> int:
    if not isinstance(value, tf.TensorSpec):
        return NUMPY.axes(value)
    numbers = value.dtype.is_integer or value.dtype.is_floating
    return (2 if value.shape.rank is None else value.shape.rank) if numbers else -1


def _size(value: Any) -> tuple[int, ...] | None:
    known = isinstance(value, tf.TensorSpec) and value.shape.is_fully_defined()
    return tuple(value.shape) if known and value.shape.rank > 1 else None


# Of a sample of which only types and static shapes are known, nothing is read and nothing made.
_SPECS = Arrays(image=_image, count=_count, axes=_axes, size=_size)


def _moved(outline: Sample, pipeline: Transform) -> dict[Path, Any]:
    """What has moved, by its path; None where an axis is not known."""
    height, width, channels = outline.shape
    known = height is not None and width is not None
    run = (pipeline if known else _of_any_size(pipeline))._pipeline
    # 2 x 2 is what the op in front can leave or make smaller.
    asked = [height, width] if known else [2, 2]
    dtype, planar, end = run.output([*asked, channels or 1], outline.array.dtype.name)
    size: list[Any] = [None, None] if end is None else end[:2]
    dims = outline.dims(planar, [*size, channels])
    found = {outline.image.path: tf.TensorSpec(dims, dtype)}
    for slot in outline.targets:
        if not isinstance(slot.value, tf.TensorSpec):
            kind = type(slot.value).__name__
            raise TypeError(f"{slot.where}: {kind}; {slot.role} must be one tensor")
        shape, kind = slot.value.shape, slot.value.dtype
        if slot.role in ("bboxes", "keypoints", "area") and not kind.is_floating:
            kind = tf.float64
        rows = slot.role in ("bboxes", "labels", "area") or (
            slot.role == "keypoints" and shape.rank == 3
        )
        front = {
            "mask": size, "masks": [*shape[:1], *size], "instance_masks": [None, *size]
        }.get(slot.role, [None] * rows)  # fmt: skip
        if shape.rank is not None:
            shape = [*front, *shape[len(front) :]]
        found[slot.path] = tf.TensorSpec(shape, kind)
        if slot.role == "bboxes" and slot.path and isinstance(slot.path[-1], str):
            found[(*slot.path[:-1], "dropped")] = tf.TensorSpec([None], tf.int64)
    return found


def _of_any_size(pipeline: Transform) -> Transform:
    """The pipeline behind an op that leaves the size open."""
    before = RandomCrop(height=1, width=1, p=0.5, name="any-size")
    if isinstance(pipeline, Compose):
        return dataclasses.replace(pipeline, transforms=[before, *pipeline.transforms])
    return Compose([before, pipeline])


def _refuse_ragged(outline: Sample, advice: str) -> None:
    if any(slot.role == "bboxes" for slot in outline.targets):
        raise ValueError(
            f"bboxes: how many are left differs from image to image: {advice}, "
            "and batch by padded_batch or ragged_batch"
        )


def _any_size(sample: Any, layout: str | None, fields: Fields | None) -> Any:
    """The specs of a sample's fields; of its shapes, only the image's channels are sure."""
    found = {}
    for path, value in leaves(sample):
        array = np.asarray(value)
        if array.dtype.kind not in "biufcSU":
            where = "".join(f"[{step!r}]" for step in path)
            raise TypeError(f"source[0]{where}: {type(value).__name__} cannot be a tensor")
        found[path] = tf.TensorSpec([None] * array.ndim, tf.as_dtype(array.dtype))
    image = Sample(sample, layout, fields)
    unknown: Any = None
    shape = image.dims(False, [unknown, unknown, image.shape[2]])
    found[image.image.path] = tf.TensorSpec(shape, image.array.dtype)
    return replace(sample, found)


def _room(spec: Any, samples: Sequence[Any]) -> Array | None:
    """Memory for the images of a batch, if it is known how large they become."""
    if not spec.shape.is_fully_defined():
        return None
    kind = np.dtype(spec.dtype.as_numpy_dtype)
    size = len(samples) * spec.shape.num_elements() * kind.itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    room: Array = memory[start : start + size].view(kind).reshape(len(samples), *spec.shape)
    return room


def _fields(sample: Any, wanted: dict[Path, Any]) -> list[Array]:
    """The fields of a sample, as tf.numpy_function wants them."""
    values = dict(leaves(sample))
    return [_cast(values[path], path, spec) for path, spec in wanted.items()]


def _cast(value: Any, path: Path, spec: Any) -> Array:
    """A field in the type that it has in all samples; of floats, precision may be lost."""
    kind = np.dtype(spec.dtype.as_numpy_dtype)
    if kind.kind == "O":  # bytes, whose last zeros NumPy's own type would lose
        return np.asarray(value, object)
    array = np.asarray(value)
    if isinstance(value, list) and not value:  # which tells neither type nor axes
        array = np.empty([side or 0 for side in spec.shape], kind)
    if np.can_cast(array.dtype, kind, "same_kind"):
        made = array.astype(kind, copy=False)
        if kind.kind not in "biu" or made is array or (made == array).all():
            return made
    where = "".join(f"[{step!r}]" for step in path)
    raise TypeError(f"sample{where}: {array.dtype}; {kind} is needed, as of the first sample")


def _columns(samples: list[Any], wanted: dict[Path, Any]) -> list[Array]:
    """The same of a batch, whose images may lie together already."""
    columns = zip(*(_fields(sample, wanted) for sample in samples), strict=True)
    together = {samples.path: samples.images} if isinstance(samples, Batch) else {}
    return [
        together[path] if path in together else np.stack(column)
        for path, column in zip(wanted, columns, strict=True)
    ]


def _call_numpy(run: Any, inputs: list[Any], wanted: dict[Path, Any], before: Any) -> Any:
    """What `run` gives, by path, with its static shapes behind the axes `before`."""
    kinds = [spec.dtype for spec in wanted.values()]
    made = tf.numpy_function(run, inputs, kinds, stateful=False)
    # Outside a graph, one tensor is not in a list.
    made = [made] if tf.is_tensor(made) else made
    return {
        path: tf.ensure_shape(tensor, tf.TensorShape(before).concatenate(spec.shape))
        for (path, spec), tensor in zip(wanted.items(), made, strict=True)
    }


def _whole(value: Any, where: str) -> Any:
    tensor = tf.convert_to_tensor(value)
    if not tensor.dtype.is_integer:
        allowed = "an integer or a string" if where == "index" else "an integer"
        raise TypeError(f"{where}: dtype {tensor.dtype.name}; {allowed} is needed")
    return tensor


def _keys(index: Any) -> list[int | str]:
    given = [index] if isinstance(index, bytes) else np.ravel(index).tolist()
    return [key.decode() if isinstance(key, bytes) else key for key in given]
