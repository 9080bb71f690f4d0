"""transform: what a sample may be, and in what form it comes back."""

import collections
import math
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import tv_tensors

import bitaug as ba
import bitaug.torch as bt

AT = {"seed": 42, "stream": "train", "epoch": 1, "index": 3}
CROP = ba.Compose([ba.RandomCrop(height=6, width=8), ba.HorizontalFlip(), ba.GaussNoise()])
FLOATS = ba.Compose([*CROP.transforms, ba.ToFloat(), ba.ToCHW()])
HWC = np.random.default_rng(1).integers(0, 256, (10, 14, 3), dtype=np.uint8)
CHW = torch.from_numpy(HWC.transpose(2, 0, 1).copy())
MASK = np.arange(140, dtype=np.int32).reshape(10, 14)
BOXES = np.array([[1.0, 2.0, 6.0, 7.0], [13.0, 9.0, 14.0, 10.0], [3.0, 3.0, 12.0, 9.0]])
POINTS = np.array([[4.0, 5.0], [2.0, 2.0]])
PLAIN = CROP(image=HWC, masks=[MASK], bboxes=BOXES, keypoints=POINTS, **AT)
KEPT = [i for i in range(3) if i not in PLAIN["dropped"]]


def run(sample, pipeline=CROP, **options):
    return bt.transform(pipeline, sample, **AT, **options)


def test_the_address_decides():
    assert len(PLAIN["dropped"]) == 1
    others = [{"seed": 1}, {"stream": "val"}, {"epoch": 2}, {"index": 4}, {"repeat": 1}]
    for changed in [*others, {"index": "cat/1.png"}]:
        made = bt.transform(CROP, HWC, **AT | changed)
        assert np.array_equal(made, CROP(HWC, **AT | changed))
        assert not np.array_equal(made, PLAIN["image"])


@pytest.mark.parametrize("pipeline", [CROP, FLOATS])
def test_images_of_every_kind(pipeline):
    made = pipeline(HWC, **AT)
    flat = made if made.shape[0] == 3 else made.transpose(2, 0, 1)
    for image, wanted, options in [
        (HWC, made, {}),
        (Image.fromarray(HWC), made, {}),
        (CHW, flat, {}),
        (CHW, flat, {"layout": "CHW"}),
        (torch.from_numpy(HWC), made, {"layout": "HWC"}),
        (CHW.numpy(), flat, {"layout": "CHW"}),
    ]:
        out = run(image, pipeline, **options)
        assert type(out) is torch.Tensor
        assert np.array_equal(out.numpy(), wanted)
    wrapped = run(tv_tensors.Image(CHW), pipeline)
    assert type(wrapped) is tv_tensors.Image
    assert np.array_equal(wrapped.numpy(), flat)
    assert np.array_equal(CHW, HWC.transpose(2, 0, 1))


def test_gray_images():
    gray = HWC[..., 0].copy()
    made = CROP(gray, **AT)
    for image in (gray, Image.fromarray(gray), torch.from_numpy(gray)):
        assert np.array_equal(run(image), made)
        assert np.array_equal(run(image, FLOATS), FLOATS(gray, **AT))
    assert np.array_equal(run(torch.from_numpy(gray)[None]), made[None])
    deep = HWC[..., 0].astype(np.uint16) * 257
    assert np.array_equal(run(Image.fromarray(deep)), CROP(deep, **AT))


def test_no_copy():
    """A crop alone reads the tensor's memory and writes the output's."""
    out = np.empty((6, 8, 3), np.uint8)
    sample = bt._sample.Sample(torch.from_numpy(HWC), "HWC", None, bt._sample.TENSORS)
    assert sample.array.ctypes.data == HWC.ctypes.data
    made = sample.run(CROP, bt._sample.Address(**AT, repeat=0), out)
    assert made.data_ptr() == out.ctypes.data


Pair = collections.namedtuple("Pair", "photo label")


def test_containers_keep_their_kind():
    assert run((HWC, "cat"))[1] == "cat"
    assert type(run([HWC, 1, 2])) is list
    pair = run(Pair(HWC, 5))
    assert type(pair) is Pair and pair.label == 5
    ordered = run(collections.OrderedDict(id=7, image=HWC))
    assert type(ordered) is collections.OrderedDict and list(ordered) == ["id", "image"]
    sample = {"image": HWC, "id": 7}
    assert run(sample)["id"] == 7 and sample["image"] is HWC


def check_targets(made):
    for name, wanted in (PLAIN | {"mask": PLAIN["masks"][0]}).items():
        if name in ("image", "mask", "bboxes", "keypoints"):
            assert isinstance(made[name], torch.Tensor)
            assert np.array_equal(made[name], wanted), name


def test_targets_by_name():
    sample = {
        "image": HWC, "mask": MASK, "bboxes": BOXES, "labels": ["a", "b", "c"],
        "keypoints": POINTS, "id": 7,
    }  # fmt: skip
    made = run(sample)
    check_targets(made)
    assert made["labels"] == [sample["labels"][i] for i in KEPT]
    assert made["dropped"].tolist() == PLAIN["dropped"].tolist()
    assert made["id"] == 7
    tensors = {name: torch.as_tensor(value) for name, value in sample.items() if name != "labels"}
    tensors |= {"image": torch.from_numpy(HWC), "labels": torch.tensor([4, 5, 6])}
    made = run(tensors, layout="HWC")
    check_targets(made)
    assert made["labels"].tolist() == [[4, 5, 6][i] for i in KEPT]
    whole = run({"image": HWC, "boxes": torch.from_numpy(BOXES).int()})
    assert whole["boxes"].dtype == torch.float32
    assert np.array_equal(whole["boxes"], PLAIN["bboxes"].astype(np.float32))


def test_rows_of_numbers_in_arrays():
    """As tables give them."""
    rows = np.empty(3, object)
    rows[:] = list(BOXES)
    assert np.array_equal(run({"image": HWC, "bboxes": rows})["bboxes"], PLAIN["bboxes"])


def test_further_columns_keep_their_values():
    """Of whole numbers, by the dtype of the tensor that comes back."""
    flip = ba.HorizontalFlip(p=1)
    for name, columns in (("boxes", [0, 0, 5, 5]), ("keypoints", [3, 4])):
        for number in (2**24, -(2**24), 2**24 + 2):
            moved = run({"image": HWC, name: torch.tensor([[*columns, number]])}, flip)[name]
            assert moved.dtype == torch.float32 and int(moved[0, -1]) == number
        for number in (2**24 + 1, 2**63 - 1):
            with pytest.raises(ValueError, match=f"{number} in a further column.*float32"):
                run({"image": HWC, name: torch.tensor([[*columns, number]])}, flip)


def test_float16_comes_back_as_float32():
    flip, wide = ba.HorizontalFlip(p=1), np.zeros((1, 5001, 3), np.uint8)
    points = torch.tensor([[0.5, 0]], dtype=torch.float16)
    wrapped = tv_tensors.KeyPoints(points, canvas_size=(1, 5001))
    for given in (points, wrapped, points.numpy()):
        moved = run({"image": wide, "keypoints": given}, flip)["keypoints"]
        assert moved.dtype == torch.float32 and moved.tolist() == [[4999.5, 0]]
    one = run({"image": wide, "p": points[0]}, flip, fields={"p": "keypoints"})["p"]
    assert one.tolist() == [4999.5, 0]


def test_labels_of_a_classifier_stay():
    labels = torch.tensor([0, 1, 0])
    assert run({"image": HWC, "labels": labels})["labels"] is labels


@pytest.mark.parametrize("count", [0, 1, 3])
def test_masks_of_several_instances(count):
    stack = np.stack([MASK + i for i in range(count)]) if count else np.zeros((0, 10, 14), np.int32)
    moved = [CROP(image=HWC, mask=mask, **AT)["mask"] for mask in stack]
    wanted = np.stack(moved) if count else np.zeros((0, 6, 8), np.int32)
    for masks in (stack, torch.from_numpy(stack)):
        made = run({"image": HWC, "masks": masks})["masks"]
        assert made.dtype == torch.int32 and np.array_equal(made, wanted)
    made = run({"image": HWC, "masks": list(stack)})["masks"]
    assert type(made) is list and len(made) == count
    assert all(np.array_equal(a, b) for a, b in zip(made, wanted, strict=True))


def test_a_mask_with_channels():
    deep = np.stack([MASK, -MASK], axis=2)
    assert np.array_equal(run({"image": HWC, "mask": deep})["mask"][..., 1], -PLAIN["masks"][0])
    flat = torch.from_numpy(deep.transpose(2, 0, 1).copy())
    assert np.array_equal(run({"image": HWC, "mask": flat})["mask"][1], -PLAIN["masks"][0])


def test_fields_name_what_a_tuple_holds():
    palette = Image.fromarray(MASK.astype(np.uint8)).convert("P")
    image, mask = run((Image.fromarray(HWC), palette), fields=("image", "mask"))
    assert np.array_equal(image, PLAIN["image"])
    assert np.array_equal(mask, CROP(image=HWC, mask=np.asarray(palette), **AT)["mask"])
    made = run((MASK, HWC, None), fields=("mask", "image", None))
    assert np.array_equal(made[0], PLAIN["masks"][0]) and made[2] is None
    made = run((HWC, BOXES, [1, 2, 3]), fields=("image", "bboxes", "labels"))
    assert np.array_equal(made[1], PLAIN["bboxes"]) and made[2] == [i + 1 for i in KEPT]
    made = run({"photo": HWC, "depth": MASK, "raw": HWC},
               fields={"photo": "image", "depth": "mask", "raw": None})  # fmt: skip
    assert np.array_equal(made["depth"], PLAIN["masks"][0]) and made["raw"] is HWC
    kept = {"mask": MASK}
    assert run((HWC, kept), fields=("image", None))[1] is kept


@pytest.mark.parametrize(
    "sample",
    [
        (HWC, MASK),
        (CHW, torch.from_numpy(MASK)),
        (Image.fromarray(HWC), Image.fromarray(HWC)),
        {"image": HWC, "depth": MASK},
        (HWC, {"segmentation": MASK}),
    ],
)
def test_what_would_stay_behind_is_refused(sample):
    with pytest.raises(ValueError, match=r"as large as the image and would not move.*fields="):
        run(sample)


@pytest.mark.parametrize("form", ["XYXY", "XYWH", "CXCYWH"])
@pytest.mark.parametrize("written", ["pascal_voc", "coco", "yolo"])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.int64])
def test_tv_tensors(form, written, kind):
    """As torchvision's detection data sets give them; the pipeline's own format does not matter."""
    low, high = BOXES[:, :2], BOXES[:, 2:]
    given = {
        "XYXY": BOXES,
        "XYWH": np.hstack([low, high - low]),
        "CXCYWH": np.hstack([(low + high) / 2, high - low]),
    }[form]
    given = given.round() if kind == torch.int64 else given
    boxes = tv_tensors.BoundingBoxes(
        torch.tensor(given), format=form, canvas_size=(10, 14), dtype=kind
    )
    points = tv_tensors.KeyPoints(torch.tensor(POINTS).reshape(1, 2, 2), canvas_size=(10, 14))
    masks = tv_tensors.Mask(torch.from_numpy(np.stack([MASK, MASK, MASK])))
    target = {"boxes": boxes, "labels": torch.tensor([4, 5, 6]), "masks": masks, "points": points}
    pipeline = ba.Compose(CROP.transforms, bbox_params=ba.BboxParams(format=written))
    image, made = run((tv_tensors.Image(CHW), target), pipeline)
    assert type(image) is tv_tensors.Image and image.shape == (3, 6, 8)
    assert type(made["boxes"]) is tv_tensors.BoundingBoxes
    assert made["boxes"].format.name == form and made["boxes"].canvas_size == (6, 8)
    assert made["boxes"].dtype == (torch.float32 if kind == torch.int64 else kind)
    if kind != torch.int64 or form != "CXCYWH":  # those centres are halves
        back = made["boxes"].numpy()
        if form == "XYWH":
            back = np.hstack([back[:, :2], back[:, :2] + back[:, 2:]])
        elif form == "CXCYWH":
            half = back[:, 2:] / 2
            back = np.hstack([back[:, :2] - half, back[:, :2] + half])
        assert np.array_equal(back, PLAIN["bboxes"])
    assert made["labels"].tolist() == [[4, 5, 6][i] for i in KEPT]
    assert made["dropped"].tolist() == PLAIN["dropped"].tolist()
    assert type(made["masks"]) is tv_tensors.Mask
    assert made["masks"].shape == (len(KEPT), 6, 8)
    assert np.array_equal(made["masks"][1], PLAIN["masks"][0])
    assert type(made["points"]) is tv_tensors.KeyPoints
    assert made["points"].canvas_size == (6, 8)
    assert np.array_equal(made["points"][0], PLAIN["keypoints"])


def test_batches_with_targets():
    """Images are still one tensor."""
    sample = {"image": HWC, "mask": MASK, "bboxes": BOXES, "keypoints": POINTS}
    where = {"seed": 42, "stream": "train"}
    batch = bt.Augmented([sample] * 4, CROP, **where).__getitems__([(1, 3), (1, 2)])
    check_targets(batch[0])
    assert batch[0]["image"].data_ptr() == batch.images.data_ptr()
    images = bt.Augmented([(tv_tensors.Image(CHW), 1)] * 4, CROP, **where)
    batch = images.__getitems__([(1, 3), (1, 2)])
    assert type(batch[0][0]) is tv_tensors.Image
    assert np.array_equal(batch[0][0].numpy().transpose(1, 2, 0), PLAIN["image"])
    stacked, _ = bt.collate(batch)
    assert torch.equal(stacked[0], batch[0][0])


def test_what_cocodetection_gives():
    polygon, corners = [1.0, 2.0, 6.0, 2.0, 6.0, 7.0], [0.0, 0.0, 8.0, 6.0]
    row = {"id": 4, "image_id": 1, "iscrowd": 0, "category_id": 3}
    first = row | {"bbox": [1.0, 2.0, 5.0, 5.0], "segmentation": [polygon], "area": 12.5}
    flip = ba.HorizontalFlip(p=1)
    image, (moved,) = run((Image.fromarray(HWC), [first]), flip)
    assert np.array_equal(image, HWC[:, ::-1])
    assert moved == first | {
        "bbox": [8.0, 2.0, 5.0, 5.0], "segmentation": [[13.0, 2.0, 8.0, 2.0, 8.0, 7.0]]
    }  # fmt: skip
    tensors = [{"bbox": torch.tensor(corners), "category_id": torch.tensor(3)}]
    (moved,) = run((CHW, tensors), flip)[1]
    assert moved["bbox"].tolist() == [6, 0, 8, 6] and moved["bbox"].dtype == torch.float32


def test_what_follows_its_boxes():
    points = torch.arange(18.0).reshape(3, 2, 3)
    stack = torch.from_numpy(np.stack([MASK, MASK + 1, MASK + 2]))
    box_areas = torch.tensor([25.0, 1.0, 54.0])
    target = {
        "boxes": torch.from_numpy(BOXES), "labels": torch.tensor([4, 5, 6]), "masks": stack,
        "keypoints": points, "area": box_areas, "image_id": torch.tensor([1, 2, 3]),
    }  # fmt: skip
    image, made = run((CHW, target))
    assert np.array_equal(image.numpy().transpose(1, 2, 0), PLAIN["image"])
    assert made["labels"].tolist() == [[4, 5, 6][i] for i in KEPT]
    wanted = [CROP(image=HWC, mask=stack[i].numpy(), **AT)["mask"] for i in KEPT]
    assert np.array_equal(made["masks"], wanted) and type(made["masks"]) is torch.Tensor
    flat = CROP(image=HWC, keypoints=points.reshape(6, 3), **AT)["keypoints"].reshape(3, 2, 3)
    assert np.array_equal(made["keypoints"], flat[KEPT]) and made["keypoints"].ndim == 3
    sides = PLAIN["bboxes"][:, 2:] - PLAIN["bboxes"][:, :2]
    assert np.allclose(made["area"], sides.prod(axis=1)) and made["area"].dtype == torch.float32
    assert made["image_id"] is target["image_id"]
    boxes = tv_tensors.BoundingBoxes(torch.tensor(BOXES), format="XYXY", canvas_size=(10, 14))
    for rows in (torch.tensor([1, 2, 3]), ["a", "b", "c"], tv_tensors.Mask(stack)):
        with pytest.raises(ValueError, match=r"sample\[2\] has 3 rows, as there are boxes"):
            run((tv_tensors.Image(CHW), boxes, rows))
    made = run(
        (tv_tensors.Image(CHW), boxes, target["labels"]), fields=("image", "bboxes", "labels")
    )
    assert len(made[1]) == len(made[2]) == len(KEPT) and type(made[1]) is tv_tensors.BoundingBoxes
    kept = CROP(image=HWC, bboxes=BOXES, labels=target["labels"], **AT)["labels"]
    assert torch.equal(kept, made[2])
    points = tv_tensors.KeyPoints(points[..., :2], canvas_size=(10, 14))
    made = run((CHW, {"boxes": boxes, "keypoints": points}))[1]["keypoints"]
    assert made.shape == (len(KEPT), 2, 2) and type(made) is tv_tensors.KeyPoints
    with pytest.raises(ValueError, match=r"\[1\]\[0\] would not move"):
        run((CHW, [boxes]))


@pytest.mark.parametrize("empty", [torch.zeros(0), torch.zeros((0, 4)), torch.zeros((0, 5))])
def test_no_boxes_keep_their_dtype(empty):
    made = run({"image": HWC, "boxes": empty, "labels": torch.zeros(0, dtype=torch.int64)})
    assert made["boxes"].dtype == torch.float32 and made["labels"].dtype == torch.int64
    assert made["boxes"].shape == (0, 5 if empty.shape[-1] == 5 else 4)


@pytest.mark.parametrize(
    ("sample", "kind", "text"),
    [
        ("cat.png", TypeError, "image: str is not a NumPy array, a PIL image or a tensor"),
        ({"photo": HWC}, TypeError, "one image; none found in a dict of 'photo': fields="),
        ({"image": HWC, "b": tv_tensors.Image(CHW)}, TypeError, r"\['image'\], \['b'\] found"),
        ((), TypeError, "none found in a tuple of "),
        (Image.fromarray(HWC).convert("P"), ValueError, r"PIL mode 'P'.*convert\(\"RGB\"\)"),
        (Image.fromarray(HWC).convert("CMYK"), ValueError, "PIL mode 'CMYK'"),
        (CHW[None], ValueError, "image: an array of 4 axes is not one image"),
        (CHW.double(), TypeError, "image: dtype torch.float64 is not uint8"),
        (CHW.to("meta"), TypeError, "image: a tensor on meta"),
        (CHW.numpy(), ValueError, r'channels of 10 x 14 \(layout="CHW"\)'),
        ((HWC, tv_tensors.Video(CHW[None])), TypeError, "Video: Image, Mask, BoundingBoxes"),
        ({"image": HWC, "bboxes": BOXES, "boxes": BOXES}, TypeError, "one field of bboxes"),
        (
            {
                "image": HWC,
                "b": tv_tensors.BoundingBoxes(
                    torch.tensor(BOXES), format="XYXY", canvas_size=(9, 14)
                ),
            },
            ValueError,
            r"bboxes: canvas_size=\(9, 14\): the image's is \(10, 14\)",
        ),
        (
            {
                "image": HWC,
                "b": tv_tensors.BoundingBoxes(
                    torch.zeros(1, 5), format="XYWHR", canvas_size=(10, 14)
                ),
            },
            ValueError,
            "format XYWHR: XYXY, XYWH or CXCYWH",
        ),
    ],
)
def test_samples_that_are_refused(sample, kind, text):
    with pytest.raises(kind, match=text):
        run(sample)


@pytest.mark.parametrize(
    ("sample", "fields", "text"),
    [
        ((HWC, 1), ("image",), "a tuple of ndarray, int"),
        ((HWC, 1), "image", "fields='image'"),
        ({"image": HWC}, ("image",), "a dict of 'image'"),
        ((HWC, 1), ("image", "label"), "'label' is not one of image, mask"),
    ],
)
def test_fields_that_are_refused(sample, fields, text):
    with pytest.raises(ValueError, match=text):
        run(sample, fields=fields)


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("HW", "layout=HW does not fit an array of shape"),
        ("NHWC", "layout=NHWC: one of HW, HWC, CHW"),
        ("hwc", "layout=hwc: one of HW, HWC, CHW"),
    ],
)
def test_layouts_that_are_refused(layout, text):
    for image in (HWC, CHW):
        with pytest.raises(ValueError, match=f"image: {text}"):
            run(image, layout=layout)
    with pytest.raises(ValueError, match="layout=CHW does not fit"):
        run(HWC[..., 0], layout="CHW")


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((3, 30, 20), "CHW"), ((1, 30, 20), "CHW"), ((12, 30, 20), "CHW"), ((3, 30, 3), "CHW"),
        ((30, 20), "HW"), ((30, 20, 3), None), ((30, 20, 1), None), ((100, 28, 28), None),
        ((30, 20, 12), None),
    ],
)  # fmt: skip
def test_tensors_by_their_axes(shape, layout):
    """Channels come first; where they may not, the tensor is refused until they are named."""
    image = torch.arange(math.prod(shape)).to(torch.uint8).reshape(shape)
    flip = ba.HorizontalFlip(p=1)
    held = {"seed": 1, "stream": "train"}
    if layout is not None:
        turned = image.flip(2 if layout == "CHW" else 1)
        assert torch.equal(run(image, flip), turned)
        assert torch.equal(bt.Augmented([image], flip, **held)[0, 0], turned)
        return
    text = r'an array of .* \(layout="HWC"\) or .* \(layout="CHW"\): write the layout'
    augmented = bt.Augmented([image], flip, **held)
    for call in (
        lambda: run((image, 5), flip),
        lambda: augmented[0, 0],
        lambda: augmented.__getitems__([(0, 0)]),
        lambda: augmented.params(0, 0),
        lambda: augmented.explain(0, 0),
        lambda: augmented.trace(0, 0),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    for label, axis in (("HWC", 1), ("CHW", 2)):
        assert torch.equal(run(image, flip, layout=label), image.flip(axis))
    # By its type it is known to have its channels in front.
    assert torch.equal(run(tv_tensors.Image(image), flip), image.flip(2))


def test_an_array_in_a_data_set_of_tensors():
    """By the rule for arrays, whose parameters are drawn for the same axes."""
    bands = np.zeros((12, 30, 20), np.uint8)
    with pytest.raises(ValueError, match=r'\(layout="CHW"\): write the layout'):
        bt.Augmented([bands], CROP, seed=1, stream="train").params(0, 0)
    drawn = bt.Augmented([bands], CROP, seed=1, stream="train", layout="CHW").params(0, 0)
    assert drawn["shape"] == [30, 20, 12]


def test_a_str_seed_is_told_of_label():
    with pytest.raises(TypeError, match=r"ba\.random\.label\('run 7'\)"):
        bt.transform(CROP, HWC, **AT | {"seed": "run 7"})


@pytest.mark.parametrize("kind", ["float64", "float16", "int64", "int32", "int8", "bool"])
def test_images_of_other_types_are_told_what_a_tensor_has(kind):
    photo = torch.ones((3, 8, 10), dtype=getattr(torch, kind))
    with pytest.raises(TypeError, match=rf"image: dtype torch.{kind} is not .*: \.to\(") as caught:
        bt.transform(ba.HorizontalFlip(), photo, **AT)
    wanted = re.findall(r"\.to\(torch\.(\w+)\)", str(caught.value))
    assert wanted[0] in ("float32", "uint8")
    for each in wanted:
        bt.transform(ba.HorizontalFlip(), photo.to(getattr(torch, each)), **AT)
    with pytest.raises(TypeError, match=r"\.to_dense\(\)"):
        bt.transform(ba.HorizontalFlip(), photo.to(torch.float32).to_sparse(), layout="CHW", **AT)


def test_targets_that_a_pipeline_names_are_entries_of_a_dict():
    """As its call has them; of tensors, the channels of maps and masks come first."""
    moving = ba.Compose(
        [ba.HorizontalFlip(p=1), ba.Affine(rotate=(10, 10), p=1), ba.GaussNoise(p=1)],
        targets={"right": "image", "depth": "map", "parts": "mask"},
    )
    rng = np.random.default_rng(0)
    arrays = {
        "image": HWC,
        "right": HWC[::-1].copy(),
        "depth": rng.random((*HWC.shape[:2], 2), np.float32),
        "parts": rng.integers(0, 5, HWC.shape[:2]),
    }
    want = moving(**arrays, **AT)
    planar = {
        name: torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 0)))
        if array.ndim == 3
        else torch.from_numpy(array)
        for name, array in arrays.items()
    }
    data = [planar, planar, {"image": planar["image"], "name": "a"}]
    made = bt.Augmented(data, moving, seed=42, stream="train")
    few = [made[1, 0], made.__getitems__([(1, 0), (1, 1)])[0]]
    at_zero = moving(**arrays, **AT | {"index": 0})
    for got, wanted in [
        *((got, at_zero) for got in few), (bt.transform(moving, planar, **AT), want)
    ]:  # fmt: skip
        for name, array in arrays.items():
            back = np.asarray(got[name])
            back = np.moveaxis(back, 0, -1) if array.ndim == 3 else back
            np.testing.assert_array_equal(back, wanted[name])
            assert got[name].dtype == planar[name].dtype
    assert set(made[1, 2]) == {"image", "name"}
    assert (bt.transform(moving, arrays, **AT)["depth"] == want["depth"]).all()
    kept = bt.transform(moving, planar, fields={"depth": None}, **AT)
    assert kept["depth"] is planar["depth"]
    with pytest.raises(ValueError, match=r"\['other'\] is as large as the image"):
        bt.transform(moving, planar | {"other": planar["parts"]}, **AT)
    with pytest.raises(TypeError, match=r"depth: dtype float64.*float32 is needed"):
        bt.transform(moving, planar | {"depth": planar["depth"].double()}, **AT)
