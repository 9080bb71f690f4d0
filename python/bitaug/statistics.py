"""What a data set adds up to, exactly: per channel mean, std, least, greatest and histogram."""

import dataclasses
import itertools
import json
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._images.given import Labelled, Skipped, files, is_tensor, none_read
from ._images.given import images as read
from ._pipeline.address import check_names
from ._pipeline.threads import thread_count
from ._values.environment import in_default_environment
from ._values.fields import flag, kind, number, several
from ._values.fields import text as string
from ._values.json import parse_json
from ._values.names import explained
from ._values.numbers import integers, whole
from .ops.output import Normalize

__all__ = ["Statistics", "fit_statistics"]

_WHITE = {"uint8": 255, "uint16": 65535, "float32": 1}
# Sums of float32 count steps of 2^-149, the least there is; those of squares, 2^-298.
_STEP = 149
_MOST = 2**63 - 1


@kind({"type": "string"})
def _digits(value: Any, where: str) -> int:
    if not isinstance(value, str) or not re.fullmatch("-?[0-9]{1,400}", value):
        raise ValueError(f"{where}={value!r}: a whole number as a text is needed")
    return int(value)


@explained
def fit_statistics(
    images: Any,
    *,
    skip_broken: bool = False,
    layout: str | None = None,
    threads: int | None = None,
) -> "Statistics":
    """Adds up images, exactly: any order, batches, threads and machines give equal statistics.

    Args:
        images: a folder; a list of files; an array of images; a list, a data set (with a length
            and samples by place) or any iterable of images or of batches. Of a sample that is a
            tuple or list the first element is the image, of a dict `image`. uint8, uint16 or
            finite float32, all of one type and number of channels, of any sizes. What is gone
            through is not kept.
        skip_broken: leave out what cannot be read, and list it in `skipped`.
        layout: of arrays and tensors, as in a pipeline's call; a whole array of 3 axes needs it.
            Of tensors, by default, channels come first by the mirrored rule.
        threads: changes nothing but the time. By default as in a pipeline's call.

    Returns:
        The statistics; parts from several machines can be added.

    Raises:
        OSError: naming a file that cannot be read; what else a data set raises has a note of the
            sample.
        TypeError, ValueError: naming the first image or file that does not fit those before it,
            or that holds a NaN or an infinity; also if there is none.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> images = np.arange(96, dtype=np.uint8).reshape(2, 4, 4, 3)
        >>> found = ba.fit_statistics(images)
        >>> found.images, found.pixels, found.max
        (2, 32, (0.36470588235294116, 0.3686274509803922, 0.37254901960784315))
        >>> found == ba.fit_statistics(images[:1]) + ba.fit_statistics(images[1:])
        True
        >>> normalize = found.normalize()
    """
    tally, count = _core.Tally(), thread_count(threads, False)
    check_names("", layout)
    skip = flag(skip_broken, "skip_broken")
    skipped: list[Skipped] = []
    if hasattr(images, "__array__"):
        stack = np.asarray(images)
        told = _core.layout("images", stack.shape, layout, "images", is_tensor(images))
        tally.add(stack, told, count)
    else:
        _add(tally, images, skip, skipped, layout, count)
    total = tally.whole()
    if total is None:
        raise ValueError(f"images: {none_read(skipped)}")
    dtype, count, size, histogram = total
    if dtype != "float32":
        return _of_integers(dtype, count, size, histogram, tuple(skipped))
    outside, low, high, sums, squares = [], [], [], [], []
    for below, above, least, greatest, scales in tally.floats():
        outside.append((below, above))
        low.append(least)
        high.append(greatest)
        sums.append(sum(m << e for e, (m, _) in enumerate(scales)))
        squares.append(sum(m << 2 * e for e, (_, m) in enumerate(scales)))
    return Statistics(
        dtype, count, size, _frozen(histogram),
        tuple(outside), tuple(low), tuple(high), tuple(sums), tuple(squares), tuple(skipped),
    )  # fmt: skip


def _add(
    tally: Any, images: Any, skip: bool, skipped: list[Skipped], layout: str | None, threads: int
) -> None:
    """Adds what is no array; what is skipped keeps its place."""
    in_files = files(images, "images") is not None
    # Of what is in memory, so many at once that each thread has some to do.
    most = 256 if isinstance(images, list | tuple) and not in_files else 1
    held: list[Labelled] = []

    def add(name: str) -> None:
        try:
            for label, group in itertools.groupby(held, key=lambda one: one[1]):
                these = [image for image, _ in group]
                tally.add(these if most > 1 else these[0], label, threads)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}: {error}" if in_files else str(error)) from None
        held.clear()

    for name, image in read(images, "images", threads, skip, layout):
        if isinstance(image, Skipped):
            add(name)
            skipped.append(image)
            tally.skip()
            continue
        held.append(image)
        if len(held) == most:
            add(name)
    add("")


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Statistics:
    """What images add up to. Equal statistics are equal in every number; `a + b` are those of all
    images of both.

    Attributes:
        dtype: uint8, uint16 or float32.
        images: how many.
        pixels: how many in each channel.
        histogram: channels x 256 counts (65536 for uint16), one for each value. float32: v is in
            bin floor(256 v), 1 in the last.
        outside: of each channel, how many values of float32 are below 0 and above 1.
        low, high: each channel's least and greatest value, in the images' own numbers.
        sums, squares: each channel's exact sum of the values and of their squares. float32: in
            steps of 2^-149 and 2^-298.
        skipped: what could not be read, with `skip_broken`: the name of each and the reason. Two
            statistics may be equal without it.
    """

    dtype: str
    images: int
    pixels: int
    histogram: NDArray[np.uint64]
    outside: tuple[tuple[int, int], ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    sums: tuple[int, ...]
    squares: tuple[int, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def channels(self) -> int:
        return len(self.histogram)

    @property
    @in_default_environment
    def mean(self) -> tuple[float, ...]:
        """Each channel's mean as a part of white, correctly rounded."""
        return tuple(float(Fraction(total, self.pixels * self._white)) for total in self.sums)

    @property
    @in_default_environment
    def std(self) -> tuple[float, ...]:
        """Each channel's standard deviation as a part of white, correctly rounded. Of the pixels
        themselves: the sum of squares is divided by their number, not by one less."""
        n, both = self.pixels, zip(self.sums, self.squares, strict=True)
        white = self._white
        return tuple(_root(Fraction(n * q - s * s, (n * white) ** 2)) for s, q in both)

    @property
    @in_default_environment
    def min(self) -> tuple[float, ...]:
        """Each channel's least value as a part of white."""
        return tuple(value / _WHITE[self.dtype] for value in self.low)

    @property
    @in_default_environment
    def max(self) -> tuple[float, ...]:
        """Each channel's greatest value as a part of white."""
        return tuple(value / _WHITE[self.dtype] for value in self.high)

    @property
    def _white(self) -> int:
        """In the steps that sums count."""
        return 1 << _STEP if self.dtype == "float32" else _WHITE[self.dtype]

    @in_default_environment
    def normalize(self, *, white: float | None = None) -> Normalize:
        """The `Normalize` that gives these images mean 0 and standard deviation 1.

        Args:
            white: that of the pipeline which it is for, where it says one.

        Raises:
            ValueError: naming a channel that is constant, or values that are no parts of white.
        """
        if white is None and self.dtype == "uint16" and 0 < max(self.high) < 4096:
            raise ValueError(
                f"the greatest value is {max(self.high)} of 65535: normalize(white=4095), and the "
                "same of the pipeline, if that is white, or white=65535 if all are so dark"
            )
        scale = 1.0
        if white is not None and self.dtype != "uint8":
            scale = _WHITE[self.dtype] / number(white, "white")
        mean, std = (tuple(value * scale for value in values) for values in (self.mean, self.std))
        if 0 in std:
            c = std.index(0)
            raise ValueError(
                f"channel {c} is {mean[c]:.6g} in every pixel: its std is 0, and Normalize divides "
                "by it"
            )
        return Normalize(mean=mean, std=std)

    def __add__(self, other: object) -> "Statistics":
        if not isinstance(other, Statistics):
            return NotImplemented
        if self.dtype != other.dtype or self.channels != other.channels:
            raise ValueError(f"{self.channels} x {self.dtype} and {other.channels} x {other.dtype}")
        return Statistics(
            self.dtype,
            self.images + other.images,
            self.pixels + other.pixels,
            _frozen(self.histogram + other.histogram),
            tuple(
                (a + c, b + d) for (a, b), (c, d) in zip(self.outside, other.outside, strict=True)
            ),
            tuple(map(min, self.low, other.low)),
            tuple(map(max, self.high, other.high)),
            tuple(map(int.__add__, self.sums, other.sums)),
            tuple(map(int.__add__, self.squares, other.squares)),
            self.skipped + other.skipped,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Statistics):
            return NotImplemented
        return self._numbers() == other._numbers()

    def __hash__(self) -> int:
        return hash(self._numbers())

    def _numbers(self) -> tuple[Any, ...]:
        fields = dataclasses.fields(self)
        apart = ("histogram", "skipped")
        values = (getattr(self, field.name) for field in fields if field.name not in apart)
        return (*values, self.histogram.tobytes())

    def __repr__(self) -> str:
        head = f"{self.images} images, {self.pixels} pixels, {self.channels} x {self.dtype}"
        head += f", {len(self.skipped)} skipped" if self.skipped else ""
        mean, std = (", ".join(f"{v:.6f}" for v in each) for each in (self.mean, self.std))
        return f"<{head}: mean {mean}; std {std}>"

    def to_json(self) -> str:
        """Every number, for another machine."""
        document: dict[str, Any] = {
            "statistics": 1,
            "dtype": self.dtype,
            "images": self.images,
            "pixels": self.pixels,
            "histogram": self.histogram.tolist(),
        }
        if self.dtype == "float32":
            document |= {
                "outside": self.outside,
                "low": self.low,
                "high": self.high,
                # As texts: most readers of JSON have no numbers as large.
                "sums": [*map(str, self.sums)],
                "squares": [*map(str, self.squares)],
            }
        if self.skipped:
            document["skipped"] = self.skipped
        return json.dumps(document)

    @classmethod
    @explained
    def from_json(cls, text: str) -> "Statistics":
        """What `to_json` returned.

        Raises:
            ValueError: if it is something else, or its numbers contradict each other.
        """
        document = parse_json(string(text, "text"))
        if not isinstance(document, dict) or document.pop("statistics", None) != 1:
            raise ValueError('document: "statistics": 1 is not in it')
        names, dtype = ["dtype", "images", "pixels", "histogram"], document.get("dtype")
        if not isinstance(dtype, str) or dtype not in _WHITE:
            raise ValueError(f"document: dtype={dtype!r}: uint8, uint16 or float32")
        if dtype == "float32":
            names += ["outside", "low", "high", "sums", "squares"]
        if document.keys() - {"skipped"} != set(names):
            raise ValueError(f"document: the fields are {', '.join(names)}")
        try:
            return _read(**document)
        except (TypeError, ValueError) as error:
            raise ValueError(f"document: {error}") from None


def _read(
    dtype: str,
    images: Any,
    pixels: Any,
    histogram: Any,
    outside: Any = None,
    skipped: Any = (),
    **floats: Any,
) -> Statistics:
    """A document's statistics, checked."""
    counts, bins = integers(histogram, "histogram"), 65536 if dtype == "uint16" else 256
    if counts.ndim != 2 or counts.shape[1] != bins or counts.size == 0:
        raise ValueError(f"histogram: shape {counts.shape}; channels x {bins} is needed")
    channels = len(counts)
    images, pixels = whole(images, "images", 1, _MOST), whole(pixels, "pixels", 1, _MOST)
    beyond = integers([(0, 0)] * channels if outside is None else outside, "outside")
    if beyond.shape != (channels, 2):
        raise ValueError(f"outside: shape {beyond.shape}; {channels} x 2 is needed")
    for row, ends in zip(counts.tolist(), beyond.tolist(), strict=True):
        if min(row + ends) < 0 or sum(row + ends) != pixels:
            raise ValueError(f"histogram: counts from 0 on with the sum {pixels} are needed")
    counts = counts.astype(np.uint64)
    left = tuple(Skipped(*several(string, 2)(pair, "skipped")) for pair in skipped)
    if outside is None:
        return _of_integers(dtype, images, pixels, counts, left)
    low, high = (several(number, channels)(floats[name], name) for name in ("low", "high"))
    sums, squares = (several(_digits, channels)(floats[name], name) for name in ("sums", "squares"))
    for least, greatest, s, q in zip(low, high, sums, squares, strict=True):
        if not least <= greatest or s * s > pixels * q:
            raise ValueError("low, high, sums, squares: no pixels have these")
    ends = tuple((below, above) for below, above in beyond.tolist())
    return Statistics(dtype, images, pixels, _frozen(counts), ends, low, high, sums, squares, left)


def _of_integers(
    dtype: str,
    images: int,
    pixels: int,
    histogram: NDArray[np.uint64],
    skipped: tuple[Skipped, ...],
) -> Statistics:
    """All follows from how often each value occurs."""
    rows = [
        [(value, count) for value, count in enumerate(row) if count] for row in histogram.tolist()
    ]
    return Statistics(
        dtype,
        images,
        pixels,
        _frozen(histogram),
        tuple((0, 0) for _ in rows),
        tuple(row[0][0] for row in rows),
        tuple(row[-1][0] for row in rows),
        tuple(sum(value * count for value, count in row) for row in rows),
        tuple(sum(value * value * count for value, count in row) for row in rows),
        skipped,
    )


def _frozen(histogram: NDArray[np.uint64]) -> NDArray[np.uint64]:
    histogram.flags.writeable = False
    return histogram


def _root(value: Fraction) -> float:
    """The correctly rounded square root."""
    if not value:
        return 0.0
    # A whole number of 64 bits or more whose last bit says whether something was cut off: rounding
    # it to 53 bits is rounding the root.
    shift = max(0, 64 + (value.denominator.bit_length() - value.numerator.bit_length()) // 2)
    scaled, cut = divmod(value.numerator << 2 * shift, value.denominator)
    root = math.isqrt(scaled)
    exact = not cut and root * root == scaled
    return float(Fraction(2 * root + (not exact), 2 << shift))
