"""The command line: `bitaug`, or `python -m bitaug`. One module for each command."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from .. import _core

# In the order of --help. Each has `add(commands)`, which sets the function `run` of its parser.
_COMMANDS = (
    "preview", "explain", "materialize", "check", "split", "leaks", "audit", "verify", "schema",
)  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bitaug", description="Image augmentation: the same bytes everywhere."
    )
    parser.add_argument("--version", action="version", version=f"bitaug {_core.__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in _COMMANDS:
        importlib.import_module(f"{__name__}.{name}").add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status: 0, 1 if what was checked does not hold, 2 for an
    error, 3 if it was done without broken files, 130 if it was interrupted, 141 if nobody reads
    on."""
    # A stream that was closed before is None.
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream is not None]
    try:
        try:
            return _status(arguments)
        finally:
            for stream in streams:
                stream.flush()
    except OSError as error:
        # What could not be written would be tried, and told, once more when Python ends.
        for stream in streams:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return 141 if isinstance(error, BrokenPipeError) else 2


def _status(arguments: Sequence[str] | None) -> int:
    given = _parser().parse_args(arguments)
    try:
        status: int = given.run(given)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone, as `head` does.
        raise
    except (ImportError, MemoryError, OSError, TypeError, ValueError) as error:
        # Parsers tell the place in lines of their own.
        said = " ".join(line.strip() for line in str(error).splitlines())
        _say(f"bitaug {given.command}: {said}")
        return 2
    except KeyboardInterrupt:
        _say(f"bitaug {given.command}: interrupted")
        return 130
    return status


def _say(text: str) -> None:
    if sys.stderr is not None:
        print(text, file=sys.stderr)
