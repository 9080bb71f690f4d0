"""Sizes beside torchvision's, which are truncated: the same, or less by one pixel."""

import numpy as np
import torch
from torchvision.transforms import v2

import bitaug as ba

AT = {"seed": 3, "epoch": 1, "index": 4}


def test_sizes_are_torchvisions_but_for_rounding():
    rng, less = np.random.default_rng(1), 0
    for _ in range(200):
        h, w, size = (int(n) for n in rng.integers(1, 300, 3))
        most = size + int(rng.integers(1, 200))
        image = np.zeros((h, w), np.uint8)
        for ours, theirs in [
            (ba.SmallestMaxSize(size), v2.Resize(size)),
            (ba.RandomShortestSize(size, max_size=most), v2.RandomShortestSize(size, most)),
            (ba.RandomResize(size), v2.RandomResize(size, size + 1)),
        ]:
            got = ours(image, **AT).shape
            want = theirs(torch.zeros(1, h, w, dtype=torch.uint8)).shape[1:]
            for mine, other in zip(got, want, strict=True):
                assert mine - other in (0, 1) or (mine, other) == (1, 0), (ours, h, w)
                less += mine - other
    assert less > 100
