"""A source for grain.DataLoader, in an order of its own."""

import sys

import grain
import numpy as np
import pytest

import bitaug as ba
import bitaug.grain as bg
from bitaug._images.files import find, read

from ..photos import AT as PHOTOS_AT
from ..photos import DIGEST, EPOCH, digest
from ..photos import PIPELINE as PHOTOS_PIPELINE
from ..samples import AT, COUNT, EPOCHS, ORDER, PIPELINE, Photos, expected
from .common import loader, seen, source, unbatched, workers

EVERY = [expected(epoch, place) for epoch in range(EPOCHS) for place in ORDER[epoch, :].tolist()]


class Files:
    """(image, key)"""

    def __init__(self, folder):
        self.files = list(find(folder).items())

    def __len__(self):
        return len(self.files)

    def __getitem__(self, place):
        key, path = self.files[place]
        return read(path), key

    def key(self, place):
        return self.files[place][0]


class OneEpoch:
    """A sampler of EPOCH alone."""

    def __len__(self):
        return 64

    def __getitem__(self, k):
        return grain.RecordMetadata(index=k, record_key=EPOCH * 64 + k)


@pytest.mark.parametrize(("count", "size"), [(0, 10), (1, 64), (2, 7)])
def test_digest(folder, count, size):
    files = Files(folder)
    order = ba.Order(64, seed=7, stream="train")
    made = bg.Source(files, PHOTOS_PIPELINE, order, **PHOTOS_AT, index=files.key)
    batches = grain.DataLoader(
        data_source=made, sampler=OneEpoch(), operations=[grain.transforms.Batch(size)],
        worker_count=count, shard_options=grain.sharding.NoSharding(),
    )  # fmt: skip
    assert digest({str(key): image for image, key in unbatched(batches)}) == DIGEST


def test_order():
    assert seen(unbatched(loader(source(epochs=EPOCHS)))) == EVERY
    assert seen([source(epochs=EPOCHS)[k] for k in range(EPOCHS * COUNT)]) == EVERY
    assert sorted(EVERY[:COUNT]) != sorted(EVERY[COUNT : 2 * COUNT])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_workers(count):
    """Grain deals the samples out to workers before it makes batches: the batches are others,
    the samples are the same."""
    found = seen(unbatched(loader(source(epochs=EPOCHS), worker_count=count)))
    assert sorted(found) == sorted(EVERY)
    assert (found == EVERY) is (count == 1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_batches_before_workers(count):
    ds = grain.MapDataset.source(source(epochs=EPOCHS)).batch(4).to_iter_dataset()
    assert seen(unbatched(ds.mp_prefetch(workers(count)))) == EVERY


@pytest.mark.parametrize("world", [2, 3])
def test_ranks(world):
    """Step k of all ranks together takes the same samples for any number of them."""
    steps = []
    for rank in range(world):
        shard = grain.sharding.ShardOptions(rank, world)
        batches = loader(source(epochs=EPOCHS), batch_size=1, shard_options=shard)
        steps.append(seen(unbatched(batches)))
    assert [sample for step in zip(*steps, strict=True) for sample in step] == EVERY


def test_copies_of_a_sample():
    order = ba.WeightedOrder([1] * (COUNT - 1) + [9], seed=7, stream="train")
    indices, repeats = order.keys(1, slice(None))
    assert max(repeats) > 0
    made = bg.Source(Photos(), PIPELINE, order, **AT)
    pairs = zip(indices.tolist(), repeats.tolist(), strict=True)
    wanted = [expected(1, place, repeat) for place, repeat in pairs]
    assert seen([made[COUNT + k] for k in range(COUNT)]) == wanted


@pytest.mark.parametrize("options", [{"stream": "val"}, {"seed": 2**64 - 1}])
def test_streams_and_seeds(options):
    assert seen([source(**options)[3]]) == [expected(0, int(ORDER[0, 3]), **options)]


def test_keys():
    keys = [f"{place}.png" for place in range(COUNT)]
    place = int(ORDER[1, 3])
    for index in (keys, keys.__getitem__):
        assert seen([source(index=index)[COUNT + 3]]) == [expected(1, place, index=keys[place])]


def test_targets_travel():
    image = np.zeros((20, 24, 3), np.uint8)
    image[:4, :6] = 255
    sample = {"image": image, "mask": image[..., 0], "bboxes": np.array([[0.0, 0, 6, 4]])}
    order = ba.Order(1, seed=7, stream="train")
    made = bg.Source([sample], ba.HorizontalFlip(p=1), order, **AT)[0]
    assert made["bboxes"].tolist() == [[18, 0, 24, 4]]
    assert (made["image"][..., 0] == made["mask"]).all() and made["mask"][:4, 18:].all()


def test_as_many_epochs_as_there_can_be():
    assert len(source()) == COUNT * 2**32
    many = ba.Order(2**40, seed=7, stream="train")
    huge = bg.Source(range(2**40), PIPELINE, many, **AT)
    assert huge.epochs == sys.maxsize // 2**40 and len(huge) <= sys.maxsize
    image, label = source()[COUNT * 2**32 - 1]
    assert seen([(image, label)]) == [expected(2**32 - 1, int(ORDER[2**32 - 1, -1]))]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"epochs": 0}, "epochs=0: 1 to "),
        ({"epochs": 2**32 + 1}, "epochs=4294967297: 1 to 4294967296 of 22 samples"),
        ({"index": ["a"]}, "index: 1 values for 22 samples"),
        ({"index": [*range(21), 5]}, "index=5: two samples have it"),
        ({"order": ba.Order(10, seed=7, stream="t")}, "order: 10 samples; the source has 22"),
    ],
)
def test_wrong_values(options, text):
    given = {"source": Photos(), "pipeline": PIPELINE, "order": ORDER, **AT}
    with pytest.raises(ValueError, match=text):
        bg.Source(**(given | options))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"order": ORDER.shard(0, 2)}, "order: Shard is not a whole order"),
        ({"order": [1, 2]}, "order: list is not an order"),
        ({"source": iter([])}, "source: list_iterator has no length"),
        ({"pipeline": None}, "pipeline: NoneType is not a bitaug transform"),
        ({"stream": 1}, "stream=1: a str is needed"),
        ({"seed": "a"}, "seed"),
    ],
)
def test_wrong_kinds(options, text):
    given = {"source": Photos(), "pipeline": PIPELINE, "order": ORDER, **AT}
    with pytest.raises(TypeError, match=text):
        bg.Source(**(given | options))


def test_what_workers_would_not_see_is_read_only():
    made = source()
    for held, name in [(made, "source"), (made, "order"), (made, "index"), (made, "epochs"),
                       (made, "augmenter"), (made.augmenter, "pipeline")]:  # fmt: skip
        with pytest.raises(AttributeError, match=f"{name}: read-only"):
            setattr(held, name, None)


@pytest.mark.parametrize("k", [-2 * COUNT - 1, 2 * COUNT])
def test_no_such_element(k):
    with pytest.raises(IndexError, match=f"index={k}: 0 to 43"):
        source(epochs=2)[k]


def test_elements_from_the_end():
    made = source(epochs=2)
    assert seen([made[-1], made[np.int64(-COUNT)]]) == seen([made[2 * COUNT - 1], made[COUNT]])
