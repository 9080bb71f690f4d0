"""bitaug under PyTorch: data sets, samplers and loaders whose bytes no worker, rank or restart
changes. docs/pytorch.md shows how they go together.

Nothing else of bitaug imports torch.
"""

from ._check import check
from ._collate import collate, collate_list, collate_pad
from ._dataset import Augmented
from ._loader import DataLoader, Iterable
from ._sample import transform
from ._sampler import Sampler
from ._slots import ContentKeyed, Keyed, KeyedLoader

__all__ = [
    "Augmented",
    "ContentKeyed",
    "DataLoader",
    "Iterable",
    "Keyed",
    "KeyedLoader",
    "Sampler",
    "check",
    "collate",
    "collate_list",
    "collate_pad",
    "transform",
]
