"""Outputs of a pipeline as files, and the proof that they are what it returns."""

from ._check import check
from ._run import run, skipped

__all__ = ["check", "run", "skipped"]
