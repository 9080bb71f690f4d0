"""A MapDataset that is augmented in front of shuffle and repeat."""

import grain
import numpy as np
import pytest

import bitaug as ba
import bitaug.grain as bg
from bitaug._images.files import find, read

from ..photos import AT as PHOTOS_AT
from ..photos import DIGEST, EPOCH, digest
from ..photos import PIPELINE as PHOTOS_PIPELINE
from ..samples import AT, COUNT, EPOCHS, PIPELINE, Photos, expected
from .common import augmented, seen, unbatched, workers

EVERY = [expected(epoch, index) for epoch in range(EPOCHS) for index in range(COUNT)]


def by_epoch(samples):
    return [sorted(samples[start : start + COUNT]) for start in range(0, len(samples), COUNT)]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_digest(folder, count):
    files = find(folder)
    keys = list(files)
    photos = grain.MapDataset.source([(str(path), key) for key, path in files.items()])
    photos = photos.map(lambda file: (read(file[0]), file[1]))
    train = bg.augment(photos, PHOTOS_PIPELINE, **PHOTOS_AT, index=keys)
    train = train.shuffle(seed=7).repeat()[: (EPOCH + 1) * 64].batch(10).to_iter_dataset()
    made = unbatched(train.mp_prefetch(workers(count)) if count else train)
    assert digest({str(key): image for image, key in made[-64:]}) == DIGEST


@pytest.mark.parametrize(
    "arranged",
    [
        lambda ds: ds.repeat(EPOCHS),
        lambda ds: ds.shuffle(seed=5).repeat(EPOCHS),
        lambda ds: ds.filter(lambda sample: True).shuffle(seed=5).repeat(EPOCHS),
        lambda ds: grain.MapDataset.concatenate([ds[:10], ds[10:]]).repeat(EPOCHS),
    ],
)
def test_whole_epochs(arranged):
    ds = arranged(augmented())
    found = seen(ds)
    assert by_epoch(found) == by_epoch(EVERY)
    assert seen([ds[2 * COUNT + 3]]) == found[2 * COUNT + 3 :][:1]


def test_epochs_in_one_shuffle():
    """Repeated first, the epochs are mixed; but each sample comes once in each."""
    assert sorted(seen(augmented().repeat(EPOCHS).shuffle(seed=5))) == sorted(EVERY)


def test_a_shuffle_of_endless_epochs_is_refused():
    with pytest.raises(ValueError, match=r"epoch=\d+: an integer, 0 to 4294967295"):
        augmented().repeat().shuffle(seed=5)[0]


def test_one_epoch_again_and_again():
    """What repeat(reseed_each_epoch=False) asks for."""
    found = by_epoch(seen(augmented().shuffle(seed=5).repeat(2, reseed_each_epoch=False)))
    assert found[0] == found[1] == by_epoch(EVERY)[0]


@pytest.mark.parametrize("world", [2, 3])
def test_ranks(world):
    ds = augmented().shuffle(seed=5)
    found = [sample for rank in range(world) for sample in seen(ds[rank::world].repeat(EPOCHS))]
    assert sorted(found) == sorted(EVERY)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_workers(count):
    ds = augmented().shuffle(seed=5).repeat(2).batch(4)
    several = list(ds.to_iter_dataset().mp_prefetch(workers(count)))
    assert seen(unbatched(several)) == seen(unbatched(ds))
    assert [len(labels) for _, labels in several] == 2 * COUNT // 4 * [4]


@pytest.mark.parametrize("threads", [0, 1, 7])
def test_threads(threads):
    ds = augmented().shuffle(seed=5).repeat(EPOCHS)
    options = grain.ReadOptions(num_threads=threads, prefetch_buffer_size=9)
    assert seen(ds.to_iter_dataset(options)) == seen(ds)


@pytest.mark.parametrize("options", [{"stream": "val"}, {"seed": 2**64 - 1}])
def test_streams_and_seeds(options):
    assert seen([augmented(**options)[3]]) == [expected(0, 3, **options)]
    assert expected(0, 3, **options) != expected(0, 3)


def test_keys():
    keys = [f"{index}.png" for index in range(COUNT)]
    for index in (keys, keys.__getitem__):
        assert seen([augmented(index=index)[COUNT + 3]]) == [expected(1, 3, index="3.png")]


def test_a_subset_keeps_its_draws():
    part = bg.augment(grain.MapDataset.source(Photos())[10:15], PIPELINE, **AT, index=range(10, 15))
    assert seen(part) == [expected(0, place) for place in range(10, 15)]


def test_targets_travel():
    image = np.zeros((20, 24, 3), np.uint8)
    image[:4, :6] = 255
    sample = {
        "image": image, "mask": image[..., 0], "bboxes": np.array([[0.0, 0, 6, 4]]),
        "labels": ["cat"], "id": 5,
    }  # fmt: skip
    photos = grain.MapDataset.source([sample])
    made = bg.augment(photos, ba.HorizontalFlip(p=1), **AT)[0]
    assert made["bboxes"].tolist() == [[18, 0, 24, 4]] and made["labels"] == ["cat"]
    assert made["mask"][:4, 18:].all() and made["mask"].sum() == image[..., 0].sum()
    assert (made["image"][..., 0] == made["mask"]).all() and made["id"] == 5
    depth = {"photo": image, "depth": image[..., 0]}
    fields = {"photo": "image", "depth": "mask"}
    flipped = bg.augment(
        grain.MapDataset.source([depth]), ba.HorizontalFlip(p=1), **AT, fields=fields
    )[0]
    assert (flipped["depth"] == made["mask"]).all()


@pytest.mark.parametrize(
    ("reordered", "name"),
    [
        (lambda ds: ds.shuffle(seed=5), "shuffle"),
        (lambda ds: ds.repeat(2), "repeat"),
        (lambda ds: ds.repeat().map(lambda sample: sample), "repeat"),
        (lambda ds: grain.MapDataset.concatenate([ds, ds.shuffle(seed=5)]), "shuffle"),
        (
            lambda ds: grain.experimental.WindowShuffleMapDataset(ds, window_size=4, seed=5),
            "WindowShuffleMapDataset",
        ),
    ],
)
def test_the_wrong_place_is_refused(reordered, name):
    ds = reordered(grain.MapDataset.source(Photos()))
    with pytest.raises(ValueError, match=f"augmented after {name}, a sample's place"):
        bg.augment(ds, PIPELINE, **AT)


@pytest.mark.parametrize(
    "ds", [Photos(), [1, 2], grain.MapDataset.source(Photos()).to_iter_dataset()]
)
def test_other_data_sets_are_refused(ds):
    with pytest.raises(TypeError, match=rf"dataset: {type(ds).__name__} is not a grain\.MapData"):
        bg.augment(ds, PIPELINE, **AT)


def test_other_arguments_are_refused():
    with pytest.raises(ValueError, match="index: 3 values for 22 samples"):
        augmented(index=[1, 2, 3])
    for index in ([0, *range(21)], lambda place: place // 2):
        with pytest.raises(ValueError, match="index=0: two samples have it"):
            augmented(index=index)
    with pytest.raises(TypeError, match="stream=None: a str is needed"):
        augmented(stream=None)
    with pytest.raises(TypeError, match="pipeline: str is not a bitaug transform"):
        bg.augment(grain.MapDataset.source(Photos()), "flip", **AT)
