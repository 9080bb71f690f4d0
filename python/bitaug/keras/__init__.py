"""bitaug under Keras: data sets for `fit` whose bytes no worker, shuffle or restart changes, and
the counterpart of ImageDataGenerator. docs/keras.md shows how they go together.

Nothing else of bitaug imports Keras.
"""

from ._dataset import Dataset, Epochs, collate
from ._generator import ImageDataGenerator

__all__ = ["Dataset", "Epochs", "ImageDataGenerator", "collate"]
