"""What turns one image into another: place, channels and values by least squares, then what is
left. Nothing is claimed that does not bring the two together.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from ..._values.types import Array
from ...ops.sizes import Resize
from .remainder import MOST, gray, points, remainder
from .sides import Sample, channels_last
from .values import BETTER, EXACT, Dtypes, Finding, Fit, Floats, Moments, Names

# The part of b's variance that may be left for the two to be the same picture; more, if every other
# place leaves so many times as much.
SAME, APART = 0.1, 2.0
# The part of the variance of its slopes that may be left, if it is not plain.
DETAIL = 0.6
# Pixels on the longer side of what is looked at.
LARGE = 1024
# The part of the smaller image that both have to show.
OVERLAP = 0.5
# The parts of a side that a window about the centre may show.
PARTS = np.arange(32, 65) / 64
# Below this, no place is looked for beyond the eight.
TIGHT = 1e-4

PLACES: dict[str, Callable[[Floats], Floats]] = {
    "": lambda x: x,
    "flip_horizontal": lambda x: x[:, ::-1],
    "flip_vertical": lambda x: x[::-1],
    "rotate_180": lambda x: x[::-1, ::-1],
    "transpose": lambda x: x.swapaxes(0, 1),
    "rotate_90": lambda x: np.rot90(x, 1),
    "rotate_270": lambda x: np.rot90(x, 3),
    "transverse": lambda x: x[::-1, ::-1].swapaxes(0, 1),
}
PLACE_TEXTS = {
    "flip_horizontal": "mirrored left to right",
    "flip_vertical": "mirrored top to bottom",
    "rotate_180": "turned by 180 degrees",
    "transpose": "transposed: rows are columns",
    "rotate_90": "turned by 90 degrees counter-clockwise",
    "rotate_270": "turned by 90 degrees clockwise",
    "transverse": "transposed about the other diagonal",
}
WHY_PLACE = (
    "a flip or turn on one side alone; axes in another order; of photos, the orientation in EXIF "
    "is applied on one side alone"
)
WHY_BGR = (
    "cv2.imread and cv2.imdecode give BGR, nearly all else RGB: "
    "cv2.cvtColor(image, cv2.COLOR_BGR2RGB)"
)
WHY_GRAY = "one side reads or makes gray: IMREAD_GRAYSCALE, color_mode, ToGray"
WHY_WINDOW = "a crop, a shift or padding on one side alone, or with another rule for odd sizes"
WHY_ZOOM = "Resize(256) and CenterCrop(224) on one side, Resize(224) alone on the other"
GRAYS = {
    "by the weights 0.299, 0.587, 0.114": (0.299, 0.587, 0.114),
    "by the same weights in the order BGR": (0.114, 0.587, 0.299),
    "by the weights 0.2126, 0.7152, 0.0722": (0.2126, 0.7152, 0.0722),
    "by the mean": (1 / 3, 1 / 3, 1 / 3),
    "the first": (1.0, 0.0, 0.0),
    "the second": (0.0, 1.0, 0.0),
    "the last": (0.0, 0.0, 1.0),
}


# A place, and the row and column of a that are b's first.
Where: TypeAlias = tuple[str, int, int]
STAYS = ("", 0, 0)


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """How b is made from a.

    Attributes:
        findings: its parts, in the order in which they are applied; none if nothing is known.
        left: what is left of b - a once they are: H x W x C, in levels of 8 bits; None if nothing
            brings the two together.
    """

    findings: tuple[Finding, ...]
    left: Floats | None


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """Two images as H x W x C of float64."""

    a: Floats
    b: Floats
    dtypes: Dtypes
    names: Names

    def swapped(self) -> "Pair":
        return Pair(self.b, self.a, self.dtypes[::-1], self.names[::-1])


@dataclasses.dataclass(frozen=True, eq=False)
class Channels:
    """b's channels as weighted sums of a's."""

    name: str
    text: str
    why: str
    matrix: Floats


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """Two images of one size, made so by `findings`; `share` is the part of b's variance that no
    map of values explains. It is `plain` if nothing is moved, nor made a negative."""

    where: Where
    findings: tuple[Finding, ...]
    channels: Channels
    share: float
    plain: bool
    a: Floats
    b: Floats


def explain(a: Sample, b: Sample, types: bool = True) -> Explanation:
    """What turns a's image into b's; `types`: whether these count. Of large images the middle
    tells it, unless they differ elsewhere alone."""
    sizes = [sorted(channels_last(side.image, side.planar).shape[:2]) for side in (a, b)]
    if sizes[0] == sizes[1] and sizes[0][1] > LARGE:
        middle = _explain(_middle(a), _middle(b), types)
        if not {"bits", "flat", "part"} & {finding.name for finding in middle.findings}:
            return middle
    return _explain(a, b, types)


def _middle(side: Sample) -> Sample:
    """Without its margins: as much on either side, and whole blocks of JPEG."""
    height, width = channels_last(side.image, side.planar).shape[:2]
    rows, columns = (
        slice(margin, size - margin)
        for size in (height, width)
        for margin in [max(0, -(-(size - LARGE) // 32)) * 16]
    )
    cut = side.image[:, rows, columns] if side.planar else side.image[rows, columns]
    return dataclasses.replace(side, image=cut)


def _explain(a: Sample, b: Sample, types: bool) -> Explanation:
    one, other = (channels_last(side.image, side.planar).astype(np.float64) for side in (a, b))
    finite = [np.isfinite(image) for image in (one, other)]
    # What one side lacks says nothing of the rest.
    both = [finite[0] & finite[1]] * 2 if one.shape == other.shape else finite
    one, other = np.where(both[0], one, 0), np.where(both[1], other, 0)
    before = [*_layout(a, b), *_not_finite(*(image.size - int(image.sum()) for image in finite))]
    pair = Pair(one, other, (a.image.dtype, b.image.dtype), ("a", "b"))
    after = list(_types(pair)) if types else []
    if not all(mask.any() for mask in both):
        return Explanation((*before, *after), None)
    flat = _flat(pair) or _flat(pair.swapped())
    if flat is not None:
        return Explanation((*before, flat, *after), None)
    reshaped = _reshaped(a, b)
    if reshaped is not None:
        return Explanation((*reshaped[0], *after), reshaped[1])
    pair, found = _colors(pair)
    more, left = _explained(pair)
    findings = [*before, *found, *more, *after]
    if not findings:
        most = float(np.abs(left).max()) if left is not None else 0.0
        text = f"only the last bits differ, by at most {most:.2g} of 255 levels"
        why = "the same arithmetic in another order or precision; -0 against 0: compare with atol="
        findings = [Finding("bits", text, why)]
    return Explanation(tuple(findings), left)


def _layout(a: Sample, b: Sample) -> Iterator[Finding]:
    shown = [
        "H x W" if x.image.ndim == 2 else "C x H x W" if x.planar else "H x W x C" for x in (a, b)
    ]
    if shown[0] != shown[1]:
        why = "tensors have channels first, arrays and PIL images last: ToCHW, np.moveaxis"
        yield Finding("layout", f"a is {shown[0]}, b is {shown[1]}", why)


def _not_finite(a: int, b: int) -> Iterator[Finding]:
    if a != b:
        text = f"values that are NaN or infinite: {a} in a, {b} in b"
        yield Finding("not_finite", text, "a division by a deviation of 0, or an overflow")


def _types(pair: Pair) -> Iterator[Finding]:
    shown = dict(zip(pair.names, pair.dtypes, strict=True))
    if shown["a"] != shown["b"]:
        why = "a conversion or division on one side alone; with atol= ba.compare counts no types"
        yield Finding("dtype", f"a is {shown['a']}, b is {shown['b']}", why)


def _flat(pair: Pair) -> Finding | None:
    """Nothing is left to compare of an image of one value, or of integers of one level."""
    low, high = pair.b.min(), pair.b.max()
    if low == high:
        text = f"{pair.names[1]} has one value alone, {low:g}"
    elif pair.dtypes[1].kind in "ui" and high <= 1 and len(np.unique(pair.a)) > 2:
        text = f"{pair.names[1]} has no values but 0 and 1"
    else:
        return None
    why = "values of 0 to 1 were stored as integers; an image that was never written"
    return Finding("flat", text, why)


def _is_gray(image: Floats) -> bool:
    return bool((image == image[..., :1]).all())


def _colors(pair: Pair) -> tuple[Pair, list[Finding]]:
    """Without alpha; gray as one channel, and made from what has colors."""
    a, b, counts = pair.a, pair.b, (pair.a.shape[2], pair.b.shape[2])
    findings = []
    if set(counts) == {3, 4}:
        text = f"{pair.names[counts[1] == 4]} has a fourth channel, alpha"
        findings.append(Finding("alpha", text, 'Image.convert("RGB") leaves it out'))
        a, b = a[..., :3], b[..., :3]
    gray_a, gray_b = _is_gray(a), _is_gray(b)
    if gray_a and gray_b and counts[0] != counts[1]:
        text = f"both are gray; a has {counts[0]} channels, b has {counts[1]}"
        findings.append(Finding("gray", text, WHY_GRAY))
    pair = dataclasses.replace(pair, a=a[..., :1] if gray_a else a, b=b[..., :1] if gray_b else b)
    return (pair.swapped() if gray_a and not gray_b else pair), findings


def orders(pair: Pair) -> list[Channels]:
    """From the simplest on."""
    count, wanted = pair.a.shape[2], pair.b.shape[2]
    a, b = pair.names
    if count == wanted:
        orders = [tuple(range(count)), tuple(range(count))[::-1]]
        if count == 3:
            orders += [order for order in itertools.permutations(range(3)) if order not in orders]
        if count == 4:
            orders += [(2, 1, 0, 3), (3, 0, 1, 2), (1, 2, 3, 0)]
        texts = [f"{b}'s channels are {a}'s in the order {order}" for order in orders]
        texts[1] += ": one is RGB, the other BGR" if count == 3 else ""
        return [
            Channels("channels" if i else "", text, WHY_BGR, np.eye(count)[list(order)])
            for i, (order, text) in enumerate(zip(orders, texts, strict=True))
        ]
    if (count, wanted) == (3, 1):
        return [
            Channels("gray", f"{b} is gray, {how} of {a}'s colors", WHY_GRAY, np.array([weights]))
            for how, weights in GRAYS.items()
        ]
    return []


def _explained(pair: Pair) -> tuple[list[Finding], Floats | None]:
    candidates = list(_candidates(pair))
    best = _chosen(candidates) or _mostly_equal(candidates)
    resized = best is None and pair.a.shape[:2] != pair.b.shape[:2]
    if resized:
        candidates = list(_resized(pair))
        best = _chosen(candidates)
    if best is None:
        resized = True
        candidates += _zoomed(pair)
        best = _chosen(candidates)
    if best is None:
        closest = max((1 - candidate.share for candidate in candidates), default=0.0)
        text = (
            f"these are not the same picture, or nothing known turns one into the other (what fits "
            f"best explains {max(closest, 0):.0%})"
        )
        why = "other files, another order, or other parameters of an augmentation"
        return [Finding("unrelated", text, why)], None
    channels = best.channels
    findings = list(best.findings)
    if channels.name:
        numbers = tuple(channels.matrix.ravel().tolist())
        findings.append(Finding(channels.name, channels.text, channels.why, numbers))
    fit = Fit(best.a, best.b, channels.matrix, pair.dtypes, pair.names)
    mapped = fit.map()
    if mapped.finding is not None:
        findings.append(mapped.finding)
    a, b = mapped.levels(fit.a, fit.b)
    if resized:
        return findings, b - a
    more, left = remainder(a, b, pair.names)
    return findings + more, left


def _chosen(candidates: list[Candidate]) -> Candidate | None:
    """The simplest that leaves hardly more than the best, if that one is the same picture."""
    best: Candidate | None = None
    for candidate in candidates:
        if best is None or (best.share > 1e-9 and candidate.share < BETTER * best.share):
            best = candidate
    if best is None:
        return None
    others = [candidate.share for candidate in candidates if _far(candidate.where, best.where)]
    alone = best.share * APART < min(others, default=np.inf)
    known = (best.share < SAME or alone) and (best.plain or _in_detail(best))
    return best if known else None


def _mostly_equal(candidates: list[Candidate]) -> Candidate | None:
    """The images as they are, if most of their pixels are equal."""
    first = candidates[0] if candidates else None
    if first is None or first.where != STAYS or first.a.shape != first.b.shape:
        return None
    return first if (first.a == first.b).all(2).mean() >= MOST else None


def _in_detail(candidate: Candidate) -> bool:
    """Whether the fine detail agrees too: a sky is like any other."""
    if len(candidate.a) < 2:
        return False
    details = (np.diff(image, axis=0) for image in (candidate.a, candidate.b))
    return Moments(*details).share(candidate.channels.matrix, candidate.where == STAYS) < DETAIL


def _far(one: Where, other: Where) -> bool:
    """Whether two places are more than neighbors."""
    return (
        one[0] != other[0] or max(abs(x - y) for x, y in zip(one[1:], other[1:], strict=True)) > 3
    )


def _candidates(pair: Pair) -> Iterator[Candidate]:
    """The two at every place, then shifted by whole pixels too."""
    closest = 1.0
    for place, turn in PLACES.items():
        turned = turn(pair.a)
        if turned.shape[:2] == pair.b.shape[:2]:
            for candidate in _measured(pair, (place, 0, 0), _placed(pair, place), turned, pair.b):
                closest = min(closest, candidate.share)
                yield candidate
    if closest < TIGHT:
        return
    for place, turn in PLACES.items():
        turned = turn(pair.a)
        for down, right in _offsets(gray(turned), gray(pair.b)):
            a, b = _overlap(turned, pair.b, down, right), _overlap(pair.b, turned, -down, -right)
            if a.size and a.shape[0] * a.shape[1] >= OVERLAP * _smaller(turned, pair.b):
                one, other = pair.names
                if turned.shape[:2] == pair.b.shape[:2]:
                    name, text = "offset", f"{other} is {one} moved {-down} down and {-right} right"
                else:
                    name, text = (
                        "crop",
                        f"{other}'s top left is row {down}, column {right} of {one}",
                    )
                findings = [*_placed(pair, place), Finding(name, text, WHY_WINDOW, (down, right))]
                yield from _measured(pair, (place, down, right), findings, a, b)


def _placed(pair: Pair, place: str) -> list[Finding]:
    text = f"{pair.names[1]} is {pair.names[0]} {PLACE_TEXTS[place]}" if place else ""
    return [Finding(place, text, WHY_PLACE)] if place else []


def _measured(
    pair: Pair, where: Where, findings: list[Finding], a: Floats, b: Floats
) -> Iterator[Candidate]:
    moments = Moments(a, b)
    flat = bool((b == b[:1, :1]).all())  # where any image fits, and nothing is shown
    for channels in orders(pair):
        share = 1.0 if flat else moments.share(channels.matrix, where == STAYS)
        plain = where == STAYS and share == moments.share(channels.matrix, False)
        yield Candidate(where, tuple(findings), channels, share, plain, a, b)


def _smaller(a: Floats, b: Floats) -> int:
    return min(int(np.prod(image.shape[:2])) for image in (a, b))


def _overlap(image: Floats, other: Floats, down: int, right: int) -> Floats:
    """The part of an image that the other shows, whose first pixel lies there in it."""
    return image[
        max(down, 0) : max(down + other.shape[0], 0), max(right, 0) : max(right + other.shape[1], 0)
    ]


def _offsets(a: Floats, b: Floats) -> list[tuple[int, int]]:
    """Where b's first pixel may lie in a, by the peak of their phase correlation."""
    height, width = (max(sizes) for sizes in zip(a.shape, b.shape, strict=True))
    spectra = []
    for image in (a, b):
        # Without its ends an image does not correlate with itself at 0 alone.
        window = np.outer(
            np.hanning(image.shape[0] + 2)[1:-1], np.hanning(image.shape[1] + 2)[1:-1]
        )
        spectra.append(np.fft.rfft2((image - image.mean()) * window, (height, width)))
    product = spectra[0] * spectra[1].conj()
    product /= np.maximum(np.abs(product), 1e-12)
    peak = int(np.argmax(np.fft.irfft2(product, (height, width))))
    down, right = divmod(peak, width)
    found = itertools.product((down, down - height), (right, right - width))
    return [offset for offset in found if offset != (0, 0) or a.shape != b.shape]


def _resized(pair: Pair) -> Iterator[Candidate]:
    """The larger one, resized to the other's size."""
    for place, turn in PLACES.items():
        turned = turn(pair.a)
        sizes = turned.shape[:2], pair.b.shape[:2]
        text = (
            f"{pair.names[1]} is {pair.names[0]} resized from {sizes[0][0]} x {sizes[0][1]} "
            f"to {sizes[1][0]} x {sizes[1][1]}"
        )
        findings = [*_placed(pair, place), Finding("size", text, "a resize on one side alone")]
        larger = np.prod(sizes[0]) >= np.prod(sizes[1])
        a = _to(turned, *sizes[1]) if larger else turned
        b = pair.b if larger else _to(pair.b, *sizes[0])
        yield from _measured(pair, (place, 0, 0), findings, a, b)


def _zoomed(pair: Pair) -> Iterator[Candidate]:
    """The middle of one, resized to the other's size."""
    size = pair.b.shape[:2]
    sides, names = (_to(pair.a, *size), pair.b), pair.names
    for i in (0, 1):
        rows, columns = _middle_shown(sides[i], sides[1 - i])
        text = (
            f"{names[1 - i]} is the middle of {names[i]}, about {rows:.0%} of its height and "
            f"{columns:.0%} of its width, resized"
        )
        zoomed = points(sides[i], _about(size[0], size[0], rows), _about(size[1], size[1], columns))
        both = (sides[0], zoomed) if i else (zoomed, sides[1])
        finding = Finding("zoom", text, WHY_ZOOM, (rows, columns))
        yield from _measured(pair, ("zoom", 0, 0), [finding], *both)


def _about(count: int, size: int, part: float) -> Floats:
    """The places of `count` pixels in a part of `size`, about its centre."""
    return (size - 1) / 2 + (np.arange(count) - (count - 1) / 2) * part * size / count


def _middle_shown(whole: Floats, part: Floats) -> tuple[float, float]:
    """The parts of height and width, about the centre, where one image in small shows the other."""
    one, other = gray(_to(whole, 64, 64)), gray(_to(part, 32, 32))
    rows = np.stack([points(np.eye(64), _about(32, 64, each), np.arange(64.0)) for each in PARTS])
    shown = rows[:, None] @ one @ rows.swapaxes(1, 2)
    shown -= shown.mean((2, 3), keepdims=True)
    alike = (shown * (other - other.mean())).sum((2, 3)) / np.sqrt((shown**2).sum((2, 3)) + 1e-12)
    down, right = divmod(int(alike.argmax()), len(PARTS))
    return float(PARTS[down]), float(PARTS[right])


def _to(image: Floats, height: int, width: int) -> Floats:
    resize = Resize(height=height, width=width)
    floats = np.ascontiguousarray(image, np.float32)
    small = resize(image=floats, seed=0, epoch=0, index=0, layout="HWC")["image"]
    resized: Floats = small.astype(np.float64)
    return resized


def _reshaped(a: Sample, b: Sample) -> tuple[list[Finding], Floats] | None:
    """The same values in the same order under another shape, where they mean another picture."""
    if a.image.size != b.image.size or 1 in a.image.shape or 1 in b.image.shape:
        return None
    for one, other, text in _same_orders(a, b):
        eye = np.eye(1)
        if Moments(one, other).share(eye) > EXACT:
            continue
        mapped = Fit(one, other, eye, (a.image.dtype, b.image.dtype), ("a", "b")).map()
        why = "reshape where axes have to be moved: np.moveaxis, transpose, permute"
        findings = [Finding("reshape", text, why), *([mapped.finding] if mapped.finding else [])]
        levels = mapped.levels(one, other)
        return findings, levels[1] - levels[0]
    return None


def _same_orders(a: Sample, b: Sample) -> Iterator[tuple[Floats, Floats, str]]:
    """Both images' values, in orders that are not those of one picture."""
    whole = tuple(channels_last(side.image, side.planar) for side in (a, b))
    if a.planar != b.planar or whole[0].shape != whole[1].shape:
        shapes = f"{a.image.shape}, {b.image.shape}"
        text = f"b has a's values in the same order under another shape: {shapes}"
        yield _in_line(a.image), _in_line(b.image), text
    elif a.image.ndim == 3:
        how = "C x H x W", "H x W x C"
        text = "{} has the values of {} as {} in the same order, but is {}"
        for name, other, sides in (("b", "a", (True, False)), ("a", "b", (False, True))):
            one, two = (
                _in_line(_moved(side) if moved else side.image)
                for side, moved in zip((a, b), sides, strict=True)
            )
            yield one, two, text.format(name, other, how[a.planar], how[not a.planar])


def _in_line(image: Array) -> Floats:
    values: Floats = np.nan_to_num(image.astype(np.float64), nan=0, posinf=0, neginf=0)
    return values.reshape(-1, 1, 1)


def _moved(side: Sample) -> Array:
    """Channels last where they are first, and first where they are last."""
    return np.moveaxis(side.image, *((0, -1) if side.planar else (-1, 0)))
