"""bitaug under PyTorch: data sets, samplers and loaders whose bytes no worker, rank or restart
changes. docs/pytorch.md shows how they go together.

Nothing else of bitaug imports torch.
"""

from ._check import check as check
from ._collate import collate as collate
from ._collate import collate_list as collate_list
from ._collate import collate_pad as collate_pad
from ._dataset import Augmented as Augmented
from ._loader import DataLoader as DataLoader
from ._loader import Iterable as Iterable
from ._sample import transform as transform
from ._sampler import Sampler as Sampler
from ._slots import ContentKeyed as ContentKeyed
from ._slots import Keyed as Keyed
from ._slots import KeyedLoader as KeyedLoader
