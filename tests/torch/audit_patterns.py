"""What people write, each with what is wrong with it; and what is right."""

import random
import time

import numpy as np
import torch
from torch.utils.data import (
    DataLoader,
    Dataset,
    DistributedSampler,
    IterableDataset,
    Subset,
    SubsetRandomSampler,
    default_collate,
    get_worker_info,
)
from torchvision.transforms import v2

import bitaug.torch as bt

from .. import WATCHDOG
from ..audit_patterns import BITS, SYSTEM, drawn
from ..loaders.samples import AT, PIPELINE, photos
from .common import order

COUNT = 22


class Photos(Dataset):
    """Images that `change` augments."""

    def __init__(self, start=0):
        self.photos = photos(100)[start : start + COUNT]

    def __len__(self):
        return len(self.photos)

    def change(self, image, index):
        return image

    def __getitem__(self, index):
        if not 0 <= index < len(self):
            raise IndexError(index)
        return self.change(self.photos[index], index), index % 3


class Generator(Photos):
    """A generator is kept in the data set."""

    def __init__(self, start=0):
        super().__init__(start)
        self.rng = np.random.default_rng(0)

    def change(self, image, index):
        return drawn(image, self.rng.integers(2**63))


def seed_alike(worker_id):
    random.seed(42)


class Global(Photos):
    """Draws from Python's global generator."""

    def change(self, image, index):
        return drawn(image, random.getrandbits(BITS))


class Draw(Photos):
    """Draws from torch's, which current versions seed by the worker's number."""

    def change(self, image, index):
        return drawn(image, int(torch.randint(2**63 - 1, ())))


class Entropy(Photos):
    """Draws from what nobody can seed."""

    def change(self, image, index):
        return drawn(image, SYSTEM.getrandbits(BITS))


def seed_by_number(worker_id):
    get_worker_info().dataset.rng = np.random.default_rng(worker_id)


class ByWorker(Photos):
    """The worker's number is part of the seed; all else is right."""

    epoch = 0

    def change(self, image, index):
        info = get_worker_info()
        seed = (self.epoch, 0 if info is None else info.id + 1, index)
        return drawn(image, seed)


class Told(Photos):
    """Right without workers that stay: the epoch is an attribute."""

    epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def change(self, image, index):
        return drawn(image, (self.epoch, index))


class Scheduled(Told):
    """A strength that grows with the epoch."""

    def change(self, image, index):
        return (image * (1 - self.epoch / 10)).astype(np.uint8)


class InInit(Photos):
    """Augmented where the data set is made."""

    def __init__(self, start=0):
        super().__init__(start)
        self.photos = [drawn(image, SYSTEM.getrandbits(BITS)) for image in self.photos]


class Cached(Photos):
    """Keeps what was augmented."""

    def __init__(self, start=0):
        super().__init__(start)
        self.cache = {index: self.draw(index) for index in range(COUNT)}

    def draw(self, index):
        return drawn(self.photos[index], random.getrandbits(BITS))

    def change(self, image, index):
        return self.cache[index]


class OneSeed(Photos):
    """The usual fix: a fresh seed for each data set, and the same for every image in it."""

    def __init__(self, start=0):
        super().__init__(start)
        self.seed = random.getrandbits(BITS)

    def change(self, image, index):
        return drawn(image, self.seed)


class Shuffled(Photos):
    """Shuffles its list of indices in place after each epoch."""

    def __init__(self, start=0):
        super().__init__(start)
        self.indices = list(range(COUNT))

    def on_epoch_end(self):
        random.shuffle(self.indices)

    def change(self, image, index):
        return self.photos[self.indices[index]]


class Shards(Photos):
    """Files of three images each, in another order each epoch."""

    def __init__(self, start=0):
        super().__init__(start)
        self.photos = self.photos[:21]
        self.files = list(range(7))

    def set_epoch(self, epoch):
        random.shuffle(self.files)

    def change(self, image, index):
        return self.photos[self.files[index // 3] * 3 + index % 3]


class MadeOnce(Photos):
    def change(self, image, index):
        return self.photos[0]


class Broken(Photos):
    """0 / 0 somewhere."""

    def change(self, image, index):
        image = image / np.float32(255)
        if index == 5:
            image[2, 3] = np.nan
        return image


class Failing(Photos):
    def change(self, image, index):
        if get_worker_info() is not None:
            raise OSError("too many open files")
        return image


class Hanging(Photos):
    def change(self, image, index):
        if get_worker_info() is not None:
            time.sleep(WATCHDOG)
        return image


def collate_flipped(samples):
    """One draw for the whole batch, by its first label."""
    images, labels = default_collate(samples)
    seed = images[0].to(torch.int64).sum().item()
    return (images.flip(2) if random.Random(seed).random() < 0.5 else images), labels


class Collate:
    """Draws for each sample, from a generator of its own."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, samples):
        return default_collate(
            [(drawn(image, self.rng.integers(2**63)), i) for image, i in samples]
        )


class Everything(IterableDataset):
    """Each worker gives all."""

    def __iter__(self):
        return ((image, i) for i, image in enumerate(photos(COUNT)))


class Normalised(Photos):
    """Right, and neither 0 to 1 nor 0 to 255."""

    def change(self, image, index):
        return ((image / np.float32(255) - 0.45) / 0.25).astype(np.float32)


# Factories.


def loader(dataset, **options):
    return DataLoader(dataset, 4, **options)


def make_global():
    return loader(Global())


def make_generator():
    return loader(Generator())


def make_by_worker():
    return loader(ByWorker())


def make_told():
    return loader(Told())


def make_scheduled():
    return loader(Scheduled())


def make_seeded_alike():
    return loader(Global(), worker_init_fn=seed_alike)


def make_seeded_by_number():
    return loader(Generator(), worker_init_fn=seed_by_number)


def make_seeded_globally():
    torch.manual_seed(42)
    return loader(Draw(), shuffle=True)


def make_forgotten():
    sampler = DistributedSampler(Photos(), num_replicas=1, rank=0)
    return loader(ByEpoch(), sampler=sampler)


def make_ranks(rank=0, world_size=1):
    sampler = DistributedSampler(Photos(), num_replicas=world_size, rank=rank, shuffle=False)
    return loader(Photos(), sampler=sampler)


def make_flipped_batches():
    return loader(Photos(), collate_fn=collate_flipped)


def make_everything():
    return loader(Everything())


class Composed(Photos):
    """One Compose of torchvision's for all."""

    compose = v2.Compose([v2.ToImage(), v2.RandomHorizontalFlip(), v2.ColorJitter(brightness=0.5)])

    def change(self, image, index):
        return self.compose(image)


def make_composed():
    """Complaint: one manual seed before each of two loaders, over the same images."""
    torch.manual_seed(42)
    return loader(Composed())


def make_by_recipe():
    """torch's page on reproducibility: reproducible, for one number of workers."""
    generator = torch.Generator().manual_seed(0)
    return loader(Global(), worker_init_fn=seed_by_torch, generator=generator)


def seed_by_torch(worker_id):
    random.seed(torch.initial_seed() % 2**32)


def subsets():
    """Training's and validation's subset of one data set that augments."""
    whole = Global()
    return {"train": Subset(whole, range(11)), "val": Subset(whole, range(11, 22))}


# Sound ones.


def make_bitaug(rank=None, world_size=None, num_workers=0, persistent_workers=False):
    train = bt.Augmented(Photos(), PIPELINE, **AT)
    sampler = bt.Sampler(order(), 6, rank=rank, world_size=world_size)
    return bt.DataLoader(
        train, sampler=sampler, num_workers=num_workers, persistent_workers=persistent_workers
    )


def make_bitaug_batches():
    batches = bt.Iterable(Photos(), PIPELINE, order(), 4, **AT)
    return bt.DataLoader(batches)


def make_shuffled():
    return loader(Photos(), shuffle=True)


def samplers():
    """Two samplers share out the images of one data set."""
    whole = Photos()
    parts = {"train": range(12), "val": range(12, 22)}
    return {name: loader(whole, sampler=SubsetRandomSampler(part)) for name, part in parts.items()}


class Sizes(Photos):
    """Each image has another height."""

    def change(self, image, index):
        return torch.as_tensor(image[: 4 + index % 7])


def padded(samples):
    """To the highest of the batch."""
    images, labels = zip(*samples, strict=True)
    return torch.nn.utils.rnn.pad_sequence(images, batch_first=True), torch.tensor(labels)


def make_padded():
    return loader(Sizes(), collate_fn=padded)


class Lambda(Photos):
    """Right, but it cannot be pickled."""

    def __init__(self, start=0):
        super().__init__(start)
        self.change = lambda image, index: image


def make_distributed():
    return loader(Photos(), sampler=DistributedSampler(Photos(), num_replicas=1, rank=0))


def tell_sampler(loader, epoch):
    loader.sampler.set_epoch(epoch)


class ByEpoch(Photos):
    """Right: a generator made of the epoch, in memory that all workers share, and the index."""

    def __init__(self, start=0):
        super().__init__(start)
        self.epoch = torch.zeros(1, dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch):
        self.epoch[0] = epoch

    def change(self, image, index):
        return drawn(image, (int(self.epoch), index))
