"""Proves what `materialize` wrote."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ._inputs import add_targets
from ._progress import Bar


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "check",
        help="prove that materialized outputs equal those on the fly",
        description="Makes every sample again and compares it with the stored one, byte for byte; "
        "names each image, file and row that was changed, is missing or is extra. Exit status 0 "
        "if there is none, else 1.",
        epilog="example: bitaug check made",
    )
    parser.add_argument("output", type=Path, metavar="OUT", help="the folder")
    parser.add_argument(
        "--input", type=Path, metavar="DIR", help="the images, if not where they were"
    )
    add_targets(parser)
    parser.add_argument("--sample", type=int, metavar="N", help="check N samples only")
    parser.add_argument("--threads", type=int, metavar="N", help="default: all cores")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from ..materialize import check, skipped

    found = check(
        given.output,
        images=given.input,
        masks=given.masks,
        boxes=given.boxes,
        sample=given.sample,
        threads=given.threads,
        progress=Bar(),
    )
    for line in found:
        print(line)
    if found:
        print(f"differences in {given.output}: {len(found)}", file=sys.stderr)
        return 1
    left_out = len(skipped(given.output))
    but = f"; {left_out} samples were skipped, as they could not be read" if left_out else ""
    print(f"{given.output}: stored equals on the fly{but}")
    return 0
