"""Arguments that commands share."""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from .._documents.documents import load
from .._pipeline.transform import Transform
from ..ops.containers import with_white


def add_pipeline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pipeline", type=Path, required=True, metavar="FILE", help="a document: .yaml or .json"
    )
    parser.add_argument("--name", help="which pipeline, if the document has several")
    parser.add_argument(
        "--white", type=float, metavar="VALUE",
        help="what stands for white in uint16 and float32 images; default 65535 and 1",
    )  # fmt: skip


def pipeline(given: argparse.Namespace) -> Transform:
    """The one that the arguments name."""
    found = with_white(_named(given), given.white)
    if found._pipeline.mixes():
        raise ValueError(
            f"{given.pipeline}: it mixes samples, which no command does; in Python the calls of a "
            "pipeline do, and bitaug.torch.Augmented"
        )
    return found


def _named(given: argparse.Namespace) -> Transform:
    found = load(given.pipeline)
    if isinstance(found, Transform):
        if given.name is not None:
            raise ValueError(f"--name {given.name}: {given.pipeline} has one pipeline, no names")
        return found
    if given.name not in found:
        which = "" if given.name is None else f" {given.name}"
        raise ValueError(f"--name{which}: {given.pipeline} has {', '.join(found)}")
    return found[given.name]


def add_layout(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layout", metavar="NAME",
        help="HW, HWC or CHW, of images in .npy files, where their axes could be misread",
    )  # fmt: skip


def add_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", type=Path, required=True, metavar="DIR", help="the folder of images"
    )
    add_layout(parser)
    add_targets(parser)


def add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--masks", type=Path, metavar="DIR", help="a mask for each image, of the same relative path"
    )
    parser.add_argument(
        "--boxes", type=Path, metavar="FILE",
        help='JSON: {"cat/a.png": {"bboxes": [[...]], "labels": [...]}, ...}',
    )  # fmt: skip


# The exit status of what was done without some of the files.
SKIPPED = 3


def add_skip_broken(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--skip-broken", action="store_true",
        help=f"leave out files that cannot be read, and name them; the exit status is {SKIPPED}",
    )  # fmt: skip


def tell_skipped(skipped: Iterable[tuple[str, str]]) -> None:
    """A line for each file that was skipped, with the reason."""
    for name, reason in skipped:
        print(f"skipped: {name}: {reason}", file=sys.stderr)


def add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, required=True, help="0 to 2^64-1")
    parser.add_argument("--stream", default="train", help="default: train")
