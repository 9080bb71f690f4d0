"""The command line: `bitaug`, or `python -m bitaug`. One module for each command."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from .. import __version__

# In the order of --help. Each has `add(commands)`, which sets the function `run` of its parser.
_COMMANDS = (
    "preview", "explain", "materialize", "check", "split", "leaks", "audit", "verify", "schema",
)  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bitaug", description="Image augmentation: the same bytes everywhere."
    )
    parser.add_argument("--version", action="version", version=f"bitaug {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"{__name__}.{name}").add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status: 0, 1 if what was checked does not hold, 2 for an
    error, 130 if it was interrupted, 141 if nobody reads on."""
    given = _parser().parse_args(arguments)
    try:
        status: int = given.run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # As `head` does, the reader has gone; Python would say so once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ImportError, OSError, TypeError, ValueError) as error:
        # Parsers tell the place in lines of their own.
        said = " ".join(line.strip() for line in str(error).splitlines())
        print(f"bitaug {given.command}: {said}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"bitaug {given.command}: interrupted", file=sys.stderr)
        return 130
    return status
