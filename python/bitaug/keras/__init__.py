"""bitaug under Keras: data sets for `fit` whose bytes no worker, shuffle or restart changes, and
the counterpart of ImageDataGenerator. docs/keras.md shows how they go together.

Nothing else of bitaug imports Keras.
"""

from ._dataset import Dataset as Dataset
from ._dataset import Epochs as Epochs
from ._dataset import collate as collate
from ._generator import ImageDataGenerator as ImageDataGenerator
