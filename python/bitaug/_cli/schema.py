"""Prints the JSON Schema of pipeline documents."""

import argparse
from typing import Any

from .._documents.schema import schema_text


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of pipeline documents",
        epilog="example: bitaug schema > pipelines.schema.json",
    )
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    print(schema_text(), end="")
    return 0
