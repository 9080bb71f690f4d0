"""bitaug under PyTorch: data sets, samplers and loaders whose bytes no worker, rank or restart
changes. docs/pytorch.md shows how they go together.

Nothing else of bitaug imports torch.
"""

from ._check import check as check
from ._dataset import Augmented as Augmented
from ._dataset import collate as collate
from ._loader import DataLoader as DataLoader
from ._loader import Iterable as Iterable
from ._sample import transform as transform
from ._sampler import Sampler as Sampler
from ._slots import ContentKeyed as ContentKeyed
from ._slots import Keyed as Keyed
from ._slots import KeyedLoader as KeyedLoader
