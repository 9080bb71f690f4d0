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

    def width(self, dtype: Any, low: Floats, high: Floats) -> float:
        """How much of 0 to 1 the pixels of an image with these extremes take; 0 if it cannot be
        written so."""
        if dtype.kind not in self.kinds or len(self.mean) not in (1, len(low)):
            return 0.0
        pixels = np.array([low, high]) * self.std + self.mean
        # Filters overshoot. What has but one level is more likely written in another way.
        fits = -0.15 < pixels.min() and 1.5 / 255 < pixels.max() < 1.15
        return float(pixels.max() - pixels.min()) if fits else 0.0


ENCODINGS = (
    Encoding("0 to 255", (0,), (1 / 255,), "uif", is_range=True),
    Encoding("0 to 1", (0,), (1,), is_range=True),
    Encoding("-1 to 1", (0.5,), (0.5,), is_range=True),
    Encoding("0 to 65535", (0,), (1 / 65535,), "uif", is_range=True),
    Encoding("0 to 1/255 (divided by 255 twice)", (0,), (255,), is_range=True),
    Encoding("0 to 255/256 (divided by 256)", (0,), (256 / 255,), is_range=True),
    Encoding("normalized by ImageNet's mean and std", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    Encoding("normalized by CIFAR-10's mean and std", (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
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
)  # fmt: skip
WHY_RANGE = (
    "ToTensor, ToFloat and convert_image_dtype divide integers by 255, and leave floats as they "
    "are; a model that has a Rescaling layer divides once more"
)
WHY_MEAN = "the two are normalized by other constants, or one is not"
WHY_VALUES = (
    "brightness and contrast, or constants of a normalization; where the numbers differ from sample "
    "to sample, they are drawn at random or are each image's own mean and deviation"
)


class Moments:
    """Means and covariances of the channels of two images with the same pixels."""

    def __init__(self, a: Floats, b: Floats) -> None:
        step = max(1, int(np.sqrt(a[..., 0].size / ENOUGH)))
        pixels_a = a[::step, ::step].reshape(-1, a.shape[2])
        pixels_b = b[::step, ::step].reshape(-1, b.shape[2])
        self.mean_a, self.mean_b = pixels_a.mean(0), pixels_b.mean(0)
        pixels_a, pixels_b = pixels_a - self.mean_a, pixels_b - self.mean_b
        n = len(pixels_a)
        self.cov_a = pixels_a.T @ pixels_a / n
        self.cross = pixels_a.T @ pixels_b / n
        self.var_b = (pixels_b**2).mean(0)

    def of(self, matrix: Floats) -> tuple[Floats, Floats, Floats]:
        """Of a's channels, mixed by the matrix, for each of b's: mean, variance, and the
        covariance with b's."""
        var = np.einsum("ck,kl,cl->c", matrix, self.cov_a, matrix)
        return matrix @ self.mean_a, var, np.einsum("ck,kc->c", matrix, self.cross)

    def left(self, matrix: Floats) -> Floats:
        """What of each of b's channels' variance no slope and offset explain."""
        _, var, cov = self.of(matrix)
        explained = np.divide(cov**2, var, out=np.zeros_like(var), where=var > 1e-12)
        return np.maximum(self.var_b - explained, 0)

    def share(self, matrix: Floats) -> float:
        """The part that this is of all its variance."""
        return float(self.left(matrix).sum() / max(self.var_b.sum(), 1e-300))


@dataclasses.dataclass(frozen=True, eq=False)
class Map:
    """b = slope * a + offset, for each channel; in b's values, `zero` is black and `level` is one
    of 255 levels."""

    slope: Floats
    offset: Floats
    zero: Floats
    level: Floats
    finding: Finding | None

    def levels(self, a: Floats, b: Floats) -> tuple[Floats, Floats]:
        """Both images in levels of 8 bits; a's channels are in b's order."""
        mapped = a * self.slope + self.offset
        return (mapped - self.zero) / self.level, (b - self.zero) / self.level


def fitted(a: Floats, b: Floats, matrix: Floats, dtypes: Dtypes, names: Names) -> Map:
    """The map from a's values, whose channels the matrix mixes, to b's: one between two known
    encodings, if it leaves hardly more than the best."""
    moments = Moments(a, b)
    ends = [(image.min((0, 1)), image.max((0, 1))) for image in (a, b)]
    found = []
    for first, second in itertools.product(ENCODINGS, ENCODINGS):
        wide = first.width(dtypes[0], *ends[0])
        if wide and second.width(dtypes[1], *ends[1]):
            known = _between(first, second, matrix)
            left, fits = _fits(moments, matrix, *known)
            if fits:
                found.append((round(left, 9), -wide, len(found), first, second, known))
    if not found:
        return _free(moments, ends[1], matrix, dtypes, names)
    first, second, known = min(found)[3:]
    finding = None
    if first is not second:
        name = "range" if first.is_range and second.is_range else "normalization"
        why = WHY_RANGE if name == "range" else WHY_MEAN
        text = f"{names[0]} is {first.name}; {names[1]} is {second.name}"
        finding = Finding(name, text, why)
    return Map(*known, finding)


Known: TypeAlias = "tuple[Floats, Floats, Floats, Floats]"


def _between(first: Encoding, second: Encoding, matrix: Floats) -> Known:
    """Slope, offset, zero and level of the map from one encoding to another."""
    channels = np.ones(matrix.shape[1]), np.ones(matrix.shape[0])
    # Each mix of a's channels has the mean of the same mix; their deviations must be alike for it.
    mean_a, std_a = matrix @ (channels[0] * first.mean), np.abs(matrix) @ (channels[0] * first.std)
    mean_b, std_b = channels[1] * second.mean, channels[1] * second.std
    return std_a / std_b, (mean_a - mean_b) / std_b, -mean_b / std_b, 1 / (255 * std_b)


def _fits(
    moments: Moments, matrix: Floats, slope: Floats, offset: Floats, _: Floats, level: Floats
) -> tuple[float, bool]:
    """The part of b's variance that a map leaves, and whether it is hardly more than the best."""
    mean, var, cov = moments.of(matrix)
    bias = moments.mean_b - slope * mean - offset
    left = moments.var_b + slope**2 * var - 2 * slope * cov + bias**2
    best = (moments.left(matrix) / level**2).sum() / len(level)
    # Where rounding leaves something, half a level may be truncation's.
    allowed = 1.1 * best + min(0.36, 9 * best) + 1e-6
    fits = (left / level**2).sum() / len(level) <= allowed
    return float(left.sum() / max(moments.var_b.sum(), 1e-300)), bool(fits)


def _free(
    moments: Moments, ends: tuple[Floats, Floats], matrix: Floats, dtypes: Dtypes, names: Names
) -> Map:
    """The best map."""
    mean, var, cov = moments.of(matrix)
    slope = np.divide(cov, var, out=np.zeros_like(var), where=var > 1e-12)
    offset = moments.mean_b - slope * mean
    a, b = names
    depth_a, depth_b = (_depth(dtype) for dtype in dtypes)
    if depth_b:
        zero, level = np.zeros_like(slope), np.full_like(slope, depth_b)
    elif depth_a and (slope != 0).all():
        zero, level = offset, np.abs(slope) * depth_a
    else:
        zero, level = ends[0], np.maximum(ends[1] - ends[0], 1e-300) / 255
    _, same = _fits(moments, matrix, np.ones_like(slope), np.zeros_like(slope), zero, level)
    if same:
        return Map(np.ones_like(slope), np.zeros_like(slope), zero, level, None)
    exact = moments.share(matrix) < EXACT
    if exact and depth_a and not depth_b and (slope > 0).all():
        std = 1 / (slope * 255 * depth_a)
        finding = _normalized(b, a, -offset * std, std)
    elif exact and depth_b and not depth_a and (slope > 0).all():
        finding = _normalized(a, b, offset / (255 * depth_b), slope / (255 * depth_b))
    else:
        text = f"{b} = {_shown(slope)} * {a} + {_shown(offset)}"
        numbers = (*slope.tolist(), *(offset / level / 255).tolist())
        finding = Finding("values", text, WHY_VALUES, numbers)
    return Map(slope, offset, zero, level, finding)


def _normalized(one: str, plain: str, mean: Floats, std: Floats) -> Finding:
    text = (
        f"{one} = ({plain} / its maximum - mean) / std, with mean {_shown(mean)}, std {_shown(std)}"
    )
    return Finding("normalization", text, WHY_MEAN, (*mean.tolist(), *std.tolist()))


def _depth(dtype: Any) -> int:
    """What one of 255 levels is in an image of integers; 0 for floats."""
    return 257 if dtype == np.uint16 else 0 if dtype.kind == "f" else 1


def _shown(numbers: Floats) -> str:
    texts = [f"{number:.3g}" for number in numbers]
    return texts[0] if len(set(texts)) == 1 else f"({', '.join(texts)})"
