"""Samples that are dicts of dicts, as all adapters take them."""

import numpy as np
import pytest

import bitaug as ba
from bitaug._sample import Augmenter, Batch

IMAGE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
FLIP = ba.HorizontalFlip(p=1)


def flipped(sample, fields=None):
    return Augmenter(FLIP, seed=1, stream="train", fields=fields).one(sample, 0, 0)


def test_a_dict_in_a_dict():
    target = {"boxes": np.array([[0, 0, 2, 2.0]]), "labels": [7], "mask": IMAGE[:, :, 0], "id": 5}
    sample = {"image": IMAGE, "target": target, "meta": {"image": "a.jpg"}}
    moved = flipped(sample)
    assert moved["target"]["boxes"].tolist() == [[4, 0, 6, 2]]
    assert np.array_equal(moved["target"]["mask"], IMAGE[:, ::-1, 0])
    assert moved["target"]["labels"] == [7] and moved["target"]["id"] == 5
    assert moved["meta"] == {"image": "a.jpg"}
    assert sample["target"]["boxes"].tolist() == [[0, 0, 2, 2]] and "dropped" not in target


@pytest.mark.parametrize("kind", [tuple, dict])
def test_fields_of_a_dict_within(kind):
    inner = {"bbox": np.array([[0, 0, 2, 2.0]]), "kinds": [7], "depth": IMAGE[:, :, 0]}
    roles = {"bbox": "bboxes", "kinds": "labels", "depth": "mask"}
    if kind is tuple:
        sample, fields, place = (IMAGE, inner), ("image", roles), 1
    else:
        sample, fields, place = {"image": IMAGE, "objects": inner}, {"objects": roles}, "objects"
    moved = flipped(sample, fields)
    assert moved[place]["bbox"].tolist() == [[4, 0, 6, 2]]
    assert np.array_equal(moved[place]["depth"], IMAGE[:, ::-1, 0])
    assert moved[place]["kinds"] == [7]


def test_what_is_refused_of_a_dict_within():
    with pytest.raises(ValueError, match=r"sample\['extra'\]\['depth'\] is as large as the image"):
        flipped({"image": IMAGE, "extra": {"depth": IMAGE[:, :, 0]}})
    kept = flipped({"image": IMAGE, "extra": {"depth": IMAGE[:, :, 0]}}, {"extra": None})
    assert np.array_equal(kept["extra"]["depth"], IMAGE[:, :, 0])
    with pytest.raises(TypeError, match="'extra' is a int, not a dict"):
        flipped({"image": IMAGE, "extra": 5}, {"extra": {"depth": "mask"}})
    with pytest.raises(ValueError, match="'box' is not one of image, mask"):
        flipped({"image": IMAGE, "extra": {}}, {"extra": {"depth": "box"}})
    assert flipped({"image": IMAGE}, {"extra": {"depth": "mask"}}).keys() == {"image"}


def test_errors_name_the_sample():
    augment = Augmenter(FLIP, seed=1, stream="train")
    with pytest.raises(TypeError, match="str is not a NumPy array") as caught:
        augment.batch([IMAGE, "b.png"], [0, 0], ["a", "b"])
    assert caught.value.__notes__ == ["at index 'b'"]
    sample = {"image": IMAGE, "bboxes": [[2, 2, 1, 1]]}
    for run in (augment.one, lambda *args: augment.batch(*([value] for value in args))):
        with pytest.raises(ValueError, match="bboxes") as caught:
            run(sample, 0, 17)
        assert caught.value.__notes__ == ["at index 17"]


@pytest.mark.parametrize("fields", [("image", None), ("image", "mask")])
def test_batches_in_memory_that_is_given(fields):
    memory = np.zeros((2, *IMAGE.shape), np.uint8)
    augment = Augmenter(FLIP, seed=1, stream="train", fields=fields)
    samples = [(IMAGE, IMAGE[:, :, 0]), (255 - IMAGE, IMAGE[:, :, 1])]
    batch = augment.batch(samples, [0, 0], [7, 3], room=lambda taken: memory[: len(taken)])
    assert isinstance(batch, Batch) and all(np.shares_memory(memory, image) for image, _ in batch)
    assert np.array_equal(memory, [IMAGE[:, ::-1], 255 - IMAGE[:, ::-1]])
    images, masks = batch.collate(lambda rest: tuple(map(np.stack, zip(*rest, strict=True))))
    assert np.shares_memory(memory, images) and np.array_equal(images, memory)
    assert np.array_equal(masks[1], IMAGE[:, :: -1 if fields[1] else 1, 1])


def test_batches_without_such_memory():
    augment = Augmenter(FLIP, seed=1, stream="train")
    apart = augment.batch([IMAGE, IMAGE[1:]], [0, 0], [7, 3], room=lambda taken: None)
    assert type(apart) is list and [image.shape for image in apart] == [(4, 6, 3), (3, 6, 3)]
    stacked = augment.batch([IMAGE, 255 - IMAGE], [0, 0], [7, 3], stack=True)
    assert stacked.collate(len) is stacked.images and stacked.images.shape == (2, 4, 6, 3)
    with pytest.raises(ValueError, match="do not stack"):
        augment.batch([IMAGE, IMAGE[1:]], [0, 0], [7, 3], stack=True)
    assert augment.batch([], [], []) == []


def test_rows_of_numbers_in_arrays():
    """As tables give them."""
    boxes = np.empty(2, object)
    boxes[:] = [np.array([0, 0, 2, 2]), np.array([1, 1, 3, 3])]
    moved = flipped({"image": IMAGE, "bboxes": boxes})
    assert moved["bboxes"].tolist() == [[4, 0, 6, 2], [3, 1, 5, 3]]
