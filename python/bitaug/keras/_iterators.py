"""What `flow` and its kin give: data sets that are also iterators without end."""

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, Self

import keras
import numpy as np

from .._images import files, pillow
from .._order.orders import Order
from .._pipeline.transform import Transform
from .._values.fields import size
from .._values.plain import shown
from .._values.types import Array
from ..ops.containers import Compose
from ..ops.output import Normalize, ToCHW
from ..ops.sizes import Resize
from ._dataset import Dataset

SUFFIXES = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")
CHANNELS = {"rgb": 3, "rgba": 4, "grayscale": 1}
COLORS = ("brightness_range", "channel_shift_range")


class Generator(Protocol):
    """What an iterator asks of its `ImageDataGenerator`."""

    data_format: str
    validation_split: float
    preprocessing_function: Any

    def augmentation(self, height: int, width: int) -> Compose: ...
    def standardization(self) -> Normalize | None: ...
    def standardize(self, x: Any) -> Array: ...


def real_images(x: Any) -> Array:
    """Images in a 4-D array: uint8 as they are, all others as float32."""
    if isinstance(x, tuple | list):
        raise TypeError("x: a tuple or list; an array of images is needed, and no further inputs")
    images = np.asarray(x)
    if images.ndim != 4:
        raise ValueError(f"x: shape {images.shape}; images in a 4-D array are needed")
    return images if images.dtype == np.uint8 else images.astype(np.float32)


class Iterator(Dataset):
    """A `Dataset` of images with their labels, as `ImageDataGenerator` makes it.

    `next` gives the batches of epoch 0, then of epoch 1 and so on, apart from what `fit` does.
    """

    def __init__(
        self,
        generator: Generator,
        columns: tuple[Any, ...],
        before: Sequence[Transform],
        image_shape: tuple[int, ...],
        dtype: Any,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        subset: str | None,
        save_to_dir: str | os.PathLike[str] | None,
        save_prefix: str,
        save_format: str,
        class_mode: str | None = None,
        stream: str | None = None,
        **options: Any,
    ) -> None:
        planar = generator.data_format == "channels_first"
        from_files = bool(before)
        used = [name for name in COLORS if getattr(generator, name)]
        if used and dtype != np.uint8:
            value = getattr(generator, used[0])
            raise ValueError(f"{used[0]}={shown(value)}: needs images of uint8, not of {dtype}")
        # Floats are of any range, and what a function has made comes first.
        whole = dtype == np.uint8 and generator.preprocessing_function is None
        standardization = generator.standardization() if whole else None
        self._standardized = standardization is not None
        height, width = image_shape[1:] if planar else image_shape[:2]
        pipeline = Compose(
            [
                *before,
                *generator.augmentation(height, width).transforms,
                *([] if standardization is None else [standardization]),
                *([ToCHW()] if planar and from_files else []),
            ]
        )
        self.n = len(columns[0])
        self.seed = 0 if seed is None else seed
        self.stream = stream or ("val" if subset == "validation" else "train")
        self.shuffle = shuffle
        super().__init__(
            columns,
            pipeline,
            Order(self.n, seed=self.seed, stream=self.stream, shuffle=shuffle),
            batch_size,
            seed=self.seed,
            stream=self.stream,
            layout="HWC" if from_files or not planar else "CHW",
            **options,
        )
        self.class_mode = class_mode
        self.image_data_generator = generator
        self.image_shape = image_shape
        self.data_format = generator.data_format
        self.subset = subset
        self.save_to_dir = save_to_dir
        self.save_prefix = save_prefix
        self.save_format = save_format
        self.reset()

    def reset(self) -> None:
        """`next` starts over, with the first batch of epoch 0."""
        self._given = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        epoch, number = divmod(self._given, len(self))
        self._given += 1
        return self.batch(epoch, number)

    def batch(self, epoch: int, number: int) -> Any:
        images, *others = super().batch(epoch, number)
        generator = self.image_data_generator
        if not self._standardized:
            images = generator.standardize(images)
        if self.save_to_dir is not None:
            self._save(images, epoch, number)
        if self.class_mode == "input":
            others[0] = images.copy()
        return (images, *others) if others else images

    def _save(self, images: Array, epoch: int, number: int) -> None:
        from PIL import Image

        form = Image.registered_extensions().get(f".{self.save_format}".lower(), self.save_format)
        first = number * self.batch_size
        places = self.order[epoch, first : first + len(images)].tolist()
        for image, place in zip(images, places, strict=True):
            name = f"{self.save_prefix}_{place}_{epoch}.{self.save_format}"
            picture = keras.utils.array_to_img(image, self.data_format, scale=True)
            with files.replacing(Path(self.save_to_dir or "", name)) as file:
                picture.save(file, form)


def _bounds(generator: Generator, subset: str | None, count: int) -> tuple[int, int]:
    """The part of `count` samples that is a subset: validation is the first."""
    if subset is None:
        return 0, count
    split = int(generator.validation_split * count)
    if subset not in ("training", "validation"):
        raise ValueError(f"subset={shown(subset)}: 'training' or 'validation'")
    return (0, split) if subset == "validation" else (split, count)


class NumpyArrayIterator(Iterator):
    """Batches of arrays; a sample's draws are addressed by its place in the whole array."""

    def __init__(
        self,
        generator: Generator,
        x: Array,
        y: Any,
        sample_weight: Any,
        ignore_class_split: bool,
        *,
        subset: str | None,
        **options: Any,
    ) -> None:
        given = {"y": y, "sample_weight": sample_weight}
        columns = {name: np.asarray(value) for name, value in given.items() if value is not None}
        for name, column in columns.items():
            if len(column) != len(x):
                raise ValueError(f"{name}: {len(column)} values for {len(x)} images")
        if "sample_weight" in columns and y is None:
            raise TypeError("sample_weight: y is needed too")
        start, stop = _bounds(generator, subset, len(x))
        if subset is not None and y is not None and not ignore_class_split:
            split = int(generator.validation_split * len(x))
            first, rest = columns["y"][:split], columns["y"][split:]
            if not np.array_equal(np.unique(first), np.unique(rest)):
                raise ValueError(
                    f"subset={shown(subset)}: training and validation have different classes; "
                    "shuffle x and y before, or give ignore_class_split=True"
                )
        self.x = x[start:stop]
        kept = {name: column[start:stop] for name, column in columns.items()}
        self.y = kept.get("y")
        self.sample_weight = kept.get("sample_weight")
        super().__init__(
            generator, (self.x, *kept.values()), (), x.shape[1:], x.dtype,
            index=range(start, stop), subset=subset, **options,
        )  # fmt: skip


class _Images:
    """Images in files, as Keras loads them, but turned as their EXIF orientation says."""

    def __init__(self, paths: Sequence[str], color_mode: str, ratio: tuple[int, int] | None):
        self.paths = paths
        self.color_mode = color_mode
        self.ratio = ratio

    def __len__(self) -> int:
        return len(self.paths)

    def _read(self, path: Path) -> Array:
        from PIL import Image

        with files.opened(path) as file:
            data = BytesIO(file.read())
        with Image.open(data) as head:
            pillow.refuse_halved(head)
        data.seek(0)
        with keras.utils.load_img(data, color_mode=self.color_mode) as loaded:
            image = np.asarray(pillow.upright(loaded))
        if image.dtype != np.uint8:
            raise ValueError(f"values of {image.dtype}; images of 8 bits are needed")
        return image

    def __getitem__(self, place: int) -> Array:
        image = files.decoded(Path(self.paths[place]), self._read)
        image = image if image.ndim == 3 else image[:, :, np.newaxis]
        if self.ratio is None:
            return image
        (height, width), (rows, columns) = image.shape[:2], self.ratio
        cut = min(height, width * rows // columns), min(width, height * columns // rows)
        top, left = (height - cut[0]) // 2, (width - cut[1]) // 2
        return image[top : top + cut[0], left : left + cut[1]]


class _OneHot:
    """A row of ones and zeros for each sample's class, or classes."""

    def __init__(self, classes: Sequence[Any], count: int) -> None:
        self.classes = classes
        self.count = count

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, place: int) -> Array:
        row = np.zeros(self.count, np.float32)
        row[self.classes[place]] = 1
        return row


class _Outputs:
    """Targets for each output of a model."""

    def __init__(self, columns: Sequence[Array]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, place: int) -> list[Any]:
        return [column[place] for column in self.columns]


class _FileIterator(Iterator):
    """Batches of images in files; `class_indices`, `classes` and `labels` are set before."""

    allowed_class_modes: tuple[str | None, ...]
    class_indices: dict[str, int]
    classes: Any
    labels: Any
    sample_weight: Array | None

    def __init__(
        self,
        generator: Generator,
        directory: str,
        filenames: Sequence[str],
        keys: Sequence[str],
        *,
        target_size: tuple[int, int],
        color_mode: str,
        class_mode: str | None,
        interpolation: str,
        keep_aspect_ratio: bool = False,
        **options: Any,
    ) -> None:
        if color_mode not in CHANNELS:
            raise ValueError(f"color_mode={shown(color_mode)}: {', '.join(CHANNELS)}")
        if not filenames:
            raise ValueError(
                f"directory={shown(directory)}, subset={shown(options['subset'])}: no image"
            )
        self.directory = directory
        self.filenames = filenames
        self.filepaths = [str(Path(directory, name)) for name in filenames]
        self.samples = len(filenames)
        self.target_size = height, width = size(target_size, "target_size")
        self.color_mode = color_mode
        self.interpolation = interpolation
        self.keep_aspect_ratio = keep_aspect_ratio
        ratio = self.target_size if keep_aspect_ratio else None
        columns: list[Any] = [_Images(self.filepaths, color_mode, ratio)]
        if class_mode in ("binary", "sparse"):
            columns.append(np.asarray(self.classes, np.float32))
        elif class_mode == "categorical":
            columns.append(_OneHot(self.classes, len(self.class_indices)))
        elif class_mode == "multi_output":
            columns.append(_Outputs(self.labels))
        elif class_mode == "raw":
            columns.append(self.labels)
        elif class_mode == "input":
            # The images take its place once they are made.
            columns.append(np.zeros(self.samples))
        if class_mode is not None and self.sample_weight is not None:
            columns.append(self.sample_weight)
        shape = [height, width]
        shape.insert(2 if generator.data_format == "channels_last" else 0, CHANNELS[color_mode])
        resize = Resize(height=height, width=width, interpolation=interpolation)  # type: ignore[arg-type]
        super().__init__(
            generator, tuple(columns), (resize,), tuple(shape), np.uint8,
            class_mode=class_mode, index=keys, **options,
        )  # fmt: skip

    def _check_class_mode(self, class_mode: Any) -> None:
        if class_mode not in self.allowed_class_modes:
            allowed = ", ".join(map(repr, self.allowed_class_modes))
            raise ValueError(f"class_mode={shown(class_mode)}: {allowed}")


class DirectoryIterator(_FileIterator):
    """Batches of the images in a folder that has one for each class."""

    allowed_class_modes = ("categorical", "binary", "sparse", "input", None)
    sample_weight = None

    def __init__(
        self,
        generator: Generator,
        directory: str | os.PathLike[str],
        classes: Sequence[str] | None,
        follow_links: bool,
        *,
        class_mode: str | None,
        subset: str | None,
        **options: Any,
    ) -> None:
        self._check_class_mode(class_mode)
        root = os.fspath(directory)
        if not Path(root).is_dir():
            raise NotADirectoryError(f"directory={shown(root)}: not a folder")
        names = classes or sorted(entry.name for entry in Path(root).iterdir() if entry.is_dir())
        self.num_classes = len(names)
        self.class_indices = {name: place for place, name in enumerate(names)}
        filenames, numbers = [], []
        for name, number in self.class_indices.items():
            found = _walk(Path(root, name), follow_links)
            start, stop = _bounds(generator, subset, len(found))
            kept = found[start:stop]
            filenames += [str(Path(name, file)) for file in kept]
            numbers += [number] * len(kept)
        self.classes = self.labels = np.array(numbers, np.int32)
        keys = [files.key(Path(root, name), root) for name in filenames]
        super().__init__(
            generator, root, filenames, keys, class_mode=class_mode, subset=subset, **options
        )


def _walk(folder: Path, follow_links: bool) -> list[str]:
    """The images below a folder, relative to it, in Keras' order: the split depends on it."""
    return [
        str(Path(place, file).relative_to(folder))
        for place, _, names in sorted(os.walk(folder, followlinks=follow_links))
        for file in sorted(names)
        if file.lower().endswith(SUFFIXES)
    ]


class DataFrameIterator(_FileIterator):
    """Batches of the images that a pandas DataFrame names."""

    allowed_class_modes = (
        "categorical", "binary", "sparse", "input", "multi_output", "raw", None,
    )  # fmt: skip

    def __init__(
        self,
        generator: Generator,
        dataframe: Any,
        directory: str | os.PathLike[str] | None,
        x_col: str,
        y_col: Any,
        weight_col: str | None,
        classes: Sequence[str] | None,
        validate_filenames: bool,
        *,
        class_mode: str | None,
        subset: str | None,
        **options: Any,
    ) -> None:
        self._check_class_mode(class_mode)
        root = os.fspath(directory or "")
        names = dataframe[x_col].tolist()
        for name in names:
            if not isinstance(name, str):
                raise TypeError(f"x_col={shown(x_col)}: {shown(name)} is not a str")
        rows = list(range(len(names)))
        if validate_filenames:
            rows = [row for row in rows if _is_image(Path(root, names[row]))]
            if len(rows) < len(names):
                missing = len(names) - len(rows)
                message = (
                    f"x_col={shown(x_col)}: {missing} files are not there or no images: left out"
                )
                warnings.warn(message, stacklevel=3)
        labels: list[Any] = []
        if class_mode in ("categorical", "binary", "sparse"):
            labels = dataframe[y_col].tolist()
            known = _classes(labels, rows, classes, class_mode, y_col)
            self.class_indices = {name: number for number, name in enumerate(known)}
            self.num_classes = len(known)
            rows = [row for row in rows if self._numbers(labels[row]) not in (None, [])]
        start, stop = _bounds(generator, subset, len(rows))
        rows = rows[start:stop]
        filenames = [names[row] for row in rows]
        if labels:
            self.classes = self.labels = [self._numbers(labels[row]) for row in rows]
        elif class_mode == "raw":
            self.labels = dataframe[y_col].to_numpy()[rows]
        elif class_mode == "multi_output":
            if not isinstance(y_col, list):
                raise TypeError(
                    f"y_col={shown(y_col)}: a list of columns is needed for multi_output"
                )
            self.labels = [np.array(dataframe[name].tolist())[rows] for name in y_col]
        self.sample_weight = dataframe[weight_col].to_numpy()[rows] if weight_col else None
        super().__init__(
            generator, root, filenames, _keys(filenames, root),
            class_mode=class_mode, subset=subset, **options,
        )  # fmt: skip

    def _numbers(self, label: Any) -> Any:
        """The number of a class; of several, those that are known."""
        if isinstance(label, str):
            return self.class_indices.get(label)
        return [self.class_indices[name] for name in label if name in self.class_indices]


def _is_image(path: Path) -> bool:
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def _classes(
    labels: list[Any], rows: list[int], classes: Sequence[str] | None, mode: str, y_col: Any
) -> list[str]:
    """The classes in the order of their numbers."""
    kinds = (str, list, tuple) if mode == "categorical" else (str,)
    found: set[str] = set()
    for label in labels:
        if not isinstance(label, kinds):
            allowed = "a str, list or tuple" if mode == "categorical" else "a str"
            raise TypeError(
                f"y_col={shown(y_col)}: {shown(label)} is not {allowed}, for {shown(mode)}"
            )
    for row in rows:
        label = labels[row]
        found.update([label] if isinstance(label, str) else label)
    known = list(dict.fromkeys(classes)) if classes else sorted(found)
    if mode == "binary" and len(known) != 2:
        raise ValueError(f"class_mode='binary': {len(known)} classes; 2 are needed")
    return known


def _keys(filenames: list[str], root: str) -> list[str]:
    """By what the draws of files are addressed; a further time that a file is named has its own."""
    keys, seen = [], Counter[str]()
    for name in filenames:
        if Path(name).is_absolute() and not root:
            raise ValueError(
                f"directory: {shown(name)} is absolute, and would get other draws where the data "
                "lie elsewhere; directory= says what it is made relative to"
            )
        key = files.key(Path(root, name), root or ".")
        keys.append(f"{key}#{seen[key]}" if seen[key] else key)
        seen[key] += 1
    return keys
