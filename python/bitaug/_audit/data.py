"""What is wrong with the values themselves, alone and beside a reference."""

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .._transform import Array
from . import samples
from .causes import AS_IS
from .report import Finding, finding
from .samples import Row
from .tables import SHOWN, Pairs

if TYPE_CHECKING:
    from .examine import Examined


def facts(one: "Examined") -> Iterator[Finding]:
    """Passes without samples; constant, missing and misplaced values."""
    passes = one.tables[AS_IS].epochs if AS_IS in one.tables else []
    rows = passes[0] if passes else []
    # A function may make what is gone through once.
    if not all(passes[:1] if one.part.fresh else passes):
        text = f"The {'second' if rows else 'first'} pass has no samples."
        advice = "a generator can be gone through once: give the function that makes it"
        yield Finding(0, one.part.name, text, advice, (AS_IS,))
    if len(rows) > 1 and len({row.digest for row in rows}) == 1:
        text = f"All of the first {len(rows)} samples are the same image: the index is ignored."
        yield _of(one, rows, 0, text, "load or choose the image in __getitem__, by its index")
    wrong = [row for row in rows if row.wrong]
    if wrong:
        text = (
            f"{len(wrong)} of {len(rows)} samples have NaN or infinite values; the first, "
            f"{wrong[0].id!r}, {wrong[0].wrong} of {math.prod(wrong[0].shape)}."
        )
        yield _of(one, wrong, 0, text, "look for a division by zero, or a file that is broken")
    finite = [row for row in rows if not math.isnan(row.low)]
    if finite:
        yield from _range(one, finite)


def _of(one: "Examined", rows: list[Row], cause: int, text: str, advice: str) -> Finding:
    shown = rows[:SHOWN]
    return Finding(
        cause, one.part.name, text, advice, (AS_IS,),
        tuple(row.id for row in shown),
        tuple((row.digest,) for row in shown),
        tuple((row.small,) for row in shown),
    )  # fmt: skip


def _range(one: "Examined", rows: list[Row]) -> Iterator[Finding]:
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    allowed = one.settings.value_range
    if allowed is not None:
        out = [row for row in rows if row.low < allowed[0] or row.high > allowed[1]]
        if out:
            text = (
                f"Values are {low:.5g} to {high:.5g} in {len(out)} of {len(rows)} samples; "
                f"{allowed[0]:g} to {allowed[1]:g} was said."
            )
            yield _of(one, out, 0, text, "scale or clip them")
    elif low < 0 or not all(row.dtype.startswith("float") for row in rows):
        return  # Normalised, or of a type that says what its range is.
    elif 0 < high <= 1.001 / 255:
        text = f"Values are {low:.3g} to {high:.3g}: divided by 255 twice."
        yield _of(one, rows, 12, text, "scale once: ba.ToFloat() takes the type into account")
    elif 64 < high <= 255.3:
        text = (
            f"Values are {low:.5g} to {high:.5g} as {rows[0].dtype}: nothing has scaled them to 0 "
            "to 1."
        )
        advice = "scale by 1/255, or say that the model does it: value_range=(0, 255)"
        yield _of(one, rows, 0, text, advice)


def beside(one: "Examined", given: list[Row], reference: list[Row]) -> Iterator[Finding]:
    """Where the audited part and its reference do not agree: the first thing that explains it."""
    if any(row.id is None for row in [*given, *reference]):
        # In the order they come, if nothing tells which is which.
        pairs = list(zip(given, reference, strict=False))
    else:
        other = {row.id: row for row in reference}
        pairs = [(row, other[row.id]) for row in given if row.id in other]
    if not pairs:
        text = "No sample of the reference has the id of one audited."
        yield Finding(12, one.part.name, text, "let both tell the same ids: identify=")
        return
    differing = [(a, b) for a, b in pairs if a.digest != b.digest]
    for rows in (given, reference):
        path = samples.label_path(rows)
        for row in rows:
            row.label = None if path is None else row.scalars.get(path)
    labels = [(a, b) for a, b in pairs if None not in (a.label, b.label) and a.label != b.label]
    found = Pairs(("audited", "reference"), differing or labels, [])
    said = explain(differing)
    if said is not None:
        yield finding(12, one.part.name, *said, found)
    elif labels:
        a, b = labels[0]
        text = (
            f"The images agree, but {len(labels)} of {len(pairs)} labels do not: {a.id!r} is "
            f"{a.label!r} here and {b.label!r} there. One was shuffled without the other."
        )
        yield finding(12, one.part.name, text, "keep image and label in one sample", found)


def explain(pairs: list[tuple[Row, Row]]) -> tuple[str, str] | None:
    """The difference of images in words and what to do; None where there is none."""
    if not pairs:
        return None
    images = [
        (_last(a.image), _last(b.image))
        for a, b in pairs[:SHOWN]
        if a.image is not None and b.image is not None
    ]
    for look in (_turned, _sizes, _affine):
        said = look(images)
        if said is not None:
            return said
    count = len(pairs)
    return f"{count} images differ, in no simple way.", "look at both: save() draws them"


def _last(image: Array) -> Array:
    """Channels last, as float64."""
    if samples.channels_first(image.shape):
        image = np.moveaxis(image, 0, -1)
    image = image[..., None] if image.ndim == 2 else image
    return image.astype(np.float64)


TURNS = ("turned by 90 degrees", "turned by 180 degrees", "turned by 270 degrees")


def _turned(images: list[tuple[Array, Array]]) -> tuple[str, str] | None:
    """EXIF's orientations, as far as they turn and not mirror."""
    for turns, name in enumerate(TURNS, 1):
        if all(a.ndim == 3 and _near(np.rot90(a, turns), b) for a, b in images):
            text = f"The images are {name} beside the reference."
            return text, "let both readers treat EXIF's orientation alike"
    return None


def _sizes(images: list[tuple[Array, Array]]) -> tuple[str, str] | None:
    for a, b in images:
        if a.shape != b.shape:
            shapes = f"{' x '.join(map(str, a.shape))} and {' x '.join(map(str, b.shape))}"
            if a.shape[1::-1] == b.shape[:2] and a.shape[0] != a.shape[1]:
                text = f"Height and width are swapped: {shapes}."
                return text, "let both readers treat EXIF's orientation alike"
            return f"The shapes differ: {shapes}.", "resize both in the same way"
    return None


def _near(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-3, atol=1e-6))


def _affine(images: list[tuple[Array, Array]]) -> tuple[str, str] | None:
    """The channels and the straight line that lead from the reference to what is audited."""
    given = np.concatenate([a.reshape(-1, a.shape[-1]) for a, _ in images])
    wanted = np.concatenate([b.reshape(-1, b.shape[-1]) for _, b in images])
    channels = tuple(range(wanted.shape[1]))
    orders = list(itertools.permutations(channels)) if len(channels) <= 4 else [channels]
    fits = {order: _fit(wanted[:, list(order)], given) for order in orders}
    order = min(fits, key=lambda order: fits[order].rest)
    if fits[order].rest > 0.5 * fits[channels].rest:
        order = channels
    fit, contrast = fits[order], max(float(given.std()), 1e-12)
    if fit.rest > 0.5 * contrast:
        return None
    # What else differs biases the line.
    slack = 0.05 + fit.rest / contrast
    texts, advice = [], []
    if order != channels:
        names = "RGB" if len(channels) == 3 else "0123"
        shown = "".join(names[i] for i in order)
        texts.append(f"The channels are {shown} where the reference has {names}.")
        advice.append("one of the readers gives BGR, as OpenCV does: convert it")
    if abs(fit.slope - 1) > slack or abs(fit.offset) > slack * contrast:
        line = _line(fit, slack, abs(fit.offset) > slack * contrast)
        texts.append(f"The values are scaled otherwise: given = {line}.")
        advice.append("scale once, in one place")
    if fit.rest > 0.015 * contrast:
        edges = _edges([(a, b[..., list(order)]) for a, b in images], fit)
        texts.append(
            f"What is left is {fit.rest / contrast:.2g} of the contrast, "
            + (
                f"{edges:.1f} times as much at edges as elsewhere: resized by another rule."
                if edges > 2
                else "as noise: stored with loss, decoded otherwise, or augmented."
            )
        )
        advice.append("read, resize and store both in the same way")
    if not texts:
        return "They differ by a rounding, no more.", "use one reader if bytes have to be equal"
    return " ".join(texts), "; ".join(advice)


class Fit(NamedTuple):
    """given = slope * wanted + offset, and the root mean square of what is left."""

    slope: float
    offset: float
    rest: float


def _fit(wanted: Array, given: Array) -> Fit:
    x, y = wanted.ravel(), given.ravel()
    spread = float(x.var())
    slope = float(((x - x.mean()) * (y - y.mean())).mean()) / spread if spread else 0.0
    offset = float(y.mean() - slope * x.mean())
    return Fit(slope, offset, float(np.sqrt(((slope * x + offset - y) ** 2).mean())))


def _line(fit: Fit, slack: float, shifted: bool) -> str:
    """The straight line in words."""
    if shifted:
        return (
            f"{fit.slope:.5g} x reference {'+' if fit.offset >= 0 else '-'} {abs(fit.offset):.3g}"
        )
    known = {"255": 255.0, "1/255": 1 / 255}
    near = [name for name, factor in known.items() if abs(fit.slope / factor - 1) < slack]
    return f"{near[0] if near else round(fit.slope, 5)} x reference"


def _edges(images: list[tuple[Array, Array]], fit: Fit) -> float:
    """How many times more they differ where the reference is steep than where it is flat."""
    steep, flat = [], []
    for a, b in images:
        rest = np.abs(fit.slope * b + fit.offset - a).mean(axis=2)
        gray = b.mean(axis=2)
        slope = np.hypot(*np.gradient(gray)) if min(gray.shape) > 1 else np.zeros_like(gray)
        # Between them is what is neither.
        low, high = np.quantile(slope, (0.5, 0.75))
        steep.append(rest[slope > high])
        flat.append(rest[slope <= low])
    there, elsewhere = (np.concatenate(each) for each in (steep, flat))
    return float(there.mean() / max(elsewhere.mean(), 1e-12)) if there.size else 0.0
