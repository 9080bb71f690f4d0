"""Image augmentation for training: fast, and the same bytes everywhere.

>>> import bitaug as ba, numpy as np
>>> images = np.zeros((8, 64, 64, 3), np.uint8)
>>> ba.augment(images, seed=42).shape
(8, 64, 64, 3)
"""

from typing import Any as _Any

from . import random as random
from ._audit import audit as audit
from ._augment import augment as augment
from ._augment import default_pipeline as default_pipeline
from ._augment import digest as digest
from ._compare import compare as compare
from ._core import __version__ as __version__
from ._core import levels as levels
from ._leaks import leaks as leaks
from ._names import missing as _missing
from ._receipt import from_receipt as from_receipt
from ._split import split as split
from ._transform import Transform as Transform
from ._transform import from_json as from_json
from .color import *
from .compose import *
from .documents import *
from .filters import *
from .geometry import *
from .order import *
from .output import *
from .statistics import *


def __getattr__(name: str) -> _Any:
    raise _missing(name)
