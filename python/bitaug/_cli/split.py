"""Splits a folder of images by their paths."""

import argparse
from pathlib import Path
from typing import Any

from .._images.files import find, replacing
from .._order.split import split


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "split",
        help="split a folder of images into parts that no new file disturbs",
        description="Writes a list of relative paths for each part, OUT/NAME.txt. A file's part "
        "depends on its path alone: adding, removing or reordering others moves none.",
        epilog="example: bitaug split --input photos --parts train=0.8 val=0.2 --seed 7 "
        "--output lists",
    )
    parser.add_argument(
        "--input", type=Path, required=True, metavar="DIR", help="the folder of images"
    )
    parser.add_argument(
        "--parts", nargs="+", required=True, metavar="NAME=FRACTION", help="their sum is 1"
    )
    parser.add_argument("--seed", type=int, required=True, help="0 to 2^64-1")
    parser.add_argument("--stream", default="split", help="names an independent split")
    parser.add_argument(
        "--group", type=int, metavar="N",
        help="keep files together whose paths begin with the same N folders",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, metavar="OUT", help="for the lists")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    depth = given.group
    if depth is not None and depth < 1:
        raise ValueError(f"--group {depth}: from 1 on")
    keys = list(find(given.input))
    lost = next((key for key in keys if len(key.splitlines()) > 1), None)
    if lost is not None:
        raise ValueError(f"{lost!r}: a list has a path in each line; rename it")
    parts = split(
        keys,
        _fractions(given.parts),
        seed=given.seed,
        stream=given.stream,
        group=None if depth is None else lambda key: "/".join(key.split("/")[:-1][:depth]),
    )
    given.output.mkdir(parents=True, exist_ok=True)
    for name, keys in parts.items():
        file = given.output / f"{name}.txt"
        with replacing(file) as lines:
            lines.write("".join(f"{key}\n" for key in keys).encode())
        print(f"{len(keys)} in {file}")
    return 0


def _fractions(parts: list[str]) -> dict[str, float]:
    fractions: dict[str, float] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if name in fractions or not name or "/" in name or "\\" in name:
            allowed = "a new name without / and \\, =, and a fraction are needed"
            raise ValueError(f"--parts {part}: {allowed}")
        try:
            fractions[name] = float(value)
        except ValueError:
            raise ValueError(f"--parts {part}: {value!r} is not a number") from None
    return fractions
