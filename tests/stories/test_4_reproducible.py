"""How can augmentation be made reproducible?

I keep seed and limits in a YAML file, and seed all three libraries. Still a run cannot be repeated:
one generator was forgotten, a number was drawn elsewhere, a step was added. I want images and masks
that move together, stored pictures with the parameters that made them, and to set a single
parameter, such as the angle of rotation, by hand.
"""

import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torchvision.transforms import v2

import bitaug as ba
import bitaug.torch as bt

from .photos import Photos

# More workers than cores is what is to be tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

SEED, BATCH = 42, 8
TRAIN = ba.Compose(
    [
        ba.Affine(
            translate=((-0.1, 0.1), (-0.1, 0.1)),
            scale=(0.9, 1.1),
            rotate=(-20, 20),
            border="reflect101",
        ),
        ba.RandomBrightnessContrast(brightness_limit=(-0.2, 0.2), contrast_limit=(-0.2, 0.2)),
        ba.GaussNoise(std_range=(0.01, 0.05)),
        ba.Normalize(),
        ba.ToCHW(),
    ]
)
VAL = ba.Compose([ba.Normalize(), ba.ToCHW()])


# Seeds of three libraries.


class ThreeLibraries(Photos):
    def __init__(self, root, *steps):
        super().__init__(root)
        self.steps = v2.Compose([*steps, v2.RandomRotation(20)])

    def __getitem__(self, index):
        array = np.asarray(self.steps(super().__getitem__(index)[0]))
        array = array * random.uniform(0.8, 1.2)
        return np.clip(array + np.random.normal(0, 5, array.shape), 0, 255)  # noqa: NPY002


def epoch_of(dataset, seeds=(random.seed, np.random.seed, torch.manual_seed), look=0):
    """All images after seeding; somebody may look at some of them half-way."""
    for seed in seeds:
        seed(SEED)
    images = []
    for i in range(len(dataset)):
        if i == 12:
            random.sample(range(len(dataset)), look)
        images.append(dataset[i])
    return np.stack(images)


def test_complaint_a_library_that_was_not_seeded(folder):
    """Python's, NumPy's, torch's: one generator is always forgotten."""
    dataset = ThreeLibraries(folder)
    assert (epoch_of(dataset) == epoch_of(dataset)).all()
    two = np.random.seed, torch.manual_seed
    assert (epoch_of(dataset, two) != epoch_of(dataset, two)).any()


def test_complaint_a_number_drawn_elsewhere(folder):
    dataset = ThreeLibraries(folder)
    changed = (epoch_of(dataset) != epoch_of(dataset, look=1)).any(axis=(1, 2, 3))
    assert changed.tolist() == [False] * 12 + [True] * 12


def test_complaint_a_step_that_does_nothing(folder):
    """A flip with probability 0 changes all that comes after it."""
    without = epoch_of(ThreeLibraries(folder))
    with_it = epoch_of(ThreeLibraries(folder, v2.RandomHorizontalFlip(p=0)))
    assert (without != with_it).any(axis=(1, 2, 3)).all()


def test_nothing_but_the_seed_counts(folder):
    train = bt.Augmented(Photos(folder), TRAIN, seed=SEED, stream="train")
    order = ba.Order(len(train), seed=SEED, stream="train")
    runs = []
    for workers, disturbance in [(0, 1), (0, 2), (2, 3)]:
        for seed in (random.seed, np.random.seed, torch.manual_seed):
            seed(disturbance)
        loader = bt.DataLoader(train, sampler=bt.Sampler(order, BATCH), num_workers=workers)
        runs.append(torch.cat([images for _ in range(2) for images, _ in loader]))
    assert torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])


def drawn(pipeline, index=0):
    """What each op drew, by its path."""
    params = pipeline.params(seed=SEED, epoch=0, index=index, shape=(64, 64, 3))
    return {op["path"]: (op["params"], op.get("key")) for op in params["ops"]}


def test_steps_do_not_disturb_each_other(folder):
    photo = np.asarray(Photos(folder)[0][0])
    idle = ba.Compose([ba.HorizontalFlip(p=0), *TRAIN.transforms])
    for i in range(20):
        at = {"seed": SEED, "epoch": 0, "index": i}
        assert (idle(photo, **at) == TRAIN(photo, **at)).all()
    longer = ba.Compose([ba.GaussianBlur(), ba.HorizontalFlip(p=1), *TRAIN.transforms])
    assert {path: drawn(longer)[path] for path in drawn(TRAIN)} == drawn(TRAIN)
    # The order of the steps is not a matter of luck either: it is part of the digest.
    affine, contrast, *rest = TRAIN.transforms
    swapped = ba.Compose([contrast, affine, *rest])
    assert drawn(swapped) == drawn(TRAIN) and swapped.digest != TRAIN.digest


# A file of settings, with a seed and several pipelines.

RUN = """
import numpy as np, yaml
from pathlib import Path
from PIL import Image
import bitaug as ba

config = yaml.safe_load(Path("config.yaml").read_text())
pipelines = ba.load(config["pipelines"])
root = Path(config["photos"])
for path in sorted(root.glob("*/*.png")):
    photo = np.asarray(Image.open(path).convert("RGB"))
    key = path.relative_to(root).as_posix()
    for stream, pipeline in pipelines.items():
        image = pipeline(photo, seed=config["seed"], stream=stream, epoch=3, index=key)
        print(stream, key, ba.digest(image))
"""


@pytest.fixture
def run(folder, tmp_path):
    """A user's folder: settings, pipelines, and a script."""
    ba.save({"train": TRAIN, "val": VAL}, tmp_path / "pipelines.yaml")
    config = {"seed": SEED, "photos": str(folder), "pipelines": "pipelines.yaml"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "run.py").write_text(RUN)
    return tmp_path


@pytest.mark.parametrize(
    "machine",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "2", "BITAUG_SIMD": "scalar", "BITAUG_THREADS": "3"},
    ],
)
def test_a_run_from_its_settings(folder, run, machine):
    """Another process, as another machine would: nothing but the files is carried over."""
    output = subprocess.run(
        [sys.executable, "run.py"], cwd=run, env=os.environ | machine, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    photos = Photos(folder)
    expected = [
        f"{stream} {path} {ba.digest(made)}"
        for image, path in map(photos.__getitem__, range(len(photos)))
        for stream, pipeline in [("train", TRAIN), ("val", VAL)]
        for made in [pipeline(np.asarray(image), seed=SEED, stream=stream, epoch=3, index=path)]
    ]
    assert output.stdout.splitlines() == expected


def test_limits_are_edited_in_the_file(run):
    file = run / "pipelines.yaml"
    file.write_text(file.read_text().replace("rotate: [-20.0, 20.0]", "rotate: [-5, 5]"))
    edited = ba.load(file)
    assert edited["val"] == VAL and edited["train"] != TRAIN
    assert edited["train"].transforms[0].rotate == (-5, 5)
    # The angle has shrunk in proportion; no other parameter has moved.
    (before, _), (after, _) = drawn(TRAIN)["Affine"], drawn(edited["train"])["Affine"]
    assert after.pop("rotate") == pytest.approx(before.pop("rotate") / 4)
    assert after == before


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("rotate:", "rotation:", "train: Affine: rotation=.*did you mean rotate="),
        (
            "version: 1\n      p: 1.0\n      mean_range",
            "version: 9\n      p: 1.0\n      mean_range",
            "train: GaussNoise: version=9: one of 1",
        ),
        ("std_range: [0.01", "std_range: [lots", "train: GaussNoise: .*lots"),
        ("op: ToCHW", "op: CHW", "op=.CHW.: no such op; did you mean ToCHW"),
    ],
)
def test_mistakes_in_the_file_are_named(run, old, new, text):
    file = run / "pipelines.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ValueError, match=text):
        ba.load(file)


def test_new_files_leave_the_old_ones_alone(folder):
    """By its path a picture keeps its draws, wherever it stands in the list."""
    photos = Photos(folder)
    before = bt.Augmented(photos, TRAIN, seed=SEED, stream="train", index=photos.paths)
    more = Photos(folder)
    more.paths = more.paths[::-2]
    after = bt.Augmented(more, TRAIN, seed=SEED, stream="train", index=more.paths)
    for place, path in enumerate(more.paths):
        image, _ = before[0, photos.paths.index(path)]
        assert torch.equal(after[0, place][0], image)


# Image and mask together.


class Segmented(Photos):
    """The mask is the red channel, so that one can see whether it has moved along."""

    def __getitem__(self, index):
        image = np.array(super().__getitem__(index)[0])
        return image, image[:, :, 0]


MOVE = ba.Compose(
    [
        ba.Affine(rotate=(-20, 20), interpolation="nearest", border="reflect101"),
        ba.RandomCrop(height=48, width=48),
        ba.HorizontalFlip(),
    ]
)


def test_complaint_image_and_mask_apart(folder):
    torch.manual_seed(SEED)
    rotate = v2.RandomRotation(20)
    image, mask = map(v2.functional.to_image, Segmented(folder)[0])
    assert torch.equal(image[:1], mask)
    assert not torch.equal(rotate(image)[:1], rotate(mask))


@pytest.mark.parametrize("workers", [0, 2])
def test_image_and_mask_together(folder, workers):
    with_masks = Segmented(folder)
    # Nothing as large as the image is left behind in silence.
    with pytest.raises(ValueError, match="would not move with it"):
        bt.Augmented(with_masks, MOVE, seed=SEED, stream="train")[0, 0]
    train = bt.Augmented(with_masks, MOVE, seed=SEED, stream="train", fields=("image", "mask"))
    alone = bt.Augmented(Photos(folder), MOVE, seed=SEED, stream="train")
    order = ba.Order(len(train), seed=SEED, stream="train", shuffle=False)
    loader = bt.DataLoader(train, sampler=bt.Sampler(order, BATCH), num_workers=workers)
    for epoch in range(2):
        images, masks = map(torch.cat, zip(*loader, strict=True))
        assert torch.equal(images[..., 0], masks)
        assert torch.equal(images, torch.stack([alone[epoch, i][0] for i in range(24)]))


# Pictures stored beside the parameters that made them.

SPLIT = -2
TO_STORE, FOR_THE_MODEL = ba.Compose(TRAIN.transforms[:SPLIT]), ba.Compose(TRAIN.transforms[SPLIT:])


def store(photos, folder, epoch):
    """Pictures as PNG, parameters as JSON."""
    for index in range(len(photos)):
        photo, path = photos[index]
        photo = np.asarray(photo)
        at = {"seed": SEED, "stream": "train", "epoch": epoch, "index": path}
        params = TO_STORE.params(**at, shape=photo.shape, dtype=photo.dtype)
        receipt = TO_STORE.receipt(**at)
        Image.fromarray(TO_STORE.apply(params, photo)).save(folder / f"{receipt}.png")
        record = {"path": path, "params": params}
        (folder / f"{receipt}.json").write_text(json.dumps(record))


@pytest.fixture(scope="module")
def stored(folder, tmp_path_factory):
    place = tmp_path_factory.mktemp("stored")
    store(Photos(folder), place, epoch=3)
    return place


def test_stored_pictures_are_made_again_from_their_parameters(folder, stored):
    (stored / "pipeline.json").write_text(TO_STORE.to_json())
    pipeline = ba.load(stored / "pipeline.json")
    records = sorted(stored.glob("ba1-*.json"))
    assert len(records) == 24
    for file in records:
        record = json.loads(file.read_text())
        photo = np.asarray(Image.open(folder / record["path"]))
        picture = np.asarray(Image.open(file.with_suffix(".png")))
        assert (pipeline.apply(record["params"], photo) == picture).all()
        # What the model gets is what it would have got without the detour.
        at = {"seed": SEED, "epoch": 3, "index": record["path"]}
        assert (FOR_THE_MODEL(picture, **at) == TRAIN(photo, **at)).all()


def test_a_picture_from_its_receipt_alone(folder, stored):
    """A file's name says how it was made; a slip in it is noticed."""
    paths = {ba.random.label(path): path for path in Photos(folder).paths}
    for file in stored.glob("*.png"):
        sample = ba.from_receipt(file.stem, TO_STORE)
        photo = np.asarray(Image.open(folder / paths[sample.index]))
        assert (sample(photo) == np.asarray(Image.open(file))).all()
        assert (sample.seed, sample.epoch) == (SEED, 3)
    receipt = file.stem
    with pytest.raises(ValueError, match="a character is wrong"):
        ba.from_receipt(
            receipt[:20] + ("a" if receipt[20] != "a" else "b") + receipt[21:], TO_STORE
        )
    with pytest.raises(ValueError, match=f"not of this one, {TRAIN.digest}"):
        ba.from_receipt(receipt, TRAIN)


# One parameter by hand.


def augment(image, index, rotation_angle=None):
    """None draws the angle."""
    params = TRAIN.params(seed=SEED, epoch=0, index=index, shape=image.shape, dtype=image.dtype)
    (affine,) = (op for op in params["ops"] if op["op"] == "Affine")
    if rotation_angle is not None:
        affine["params"]["rotate"] = rotation_angle
    return TRAIN.apply(params, image), affine["params"]["rotate"]


def test_the_angle_by_hand(folder):
    photo = np.asarray(Photos(folder)[0][0])
    by_call = TRAIN(photo, seed=SEED, epoch=0, index=0)
    made, angle = augment(photo, 0)
    assert (made == by_call).all() and -20 <= angle <= 20
    assert (augment(photo, 0, rotation_angle=angle)[0] == by_call).all()
    assert (augment(photo, 0, rotation_angle=angle + 10)[0] != by_call).any()


def test_nothing_else_moves(folder):
    """What is the same all over looks the same turned: brightness and noise have stayed."""
    gray = np.full((64, 64, 3), 128, np.uint8)
    drawn, _ = augment(gray, 0)
    for angle in (-90.0, 0.0, 5, 180):
        assert (augment(gray, 0, rotation_angle=angle)[0] == drawn).all()


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        ("a little", "Affine: params: .*a little"),
        (1e9, "Affine: params: rotate=.*within -360 to 360"),
    ],
)
def test_an_angle_that_there_is_not(folder, angle, text):
    with pytest.raises(ValueError, match=text):
        augment(np.asarray(Photos(folder)[0][0]), 0, rotation_angle=angle)
