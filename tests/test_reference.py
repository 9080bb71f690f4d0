"""The NumPy twin and Rust give equal bytes: every op, type and shape, with masks."""

import json

import numpy as np
import pytest

from bitaug import Transform, _core
from bitaug._diagnose.verify import targets
from tests.reference import pipeline as twin
from tests.reference.philox import Field, label

SHAPES = [(31, 67, 3), (16, 16, 1), (1, 5, 4), (9, 2, 7), (1, 1, 3), (40, 33, 3)]
DTYPES = ["uint8", "uint16", "float32"]
OPS = [(name, version) for name, version, _ in _core.registry(1, 1, 3)]


def pattern(dtype, shape):
    """Noise with many black and white samples: tests/common/mod.rs."""
    words = Field(label("pattern"), 0, 0).words(int(np.prod(shape))).astype(np.uint32)
    kind = words >> 24 & 7
    if dtype == "float32":
        values, white = (words & 0xFFFFFF).astype(np.float32) / np.float32(2**24), 1
    else:
        white = np.iinfo(dtype).max
        values = words & white
    image = np.where(kind == 0, 0, np.where(kind == 1, white, values))
    return image.astype(dtype).reshape(shape)


def examples(op, version, shape):
    (text,) = [text for name, v, text in _core.registry(*shape) if (name, v) == (op, version)]
    return [{"op": op, "version": version, "p": 1.0, **fields} for fields in json.loads(text)]


def variants(node, dtype, shape):
    """A node by itself, with other values of white, and on some channels."""
    yield node
    if dtype != "uint8":
        whites = (4095, 700) if dtype == "uint16" else (255, 0.5)
        for white in whites:
            yield {"op": "Compose", "version": 1, "p": 1.0, "white": white, "transforms": [node]}
    if hasattr(Transform._registry[node["op"]], "channels"):
        for channels in ([shape[2] - 1], [2, 0, 1], [1, 0]):
            if max(channels) < shape[2]:
                yield {**node, "channels": channels}


def rust(node, image, *, seed, epoch, index, mask=None, bboxes=None, depth=None):
    """The image and the mask, and the boxes and the map if there are any, or what the op says
    against them."""
    masks = [] if mask is None else [("mask", mask, False)]
    masks += [] if depth is None else [("depth", depth, True)]
    run = _core.Pipeline(json.dumps(node)).samples
    image, [(_, moved, boxes, *_)] = run(
        image,
        [([], masks, bboxes, None)],
        seed,
        epoch,
        index,
        "train",
        0,
        "HWC",
        1,
        False,
        None,
        False,
    )
    found = (image, (moved or [None])[0])
    found += () if bboxes is None else (boxes,)
    return found if depth is None else (*found, moved[-1])


def equal(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("op", "version"), OPS)
def test_each_op_equals_its_twin(op, version, dtype):
    compared = 0
    for shape in SHAPES:
        image = pattern(dtype, shape)
        mask = (np.arange(shape[0] * shape[1]) % 251).reshape(shape[:2]).astype(np.int32)
        depth = 9 * pattern("float32", (*shape[:2], 2)) - 3
        for seed, example in enumerate(examples(op, version, shape)):
            for node in variants(example, dtype, shape):
                scale = node["white"] / twin.NOMINAL_MAX[image.dtype] if "white" in node else 1
                pixels = (image * scale).astype(dtype)
                # a little beyond white, as resizing may leave it
                pixels[0, 0, 0] = 1.2 * scale * twin.NOMINAL_MAX[image.dtype] if scale < 1 else 0
                for index in (0, 2**64 - 1):
                    address = {"seed": seed, "epoch": 7, "index": index}
                    given = {"mask": mask, **address, "bboxes": targets(shape)["bboxes"]}
                    try:
                        got, moved, boxes, far = rust(node, pixels, **given, depth=depth)
                    except ValueError:
                        continue  # the op refuses this number of channels
                    given["mask"] = mask[..., None]
                    want, picked, kept, away = twin.run(node, pixels, **given, depth=depth)
                    assert equal(got, np.ascontiguousarray(want)), (node, shape)
                    assert equal(moved, np.ascontiguousarray(picked[..., 0])), (node, shape)
                    assert equal(boxes, np.ascontiguousarray(kept)), (node, shape)
                    assert equal(far, np.ascontiguousarray(away)), (node, shape)
                    compared += 1
    assert compared >= (4 if dtype == "uint8" else 12)


def test_no_finite_value_is_lost_to_nan():
    """NaN in, the one NaN out, and nowhere else."""
    for op, version in OPS:
        for node in examples(op, version, (9, 8, 3)):
            image = pattern("float32", (9, 8, 3))
            image[4, 4] = np.array([0xFFC12345], np.uint32).view(np.float32)
            given = {"seed": 3, "epoch": 0, "index": 5, **targets(image.shape)}
            got, *_ = rust(node, image, **given)
            given["mask"] = given["mask"][..., None]
            want, *_ = twin.run(node, image, **given)
            assert equal(got, np.ascontiguousarray(want)), node


@pytest.mark.parametrize("dtype", DTYPES)
def test_pipelines_equal_their_twin(dtype):
    flip = {"op": "HorizontalFlip", "version": 1, "p": 0.5}
    turn = {"op": "RandomRotate90", "version": 1, "p": 1.0}
    contrast = {
        "op": "RandomBrightnessContrast", "version": 1, "p": 0.8,
        "brightness_limit": [-0.2, 0.2], "contrast_limit": [-0.3, 0.3],
    }  # fmt: skip
    inner = {"op": "Compose", "version": 1, "p": 0.5, "transforms": [flip, contrast, contrast]}
    named = {**flip, "name": "mirror"}
    nodes = [flip, contrast, turn, inner, flip, named, inner]
    node = {"op": "Compose", "version": 1, "p": 0.9, "transforms": nodes}
    image = pattern(dtype, (12, 17, 3))
    for index in range(40):
        got, _ = rust(node, image, seed=11, epoch=2, index=index)
        want = twin.run(node, image, seed=11, epoch=2, index=index)
        assert equal(got, np.ascontiguousarray(want)), index
