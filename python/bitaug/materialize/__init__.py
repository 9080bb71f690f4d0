"""Outputs of a pipeline as files, and the proof that they are what it returns."""

from ._check import check as check
from ._run import run as run
from ._run import skipped as skipped
