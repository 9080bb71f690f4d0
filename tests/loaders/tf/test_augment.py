"""Augment in the map of somebody's own pipeline."""

import numpy as np
import pytest
import tensorflow as tf

import bitaug as ba
import bitaug.tf as bt
from bitaug._images.files import find

from ..photos import AT as PHOTOS_AT
from ..photos import DIGEST, EPOCH, digest
from ..photos import PIPELINE as PHOTOS_PIPELINE
from ..samples import AT, COUNT, EPOCHS, PHOTOS, PIPELINE, epoch_of, expected
from .common import PARALLEL, seen

AUGMENT = bt.Augment(PIPELINE, **AT)
EVERY = sorted(sample for epoch in range(EPOCHS) for sample in epoch_of(epoch))


def loaded(k):
    """Sample k % COUNT of epoch k // COUNT, as Augment takes it."""
    return (tf.gather(PHOTOS, k % COUNT), k % COUNT), k // COUNT, k % COUNT


def augmented(k):
    return AUGMENT(*loaded(k))


def numbers():
    return tf.data.Dataset.range(EPOCHS * COUNT)


def in_any_order(ds):
    options = tf.data.Options()
    options.deterministic = False
    return ds.with_options(options)


@pytest.mark.parametrize("calls", PARALLEL)
def test_digest(folder, calls):
    """From the files, shuffled by TensorFlow, cached, keyed by path."""
    augment = bt.Augment(PHOTOS_PIPELINE, **PHOTOS_AT)

    def load(key):
        image = tf.io.read_file(str(folder) + "/" + key)
        return tf.io.decode_png(image, channels=3), key

    ds = tf.data.Dataset.from_tensor_slices(list(find(folder))).shuffle(64)
    ds = ds.map(load, num_parallel_calls=calls).cache()
    ds = ds.map(lambda image, key: (augment(image, EPOCH, key), key), num_parallel_calls=calls)
    ds = in_any_order(ds).prefetch(4)
    assert ds.element_spec[0] == tf.TensorSpec((3, 32, 32), tf.float32)
    assert digest({key.decode(): image for image, key in ds.as_numpy_iterator()}) == DIGEST


@pytest.mark.parametrize("calls", PARALLEL)
@pytest.mark.parametrize(
    "arranged",
    [
        lambda ds, calls: ds.map(augmented, num_parallel_calls=calls),
        lambda ds, calls: ds.shuffle(9).map(augmented, num_parallel_calls=calls).prefetch(3),
        lambda ds, calls: ds.map(augmented, num_parallel_calls=calls, deterministic=False),
        lambda ds, calls: in_any_order(ds.map(augmented, num_parallel_calls=calls)).shuffle(9),
        lambda ds, calls: tf.data.Dataset.range(3).interleave(
            lambda i: ds.shard(3, i).map(augmented), cycle_length=3, num_parallel_calls=calls
        ),
        lambda ds, calls: ds.shard(2, 1).concatenate(ds.shard(2, 0)).map(augmented, calls),
    ],
)
def test_any_arrangement(arranged, calls):
    ds = arranged(numbers(), calls)
    assert sorted(seen(ds)) == EVERY
    assert ds.element_spec[0] == tf.TensorSpec((3, 16, 16), tf.float32)


@pytest.mark.parametrize("calls", PARALLEL)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_batches(calls, size):
    """One call of the pipeline, over the ends of epochs."""
    ds = numbers().shuffle(9).map(loaded).batch(size).map(AUGMENT, num_parallel_calls=calls)
    assert sorted(seen(ds.unbatch())) == EVERY
    assert ds.element_spec[0] == tf.TensorSpec((None, 3, 16, 16), tf.float32)
    assert AUGMENT((PHOTOS[:4], np.arange(4)), 2, np.arange(4))[0].shape == (4, 3, 16, 16)


def test_epochs_by_a_nested_data_set():
    """What is cached is decoded once; the epoch comes after."""
    cached = tf.data.Dataset.range(COUNT).map(lambda k: (tf.gather(PHOTOS, k), k)).cache()

    def epoch(e):
        return cached.shuffle(COUNT).map(lambda image, k: AUGMENT((image, k), e, k))

    assert sorted(seen(tf.data.Dataset.range(EPOCHS).flat_map(epoch))) == EVERY


def test_a_cache_behind_it_holds_one_epoch():
    """Why it must come before: the ninth of the twelve causes."""
    ds = tf.data.Dataset.range(COUNT).map(augmented).cache().repeat(2)
    found = seen(ds)
    assert (
        found[:COUNT]
        == found[COUNT:]
        == epoch_of(0, ba.Order(COUNT, seed=0, stream="", shuffle=False))
    )


@pytest.mark.parametrize("dtype", [tf.int32, tf.int64, tf.uint64, tf.uint8])
def test_eager(dtype):
    image, label = AUGMENT((PHOTOS[3], 3), tf.constant(2, dtype), tf.constant(3, dtype))
    assert seen(tf.data.Dataset.from_tensors((image, label))) == [expected(2, 3)]


@pytest.mark.parametrize(
    ("index", "key"), [("ü/3.png", "ü/3.png"), (np.uint64(2**64 - 1), 2**64 - 1), (2**40, 2**40)]
)
def test_keys(index, key):
    for repeat in (0, 2**32 - 1):
        wanted = PIPELINE(PHOTOS[3], **AT, epoch=2**32 - 1, index=key, repeat=repeat)
        made = AUGMENT(PHOTOS[3], np.uint32(2**32 - 1), index, np.uint32(repeat))
        assert (made.numpy() == wanted).all()
        twice = AUGMENT(PHOTOS[[3, 3]], 2**32 - 1, np.array([index, index]), np.uint32(repeat))
        assert (twice.numpy() == wanted).all()


@pytest.mark.parametrize("options", [{"stream": "val"}, {"seed": 2**64 - 1}])
def test_streams_and_seeds(options):
    made = bt.Augment(PIPELINE, **(AT | options))((PHOTOS[3], 3), 0, 3)
    assert seen(tf.data.Dataset.from_tensors(made)) == [expected(0, 3, **options)]


def test_targets_travel():
    image = np.zeros((20, 24, 3), np.uint8)
    image[:4, :6] = 255
    sample = {
        "image": image, "mask": image[..., 0], "masks": image.transpose(2, 0, 1),
        "bboxes": np.array([[0, 0, 6, 4], [30, 0, 40, 9]], np.float32), "labels": ["cat", "dog"],
        "keypoints": [[0, 0]], "id": "a",
    }  # fmt: skip
    flip = bt.Augment(ba.HorizontalFlip(p=1), **AT)
    ds = tf.data.Dataset.from_tensors(sample).map(lambda sample: flip(sample, 0, 7))
    spec = ds.element_spec
    assert spec["image"] == tf.TensorSpec((20, 24, 3), tf.uint8)
    assert spec["mask"] == tf.TensorSpec((20, 24), tf.uint8)
    assert spec["masks"] == tf.TensorSpec((3, 20, 24), tf.uint8)
    assert spec["bboxes"] == tf.TensorSpec((None, 4), tf.float32)
    assert spec["labels"] == tf.TensorSpec((None,), tf.string)
    assert spec["keypoints"] == tf.TensorSpec((1, 2), tf.float64)
    assert spec["dropped"] == tf.TensorSpec((None,), tf.int64)
    (made,) = ds.as_numpy_iterator()
    assert made["bboxes"].tolist() == [[18, 0, 24, 4]] and made["dropped"].tolist() == [1]
    assert made["labels"].tolist() == [b"cat"] and made["id"] == b"a"
    assert made["keypoints"].tolist() == [[23, 0]]
    assert (made["image"][..., 0] == made["mask"]).all() and made["mask"][:4, 18:].all()
    assert (made["masks"] == made["mask"]).all()


def test_fields_and_layouts():
    planar = PHOTOS[3].transpose(2, 0, 1)
    flip = ba.HorizontalFlip(p=1)
    sample = {"photo": planar, "depth": PHOTOS[3][..., 0], "size": (20, 24)}
    fields = {"photo": "image", "depth": "mask"}
    made = bt.Augment(flip, **AT, layout="CHW", fields=fields)(sample, 0, 3)
    assert (made["photo"] == planar[..., ::-1]).numpy().all()
    assert (made["depth"] == PHOTOS[3][:, ::-1, 0]).numpy().all() and made["size"] == (20, 24)
    batch = bt.Augment(flip, **AT, fields=("image", "mask", None))
    image, mask, rest = batch((PHOTOS, PHOTOS[..., 0], "kept"), 0, np.arange(COUNT))
    assert (image == PHOTOS[:, :, ::-1]).numpy().all() and rest == "kept"
    assert (mask == PHOTOS[:, :, ::-1, 0]).numpy().all()


def test_axes_that_only_the_arrays_tell():
    """Where static shapes say nothing, each element is refused, or taken, by its own."""
    for shape, fits in {(20, 24, 3): True, (20, 24, 12): True, (12, 24, 24): False}.items():
        image = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
        ds = tf.data.Dataset.from_generator(lambda: [image], output_signature=NONE)  # noqa: B023
        ds = ds.map(lambda each: bt.Augment(ba.HorizontalFlip(p=1), **AT)(each, 0, 3))
        if fits:
            assert (next(ds.as_numpy_iterator()) == image[:, ::-1]).all()
        else:
            with pytest.raises(tf.errors.InvalidArgumentError, match='layout="CHW"'):
                next(ds.as_numpy_iterator())


NONE = tf.TensorSpec((None, None, None), tf.uint8)
ANY = tf.TensorSpec((None, None, 3), tf.uint8)


@pytest.mark.parametrize(
    ("pipeline", "given", "wanted"),
    [
        (ba.HorizontalFlip(), ANY, (None, None, 3)),
        (ba.HorizontalFlip(), tf.TensorSpec((20, 24, 1), tf.uint8), (20, 24, 1)),
        (ba.RandomCrop(height=8, width=9), ANY, (8, 9, 3)),
        (ba.RandomCrop(height=8, width=9), NONE, (8, 9, None)),
        (ba.RandomCrop(height=8, width=9), tf.TensorSpec((None, None), tf.uint8), (8, 9)),
        (ba.RandomCrop(height=8, width=9, p=0.5), ANY, (None, None, 3)),
        (ba.RandomCrop(height=8, width=9, p=0.5), PHOTOS[3], (None, None, 3)),
        (ba.RandomCrop(height=2, width=2, p=0.5), ANY, (None, None, 3)),
        (ba.RandomRotate90(), tf.TensorSpec((20, 24, 3), tf.uint8), (None, None, 3)),
        (ba.RandomRotate90(), tf.TensorSpec((20, 20, 3), tf.uint8), (20, 20, 3)),
        (ba.Pad(padding=3), ANY, (None, None, 3)),
        (ba.Pad(padding=3), tf.TensorSpec((20, 24, 3), tf.uint8), (26, 30, 3)),
        (ba.Compose([ba.RandomResizedCrop(8), ba.ToCHW()]), ANY, (3, 8, 8)),
        (ba.Compose([ba.RandomResizedCrop(8)], bbox_params=ba.BboxParams()), ANY, (8, 8, 3)),
    ],
)
def test_static_shapes(pipeline, given, wanted):
    """As far as they are known, and not further."""
    spec = tf.TensorSpec(np.shape(given), tf.uint8) if isinstance(given, np.ndarray) else given
    augment = tf.function(bt.Augment(pipeline, **AT))
    function = augment.get_concrete_function(spec, 0, tf.TensorSpec((), tf.int64))
    assert tuple(function.outputs[0].shape) == wanted
    given = [size or unknown for size, unknown in zip(spec.shape, (24, 30, 3), strict=False)]
    for index in range(4):
        made = tuple(augment(np.zeros(given, np.uint8), 0, index).shape)
        assert all(size in (None, got) for got, size in zip(made, wanted, strict=True))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((PHOTOS[3], 0.5, 3), "epoch: dtype float32; an integer is needed"),
        ((PHOTOS[3], 0, 3.0), "index: dtype float32; an integer or a string is needed"),
        ((PHOTOS[3], 0, True), "index: dtype bool"),
        ((PHOTOS[3], 0, 3, "a"), "repeat: dtype string"),
        ((tf.ragged.constant([[1]]), 0, 3), "sample: RaggedTensor; an image, or a tuple or dict"),
        ((PHOTOS[3].astype(np.float64), 0, 3), "dtype: float64 is not uint8, uint16 or float32"),
        (({"image": "a"}, 0, 3), "image: str is not a tensor"),
        (({"id": PHOTOS[3]}, 0, 3), "a sample has one image; none found"),
        (({"image": PHOTOS[3], "masks": (PHOTOS[3],)}, 0, 3), "masks must be one tensor"),
    ],
)
def test_wrong_kinds(arguments, text):
    with pytest.raises(TypeError, match=text):
        AUGMENT(*arguments)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((PHOTOS, 0, np.zeros((2, 2), int)), r"index: shape \(2, 2\): one, or one for each image"),
        ((PHOTOS[:4], 0, [1, 2, 3]), r"index: 3 for batches of \[4\]"),
        ((PHOTOS, 0, 3), "image: an array of 4 axes is not one image"),
        ((PHOTOS[3].transpose(2, 0, 1), 0, 3), r'image: an array of .* \(layout="CHW"\)'),
        (({"image": PHOTOS[3], "x": PHOTOS[4]}, 0, 3), r"sample\['x'\] is as large as the image"),
        (
            ({"image": PHOTOS[:2], "bboxes": np.zeros((2, 1, 4))}, 0, [1, 2]),
            "bboxes: how many are left differs from image to image: augment single images",
        ),
        (
            ((PHOTOS[:2], {"boxes": np.zeros((2, 1, 4))}), 0, [1, 2]),
            "bboxes: how many are left differs from image to image: augment single images",
        ),
    ],
)
def test_wrong_values(arguments, text):
    with pytest.raises(ValueError, match=text):
        AUGMENT(*arguments)


def test_what_is_unknown_is_named():
    unknown = tf.data.Dataset.from_generator(lambda: [PHOTOS[3]], tf.uint8)
    with pytest.raises(ValueError, match=r"image: its number of axes is unknown; tf\.ens"):
        unknown.map(lambda image: AUGMENT(image, 0, 3))
    with pytest.raises(ValueError, match="index: shape <unknown>"):
        unknown.map(lambda index: AUGMENT(PHOTOS[3], 0, index))


@pytest.mark.parametrize("address", [(-1, 3), (0, -1)])
def test_wrong_numbers(address):
    with pytest.raises(ValueError, match=r"(epoch|index)=-1: an integer, 0 to"):
        AUGMENT(PHOTOS[3], *address)
    ds = tf.data.Dataset.from_tensors(address)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(epoch|index)=-1: an integer, 0 to"):
        list(ds.map(lambda epoch, index: AUGMENT(PHOTOS[3], epoch, index)))


def test_what_would_have_no_effect_is_read_only():
    for name in ("pipeline", "seed", "stream", "layout", "fields"):
        with pytest.raises(AttributeError, match=f"Augment.{name}: read-only.*a new Augment"):
            setattr(AUGMENT, name, None)
