"""What ops that look at histograms share: samples as whole levels."""

import numpy as np

from .colour import limit


def most(image: np.ndarray, white: float) -> int:
    """The level of white."""
    return 65535 if image.dtype == np.float32 else int(white)


def levels(image: np.ndarray, white: float) -> np.ndarray:
    """Each sample's level; -1 for NaN."""
    image = limit(image, white)
    if image.dtype != np.float32:
        return image.astype(np.int64)
    level = np.floor(image / np.float32(white) * np.float32(65535) + np.float32(0.5))
    return np.where(np.isnan(level), -1, level).astype(np.int64)


def of_levels(levels: np.ndarray, like: np.ndarray, white: float) -> np.ndarray:
    """Samples of these levels; those of NaN in `like` stay NaN."""
    if like.dtype != np.float32:
        return levels.astype(like.dtype)
    values = levels.astype(np.float32) / np.float32(65535) * np.float32(white)
    return np.where(np.isnan(like), limit(like, white), values)


def histogram(levels: np.ndarray) -> np.ndarray:
    """How many of each level of integers or 65536; NaN are none."""
    return np.bincount(levels[levels >= 0].ravel(), minlength=65536)
