"""bitaug under WebDataset: a stage that augments each sample by its shard and key.
docs/webdataset.md shows how.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ._pipeline.transform import Transform
from ._samples.augmenter import Augmenter
from ._samples.epoch import SharedEpoch
from ._samples.keys import key_of, number_of
from ._values.fixed import Fixed
from ._values.plain import shown

__all__ = ["Augment", "check_shards"]

# What `decode` makes images of.
_IMAGES = ("bmp", "jpeg", "jpg", "pbm", "pgm", "png", "pnm", "ppm", "tif", "tiff", "webp")
_SHARD = re.compile(r"([^/\\\s=]+)\.(?:tar|tgz)\b")


def check_shards(urls: str | Iterable[str]) -> None:
    """Refuses shards of the same name, whose samples would have the same keys.

    Args:
        urls: as WebDataset takes them, with braces or as a list.

    Raises:
        ValueError: naming both, or what names no shard.

    Examples:
        >>> import bitaug.webdataset
        >>> bitaug.webdataset.check_shards("photos-{000..019}.tar")
    """
    from webdataset.shardlists import expand_urls

    named: dict[str, str] = {}
    for url in expand_urls(urls) if isinstance(urls, str) else urls:
        if url in named.values():
            raise ValueError(f"urls: {shown(url)} comes twice")
        _name(url, named)


class Augment(Fixed):
    """A stage for `compose`: augments samples, each by its key and the epoch.

    A sample's key is its shard's name and its `__key__`: `photos-003/cat/0017` for `cat/0017.jpg`
    in `https://host/photos-003.tar`. So it is the same wherever the shards lie, in whatever order
    they come and whichever worker reads them. Two samples of one key in one pass of a worker are
    an error. The stage goes behind `decode` and before `to_tuple` and `batched`.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        epoch: 0 to 2^32-1; by default `set_epoch` must be called before each epoch.
        key: a function from a sample to its key, a str or an integer, instead of the above.
        repeats: whether a pass may have several copies of a sample, as with `resampled=True`. A
            worker numbers those that it makes: repeat 0, 1, 2 ...
        layout: of images that are arrays, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what entries are, such as `{"jpg": "image", "seg.png": "mask", "json": {"bbox":
            "bboxes", "category": "labels"}}`. By default the image is the one of an extension
            such as jpg or png; image, mask, masks, bboxes, labels and keypoints go by name. None
            passes through.

    Examples:
        >>> import webdataset, bitaug as ba, bitaug.webdataset
        >>> augment = ba.webdataset.Augment(ba.HorizontalFlip(), seed=42, stream="train")
        >>> train = webdataset.WebDataset("photos-{000..019}.tar", shardshuffle=20)
        >>> train = train.decode("pil").compose(augment).to_tuple("jpg", "cls")
        >>> augment.set_epoch(3)
    """

    def __init__(
        self,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        epoch: int | None = None,
        key: Callable[[Any], int | str] | None = None,
        repeats: bool = False,
        layout: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(fields, Mapping | None):
            raise TypeError(f"fields={shown(fields)}: a dict is needed")
        if not (key is None or callable(key)):
            raise TypeError(f"key={shown(key)}: a function from a sample to its key is needed")
        given = dict(fields or {})
        if "image" not in given.values():
            given = dict.fromkeys(_IMAGES, "image") | given
        self._augmenter = Augmenter(pipeline, seed=seed, stream=stream, layout=layout, fields=given)
        self._epoch = SharedEpoch(epoch)
        self.key = key
        self.repeats = repeats

    @property
    def epoch(self) -> int | None:
        """The epoch of the next pass; None if nobody has told it."""
        return self._epoch.told

    def set_epoch(self, epoch: int) -> None:
        """Tells all workers the epoch of the next pass."""
        self._epoch.set(epoch)

    def __call__(self, samples: Iterable[Any]) -> Iterator[Any]:
        """One pass over samples.

        Args:
            samples: dicts, with what has been decoded.

        Returns:
            The same, what has moved as NumPy arrays.

        Raises:
            TypeError, ValueError: naming the sample, the value and what is allowed.
        """
        if isinstance(samples, Mapping):
            raise TypeError("samples: a single one; the stage is for compose, not for map")
        return self._pass(samples)

    def _pass(self, samples: Iterable[Any]) -> Iterator[Any]:
        epoch = self._epoch.get()
        shards: dict[str, str] = {}
        # By numbers, which are smaller than texts.
        seen: dict[int, int] = {}
        for sample in samples:
            key = self._key(sample, shards)
            number = number_of(key)
            repeat = seen.get(number, 0)
            if repeat and not self.repeats:
                raise ValueError(
                    f"{shown(key)} comes a second time in this pass, from {sample.get('__url__')}; "
                    "if shards are meant to come several times, repeats=True numbers the copies"
                )
            seen[number] = repeat + 1
            yield self._augmenter.one(sample, epoch, key, repeat)

    def _key(self, sample: Any, shards: dict[str, str]) -> int | str:
        # A batch has a list of them.
        if not isinstance(sample, Mapping) or not isinstance(sample.get("__key__"), str):
            raise TypeError(
                f"a sample is a {type(sample).__name__} without __key__; augment before to_tuple "
                "and batched"
            )
        if self.key is not None:
            return key_of(self.key(sample), "key", None, "a relative one is needed")
        name = _name(sample.get("__url__", ""), shards)
        return unicodedata.normalize("NFC", f"{name}/{sample['__key__']}")


def _name(url: str, seen: dict[str, str]) -> str:
    """A shard's name: its file's, without what tells the format; `seen` are those of others."""
    names = set(_SHARD.findall(url))
    if len(names) != 1:
        raise ValueError(
            f"{shown(url)}: no name of one .tar or .tgz in it; key= says a sample's key"
        )
    name: str = names.pop()
    if seen.setdefault(name, url) != url:
        raise ValueError(
            f"{shown(seen[name])} and {shown(url)} are both named {name}, and so would be their "
            "samples; key= says what tells them apart"
        )
    return name
