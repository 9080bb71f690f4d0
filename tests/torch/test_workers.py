"""Augmented under every kind of loader: the same bytes."""

import itertools
import pickle
import warnings

import numpy as np
import pytest
import torch
from torch.utils.data import BatchSampler, ConcatDataset, DataLoader, Subset, default_collate

import bitaug as ba
import bitaug.torch as bt

from .. import WATCHDOG
from ..loaders.samples import AT, COUNT, PHOTOS, PIPELINE
from .common import Photos, augmented, epoch_keys, expected, order, seen

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

BATCH = 5
METHODS = ["fork", "spawn", "forkserver"]
# Each start of a worker that is not a fork imports torch: one of each kind, not all pairs.
WAYS = [
    *itertools.product(["fork"], [1, 2, 3], [False, True], [1, 4]),
    *[("spawn", 1, False, 2), ("spawn", 3, True, 1)],
    *[("forkserver", 2, False, 1), ("forkserver", 3, True, 4)],
]


def items(batch):
    """Leaves samples as they are, for batch_size=None too."""
    return batch


def loader(kind, collate, **options):
    """The same samples, asked for in three ways."""
    sampler = bt.Sampler(order(), BATCH)
    if kind == "sampler":
        options |= {"sampler": sampler, "batch_size": BATCH}
    elif kind == "batch_sampler":
        options["batch_sampler"] = BatchSampler(sampler, BATCH, False)
    else:
        options |= {"sampler": sampler, "batch_size": None}
        collate = items
    return DataLoader(augmented(), collate_fn=collate, **options)


def check(loader, kind):
    for epoch in range(2):
        batches = list(loader)
        if kind == "items":
            batches = [(image[None], [label]) for image, label in batches]
        assert seen(batches) == expected(epoch_keys(epoch))


@pytest.mark.parametrize("kind", ["sampler", "batch_sampler", "items"])
@pytest.mark.parametrize("collate", [bt.collate, default_collate])
def test_without_workers(kind, collate):
    check(loader(kind, collate), kind)


@pytest.mark.parametrize(("method", "workers", "persistent", "prefetch"), WAYS)
def test_with_workers(method, workers, persistent, prefetch):
    options = {
        "num_workers": workers,
        "multiprocessing_context": method,
        "persistent_workers": persistent,
        "prefetch_factor": prefetch,
        "timeout": WATCHDOG,
    }
    kinds = ["sampler", "batch_sampler", "items"] if method == "fork" else ["sampler"]
    for kind in kinds:
        check(loader(kind, bt.collate, **options), kind)


@pytest.mark.parametrize("method", METHODS)
def test_epochs_reach_persistent_workers(method):
    """With torch's own samplers a sample is asked for by index alone."""
    dataset = augmented()
    plain = DataLoader(
        dataset,
        batch_size=BATCH,
        num_workers=2,
        multiprocessing_context=method,
        persistent_workers=True,
        timeout=WATCHDOG,
    )
    for epoch in (0, 3, 4):
        dataset.set_epoch(epoch)
        assert seen(plain) == expected([(epoch, index, 0) for index in range(COUNT)])
    assert dataset.epoch == 4


def test_a_copy_has_an_epoch_of_its_own_that_its_workers_see():
    dataset = augmented()
    copied = pickle.loads(pickle.dumps(dataset))
    dataset.set_epoch(9)
    plain = DataLoader(copied, batch_size=BATCH, num_workers=1, persistent_workers=True)
    for epoch in (0, 2):
        copied.set_epoch(epoch)
        assert seen(plain) == expected([(epoch, index, 0) for index in range(COUNT)])


def test_a_batch_is_one_tensor_that_collate_does_not_copy():
    dataset = augmented()
    keys = [(1, 4, 0), (0, 2, 3), (2, 4, 0)]
    batch = dataset.__getitems__(keys)
    images, labels = bt.collate(batch)
    assert [item[0].data_ptr() for item in batch] == [image.data_ptr() for image in images]
    assert labels.tolist() == [4, 2, 4]
    assert seen([(images, labels)]) == expected(keys)
    assert torch.equal(default_collate(batch)[0], images)
    for key, (image, label) in zip(keys, batch, strict=True):
        single, number = dataset[key]
        assert torch.equal(single, image) and number == label


class Bare(Photos):
    """Images without labels."""

    def __getitem__(self, index):
        return super().__getitem__(index)[0]


def test_a_batch_of_images_alone():
    batch = bt.Augmented(Bare(), PIPELINE, **AT).__getitems__([(1, 4, 0), (0, 2, 3)])
    images = bt.collate(batch)
    assert images.data_ptr() == batch[0].data_ptr()
    assert seen([(images, [4, 2])]) == expected([(1, 4, 0), (0, 2, 3)])


def whole_batches(dataset, pipeline, **options):
    return bt.Iterable(dataset, pipeline, order(), BATCH, **options)


def made_by_loader(dataset, pipeline, **options):
    return bt.DataLoader(dataset, pipeline, batch_size=BATCH, **options)


def is_shared(batch):
    found = [batch.images, bt.collate(batch)[0], *(sample[0] for sample in batch)]
    return torch.tensor([tensor.is_shared() for tensor in found])


class Masked(Photos):
    """Images with a mask."""

    def __getitem__(self, index):
        image, _ = super().__getitem__(index)
        return image, image[..., 0]


@pytest.mark.parametrize(("photos", "fields"), [(Photos(), None), (Masked(), ("image", "mask"))])
def test_a_worker_writes_into_shared_memory(photos, fields):
    dataset = bt.Augmented(photos, PIPELINE, **AT, fields=fields)
    options = {"sampler": bt.Sampler(order(), BATCH), "batch_size": BATCH}
    with_worker = DataLoader(dataset, collate_fn=is_shared, num_workers=1, **options)
    assert next(iter(with_worker)).tolist() == [True] * (2 + BATCH)
    without = DataLoader(dataset, collate_fn=is_shared, **options)
    assert next(iter(without)).tolist() == [False] * (2 + BATCH)


def whole(options):
    sampler = bt.Sampler(order(), 3)
    return bt.DataLoader(augmented(), sampler=sampler, **options)


def iterable(options):
    collate = options.pop("collate_fn")
    batches = bt.Iterable(Photos(), PIPELINE, order(), 3, **AT, collate_fn=collate)
    return bt.DataLoader(batches, **options)


@pytest.mark.parametrize("make", [whole, iterable])
@pytest.mark.parametrize("workers", [0, 2])
def test_the_loop_receives_the_memory_that_the_call_wrote(make, workers, monkeypatch):
    """Each batch brings a look at what this process was told to write to, from the first on: where
    the loop has left a mark since, it shows."""
    wanted = expected(epoch_keys(0))
    written = []
    call = ba.Compose.__call__

    def noted(pipeline, *args, out, **options):
        written.append(out)
        return call(pipeline, *args, out=out, **options)

    def collate(batch):
        return *bt.collate(batch), torch.tensor([out.flat[0] for out in written])

    monkeypatch.setattr(ba.Compose, "__call__", noted)
    options = {"collate_fn": collate, "num_workers": workers}
    if workers:
        options |= {"multiprocessing_context": "fork", "prefetch_factor": 1, "timeout": WATCHDOG}
    each = max(workers, 1)
    marked = []
    for number, (images, labels, looks) in enumerate(make(options)):
        assert seen([(images, labels)]) == wanted[3 * number :][:3]
        assert images.is_shared() == bool(workers)
        # A worker may have been a batch ahead of the loop.
        known = marked[number % each :: each][: len(looks) - 1 - bool(workers)]
        assert looks[: len(known)].tolist() == known
        marked.append(-1.0 - number)
        images.view(-1)[0] = marked[-1]
    assert len(marked) == 8 and len(known) == (2 if workers else 7)
    if not workers:
        assert images.data_ptr() == written[-1].ctypes.data


class Sizes(Photos):
    """Every image of another size."""

    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return image[: 20 - index // 2], label


def test_images_that_do_not_stack_come_as_a_list():
    flip = ba.HorizontalFlip(p=1)
    batch = bt.Augmented(Sizes(), flip, **AT).__getitems__([0, 4, 20])
    assert type(batch) is list
    assert [tuple(image.shape) for image, _ in batch] == [(20, 24, 3), (18, 24, 3), (10, 24, 3)]
    stacked = bt.Augmented(Sizes(), PIPELINE, **AT).__getitems__([0, 4, 20])
    assert bt.collate(stacked)[0].shape == (3, 3, 16, 16)


class Broken(Photos):
    """One cannot be read."""

    def __getitem__(self, index):
        if index == 4:
            raise ValueError("not a photo")
        return super().__getitem__(index)


def test_errors_name_the_sample():
    for photos, text in [(Broken(), "not a photo"), ([PHOTOS[0]] * 4 + ["a"], "image: str")]:
        dataset = bt.Augmented(photos, PIPELINE, **AT)
        for load in (dataset.__getitem__, lambda key, d=dataset: d.__getitems__([0, key])):
            with pytest.raises((TypeError, ValueError), match=text) as caught:
                load(4)
            assert caught.value.__notes__ == ["at index 4"]


def path_of(place):
    return f"{place:03}.png"


def test_within_a_subset_index_says_what_stays():
    half = Subset(Photos(), range(10, 20))
    by_place = bt.Augmented(half, PIPELINE, **AT)
    assert seen([([by_place[1, 3][0]], [3])]) != expected([(1, 13, 0)])
    for index in (range(10, 20), lambda place: place + 10):
        kept = bt.Augmented(half, PIPELINE, **AT, index=index)
        image, label = kept[1, 3]
        assert [(label, ba.digest(image.numpy()))] == expected([(1, 13, 0)])
    by_path = bt.Augmented(half, PIPELINE, **AT, index=path_of)
    image = PIPELINE(Photos()[13][0], **AT, epoch=1, index="003.png")
    assert ba.digest(by_path[1, 3][0].numpy()) == ba.digest(image)
    assert by_path.address(3) == "003.png"


def test_wrapped_it_works_by_index_alone():
    dataset = augmented()
    dataset.set_epoch(5)
    for wrapped in (Subset(dataset, [3, 1]), ConcatDataset([Subset(dataset, [3]), dataset])):
        assert seen([([wrapped[0][0]], [3])]) == expected([(5, 3, 0)])
        for outer in (wrapped, Subset(wrapped, [0])):
            with pytest.raises(TypeError, match="put Augmented outermost: Augmented"):
                bt.DataLoader(outer, sampler=bt.Sampler(order(), BATCH))


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (-1, (0, COUNT - 1, 0)),
        ((2, -COUNT), (2, 0, 0)),
        (np.int64(3), (0, 3, 0)),
        (np.uint8(3), (0, 3, 0)),
        (torch.tensor(3), (0, 3, 0)),
        ((np.int64(2), np.int32(-2), np.uint32(1)), (2, COUNT - 2, 1)),
    ],
)
def test_places_are_those_of_a_sequence(key, wanted):
    for image, label in (augmented()[key], *augmented().__getitems__([key])):
        assert [(label, ba.digest(image.numpy()))] == expected([wanted])


def test_a_slice_is_a_batch():
    for part in (slice(2, 9, 3), slice(-2, None), slice(30, 40)):
        places = range(COUNT)[part]
        wanted = expected([(0, place, 0) for place in places])
        assert [(label, ba.digest(image.numpy())) for image, label in augmented()[part]] == wanted


def test_keys_of_places_from_the_end():
    named = bt.Augmented(Photos(), PIPELINE, **AT, index=path_of)
    assert named.address(-1) == named.address(np.int64(COUNT - 1)) == "021.png"
    assert torch.equal(named[-1][0], named[COUNT - 1][0])


@pytest.mark.parametrize("make", [bt.Augmented, whole_batches, made_by_loader])
@pytest.mark.parametrize(
    ("index", "key"),
    [
        ([*range(21), 4], "4"),
        (np.arange(22) // 2, "0"),
        ([f"{i % 21}.png" for i in range(22)], "'0.png'"),
        (lambda place: max(place, 7), "7"),
        ([*(f"{i}.png" for i in range(21)), ba.random.label("3.png")], "505501180892643267"),
    ],
)
def test_keys_that_repeat_are_refused(make, index, key):
    """They would get the same draws; what counts is what decides them, the label of a text."""
    with pytest.raises(ValueError, match=f"index={key}: two samples have it"):
        make(Photos(), PIPELINE, **AT, index=index)


@pytest.mark.parametrize("name", ["pipeline", "seed", "stream", "layout", "fields", "threads"])
def test_what_workers_would_not_see_is_read_only(name):
    dataset = augmented()
    before = getattr(dataset, name)
    for change in (lambda: setattr(dataset, name, before), lambda: delattr(dataset, name)):
        with pytest.raises(AttributeError, match=rf"Augmented\.{name}: read-only.*a new Augmented"):
            change()
    assert getattr(dataset, name) is before


def test_read_only_everywhere():
    sampler = bt.Sampler(order(), BATCH)
    batches = bt.Iterable(Photos(), PIPELINE, order(), BATCH, **AT)
    for made, names in [
        (augmented(), ("dataset", "index")),
        (sampler, ("order", "plan", "global_batch_size", "batch_size", "rank")),
        (batches, ("augmented", "plan", "collate_fn")),
        (batches.augmented, ("pipeline", "seed")),
        (bt.Keyed(PIPELINE, **AT), ("pipeline", "seed", "stream")),
        (bt.ContentKeyed(PIPELINE, **AT), ("pipeline",)),
        (bt.KeyedLoader("photos"), ("root", "loader")),
    ]:
        for name in names:
            with pytest.raises(AttributeError, match=f"{name}: read-only"):
                setattr(made, name, None)
    for made in (augmented(), sampler, batches, bt.Keyed(PIPELINE, **AT)):
        with pytest.raises(AttributeError, match=r"epoch: read-only.*set_epoch\(\) tells"):
            made.epoch = 3
        copied = pickle.loads(pickle.dumps(made))
        copied.set_epoch(3)
        assert (copied.epoch, made.epoch) == (3, 0)


def test_length_and_iteration():
    assert len(augmented()) == COUNT
    assert len(list(augmented())) == COUNT


@pytest.mark.parametrize(
    ("key", "kind", "text"),
    [
        (COUNT, IndexError, "index=22: 0 to 21"),
        (-COUNT - 1, IndexError, "index=-23: 0 to 21, or -22 to -1 from the end"),
        ((0, 2**70), IndexError, "index=1180591620717411303424: 0 to 21"),
        ((0, COUNT), IndexError, "index=22: 0 to 21"),
        ("a", TypeError, "key='a'"),
        (True, TypeError, "key=True"),
        ((True, 1), TypeError, r"key=\(True, 1\)"),
        (1.0, TypeError, "key=1.0"),
        ((0, slice(3)), TypeError, r"key=\(0, slice"),
        ((1,), TypeError, r"key=\(1,\)"),
        ((1, 2, 3, 4), TypeError, "key="),
        ((1, "a"), TypeError, "key="),
        ((-1, 2), ValueError, r"epoch(\[1\])?=-1"),
        ((2**32, 2), ValueError, r"epoch(\[1\])?=4294967296"),
        ((0, 2, -1), ValueError, r"repeat(\[1\])?=-1"),
    ],
)
def test_keys_that_are_refused(key, kind, text):
    with pytest.raises(kind, match=text):
        augmented()[key]
    with pytest.raises(kind, match=text):
        augmented().__getitems__([0, key])


@pytest.mark.parametrize(
    ("changed", "kind", "text"),
    [
        ({"seed": "today"}, TypeError, r"ba\.random\.label\('today'\)"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"stream": 5}, TypeError, "stream=5"),
        ({"pipeline": [PIPELINE]}, TypeError, "pipeline: list"),
        ({"dataset": iter([])}, TypeError, "dataset: list_iterator"),
        ({"index": [1, 2]}, ValueError, "index: 2 values for 22 samples"),
    ],
)
def test_arguments_that_are_refused(changed, kind, text):
    arguments = {"dataset": Photos(), "pipeline": PIPELINE, **AT} | changed
    with pytest.raises(kind, match=text):
        bt.Augmented(**arguments)


def test_stream_has_no_default():
    with pytest.raises(TypeError, match="stream"):
        bt.Augmented(Photos(), PIPELINE, seed=1)


@pytest.mark.parametrize("epoch", [-1, 2**32, True, "1", 1.0])
def test_epochs_that_are_refused(epoch):
    for target in (augmented(), bt.Sampler(order(), BATCH), bt.Keyed(PIPELINE, **AT)):
        with pytest.raises((TypeError, ValueError), match="epoch="):
            target.set_epoch(epoch)


@pytest.mark.parametrize("pinned", [False, True])
def test_a_batch_is_made_in_pinned_memory(pinned, monkeypatch):
    """What is asked of torch where CUDA is present; it need not be here."""
    asked = []

    def empty(*shape, pin_memory=False, **options):
        asked.append(pin_memory)
        return torch_empty(*shape, **options)

    torch_empty = torch.empty
    sampler = bt.Sampler(order(), 8)
    options = {"pin_memory": pinned}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, that there is no accelerator to pin for
        loaders = [
            bt.DataLoader(augmented(), sampler=sampler, **options),
            bt.DataLoader(bt.Iterable(Photos(), PIPELINE, order(), 8, **AT), **options),
        ]
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch, "empty", empty)
        monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor, *_: tensor)
        for loader in loaders:
            asked.clear()
            made = next(iter(loader))
            assert asked[-1] is pinned  # the last, as torch makes a seed before
            assert seen([made]) == expected(epoch_keys(0)[:8])


class Undecodable(Photos):
    def __init__(self):
        super().__init__()
        self.samples = [(f"photos/{i}.png", 0) for i in range(COUNT)]

    def __getitem__(self, place):
        if place == 3:
            raise KeyError("cannot decode")
        return super().__getitem__(place)


class UndecodableBatches(Undecodable):
    def __getitems__(self, places):
        return [self[place] for place in places]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("kind", [Undecodable, UndecodableBatches])
def test_whatever_a_data_set_raises_names_the_sample(kind, workers):
    train = bt.Augmented(kind(), PIPELINE, **AT)
    sampler = bt.Sampler(order(shuffle=False), BATCH)
    with pytest.raises(KeyError) as caught:
        list(bt.DataLoader(train, sampler=sampler, num_workers=workers))
    said = [*map(str, caught.value.args), *getattr(caught.value, "__notes__", [])]
    assert "at index 3, photos/3.png" in "".join(said)
    with pytest.raises(KeyError) as caught:
        train.params(0, 3)
    assert caught.value.__notes__ == ["at index 3, photos/3.png"]
