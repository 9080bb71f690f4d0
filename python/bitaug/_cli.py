"""The command line: `python -m bitaug`."""

import argparse
from collections.abc import Sequence

from . import __version__, _verify, documents


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bitaug", description="Image augmentation: the same bytes everywhere."
    )
    parser.add_argument("--version", action="version", version=f"bitaug {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser(
        "verify",
        help="recompute the published digests on this machine",
        description="Recomputes the published digests at every SIMD level of this machine and "
        "prints each beside the published one. Exit status 0 if all agree, else 1.",
        epilog="example: python -m bitaug verify --quiet",
    )
    verify.add_argument("--quiet", action="store_true", help="print what differs and the sum only")
    commands.add_parser(
        "schema",
        help="print the JSON Schema of pipeline documents",
        epilog="example: python -m bitaug schema > pipelines.schema.json",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status."""
    given = _parser().parse_args(arguments)
    if given.command == "schema":
        print(documents.schema_text(), end="")
        return 0
    return 0 if _verify.verify(print, given.quiet) else 1
