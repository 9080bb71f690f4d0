"""DataLoader(dataset, pipeline, ...): what it makes is what one makes by hand."""

import itertools

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, RandomSampler, Subset

import bitaug as ba
import bitaug.torch as bt

from ..loaders.samples import AT, COUNT, PHOTOS, PIPELINE
from .common import Photos, augmented, epoch_keys, expected, joined, order, seen

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

SHUFFLED = ba.Order(COUNT, **AT)
IN_PLACE = ba.Order(COUNT, **AT, shuffle=False)


def loader(**options):
    return bt.DataLoader(Photos(), PIPELINE, **({"batch_size": 5} | AT | options))


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ({"shuffle": True}, SHUFFLED),
        ({"shuffle": False}, IN_PLACE),
        ({"shuffle": None}, IN_PLACE),
        ({}, IN_PLACE),
        ({"shuffle": True, "num_workers": 2, "persistent_workers": True}, SHUFFLED),
        ({"shuffle": True, "num_workers": 1, "worker_init_fn": np.random.seed}, SHUFFLED),
    ],
)
def test_two_epochs(options, order):
    made = loader(**options)
    for epoch in range(2):
        batches = list(made)
        assert [len(images) for images, _ in batches] == [5, 5, 5, 5, 2]
        assert seen(batches) == expected(epoch_keys(epoch, order))
    made.set_epoch(7)
    assert seen(made) == expected(epoch_keys(7, order))


def test_it_is_resumed():
    first = loader(shuffle=True, num_workers=1)
    got = list(itertools.islice(first, 2))
    second = loader(shuffle=True)
    second.load_state_dict(first.state_dict())
    got += second
    assert seen(got) == expected(epoch_keys(0, SHUFFLED))
    with pytest.raises(ValueError, match="the state is of order "):
        loader().load_state_dict(first.state_dict())


def test_other_batches():
    assert [len(images) for images, _ in loader(drop_last=True)] == [5] * 4
    singles = list(loader(batch_size=None, shuffle=True))
    wanted = expected(epoch_keys(0, SHUFFLED))
    assert seen([(image[None], [label]) for image, label in singles]) == wanted
    one = bt.DataLoader(Photos(), PIPELINE, **AT)
    assert one.batch_size == 1 and len(one) == COUNT


def test_of_an_augmented_data_set_seed_and_stream_are_known():
    made = bt.DataLoader(augmented(), batch_size=5, shuffle=True)
    assert seen(made) == expected(epoch_keys(0, SHUFFLED))


def test_an_order_of_another_kind():
    sampler = bt.Sampler(order(), 5)
    made = bt.DataLoader(Photos(), PIPELINE, **AT, sampler=sampler)
    assert seen(made) == expected(epoch_keys(0))


def test_what_a_sample_is():
    photos = [{"photo": image.transpose(2, 0, 1)} for image in PHOTOS]
    options = {
        "layout": "CHW",
        "fields": {"photo": "image"},
        "index": [f"{i}.png" for i in range(22)],
    }
    made = next(iter(bt.DataLoader(photos, PIPELINE, **AT, batch_size=3, **options)))["photo"]
    wanted = PIPELINE(list(PHOTOS[:3]), **AT, epoch=0, index=options["index"][:3])
    assert (made.numpy() == np.stack(wanted)).all()


@pytest.mark.parametrize("world", [1, 2])
def test_on_ranks(world, monkeypatch):
    """batch_size is that of a rank, as torch's is."""
    parts = []
    for rank in range(world):
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda: world)
        made = loader(shuffle=True, drop_last=True, batch_size=4)
        parts.append(list(made))
        assert made.state_dict()["epoch"] == 1
    assert [len(images) for images, _ in parts[-1]] == [4] * (COUNT // (4 * world))
    whole = expected(epoch_keys(0, SHUFFLED))[: COUNT - COUNT % (4 * world)]
    assert sorted(joined(map(seen, parts))) == sorted(whole)


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"seed": None}, TypeError, "seed: None is not an integer"),
        ({"stream": None}, TypeError, "stream=None: a str is needed"),
        ({"pipeline": 5}, TypeError, "pipeline: int is not a bitaug transform"),
        ({"pipeline": None}, TypeError, "seed, stream: a pipeline is needed"),
        ({"dataset": augmented()}, TypeError, "pipeline: Augmented has one"),
        ({"dataset": iter([])}, TypeError, "dataset: list_iterator has no length"),
        ({"batch_size": 0}, ValueError, "batch_size=0: 1 to"),
        ({"batch_size": 2.5}, TypeError, "batch_size=2.5: an integer"),
        ({"shuffle": "yes"}, TypeError, "shuffle='yes': True or False"),
        ({"drop_last": 3}, TypeError, "drop_last=3: True or False"),
        ({"sampler": RandomSampler(range(22))}, TypeError, "sampler: RandomSampler is not a bit"),
        ({"batch_sampler": [[0, 1]]}, TypeError, "sampler: NoneType is not a bitaug"),
        ({"generator": torch.Generator()}, TypeError, "generator: seed and stream decide"),
        ({"in_order": False}, ValueError, "in_order=False"),
        ({"index": [1] * 22}, ValueError, "index=1: two samples"),
        ({"collate_fn": "padded"}, ValueError, "collate_fn='padded': 'pad', 'list' or a function"),
        (
            {"collate_fn": "pad", "batch_size": None},
            ValueError,
            "collate_fn='pad': batch_size=None",
        ),
        ({"numworkers": 2}, TypeError, "numworkers=2: no such argument; did you mean num_workers="),
        ({"batchsize": 2}, TypeError, "batchsize=2: no such argument; did you mean batch_size="),
        ({"num_workers": "2"}, TypeError, "num_workers='2': an integer is needed"),
        ({"num_workers": -1}, ValueError, "num_workers=-1: 0 to"),
        ({"pin_memory": 2}, TypeError, "pin_memory=2: True or False"),
        ({"collate_fn": 3}, TypeError, "collate_fn=3: 'pad', 'list' or a function"),
        ({"pipeline": None, "seed": None, "stream": None}, TypeError, "pipeline is missing"),
        ({"index": (f"{i}" for i in range(22))}, TypeError, "index=<generator .*: a sequence with"),
        ({"index": {f"{i}" for i in range(22)}}, TypeError, "index={.*: a sequence with a key"),
    ],
)
def test_what_is_refused(options, kind, text):
    given = {"dataset": Photos(), "pipeline": PIPELINE, **AT} | options
    with pytest.raises(kind, match=text):
        bt.DataLoader(**given)


def test_batches_are_never_out_of_order():
    batches = bt.Iterable(Photos(), PIPELINE, order(), 4, **AT)
    with pytest.raises(ValueError, match="in_order=False"):
        bt.DataLoader(batches, in_order=False)
    with pytest.raises(TypeError, match="collate_fn='pad': give it to Iterable"):
        bt.DataLoader(batches, collate_fn="pad")
    with pytest.raises(TypeError, match="pipeline: Iterable has one"):
        bt.DataLoader(batches, PIPELINE, **AT)


def test_numbers_may_be_of_numpy():
    made = loader(batch_size=np.int64(5), num_workers=np.int32(0), drop_last=np.True_)
    assert made.batch_size == 5 and [len(images) for images, _ in made] == [5] * 4


def test_the_keys_of_an_index_are_kept():
    """What the caller's list becomes, or a function says the next time, does not enter."""
    given, said = [f"{i}.png" for i in range(22)], itertools.count()
    listed = bt.Augmented(Photos(), PIPELINE, **AT, index=given)
    counted = bt.Augmented(Photos(), PIPELINE, **AT, index=lambda place: next(said))
    wanted, numbers = list(given), np.arange(22, dtype=np.int32)
    array = bt.Augmented(Photos(), PIPELINE, **AT, index=numbers)
    given[:], numbers[:] = ["0.png"] * 22, 0
    assert [listed.address(i) for i in range(22)] == wanted
    for made in (counted, array):
        assert [made.address(i) for i in range(22)] == list(range(22))
        assert type(made.address(3)) is int
        assert torch.equal(made[0, 3][0], augmented()[0, 3][0])


def test_nothing_is_augmented_twice():
    """A second flip of the same draws would undo the first."""
    once = augmented()
    whole = bt.Iterable(Photos(), PIPELINE, order(), 4, **AT)
    for given in (once, Subset(once, [0, 1]), ConcatDataset([Photos(), Subset(once, [0])]), whole):
        with pytest.raises(TypeError, match=r"dataset: the samples of .* are augmented already"):
            bt.Augmented(given, PIPELINE, **AT)
    with pytest.raises(TypeError, match="dataset: the samples of Subset are augmented already"):
        bt.DataLoader(Subset(once, [0, 1]), PIPELINE, **AT)


def test_what_would_have_no_effect_is_read_only():
    made = loader()
    for name in ("pipeline", "seed", "stream", "index", "layout", "fields", "white"):
        with pytest.raises(AttributeError, match=f"DataLoader.{name}: read-only.*a new DataLoader"):
            setattr(made, name, None)
    with pytest.raises(AttributeError, match=r"epoch: read-only.*set_epoch\(\) tells"):
        made.epoch = 3
    made.worker_init_fn = np.random.seed  # as frameworks do


def test_white_of_whole_batches():
    photos = np.full((4, 4, 4, 3), 1000, np.uint16)
    options = {"seed": 1, "stream": "train", "white": 4000}
    (made,) = bt.DataLoader(bt.Iterable(photos, ba.ToFloat(), ba.Order(4, seed=1, stream="train"),
                                        4, **options))  # fmt: skip
    assert made.unique().tolist() == [0.25]


def test_states_that_cannot_be_are_refused():
    made = loader(seed=1)
    state = made.state_dict()
    for change, kind, text in (
        ({"position": 99}, ValueError, "position=99: 0 to 26"),
        ({"position": True}, TypeError, "position=True: an integer"),
        ({"seed": True}, ValueError, "the state is of seed True; this is seed 1"),
        ({"seed": 1.0}, ValueError, "the state is of seed 1.0; this is seed 1"),
    ):
        with pytest.raises(kind, match=text):
            made.load_state_dict(state | change)
    made.load_state_dict(state | {"position": 22})
    assert made.epoch == 1
