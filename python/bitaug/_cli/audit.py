"""Asks a data set or loader by a matrix of probes."""

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Any

from .._diagnose.audit import audit
from .._look.png import png


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "audit",
        help="find out why a data set or loader repeats itself, or cannot be repeated",
        description="Asks a data set, a loader, or a function that makes one, in many ways whose "
        "answers should agree. Exit status 0 if nothing is wrong, else 1.",
        epilog="example: bitaug audit train:make_loader --val train:make_val_loader "
        "--sheet audit.png",
    )
    where = "MODULE:NAME"
    parser.add_argument("given", metavar=where, help="what to audit, as Python would import it")
    parser.add_argument("--val", metavar=where, help="its validation, audited beside it")
    parser.add_argument(
        "--reference", metavar=where, help="the same samples by another path, not augmented"
    )
    parser.add_argument(
        "--augmented", action="store_true", help="training is meant to vary from epoch to epoch"
    )
    parser.add_argument("--samples", type=int, default=64, help="how many of the first; 64")
    parser.add_argument("--epochs", type=int, default=2, help="2 or more; 2")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a probe; 60")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="draw the evidence, by Pillow")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    if given.sheet is not None:
        png(given.sheet, "--sheet")
    # As with `python -m`; what is installed as a script has its own folder there.
    sys.path.insert(0, os.fspath(Path.cwd()))
    one = _load(given.given)
    parts = {"train": one, "val": _load(given.val)} if given.val else {}
    found = audit(
        *([] if parts else [one]),
        reference=_load(given.reference) if given.reference else None,
        augmented=given.augmented,
        samples=given.samples,
        epochs=given.epochs,
        timeout=given.timeout,
        **parts,
    )
    print(found.to_json() if given.json else found)
    if given.sheet and found:
        found.save(given.sheet)
    return 1 if found else 0


def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ValueError(f"{name}: MODULE:NAME is needed, such as train:make_loader")
    try:
        found: Any = importlib.import_module(module)
    # A module may raise whatever it likes, and 1 stands for findings.
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ImportError(f"{name}: {said}; python -c 'import {module}' shows where") from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise ValueError(f"{name}: {module} has no {attribute}")
        found = getattr(found, part)
    return found
