"""By which filter an image was resized: each is tried on its source."""

from collections.abc import Iterator

import numpy as np

from ..._values.types import Array
from ...ops.sizes import Resampling, Resize
from .explain import Pair, orders
from .remainder import energy, points
from .sides import Sample, channels_last
from .values import Finding, Fit, Floats, Moments, Names

SMOOTH: tuple[Resampling, ...] = ("bilinear", "bicubic", "lanczos", "box")
# Root mean square of what may be left for a filter to be named, in levels.
NEAR = 2.0
WHY = (
    "torchvision's transforms and Pillow antialias when they shrink; OpenCV, tf.image.resize and "
    "torch's interpolate do not; Keras' load_img takes the nearest pixel"
)


def filters(source: Sample, a: Sample, b: Sample) -> tuple[Finding, Floats] | None:
    """What each side was resized by, if not by the same, and what that leaves of b - a."""
    one, other = (_resized_by(source, side, name) for side, name in ((a, "a"), (b, "b")))
    if one is None or other is None or one[0] == other[0] or one[1].shape != other[1].shape:
        return None
    text = " and ".join(
        f"{name} by {how} (but for {np.sqrt(energy(left)):.2f} levels)"
        for name, (how, left) in (("a", one), ("b", other))
    )
    return Finding("resize", f"the source was resized to {text}", WHY), other[1] - one[1]


def _resized_by(source: Sample, side: Sample, name: str) -> tuple[str, Floats] | None:
    """The filter that an image was resized by, and what it leaves."""
    whole = channels_last(source.image, source.planar)
    image = channels_last(side.image, side.planar).astype(np.float64)
    resizable = whole.dtype in (np.uint8, np.uint16, np.float32)
    if not resizable or whole.shape[:2] == image.shape[:2]:
        return None
    names: Names = ("source", name)
    dtypes = whole.dtype, side.image.dtype
    found = [
        (Moments(resized, image).share(order.matrix), how, resized, order.matrix)
        for how, resized in _candidates(whole, image.shape[0], image.shape[1])
        for order in orders(Pair(resized, image, dtypes, names))
    ]
    if not found:
        return None
    _, how, resized, matrix = min(found, key=lambda item: item[0])
    fit = Fit(resized, image, matrix, dtypes, names)
    one, other = fit.map().levels(fit.a, fit.b)
    return (how, other - one) if energy(other - one) <= NEAR**2 else None


def _candidates(source: Array, height: int, width: int) -> Iterator[tuple[str, Floats]]:
    image = np.ascontiguousarray(source)

    def resized(name: Resampling, antialias: bool) -> Floats:
        resize = Resize(height=height, width=width, interpolation=name, antialias=antialias)
        small: Array = resize(image=image, seed=0, epoch=0, index=0, layout="HWC")["image"]
        return small.astype(np.float64)

    for name in SMOOTH:
        yield f"{name}, antialiased", resized(name, True)
        yield f"{name}, not antialiased", resized(name, False)
    yield "nearest", resized("nearest", False)
    floats = image.astype(np.float64)
    tall, wide = image.shape[0] / height, image.shape[1] / width
    rows, columns = np.arange(height), np.arange(width)
    corners = floats[(rows * tall).astype(int)][:, (columns * wide).astype(int)]
    yield "nearest, counted from corners", corners
    yield "bilinear, counted from corners", points(floats, rows * tall, columns * wide)
    down, across = _covered(len(image), height), _covered(image.shape[1], width)
    yield (
        "the mean of each area",
        np.einsum("ij,jkc,lk->ilc", down, floats, across, optimize=True),
    )
    ends = np.linspace(0, len(image) - 1, height), np.linspace(0, image.shape[1] - 1, width)
    yield "bilinear, align_corners=True", points(floats, *ends)


def _covered(size: int, count: int) -> Floats:
    """How much of each of `size` pixels lies in each of `count` in their place."""
    ends = np.arange(count + 1)[:, None] * size / count
    pixels = np.arange(size)
    shared = np.minimum(ends[1:], pixels + 1) - np.maximum(ends[:-1], pixels)
    part: Floats = np.maximum(shared, 0) * count / size
    return part
