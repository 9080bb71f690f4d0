"""What people write with Keras: the audit names each cause, and leaves sound generators alone."""

import random

import keras
import numpy as np
import pytest
from PIL import Image

import bitaug as ba

from ... import WATCHDOG
from ...audit_patterns import BITS, drawn

COUNT, SIDE = 24, 32
QUICK = {"timeout": WATCHDOG}


def photo(i):
    """Smooth, as photos are, and none like another."""
    rng = np.random.default_rng(i)
    small = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    for i in range(COUNT):
        photo(i).save(root / f"{i:02}.png")
    return root


class Batches(keras.utils.PyDataset):
    """On the fly, as it is often written; its list is shuffled in place after each epoch."""

    def __init__(self, shuffle=False, change=None):
        super().__init__()
        self.indices = list(range(COUNT))
        self.shuffle, self.change = shuffle, change

    def __len__(self):
        return COUNT // 4

    def __getitem__(self, place):
        chosen = self.indices[place * 4 : place * 4 + 4]
        images = [np.asarray(photo(i), np.float32) / 255 for i in chosen]
        if self.change:
            images = [self.change(image) for image in images]
        return np.stack(images), np.array([i % 3 for i in chosen])

    def on_epoch_end(self):
        if self.shuffle:
            random.shuffle(self.indices)


def flip(image):
    return drawn(image, random.getrandbits(BITS))


class Keyed(Batches):
    """Right: the draws follow from epoch and index."""

    epoch = 0
    pipeline = ba.Compose([ba.HorizontalFlip(), ba.RandomBrightnessContrast()])

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __getitem__(self, place):
        images, labels = super().__getitem__(place)
        index = np.arange(place * 4, place * 4 + 4)
        return self.pipeline(images, seed=7, epoch=self.epoch, index=index), labels


def flowing():
    """The class that is still in many books."""
    images = np.stack([np.asarray(photo(i)) for i in range(COUNT)])
    maker = keras.src.legacy.preprocessing.image.ImageDataGenerator(
        rotation_range=40, width_shift_range=0.2, height_shift_range=0.2, shear_range=0.2,
        zoom_range=0.2, horizontal_flip=True, fill_mode="nearest", rescale=1 / 255,
    )  # fmt: skip
    return maker.flow(images, np.arange(COUNT) % 3, batch_size=4)


@pytest.mark.parametrize(
    ("given", "causes"),
    [(Batches(shuffle=True), {6}), (Batches(change=flip), {6}), (flowing, {6})],
)
def test_cause(given, causes):
    found = ba.audit(given, **QUICK)
    assert set(found.causes) == causes, str(found)


@pytest.mark.parametrize("given", [Batches(), Batches, Keyed(), Keyed])
def test_sound(given):
    found = ba.audit(given, **QUICK)
    assert not found, str(found)


# Complaint 5: on the fly and pre-loaded, by two readers.


class OnTheFly:
    """load_img, and convert_image_dtype on what is a float already: nothing is scaled."""

    side = 24

    def __init__(self, folder):
        self.files = sorted(folder.glob("*.png"))

    def __len__(self):
        return len(self.files)

    def load(self, file):
        size = (self.side, self.side)
        return keras.utils.img_to_array(keras.utils.load_img(file, target_size=size))

    def __getitem__(self, index):
        return keras.ops.cast(self.load(self.files[index]), "float32"), index % 3


class Scaled(OnTheFly):
    def load(self, file):
        return super().load(file) / 255


def test_nothing_has_scaled(folder):
    alone = ba.audit(OnTheFly(folder), **QUICK)
    assert alone.causes == (0,) and "nothing has scaled" in alone.findings[0].text
    found = ba.audit(OnTheFly(folder), value_range=(0, 255), reference=Scaled(folder), **QUICK)
    assert found.causes == (12,) and "b is 0 to 255" in found.findings[0].text


def test_two_readers_that_agree(folder):
    found = ba.audit(Scaled(folder), reference=Scaled(folder), **QUICK)
    assert not found, str(found)
