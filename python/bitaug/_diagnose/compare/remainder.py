"""What is left once place, channels and values agree: rounding, JPEG, a finer shift, a filter."""

import functools
import importlib.util
import io

import numpy as np

from .values import REGION, Finding, Floats, Names, regions

# Levels of 8 bits: what float arithmetic leaves, of 16 bits too; and what rounding to a level may.
BITS, LEVEL = 0.1, 1.001
# The part of the remaining energy that may be left once something is taken to explain it.
EXPLAINED = 0.25
LUMA = np.array([0.299, 0.587, 0.114])

# JPEG's table of quantisation for brightness (ITU-T T.81, Annex K.1), as libjpeg scales it.
TABLE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
# Of a comb's score, 0 to 1; and the number of coefficients that make it sure.
COMB, SURE = 0.5, 200
# The part of an image that is searched for JPEG's settings; a multiple of a block.
PART = 256
# The part of the pixels that agree where only a part of the image differs.
MOST = 0.5
# How many times more two images differ where they are steep, if another filter made one of them;
# noise is 1.
ALONG = 1.5
# Lucas and Kanade's steps, and how many pixels they may lead away.
STEPS, FAR = 30, 4.0
SAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


def remainder(a: Floats, b: Floats, names: Names) -> tuple[list[Finding], Floats]:
    """What explains b - a, both in levels, and what is then left."""
    left = b - a
    if np.abs(left).max() <= BITS:
        return [], left
    if np.abs(left).max() <= LEVEL:
        return [rounding(left, names)], left
    coded, after = jpeg(a, b, names)
    if coded is not None and (after is None or energy(after) <= EXPLAINED * energy(left)):
        return [coded], left if after is None else after
    findings = [] if coded is None else [coded]
    shifted = shift(a, b, names)
    if shifted is not None:
        return [*findings, shifted[0]], shifted[1]
    finding = other_colors(left) or along_edges(a, b, names) or rest(left)
    return [*findings, finding], left


def energy(image: Floats) -> float:
    return float((image**2).mean())


def gray(image: Floats) -> Floats:
    """Brightness: H x W."""
    bright: Floats = image @ LUMA if image.shape[2] == 3 else image.mean(2)
    return bright


def both_orders(image: Floats) -> list[Floats]:
    """The image with its channels as RGB, and if they may be BGR."""
    return [image, image[..., ::-1]] if image.shape[2] == 3 else [image]


def rounding(left: Floats, names: Names) -> Finding:
    """What differs by no more than a level."""
    low, high, mean = float(left.min()), float(left.max()), float(left.mean())
    many = float((np.abs(left) > BITS).mean())
    shown = f"{many:.0%} of the values differ, by at most {max(-low, high):.2g} of 255 levels"
    if abs(mean) >= 0.05 and (high <= BITS or low >= -BITS):
        text = f"{names[mean < 0]} is cut off to integers, not rounded: {shown}"
        return Finding("truncation", text, "astype(np.uint8) cuts off; np.rint first rounds")
    why = (
        "floats that were stored as integers, or another library's rounding: store float32, or "
        "compare with atol="
    )
    return Finding("rounding", shown, why)


def jpeg(a: Floats, b: Floats, names: Names) -> tuple[Finding | None, Floats | None]:
    """JPEG on one side, or with other qualities; and what is left of b - a if one can be made from
    the other."""
    found = quality(a), quality(b)
    if found[0] == found[1]:
        return None, None
    why = "samples were stored as JPEG, or come from another file: store them as PNG or .npy"
    if found[0] is not None and found[1] is not None:
        text = f"{names[0]} has gone through JPEG at quality {found[0]}, {names[1]} at {found[1]}"
        return Finding("jpeg", text, why, (found[0], found[1])), None
    coded = found[1] is not None
    before, after, known = (a, b, found[1] or 0) if coded else (b, a, found[0] or 0)
    text = f"{names[coded]} has gone through JPEG at quality"
    again, how = encoded(before, after, known)
    if again is not None and not (again - after).round(3).any():
        text = f"{text} {how}: {names[not coded]} encoded so equals it in every pixel"
    else:
        text = f"{text} {known}"
    return Finding("jpeg", text, why, (known,)), None if again is None else after - again


def steps(known: int) -> Floats:
    """The table of a quality, 1 to 100."""
    scale = 5000 // known if known < 50 else 200 - 2 * known
    table: Floats = np.clip((TABLE * scale + 50) // 100, 1, 255).astype(np.float64)
    return table


@functools.cache
def cosines() -> Floats:
    """The orthonormal DCT of 8 values, row by row."""
    rows, columns = np.ogrid[:8, :8]
    scale = np.where(rows == 0, 0.5**0.5, 1.0) / 2
    matrix: Floats = scale * np.cos(np.pi * rows * (2 * columns + 1) / 16)
    return matrix


def quality(image: Floats) -> int | None:
    """The quality of the JPEG that an image comes from: the coefficients of its blocks are then
    multiples of the table's steps."""
    best, found = COMB, None
    for order in both_orders(image):
        y = gray(order)[:PART, :PART]
        height, width = (size // 8 for size in y.shape)
        if not height or not width:
            continue
        blocks = y[: height * 8, : width * 8].reshape(height, 8, width, 8).swapaxes(1, 2)
        coefficients = (cosines() @ blocks @ cosines().T).reshape(-1, 64)
        for known in range(1, 101):
            score = comb(coefficients, steps(known).ravel())
            if score > best:
                best, found = score, known
    return found


def comb(coefficients: Floats, step: Floats) -> float:
    """1 if all coefficients are multiples of their steps, 0 if they lie anywhere."""
    # A step of 1 cannot be told from rounding; coefficients below half a step say nothing.
    counts = (step > 1) & (np.abs(coefficients) > step / 2)
    counts[:, 0] = False
    if counts.sum() < SURE:
        return 0.0
    return float(np.cos(2 * np.pi * (coefficients / step)[counts]).mean())


def encoded(before: Floats, after: Floats, known: int) -> tuple[Floats | None, str]:
    """What Pillow's JPEG makes of `before` with the settings that come nearest to `after`."""
    if importlib.util.find_spec("PIL") is None:
        return None, ""
    candidates = [
        (order, near, sampling)
        for order in range(len(both_orders(before)))
        for near in range(max(1, known - 1), min(100, known + 1) + 1)
        for sampling in range(len(SAMPLINGS) if before.shape[2] == 3 else 1)
    ]
    part = before[:PART, :PART]
    best = min(
        candidates, key=lambda settings: energy(_coded(part, *settings) - after[:PART, :PART])
    )
    text = f"{best[1]}, {SAMPLINGS[best[2]]}" if before.shape[2] == 3 else str(best[1])
    return _coded(before, *best), text


def _coded(image: Floats, order: int, known: int, sampling: int) -> Floats:
    from PIL import Image

    ordered = both_orders(image)[order]
    pixels = np.rint(np.clip(ordered, 0, 255)).astype(np.uint8)
    pixels = pixels if pixels.shape[2] == 3 else pixels[..., 0]
    with io.BytesIO() as file:
        Image.fromarray(np.ascontiguousarray(pixels)).save(
            file, "JPEG", quality=known, subsampling=sampling
        )
        with Image.open(file) as read:
            decoded = np.asarray(read, np.float64)
    decoded = decoded.reshape(image.shape)
    return both_orders(decoded)[order]


def moved(image: Floats, dx: Floats, dy: Floats) -> Floats:
    """An image whose columns lie further right by dx, whose rows lie further down by dy."""
    height, width = image.shape[:2]
    return points(image, np.arange(height) - dy, np.arange(width) - dx)


def points(image: Floats, rows: Floats, columns: Floats) -> Floats:
    """Bilinear between the pixels at these rows and columns."""
    for axis, wanted in ((0, rows), (1, columns)):
        last = image.shape[axis] - 1
        at = np.clip(wanted, 0, last)
        low = np.minimum(at.astype(np.int64), max(last - 1, 0))
        weight = (at - low).reshape([-1 if i == axis else 1 for i in range(image.ndim)])
        high = np.minimum(low + 1, last)
        image = image.take(low, axis) * (1 - weight) + image.take(high, axis) * weight
    return image


def shift(a: Floats, b: Floats, names: Names) -> tuple[Finding, Floats] | None:
    """A shift and a stretch about the centre, by Lucas and Kanade's least squares."""
    height, width = a.shape[:2]
    if min(height, width) < 16:
        return None
    one, other = gray(a), gray(b)
    inner = (slice(height // 16 + 1, -height // 16 - 1), slice(width // 16 + 1, -width // 16 - 1))
    across, down = np.linspace(-1, 1, width), np.linspace(-1, 1, height)
    found = np.zeros(4)
    for _ in range(STEPS):
        near = moved(one, found[0] + found[1] * across, found[2] + found[3] * down)
        gy, gx = gradient(near)
        columns = [gx, gx * across, gy, gy * down[:, None]]
        system = np.stack([column[inner].ravel() for column in columns])
        apart = system @ (other - near)[inner].ravel()
        step = -np.linalg.lstsq(system @ system.T, apart, rcond=None)[0]
        found += step
        if not np.abs(found).max() < FAR:
            return None
        if np.abs(step).max() < 1e-3:
            break
    after = b - moved(a, found[0] + found[1] * across, found[2] + found[3] * down)
    before = energy((b - a)[inner])
    if np.abs(found).max() < 0.03 or energy(after[inner]) > EXPLAINED * before:
        return None
    after[: inner[0].start], after[inner[0].stop :] = 0, 0
    after[:, : inner[1].start], after[:, inner[1].stop :] = 0, 0
    x, stretch_x, y, stretch_y = found
    text = (
        f"{names[1]} lies {x:+.2f} pixels further right and {y:+.2f} further down than {names[0]}"
    )
    why = (
        "another convention of a resize or a warp: pixels counted from their corners, or "
        "from their centres (half a pixel)"
    )
    if max(abs(stretch_x), abs(stretch_y)) > 0.05:
        text += f", stretched about the centre by up to {stretch_x:+.2f} and {stretch_y:+.2f}"
        why += "; a stretch is that of align_corners=True, or of a window of another size"
    return Finding("shift", text, why, tuple(found.round(2).tolist())), after


def other_colors(left: Floats) -> Finding | None:
    """A difference in colour alone."""
    if left.shape[2] != 3:
        return None
    bright = min((gray(order) for order in both_orders(left)), key=energy)
    if energy(bright) > 1 or energy(bright) > energy(left) / 9:
        return None
    text = f"only colors differ, by {np.sqrt(energy(left)):.2g} levels (root mean square)"
    why = "another JPEG decoder, or other upsampling of its colors; saturation"
    return Finding("colors", text, why)


def gradient(image: Floats) -> tuple[Floats, Floats]:
    """Slopes down and to the right."""
    slopes: list[Floats] = list(np.gradient(image))
    return slopes[0], slopes[1]


def steepness(image: Floats) -> Floats:
    """The square of the slope at each pixel."""
    down, right = gradient(image)
    return down**2 + right**2


def along_edges(a: Floats, b: Floats, names: Names) -> Finding | None:
    """A difference along edges that leaves the mean of every region."""
    left = b - a
    if min(left.shape[:2]) < 4 * REGION:
        return None
    slopes, apart = [steepness(gray(image)) for image in (a, b)], (left**2).sum(2)
    # What is drawn on one side alone is steep there alone.
    steep = np.minimum(*slopes)
    if (steep * apart).mean() < ALONG * steep.mean() * apart.mean():
        return None
    if energy(regions(left)) > 0.15 * energy(left):
        return None
    fine = [float(squares.mean()) for squares in slopes]
    which = fine[1] > fine[0]
    text = (
        f"they differ along edges, by {np.sqrt(energy(left)):.2g} levels (root mean square); "
        f"{names[which]} is sharper, by {max(fine) / min(fine):.2f} in the energy of its slopes"
    )
    why = (
        "another filter of a resize, or antialiasing on one side alone; a blur; JPEG before a "
        "resize; ba.compare(a, b, source=), with the images before the resize, names each filter"
    )
    return Finding("resize", text, why)


def rest(left: Floats) -> Finding:
    """What has no other name."""
    changed = np.abs(left).max(axis=2) > BITS
    if changed.mean() <= 1 - MOST:
        rows = np.flatnonzero(changed.any(axis=1))
        columns = np.flatnonzero(changed.any(axis=0))
        text = (
            f"all but {changed.mean():.2%} of the pixels agree; those lie in rows {rows[0]} to "
            f"{rows[-1]}, columns {columns[0]} to {columns[-1]}"
        )
        why = "something is drawn, erased or padded on one side alone"
        return Finding("part", text, why, (float(changed.mean()), *map(float, rows[[0, -1]])))
    text = f"the same picture, but {np.sqrt(energy(left)):.3g} levels (root mean square) are left"
    why = (
        "noise, storing with loss, other parameters of an augmentation, other files: nothing known "
        "explains them"
    )
    return Finding("unexplained", text, why)
