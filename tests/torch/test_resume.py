"""Killed at any moment, training goes on with the samples that were left."""

import collections
import itertools
import json
import pickle
import re
import subprocess
import sys

import pytest
from torch.utils.data import BatchSampler, DataLoader, Sampler
from torchdata.stateful_dataloader import StatefulDataLoader

import bitaug as ba
import bitaug.torch as bt

from ..loaders.samples import AT, COUNT, PIPELINE
from .common import Photos, augmented, epoch_keys, expected, joined, order, seen
from .trainer import EPOCHS, GLOBAL

# More workers than cores is what is to be tested.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

STEPS = -(-COUNT // GLOBAL)
WHOLE = [expected(epoch_keys(epoch)) for epoch in range(EPOCHS)]


def train(folder, kill_at=None, **options):
    """Runs the trainer; kills it at one of its pauses: an odd one lies between a step and the
    saving of its state."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.torch.trainer", str(folder), json.dumps(options)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, bufsize=1) as process:
        for pauses, _ in enumerate(process.stdout, 1):
            if pauses == kill_at:
                process.kill()
                break
            process.stdin.write("on\n")
    assert process.returncode == (0 if kill_at is None else -9)


def steps(folder, repeated=0):
    """What was seen up to each global position; only a step that was not saved is made again."""
    lines = (folder / "steps.jsonl").read_text().splitlines()
    made = {}
    for epoch, position, samples in map(json.loads, lines):
        samples = list(map(tuple, samples))
        assert made.setdefault((epoch, position), samples) == samples
    assert len(lines) - len(made) == repeated
    return made


def check(made):
    """Every step of every epoch, whoever made it."""
    for epoch in range(EPOCHS):
        ends = [min((k + 1) * GLOBAL, COUNT) for k in range(STEPS)]
        got = [made[epoch, end] for end in ends]
        for end, samples in zip(ends, got, strict=True):
            start = (end - 1) // GLOBAL * GLOBAL
            assert sorted(samples) == sorted(WHOLE[epoch][start:end])


@pytest.mark.parametrize(
    ("kills", "workers", "options"),
    [
        ([2 * STEPS, 2 * 3 - 1], [2, 0, 1], {}),
        ([2 * STEPS + 2], [1, 2], {"set_epoch": False}),
        ([2 * 3 - 1], [2, 1], {"iterable": True}),
    ],
)
def test_killed(tmp_path, kills, workers, options):
    """SIGKILL within an epoch, at its end, and twice; then with other workers."""
    one = {"rank": 0, "world_size": 1, **options}
    for kill, count in zip([*kills, None], workers, strict=True):
        train(tmp_path, kill, workers=count, **one)
    check(steps(tmp_path, repeated=sum(kill % 2 for kill in kills)))


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 1)])
def test_killed_and_resumed_on_other_ranks(tmp_path, before, after):
    made = collections.defaultdict(list)
    states = set()
    for rank in range(before):
        folder = tmp_path / f"{rank}"
        train(folder, 4, rank=rank, world_size=before, workers=rank)
        states.add((folder / "state.json").read_text())
        for place, samples in steps(folder).items():
            made[place] += samples
    (state,) = states
    for rank in range(after):
        folder = tmp_path / f"after-{rank}"
        folder.mkdir()
        (folder / "state.json").write_text(state)
        train(folder, rank=rank, world_size=after, workers=1)
        for place, samples in steps(folder).items():
            made[place] += samples
    check(made)


def batches_of(loader, epochs):
    for _ in range(epochs):
        yield from loader


@pytest.mark.parametrize("taken", [0, 1, 3, STEPS, STEPS + 2])
@pytest.mark.parametrize(("workers", "others"), [(0, 3), (3, 0)])
def test_state_counts_what_was_handed_out(taken, workers, others):
    """Batches that workers have made ahead are not lost."""

    def loader(workers):
        options = {"num_workers": workers, "persistent_workers": workers > 0}
        return bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL), **options)

    first = loader(workers)
    got = list(itertools.islice(batches_of(first, EPOCHS), taken))
    state = pickle.loads(pickle.dumps(first.state_dict()))
    second = loader(others)
    second.load_state_dict(state)
    got += batches_of(second, EPOCHS - second.epoch)
    assert seen(got) == joined(WHOLE)


def test_the_end_of_an_epoch():
    """Saved after the last step, it is the next epoch, unless the old one is asked for."""
    loader = bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL))
    for _ in loader:
        state = loader.state_dict()
    assert (state["epoch"], state["position"]) == (0, COUNT)
    after = loader.state_dict()
    assert (after["epoch"], after["position"], loader.epoch) == (1, 0, 1)
    for saved in (state, after):
        again = bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL))
        again.load_state_dict(saved)
        assert again.epoch == 1
        assert seen(again) == WHOLE[1]
    again.load_state_dict(state)
    again.set_epoch(0)
    assert seen(again) == []
    assert seen(again) == WHOLE[1]


def test_a_broken_off_epoch():
    loader = bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL), num_workers=1)
    next(iter(loader))
    state = loader.state_dict()
    assert state["position"] == GLOBAL
    assert seen(loader) == WHOLE[1]
    next(iter(loader))
    loader.load_state_dict(state)
    assert loader.state_dict() == state
    assert seen(loader) == WHOLE[0][GLOBAL:]


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")  # torchdata's own
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("taken", [1, STEPS, STEPS + 1])
def test_stateful_data_loader(workers, taken):
    """Two kills; nobody calls set_epoch."""

    def loader():
        sampler = bt.Sampler(order(), GLOBAL)
        options = {"batch_size": sampler.batch_size, "collate_fn": bt.collate}
        return StatefulDataLoader(augmented(), sampler=sampler, num_workers=workers, **options)

    got, state = [], {}
    for count in (taken, 2):
        part = loader()
        part.load_state_dict(state)
        while count:
            for batch in itertools.islice(part, count):
                got.append(batch)
                state = part.state_dict()
                count -= 1
    last = loader()
    last.load_state_dict(state)
    while len(got) < EPOCHS * STEPS:
        got += last
    assert seen(got) == joined(WHOLE)


FLIP = ba.HorizontalFlip()
OTHERS = [
    ({"pipeline": FLIP}, f"pipeline '{PIPELINE.digest}'; this is pipeline '{FLIP.digest}'"),
    ({"seed": 43}, "seed 42; this is seed 43"),
    ({"stream": "val"}, "stream 'train'; this is stream 'val'"),
    ({"layout": "HWC"}, "layout None; this is layout 'HWC'"),
    ({"fields": ("image", None)}, "fields None; this is fields "),
    ({"index": range(10, 10 + COUNT)}, "index None; this is index '"),
    ({"seed": 43, "stream": "val"}, "seed 42, stream 'train'; this is seed 43, stream 'val'"),
]


def changed_dataset(changed):
    options = {"pipeline": PIPELINE, **AT} | changed
    return bt.Augmented(Photos(), **options)


def changed_batches(changed):
    options = {"pipeline": PIPELINE, **AT} | changed
    return bt.Iterable(Photos(), order=order(), global_batch_size=GLOBAL, **options)


@pytest.mark.parametrize(("changed", "text"), OTHERS)
def test_a_state_of_other_samples_is_refused(changed, text):
    """What goes on with another pipeline or seed is another run: the order alone does not say."""
    for make in (changed_dataset, changed_batches):

        def loader(dataset):
            own = isinstance(dataset, bt.Iterable)
            return bt.DataLoader(dataset, sampler=None if own else bt.Sampler(order(), GLOBAL))

        state = json.loads(json.dumps(loader(make({})).state_dict()))
        loader(make({})).load_state_dict(state)
        other = loader(make(changed))
        with pytest.raises(ValueError, match=re.escape(text)):
            other.load_state_dict(state)
        assert other.epoch == 0


@pytest.mark.parametrize("state", [{}, {"epoch": 1, "position": 0}, None, [1], "state"])
def test_what_is_no_state(state):
    loader = bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL))
    for target in (loader, iter(bt.Sampler(order(), GLOBAL)), augmented()):
        with pytest.raises(ValueError, match=r"a dict of .* is needed"):
            target.load_state_dict(state)


@pytest.mark.filterwarnings("ignore:'set_vital' is deprecated")  # torchdata's own
@pytest.mark.parametrize("workers", [0, 1])
def test_stateful_data_loader_refuses_another_pipeline(workers):
    def loader(changed):
        options = {"sampler": bt.Sampler(order(), GLOBAL), "batch_size": GLOBAL}
        return StatefulDataLoader(changed_dataset(changed), num_workers=workers, **options)

    first = loader({})
    next(iter(first))
    state = first.state_dict()
    again = loader({})
    again.load_state_dict(state)
    next(iter(again))
    other = loader({"pipeline": FLIP})
    other.load_state_dict(state)
    with pytest.raises(ValueError, match=f"'{PIPELINE.digest}'; this is pipeline '{FLIP.digest}'"):
        next(iter(other))


class Unsized(Sampler):
    """Does not say how many keys it gives at a time."""

    def __init__(self, sampler):
        self.sampler = sampler


def test_loaders_without_our_sampler_are_refused():
    with pytest.raises(TypeError, match=r"pipeline is missing: .* torch's DataLoader"):
        bt.DataLoader(Photos(), batch_size=4)
    with pytest.raises(TypeError, match="sampler: DataLoader"):
        bt.DataLoader(augmented(), sampler=DataLoader(augmented()))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (lambda sampler: {"sampler": sampler, "batch_size": 4}, "batch_size=4: 3 "),
        (lambda sampler: {"batch_sampler": BatchSampler(sampler, 2, False)}, "batch_size=2: 3 "),
        (lambda sampler: {"batch_sampler": Unsized(sampler)}, "batch_size=0: 3 "),
    ],
)
def test_another_batch_size_is_refused(options, text):
    """The count would be another than that of the other ranks."""
    sampler = bt.Sampler(order(), GLOBAL, rank=0, world_size=2)
    with pytest.raises(ValueError, match=text + r"\(global_batch_size=6 over 2 ranks\)"):
        bt.DataLoader(augmented(), **options(sampler))


def test_other_ways_to_count():
    """A batch sampler, and samples one by one."""
    sampler = bt.Sampler(order(), GLOBAL, rank=0, world_size=2)
    for options, each in [
        ({"batch_sampler": BatchSampler(sampler, 3, False)}, 6),
        ({"sampler": sampler, "batch_size": None}, 2),
    ]:
        loader = bt.DataLoader(augmented(), **options)
        list(itertools.islice(loader, 3))
        assert loader.state_dict()["position"] == 3 * each


def test_an_order_of_another_length_is_refused():
    with pytest.raises(ValueError, match="order: 10 samples; the data set has 22"):
        bt.DataLoader(augmented(), sampler=bt.Sampler(order(10), 5))
