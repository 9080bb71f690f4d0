"""Finds images that two folders share."""

import argparse
from pathlib import Path
from typing import Any

from .._diagnose.leaks import leaks
from .._look.png import png
from ._inputs import SKIPPED, add_layout, add_skip_broken, tell_skipped


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "leaks",
        help="find images that are in two folders, or twice in one",
        description="Finds images of one folder that are in the other, too: the same files, also "
        "through links, equal pixels, and near copies (resized, compressed anew, ...). Prints a "
        "line for each pair: kind, distance and both paths, with tabs between them. Exit status 1 "
        "if there are any, 3 if there are none but some files were skipped, else 0.",
        epilog="example: bitaug leaks photos/train photos/val --sheet leaks.png",
    )
    parser.add_argument("train", type=Path, metavar="TRAIN", help="a folder of images")
    parser.add_argument(
        "val", type=Path, nargs="?", metavar="VAL",
        help="another; without it the images of the first are compared with each other",
    )  # fmt: skip
    parser.add_argument(
        "--distance", type=int, default=6, metavar="BITS",
        help="how many of the 64 bits of their hashes near images may differ in (default: 6)",
    )  # fmt: skip
    parser.add_argument("--flips", action="store_true", help="also compare with mirrored images")
    add_layout(parser)
    add_skip_broken(parser)
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="draw the first 24 pairs")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    if given.sheet is not None:
        png(given.sheet, "--sheet")
    found = leaks(
        given.train,
        given.val,
        distance=given.distance,
        flips=given.flips,
        skip_broken=given.skip_broken,
        layout=given.layout,
    )
    for pair in found:
        print(found.line(pair))
    print(found.summary())
    if given.sheet is not None and found:
        found.save(given.sheet)
    tell_skipped(found.skipped)
    return 1 if found else SKIPPED if found.skipped else 0
