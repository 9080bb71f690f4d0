"""RandomPhotometricDistort against torchvision's steps, in its order."""

import numpy as np
import torch
from torchvision.transforms.v2 import functional as tv

import bitaug as ba

# Each step of torchvision rounds down, and contrast enlarges what is off before it.
BOUND = 6


def distorted(image, params):
    steps = [("brightness", tv.adjust_brightness)]
    last = [("saturation", tv.adjust_saturation), ("hue", tv.adjust_hue)]
    last.insert(0 if params["contrast_first"] else 2, ("contrast", tv.adjust_contrast))
    out = torch.from_numpy(image).permute(2, 0, 1)
    for name, adjust in steps + last:
        if params[name] != (0 if name == "hue" else 1):
            out = adjust(out, params[name])
    return out[params["order"]].permute(1, 2, 0).numpy()


def test_distortions_are_torchvisions_but_for_rounding():
    image = np.random.default_rng(0).integers(0, 256, (60, 70, 3), np.uint8)
    pipeline = ba.Compose([ba.RandomPhotometricDistort()])
    worst = 0
    for index in range(40):
        at = {"seed": 1, "epoch": 0, "index": index}
        (step,) = pipeline.params(**at, shape=image.shape)["ops"]
        theirs = distorted(image, step["params"]).astype(int)
        off = np.abs(pipeline(image, **at) - theirs)
        worst = max(worst, off.max())
        assert off.max() <= BOUND and off.mean() < 2, index
    assert worst > 0  # it was distorted
