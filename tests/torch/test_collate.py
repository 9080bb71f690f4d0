"""Batches of samples that differ in size: an error that says what helps, padded, or lists."""

import functools

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from torchvision import tv_tensors

import bitaug as ba
import bitaug.torch as bt

from ..loaders.samples import AT

SIZES = [(4, 6), (5, 3), (2, 2)]
FLIP = ba.HorizontalFlip(p=1)


def image(i, layout="CHW"):
    height, width = SIZES[i]
    pixels = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3) + 50 * i + 1
    return pixels if layout == "HWC" else torch.from_numpy(pixels.transpose(2, 0, 1).copy())


def mask(i):
    return torch.full(SIZES[i], i + 1, dtype=torch.int64)


def boxes(i):
    return torch.tensor([[0.0, 0, 1, 1]] * i).reshape(-1, 4)


def within(wide, narrow):
    """The part of a padded tensor that is the sample, and how much lies beside it."""
    part = wide[tuple(map(slice, narrow.shape))]
    assert torch.equal(part, torch.as_tensor(narrow))
    return wide.numel() - narrow.numel()


def loader(samples, **options):
    return bt.DataLoader(samples, FLIP, **AT, batch_size=3, **options)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_pad(layout, workers):
    """Of tensors, and of arrays, which stay HWC where no ToCHW is in the pipeline."""
    photos = [(image(i, layout), 7 + i) for i in range(3)]
    for padded in (
        next(iter(loader(photos, collate_fn="pad", num_workers=workers))),
        bt.collate_pad([(torch.as_tensor(photo).flip(2 if layout == "CHW" else 1), label)
                        for photo, label in photos]),
    ):  # fmt: skip
        images, labels = padded
        assert images.shape == ((3, 3, 5, 6) if layout == "CHW" else (3, 5, 6, 3))
        assert images.dtype == torch.uint8 and labels.tolist() == [7, 8, 9]
        for made, (photo, _) in zip(images, photos, strict=True):
            flipped = torch.as_tensor(photo).flip(2 if layout == "CHW" else 1)
            beside = within(made, flipped)
            assert made.sum() == flipped.sum() and (made == 0).sum() == beside


def test_pad_of_images_alone_and_of_two_axes():
    assert bt.collate_pad([image(0), image(1)], fill=9)[1, :, :, 3:].unique().tolist() == [9]
    grey = bt.collate_pad([mask(0).float(), mask(1).float()], fill=-0.5)
    assert grey.shape == (2, 5, 6) and grey[0, 4].unique().tolist() == [-0.5]


def test_pad_of_masks():
    """Those of a tuple are known by fields, which the loader's data set has."""
    samples = [(image(i), mask(i), "abc"[i]) for i in range(3)]
    fields = ("image", "mask", None)
    images, masks, names = next(iter(loader(samples, collate_fn="pad", fields=fields)))
    assert masks.shape == (3, 5, 6) and masks.dtype == torch.int64 and names == ["a", "b", "c"]
    collate = functools.partial(bt.collate_pad, fill=254, fill_mask=255, fields=fields)
    images, masks, names = next(iter(loader(samples, collate_fn=collate, fields=fields)))
    for i in range(3):
        beside = within(masks[i], mask(i))
        assert (masks[i] == 255).sum() == beside == (images[i, 0] == 254).sum()


def test_pad_of_detection():
    """What there are several of comes as a list; masks in it fit the padded image."""
    samples = [
        {
            "image": image(i),
            "mask": mask(i),
            "bboxes": boxes(i),
            "labels": torch.arange(i),
            "keypoints": torch.zeros((i, 2)),
            "masks": torch.ones((i, *SIZES[i]), dtype=torch.uint8),
            "id": i,
        }
        for i in range(3)
    ]
    fields = {"keypoints": "keypoints", "masks": "masks"}  # not of the boxes
    batch = next(iter(loader(samples, collate_fn="pad", fields=fields)))
    assert batch["image"].shape == (3, 3, 5, 6) and batch["mask"].shape == (3, 5, 6)
    assert batch["id"].tolist() == [0, 1, 2]
    for name in ("bboxes", "labels", "keypoints", "masks"):
        assert type(batch[name]) is list and list(map(len, batch[name])) == [0, 1, 2]
    assert [len(dropped) for dropped in batch["dropped"]] == [0, 0, 0]
    assert [masks.shape[1:] for masks in batch["masks"]] == [(5, 6)] * 3
    assert batch["bboxes"][1].tolist() == [[2, 0, 3, 1]]


def test_pad_of_a_target():
    """As detectors take it: (images, [target, ...]); also where all sizes are equal."""
    for sizes in (SIZES, SIZES[:1] * 3):
        samples = []
        for i, (height, width) in enumerate(sizes):
            photo = tv_tensors.Image(torch.ones((3, height, width), dtype=torch.uint8))
            options = {"format": "XYXY", "canvas_size": (height, width)}
            target = {
                "boxes": tv_tensors.BoundingBoxes(boxes(i), **options),
                "labels": torch.arange(i),
                "masks": tv_tensors.Mask(torch.ones((i, height, width), dtype=torch.uint8)),
            }
            samples.append((photo, target))
        canvas = tuple(map(max, zip(*sizes, strict=True)))
        images, targets = next(iter(loader(samples, collate_fn="pad")))
        assert type(images) is torch.Tensor and images.shape == (3, 3, *canvas)
        assert type(targets) is list and [len(target["boxes"]) for target in targets] == [0, 1, 2]
        assert all(target["masks"].shape[1:] == canvas for target in targets)
        assert all(type(target["masks"]) is tv_tensors.Mask for target in targets)


def test_list():
    samples = [(image(i), {"boxes": boxes(i), "labels": torch.arange(i)}) for i in range(3)]
    images, targets = next(iter(loader(samples, collate_fn="list")))
    assert [tuple(made.shape[1:]) for made in images] == SIZES
    assert [len(target["labels"]) for target in targets] == [0, 1, 2]
    named = [{"image": image(i), "id": i} for i in range(3)]
    batch = next(iter(loader(named, collate_fn="list", num_workers=1)))
    assert type(batch["image"]) is list and batch["id"] == [0, 1, 2]
    assert torch.equal(batch["image"][1], image(1).flip(2))
    assert type(bt.collate_list([image(0), image(1)])) is list


def test_whole_batches():
    order = ba.Order(3, **AT, shuffle=False)
    samples = [(image(i), mask(i)) for i in range(3)]
    options = {"fields": ("image", "mask"), **AT}
    for name, kind in [("pad", torch.Tensor), ("list", list)]:
        batches = bt.Iterable(samples, FLIP, order, 3, collate_fn=name, **options)
        assert [type(part) for part in next(iter(bt.DataLoader(batches)))] == [kind, kind]


def test_under_torchs_loader():
    dataset = bt.Augmented([(image(i), i) for i in range(3)], FLIP, **AT)
    images, labels = next(iter(DataLoader(dataset, batch_size=3, collate_fn=bt.collate_pad)))
    assert images.shape == (3, 3, 5, 6) and labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("workers", [0, 1])
def test_the_error_says_what_helps(workers):
    """It is torch's own, which in a worker does not even tell of sizes, with a note."""
    with pytest.raises(RuntimeError, match=r"equal size|not resizable") as caught:
        next(iter(loader([(image(i), i) for i in range(3)], num_workers=workers)))
    text = str(caught.value) + "".join(getattr(caught.value, "__notes__", ()))
    assert 'collate_fn="pad" or "list"' in text and "collate_pad and collate_list" in text


@pytest.mark.parametrize(
    ("batch", "options", "kind", "text"),
    [
        ([image(0)], {"fill": 256}, ValueError, "fill=256: torch.uint8 holds integers of 0 to 255"),
        ([image(0)], {"fill": 0.5}, ValueError, "fill=0.5: torch.uint8"),
        ([image(0)], {"fill": "0"}, TypeError, "fill='0': a number is needed"),
        ([image(0).long()], {"fill": 7.5}, ValueError, "fill=7.5: torch.int64 holds integers"),
        ([image(0).float()], {"fill": 1e39}, ValueError, r"fill=1e\+39: torch.float32 holds"),
        ([], {}, ValueError, "batch: empty; one sample is needed"),
        ([image(0), image(1).float()], {}, TypeError, "image: torch.float32 and torch.uint8 in"),
        ([image(0), image(1)[:1]], {}, ValueError, r"image: shapes \(1, 5, 3\) and \(3, 4, 6\)"),
        ([image(0), image(1)[0]], {}, ValueError, "image: shapes"),
        ([torch.zeros(c, 8, 10) for c in (3, 4)], {}, ValueError, "count of channels"),
        ([image(0)], {"layout": "NCHW"}, ValueError, "layout='NCHW': HW, HWC or CHW"),
        ([image(0)], {"layout": "HW"}, ValueError, r"image: shapes \(3, 4, 6\)"),
        ([{"image": image(0), "mask": mask(1)}], {}, ValueError, r"\['mask'\]: mask of \(5, 3\)"),
        ([{"image": image(0), "mask": mask(0).byte()}], {"fill_mask": -100}, ValueError,
         "fill_mask=-100: torch.uint8 holds"),
        ([{"photo": image(0)}], {}, TypeError, "one image; 0 found: fields= says"),
        ([{"image": "a.png"}], {}, TypeError, "image: str is not a tensor"),
    ],
)  # fmt: skip
def test_what_is_refused(batch, options, kind, text):
    with pytest.raises(kind, match=text):
        bt.collate_pad(batch, **options)


def test_the_number_beside_may_be_of_numpy():
    for fill in (np.int64(7), np.uint8(7), torch.tensor(7), 7.0):
        made = bt.collate_pad([image(0), image(1)], fill=fill)
        assert made[1, :, :, 3:].unique().tolist() == [7]


@pytest.mark.parametrize("collate", [bt.collate, bt.collate_list, bt.collate_pad])
def test_samples_of_other_fields_are_refused(collate):
    """Which field some lack would depend on which sample is the first."""
    whole, part = {"image": image(0), "id": 0}, {"image": image(0)}
    for batch, text in (
        ([whole, whole, part], "sample 2 has no 'id', which sample 0 has"),
        ([part, whole], "sample 0 has no 'id', which sample 1 has"),
        ([(image(0), 1), (image(0),)], "sample 1 has no 1, which sample 0 has"),
    ):
        with pytest.raises(ValueError, match=f"batch: {text}"):
            collate(batch)
    with pytest.raises(TypeError, match="batch: sample 1 is a tuple, and sample 0 a dict"):
        collate([part, (image(0),)])
    with pytest.raises(ValueError, match="batch: empty"):
        collate([])
    if collate is bt.collate:
        with pytest.raises(ValueError, match=r"sample 1\['target'\] has no 'id', which sample 0"):
            collate([{"target": whole}, {"target": part}])


def test_padding_advises_what_helps_it():
    with pytest.raises(RuntimeError) as raised:
        bt.collate_pad([(image(0), mask(0)), (image(1), mask(1))])
    (note,) = raised.value.__notes__
    assert 'fields=("image", "mask")' in note and "collate_fn" not in note
    bt.collate_pad([(image(0), mask(0)), (image(1), mask(1))], fields=("image", "mask"))


def test_arrays_of_two_types_are_not_made_one():
    photos = [torch.full((3, 8, 10), 200, dtype=torch.uint8), torch.full((3, 8, 10), 0.5)]
    for batch in ([(photo, 1) for photo in photos], [{"image": photo} for photo in photos]):
        with pytest.raises(TypeError, match=r"batch\[.*\]: torch.float32 and torch.uint8"):
            bt.collate(batch)
    loader = bt.DataLoader([(p, 0) for p in photos], ba.HorizontalFlip(p=1), seed=1,
                           stream="train", batch_size=2)  # fmt: skip
    with pytest.raises(TypeError, match="one type is needed"):
        next(iter(loader))
