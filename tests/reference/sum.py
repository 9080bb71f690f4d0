"""Channel sums in the one fixed order."""

import numpy as np

BLOCK, LANES = 4096, 16


def channel_sums(image: np.ndarray) -> np.ndarray:
    """The sum of each channel of an HWC image: float64."""
    values = image.reshape(-1, image.shape[2]).astype(np.float64)
    # zeros change no sum: lanes start at 0.0, so they are never -0.0
    values = np.pad(values, ((0, -len(values) % BLOCK), (0, 0)))
    values = values.reshape(-1, BLOCK // LANES, LANES, image.shape[2])
    lanes = np.zeros((len(values), LANES, image.shape[2]))
    for i in range(values.shape[1]):
        lanes = lanes + values[:, i]
    while lanes.shape[1] > 1:
        half = lanes.shape[1] // 2
        lanes = lanes[:, :half] + lanes[:, half:]
    sums = lanes[:, 0]
    while len(sums) > 1:
        even = len(sums) & ~1
        sums = np.concatenate([sums[0:even:2] + sums[1:even:2], sums[even:]])
    return sums[0]
