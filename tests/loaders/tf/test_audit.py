"""What people write with tf.data: the audit names each cause, and leaves sound pipelines alone."""

import random

import numpy as np
import pytest
import tensorflow as tf

import bitaug as ba

from ... import WATCHDOG
from ...audit_patterns import BITS, SYSTEM, drawn

QUICK = {"timeout": WATCHDOG}
COUNT = 24
PHOTOS = np.random.default_rng(1).integers(0, 256, (2 * COUNT, 8, 10, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def no_global_seed():
    """Pipelines take it up when they are made."""
    yield
    tf.random.set_seed(None)


def source(start=0):
    """(index, image)"""
    images = PHOTOS[start : start + COUNT]
    return tf.data.Dataset.from_tensor_slices((np.arange(start, start + len(images)), images))


def noisy(index, image):
    """Draws from TensorFlow's global generator."""
    return index, tf.cast(image, tf.float32) / 255 + tf.random.uniform(image.shape)


def make_global(batch_size=4):
    return source().map(noisy).batch(batch_size)


def make_parallel(batch_size=4, num_parallel_calls=1):
    """A generator for each pipeline, from which its calls draw, several at once in whatever order
    they get there: here in one of 24! orders, of which two are alike by a chance of 2e-24."""
    rng, order = random.Random(5), list(range(COUNT))
    if num_parallel_calls > 1:
        SYSTEM.shuffle(order)
    numbers = {index: rng.getrandbits(BITS) for index in order}

    def late(index):
        return drawn(PHOTOS[index], numbers[index])

    def one(index, image):
        return index, tf.numpy_function(late, [index], tf.uint8)

    return source().map(one, num_parallel_calls=num_parallel_calls).batch(batch_size)


def flipped(index, images):
    """One draw for the whole batch, by its sum."""
    total = tf.reduce_sum(tf.cast(images, tf.int32))
    return index, tf.cond(total % 2 == 0, lambda: images[:, :, ::-1], lambda: images)


def make_batch_draw(batch_size=4):
    return source().batch(batch_size).map(flipped)


def brightened(index, images):
    """One draw for the whole batch, from TensorFlow's global generator."""
    return index, tf.cast(images, tf.float32) / 255 + tf.random.uniform([])


def make_global_batch_draw(batch_size=4):
    return source().batch(batch_size).map(brightened)


def make_cached():
    return source().map(noisy).cache().batch(4)


def make_seeded_cached(seed=42):
    tf.random.set_seed(seed)
    return source().map(noisy).cache().batch(4)


@pytest.mark.parametrize(
    ("make", "causes"),
    [
        (make_global, {6}),
        (make_parallel, {8}),
        (make_batch_draw, {7}),
        (make_global_batch_draw, {6, 7}),
        (make_cached, {9}),
        (make_seeded_cached, {9}),
    ],
)
def test_cause(make, causes):
    found = ba.audit(make, **QUICK)
    assert set(found.causes) == causes, str(found)


def test_two_generators_with_one_global_seed():
    """Complaint: the first batches of training and validation are equal."""
    tf.random.set_seed(42)

    def generator():
        def change(image):
            image = tf.image.random_flip_left_right(image)
            return tf.image.random_brightness(image, 0.3)

        return tf.data.Dataset.from_tensor_slices(PHOTOS / np.float32(256)).map(change).batch(8)

    found = ba.audit(train=generator(), val=generator(), **QUICK)
    assert found.causes == (11,), str(found)
    assert "are in both" in found.findings[0].text


def test_a_part_of_what_is_augmented():
    """take and skip after the map: validation is augmented as well."""
    whole = source().map(noisy)
    parts = {"train": whole.skip(6).batch(4), "val": whole.take(6).batch(3)}
    found = ba.audit(**parts, **QUICK)
    assert set(found.causes) == {6, 10}, str(found)


def keyed(seed):
    pipeline = ba.Compose([ba.HorizontalFlip(), ba.RandomBrightnessContrast(), ba.ToFloat()])

    def make(epoch=0, batch_size=4, num_parallel_calls=1):
        def change(index, image):
            return pipeline(image, seed=seed, epoch=epoch, index=int(index))

        def one(index, image):
            made = tf.numpy_function(change, [index, image], tf.float32, stateful=False)
            return index, tf.ensure_shape(made, image.shape)

        return source().map(one, num_parallel_calls=num_parallel_calls).batch(batch_size)

    return make


@pytest.mark.parametrize(
    "given",
    [
        keyed(7),
        keyed(7)(),
        lambda: source().shuffle(COUNT).batch(4),
        source().batch(5),
        source().map(lambda index, image: image),
    ],
)
def test_sound(given):
    found = ba.audit(given, **QUICK)
    assert not found, str(found)


def test_two_sound_parts():
    parts = {"train": source().batch(4), "val": source(COUNT).batch(4)}
    found = ba.audit(**parts, **QUICK)
    assert not found, str(found)
