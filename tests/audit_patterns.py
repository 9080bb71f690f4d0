"""Data sets and loaders in plain Python: some have something wrong with them, some are right."""

import io
import itertools
import random
import time

import numpy as np
from PIL import Image, ImageOps

import bitaug as ba

from . import WATCHDOG

COUNT, SIDE = 24, 32
SYSTEM = random.SystemRandom()
# Of these numbers no two are alike: an audit compares less than 1000 samples, of which there are
# 500,000 pairs, and two of 64 bits agree by a chance of 5e-20; in all that is below 1e-13.
BITS = 64


def photo(i):
    """Smooth, as photos are, and none like another."""
    small = np.random.default_rng(i).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    large = Image.fromarray(small).resize((SIDE, SIDE - 8), Image.Resampling.BICUBIC)
    return np.asarray(large)


def edged(i):
    """With edges, as of things."""
    small = np.random.default_rng(i).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return small.repeat(18, 0).repeat(18, 1)


PHOTOS = np.stack([photo(i) for i in range(2 * COUNT)])


def drawn(image, number):
    """Stands for whatever a drawn number does: no two of them do the same."""
    rng = np.random.default_rng(number)
    return rng.permutation(np.ravel(image)).reshape(image.shape)


class Photos:
    """(image, label)"""

    def __init__(self, change=None):
        self.images = PHOTOS[:COUNT]
        self.change = change

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        return (image if self.change is None else self.change(image)), index % 5


class Others(Photos):
    def __init__(self):
        super().__init__()
        self.images = PHOTOS[COUNT:]


# Complaint 1.


class Shuffled(Photos):
    """Its list of indices is shuffled in place."""

    def __init__(self):
        super().__init__()
        self.indices = list(range(COUNT))

    def on_epoch_end(self):
        random.shuffle(self.indices)

    def __getitem__(self, index):
        return super().__getitem__(self.indices[index])


class Turned(Photos):
    """Draws from the global generator."""

    def __getitem__(self, index):
        return drawn(self.images[index], random.getrandbits(BITS)), index % 5


class Entropy(Photos):
    """Draws from the system."""

    def __getitem__(self, index):
        return drawn(self.images[index], SYSTEM.getrandbits(BITS)), index % 5


class Shards(Photos):
    """Files of 3 images each, in another order each epoch."""

    def __init__(self):
        super().__init__()
        self.files = list(range(COUNT // 3))

    def set_epoch(self, epoch):
        random.shuffle(self.files)

    def __getitem__(self, index):
        return super().__getitem__(self.files[index // 3] * 3 + index % 3)


# Complaint 3.


class MadeOnce(Photos):
    def __getitem__(self, index):
        return self.images[0], index % 5


class Generator(Photos):
    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        return drawn(self.images[index], self.rng.integers(2**63)), index % 5


# Loaders of one's own.


class Loader:
    """Batches of a data set, shuffled or not; `change` sees a whole batch."""

    def __init__(self, dataset, batch_size=4, order=None, change=None, start=0):
        self.dataset, self.batch_size, self.change = dataset, batch_size, change
        self.order = order or (lambda epoch: range(len(dataset)))
        self.epoch, self.start, self.taken = 0, start, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def state_dict(self):
        return self.taken

    def load_state_dict(self, taken):
        self.start = taken

    def __iter__(self):
        order = list(self.order(self.epoch))
        self.epoch += 1
        self.taken, self.start = self.start, 0
        for first in range(self.taken, len(order), self.batch_size):
            chosen = order[first : first + self.batch_size]
            images = np.stack([self.dataset[i][0] for i in chosen])
            self.taken += len(chosen)
            images = images if self.change is None else self.change(images)
            yield {"image": images, "id": np.array(chosen)}


def shuffled(seed):
    return lambda epoch: np.random.default_rng((seed, epoch)).permutation(COUNT).tolist()


def make_same_order(batch_size=4):
    return Loader(Photos(), batch_size, lambda epoch: shuffled(7)(0))


def flipped(images):
    """One draw for the whole batch, by its sum."""
    return images[:, :, ::-1] if int(images.sum(dtype=np.int64)) % 2 else images


def rolled(images):
    """One draw for the whole batch, from the global generator."""
    return drawn(images, random.getrandbits(BITS))


def make_global_batch_draw(batch_size=4):
    return Loader(Photos(), batch_size, change=rolled)


def make_batch_draw(batch_size=4):
    return Loader(Photos(), batch_size, change=flipped)


def make_racing(num_parallel_calls=1, batch_size=4):
    """Calls draw from one generator, several at once in whatever order they get there: here in one
    of 24! orders, of which two are alike by a chance of 2e-24."""
    rng, order = random.Random(3), list(range(COUNT))
    if num_parallel_calls > 1:
        SYSTEM.shuffle(order)
    numbers = {index: rng.getrandbits(BITS) for index in order}
    return [(drawn(PHOTOS[index], numbers[index]), index) for index in range(COUNT)]


def make_racing_workers(num_workers=0):
    return make_racing(max(1, num_workers))


def make_by_worker(num_workers=0):
    """Worker w makes samples w, w + W ...; its number is part of the seed."""

    def one(index):
        worker = index % max(1, num_workers)
        return drawn(PHOTOS[index], (worker, index)), index

    return [one(index) for index in range(COUNT)]


def make_cached(seed=1):
    rng = np.random.default_rng(seed)
    return [(drawn(image, rng.integers(2**63)), i) for i, image in enumerate(PHOTOS[:COUNT])]


def make_entropy():
    """An iterable, asked for in one order alone."""
    entropy = Entropy()
    return (entropy[index] for index in range(COUNT))


def make_once():
    """Drawn anew for each loader, and then kept."""
    entropy = Entropy()
    return [entropy[index] for index in range(COUNT)]


def make_all(num_workers=0):
    """Each worker gives all."""
    return [(image, i) for i, image in enumerate(PHOTOS[:COUNT])] * max(1, num_workers)


def make_padded(rank=0, world_size=1):
    """As many for each rank: the first come again."""
    places = range(rank, -(-COUNT // world_size) * world_size, world_size)
    if world_size == 3:
        places = range(rank, COUNT + 3, world_size)
    return [(PHOTOS[place % COUNT], place % COUNT) for place in places]


def make_unsaved(batch_size=4):
    """Its state counts one batch too many, as where workers have made it ahead."""

    class Ahead(Loader):
        def state_dict(self):
            return self.taken + self.batch_size

    return Ahead(Photos(), batch_size, shuffled(7))


class Stream:
    """Right for epoch 0, 1, 2 ...; asked for epoch 1 at once it gives epoch 0."""

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def set_epoch(self, epoch):
        pass

    def __iter__(self):
        for index in range(COUNT):
            yield drawn(PHOTOS[index], self.rng.integers(2**63)), index


class Hanging(Photos):
    def __getitem__(self, index):
        time.sleep(WATCHDOG)


class Failing(Photos):
    def __getitem__(self, index):
        raise OSError(f"no file {index}")


# Complaint 5.


def bgr(image):
    return image[..., ::-1]


def scaled(image):
    return image / np.float32(255)


def scaled_twice(image):
    return image / np.float32(255) / 255


def unscaled(image):
    return image.astype(np.float32)


def not_turned(image):
    return np.ascontiguousarray(np.rot90(image))


def turned_about(image):
    return image[::-1, ::-1]


def small(image):
    return resized(image, Image.Resampling.BILINEAR)


def small_otherwise(image):
    return resized(image, Image.Resampling.NEAREST)


def resized(image, filter):
    return np.asarray(Image.fromarray(image).resize((40, 40), filter))


def stored_with_loss(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


def rounded(image):
    return image + (image % 2 == 0)


def fitted(image):
    return np.asarray(ImageOps.fit(Image.fromarray(image), (12, 12)))


def normalised(image):
    return ((image / np.float32(255) - np.float32(0.45)) / np.float32(0.2)).astype(np.float32)


def centered(image):
    return image.astype(np.float32) - 120


def broken(image):
    image = scaled(image)
    return np.where(image == image.max(), np.nan, image).astype(np.float32)


class Edged(Photos):
    def __init__(self, change=None):
        super().__init__(change)
        self.images = [edged(i) for i in range(12)]


class Mislabelled(Photos):
    def __getitem__(self, index):
        return self.images[index], (index + 1) % 5


# Sound ones.


class Keyed(Photos):
    """bitaug, by hand."""

    pipeline = ba.Compose([ba.HorizontalFlip(), ba.RandomBrightnessContrast(), ba.GaussNoise()])
    epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __getitem__(self, index):
        image, label = super().__getitem__(index)
        return self.pipeline(image, seed=7, epoch=self.epoch, index=index), label


class Ordered(Photos):
    """An index means another image in another epoch, and always the same in the same."""

    order = ba.Order(COUNT, seed=7, stream="train")
    epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __getitem__(self, index):
        return super().__getitem__(int(self.order[self.epoch, index]))


def make_sound(
    epoch=0, batch_size=4, num_parallel_calls=1, rank=0, world_size=1, seed=7, num_workers=0
):
    order = ba.Order(COUNT, seed=seed, stream="train").shard(rank, world_size)
    indices = order[epoch, :].tolist()
    pipeline = Keyed.pipeline
    for first in range(0, len(indices), batch_size):
        chosen = indices[first : first + batch_size]
        yield {
            "image": pipeline(PHOTOS[chosen], seed=seed, epoch=epoch, index=chosen),
            "id": chosen,
        }


def make_unnamed():
    """Shuffled, in one of 24! orders, and nothing tells which sample is which."""
    for image in np.random.default_rng().permutation(PHOTOS[:COUNT]):
        yield {"image": image}


class Batched:
    """Batches by number, in the order of an epoch that was asked for."""

    def __init__(self, seed, batch_size):
        self.order, self.batch_size = shuffled(seed)(0), batch_size
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __len__(self):
        return -(-COUNT // self.batch_size)

    def __getitem__(self, number):
        first = number * self.batch_size
        chosen = self.order[first : first + self.batch_size]
        return Keyed.pipeline(PHOTOS[chosen], seed=7, epoch=self.epoch, index=chosen)


def make_batched(batch_size=5, seed=7):
    return Batched(seed, batch_size)


class Endless:
    """Epoch after epoch; gone through anew it begins anew."""

    def __init__(self, seed):
        self.seed = seed

    def __iter__(self):
        for epoch in itertools.count():
            for index in shuffled(self.seed)(epoch):
                image = Keyed.pipeline(PHOTOS[index], seed=self.seed, epoch=epoch, index=index)
                yield {"image": image, "index": epoch * COUNT + index}


def make_endless(seed=7):
    return Endless(seed)


def make_resumable(batch_size=4):
    return Loader(Photos(), batch_size, shuffled(7))


not_callable = 5
