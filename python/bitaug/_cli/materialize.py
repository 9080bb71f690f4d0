"""Writes a pipeline's outputs for a folder of images."""

import argparse
from pathlib import Path
from typing import Any

from ._inputs import (
    SKIPPED,
    add_address,
    add_images,
    add_pipeline,
    add_skip_broken,
    pipeline,
    tell_skipped,
)
from ._progress import Bar


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "materialize",
        help="write what a pipeline makes of a folder of images",
        description="Writes images, and masks and boxes if given, a manifest with a row for each "
        "sample, and SHA256SUMS. The outputs equal those on the fly. Killed at any moment, it goes "
        "on where it stopped when it is started again. `bitaug check OUT` proves what it wrote.",
        epilog="example: bitaug materialize --pipeline train.yaml --input photos --output made "
        "--epochs 3 --seed 42",
    )
    add_pipeline(parser)
    add_images(parser)
    add_address(parser)
    parser.add_argument("--epochs", type=int, default=1, metavar="N", help="default 1: epoch 0")
    parser.add_argument("--output", type=Path, required=True, metavar="OUT", help="a folder")
    parser.add_argument(
        "--format", default="npy", metavar="NAME",
        help="npy (default), png, webdataset or parquet",
    )  # fmt: skip
    parser.add_argument(
        "--encoding", metavar="NAME", help="within webdataset and parquet: npy (default) or png"
    )
    parser.add_argument(
        "--shard-size", type=int, metavar="N",
        help="samples in a file; default 1000 for webdataset and parquet; npy then has arrays of "
        "N samples instead of a file for each",
    )  # fmt: skip
    parser.add_argument(
        "--engine", default="local", metavar="NAME", help="local (default), or ray for its cluster"
    )
    add_skip_broken(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="default: all cores")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from ..materialize import run, skipped

    made = run(
        pipeline(given),
        given.input,
        given.output,
        seed=given.seed,
        epochs=given.epochs,
        stream=given.stream,
        format=given.format,
        encoding=given.encoding,
        shard_size=given.shard_size,
        masks=given.masks,
        boxes=given.boxes,
        layout=given.layout,
        skip_broken=given.skip_broken,
        engine=given.engine,
        threads=given.threads,
        progress=Bar(),
    )
    left_out = skipped(given.output)
    tell_skipped({each.key: each.reason for each in left_out}.items())
    but = f" but for {len(left_out)} skipped" if left_out else ""
    print(f"{made} samples made; {given.output} is complete{but}")
    return SKIPPED if left_out else 0
