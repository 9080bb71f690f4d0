"""Lightning and Accelerate: the same bytes, exact resuming, and no sharding twice."""

import json
import subprocess
import sys

import accelerate
import pytest
import torch
from accelerate.data_loader import IterableDatasetShard, prepare_data_loader
from lightning.fabric.utilities.distributed import DistributedSamplerWrapper
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader

import bitaug.torch as bt

from .. import WATCHDOG
from ..loaders.samples import COUNT, PIPELINE
from .common import augmented, epoch_keys, expected, joined, order, seen
from .lightning_module import Recorder, trainer

pytestmark = [
    pytest.mark.filterwarnings("ignore::Warning:lightning"),
    pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers"),
    pytest.mark.filterwarnings("ignore:Checkpoint directory"),
]
GLOBAL, EPOCHS = 6, 3
STEPS = -(-COUNT // GLOBAL)
WHOLE = [expected(epoch_keys(epoch)) for epoch in range(EPOCHS)]


class Killed(Exception):
    pass


class Fragile(Recorder):
    """Dies at a step."""

    def __init__(self, dies_at=None):
        super().__init__()
        self.dies_at = dies_at

    def on_train_batch_start(self, *_):
        if self.global_step == self.dies_at:
            raise Killed


def loader(workers, **ranks):
    options = {"num_workers": workers, "persistent_workers": workers > 0}
    return bt.DataLoader(augmented(), sampler=bt.Sampler(order(), GLOBAL, **ranks), **options)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("dies_at", [2, STEPS - 1, STEPS, STEPS + 1])
def test_lightning_resumes_exactly(tmp_path, dies_at, workers):
    """From a checkpoint after each step: within an epoch, at its last step, and after it."""
    path = tmp_path / "last.ckpt"

    def fit(model, **options):
        save = ModelCheckpoint(tmp_path, save_last=True, save_top_k=0, every_n_train_steps=1)
        run = trainer(tmp_path, callbacks=[save], max_epochs=EPOCHS)
        run.fit(model, loader(workers), **options)

    first = Fragile(dies_at)
    with pytest.raises(Killed):
        fit(first)
    second = Fragile()
    fit(second, ckpt_path=path, weights_only=False)
    batches = first.batches + second.batches
    assert len(first.batches) == dies_at
    assert seen([batch for _, batch in batches]) == joined(WHOLE)
    assert [epoch for epoch, _ in batches] == [i // STEPS for i in range(EPOCHS * STEPS)]


def test_lightning_resumes_after_an_epoch(tmp_path):
    save = ModelCheckpoint(tmp_path, filename="{epoch}", save_top_k=-1)
    first, second = Recorder(), Recorder()
    trainer(tmp_path, callbacks=[save], max_epochs=1).fit(first, loader(2))
    path = tmp_path / "epoch=0.ckpt"
    run = trainer(tmp_path, max_epochs=EPOCHS, enable_checkpointing=False)
    run.fit(second, loader(0), ckpt_path=path, weights_only=False)
    assert seen([batch for _, batch in first.batches + second.batches]) == joined(WHOLE)


def run_ddp(folder, when):
    """Lightning looks for a free port and takes it seconds later. Each process that asks for one
    meanwhile is given the same by a chance of 1 in 28,000; with ten of them, four tries all fail
    by a chance of 2e-14."""
    command = [sys.executable, "-m", "tests.torch.ddp", str(folder), when]
    for _ in range(4):
        done = subprocess.run(command, capture_output=True, text=True, timeout=WATCHDOG)
        if "address already in use" not in done.stderr:
            break
    return done


def test_lightning_on_two_ranks(tmp_path):
    """It would wrap any other sampler in one that shards again."""
    done = run_ddp(tmp_path, "late")
    assert done.returncode == 0, done.stderr
    ranks = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2)]
    steps = zip(*ranks, strict=True)
    for number, parts in enumerate(steps):
        epoch, step = divmod(number, COUNT // GLOBAL)
        samples = [tuple(sample) for at, part in parts for sample in part if at == epoch]
        assert sorted(samples) == sorted(WHOLE[epoch][step * GLOBAL : (step + 1) * GLOBAL])
    assert number + 1 == 2 * (COUNT // GLOBAL)


def test_lightning_with_a_loader_made_too_early(tmp_path):
    done = run_ddp(tmp_path, "early")
    assert done.returncode != 0
    assert "made for rank 0 of 1, used on rank" in done.stderr


def test_sharding_twice_is_refused():
    two = {"rank": 0, "world_size": 2}
    wrapper = DistributedSamplerWrapper(bt.Sampler(order(), GLOBAL, **two), 2, 0)
    with pytest.raises(RuntimeError, match=r"Wrapper would.*use_distributed_sampler=False"):
        list(wrapper)
    with pytest.raises(RuntimeError, match=r"BatchSamplerShard.*accelerator\.prepare"):
        list(shard(loader(0, **two), 0))
    batches = bt.Iterable(
        augmented().dataset, PIPELINE, order(), GLOBAL, seed=42, stream="train", **two
    )
    sharded = IterableDatasetShard(batches, batch_size=2, num_processes=2)
    with pytest.raises(RuntimeError, match=r"IterableDatasetShard.*accelerator\.prepare"):
        list(sharded)


def test_sharding_once_by_others_is_not():
    whole = bt.Sampler(order(), GLOBAL, rank=0, world_size=1)
    for rank in (0, 1):
        wrapper = DistributedSamplerWrapper(whole, 2, rank, shuffle=False)
        assert list(wrapper) == epoch_keys(rank)[rank::2]
    ranks = [seen(shard(loader(0), rank, split_batches=True)) for rank in range(2)]
    assert sorted(set(joined(ranks))) == sorted(WHOLE[0])


def shard(given, rank, **options):
    """As Accelerate prepares a loader on one of two processes."""
    quiet = {"put_on_device": False, "rng_types": []}
    return prepare_data_loader(given, num_processes=2, process_index=rank, **quiet, **options)


@pytest.mark.parametrize("workers", [0, 2])
def test_accelerate(workers):
    prepared = accelerate.Accelerator(cpu=True).prepare(loader(workers))
    for epoch in range(EPOCHS):
        assert seen(prepared) == WHOLE[epoch]
    prepared.set_epoch(1)
    assert seen(prepared) == WHOLE[1]


def test_torch_loader_of_a_plain_script():
    """Nothing of ours but the data set and the sampler."""
    sampler = bt.Sampler(order(), GLOBAL)
    plain = DataLoader(augmented(), batch_size=sampler.batch_size, sampler=sampler)
    for epoch in range(EPOCHS):
        assert seen(plain) == WHOLE[epoch]
    assert torch.is_tensor(next(iter(plain))[0])
