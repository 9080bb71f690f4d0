"""What the tests share. Everything here can be sent to a spawned worker."""

import os
import signal
import subprocess
import sys

import grain
import numpy as np

import bitaug as ba
import bitaug.grain as bg

COUNT = 22
EPOCHS = 3
AT = {"seed": 42, "stream": "train"}
PIPELINE = ba.Compose(
    [
        ba.RandomResizedCrop(16),
        ba.HorizontalFlip(),
        ba.ColorJitter(brightness=(0.6, 1.4)),
        ba.GaussNoise(),
        ba.ToFloat(),
        ba.ToCHW(),
    ]
)
ORDER = ba.Order(COUNT, seed=7, stream="train")


class Photos:
    """(image, label)"""

    def __init__(self):
        rng = np.random.default_rng(1)
        self.photos = rng.integers(0, 256, (COUNT, 20, 24, 3), dtype=np.uint8)

    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return self.photos[index], index


def augmented(**options):
    return bg.augment(grain.MapDataset.source(Photos()), PIPELINE, **(AT | options))


def workers(count):
    return grain.multiprocessing.MultiprocessingOptions(num_workers=count)


def digest(image):
    return ba.digest(np.ascontiguousarray(image))


def expected(epoch, place, repeat=0, **options):
    """(label, digest) of one sample, made by itself."""
    address = AT | {"epoch": epoch, "index": place, "repeat": repeat} | options
    return place, digest(PIPELINE(Photos()[place][0], **address))


def seen(samples):
    """(label, digest) of each, in the order they come."""
    return [(int(label), digest(image)) for image, label in samples]


def unbatched(batches):
    return [sample for batch in batches for sample in zip(*batch, strict=True)]


def source(**options):
    return bg.Source(Photos(), PIPELINE, ORDER, **(AT | options))


def loader(data_source, batch_size=4, **options):
    sampler = grain.samplers.SequentialSampler(len(data_source))
    options = {"shard_options": grain.sharding.NoSharding()} | options
    batch = grain.transforms.Batch(batch_size)
    return grain.DataLoader(data_source=data_source, sampler=sampler, operations=[batch], **options)


def start(*command):
    """A Python process that leads a group of its own."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    return subprocess.Popen([sys.executable, *command], start_new_session=True, **pipes)


def kill(process):
    """Its workers too, as when a machine goes down: Grain's outlive their parent."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
