"""Calls of random pipelines: refused whole, or equal in whatever way they are made."""

import json

import numpy as np

import bitaug as ba

from .draws import IMAGE_TYPES, SHAPES, TYPES, array, attempt, changed, memory, pipeline, value

LAYOUTS = [None, "HW", "HWC", "CHW", "NHW", "NHWC", "NCHW", "", "hwc"]
ARGUMENTS = ["seed", "epoch", "index", "repeat", "stream", "threads", "stack", "out", "layout"]


def digests(arrays):
    return [ba.digest(np.ascontiguousarray(array)) for array in arrays]


def case(random, note):
    sides = random.choice([*SHAPES, (random.randrange(3), random.randrange(3))])
    shape = (*sides, random.choice([1, 3, 3, 3, 4, 6]))
    hostile = random.choice([0.0, 0.0, 0.5])
    transform = pipeline(random, note, [max(side, 1) for side in shape], hostile)
    dtype, count = random.choice(IMAGE_TYPES), random.randint(1, 4)
    batch = [array(random, shape, dtype) for _ in range(count)]
    index = random.choice([[*range(count)], [2**64 - 1] * count, [f"é/{i}" for i in range(count)]])
    at = {
        "seed": random.choice([0, 42, 2**64 - 1]),
        "epoch": random.choice([0, 7, 2**32 - 1]),
        "stream": random.choice(["train", "é"]),
    }
    note(f"{transform!r}, {count} images of {shape}, {dtype}, index={index}, **{at}")
    ways = [alike, alike, alike, sample, given, replayed]
    random.choice(ways)(random, note, transform, batch, index, at)


def alike(random, note, transform, batch, index, at):
    """One way to call equals another."""

    def run(images, index=index, layout="HWC", **options):
        return transform(images, **at, index=index, layout=layout, **options)

    before, usual = digests(batch), attempt(run, batch, threads=1)
    if usual is None:
        return
    wanted = digests(usual)
    if all(np.isfinite(image).all() for image in batch):
        assert all(np.isfinite(output).all() for output in usual), "finite in, not finite out"
    assert digests(run(batch, threads=4)) == wanted, "threads"
    assert digests(run(memory(random, np.stack(batch)), layout="NHWC")) == wanted, "stacked"
    for i, image in enumerate(batch):
        other = memory(random, image)
        note(f"image {i} alone: strides {other.strides}, {other.dtype.byteorder}")
        assert digests([run(other, index[i])]) == wanted[i : i + 1], "alone"
    rest = {"repeat": 0, "layout": "HWC", "out": None, "stack": False}
    core = transform._pipeline
    rest |= {"threads": 1, "sparing": False, "fuse": False}
    steps, _ = core.samples(batch, None, **at, index=index, **rest)
    assert digests(steps) == wanted, "step by step"
    out = [memory(random, np.full_like(output, 7)) for output in usual]
    empty, made = digests(out), attempt(run, batch, out=out)
    assert digests(out) == (empty if made is None else wanted), "out"
    assert digests(batch) == before, "written"


def replayed(random, note, transform, batch, index, at):
    """Parameters replay the call; edited ones are refused, or do what they say."""
    image, at, before = batch[0], at | {"index": index[0]}, digests(batch)
    made = attempt(transform, image, **at, layout="HWC")
    site = {"shape": image.shape, "dtype": image.dtype, "layout": "HWC"}
    params = attempt(transform.params, **at, **site)
    if made is not None:
        again = transform.apply(json.loads(json.dumps(params)), image, layout="HWC")
        assert digests([again]) == digests([made])
        assert transform.trace(image, **at, layout="HWC")[-1].digest == ba.digest(made)
        receipt = transform.receipt(**at)
        again = ba.from_receipt(receipt, transform)(image, layout="HWC")
        assert digests([again]) == digests([made])
    if params is not None:
        edited = changed(random, params)
        note(f"apply({edited!r})")
        attempt(transform.apply, edited, image, layout="HWC")
    assert digests(batch) == before, "written"


def boxes(random, height, width):
    rows, rng = random.randrange(4), np.random.default_rng(random.getrandbits(64))
    corners = np.sort(rng.random((rows, 2, 2)), axis=1).reshape(rows, 4)
    table = corners * [width, height, width, height]
    kinds = [
        lambda: None,
        lambda: table,
        lambda: np.hstack([table, table]).tolist(),
        lambda: table.astype(random.choice(["f4", ">f8", "i8", "i4", "u1", "S2"])),
        lambda: changed(random, table.tolist()),
        lambda: value(random),
    ]
    return random.choice(kinds)()


def sample(random, note, transform, batch, index, at):
    """Targets move with the image and change nothing of it."""
    image, at = batch[0], at | {"index": index[0], "layout": "HWC"}
    height, width, _ = image.shape
    shape = random.choice([(height, width), (height, width), image.shape, (2, 3)])
    mask = memory(random, array(random, shape, random.choice(TYPES)))
    points = [[0, 0], [width / 2, height]]
    targets = {
        "mask": random.choice([None, mask, value(random)]),
        "masks": random.choice([None, [mask] * 2, value(random)]),
        "bboxes": boxes(random, height, width),
        "keypoints": random.choice([None, points, changed(random, points)]),
    }
    targets["labels"] = random.choice([None, list("abcd"[: random.randrange(4)]), value(random)])
    note(f"mask {mask.dtype} {mask.shape}; {targets!r}")
    before = digests([image]), mask.tobytes()
    plain = attempt(transform, image, **at)
    moved = attempt(transform, image=image, **targets, **at)
    assert (digests([image]), mask.tobytes()) == before, "written"
    if moved is None:
        return
    if plain is not None:  # else an op's draws depend on them
        assert digests([moved["image"]]) == digests([plain]), "targets change the image"
    if targets["mask"] is mask:
        assert moved["mask"].dtype == mask.dtype.newbyteorder("=")
    if targets["bboxes"] is not None:
        kept = len(moved["bboxes"])
        assert kept + len(moved["dropped"]) == len(targets["bboxes"])
        assert len(moved.get("labels", moved["bboxes"])) == kept


def given(random, note, transform, batch, index, at):
    """Anything for any argument; `out` is as it was where a call is refused."""
    shape = [random.randrange(4) for _ in range(random.randrange(6))]
    odd = array(random, shape, random.choice(TYPES))
    images = random.choice([batch[0], batch, tuple(batch), np.stack(batch), odd, value(random)])
    images = memory(random, images) if isinstance(images, np.ndarray) else images
    options = at | {"index": random.choice([index, index[0]])}
    for name in random.sample(ARGUMENTS, random.randrange(3)):
        options[name] = random.choice(LAYOUTS) if name == "layout" else value(random)
    shape = random.choice([batch[0].shape, (len(batch), *batch[0].shape)])
    out = memory(random, np.full(shape, 7, random.choice(IMAGE_TYPES)))
    if random.random() < 0.3:
        options["out"] = out
    note(f"transform({images!r:.300}, **{options!r})")
    before, arrays = digests(batch), isinstance(images, np.ndarray)
    kept = images.tobytes() if arrays else b""
    made = attempt(transform, images, **options)
    assert digests(batch) == before and (not arrays or images.tobytes() == kept), "written"
    assert made is not None or (out == 7).all(), "out was written by a call that was refused"
