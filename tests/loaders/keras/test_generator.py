"""ImageDataGenerator beside Keras' own: the same files, labels and splits, the same maps."""

import inspect
import os

import numpy as np
import pandas as pd
import pytest
from keras.src.legacy.preprocessing import image as legacy
from PIL import Image, ImageEnhance

import bitaug as ba
import bitaug.keras as bk
from bitaug._images.files import find, read

from .common import Recorder

RNG = np.random.default_rng(2)
X = RNG.integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)
Y = np.arange(20) % 3
AUGMENTING = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 10,
    "zoom_range": 0.2,
    "horizontal_flip": True,
    "brightness_range": (0.5, 1.5),
}


def both(**options):
    return bk.ImageDataGenerator(**options), legacy.ImageDataGenerator(**options)


def equal(ours, theirs):
    """Batches of the same structure and types, with equal values."""
    assert type(ours) is type(theirs)
    if isinstance(ours, np.ndarray):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)
        return
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        equal(one, other)


def iterators_equal(ours, theirs, *names):
    for name in ("n", "batch_size", *names):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name)), name
    assert len(ours) == len(theirs)
    for i in range(len(ours)):
        equal(ours[i], theirs[i])


@pytest.mark.parametrize(
    "name", ["__init__", "fit", "flow", "flow_from_directory", "flow_from_dataframe"]
)
def test_arguments(name):
    """Theirs, in their order, with their defaults."""
    ours, theirs = (
        [
            (parameter.name, parameter.default)
            for parameter in inspect.signature(getattr(made, name)).parameters.values()
            if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        for made in (bk.ImageDataGenerator, legacy.ImageDataGenerator)
    )
    assert ours == theirs


# Which samples, and what comes with them.


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Classes of several depths and sizes, names that sort oddly, what is no image."""
    root = tmp_path_factory.mktemp("classes")
    names = ["b/2.png", "b/10.png", "b/A.JPG", "b/x/1.png", "b/x.y/1.png", "b/x/y/0.bmp"]
    names += [f"a/{i}.png" for i in range(7)] + ["c c/é.png", "c c/1.jpeg", "c c/2.png"]
    for i, name in enumerate(names):
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        # which axis Pillow 13 takes first depends on the size; these it takes as all others do
        height, width = [(16, 16), (14, 15), (9, 30)][i % 3]
        picture = Image.fromarray(RNG.integers(0, 256, (height, width, 3), dtype=np.uint8))
        picture.convert(["RGB", "RGB", "L"][i % 3]).save(file)
    (root / "b" / "notes.txt").write_text("no image")
    (root / "readme.png").write_text("not in a class")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    Image.new("RGB", (16, 16)).save(elsewhere / "linked.png")
    (root / "a" / "link").symlink_to(elsewhere)
    return root


def from_directory(root, generators, **options):
    return [
        made.flow_from_directory(root, target_size=(12, 14), shuffle=False, batch_size=4, **options)
        for made in generators
    ]


DIRECTORY = ("samples", "num_classes", "class_indices", "classes", "filenames", "filepaths")


@pytest.mark.parametrize("subset", [None, "training", "validation"])
@pytest.mark.parametrize("split", [0.2, 0.5])
@pytest.mark.parametrize("follow_links", [False, True])
def test_files_and_split(root, subset, split, follow_links):
    made = from_directory(
        root, both(validation_split=split), subset=subset, follow_links=follow_links
    )
    iterators_equal(*made, *DIRECTORY)


@pytest.mark.parametrize("class_mode", ["categorical", "binary", "sparse", "input", None])
def test_class_modes(root, class_mode):
    classes = ["c c", "a"]
    iterators_equal(
        *from_directory(root, both(), classes=classes, class_mode=class_mode), *DIRECTORY
    )


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
def test_loading(root, color_mode, data_format, keep_aspect_ratio):
    made = from_directory(
        root, both(data_format=data_format), color_mode=color_mode,
        keep_aspect_ratio=keep_aspect_ratio,
    )  # fmt: skip
    iterators_equal(*made, "image_shape", "target_size", "data_format")


@pytest.mark.parametrize(
    ("interpolation", "most"),
    [("nearest", 0), ("box", 1), ("bilinear", 1), ("bicubic", 2), ("lanczos", 2)],
)
def test_interpolation(root, interpolation, most):
    ours, theirs = from_directory(root, both(), interpolation=interpolation, class_mode=None)
    for i in range(len(ours)):
        assert np.abs(ours[i] - theirs[i]).max() <= most


@pytest.fixture
def frame(root):
    names = ["b/2.png", "a/0.png", "a/1.png", "b/x/1.png", "b/10.png", "a/2.png", "c c/2.png"]
    return pd.DataFrame(
        {
            "filename": names,
            "class": ["b", "a", "a", "b", "b", "a", "c"],
            "several": [["b"], ["a", "c"], "a", ("b", "c"), ["c"], ["a"], "c"],
            "u": np.arange(7.0),
            "v": np.arange(7) ** 2,
            "weight": np.linspace(0, 1, 7),
        }
    )


def from_frame(frame, root, generators, **options):
    return [
        made.flow_from_dataframe(
            frame, root, target_size=(12, 14), shuffle=False, batch_size=3, **options
        )
        for made in generators
    ]


@pytest.mark.parametrize("weight_col", [None, "weight"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"class_mode": "sparse"},
        {"class_mode": "binary", "classes": ["b", "a"]},
        {"classes": ["c", "b"]},
        {"y_col": "several"},
        {"y_col": "several", "classes": ["c", "b"]},
        {"class_mode": "raw", "y_col": "u"},
        {"class_mode": "raw", "y_col": ["u", "v"]},
        {"class_mode": "multi_output", "y_col": ["u", "v"]},
        {"class_mode": "input"},
        {"class_mode": None},
    ],
)
def test_frames(root, frame, options, weight_col):
    made = from_frame(frame, root, both(), weight_col=weight_col, **options)
    iterators_equal(*made, "samples", "filenames", "filepaths")


@pytest.mark.filterwarnings("ignore:Found 2 invalid image")
@pytest.mark.parametrize("subset", ["training", "validation"])
def test_frames_with_missing_files(root, frame, subset):
    """They are left out before the split."""
    frame.loc[[2, 4], "filename"] = ["a/none.png", "b/notes.txt"]
    generators = both(validation_split=0.4)
    with pytest.warns(UserWarning, match="2 files are not there or no images"):
        made = from_frame(frame, root, generators, subset=subset)
    iterators_equal(*made, "samples", "filenames", "classes")


@pytest.mark.parametrize("subset", [None, "training", "validation"])
def test_arrays(subset):
    options = {"shuffle": False, "batch_size": 6, "subset": subset}
    for given in [{}, {"y": Y}]:
        iterators_equal(*(m.flow(X, **given, **options) for m in both(validation_split=0.25)))


@pytest.mark.parametrize(
    ("subset", "part"), [(None, slice(0, 20)), ("training", slice(5, 20)), ("validation", slice(5))]
)
def test_weights_of_arrays(subset, part):
    """Each image has its own. Keras gives those of the first images to training."""
    weights = np.linspace(0, 1, 20)
    generators = both(validation_split=0.25)
    options = {"sample_weight": weights, "shuffle": False, "subset": subset, "batch_size": 20}
    ours, theirs = (made.flow(X, Y, **options)[0] for made in generators)
    equal(ours[:2], theirs[:2])
    np.testing.assert_array_equal(ours[2], weights[part])


def test_sorted_labels_cannot_be_split():
    for made in both(validation_split=0.5):
        with pytest.raises(ValueError, match="different"):
            made.flow(X, np.sort(Y), subset="training")
        made.flow(X, np.sort(Y), subset="training", ignore_class_split=True)


# What is done to an image.


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {"rescale": 1 / 255},
        {"featurewise_center": True},
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 1 / 255},
        {"preprocessing_function": lambda x: x[..., ::-1] - 7, "rescale": 1 / 127},
        {"preprocessing_function": lambda x: x / 2, "featurewise_center": True},
    ],
)
def test_standardization(options, dtype, data_format):
    """In float32, rounded otherwise."""
    images = (X if data_format == "channels_last" else X.transpose(0, 3, 1, 2)).astype(dtype)
    made = both(data_format=data_format, **options)
    for generator in made:
        generator.fit(images)
    for name in ("mean", "std"):
        ours, theirs = (getattr(generator, name) for generator in made)
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours.shape == theirs.shape
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    ours, theirs = (g.flow(images, shuffle=False, batch_size=20)[0] for g in made)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-4)
    alone = made[0].standardize(images)
    np.testing.assert_allclose(alone, ours, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(made[0].standardize(images[3]), alone[3])


def test_fit_is_exact():
    """Also where float32 would have lost count."""
    many = np.full((300, 16, 16, 1), 255, np.uint8)
    many[0, 0, 0] = 0
    generator = bk.ImageDataGenerator(featurewise_std_normalization=True)
    generator.fit(many)
    part = 1 / many.size
    assert generator.mean.item() == pytest.approx(255 * (1 - part), rel=1e-12)
    assert generator.std.item() == pytest.approx(255 * (part * (1 - part)) ** 0.5, rel=1e-9)


def test_a_channel_that_is_the_same_all_over():
    """Its deviation is 0."""
    images = X.copy()
    images[..., 1] = 7
    made = both(featurewise_std_normalization=True, featurewise_center=True)
    for generator in made:
        generator.fit(images)
        batch = generator.flow(images)[0]
        assert (batch[..., 1] == 0).all() and (batch[..., 0] != 0).any()


def test_fit_on_augmented_images():
    generator = bk.ImageDataGenerator(featurewise_center=True, **AUGMENTING)
    generator.fit(X, augment=True, rounds=2, seed=5)
    pipeline = generator.augmentation(16, 16)
    at = {"seed": 5, "stream": "fit", "index": range(20)}
    made = np.concatenate([pipeline(X, epoch=epoch, **at) for epoch in range(2)])
    np.testing.assert_allclose(generator.mean.ravel(), made.mean((0, 1, 2)))


MAPS = [
    {"rotation_range": 40},
    {"width_shift_range": 0.2},
    {"width_shift_range": 5},
    {"height_shift_range": 0.3},
    {"height_shift_range": 2.5},
    {"shear_range": 20},
    {"zoom_range": 0.3},
    {"zoom_range": [0.5, 0.8]},
]


def in_keras(params):
    """The same map in the terms of Keras' apply_transform. Its tx moves columns, though it is drawn
    from the height's range."""
    shear = params["shear_x"]
    return {
        "theta": params["rotate"],
        "tx": -params["translate_x"],
        "ty": -params["translate_y"],
        "shear": shear,
        "zx": 1 / params["scale"],
        # ours does not shorten columns
        "zy": 1 / params["scale"] / np.cos(np.deg2rad(shear)),
    }


def drawn(pipeline, index, **shape):
    params = pipeline.params(seed=3, epoch=0, index=index, shape=(48, 48, 3))
    return {op["path"]: op for op in params["ops"]}


@pytest.mark.filterwarnings("ignore:Please import `affine_transform`")
@pytest.mark.parametrize("options", MAPS)
@pytest.mark.parametrize("fill", ["nearest", "reflect", "constant"])
@pytest.mark.parametrize("order", [0, 1])
def test_maps(options, fill, order):
    """Up to the rounding to uint8, and to which of two neighbours is as near."""
    options = {**options, "fill_mode": fill, "cval": 77, "interpolation_order": order}
    ours, theirs = both(**options)
    image = np.kron(RNG.integers(0, 256, (6, 6, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    pipeline = ours.augmentation(48, 48)
    for index in range(5):
        made = pipeline(image, seed=3, epoch=0, index=index)
        params = in_keras(drawn(pipeline, index)["Affine"]["params"])
        wanted = theirs.apply_transform(image.astype(np.float32), params)
        differs = np.abs(made - wanted) > 2
        assert differs.mean() < (0.05 if order == 0 or fill == "constant" else 0.002)


@pytest.mark.parametrize(
    ("options", "name", "low", "high"),
    [
        ({"rotation_range": 40}, "rotate", -40, 40),
        ({"width_shift_range": 0.2}, "translate_x", -9.6, 9.6),
        ({"width_shift_range": 5}, "translate_x", -5, 5),
        ({"height_shift_range": 0.25}, "translate_y", -12, 12),
        ({"height_shift_range": 2.5}, "translate_y", -2.5, 2.5),
        ({"shear_range": 20}, "shear_x", -20, 20),
        ({"zoom_range": 0.2}, "scale", 1 / 1.2, 1 / 0.8),
        ({"zoom_range": (0.5, 1)}, "scale", 1, 2),
    ],
)
def test_ranges(options, name, low, high):
    pipeline = bk.ImageDataGenerator(**options).augmentation(48, 48)
    found = [drawn(pipeline, index)["Affine"]["params"] for index in range(500)]
    values = [params[name] for params in found]
    near = (high - low) / 50
    assert low <= min(values) < low + near and high - near < max(values) <= high
    still = {"rotate", "translate_x", "translate_y", "shear_x", "shear_y"} - {name}
    assert all(params[other] == 0 for params in found for other in still)


@pytest.mark.parametrize(
    ("options", "axis"), [({"horizontal_flip": True}, 1), ({"vertical_flip": True}, 0)]
)
def test_flips(options, axis):
    images = bk.ImageDataGenerator(**options).flow(np.stack([X[0]] * 200), batch_size=200)[0]
    flipped = (images == np.flip(X[0], axis)).all((1, 2, 3))
    assert (images[~flipped] == X[0]).all() and 70 < flipped.sum() < 130


def test_brightness():
    """Pillow's, up to rounding; the factors fill their range."""
    pipeline = bk.ImageDataGenerator(brightness_range=(0.5, 1.5)).augmentation(16, 16)
    factors = []
    for index in range(100):
        at = {"seed": 3, "epoch": 0, "index": index}
        params = pipeline.params(**at, shape=X[0].shape)["ops"][0]["params"]
        factors.append(params["brightness"])
        wanted = ImageEnhance.Brightness(Image.fromarray(X[0])).enhance(factors[-1])
        made = pipeline(X[0], **at)
        assert np.abs(made.astype(int) - np.asarray(wanted)).max() <= 1
    assert 0.5 <= min(factors) < 0.55 and 1.45 < max(factors) <= 1.5


def test_channel_shift():
    """The same for all channels, as theirs; but within 0 to 255, not the image's own values."""
    pipeline = bk.ImageDataGenerator(channel_shift_range=30).augmentation(16, 16)
    inside = np.clip(X[0], 40, 200)
    shifts = []
    for index in range(100):
        moved = pipeline(inside, seed=3, epoch=0, index=index).astype(int) - inside
        assert len(np.unique(moved)) == 1
        shifts.append(moved.ravel()[0])
    assert -30 <= min(shifts) < -27 and 27 < max(shifts) <= 30


def test_float_images():
    """Any range of values, as geometry does not care."""
    values = X.astype(np.float32) * 3 - 100
    geometry = {name: value for name, value in AUGMENTING.items() if name != "brightness_range"}
    generator = bk.ImageDataGenerator(**geometry, rescale=1 / 3)
    batch = generator.flow(values, shuffle=False, batch_size=20)[0]
    pipeline = generator.augmentation(16, 16)
    wanted = pipeline(values, seed=0, epoch=0, index=range(20)) / 3
    np.testing.assert_allclose(batch, wanted, rtol=1e-6, atol=1e-5)
    assert np.ptp(batch) > 200
    with pytest.raises(ValueError, match=r"brightness_range=\(0.5, 1.5\): .*uint8, not of float32"):
        bk.ImageDataGenerator(**AUGMENTING).flow(values)


def test_everything_together_is_our_pipeline(folder):
    """What comes out is the pipeline's at the file's path, epoch by epoch, whatever asks."""
    generator = bk.ImageDataGenerator(**AUGMENTING, rescale=1 / 255)
    made = generator.flow_from_directory(folder, (24, 20), batch_size=10, seed=9)
    keys = list(find(folder))
    order = ba.Order(64, seed=9, stream="train")
    assert made.order == order and made.filenames == keys
    for epoch in range(2):
        for number in range(7):
            places = order[epoch, number * 10 : number * 10 + 10].tolist()
            images, labels = next(made)
            photos = [read(folder / keys[place]) for place in places]
            wanted = made.pipeline(
                photos, seed=9, stream="train", epoch=epoch, index=[keys[place] for place in places]
            )
            np.testing.assert_array_equal(images, np.stack(wanted))
            assert labels.argmax(1).tolist() == [made.classes[place] for place in places]


# The iterators.


def test_next_and_reset():
    made = bk.ImageDataGenerator(**AUGMENTING).flow(X, Y, batch_size=8, seed=1)
    first = [next(made) for _ in range(6)]
    equal([*first[:3]], [made[i] for i in range(3)])
    assert not np.array_equal(first[0][0], first[3][0])
    made.reset()
    equal([next(made) for _ in range(6)], first)
    made.reset()
    equal([batch for batch, _ in zip(made, range(6), strict=False)], first)
    made.set_epoch(1)
    equal([made[i] for i in range(3)], first[3:])


def test_seeds_and_streams():
    """Without a seed it is 0; training and validation draw apart."""
    generator = bk.ImageDataGenerator(rotation_range=90, validation_split=0.5)
    flow = generator.flow(X, shuffle=False, batch_size=20)
    equal(flow[0], generator.flow(X, shuffle=False, batch_size=20, seed=0)[0])
    other = generator.flow(X, shuffle=False, batch_size=20, seed=1)[0]
    assert (other != flow[0]).any((1, 2, 3)).all()
    train, val = (
        generator.flow(X, shuffle=False, batch_size=20, subset=subset, ignore_class_split=True)
        for subset in ("training", "validation")
    )
    assert (train.stream, val.stream) == ("train", "val")
    # by its place in the whole array
    equal(train[0], flow[0][10:])
    named = generator.flow(X[:10], shuffle=False, batch_size=20, stream="val")
    equal(val[0], named[0])
    assert (val[0] != flow[0][:10]).any((1, 2, 3)).all()


def test_a_new_file_disturbs_no_other(root, tmp_path):
    def made():
        flow = bk.ImageDataGenerator(rotation_range=90).flow_from_directory(tmp_path)
        images = np.concatenate([flow[i][0] for i in range(len(flow))])
        places = flow.order[0, :].tolist()
        return {flow.filenames[place]: image for place, image in zip(places, images, strict=True)}

    for i in range(5):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.fromarray(X[i]).save(tmp_path / "a" / f"{i}.png")
    before = made()
    Image.fromarray(X[7]).save(tmp_path / "a" / "00.png")
    after = made()
    assert len(after) == 6
    for name, image in before.items():
        np.testing.assert_array_equal(image, after[name])


def test_a_file_named_twice_is_augmented_twice(root):
    frame = pd.DataFrame({"filename": ["a/0.png"] * 3, "class": ["a"] * 3})
    generator = bk.ImageDataGenerator(rotation_range=90)
    ((images, _),) = [generator.flow_from_dataframe(frame, root)[0]]
    assert len({ba.digest(image) for image in images}) == 3


def test_saved_pictures(tmp_path):
    flow = bk.ImageDataGenerator(horizontal_flip=True).flow(
        X[:, :, :, :1], Y, batch_size=8, save_to_dir=tmp_path, save_prefix="x", save_format="bmp"
    )
    flow.set_epoch(2)
    images, _ = flow[1]
    for image, place in zip(images, flow.order[2, 8:16].tolist(), strict=True):
        saved = np.asarray(Image.open(tmp_path / f"x_{place}_2.bmp"), np.float32)
        values = image[..., 0] - image.min()
        assert np.abs(saved - values * 255 / values.max()).max() <= 1


def test_random_transform():
    generator = bk.ImageDataGenerator(**AUGMENTING)
    made = generator.random_transform(X[4], seed=5, epoch=2, index=4)
    flow = generator.flow(X, shuffle=False, batch_size=20, seed=5)
    np.testing.assert_array_equal(flow.batch(2, 0)[4], made)


def test_masks_move_along():
    """The labels are pictures too."""
    generator = bk.ImageDataGenerator(rotation_range=30, interpolation_order=0, fill_mode="reflect")
    flow = generator.flow(X, X[..., 0], fields=("image", "mask"))
    images, masks = flow[0]
    np.testing.assert_array_equal(images[..., 0], masks)
    with pytest.raises(ValueError, match="would not move with it"):
        generator.flow(X, X[..., 0])[0]


def swapped(image):
    return image[..., ::-1]


@pytest.mark.parametrize(("workers", "processes"), [(0, False), (2, False), (2, True)])
def test_an_old_script(folder, workers, processes):
    """Nothing but the import is new: no callback, steps that leave out the partial batch."""
    generator = bk.ImageDataGenerator(
        **AUGMENTING, rescale=1 / 255, validation_split=0.25, preprocessing_function=swapped
    )
    options = {"target_size": (16, 16), "batch_size": 10, "class_mode": "sparse"}
    train = generator.flow_from_directory(folder, subset="training", **options)
    val = generator.flow_from_directory(folder, subset="validation", shuffle=False, **options)
    for part in (train, val):
        part.workers, part.use_multiprocessing = workers, processes
    steps = train.samples // train.batch_size, val.samples // val.batch_size
    model = Recorder()
    model.fit(
        train, epochs=2, steps_per_epoch=steps[0], validation_data=val, validation_steps=steps[1]
    )
    assert [len(epoch) for epoch in model.trained] == [40, 40]
    for part, seen in [(train, model.trained), (val, model.tested)]:
        for epoch in range(2):
            batches = [part.batch(epoch, i) for i in range(len(seen[epoch]) // 10)]
            wanted = [
                (int(y), ba.digest(x)) for xs, ys in batches for x, y in zip(xs, ys, strict=True)
            ]
            assert seen[epoch] == wanted


# Mistakes.


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"samplewise_center": True}, ValueError, "samplewise_center=True: False"),
        ({"samplewise_std_normalization": True}, ValueError, "samplewise_std_normalization=True"),
        ({"zca_whitening": True}, ValueError, "zca_whitening=True"),
        ({"rotation_range": -1}, ValueError, "rotation_range=-1: from 0"),
        ({"width_shift_range": [1, 2]}, TypeError, r"width_shift_range=\[1, 2\]: a number"),
        ({"zoom_range": 1}, ValueError, "zoom_range=1: above 0 and below 1"),
        ({"zoom_range": (0, 1)}, ValueError, r"zoom_range=\(0, 1\)"),
        ({"zoom_range": (1, 2, 3)}, ValueError, "zoom_range"),
        ({"brightness_range": 0.5}, TypeError, "brightness_range=0.5: a sequence"),
        ({"fill_mode": "mirror"}, ValueError, "fill_mode='mirror': 'nearest' or"),
        ({"interpolation_order": 3}, ValueError, "interpolation_order=3: 0 or 1"),
        ({"data_format": "HWC"}, ValueError, "data_format='HWC'"),
        ({"dtype": "float16"}, ValueError, "dtype='float16': 'float32'"),
        ({"validation_split": 1}, ValueError, "validation_split=1: from 0, below 1"),
        ({"horizontal_flip": 1}, TypeError, "horizontal_flip=1: True or False"),
        ({"rescale": "1/255"}, TypeError, "rescale='1/255': a number"),
    ],
)
def test_refused_options(options, error, text):
    with pytest.raises(error, match=text):
        bk.ImageDataGenerator(**options)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x": X[0]}, ValueError, r"x: shape \(16, 16, 3\)"),
        ({"x": (X, [Y])}, TypeError, "x: a tuple or list"),
        ({"y": Y[1:]}, ValueError, "y: 19 values for 20"),
        ({"sample_weight": Y[1:]}, ValueError, "sample_weight: 19 values"),
        ({"y": None, "sample_weight": Y}, TypeError, "sample_weight: y is needed"),
        ({"subset": "test"}, ValueError, "subset='test': 'training' or 'validation'"),
        ({"batch_size": 0}, ValueError, "batch_size=0"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"stream": 1}, TypeError, "stream=1"),
    ],
)
def test_refused_arrays(change, error, text):
    with pytest.raises(error, match=text):
        bk.ImageDataGenerator().flow(**{"x": X, "y": Y} | change)


def test_missing_statistics():
    generator = bk.ImageDataGenerator(featurewise_center=True)
    with pytest.raises(ValueError, match=r"featurewise_center=True: .*call fit"):
        generator.flow(X)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"directory": "nowhere"}, NotADirectoryError, "directory='nowhere'"),
        ({"classes": ["d"]}, ValueError, "no image"),
        ({"class_mode": "raw"}, ValueError, "class_mode='raw': 'categorical', 'binary'"),
        ({"color_mode": "bgr"}, ValueError, "color_mode='bgr': rgb, rgba, grayscale"),
        ({"interpolation": "hamming"}, ValueError, "interpolation.*hamming"),
        ({"target_size": (16, 0)}, ValueError, "Resize: width=0: "),
        ({"subset": "both"}, ValueError, "subset='both'"),
    ],
)
def test_refused_folders(root, change, error, text):
    with pytest.raises(error, match=text):
        bk.ImageDataGenerator().flow_from_directory(**{"directory": root} | change)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"class_mode": "other"}, ValueError, "class_mode='other'"),
        ({"y_col": "u"}, TypeError, "y_col='u': 0.0 is not a str, list or tuple"),
        ({"y_col": "several", "class_mode": "sparse"}, TypeError, "is not a str, for 'sparse'"),
        ({"class_mode": "binary"}, ValueError, "class_mode='binary': 3 classes"),
        ({"class_mode": "multi_output", "y_col": "u"}, TypeError, "y_col='u': a list"),
        ({"x_col": "u"}, TypeError, "x_col='u': 0.0 is not a str"),
    ],
)
def test_refused_frames(root, frame, change, error, text):
    with pytest.raises(error, match=text):
        bk.ImageDataGenerator().flow_from_dataframe(frame, root, **change)


def test_absolute_paths_need_a_root(root, frame):
    absolute = frame.assign(filename=[str(root / name) for name in frame.filename])
    generator = bk.ImageDataGenerator(rotation_range=90)
    with pytest.raises(ValueError, match=r"directory: .* is absolute"):
        generator.flow_from_dataframe(absolute)
    equal(*(generator.flow_from_dataframe(each, root)[0] for each in (absolute, frame)))


def test_images_of_16_bits(tmp_path):
    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(tmp_path / "a" / "deep.png")
    flow = bk.ImageDataGenerator().flow_from_directory(tmp_path, color_mode="grayscale")
    with pytest.raises(OSError, match=r"deep\.png: it cannot be read: values of .*; images of 8"):
        flow[0]


def test_files_are_turned_and_named(tmp_path):
    (tmp_path / "a").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = np.arange(8 * 4 * 3, dtype=np.uint8).reshape(8, 4, 3)
    Image.fromarray(photo).save(tmp_path / "a" / "a.png", exif=exif)
    flow = bk.ImageDataGenerator().flow_from_directory(
        tmp_path, target_size=(4, 8), class_mode=None
    )
    assert np.array_equal(flow[0][0], np.rot90(photo, -1))
    os.mkfifo(tmp_path / "a" / "b.png")
    flow = bk.ImageDataGenerator().flow_from_directory(tmp_path)
    with pytest.raises(OSError, match=r"a/b\.png: it cannot be read: a named pipe"):
        flow[0]


def test_axes_of_a_data_format_that_nobody_has_written():
    """Keras' configuration says channels last; arrays that do not look like it are refused."""
    planar, bands = X.transpose(0, 3, 1, 2), np.repeat(X, 4, axis=3)
    written = bk.ImageDataGenerator(horizontal_flip=True, data_format="channels_first")
    for images in (planar, bands.transpose(0, 3, 1, 2), np.repeat(bands, 2, axis=3)):
        assumed = bk.ImageDataGenerator(horizontal_flip=True, featurewise_center=True)
        for call in (
            lambda: assumed.flow(images),  # noqa: B023
            lambda: assumed.fit(images),  # noqa: B023
            lambda: assumed.random_transform(images[0]),  # noqa: B023
            lambda: assumed.standardize(images),  # noqa: B023
        ):
            with pytest.raises(ValueError, match=r"x: shape \(.*data_format='channels_first'"):
                call()
        assert next(written.flow(images, batch_size=4)).shape == (4, *images.shape[1:])
        assert written.random_transform(images[0]).shape == images.shape[1:]
    assert next(bk.ImageDataGenerator().flow(bands, batch_size=4)).shape == (4, 16, 16, 12)
