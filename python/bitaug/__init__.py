"""Image augmentation for training: fast, and the same bytes everywhere.

>>> import bitaug as ba, numpy as np
>>> images = np.zeros((8, 64, 64, 3), np.uint8)
>>> ba.augment(images, seed=42).shape
(8, 64, 64, 3)
"""

from . import random
from ._augment import augment, default_pipeline, digest
from ._core import __version__, levels
from ._transform import Transform, from_json
from .color import *
from .compose import *
from .filters import *
from .geometry import *
from .output import *
