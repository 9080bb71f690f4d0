"""What Keras' ImageDataGenerator is asked for, as pipelines."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from .. import _core
from .._pipeline.transform import Transform
from .._values.fields import flag, number, several, text
from .._values.plain import shown
from .._values.types import Array
from ..ops.color import ColorJitter, RandomBrightnessContrast
from ..ops.containers import Compose
from ..ops.flips import HorizontalFlip, VerticalFlip
from ..ops.output import Normalize
from ..ops.warps import Affine
from ..statistics import fit_statistics
from ._iterators import DataFrameIterator, DirectoryIterator, NumpyArrayIterator, real_images

BORDERS = {"nearest": "edge", "constant": "constant", "reflect": "reflect", "wrap": "wrap"}
INTERPOLATIONS = {0: "nearest", 1: "bilinear"}
EPSILON = 1e-6  # what Keras adds to a deviation before it divides by it


class ImageDataGenerator:
    """The counterpart of Keras' class of this name: the same arguments, methods and defaults.

    Arguments, their order and their meaning are those of Keras' documentation; docs/keras.md
    lists what differs. Images stay uint8 until they are standardized.

    Raises:
        TypeError, ValueError: naming the argument; also where there is no counterpart:
            `samplewise_center`, `samplewise_std_normalization`, `zca_whitening`.

    Examples:
        >>> import bitaug.keras, bitaug as ba, numpy as np
        >>> datagen = ba.keras.ImageDataGenerator(rotation_range=40, rescale=1 / 255)
        >>> x, y = np.zeros((10, 32, 32, 3), np.uint8), np.arange(10)
        >>> batches = datagen.flow(x, y, batch_size=4, seed=42)
        >>> images, labels = next(batches)
        >>> images.shape, images.dtype, len(batches)
        ((4, 32, 32, 3), dtype('float32'), 3)
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float = 0.0,
        height_shift_range: float = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Any], Any] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str | None = None,
    ) -> None:
        absent = {
            "samplewise_center": samplewise_center,
            "samplewise_std_normalization": samplewise_std_normalization,
            "zca_whitening": zca_whitening,
        }
        for name, value in absent.items():
            if value:
                advice = "preprocessing_function can do it, before rescale"
                raise ValueError(f"{name}={shown(value)}: False; {advice}")
        self.featurewise_std_normalization = featurewise_std_normalization
        self.featurewise_center = featurewise_center or featurewise_std_normalization
        self.rotation_range = _amount(rotation_range, "rotation_range")
        self.width_shift_range = _amount(width_shift_range, "width_shift_range")
        self.height_shift_range = _amount(height_shift_range, "height_shift_range")
        self.shear_range = _amount(shear_range, "shear_range")
        self.channel_shift_range = _amount(channel_shift_range, "channel_shift_range")
        self.zoom_range = _zoom(zoom_range)
        self.brightness_range = None
        if brightness_range is not None:
            self.brightness_range = several(number, 2)(brightness_range, "brightness_range")
        self.fill_mode = _one_of(BORDERS, fill_mode, "fill_mode")
        self.cval = number(cval, "cval")
        self.horizontal_flip = flag(horizontal_flip, "horizontal_flip")
        self.vertical_flip = flag(vertical_flip, "vertical_flip")
        self.rescale = None if rescale is None else _amount(rescale, "rescale")
        self.preprocessing_function = preprocessing_function
        formats = ("channels_last", "channels_first")
        self._assumed = data_format is None
        given = data_format or keras.config.image_data_format()
        self.data_format = _one_of(formats, text(given, "data_format"), "data_format")
        self.validation_split = number(validation_split, "validation_split")
        if not 0 <= self.validation_split < 1:
            raise ValueError(f"validation_split={shown(validation_split)}: from 0, below 1")
        self.interpolation_order = _one_of(
            INTERPOLATIONS, interpolation_order, "interpolation_order"
        )
        self.dtype = _one_of(("float32",), dtype or "float32", "dtype")
        self.mean: Array | None = None
        self.std: Array | None = None

    def augmentation(self, height: int, width: int) -> Compose:
        """What is drawn, as a pipeline for images of this size; they keep size and type."""
        steps: list[Transform] = []
        low, high = self.zoom_range
        left, up = (
            shift if shift < 1 else shift / size
            for shift, size in [(self.width_shift_range, width), (self.height_shift_range, height)]
        )
        angle, shear = self.rotation_range, self.shear_range
        if any((angle, left, up, shear)) or (low, high) != (1, 1):
            steps.append(
                Affine(
                    # Keras' zoom is that of the view: below 1 enlarges.
                    scale=(1 / high, 1 / low),
                    rotate=(-angle, angle),
                    translate=((-left, left), (-up, up)),
                    shear=((-shear, shear), (0, 0)),
                    interpolation=INTERPOLATIONS[self.interpolation_order],  # type: ignore[arg-type]
                    border=BORDERS[self.fill_mode],  # type: ignore[arg-type]
                    fill=self.cval,
                )
            )
        if self.channel_shift_range:
            shift = self.channel_shift_range / 255
            steps.append(
                RandomBrightnessContrast(brightness_limit=(-shift, shift), contrast_limit=(0, 0))
            )
        if self.horizontal_flip:
            steps.append(HorizontalFlip())
        if self.vertical_flip:
            steps.append(VerticalFlip())
        if self.brightness_range is not None:
            steps.append(ColorJitter(brightness=self.brightness_range))
        return Compose(steps)

    def standardization(self) -> Normalize | None:
        """(v * rescale - mean) / std of images of uint8, as the end of a pipeline; None where the
        fields are none of a Normalize, as a mean of levels after `rescale`.

        Raises:
            ValueError: if `fit` has to be called before.
        """
        mean, std = (tuple(values / 255) for values in self._mean_and_std())
        try:
            return Normalize(mean=mean, std=std)
        except ValueError:
            return None

    def _mean_and_std(self) -> tuple[Array, Array]:
        """Of the values as they are, before they are rescaled."""
        mean, std = np.zeros(1), np.ones(1)
        if self.featurewise_center:
            mean = _fitted(self.mean, "featurewise_center")
        if self.featurewise_std_normalization:
            std = _fitted(self.std, "featurewise_std_normalization") + EPSILON
        scale = self.rescale or 1.0
        mean, std = np.broadcast_arrays(mean / scale, std / scale)
        return mean, std

    def layout_of(self, shape: tuple[int, ...]) -> str:
        """The layout of an image or a batch, as `data_format` says.

        Raises:
            ValueError: if only Keras' configuration says it, and the axes do not tell the same.
        """
        planar = self.data_format == "channels_first"
        layout = ("NCHW" if planar else "NHWC")[len(shape) < 4 :]
        # By the mirrored rule where channels come first.
        if self._assumed and len(shape) > 2 and _core.likely_layout(shape, planar) != layout:
            raise ValueError(
                f"x: shape {tuple(shape)}: data_format='channels_last' or "
                "data_format='channels_first' is needed, to say which axis is that of the channels"
            )
        return layout

    def standardize(self, x: Any) -> Array:
        """An image or a batch, values as in files, as `flow` gives it; `x` is left as it is."""
        images = np.array(x, np.float32)
        many = images if images.ndim == 4 else images[np.newaxis]
        if self.preprocessing_function is not None:
            many = np.stack([self.preprocessing_function(image) for image in many])
        channels = self.layout_of(many.shape).index("C")
        # As Normalize computes it.
        mean, std = self._mean_and_std()
        sides = [-1 if axis == channels else 1 for axis in range(4)]
        scale, bias = (v.astype(np.float32).reshape(sides) for v in (1.0 / std, -mean / std))
        made: Array = np.asarray(many, np.float32) * scale + bias
        return made if images.ndim == 4 else made[0]

    def random_transform(
        self, x: Array, seed: int | None = None, *, stream: str = "train", epoch: int = 0,
        index: int | str = 0,
    ) -> Array:  # fmt: skip
        """An image, augmented but not standardized.

        Args:
            x: one image, uint8 or float32.
            seed, stream, epoch, index: its address; without `seed` it is 0.
        """
        layout = self.layout_of(x.shape)
        height, width = x.shape[:2] if layout == "HWC" else x.shape[1:]
        made: Array = self.augmentation(height, width)(
            x, seed=seed or 0, stream=stream, epoch=epoch, index=index, layout=layout
        )
        return made

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Sets `mean` and `std` for `featurewise_center` and `featurewise_std_normalization`.

        Args:
            x: images, in a 4-D array.
            augment: of augmented images, of epochs 0 to rounds - 1 of the stream "fit".
            rounds, seed: with `augment`.
        """
        images = real_images(x)
        layout = self.layout_of(images.shape)
        planar = layout == "NCHW"
        if augment:
            step = self.augmentation(*(images.shape[2:] if planar else images.shape[1:3]))
            places = range(len(images))
            passes = [
                step(images, seed=seed or 0, stream="fit", epoch=e, index=places, layout=layout)
                for e in range(rounds)
            ]
            images = np.concatenate(passes)
        mean, std = _moments(np.moveaxis(images, 1, -1) if planar else images)
        shape = (-1, 1, 1) if planar else (1, 1, -1)
        scale = self.rescale or 1.0
        if self.featurewise_center:
            self.mean = (mean * scale).reshape(shape)
        if self.featurewise_std_normalization:
            self.std = (std * scale).reshape(shape)

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
        **options: Any,
    ) -> NumpyArrayIterator:
        """Batches of arrays.

        Args:
            options: `stream`, by default "train", or "val" for the subset "validation"; the others
                of `Dataset`.
        """
        images = real_images(x)
        self.layout_of(images.shape)
        return NumpyArrayIterator(
            self, images, y, sample_weight, ignore_class_split,
            batch_size=batch_size, shuffle=shuffle, seed=seed, save_to_dir=save_to_dir,
            save_prefix=save_prefix, save_format=save_format, subset=subset, **options,
        )  # fmt: skip

    def flow_from_directory(
        self,
        directory: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        **options: Any,
    ) -> DirectoryIterator:
        """Batches of the images in a folder that has one for each class; `options` as in `flow`.

        A file's draws are addressed by its path relative to the folder.
        """
        return DirectoryIterator(
            self, directory, classes, follow_links,
            target_size=target_size, color_mode=color_mode, class_mode=class_mode,
            interpolation=interpolation, keep_aspect_ratio=keep_aspect_ratio,
            batch_size=batch_size, shuffle=shuffle, seed=seed, save_to_dir=save_to_dir,
            save_prefix=save_prefix, save_format=save_format, subset=subset, **options,
        )  # fmt: skip

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: Any = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **options: Any,
    ) -> DataFrameIterator:
        """Batches of the images that a pandas DataFrame names; `options` as in `flow`.

        A file's draws are addressed by its path relative to `directory`.
        """
        return DataFrameIterator(
            self, dataframe, directory, x_col, y_col, weight_col, classes, validate_filenames,
            target_size=target_size, color_mode=color_mode, class_mode=class_mode,
            interpolation=interpolation, batch_size=batch_size, shuffle=shuffle, seed=seed,
            save_to_dir=save_to_dir, save_prefix=save_prefix, save_format=save_format,
            subset=subset, **options,
        )  # fmt: skip


def _amount(value: Any, name: str) -> float:
    amount: float = number(value, name)
    if amount < 0:
        raise ValueError(f"{name}={shown(value)}: from 0")
    return amount


def _zoom(value: Any) -> tuple[float, float]:
    scalar = np.ndim(value) == 0
    zoom = number(value, "zoom_range") if scalar else 0.0
    low, high = (1 - zoom, 1 + zoom) if scalar else several(number, 2)(value, "zoom_range")
    if not 0 < low <= high:
        raise ValueError(f"zoom_range={shown(value)}: above 0 and below 1, or (low, high) above 0")
    return low, high


def _one_of(allowed: Any, value: Any, name: str) -> Any:
    if value not in allowed:
        raise ValueError(f"{name}={shown(value)}: {' or '.join(map(repr, allowed))}")
    return value


def _fitted(value: Array | None, name: str) -> Array:
    if value is None:
        raise ValueError(f"{name}=True: the statistics are missing; call fit(images) before")
    return np.ravel(value)


def _moments(images: Array) -> tuple[Array, Array]:
    """Mean and standard deviation per channel of N x H x W x C, in the images' own numbers."""
    whole = images.dtype in (np.uint8, np.uint16)
    found = fit_statistics(images if whole else images.astype(np.float32), layout="NHWC")
    white = np.iinfo(images.dtype).max if whole else 1
    return np.array(found.mean) * white, np.array(found.std) * white
