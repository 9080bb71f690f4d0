"""What colour ops share: the range of a sample, and luma."""

import numpy as np

from .pipeline import canonical

LUMA = [9798, 19235, 3735]


def limit(image: np.ndarray, white: float) -> np.ndarray:
    """At most white; float32 also not below 0, without -0.0, every NaN the canonical one."""
    if image.dtype != np.float32:
        return np.minimum(image, image.dtype.type(white))
    return clamp(image + np.float32(0), white)


def clamp(image: np.ndarray, white: float) -> np.ndarray:
    """float32 within 0..white, every NaN the canonical one."""
    white = np.float32(white)
    return canonical(np.where(image < 0, np.float32(0), np.where(image > white, white, image)))


def luma(image: np.ndarray) -> np.ndarray:
    """Of an image of 3 channels: H x W."""
    if image.dtype == np.float32:
        r, g, b = (image[..., c] * np.float32(LUMA[c] / 32768) for c in range(3))
        return r + g + b
    return ((image.astype(np.int64) @ np.array(LUMA) + 16384) >> 15).astype(image.dtype)
