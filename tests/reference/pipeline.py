"""Walks a pipeline's nodes: paths, draws, then each op of `ops/` over a whole image.

An op is a module named as its file in Rust, with

    PLANES = n                                  (left out: 0) planes of per-pixel draws
    sample(op, shape, dtype, draws) -> params   op: the node's fields, shape: (H, W, C)
    sample_seeing(..., seen) -> params          instead, where draws depend on targets: "boxes",
                                                n x 4 of what is seen, and "masks"
    apply(op, params, image, noise) -> image    image: HWC array, noise: a Field per plane
    mask(op, params, mask) -> mask              for geometry: H x W x C array of any dtype
    map(op, params, shape) -> map               for geometry: maps.py; or of several steps, a tuple
                                                of pairs: a map, and the shape after it
    keep(op, params, boxes) -> n bools          where it drops boxes, before they are moved

Where it has planes, mask and map are given the noise too.

apply's `op` has also `white`, the value of white of the image that it gets, and is given the
image's `channels` alone if the node names some.

It draws and computes one op at a time, without fusion, SIMD or threads.
"""

import importlib
from pathlib import Path

import numpy as np

from .containers import ORDERS
from .draws import Draws
from .maps import moved
from .philox import Field, op_key, parameter_key, pixel_key, stream_key, turn_key
from .policies import CHILDREN

CANONICAL_NAN = np.uint32(0x7FC00000).view(np.float32)
NOMINAL_MAX = {np.dtype("uint8"): 255.0, np.dtype("uint16"): 65535.0, np.dtype("float32"): 1.0}


def canonical(values: np.ndarray) -> np.ndarray:
    """Every NaN of a float32 array made the one NaN."""
    return np.where(np.isnan(values), CANONICAL_NAN, values).astype(np.float32)


FILES = {
    path.stem.replace("_", ""): path.stem for path in Path(__file__).with_name("ops").glob("*.py")
}


MIXES = ("CutMix", "MixUp", "Mosaic")


def module(op: str):
    return importlib.import_module(f"tests.reference.ops.{FILES[op.lower()]}")


def run(
    node,
    image,
    *,
    seed,
    epoch,
    index,
    stream="train",
    repeat=0,
    mask=None,
    bboxes=None,
    partners=None,
    depth=None,
):
    """The image, or with a mask (image, mask), or with boxes, pascal_voc, (image, mask, boxes),
    after the pipeline; HWC in, HWC or CHW out. With depth, a map, that comes behind all of them.
    With partners, (image, mask, bboxes) each, also
    pairs of positions and weights, in 65536ths."""
    key = stream_key(seed, stream, repeat)
    root = node if node["op"] == "Compose" else {"op": "Compose", "p": 1.0, "transforms": [node]}
    state = started(root, image, mask, bboxes) | {"root": root, "partners": partners}
    state["mix"], state["depth"] = [(index, 1.0)], depth
    walk(root, "", (key, epoch, index), state, [])
    found = state["image"] if mask is None else (state["image"], state["mask"])
    if bboxes is not None:
        _, seen, shown = state["boxes"]
        left = (seen[:, 2] - seen[:, 0]) * (seen[:, 3] - seen[:, 1]) * shown > 0
        found = state["image"], state["mask"], seen[left]
    if depth is not None:
        return *found, state["depth"]
    return found if partners is None else (found, state["mix"])


def started(root, image, mask, bboxes):
    """What a walk begins with."""
    state = {"image": image, "mask": mask, "white": root.get("white"), "boxes": None}
    if bboxes is not None:
        whole = np.asarray(bboxes, np.float64)
        state["boxes"] = whole, clipped(whole, image.shape), np.ones(len(whole))
    return state


def other(state, address, position, place):
    """The state of another sample once the children of the root before a place have run."""
    key, epoch, _ = address
    shared = {name: state[name] for name in ("root", "partners")}
    made = started(state["root"], *state["partners"][position]) | shared
    made["mix"] = [(position, 1.0)]
    for i, child in enumerate(list(placed(state["root"]["transforms"], ""))[:place]):
        made["place"] = i
        walk(*child, (key, epoch, position), made, [])
    return made


def mix(node, address, state, draws):
    op = getattr(importlib.import_module("tests.reference.mix"), node["op"])
    positions = op.others(node, address[2], len(state["partners"]), draws)
    states = [state, *(other(state, address, at, state["place"]) for at in positions)]
    made, weights = op.mix(node, draws, states)
    parts = zip(states, weights, strict=True)
    made["mix"] = [(at, of * w / 65536) for each, w in parts for at, of in each["mix"]]
    state.update(made)


def clipped(boxes, shape):
    height, width = shape[:2]
    return np.clip(boxes, 0, [width, height, width, height])


def placed(nodes, parent):
    """The nodes of one level, each with its path."""
    counts = {}
    for node in nodes:
        step = node.get("name")
        if step is None:
            counts[node["op"]] = counts.get(node["op"], 0) + 1
            count = counts[node["op"]]
            step = node["op"] if count == 1 else f"{node['op']}#{count}"
        yield node, f"{parent}/{step}" if parent else step


def walk(node, path, address, state, turns, surely=False):
    """`turns` are those of the containers around the node, outermost first; the outermost of all,
    which has but one, is left out."""
    key, epoch, index = address
    own = op_key(key, path)
    for depth, turn in enumerate(turns):
        if turn:
            own = turn_key(own, depth, turn)
    draws = Draws(parameter_key(own), epoch, index)
    if not draws.bernoulli(1.0 if surely else node["p"]):
        return
    if node["op"] in ORDERS:
        made = CHILDREN.get(node["op"])
        children = list(placed(made(node) if made else node["transforms"], path))
        order = ORDERS[node["op"]](node, [child["p"] for child, _ in children], draws)
        for i, place in enumerate(order):
            if not path:
                state["place"] = i
            around = [*turns, order[:i].count(place)] if path else []
            walk(*children[place], address, state, around, node["op"] == "OneOf")
        return
    if node["op"] in MIXES:
        mix(node, address, state, draws)
        return
    op = module(node["op"])
    channels = node.get("channels") or list(range(state["image"].shape[2]))
    image = state["image"][..., channels]
    asked = node, image.shape, image.dtype, draws
    if "graded" in node:
        params = node["graded"](draws, image.shape)
    elif hasattr(op, "sample_seeing"):
        boxes, mask = state["boxes"], state["mask"]
        seen = {"boxes": boxes and boxes[1], "masks": [] if mask is None else [mask]}
        params = op.sample_seeing(*asked, seen)
    else:
        params = op.sample(*asked)
    planes = range(getattr(op, "PLANES", 0))
    noise = [Field(pixel_key(own, plane), epoch, index) for plane in planes]
    given = None if image.dtype == np.uint8 else state["white"]
    white = NOMINAL_MAX[image.dtype] if given is None else given
    with np.errstate(all="ignore"):
        after = op.apply({**node, "white": white}, params, image, noise)
    if node.get("channels"):
        state["image"] = state["image"].copy()
        state["image"][..., channels] = after
    else:
        state["image"] = after
    if node["op"] in ("ToFloat", "Normalize"):
        state["white"] = None
    drawn = [noise] if noise else []
    if state.get("depth") is not None and hasattr(op, "map"):
        black = {**node, "white": 1.0, "fill": [0.0]}
        state["depth"] = op.apply(black, params, state["depth"], noise)
    if state["mask"] is not None and hasattr(op, "mask"):
        state["mask"] = op.mask(node, params, state["mask"], *drawn)
    if state["boxes"] is not None and hasattr(op, "keep"):
        kept = op.keep(node, params, state["boxes"][1])
        state["boxes"] = tuple(boxes[kept] for boxes in state["boxes"])
    if state["boxes"] is not None and hasattr(op, "map"):
        made = op.map(node, params, image.shape, *drawn)
        for m, size in made if isinstance(made, tuple) else ((made, after.shape),):
            whole, seen = (moved(boxes, m) for boxes in state["boxes"][:2])
            state["boxes"] = whole, clipped(seen, size), state["boxes"][2]
