"""Killed at any moment, training goes on with the samples that were left."""

import json

import pytest

import bitaug as ba
import bitaug.grain as bg

from ..processes import kill, start
from ..samples import AT, COUNT, EPOCHS, ORDER, PIPELINE, Photos, expected
from .common import augmented, loader, seen, source, unbatched


def train(folder, *options, kill_at=None):
    """Runs the trainer; kills it after some of its batches. How many there were."""
    steps = 0
    with start("-m", "tests.loaders.grain.trainer", str(folder), *options) as process:
        try:
            for steps, _ in enumerate(process.stdout, 1):
                if steps == kill_at:
                    kill(process)
                    break
                process.stdin.write("on\n")
        except BaseException:
            kill(process)
            raise
    assert process.returncode == (0 if kill_at is None else -9)
    return steps


@pytest.mark.parametrize("kind", ["loader", "dataset"])
@pytest.mark.parametrize("count", ["0", "2"])
def test_killed(tmp_path, kind, count):
    """SIGKILL within the first epoch and within the second."""
    folder = tmp_path / "whole"
    folder.mkdir()
    steps = train(folder, kind, count)
    _, whole = json.loads((folder / "saved.json").read_text())
    kills = [3, 5]
    for kill_at in kills:
        train(tmp_path, kind, count, kill_at=kill_at)
    assert train(tmp_path, kind, count) == steps - sum(kills)
    _, samples = json.loads((tmp_path / "saved.json").read_text())
    assert samples == whole
    wanted = [expected(epoch, place) for epoch in range(EPOCHS) for place in ORDER[epoch, :]]
    assert sorted(map(tuple, samples)) == sorted(wanted)


def test_from_a_step():
    """The random access of a MapDataset needs no state."""
    made = augmented().shuffle(seed=5).repeat().batch(4)
    assert seen(unbatched([made[9]])) == seen(unbatched([made[7:][2]]))


def test_the_state_holds_the_source():
    batches = iter(loader(source()))
    next(batches)
    state = batches.get_state()
    iter(loader(source())).set_state(state)
    others = [
        source(seed=43),
        source(stream="val"),
        source(layout="HWC"),
        source(fields=("image", None)),
        source(index=range(10, 10 + COUNT)),
        bg.Source(Photos(), ba.HorizontalFlip(), ORDER, **AT),
        bg.Source(Photos(), PIPELINE, ba.Order(COUNT, seed=8, stream="train"), **AT),
    ]
    for other in others:
        with pytest.raises(ValueError, match="DataSource in checkpoint does not match"):
            iter(loader(other)).set_state(state)
