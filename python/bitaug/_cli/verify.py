"""Recomputes published digests."""

import argparse
from typing import Any

from .._diagnose.verify import verify


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "verify",
        help="recompute published digests of every op on this machine",
        description="Recomputes a published digest of every op and type at every SIMD level of "
        "this machine and prints each beside it. Exit status 0 if all agree, else 1.",
        epilog="example: bitaug verify --quiet",
    )
    parser.add_argument("--quiet", action="store_true", help="print what differs and the sum only")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    return 0 if verify(print, given.quiet) else 1
