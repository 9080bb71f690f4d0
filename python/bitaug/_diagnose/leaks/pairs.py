"""Pairs of images that are too alike: by their files, their content and their hashes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np

from ... import _core
from ..._images import given
from ..._images.ahead import ahead
from ..._images.files import decoded, label
from ..._images.given import Skipped
from ..._look.png import save_png
from ..._pipeline.address import check_names
from ..._pipeline.threads import thread_count
from ..._values.digest import digest
from ..._values.fields import flag
from ..._values.numbers import whole
from ..._values.types import Array, Words
from ...ops.sizes import Resize

_SIDE = 32
# The 64 lowest frequencies but the mean: (down, across), by their sum, then by the first.
_FREQUENCIES = [(u, s - u) for s in range(1, 11) for u in range(s + 1)][:64]
# cos(pi k (2 n + 1) / 64) in 14 bits, row k. None is within 0.01 of a tie, so that every platform's
# cosine rounds to the same.
_COSINES = np.rint(
    np.cos(np.pi / 64 * np.arange(11)[:, None] * (2 * np.arange(_SIDE) + 1)) * 2**14
).astype(np.int64)
# Mirroring an image turns the sign of every frequency that is odd across.
_MIRROR = np.uint64(sum(1 << i for i, (_, v) in enumerate(_FREQUENCIES) if v % 2))
# Grays, of 65280, that an image must span, or it is flat: its frequencies are noise.
_FLAT = 8 * 256
_SHRINK = Resize(height=_SIDE, width=_SIDE)
_KINDS = ("same file", "same content", "near", "mirrored")


class Pair(NamedTuple):
    """Two images that are too alike.

    Attributes:
        i, j: the places of the image in the first set and of that in the second; where there is
            one set, i < j.
        kind: "same file" (perhaps by a link), "same content" (equal pixels), "near", or "mirrored".
        distance: how many of the 64 bits of their hashes differ; 0 for the first two kinds.
    """

    i: int
    j: int
    kind: str
    distance: int


def find(
    train: Any,
    val: Any,
    distance: int,
    flips: bool,
    skip_broken: bool,
    layout: str | None,
    threads: int | None,
) -> "Leaks":
    """What `leaks` returns."""
    distance = whole(distance, "distance", 0, 64)
    mirrored, skip = flag(flips, "flips"), flag(skip_broken, "skip_broken")
    check_names("", layout)
    count = thread_count(threads, False)
    sets = [_Set(train, "train" if val is not None else "images", skip, layout, count)]
    if val is not None:
        sets.append(_Set(val, "val", skip, layout, count))
    ways = [(sets[0], sets[0])] if val is None else [(sets[1], sets[0]), (sets[0], sets[1])]
    pairs = set()
    for queries, keys in ways:
        for place, found in enumerate(_closest(queries, keys, distance, mirrored, count)):
            if found is not None:
                other, kind, bits = found
                i, j = (other, place) if queries is sets[-1] else (place, other)
                if val is None:
                    i, j = min(i, j), max(i, j)
                pairs.add(Pair(i, j, kind, bits))
    return Leaks(sorted(pairs), sets, distance)


class _Set:
    """Images by their places, and what they are compared by."""

    def __init__(
        self, source: Any, where: str, skip: bool, layout: str | None, threads: int
    ) -> None:
        self.where = where
        # Of one image; whether they come in one array or each by itself, either label is right.
        self.layout = layout.removeprefix("N") if layout else layout
        self.skip = skip
        files = given.files(source, where)
        self.files = None if files is None else [path for _, path in files]
        if hasattr(source, "__array__"):
            told = f"N{layout}" if layout in ("HW", "HWC", "CHW") else layout
            tensor, source = given.is_tensor(source), np.asarray(source)
            whole = _core.layout(where, source.shape, told, "batch", tensor)
            self.layout = whole.removeprefix("N")
        elif files is None and not (hasattr(source, "__len__") and hasattr(source, "__getitem__")):
            kind = type(source).__name__
            raise TypeError(f"{where}: {kind} has no length or cannot be asked by index")
        self.source = source
        places = range(len(source) if self.files is None else len(self.files))
        if not places:
            raise ValueError(f"{where}: empty; one is needed")
        # Nobody knows whether a data set may be asked by several threads.
        alone = self.files is None and not isinstance(source, list | tuple | np.ndarray)
        prints = list(ahead(self._print, places, 1 if alone else threads))
        self.skipped = [content for content, _ in prints if isinstance(content, Skipped)]
        if len(self.skipped) == len(prints):
            raise ValueError(f"{where}: {given.none_read(self.skipped)}")
        self.digests = [None if isinstance(c, Skipped) else c for c, _ in prints]
        self.hashed = np.array([i for i in places if prints[i][1] is not None], np.int64)
        self.hashes: Words = np.array([h for _, h in prints if h is not None], np.uint64)

    def __len__(self) -> int:
        return len(self.digests)

    def name(self, place: int) -> str:
        return f"{self.where}[{place}]" if self.files is None else os.fspath(self.files[place])

    def image(self, place: int) -> Array:
        """An image, channels last."""
        name = self.name(place)
        if self.files is not None:
            path = self.files[place]
            image, layout = decoded(path), label(path, self.layout)
        else:
            image, layout = given.pixels(self.source[place], name, self.layout, "image")
        planar = _core.layout(name, image.shape, layout, "image") == "CHW"
        return np.moveaxis(image, 0, -1) if planar else image

    def identities(self) -> list[Any]:
        """What two names of one file have in common; of images that are no files, nothing."""
        if self.files is None:
            return [None] * len(self)
        read = zip(self.files, self.digests, strict=True)
        found = [None if content is None else path.stat() for path, content in read]
        return [each and (each.st_dev, each.st_ino) for each in found]

    def _print(self, place: int) -> tuple[str | Skipped, int | None]:
        """The digest of an image's content, and its hash, unless it is flat."""
        name = self.name(place)
        if self.files is None:
            name = given.called(self.source, place, self.where)
        image = given.attempt(lambda: self.image(place), name, self.skip)
        if isinstance(image, Skipped):
            return image, None
        try:
            small = _SHRINK(
                image, seed=0, epoch=0, index=0, layout="HW" if image.ndim == 2 else "HWC"
            )
            if image.dtype.kind == "f" and not np.isfinite(image).all():
                raise ValueError("a NaN or an infinity; finite values are needed")
        except (TypeError, ValueError) as error:
            said = str(error).removeprefix("images: ")
            raise type(error)(f"{self.name(place)}: {said}") from None
        # A gray image is the same with and without an axis for its channel.
        content = image.reshape(*image.shape[:2], -1)
        return digest(content), _hash(small.reshape(_SIDE, _SIDE, -1))


def _hash(small: Array) -> int | None:
    """A perceptual hash, of the signs of its lowest frequencies; None if the image is flat.

    In integers, so that it is the same everywhere: gray, from 0 to 65280 or 65535, times cosines.
    White of float32 is the least of 1, 255 and 65535 that holds an image, but for what resizing
    lets overshoot; what lies outside is cut off.
    """
    if small.dtype == np.float32:
        most = float(small.max())
        white = next((white for white in (1, 255) if most <= 1.25 * white), 65535)
        small = np.floor(np.clip(small / np.float32(white), 0, 1) * np.float32(65280))
    values = small.astype(np.int64) * (256 if small.dtype == np.uint8 else 1)
    if values.shape[2] in (3, 4):
        gray = (values[..., :3] @ np.array([19595, 38470, 7471])) >> 16
    else:
        gray = values.sum(axis=2) // values.shape[2]
    if np.ptp(gray) < _FLAT:
        return None
    waves = (_COSINES @ gray @ _COSINES.T).tolist()
    return sum(1 << bit for bit, (u, v) in enumerate(_FREQUENCIES) if waves[u][v] > 0)


def _closest(
    queries: _Set, keys: _Set, distance: int, flips: bool, threads: int
) -> list[tuple[int, str, int] | None]:
    """For each image the place of its closest counterpart, how alike they are, and the bits."""
    alone = queries is keys
    found: list[tuple[int, str, int] | None] = [None] * len(queries)
    ways = [("near", np.uint64(0)), *([("mirrored", _MIRROR)] if flips else [])]
    for kind, turned in ways:
        bits, places = _core.nearest(queries.hashes ^ turned, keys.hashes, distance, alone, threads)
        for i, b, place in zip(
            queries.hashed.tolist(), bits.tolist(), places.tolist(), strict=True
        ):
            before = found[i]
            if b >= 0 and (before is None or b < before[2]):
                found[i] = (int(keys.hashed[place]), kind, b)
    for kind, ours, theirs in (
        ("same content", queries.digests, keys.digests),
        ("same file", queries.identities(), keys.identities()),
    ):
        for i, place in enumerate(_equal(ours, theirs, alone)):
            if place is not None:
                found[i] = (place, kind, 0)
    return found


def _equal(queries: list[Any], keys: list[Any], alone: bool) -> list[int | None]:
    """For each query the first place of an equal key; `alone`: but its own."""
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(keys):
        if key is not None:
            places.setdefault(key, []).append(place)

    def first(i: int, query: Any) -> int | None:
        own = i if alone else None
        return next((place for place in places.get(query, ()) if place != own), None)

    return [first(i, query) for i, query in enumerate(queries)]


class Leaks(Sequence[Pair]):
    """The pairs that `leaks` has found: a sequence of `Pair`; empty, and so false, if there are
    none. `str` tells them in words.

    Attributes:
        distance: how many bits of their hashes near images may differ in.
        skipped: what could not be read, with `skip_broken`: the name of each and the reason.
    """

    def __init__(self, pairs: Sequence[Pair], sets: Sequence[_Set], distance: int) -> None:
        self._pairs = tuple(pairs)
        self._sets = (sets[0], sets[-1])
        self.distance = distance
        self.skipped = tuple(each for images in sets for each in images.skipped)

    @overload
    def __getitem__(self, key: int) -> Pair: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Pair, ...]: ...
    def __getitem__(self, key: int | slice) -> Pair | tuple[Pair, ...]:
        return self._pairs[key]

    def __len__(self) -> int:
        return len(self._pairs)

    def names(self, pair: Pair) -> tuple[str, str]:
        """What the images of a pair are called: their paths, or `train[3]` and the like."""
        first, second = self._sets
        return first.name(pair.i), second.name(pair.j)

    def __repr__(self) -> str:
        return f"<{self.summary()}>"

    def __str__(self) -> str:
        rest = len(self) - 20
        more = [f"and {rest} more"] if rest > 0 else []
        return "\n".join([self.summary(), *map(self.line, self[:20]), *more])

    def summary(self) -> str:
        """The result in one line."""
        first, second = self._sets
        if first is second:
            count = len({place for pair in self for place in pair[:2]})
            head = f"{count} of {len(first)} images have a counterpart"
        else:
            count = len({pair.j for pair in self})
            head = f"{count} of the {len(second)} images in val are "
            head += f"also among the {len(first)} in train"
        kinds = [pair.kind for pair in self]
        counts = [f"{kinds.count(kind)} {kind}" for kind in _KINDS if kind in kinds]
        left = f"; {len(self.skipped)} could not be read" if self.skipped else ""
        return head + (f": {', '.join(counts)}" if counts else "") + left

    def line(self, pair: Pair) -> str:
        """A pair in one line: kind, distance, and names, with tabs between them."""
        return "\t".join([pair.kind, str(pair.distance), *self.names(pair)])

    def sheet(self, count: int = 24) -> Any:
        """The first pairs side by side.

        Args:
            count: of pairs, 1 to 1000.

        Returns:
            A Pillow image (`pip install bitaug[draw]`).
        """
        from .sheet import draw

        first, second = self._sets
        shown = self[: whole(count, "count", 1, 1000)]
        rows = [
            (pair, self.names(pair), (first.image(pair.i), second.image(pair.j))) for pair in shown
        ]
        return draw(self.summary(), rows, len(self) - len(rows))

    def save(self, path: str | Path, count: int = 24) -> None:
        """Writes the sheet to a .png."""
        save_png(self.sheet(count), path)
