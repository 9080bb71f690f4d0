"""What maps one image's values to another's: a slope and an offset for each channel."""

import dataclasses
import itertools
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Dtypes: TypeAlias = tuple[Any, Any]
Names: TypeAlias = tuple[str, str]
# More pixels than these make no sum surer.
ENOUGH = 2**18
# The part of b's variance below which only rounding is left.
EXACT = 1e-4
# A hypothesis that is less simple has to leave this much less.
BETTER = 0.8
# Pixels on a side of the regions whose means are compared; JPEG's blocks are as large.
REGION = 8
INF = float("inf")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One part of a difference.

    Attributes:
        name: such as `channels`.
        text: what it is, with its numbers.
        why: what makes it.
        numbers: those in the text that may differ from sample to sample.
    """

    name: str
    text: str
    why: str
    numbers: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Encoding:
    """How pixels are written: value = (pixel - mean) / std, with pixels from 0 to 1."""

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    kinds: str = "f"
    is_range: bool = False

    def mixed(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Mean and std of channels that a matrix has mixed; the stds must be alike for that."""
        ones = np.ones(matrix.shape[1])
        return matrix @ (ones * self.mean), np.abs(matrix) @ (ones * self.std)


ENCODINGS = (
    Encoding("0 to 255", (0,), (1 / 255,), "uif", is_range=True),
    Encoding("0 to 1", (0,), (1,), is_range=True),
    Encoding("-1 to 1", (0.5,), (0.5,), is_range=True),
    Encoding("0 to 65535", (0,), (1 / 65535,), "uif", is_range=True),
    Encoding("0 to 1/255 (divided by 255 twice)", (0,), (255,), is_range=True),
    Encoding("normalized by ImageNet's mean and std", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    Encoding(
        "normalized by CIFAR-10's mean and std",
        (0.4914, 0.4822, 0.4465),
        (0.247, 0.2435, 0.2616),
    ),
    Encoding(
        "normalized by CLIP's mean and std",
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
    ),
    Encoding(
        "0 to 255 less ImageNet's mean in BGR (Caffe)",
        (103.939 / 255, 116.779 / 255, 123.68 / 255),
        (1 / 255,),
    ),
    Encoding("0 to 255/256 (divided by 256)", (0,), (256 / 255,), is_range=True),
)
WHY_RANGE = (
    "ToTensor, ToFloat and convert_image_dtype divide integers by 255, and leave floats as they "
    "are; a model that has a Rescaling layer divides once more"
)
WHY_MEAN = "the two are normalized by other constants, or one is not"
WHY_VALUES = (
    "brightness and contrast, or constants of a normalization; where the numbers differ from "
    "sample to sample, they are drawn at random or are each image's own mean and deviation"
)


class Moments:
    """Covariances of the channels of two images with the same pixels."""

    def __init__(self, a: Floats, b: Floats) -> None:
        step = max(1, int(np.sqrt(a[..., 0].size / ENOUGH)))
        pixels_a = a[::step, ::step].reshape(-1, a.shape[2])
        pixels_b = b[::step, ::step].reshape(-1, b.shape[2])
        pixels_a, pixels_b = pixels_a - pixels_a.mean(0), pixels_b - pixels_b.mean(0)
        n = len(pixels_a)
        self.cov_a = pixels_a.T @ pixels_a / n
        self.cross = pixels_a.T @ pixels_b / n
        self.var_b = (pixels_b**2).mean(0)

    def share(self, matrix: Floats, negative: bool = True) -> float:
        """The part of b's variance that no slopes and offsets of a's mixed channels explain."""
        var = np.einsum("ck,kl,cl->c", matrix, self.cov_a, matrix)
        cov = np.einsum("ck,kc->c", matrix, self.cross)
        cov = cov if negative else np.maximum(cov, 0)
        explained = np.divide(cov**2, var, out=np.zeros_like(var), where=var > 0)
        return float(np.maximum(self.var_b - explained, 0).sum() / max(self.var_b.sum(), 1e-300))


class Lines:
    """For each channel, what is needed to fit b = slope * a + offset."""

    def __init__(self, a: Floats, b: Floats) -> None:
        self.mean_a, self.mean_b = a.mean((0, 1)), b.mean((0, 1))
        a, b = a - self.mean_a, b - self.mean_b
        self.var_a, self.var_b = (a**2).mean((0, 1)), (b**2).mean((0, 1))
        self.cov = (a * b).mean((0, 1))

    def best(self) -> tuple[Floats, Floats]:
        """Slope and offset by least squares."""
        slope = np.divide(self.cov, self.var_a, out=np.zeros_like(self.cov), where=self.var_a > 0)
        return slope, self.mean_b - slope * self.mean_a

    def left(self, slope: Floats, offset: Floats) -> Floats:
        """The mean square of what they leave."""
        bias = self.mean_b - slope * self.mean_a - offset
        left = self.var_b + slope**2 * self.var_a - 2 * slope * self.cov + bias**2
        floored: Floats = np.maximum(left, 0)
        return floored


@dataclasses.dataclass(frozen=True, eq=False)
class Map:
    """b = slope * a + offset, for each channel; in b's values, `zero` is black, `level` is one of
    255 levels, and `ends` are what b's type can hold."""

    slope: Floats
    offset: Floats
    zero: Floats
    level: Floats
    ends: tuple[float, float]
    finding: Finding | None = None

    def levels(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """Both images in levels of 8 bits; a's channels are in b's order."""
        mapped = np.clip(a * self.slope + self.offset, *self.ends)
        return (mapped - self.zero) / self.level, (b - self.zero) / self.level


Known: TypeAlias = tuple[Floats, Floats, Floats, Floats]


class Fit:
    """Two images whose values are to be mapped; `matrix` mixes a's channels into b's."""

    def __init__(self, a: Floats, b: Floats, matrix: Floats, dtypes: Dtypes, names: Names) -> None:
        self.a, self.b = a @ matrix.T, b
        self.matrix, self.dtypes, self.names = matrix, dtypes, names
        self.pixels = Lines(self.a, b)
        # Filters, JPEG and noise leave the means of regions, but not the variance of pixels.
        large = min(b.shape[:2]) >= 8 * REGION
        self.regions = Lines(regions(self.a), regions(b)) if large else self.pixels
        whole = dtypes[1].kind in "ui"
        self.ends = (np.iinfo(dtypes[1]).min, np.iinfo(dtypes[1]).max) if whole else (-INF, INF)

    def map(self) -> Map:
        """The map from a's values to b's: one between two known encodings, if it leaves hardly
        more than the best."""
        eye = np.eye(len(self.matrix))
        possible = (
            _possible(image, matrix, dtype)
            for image, matrix, dtype in zip(
                (self.a, self.b), (self.matrix, eye), self.dtypes, strict=True
            )
        )
        found: list[tuple[float, Encoding, Encoding, Known]] = []
        for first, second in itertools.product(*possible):
            known = self._between(first, second)
            slope, offset, _, level = known
            if self._fits(slope, offset, level):
                if first is second:
                    return Map(*known, self.ends)
                left = float((self.pixels.left(slope, offset) / level**2).sum())
                found.append((left, first, second, known))
        if not found:
            return self._free()
        chosen = found[0]
        for item in found[1:]:
            if item[0] < BETTER * chosen[0] - 1e-6:
                chosen = item
        _, first, second, known = chosen
        name = "range" if first.is_range and second.is_range else "normalization"
        why = WHY_RANGE if name == "range" else WHY_MEAN
        text = f"{self.names[0]} is {first.name}; {self.names[1]} is {second.name}"
        return Map(*known, self.ends, Finding(name, text, why))

    def _between(self, first: Encoding, second: Encoding) -> Known:
        """Slope, offset, zero and level of the map from one encoding to another."""
        mean_a, std_a = first.mixed(self.matrix)
        mean_b, std_b = second.mixed(np.eye(len(self.matrix)))
        return std_a / std_b, (mean_a - mean_b) / std_b, -mean_b / std_b, 1 / (255 * std_b)

    def _fits(self, slope: Floats, offset: Floats, level: Floats) -> bool:
        """Whether a map leaves hardly more than the best."""
        best = float((self.pixels.left(*self.pixels.best()) / level**2).mean())
        least = float((self.regions.left(*self.regions.best()) / level**2).mean())
        left = float((self.regions.left(slope, offset) / level**2).mean())
        # Where rounding leaves something, half a level may be truncation's.
        return left <= 2.5 * least + min(0.36, 9 * best) + 1e-6

    def _free(self) -> Map:
        """The best map."""
        depth_a, depth_b = (_depth(dtype) for dtype in self.dtypes)
        slope, offset = self._best()
        low, high = self.b.min((0, 1)), self.b.max((0, 1))
        if depth_b:
            zero, level = np.zeros_like(slope), np.full_like(slope, depth_b)
        elif depth_a and (slope != 0).all():
            zero, level = offset, np.abs(slope) * depth_a
        else:
            zero, level = low, np.maximum(high - low, 1e-300) / 255
        none = np.ones_like(slope)
        if self._fits(none, 0 * none, level):
            return Map(none, 0 * none, zero, level, self.ends)
        exact = self.pixels.left(slope, offset).sum() < EXACT * self.pixels.var_b.sum()
        finding = self._named(slope, offset, level, depth_a, depth_b, exact)
        return Map(slope, offset, zero, level, self.ends, finding)

    def _best(self) -> tuple[Floats, Floats]:
        """Slope and offset: of what was not cut off at the ends of b's type, if anything was."""
        inside = (self.b > self.ends[0]) & (self.b < self.ends[1])
        slope, offset = self.regions.best()
        if inside.all():
            exact = self.pixels.left(*self.pixels.best()).sum() < EXACT * self.pixels.var_b.sum()
            return self.pixels.best() if exact else (slope, offset)
        for channel in range(self.b.shape[2]):
            kept = inside[..., channel]
            if kept.mean() > 0.1:
                sides = (x[..., channel][kept].reshape(-1, 1, 1) for x in (self.a, self.b))
                slope[channel], offset[channel] = (x[0] for x in Lines(*sides).best())
        return slope, offset

    def _named(
        self, slope: Floats, offset: Floats, level: Floats, deep_a: int, deep_b: int, exact: bool
    ) -> Finding:
        a, b = self.names
        if exact and (slope > 0).all() and bool(deep_a) != bool(deep_b):
            # value = (pixel - mean) / std on the side of the floats
            depth = 255 * (deep_a or deep_b)
            std = 1 / (slope * depth) if deep_a else slope / depth
            mean = -offset * std if deep_a else offset / depth
            one, other = (b, a) if deep_a else (a, b)
            text = (
                f"{one} = ({other} / {depth} - mean) / std, mean {_shown(mean)}, std {_shown(std)}"
            )
            return Finding("normalization", text, WHY_MEAN, (*mean.tolist(), *std.tolist()))
        text = f"{b} = {_shown(slope)} * {a} + {_shown(offset)}"
        # Between floats a level follows from the sample's own values.
        unit = 255 * level if deep_a or deep_b else 1
        numbers = (*slope.tolist(), *(offset / unit).tolist())
        return Finding("values", text, WHY_VALUES, numbers)


def _possible(image: Floats, matrix: Floats, dtype: Any) -> list[Encoding]:
    """The encodings that an image may have whose channels the matrix has mixed."""
    ends = np.array([image.min((0, 1)), image.max((0, 1))])
    found = []
    for encoding in ENCODINGS:
        if dtype.kind in encoding.kinds and len(encoding.mean) in (1, matrix.shape[1]):
            mean, std = encoding.mixed(matrix)
            pixels = ends * std + mean
            # What begins and ends where a range does has that range.
            if encoding.is_range and np.allclose((pixels.min(), pixels.max()), (0, 1), 0, 1e-6):
                return [encoding]
            # Filters overshoot. What has but one level is more likely written in another way.
            if pixels.min() > -0.15 and 1.5 / 255 < pixels.max() < 1.15:
                found.append((encoding, pixels.max() - pixels.min()))
    # So is what has but few.
    widest = max((width for _, width in found), default=0)
    return [encoding for encoding, width in found if width > 0.2 * widest]


def regions(image: Floats) -> Floats:
    """The means of squares of 8 x 8 pixels."""
    height, width = (size // REGION * REGION for size in image.shape[:2])
    shape = height // REGION, REGION, width // REGION, REGION, image.shape[2]
    means: Floats = image[:height, :width].reshape(shape).mean((1, 3))
    return means


def _depth(dtype: Any) -> int:
    """What one of 255 levels is in an image of integers; 0 for floats."""
    return 257 if dtype == np.uint16 else 0 if dtype.kind == "f" else 1


def _shown(numbers: Floats) -> str:
    texts = [f"{number:.3g}" for number in numbers]
    return texts[0] if len(set(texts)) == 1 else f"({', '.join(texts)})"
