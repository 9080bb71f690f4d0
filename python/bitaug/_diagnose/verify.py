"""Recomputes published digests of every op on this machine, at every SIMD level that it has."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from .. import _core
from .._pipeline.transform import build
from .._values.digest import digest
from .._values.types import Array
from ..random import label, philox


def rows() -> list[dict[str, Any]]:
    """Published rows: op or pipeline, its spec, the image's dtype and shape, the address, and the
    digest of the output. There is one of each op and dtype; the project's tests have the others."""
    text = Path(__file__).with_name("published.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def pattern(dtype: str, shape: tuple[int, ...], index: int = 0) -> Array:
    """The image of a published row: noise with many black and white samples.

    Sample e takes word w of element e of the plane whose key is label("pattern"), epoch 0, index 0
    or another: by (w >> 24) & 7, 0 gives black, 1 white, else the low bits: w & 255, w & 65535, or
    (w & 0xffffff) * 2^-24.
    """
    element = np.arange(np.prod(shape))
    blocks = np.arange(64 * -(-element.size // 64) // 4)
    counter = np.zeros((len(blocks), 4), np.int64)
    counter[:, 0], counter[:, 2] = blocks, index
    key = label("pattern")
    words = philox(counter, [key & 0xFFFFFFFF, key >> 32])
    block = element >> 6 << 4 | element & 15
    word = words[block, element >> 4 & 3].reshape(shape).astype(np.int64)
    kind, low = word >> 24 & 7, word & 0xFFFFFF
    values = low / 2**24 if dtype == "float32" else low & (255 if dtype == "uint8" else 65535)
    white = {"uint8": 255, "uint16": 65535, "float32": 1.0}[dtype]
    return np.select([kind == 0, kind == 1], [0, white], values).astype(dtype)


def targets(shape: tuple[int, ...]) -> dict[str, Any]:
    """What comes with that image, for the ops whose draws depend on it: three boxes, and a mask
    whose pixel i, row by row, is i mod 7 where i mod 29 is 3, else 0."""
    height, width = shape[:2]
    boxes = np.array([[0.1, 0.2, 0.6, 0.9], [0.5, 0, 1, 0.5], [0.7, 0.7, 0.9, 0.8]])
    pixel = np.arange(height * width)
    mask = np.where(pixel % 29 == 3, pixel % 7, 0).astype(np.int32)
    return {
        "mask": mask.reshape(height, width),
        "bboxes": boxes * [width, height, width, height],
    }


class Partners:
    """What the rows of ops that mix samples mix: so many images, each the pattern of its index,
    below 2^32, and with the same targets."""

    def __init__(self, dtype: str, shape: tuple[int, ...]) -> None:
        self.dtype, self.shape = dtype, shape

    def __len__(self) -> int:
        return 2**32

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"image": pattern(self.dtype, self.shape, index), **targets(self.shape)}


def recompute(rows: Iterable[dict[str, Any]]) -> list[str]:
    """The digests of the rows at this process's level."""
    return [
        digest(
            build(row["spec"])(
                image=pattern(row["dtype"], tuple(row["shape"])),
                **targets(row["shape"]),
                partners=Partners(row["dtype"], tuple(row["shape"])),
                seed=row["seed"],
                epoch=row["epoch"],
                index=row["index"],
                layout="HWC",
            )["image"]
        )
        for row in rows
    ]


def _at(level: str) -> list[str]:
    """The same in a process of its own, where the level can be set."""
    code = (
        "import json; from bitaug._core import simd; from bitaug._diagnose import verify;"
        "print(json.dumps([simd(), verify.recompute(verify.rows())]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "BITAUG_SIMD": level},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    ran: str
    found: list[str]
    ran, found = json.loads(run.stdout)
    if ran != level:
        raise RuntimeError(f"the level {level} was asked for, {ran} ran")
    return found


def verify(write: Callable[[str], object], quiet: bool) -> bool:
    """Writes each published digest beside those of this machine's levels; whether all agree."""
    levels = _core.levels()
    computed = [_at(level) for level in levels]
    published = rows()
    wrong = 0
    if not quiet:
        write(_line("op", "dtype", "shape", "seed", "published", levels))
    for row, *found in zip(published, *computed, strict=True):
        differs = [each != row["digest"] for each in found]
        wrong += any(differs)
        if any(differs) or not quiet:
            shown = [each + " !" * bad for each, bad in zip(found, differs, strict=True)]
            shape = "x".join(map(str, row["shape"]))
            write(_line(row["op"], row["dtype"], shape, row["seed"], row["digest"], shown))
    count = f"{len(published)} published digests at {len(levels)} levels ({', '.join(levels)})"
    write(f"{count}: {f'{wrong} differ, marked !' if wrong else 'all agree'}")
    return not wrong


def _line(op: str, dtype: str, shape: str, seed: Any, digest: str, found: list[str]) -> str:
    columns = " ".join(f"{each:18}" for each in (digest, *found))
    return f"{op:24} {dtype:7} {shape:8} {seed:<20} {columns}".rstrip()
