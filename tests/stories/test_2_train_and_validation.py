"""Training and validation give identical images.

I set a seed once, as one should, and make two generators: the first batch of validation is the
first batch of training, pixel for pixel. With one transform object for both, validation is
augmented, and how often I validate changes what training sees. A fresh random seed for each data
set helps, but then I cannot repeat the run, and all pictures of a set are turned by the same angle.
"""

import dataclasses
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Subset, random_split
from torchvision.transforms import v2

import bitaug as ba
import bitaug.torch as bt

from .photos import Photos

# More workers than cores is what is to be tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

BATCH = 8
WORKERS = [(0, None), (2, "fork"), (1, "spawn")]
TRAIN = ba.Compose(
    [
        ba.RandomResizedCrop(32),
        ba.HorizontalFlip(),
        ba.RandomBrightnessContrast(),
        ba.ToFloat(),
        ba.ToCHW(),
    ]
)
VAL = ba.Compose([ba.Resize(height=32, width=32), ba.ToFloat(), ba.ToCHW()])


# (a) Two generators, one seed.


def flips_and_brightness(photos, seed):
    rng = np.random.default_rng(seed)
    while True:
        batch = []
        for i in range(BATCH):
            image = np.asarray(photos[i][0]) / 255
            image = image[:, ::-1] if rng.random() < 0.5 else image
            batch.append(np.clip(image + rng.uniform(-0.2, 0.2), 0, 1))
        yield np.stack(batch)


def test_complaint_two_generators_of_one_seed(folder):
    train = flips_and_brightness(Photos(folder), seed=42)
    val = flips_and_brightness(Photos(folder), seed=42)
    assert (next(train) == next(val)).all()


def passes(dataset, epochs, workers=0, method=None):
    """All images, epoch after epoch."""
    loader = DataLoader(
        dataset, BATCH, num_workers=workers, multiprocessing_context=method,
        persistent_workers=workers > 0,
    )  # fmt: skip
    for epoch in epochs:
        dataset.set_epoch(epoch)
        yield torch.cat([images for images, _ in loader])


@pytest.mark.parametrize(("workers", "method"), WORKERS)
def test_one_seed_two_streams(folder, workers, method):
    """The same pictures, pipeline and seed: no image of one is that of the other."""
    photos = Photos(folder)
    train = bt.Augmented(photos, TRAIN, seed=42, stream="train")
    val = bt.Augmented(photos, TRAIN, seed=42, stream="val")
    epochs = range(2)
    made = [passes(part, epochs, workers, method) for part in (train, val)]
    images = torch.cat([epoch for part in made for epoch in part])
    assert len({ba.digest(image.numpy()) for image in images}) == 2 * 2 * len(photos)
    # And no other run, with workers or without, has other ones.
    again = [
        TRAIN(np.asarray(photos[i][0]), seed=42, stream=stream, epoch=epoch, index=i)
        for stream in ("train", "val")
        for epoch in epochs
        for i in range(len(photos))
    ]
    assert (images.numpy() == np.stack(again)).all()


def test_streams_are_independent():
    """Flips agree as often as those of two coins, crops are not related."""
    at = {"seed": 42, "epoch": 0, "shape": (64, 64, 3)}
    flips, lefts = {}, {}
    for stream in ("train", "val"):
        drawn = [TRAIN.params(stream=stream, index=i, **at)["ops"] for i in range(1000)]
        flips[stream] = np.array([ops[1]["applied"] for ops in drawn])
        lefts[stream] = [ops[0]["params"]["left"] for ops in drawn]
    assert 450 < (flips["train"] == flips["val"]).sum() < 550
    assert abs(np.corrcoef(lefts["train"], lefts["val"])[0, 1]) < 0.1


# (b) One transform object for both, and one seed.


class Transformed(Photos):
    """What the tutorials have."""

    def __init__(self, root, transform):
        super().__init__(root)
        self.transform = transform

    def __getitem__(self, index):
        image, path = super().__getitem__(index)
        return self.transform(image), path


SHARED = v2.Compose(
    [
        v2.RandomRotation(30),
        v2.ColorJitter(brightness=0.4),
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
    ]
)
PLAIN = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])


@pytest.mark.parametrize("workers", [0, 2])
def test_complaint_one_compose_and_one_seed(folder, workers):
    firsts = []
    for _ in ("train", "val"):
        torch.manual_seed(42)
        loader = DataLoader(Transformed(folder, SHARED), BATCH, num_workers=workers)
        firsts.append(next(iter(loader))[0])
    assert torch.equal(*firsts)


def test_complaint_two_parts_of_one_data_set(folder):
    """Whoever turns augmentation off for validation has turned it off for training."""
    torch.manual_seed(42)
    train, val = random_split(Transformed(folder, SHARED), [18, 6])
    assert not torch.equal(train[0][0], train[0][0])
    val.dataset.transform = PLAIN
    assert torch.equal(train[0][0], train[0][0])


def test_two_parts_of_one_data_set(folder):
    photos = Photos(folder)
    parts = random_split(photos, [18, 6], generator=torch.Generator().manual_seed(7))
    # By index= a picture keeps its draws in whatever part it is.
    train, val = (
        bt.Augmented(part, pipeline, seed=42, stream=stream, index=part.indices)
        for part, pipeline, stream in zip(parts, (TRAIN, VAL), ("train", "val"), strict=True)
    )
    everything = bt.Augmented(photos, TRAIN, seed=42, stream="train")
    for epoch in range(2):
        for place, index in enumerate(parts[0].indices):
            assert torch.equal(train[epoch, place][0], everything[epoch, index][0])
    plain = [VAL(np.asarray(image), seed=0, epoch=0, index=0) for image, _ in parts[1]]
    for epoch in range(2):
        assert all((val[epoch, i][0].numpy() == plain[i]).all() for i in range(6))
    # A pipeline cannot be changed behind anybody's back.
    with pytest.raises(dataclasses.FrozenInstanceError):
        train.pipeline.transforms = ()


def train_and_validate(train, val, validations):
    """Two epochs of training, with validation in between."""
    seen = []
    for epoch in range(2):
        for part in (train, val):
            if isinstance(part, bt.Augmented):
                part.set_epoch(epoch if part is train else 0)
        seen += [images for images, _ in DataLoader(train, BATCH)]
        for _ in range(validations):
            list(DataLoader(val, BATCH))
    return torch.cat(seen)


def test_complaint_validation_changes_training(folder):
    runs = []
    for validations in (0, 1):
        torch.manual_seed(42)
        parts = Transformed(folder, SHARED), Transformed(folder, SHARED)
        runs.append(train_and_validate(*parts, validations))
    assert not torch.equal(*runs)


def test_validation_leaves_training_alone(folder):
    """And is itself the same each time, though it is augmented here."""
    photos = Photos(folder)
    train = bt.Augmented(photos, TRAIN, seed=42, stream="train")
    val = bt.Augmented(photos, TRAIN, seed=42, stream="val")
    runs = [train_and_validate(train, val, validations) for validations in (0, 1, 2)]
    assert torch.equal(runs[0], runs[1]) and torch.equal(runs[0], runs[2])
    first, second = passes(val, [0, 0])
    assert torch.equal(first, second)


# (c) The same files in both folders.


@pytest.fixture
def folders(folder, tmp_path):
    """Validation has two pictures of training, one of them as a JPEG, and a link to a folder."""
    train, val = tmp_path / "train", tmp_path / "val"
    for name in ("astronaut", "cat"):
        shutil.copytree(folder / name, train / name)
    shutil.copytree(folder / "rocket", val / "rocket")
    shutil.copy(train / "astronaut" / "0.png", val / "rocket" / "copied.png")
    with Image.open(train / "astronaut" / "1.png") as picture:
        picture.save(val / "rocket" / "saved.jpg", quality=90)
    (val / "cat").symlink_to(train / "cat")
    return train, val


def test_complaint_the_same_files_in_both_folders(folders):
    """Validation is perfect, and says nothing."""
    train, val = ({path.read_bytes() for path in part.glob("*/*.png")} for part in folders)
    assert len(train & val) == 7


def test_pictures_of_both_folders_are_found(folders):
    leaks = ba.leaks(*folders)
    found = {(*leaks.names(pair), pair.kind) for pair in leaks}
    wanted = [(f"cat/{i}.png", f"cat/{i}.png", "same file") for i in range(6)]
    wanted.append(("astronaut/0.png", "rocket/copied.png", "same content"))
    wanted.append(("astronaut/1.png", "rocket/saved.jpg", "near"))
    train, val = folders
    assert found == {(f"{train / one}", f"{val / other}", kind) for one, other, kind in wanted}


# (d) A fresh seed for each data set.


class FreshlySeeded(Photos):
    """The angle is part of the sample, so that it can be seen."""

    def __init__(self, root):
        super().__init__(root)
        self.seed = int(torch.randint(2**31, ()))

    def __getitem__(self, index):
        torch.manual_seed(self.seed)
        angle = float(torch.empty(()).uniform_(-30, 30))
        return v2.functional.rotate(super().__getitem__(index)[0], angle), angle


def angles(dataset):
    return {angle for _, angle in map(dataset.__getitem__, range(len(dataset)))}


def test_complaint_a_fresh_seed_for_each_data_set(folder):
    """Apart they are. But every picture has one angle, and who else drew a number changes it."""
    torch.manual_seed(42)
    train, val = FreshlySeeded(folder), FreshlySeeded(folder)
    assert len(angles(train)) == len(angles(val)) == 1
    assert angles(train) != angles(val)
    torch.manual_seed(42)
    torch.rand(())  # the first layer of a model, say
    assert angles(FreshlySeeded(folder)) != angles(train)


def test_a_data_set_has_no_state_to_seed(folder):
    """Every picture has draws of its own; when, and by whom, a data set is made means nothing."""
    turn = ba.Affine(rotate=(-30, 30))
    at = {"seed": 42, "stream": "train", "epoch": 0, "shape": (64, 64, 3)}
    drawn = [turn.params(index=i, **at)["ops"][0]["params"]["rotate"] for i in range(24)]
    assert len(set(drawn)) == 24
    torch.manual_seed(1)
    first = bt.Augmented(Photos(folder), turn, seed=42, stream="train")
    torch.rand(())
    second = bt.Augmented(Photos(folder), turn, seed=42, stream="train")
    assert all(torch.equal(first[0, i][0], second[0, i][0]) for i in range(24))


# What if the stream is forgotten, and which picture belongs to which part?


def test_a_forgotten_stream_is_found(folder):
    photos = Photos(folder)
    train = bt.Augmented(Subset(photos, range(18)), TRAIN, seed=42, stream="train")
    val = bt.Augmented(Subset(photos, range(18, 24)), TRAIN, seed=42, stream="train")
    loaders = {"train": DataLoader(train, BATCH), "val": DataLoader(val, BATCH)}
    assert bt.check(**loaders) == [
        "train and val share seed=42, stream='train' and 6 indices: give each its own stream"
    ]
    val = bt.Augmented(val.dataset, TRAIN, seed=42, stream="val")
    assert bt.check(train=train, val=val) == []


def test_no_picture_is_in_both_parts(folder):
    """And none changes sides when new ones come."""
    paths, shares = Photos(folder).paths, {"train": 0.75, "val": 0.25}
    before = ba.split(paths, shares, seed=7)
    assert before["train"] and before["val"]
    assert sorted(before["train"] + before["val"]) == paths
    new = [f"cat/{i}.png" for i in range(6, 200)]
    after = ba.split(new + paths[::-1], shares, seed=7)
    for part in shares:
        assert set(before[part]) <= set(after[part])
