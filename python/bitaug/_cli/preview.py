"""Draws what a pipeline makes of a folder of images."""

import argparse
from pathlib import Path
from typing import Any

from .._look.png import png, save_png
from .._values.numbers import count
from ._inputs import add_address, add_images, add_pipeline, pipeline


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "preview",
        help="draw a contact sheet of a pipeline on a folder of images",
        description="A row for each image: as it is, then in epochs 0, 1 ... as training gets it, "
        "with masks and boxes if given.",
        epilog="example: bitaug preview --pipeline train.yaml --input photos --seed 42 "
        "--output sheet.png",
    )
    add_pipeline(parser)
    add_images(parser)
    add_address(parser)
    parser.add_argument("--epochs", type=int, default=4, metavar="N", help="default 4")
    parser.add_argument(
        "--images",
        type=int,
        default=6,
        metavar="N",
        help="spread over the folder; default 6",
    )
    parser.add_argument("--side", type=int, default=160, help="of each picture in pixels")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="a .png")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from ..materialize._inputs import Inputs
    from ._contact import sheet

    png(given.output, "--output")
    inputs = Inputs.find(given.input, given.masks, given.boxes, given.layout)
    keys = list(inputs.images)
    shown = min(count(given.images, "--images"), len(keys))
    chosen = [keys[i * len(keys) // shown] for i in range(shown)]
    drawn = sheet(
        pipeline(given),
        chosen,
        lambda key: {**inputs.sample(key), "layout": inputs.label(key)},
        seed=given.seed,
        stream=given.stream,
        epochs=count(given.epochs, "--epochs"),
        side=given.side,
    )
    save_png(drawn, given.output)
    print(given.output)
    return 0
