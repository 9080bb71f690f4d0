"""What every loader gives: the digest of tests/loaders, in each way that WebDataset has."""

import multiprocessing

import pytest
import webdataset as wds

from bitaug._images.files import find
from bitaug.webdataset import Augment

from ... import WATCHDOG
from ..photos import AT, DIGEST, EPOCH, PIPELINE, digest
from .conftest import write_shard


def as_file(sample):
    """The key of the file that a sample was, so that both give the same bytes."""
    shard = sample["__url__"].rpartition("/")[2].removesuffix(".tar")
    return f"{shard}/{sample['__key__']}.png"


def augment():
    return Augment(PIPELINE, **AT, epoch=EPOCH, key=as_file)


def by_file(samples):
    return {as_file(sample): sample["png"] for sample in samples}


@pytest.mark.parametrize("decoder", ["pil", "rgb8"])
def test_plain(shards, decoder):
    train = wds.WebDataset(shards, shardshuffle=False).decode(decoder).compose(augment())
    assert digest(by_file(train)) == DIGEST


def test_shuffled(shards):
    train = wds.WebDataset(shards, shardshuffle=4)
    before = train.shuffle(20).decode("pil").compose(augment())
    after = train.decode("pil").compose(augment()).shuffle(20)
    for shuffled in (before, after, before):  # each pass in another order
        assert digest(by_file(shuffled)) == DIGEST


def test_a_pipeline_of_stages(shards):
    train = wds.DataPipeline(
        wds.SimpleShardList(shards),
        wds.split_by_worker,
        wds.tarfile_to_samples(),
        wds.decode("pil"),
        augment(),
        wds.to_tuple("__url__", "__key__", "png"),
    )
    made = {as_file({"__url__": url, "__key__": key}): image for url, key, image in train}
    assert digest(made) == DIGEST


def test_other_shards(folder, tmp_path):
    """The same files in one shard, with their folders as keys."""
    files = find(folder)
    members = [(key, path.read_bytes()) for key, path in files.items()]
    shard = write_shard(tmp_path / "all-000.tar", members)
    train = wds.WebDataset(shard, shardshuffle=False).decode("pil")
    made = train.compose(
        Augment(PIPELINE, **AT, epoch=EPOCH, key=lambda sample: sample["__key__"] + ".png")
    )
    assert digest({sample["__key__"]: sample["png"] for sample in made}) == DIGEST


def read(shards, rank, ranks, worker, workers, answers):
    """As webdataset finds its place without torch."""
    import os

    os.environ |= {"RANK": f"{rank}", "WORLD_SIZE": f"{ranks}"}
    os.environ |= {"WORKER": f"{worker}", "NUM_WORKERS": f"{workers}"}
    train = wds.WebDataset(
        shards, shardshuffle=False, nodesplitter=wds.split_by_node, empty_check=False
    )
    answers.put(by_file(train.decode("pil").compose(augment())))


@pytest.mark.parametrize(("ranks", "workers"), [(1, 3), (2, 1), (2, 2)])
def test_ranks_and_workers(shards, ranks, workers):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    places = [(rank, ranks, worker, workers) for rank in range(ranks) for worker in range(workers)]
    processes = [context.Process(target=read, args=(shards, *p, answers)) for p in places]
    for process in processes:
        process.start()
    try:
        parts = [answers.get(timeout=WATCHDOG) for _ in places]
    finally:
        for process in processes:
            process.terminate()
            process.join()
    assert sum(map(len, parts)) == 64 and all(len(part) < 64 for part in parts)
    assert digest({key: image for part in parts for key, image in part.items()}) == DIGEST
