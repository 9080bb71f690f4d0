"""Says what was drawn for one sample."""

import argparse
from pathlib import Path
from typing import Any

from .._documents.receipt import from_receipt
from .._images.files import decoded, label
from .._look.png import png
from ._inputs import add_layout, add_pipeline, pipeline


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="print what a pipeline draws for one sample",
        description="Prints a table of the ops: whether each is applied, its parameters and the "
        "keys of its per-pixel draws. The sample is given by its address or by its receipt. As "
        "crops depend on the image's size, the image or its shape is needed.",
        epilog="example: bitaug explain --pipeline train.yaml --seed 42 --epoch 3 "
        "--index cat/a.png --image photos/cat/a.png --trace trace.png",
    )
    add_pipeline(parser)
    parser.add_argument("--seed", type=int, help="0 to 2^64-1")
    parser.add_argument("--stream", help="default: train")
    parser.add_argument("--epoch", type=int, help="0 to 2^32-1")
    parser.add_argument("--index", help="digits for a number, else a key")
    parser.add_argument("--repeat", type=int, help="default 0")
    parser.add_argument("--receipt", help="instead of an address")
    parser.add_argument("--image", type=Path, metavar="FILE", help="the image")
    parser.add_argument(
        "--shape", type=int, nargs="+", metavar="N",
        help="of the image, instead: height, width and channels, or as --layout says",
    )  # fmt: skip
    add_layout(parser)
    parser.add_argument("--dtype", default="uint8", help="with --shape; default uint8")
    parser.add_argument("--trace", type=Path, metavar="PNG", help="draws every stage, with --image")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    if (given.image is None) == (given.shape is None):
        raise ValueError("one of --image and --shape is needed")
    if given.trace is not None and given.image is None:
        raise ValueError(f"--trace {given.trace}: --image is needed, to draw it")
    if given.trace is not None:
        png(given.trace, "--trace")
    names = ("seed", "stream", "epoch", "index", "repeat")
    address = {n: getattr(given, n) for n in names if getattr(given, n) is not None}
    asked = pipeline(given)
    if given.receipt is not None:
        if address:
            raise ValueError(f"--receipt and --{next(iter(address))}: one of them is needed")
        address = from_receipt(given.receipt, asked).address
    elif given.index is not None and given.index.isdecimal():
        address["index"] = int(given.index)
    if given.image is None:
        site = {"shape": given.shape, "dtype": given.dtype, "layout": given.layout}
        print(asked.explain(**address, **site), end="")
        return 0
    image, layout = decoded(given.image), label(given.image, given.layout)
    print(asked.explain(**address, shape=image.shape, dtype=image.dtype, layout=layout), end="")
    if given.trace is not None:
        asked.trace(image, **address, layout=layout).save(given.trace)
    return 0
