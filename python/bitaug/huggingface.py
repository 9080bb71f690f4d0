"""bitaug under Hugging Face datasets: samples augmented by a column, not by their place, in
`set_transform` and in `map`. docs/huggingface.md shows how.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._images.pillow import is_pil
from ._pipeline.transform import Transform
from ._samples.augmenter import Augmenter
from ._samples.epoch import SharedEpoch
from ._samples.keys import Root, keys_of, refuse_repeats, rows_of
from ._samples.roles import Fields
from ._values.digest import digest
from ._values.fixed import Fixed
from ._values.plain import shown

__all__ = ["Augment", "with_index"]


def with_index(dataset: Any, name: str = "index") -> Any:
    """A data set with a column that numbers its rows, for `Augment` to address them by.

    To be called before rows are shuffled, filtered or split: the numbers then stay with them.

    Args:
        dataset: a `datasets.Dataset`, or a DatasetDict, each part of which is numbered by itself.
        name: of the new column.

    Raises:
        TypeError: for an IterableDataset, which counts anew in each worker.
        ValueError: if rows were shuffled or filtered already, or there is such a column.

    Examples:
        >>> import datasets, bitaug.huggingface
        >>> photos = datasets.Dataset.from_dict({"label": [5, 6, 7]})
        >>> bitaug.huggingface.with_index(photos).select([2, 0])[:]
        {'label': [7, 5], 'index': [2, 0]}
    """
    import datasets

    if isinstance(dataset, datasets.DatasetDict):
        numbered = {part: with_index(rows, name) for part, rows in dataset.items()}
        return datasets.DatasetDict(numbered)
    if not isinstance(dataset, datasets.Dataset):
        raise TypeError(
            f"dataset: {type(dataset).__name__} is not a Dataset; a stream needs a column of its "
            "own, such as a path, which Augment(key=) names"
        )
    if dataset._indices is not None:
        raise ValueError(
            "dataset: its rows were shuffled or filtered, and numbers would change with that; "
            "number them before"
        )
    if name in dataset.column_names:
        raise ValueError(f"name={shown(name)}: there is such a column")
    return dataset.add_column(name, np.arange(len(dataset)))


class Augment(Fixed):
    """Augments the samples of a data set, each by its key and the epoch.

    For `set_transform`, `with_transform` and `map`, of a Dataset or an IterableDataset, by batches
    or by samples. All but the images and what moves with them passes through. Pickled, as `map`
    does to find its cache, it is its pipeline and the arguments here, with the epoch.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        epoch: 0 to 2^32-1; by default `set_epoch` must be called before each epoch.
        key: the column that says which sample it is: as `with_index` adds it, an id, or a path.
        root: the folder that the key, if it is an absolute path, is made relative to.
        layout: of images that are arrays, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what columns of other names than image, mask, masks, bboxes, labels and keypoints
            are: `{"photo": "image", "objects": {"bbox": "bboxes", "category": "labels"}}`. None
            passes through.

    Examples:
        >>> import datasets, bitaug as ba, bitaug.huggingface
        >>> from PIL import Image
        >>> images = [Image.new("RGB", (8, 8)) for _ in range(4)]
        >>> photos = datasets.Dataset.from_dict({"image": images, "label": [5, 6, 7, 8]})
        >>> train = ba.huggingface.with_index(photos).shuffle(seed=1)
        >>> crop = ba.RandomCrop(height=6, width=6)
        >>> augment = ba.huggingface.Augment(crop, seed=42, stream="train")
        >>> train.set_transform(augment)
        >>> augment.set_epoch(3)
        >>> train[0]["image"].shape
        (6, 6, 3)
    """

    def __init__(
        self,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        epoch: int | None = None,
        key: str = "index",
        root: Root = None,
        layout: str | None = None,
        fields: Fields | None = None,
    ) -> None:
        self._augmenter = Augmenter(
            pipeline, seed=seed, stream=stream, layout=layout, fields=fields
        )
        self._epoch = SharedEpoch(epoch)
        self.key = key
        self.root = root

    @property
    def epoch(self) -> int | None:
        """The epoch of the samples to come; None if nobody has told it."""
        return self._epoch.told

    def set_epoch(self, epoch: int) -> None:
        """Tells all data sets that hold this, in all workers, the epoch of the samples to come."""
        self._epoch.set(epoch)

    def __call__(self, samples: Mapping[str, Any]) -> dict[str, Any]:
        """Augments samples.

        Args:
            samples: a dict of columns, or a dict that is one sample.

        Returns:
            The same, what has moved as NumPy arrays; for `Dataset.map`, which stores it, as PIL
            images where they were such and can hold it.

        Raises:
            TypeError, ValueError: naming the column, the value and what is allowed.
        """
        columns = dict(samples)
        alone = self.key in columns and np.ndim(columns[self.key]) == 0
        if alone:
            columns = {name: [value] for name, value in columns.items()}
        keys, rows = keys_of(columns, self.key, self.root), rows_of(columns)
        refuse_repeats(
            self._without_copies(keys, rows), self.key, "rows of other images have it too"
        )
        made: list[dict[str, Any]]
        made = self._augmenter.batch(rows, [self._epoch.get()] * len(keys), keys)
        if not isinstance(samples, dict):
            made = [_stored(given, row) for given, row in zip(rows, made, strict=True)]
        if alone:
            (single,) = made
            return single
        return {name: [row[name] for row in made] for name in (made[0] if made else columns)}

    def _without_copies(self, keys: list[int | str], rows: list[dict[str, Any]]) -> list[int | str]:
        """The keys without those of rows that come again, as a sampler may ask for them."""
        seen: dict[int | str, dict[str, Any]] = {}
        return [
            key
            for key, row in zip(keys, rows, strict=True)
            if seen.setdefault(key, row) is row or self._image(row) != self._image(seen[key])
        ]

    def _image(self, row: dict[str, Any]) -> str:
        """The digest of a row's image."""
        return digest(self._augmenter.take(row).array)


def _stored(given: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """A sample for Dataset.map, which gives mappings of its own and stores what it gets. There an
    array takes the way over lists into an image file, and a PIL image the short one."""
    return {name: _image_again(given.get(name), value) for name, value in made.items()}


def _image_again(given: Any, made: Any) -> Any:
    if not is_pil(given) or not isinstance(made, np.ndarray):
        return made
    color = made.ndim == 3 and made.shape[2] in (3, 4) and made.dtype == np.uint8
    if made.ndim > 2 and not color:
        return made
    from PIL import Image

    return Image.fromarray(made)
