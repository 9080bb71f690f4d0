"""Accuracy drops when images are computed in advance.

My script loads a picture with Keras, flips it, turns it and changes its brightness, and trains
well. To save time I made all images beforehand, with another loader, and stored them: now the
model that was good is bad. Both should be the same images. Are they? Where do they begin to
differ, and how do I get the same distribution both ways?
"""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import bitaug as ba
import bitaug.keras as bk

from ..loaders.keras.conftest import limit as limit

SEED, BATCH, EPOCHS, SIDE = 42, 8, 3, 32
TRAIN = ba.Compose(
    [
        ba.Resize(height=SIDE, width=SIDE),
        ba.HorizontalFlip(),
        ba.RandomRotate90(),
        ba.Affine(rotate=(-40, 40), translate=((-0.2, 0.2), (-0.2, 0.2)), border="edge"),
        ba.ColorJitter(brightness=(0.8, 1.2)),
        ba.ToFloat(),
    ]
)


def keys_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.png"))


def classes_of(keys):
    """Of their folders."""
    names = sorted({key.split("/")[0] for key in keys})
    return np.array([names.index(key.split("/")[0]) for key in keys])


def read(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def model():
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    layers = [keras.layers.Conv2D(8, 3, activation="relu"), keras.layers.GlobalAveragePooling2D()]
    made = keras.Sequential([*layers, keras.layers.Dense(4, activation="softmax")])
    made.compile(
        keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return made


# The complaint: what is computed in advance goes another way.


def on_the_fly(path):
    """As in the tutorials. The array is of floats already: nothing is scaled."""
    loaded = keras.utils.load_img(path, target_size=(SIDE, SIDE))
    return tf.image.convert_image_dtype(keras.utils.img_to_array(loaded), tf.float32).numpy()


def imread(path):
    """What OpenCV's imread gives: blue, green, red."""
    return read(path)[..., ::-1]


def in_advance(path):
    """Stored as JPEG and read again, by another library, which resizes otherwise."""
    picture = Image.fromarray(imread(path)).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    stored = io.BytesIO()
    picture.save(stored, "jpeg")
    return np.asarray(Image.open(stored), np.float32) / 255


@pytest.fixture(scope="module")
def two_ways(folder):
    paths = [folder / key for key in keys_of(folder)]
    return [np.stack([way(path) for path in paths]) for way in (on_the_fly, in_advance)]


def test_complaint_floats_are_not_scaled(two_ways):
    fly, stored = two_ways
    assert fly.max() == 255 and stored.max() <= 1
    assert 200 < fly.mean() / stored.mean() < 300


def test_complaint_channels_and_pixels(two_ways):
    fly, stored = two_ways
    red, _, blue = fly.mean((0, 1, 2)) / 255
    assert stored[..., 0].mean() == pytest.approx(blue, abs=0.02)
    assert stored[..., 2].mean() == pytest.approx(red, abs=0.02)
    assert np.abs(fly / 255 - stored[..., ::-1]).max() > 0.3


def test_complaint_accuracy_drops(folder, two_ways):
    fly, stored = two_ways
    classes = classes_of(keys_of(folder))
    trained = model()
    trained.fit(fly / 255, classes, epochs=60, verbose=0)
    good, bad = (
        trained.evaluate(images, classes, verbose=0, return_dict=True)["accuracy"]
        for images in (fly / 255, stored)
    )
    assert good > 0.7 and bad < 0.4


def test_the_difference_is_named(two_ways):
    """Asked for: compare both, and find how they differ."""
    report = ba.compare(*two_ways)
    assert not report
    names = {finding.name for finding in report.findings}
    assert {"channels", "range", "jpeg", "resize"} <= names
    assert ba.compare(two_ways[0], two_ways[0].copy())


# One pipeline object serves both.


class Photos:
    """(picture, class)"""

    def __init__(self, folder):
        self.folder = folder
        self.keys = keys_of(folder)
        self.classes = classes_of(self.keys)

    def __len__(self):
        return len(self.keys)

    def __getitem__(self, place):
        return read(self.folder / self.keys[place]), self.classes[place]


def dataset(photos, **options):
    order = ba.Order(len(photos), seed=SEED, stream="train")
    options = {"index": photos.keys, **options}
    return bk.Dataset(photos, TRAIN, order, BATCH, seed=SEED, stream="train", **options)


@pytest.fixture(scope="module")
def stored(folder, tmp_path_factory):
    """The images of three epochs, made in another order, one by one."""
    root = tmp_path_factory.mktemp("stored")
    for key in reversed(keys_of(folder)):
        for epoch in range(EPOCHS):
            file = root / str(epoch) / f"{key}.npy"
            file.parent.mkdir(parents=True, exist_ok=True)
            at = {"seed": SEED, "stream": "train", "epoch": epoch, "index": key}
            np.save(file, TRAIN(read(folder / key), **at))
    return root


class Stored(keras.utils.PyDataset):
    """Loads them again, in the same order."""

    def __init__(self, root, photos):
        super().__init__()
        self.root = root
        self.photos = photos
        self.order = ba.Order(len(photos), seed=SEED, stream="train")
        self.epoch = 0

    def __len__(self):
        return -(-len(self.photos) // BATCH)

    def batch(self, epoch, number):
        places = self.order[epoch, number * BATCH : (number + 1) * BATCH]
        keys = [self.photos.keys[place] for place in places]
        images = np.stack([np.load(self.root / str(epoch) / f"{key}.npy") for key in keys])
        return images, self.photos.classes[places]

    def __getitem__(self, number):
        return self.batch(self.epoch, number)


def test_equal_byte_for_byte(folder, stored):
    photos = Photos(folder)
    train, again = dataset(photos), Stored(stored, photos)
    for epoch in range(EPOCHS):
        for number in range(len(train)):
            for fly, loaded in zip(
                train.batch(epoch, number), again.batch(epoch, number), strict=True
            ):
                assert ba.digest(fly) == ba.digest(loaded)


@pytest.mark.parametrize(("workers", "processes"), [(1, False), (3, False), (2, True)])
def test_the_same_model_comes_out(folder, stored, workers, processes):
    """Not a similar one: every weight, whatever made the images."""
    photos = Photos(folder)
    train = dataset(photos, workers=workers, use_multiprocessing=processes)
    first, second = model(), model()
    first.fit(train, epochs=EPOCHS, callbacks=[bk.Epochs(train)], verbose=0)
    again = Stored(stored, photos)
    follow = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, _: setattr(again, "epoch", epoch)
    )
    second.fit(again, epochs=EPOCHS, callbacks=[follow], shuffle=False, verbose=0)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_statistics_are_equal(folder, stored):
    """Of images that are stored, and of those that training saw; and they say what is wrong."""
    train = dataset(Photos(folder))
    fly = np.concatenate([train.batch(epoch, i)[0] for epoch in range(EPOCHS) for i in range(3)])
    loaded = np.stack([np.load(file) for file in sorted(stored.glob("*/*/*.npy"))])
    assert sorted(map(ba.digest, fly)) == sorted(map(ba.digest, loaded))
    assert fly.dtype == np.float32 and 0 <= fly.min() < 0.1 and 0.9 < fly.max() <= 1


def test_pictures_may_be_stored_before_they_are_scaled(folder):
    """As PNG, which keeps every value; JPEG does not."""
    to_store, for_the_model = ba.Compose(TRAIN.transforms[:-1]), TRAIN.transforms[-1]
    key = keys_of(folder)[0]
    at = {"seed": SEED, "epoch": 0, "index": key}
    photo = read(folder / key)
    for kind, same in [("png", True), ("jpeg", False)]:
        file = io.BytesIO()
        Image.fromarray(to_store(photo, **at)).save(file, kind)
        again = for_the_model(np.asarray(Image.open(file)), **at)
        assert (ba.digest(again) == ba.digest(TRAIN(photo, **at))) == same


# ImageDataGenerator, fit and flow.

OPTIONS = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 0.2,
    "zoom_range": 0.2,
    "horizontal_flip": True,
    "fill_mode": "nearest",
    "featurewise_center": True,
    "featurewise_std_normalization": True,
}


@pytest.mark.filterwarnings("ignore:Please import `affine_transform`")
def test_complaint_another_flow_gives_other_images(folder):
    """Whoever asks once more, or for another batch before, gets others."""
    images = np.stack([read(folder / key) for key in keys_of(folder)])
    generator = keras.src.legacy.preprocessing.image.ImageDataGenerator(**OPTIONS)
    generator.fit(images)
    flow = generator.flow(images, shuffle=False, seed=SEED)
    assert (flow[0] != flow[0]).any()


def test_flow_in_advance(folder):
    """One object knows the statistics and the draws, for files and arrays alike."""
    photos = Photos(folder)
    images = np.stack([read(folder / key) for key in photos.keys])
    generator = bk.ImageDataGenerator(**OPTIONS)
    generator.fit(images)
    np.testing.assert_allclose(generator.mean.ravel(), images.mean((0, 1, 2)))
    np.testing.assert_allclose(generator.std.ravel(), images.std((0, 1, 2)))
    flow = generator.flow_from_directory(folder, images.shape[1:3], seed=SEED, batch_size=BATCH)
    at = {"seed": SEED, "stream": "train"}
    for epoch in range(EPOCHS):
        made = flow.pipeline(images, **at, epoch=epoch, index=photos.keys)
        for number in range(len(flow)):
            places = flow.order[epoch, number * BATCH : (number + 1) * BATCH]
            batch, labels = next(flow)
            assert ba.digest(batch) == ba.digest(made[places])
            assert (labels.argmax(1) == photos.classes[places]).all()
