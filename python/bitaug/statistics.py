"""What a data set adds up to, exactly: per channel mean, std, least, greatest and histogram."""

import dataclasses
import json
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _core
from ._environment import in_default_environment
from ._fields import kind, number, several
from ._files import decoded
from ._sources import ahead, files, pixels, samples
from ._tables import integers, whole
from ._transform import Array, parse_json, thread_count
from .output import Normalize

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


def fit_statistics(
    images: Any, *, layout: str | None = None, threads: int | None = None
) -> "Statistics":
    """Adds up images, exactly: any order, batches, threads and machines give equal statistics.

    Args:
        images: a folder; a list of files; an array of images; a list, a data set (with a length
            and samples by place) or any iterable of images or of batches. Of a sample that is a
            tuple or list the first element is the image, of a dict `image`. uint8, uint16 or
            finite float32, all of one type and number of channels, of any sizes. What is gone
            through is not kept.
        layout: as in a pipeline's call.
        threads: changes nothing but the time. By default as in a pipeline's call.

    Returns:
        The statistics; parts from several machines can be added.

    Raises:
        OSError: naming a file that cannot be read.
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
    found = files(images, "images")
    if found is not None:
        for (name, _), image in zip(
            found, ahead(lambda file: decoded(file[1]), found, count), strict=True
        ):
            try:
                tally.add(image, layout, count)
            except (TypeError, ValueError) as error:
                raise type(error)(f"{name}: {error}") from None
    elif isinstance(images, list | tuple):
        # So many at once that each thread has some to do.
        for start in range(0, len(images), 256):
            part = enumerate(images[start : start + 256], start)
            tally.add([pixels(item, f"images[{i}]") for i, item in part], layout, count)
    elif hasattr(images, "__array__"):
        tally.add(_stack(np.asarray(images), layout), layout, count)
    else:
        for i, item in enumerate(samples(images, "images")):
            tally.add(pixels(item, f"images[{i}]"), layout, count)
    total = tally.whole()
    if total is None:
        raise ValueError("images: empty; one is needed")
    dtype, count, size, histogram = total
    if dtype != "float32":
        return _of_integers(dtype, count, size, histogram)
    outside, low, high, sums, squares = [], [], [], [], []
    for below, above, least, greatest, scales in tally.floats():
        outside.append((below, above))
        low.append(least)
        high.append(greatest)
        sums.append(sum(m << e for e, (m, _) in enumerate(scales)))
        squares.append(sum(m << 2 * e for e, (_, m) in enumerate(scales)))
    return Statistics(
        dtype, count, size, _frozen(histogram),
        tuple(outside), tuple(low), tuple(high), tuple(sums), tuple(squares),
    )  # fmt: skip


def _stack(images: Array, layout: str | None) -> Array:
    if images.ndim == 3 and layout is None:
        raise ValueError(
            f"images: an array of shape {images.shape} may be gray images or one image: "
            'write layout="NHW" or layout="HWC"'
        )
    return images


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

    def normalize(self) -> Normalize:
        """The `Normalize` that gives these images mean 0 and standard deviation 1.

        Raises:
            ValueError: naming a channel that is constant.
        """
        mean, std = self.mean, self.std
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
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Statistics):
            return NotImplemented
        return self._numbers() == other._numbers()

    def __hash__(self) -> int:
        return hash(self._numbers())

    def _numbers(self) -> tuple[Any, ...]:
        fields = dataclasses.fields(self)
        values = (getattr(self, field.name) for field in fields if field.name != "histogram")
        return (*values, self.histogram.tobytes())

    def __repr__(self) -> str:
        head = f"{self.images} images, {self.pixels} pixels, {self.channels} x {self.dtype}"
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
        return json.dumps(document)

    @classmethod
    def from_json(cls, text: str) -> "Statistics":
        """What `to_json` returned.

        Raises:
            ValueError: if it is something else, or its numbers contradict each other.
        """
        document = parse_json(text)
        if not isinstance(document, dict) or document.pop("statistics", None) != 1:
            raise ValueError('document: "statistics": 1 is not in it')
        names, dtype = ["dtype", "images", "pixels", "histogram"], document.get("dtype")
        if not isinstance(dtype, str) or dtype not in _WHITE:
            raise ValueError(f"document: dtype={dtype!r}: uint8, uint16 or float32")
        if dtype == "float32":
            names += ["outside", "low", "high", "sums", "squares"]
        if document.keys() != set(names):
            raise ValueError(f"document: the fields are {', '.join(names)}")
        try:
            return _read(**document)
        except (TypeError, ValueError) as error:
            raise ValueError(f"document: {error}") from None


def _read(
    dtype: str, images: Any, pixels: Any, histogram: Any, outside: Any = None, **floats: Any
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
    if outside is None:
        return _of_integers(dtype, images, pixels, counts)
    low, high = (several(number, channels)(floats[name], name) for name in ("low", "high"))
    sums, squares = (several(_digits, channels)(floats[name], name) for name in ("sums", "squares"))
    for least, greatest, s, q in zip(low, high, sums, squares, strict=True):
        if not least <= greatest or s * s > pixels * q:
            raise ValueError("low, high, sums, squares: no pixels have these")
    ends = tuple((below, above) for below, above in beyond.tolist())
    return Statistics(dtype, images, pixels, _frozen(counts), ends, low, high, sums, squares)


def _of_integers(dtype: str, images: int, pixels: int, histogram: NDArray[np.uint64]) -> Statistics:
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
