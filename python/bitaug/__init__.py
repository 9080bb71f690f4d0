"""Image augmentation for training: fast, and the same bytes everywhere.

>>> import bitaug as ba, numpy as np
>>> images = np.zeros((8, 64, 64, 3), np.uint8)
>>> ba.augment(images, seed=42).shape
(8, 64, 64, 3)
"""

from typing import TYPE_CHECKING

from . import random as random
from ._augment import augment as augment
from ._augment import default_pipeline as default_pipeline
from ._core import __version__ as __version__
from ._core import levels as levels
from ._diagnose.audit import audit as audit
from ._diagnose.compare import compare as compare
from ._diagnose.leaks import leaks as leaks
from ._documents.documents import from_yaml as from_yaml
from ._documents.documents import load as load
from ._documents.documents import save as save
from ._documents.receipt import from_receipt as from_receipt
from ._documents.schema import json_schema as json_schema
from ._order.orders import BalancedOrder as BalancedOrder
from ._order.orders import GroupedOrder as GroupedOrder
from ._order.orders import Order as Order
from ._order.orders import WeightedOrder as WeightedOrder
from ._order.shards import Shards as Shards
from ._order.split import split as split
from ._pipeline.targets import COCO_FLIP_PAIRS as COCO_FLIP_PAIRS
from ._pipeline.targets import BboxParams as BboxParams
from ._pipeline.targets import KeypointParams as KeypointParams
from ._pipeline.transform import Transform as Transform
from ._pipeline.transform import from_json as from_json
from ._values.digest import digest as digest
from ._values.names import missing as _missing
from .ops.blur import *
from .ops.color import *
from .ops.containers import *
from .ops.crops import *
from .ops.custom import *
from .ops.degradations import *
from .ops.flips import *
from .ops.holes import *
from .ops.mixing import *
from .ops.noise import *
from .ops.output import *
from .ops.policies import *
from .ops.sizes import *
from .ops.tones import *
from .ops.warps import *
from .statistics import *

# Imported when they are first used, with what they need beside NumPy.
_LATER = {
    "grain": "grain",
    "huggingface": None,
    "keras": "keras",
    "materialize": None,
    "ray": None,
    "tf": "tensorflow",
    "torch": "torch",
    "webdataset": None,
}

if TYPE_CHECKING:
    from . import grain as grain
    from . import huggingface as huggingface
    from . import keras as keras
    from . import materialize as materialize
    from . import ray as ray
    from . import tf as tf
    from . import torch as torch
    from . import webdataset as webdataset
else:
    # Where types are checked, it would make every name a known one.
    def __getattr__(name: str) -> object:
        import importlib

        if name in _LATER:
            try:
                return importlib.import_module(f"{__name__}.{name}")
            except ModuleNotFoundError as error:
                package = (error.name or "").partition(".")[0]
                if package in ("", __name__):
                    raise
                message = f"bitaug.{name} needs {package}: pip install {package}"
                raise ModuleNotFoundError(message, name=error.name, path=error.path) from error
        raise _missing(name, __dir__())


def __dir__() -> list[str]:
    """With what can be imported here: help() and others ask for all that is listed."""
    import sys
    from importlib.util import find_spec

    there = {
        name
        for name, needed in _LATER.items()
        if needed is None or needed in sys.modules or find_spec(needed)
    }
    return sorted({*globals(), *there})
