"""bitaug under Ray Data: batches augmented by a column, not by their place, on any number of
workers. docs/ray.md shows how.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._pipeline.transform import Transform
from ._samples.augmenter import Augmenter
from ._samples.keys import Root, keys_of, refuse_repeats, rows_of
from ._samples.roles import Fields
from ._values.fixed import Fixed
from ._values.numbers import epoch_number

__all__ = ["Augment", "check_keys"]

# monotonically_increasing_id: the task's number above, the row's within it below.
_ROW_BITS = 33


class Augment(Fixed):
    """Augments batches, each sample by its key and the epoch: for `map_batches`.

    An instance is a function, which tasks run; the class makes actors:
    `map_batches(Augment, fn_constructor_args=[pipeline], fn_constructor_kwargs={...})`. Batches
    may be of any size and of any `batch_format`. All but the images and what moves with them
    passes through.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        epoch: 0 to 2^32-1.
        key: the column that says which sample it is: a path, or an integer that stays with the
            row. The place of a row, or `monotonically_increasing_id`, does not.
        root: the folder that the key, if it is an absolute path, is made relative to.
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what columns of other names than image, mask, masks, bboxes, labels and keypoints
            are: `{"photo": "image", "objects": {"bbox": "bboxes", "category": "labels"}}`. None
            passes through.
        threads: of a batch; changes no byte. Ray counts one core for a task unless `num_cpus=`
            says otherwise.

    Examples:
        >>> import numpy as np, bitaug as ba, bitaug.ray
        >>> crop = ba.RandomCrop(height=6, width=6)
        >>> augment = ba.ray.Augment(crop, seed=42, stream="train", epoch=3, root="/data/photos")
        >>> images = np.zeros((2, 8, 8, 3), np.uint8)
        >>> batch = {"image": images, "path": ["/data/photos/cat/1.png", "/data/photos/cat/2.png"]}
        >>> [image.shape for image in augment(batch)["image"]]
        [(6, 6, 3), (6, 6, 3)]
    """

    def __init__(
        self,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        epoch: int,
        key: str = "path",
        root: Root = None,
        layout: str | None = None,
        fields: Fields | None = None,
        threads: int = 1,
    ) -> None:
        self._augmenter = Augmenter(
            pipeline, seed=seed, stream=stream, layout=layout, fields=fields, threads=threads
        )
        self.epoch = epoch_number(epoch)
        self.key = key
        self.root = root

    def __call__(self, batch: Any) -> dict[str, Any]:
        """Augments a batch.

        Args:
            batch: a dict of columns, a pandas DataFrame or a pyarrow Table.

        Returns:
            A dict of columns, what has moved as lists.

        Raises:
            TypeError, ValueError: naming the column, the value and what is allowed.
        """
        columns = _columns(batch)
        keys = _checked(columns, self.key, self.root)
        rows = rows_of(columns)
        made = self._augmenter.batch(rows, [self.epoch] * len(keys), keys)
        new = dict(columns)
        for name in made[0] if made else ():
            column = [row[name] for row in made]
            if any(row.get(name) is not value for row, value in zip(rows, column, strict=True)):
                new[name] = [_storable(value) for value in column]
        return new


def check_keys(dataset: Any, key: str = "path", root: Root = None) -> None:
    """Refuses a data set in which two rows have the same key. Reads it once.

    Args:
        dataset: a `ray.data.Dataset`.
        key, root: as for `Augment`.

    Raises:
        ValueError: naming up to three of them.
    """
    from ray.data.expressions import col

    def keys(batch: Any) -> dict[str, Any]:
        return {"key": _checked(_columns(batch), key, root)}

    counts = dataset.select_columns([key]).map_batches(keys).groupby("key").count()
    repeated = counts.filter(expr=col("count()") > 1).take(3)
    if repeated:
        shown = ", ".join(repr(row["key"]) for row in repeated)
        raise ValueError(f"{key}: several rows have {shown}")


def _storable(value: Any) -> Any:
    """Arrow stores lists in a dict, but arrays in it only by pickling all."""
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: inner.tolist() if isinstance(inner, np.ndarray) else _storable(inner)
        for name, inner in value.items()
    }


def _columns(batch: Any) -> dict[str, Any]:
    if isinstance(batch, Mapping):
        return dict(batch)
    from ray.data.block import BlockAccessor

    columns: dict[str, Any] = BlockAccessor.for_block(batch).to_numpy()
    return columns


def _checked(columns: dict[str, Any], name: str, root: Root) -> list[int | str]:
    """The keys of a batch, as far as it can tell."""
    keys = keys_of(columns, name, root)
    refuse_repeats(keys, name, "several rows of a batch have this key")
    if name == "monotonically_increasing_id" or _counts_rows(keys):
        raise ValueError(
            f"{name}: looks like monotonically_increasing_id, which changes with the blocks; take "
            "a path or an id that was stored with the data (as a str, if it only looks like that)"
        )
    return keys


def _counts_rows(keys: list[int | str]) -> bool:
    """Whether they are such as Ray counts, of a task that is not the first: of that they cannot be
    told from others. Ids that were drawn or hashed, and times, do not look so."""
    rows = np.sort(np.array([key for key in keys if isinstance(key, int)], np.uint64))
    if len(rows) < 8 or rows[-1] < 2**_ROW_BITS:
        return False
    low = rows % np.uint64(2**_ROW_BITS) < 2**24
    return bool(low.all()) and bool((np.diff(rows) == 1).mean() > 0.5)
