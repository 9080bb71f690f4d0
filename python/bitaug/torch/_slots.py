"""For a `transform=` slot, which sees neither the index nor the path."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._images import files
from .._pipeline.transform import Transform
from .._samples.augmenter import Augmenter, naming
from .._samples.sample import Address, Sample
from .._values.digest import digest
from .._values.fixed import Fixed
from .._values.numbers import epoch_number
from ._epoch import Shared
from ._sample import TENSORS

_KEY = "bitaug.key"


class KeyedLoader(Fixed):
    """Loads images that know their key: the path relative to `root`, with `/`, in NFC.

    For the `loader=` of ImageFolder and its like, with `Keyed` as their `transform=`. The key
    lies in the PIL image's `info`, where it survives convert, crop and resize.

    Args:
        root: the folder that keys are relative to: ImageFolder's.
        loader: makes a PIL image of a path; by default RGB or, of 16-bit gray, I;16, turned as
            EXIF says.

    Examples:
        >>> import bitaug.torch, bitaug as ba
        >>> keyed = ba.torch.KeyedLoader("photos")
        >>> keyed.key("photos/cat/1.png")
        'cat/1.png'
    """

    def __init__(
        self, root: str | os.PathLike[str], loader: Callable[[Any], Any] | None = None
    ) -> None:
        self.root = Path(root)
        self.loader = _open if loader is None else loader

    def key(self, path: str | os.PathLike[str]) -> str:
        """The key of a file.

        Raises:
            ValueError: if it does not lie below the root.
        """
        return files.key(path, self.root)

    def __call__(self, path: str | os.PathLike[str]) -> Any:
        key = self.key(path)
        with naming(key, lambda: os.fspath(path)):
            image = self.loader(path)
        image.info[_KEY] = key
        return image


def _open(path: Any) -> Any:
    from PIL import Image

    return Image.fromarray(files.decoded(Path(path)))


class _Slot(Fixed):
    """A transform of single images, whose epoch all workers see."""

    def __init__(self, pipeline: Transform, *, seed: int, stream: str) -> None:
        self._augmenter = Augmenter(pipeline, seed=seed, stream=stream, arrays=TENSORS)
        self.pipeline, self.seed, self.stream = pipeline, seed, stream
        self._epoch = Shared(0)

    @property
    def epoch(self) -> int:
        """The epoch of the images to come."""
        return self._epoch[0]

    def set_epoch(self, epoch: int) -> None:
        """Tells all workers the epoch of the images to come."""
        self._epoch[0] = epoch_number(epoch)

    def __call__(self, image: Any) -> Any:
        sample = self._augmenter.take(image)
        address = Address(self.seed, self.stream, self.epoch, self.key(sample), 0)
        return sample.run(self.pipeline, address)

    def key(self, sample: Sample) -> str:
        raise NotImplementedError


class Keyed(_Slot):
    """Augments images that a `KeyedLoader` has loaded, by their key.

    Wrapping the data set in `Augmented` is better where that can be done: it sees masks and
    boxes, makes whole batches, and takes the epoch from the sampler. Here `set_epoch` must be
    called before each epoch.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".

    Examples:
        >>> import bitaug.torch, bitaug as ba
        >>> slot = ba.torch.Keyed(ba.HorizontalFlip(), seed=42, stream="train")
        >>> slot.set_epoch(3)
        >>> slot.epoch
        3
    """

    def key(self, sample: Sample) -> str:
        """The key that the image carries."""
        image = sample.image.value
        key = getattr(image, "info", {}).get(_KEY)
        if not isinstance(key, str):
            raise ValueError(
                f"image: {type(image).__name__} without a key; give the data set "
                "loader=KeyedLoader(root), or use ContentKeyed"
            )
        return key


class ContentKeyed(_Slot):
    """Augments images by the digest of their content: for slots that see nothing else.

    Equal images get equal draws, wherever they are in the data set; and an image decoded
    otherwise, by a single value, gets others. The key is `ba.digest` of the image as an array
    of H x W or H x W x C. As with `Keyed`, `set_epoch` must be called before each epoch.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> slot = ba.torch.ContentKeyed(ba.HorizontalFlip(), seed=42, stream="train")
        >>> slot(torch.zeros((3, 8, 8), dtype=torch.uint8)).shape
        torch.Size([3, 8, 8])
    """

    def key(self, sample: Sample) -> str:
        """The digest of the image."""
        return digest(sample.array.transpose(1, 2, 0) if sample.planar else sample.array)
