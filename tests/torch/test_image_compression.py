"""ImageCompression against torchvision's JPEG, byte for byte."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import JPEG, PILToTensor

import bitaug as ba

PHOTO = Image.open(Path(__file__).parents[2] / "demo/photos/cat.png").convert("RGB")


@pytest.mark.filterwarnings("ignore:The image decoding:DeprecationWarning")
@pytest.mark.parametrize("quality", [5, 50, 75, 95])
def test_the_bytes_of_torchvision(quality):
    image = PILToTensor()(PHOTO)
    theirs = JPEG(quality)(image)
    ours = ba.ImageCompression(quality_range=quality)(image.permute(1, 2, 0).numpy())
    assert torch.equal(torch.from_numpy(ours).permute(2, 0, 1), theirs)
