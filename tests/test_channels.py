"""`channels=`: an op on some channels is the op on an image of these alone."""

import dataclasses

import numpy as np
import pytest

import bitaug as ba

AT = {"seed": 3, "epoch": 1, "index": 5}
RGBA = np.random.default_rng(0).integers(0, 256, (70, 90, 4)).astype(np.uint8)
OPS = [
    ba.RandomBrightnessContrast(),
    ba.ColorJitter(
        brightness=(0.5, 1.5), contrast=(0.5, 1.5), saturation=(0.5, 1.5), hue=(-0.2, 0.2)
    ),
    ba.HueSaturationValue(),
    ba.RGBShift(),
    ba.RandomPhotometricDistort(),
    ba.ChannelSwap(order=(1, 2, 0)),
    ba.ChannelDropout(channel_drop_range=(1, 2), p=1),
    ba.ToSepia(p=1),
    ba.PlanckianJitter(),
    ba.FancyPCA(alpha=2),
    ba.CLAHE(tile_grid_size=(3, 4)),
    ba.RandomToneCurve(per_channel=True),
    ba.Contrast(),
    ba.Color(),
    ba.Sharpness(),
    ba.ToGray(p=1),
    ba.ChannelShuffle(),
    ba.GaussNoise(),
    ba.GaussNoise(per_channel=False),
    ba.GaussianBlur(),
    ba.Blur(),
    ba.MedianBlur(),
    ba.MotionBlur(),
    ba.Sharpen(),
    ba.Emboss(),
    ba.ImageCompression(),
    ba.Downscale(),
    ba.AdvancedBlur(),
    ba.Defocus(radius=(3, 3)),
    ba.UnsharpMask(),
    ba.MultiplicativeNoise(per_channel=True),
    ba.MultiplicativeNoise(elementwise=True),
    ba.SaltAndPepper(amount=0.3),
    ba.ISONoise(),
    ba.ShotNoise(),
    ba.Morphological(),
    ba.Equalize(p=1),
    ba.AutoContrast(preserve_tone=True, p=1),
    ba.Posterize(num_bits=[(1, 1), (2, 2), (3, 3)], p=1),
]
IMAGES = [RGBA, RGBA.astype(np.uint16) * 257, RGBA / np.float32(255)]


@pytest.mark.parametrize("op", OPS, ids=lambda op: type(op).__name__)
@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.dtype.name)
@pytest.mark.parametrize("channels", [(0, 1, 2), (2, 1, 0), (3, 0, 1)])
def test_the_channels_alone(op, image, channels):
    some = dataclasses.replace(op, channels=channels)
    want = image.copy()
    want[..., list(channels)] = op(np.ascontiguousarray(image[..., list(channels)]), **AT)
    assert (some(image, **AT) == want).all()
    rest = [c for c in range(4) if c not in channels]
    assert (some(image, **AT)[..., rest] == image[..., rest]).all()
    flipped = ba.Compose([ba.VerticalFlip(p=1), some, ba.CenterCrop(height=30, width=50)])
    alone = some(image[::-1], **AT)[20:50, 20:70]
    assert (flipped(image, **AT) == alone).all()
    batch = flipped(np.stack([image] * 3), seed=3, epoch=1, index=[4, 5, 6], threads=2)
    assert (batch[1] == alone).all()


def test_replays_and_documents():
    noise = ba.Compose([ba.GaussNoise(channels=np.array([0, 2])), ba.ToGray(channels=[2, 1, 0])])
    params = noise.params(**AT, shape=RGBA.shape)
    assert (noise.apply(params, RGBA) == noise(RGBA, **AT)).all()
    assert (
        ba.from_json(noise.to_json()) == noise
        and noise.digest == ba.from_yaml(noise.to_yaml()).digest
    )
    assert "channels" not in ba.GaussNoise().to_json()
    assert ba.GaussNoise(channels=1) == ba.GaussNoise(channels=[1])


@pytest.mark.parametrize("channels", [(), (0, 0), (-1,), (0.5,), "rgb", (True,), [[0]]])
def test_what_are_no_channels(channels):
    with pytest.raises((TypeError, ValueError), match="GaussNoise: channels"):
        ba.GaussNoise(channels=channels)


def test_channels_that_are_not_there():
    noise = ba.Compose([ba.GaussNoise(), ba.GaussNoise(channels=(0, 4), p=0.5)])
    for index in range(8):  # drawn or not
        with pytest.raises(ValueError, match=r"GaussNoise#2: channels=\[0, 4\].* 4, the image's"):
            noise(RGBA, seed=1, epoch=0, index=index)
    with pytest.raises(ValueError, match="needs 3 channels, the image has 2"):
        ba.ToGray(channels=(0, 1))(RGBA, **AT)
