"""Pipelines and images made from the registry, so that every op takes part by itself."""

import functools
import json

import numpy as np

import bitaug as ba
from bitaug import _core
from bitaug._diagnose.verify import targets
from bitaug._pipeline.transform import build

DTYPES = ("uint8", "uint16", "float32")


def examples(height, width, channels):
    """The nodes of all examples of all ops for images of this shape."""
    return [
        {"op": name, "version": version, **fields}
        for name, version, text in _core.registry(height, width, channels)
        for fields in json.loads(text)
    ]


@functools.cache
def seeing():
    """The names of the ops whose draws depend on targets."""

    def lacks(node):
        try:
            build(node | {"p": 1.0}).params(seed=0, epoch=0, index=0, shape=(8, 8, 3))
        except ValueError as error:
            return "which are missing" in str(error)
        return False

    return {node["op"] for node in examples(8, 8, 3) if lacks(node)}


def images(shape, dtype, count, seed=0):
    """Random images; float32 ones go a bit beyond 0 to 1 and have denormal values,
    infinities and NaN."""
    rng = np.random.default_rng(seed)
    if dtype != "float32":
        return rng.integers(np.iinfo(dtype).max + 1, size=(count, *shape), dtype=dtype)
    batch = rng.normal(0.5, 0.25, size=(count, *shape)).astype(dtype)
    odd = np.array([0.0, -0.0, 1.0, 1e-40, -1e-45, 3.5, np.inf, np.nan], dtype)
    return np.where(rng.random(batch.shape) < 0.1, rng.choice(odd, batch.shape), batch)


def digests(threads=None):
    """Digests of a batch through every op."""
    shape, index = (24, 20, 3), np.arange(4)
    found = {}
    for dtype in DTYPES:
        batch = [{"image": image, **targets(shape)} for image in images(shape, dtype, len(index))]
        for i, node in enumerate(examples(*shape)):
            outputs = build(node)(batch, seed=42, epoch=1, index=index, threads=threads)
            found[f"{i} {node['op']} {dtype}"] = [ba.digest(output["image"]) for output in outputs]
    return found
