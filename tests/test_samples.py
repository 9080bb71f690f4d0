"""Samples that are dicts of dicts, as all adapters take them."""

import collections
import dataclasses

import numpy as np
import pytest

import bitaug as ba
from bitaug._samples.arrays import Arrays
from bitaug._samples.augmenter import Augmenter, Batch

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
    assert flipped({"image": IMAGE}, {"extra": {"depth": None}}).keys() == {"image"}


@pytest.mark.parametrize(
    ("sample", "fields", "message"),
    [
        ({"image": IMAGE, "boxs_": 1}, {"boxs": "bboxes"}, "'boxs' .*has .'image', 'boxs_'"),
        ((IMAGE, [[0, 0, 2, 2]]), {0: "image", -1: "bboxes"}, r"-1 is not .*has .0, 1."),
        ({"image": IMAGE, "target": {"b": 1}}, {"target": {"bx": "bboxes"}}, "'bx' .*has .'b'"),
        ({"image": IMAGE}, {"extra": {"depth": "mask"}}, "'extra' is not in the sample"),
        ((IMAGE, [{"b": [0, 0, 2, 2]}]), {0: "image", 1: {"bx": "bboxes"}}, "no 'bx', only .'b'"),
        ((IMAGE, [{"b": 1}]), ("image", "annotations"), r"\[1\]\[0\]: there is no 'bbox'"),
    ],
)
def test_names_that_are_not_there(sample, fields, message):
    with pytest.raises(ValueError, match=message):
        flipped(sample, fields)


def test_a_name_for_a_dict():
    sample = {"image": IMAGE, "bndbox": {"xmin": 0, "xmax": 2}}
    with pytest.raises(TypeError, match="'bndbox' is a dict of 'xmin', 'xmax'; a dict of the same"):
        flipped(sample, {"bndbox": "bboxes"})


def test_an_image_or_what_stays_may_be_absent():
    fields = {"png": "image", "jpg": "image", "depth": None}
    assert np.array_equal(flipped({"jpg": IMAGE}, fields)["jpg"], IMAGE[:, ::-1])


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


@dataclasses.dataclass(eq=False)
class Planes:
    """Numbers as another framework might have them."""

    array: np.ndarray


PLANES = Arrays(
    role=lambda value: "mask" if isinstance(value, Planes) and value.array.ndim == 2 else None,
    image=lambda value, layout, targets: (value.array, "HWC"),
    read=lambda value, role: value.array,
    made=lambda array, like=None: Planes(array),
)


@pytest.mark.parametrize("many", [False, True])
def test_arrays_of_another_framework(many):
    """Their functions are handed in."""
    augment = Augmenter(FLIP, seed=1, stream="train", arrays=PLANES)
    sample = {"image": Planes(IMAGE), "depth": Planes(IMAGE[:, :, 0]), "id": 5}
    made = augment.batch([sample] * 2, [0, 0], [3, 4])[1] if many else augment.one(sample, 0, 4)
    assert made["id"] == 5 and {type(made["image"]), type(made["depth"])} == {Planes}
    assert np.array_equal(made["image"].array, IMAGE[:, ::-1])
    assert np.array_equal(made["depth"].array, IMAGE[:, ::-1, 0])
    alone = augment.batch([(Planes(IMAGE), 7)] * 2, [0, 0], [3, 4])
    assert [np.array_equal(image.array, IMAGE[:, ::-1]) for image, _ in alone] == [True, True]


def test_rows_of_numbers_in_arrays():
    """As tables give them."""
    boxes = np.empty(2, object)
    boxes[:] = [np.array([0, 0, 2, 2]), np.array([1, 1, 3, 3])]
    moved = flipped({"image": IMAGE, "bboxes": boxes})
    assert moved["bboxes"].tolist() == [[4, 0, 6, 2], [3, 1, 5, 3]]


CROP = ba.CenterCrop(height=4, width=2)  # columns 2 and 3 of IMAGE
BOXES = np.array([[0, 0, 2, 2.0], [1, 0, 3, 2.0], [3, 1, 4, 4.0]])  # the first leaves the crop


def cropped(sample, fields=None, pipeline=CROP):
    return Augmenter(pipeline, seed=1, stream="train", fields=fields).one(sample, 0, 0)


def annotation(**changes):
    """As CocoDetection gives it: a triangle above the diagonal of its box."""
    polygon = [0, 0, 2, 0, 2, 2]
    return {
        "id": 5, "image_id": 9, "category_id": 3, "iscrowd": 0, "bbox": [0, 0, 2, 2],
        "segmentation": [polygon], "area": 2.0, "keypoints": [1, 0, 2, 0, 0, 0],
        "num_keypoints": 1,
    } | changes  # fmt: skip


@pytest.mark.parametrize("form", ["pascal_voc", "yolo", "coco"])
def test_annotations_move(form):
    """Their boxes are COCO's whatever the pipeline's format is."""
    flip = ba.Compose([FLIP], bbox_params=ba.BboxParams(format=form))
    given = [annotation(), {"bbox": [0, 0, 5, 3], "category_id": 3}]
    image, moved = cropped((IMAGE, given), pipeline=flip)
    assert np.array_equal(image, IMAGE[:, ::-1])
    assert moved[0] == annotation(
        bbox=[4, 0, 2, 2], segmentation=[[6, 0, 4, 0, 4, 2]], keypoints=[4, 0, 2, 0, 0, 0]
    )
    assert moved[1] == {"bbox": [1, 0, 5, 3], "category_id": 3}
    assert given[0] == annotation()
    inner = cropped({"image": IMAGE, "target": {"annotations": tuple(given)}}, pipeline=flip)
    assert inner["target"] == {"annotations": tuple(moved)}
    assert cropped((IMAGE, []))[1] == []


def test_annotations_are_clipped_and_dropped():
    given = [
        annotation(),
        annotation(
            bbox=[1, 0, 4, 4], segmentation=[[1, 0, 5, 0, 5, 4], [0, 0, 1, 0, 1, 1]], area=4
        ),
        {"bbox": [1, 0, 2, 2], "category_id": 1, "area": 4},
    ]
    moved = cropped((IMAGE, given))[1]
    assert [row["bbox"] for row in moved] == [[0, 0, 2, 4], [0, 0, 1, 2]]
    # Columns 2 and 3 have 4 of the triangle's 8 square pixels, and none of the other's half.
    assert np.array_equal(np.unique(np.reshape(moved[0]["segmentation"], (-1, 2)), axis=0),
                          [[0, 0], [0, 1], [2, 0], [2, 3]])  # fmt: skip
    assert moved[0]["area"] == pytest.approx(4 * 4 / 8.5) and moved[1]["area"] == 2


def test_annotations_in_other_words():
    pixels = [{"bbox": [0, 0, 2, 2], "type": "car"}]
    assert cropped((IMAGE, pixels), ("image", {"bbox": "bboxes"}), FLIP)[1] == [
        {"bbox": [4, 0, 6, 2], "type": "car"}
    ]
    assert cropped((IMAGE, pixels), ("image", "annotations"), FLIP)[1][0]["bbox"] == [4, 0, 2, 2]
    assert cropped((IMAGE, pixels), ("image", None), FLIP)[1] is pixels
    runs = [annotation(segmentation={"counts": [24], "size": [4, 6]}, area=1)]
    stay = {"segmentation": None, "area": None}
    (moved,) = cropped((IMAGE, runs), ("image", stay), FLIP)[1]
    assert moved["bbox"] == [4, 0, 2, 2] and moved["segmentation"] is runs[0]["segmentation"]
    assert moved["area"] == 1 and cropped((IMAGE, []), ("image", stay))[1] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"segmentation": {"counts": [24], "size": [4, 6]}}, "'segmentation'.: run lengths"),
        ({"segmentation": [[1, 2, 3]]}, "'segmentation'..0.: .3,. numbers"),
        ({"segmentation": [], "area": 1.0}, "'area'.: 1, its box has 4"),
        ({"area": "2"}, "'area'.='2': a number"),
        ({"keypoints": [1, 2]}, "'keypoints'.: .2,. numbers"),
        ({"bbox": [1, 2, 3]}, "'bbox'.: shape"),
        ({"bbox": None}, "'bbox'.: dtype object"),
        ({"bbox": [0, 0, 1, 1, 5]}, "'bbox'.: 5 numbers, not 4"),
        ({"rotated_box": [1, 2, 3, 4, 5]}, "'rotated_box'. would not .*{'rotated_box': None} of"),
        ({"keypoints": [1, np.nan, 2]}, "'keypoints'.*nan.: x and y"),
        ({"segmentation": [[0, 0, 2, np.nan, 2, 2]]}, "'segmentation'.*NaN"),
    ],
)
def test_annotations_that_are_refused(changes, message):
    with pytest.raises((TypeError, ValueError), match=r"sample\[1\]\[0\]\[" + message):
        cropped((IMAGE, [annotation(**changes)]))


NAMES = (
    "bbox", "box", "gt_bboxes", "bounding_boxes", "boundingBox", "Boxes", "boxes_3d", "landmarks",
    "points", "segmentation", "gtBox", "Key-Points", "polygons", "annotations", "objects",
    "targets", "rois", "kpts", "rects", "coords", "coordinates", "xyxy", "xywh", "quad", "kp",
    "kps", "pts", "polys", "poly", "lms", "pose", "skeleton", "outline", "hull", "hbox", "fbox",
    "vbox", "obb", "centers", "center", "anchors", "proposals", "detections", "dets", "regions",
    "ann", "anns", "annots", "gt_rect", "xmin", "yMax",
)  # fmt: skip


@pytest.mark.parametrize(
    "value", [[[0, 0, 2, 2]], np.float32([[1, 0, 3, 2]]), np.full((1, 4), [0, 0, 2, 2], object)]
)
@pytest.mark.parametrize("name", NAMES)
def test_names_of_what_has_a_place(name, value):
    inner = {name: value}
    for sample in (
        inner | {"image": IMAGE},
        (IMAGE, inner),
        (IMAGE, [inner]),
        (IMAGE, 5, [[inner]]),
    ):
        with pytest.raises(ValueError, match=rf"\['{name}'\] would not move.*fields="):
            flipped(sample)
    kept = flipped({"image": IMAGE, name: value}, {name: None})
    assert kept[name] is value
    moved = flipped({"image": IMAGE, name: value}, {name: "bboxes"})
    assert np.array_equal(moved[name][:, 0], 6 - np.asarray(value, float)[:, 2])


def test_names_of_what_has_none():
    others = {
        "target": [0, 1, 0], "objects": ["cat", "dog"], "annotation": "a.json", "points": 3,
        "segmentation": "a.png", "box_format": "coco", "annotations": [{"caption": "a"}],
        "targets": np.array([0, 1]), "bbox": None, "boxes_file": ["a"], "landmarks": [],
        "pose": "left", "xmin": 3, "regions": ["a", "b"], "center": 2.5, "composer": [1, 2],
    }  # fmt: skip
    moved = flipped({"image": IMAGE} | others)
    assert all(moved[name] is value for name, value in others.items())
    voc = {"annotation": {"object": [{"name": "cat", "bndbox": {"xmin": "1", "ymin": "2"}}]}}
    with pytest.raises(ValueError, match=r"\['object'\]\[0\]\['bndbox'\] would not move"):
        flipped((IMAGE, voc))


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_what_has_a_row_for_each_box(kind):
    rows = kind([7, 8, 9])
    for sample, fields in [
        ((IMAGE, BOXES, rows), {0: "image", 1: "bboxes"}),
        ({"image": IMAGE, "boxes": BOXES, "ids": rows}, None),
        ({"image": IMAGE, "target": {"boxes": BOXES}, "info": {"names": rows}}, None),
        ({"image": IMAGE, "target": {"boxes": BOXES}, "labels": rows}, None),
    ]:
        with pytest.raises(ValueError, match="has 3 rows, as there are boxes: fields="):
            cropped(sample, fields)
    for last in ("labels", None):
        made = cropped((IMAGE, BOXES, rows), ("image", "bboxes", last))
        assert type(made[2]) is type(rows)
        assert list(made[2]) == ([8, 9] if last else [7, 8, 9])
    with pytest.raises(ValueError, match=r"sample\['labels'\]: 3 for 2 boxes"):
        cropped({"image": IMAGE, "boxes": BOXES[:2], "labels": rows})


def test_a_detection_target():
    """As torchvision has it: masks, points and the rest follow their boxes."""
    masks = np.stack([IMAGE[:, :, 0] + i for i in range(3)])
    points = np.arange(18.0).reshape(3, 2, 3)
    target = {
        "boxes": BOXES, "labels": np.array([4, 5, 6]), "masks": masks, "keypoints": points,
        "area": np.array([4, 4, 3], np.float32), "iscrowd": (0, 1, 0), "scores": [0.5, 0.25, 1],
        "image_id": np.array([1, 2, 3]),
    }  # fmt: skip
    made = cropped((IMAGE, target))[1]
    assert made["boxes"].tolist() == [[0, 0, 1, 2], [1, 1, 2, 4]]
    assert np.array_equal(made["masks"], masks[1:, :, 2:4])
    assert np.array_equal(made["keypoints"], points[1:] - [2, 0, 0])
    assert made["area"].tolist() == [2, 3] and made["area"].dtype == np.float32
    assert made["labels"].tolist() == [5, 6] and made["iscrowd"] == (1, 0)
    assert made["scores"] == [0.25, 1] and made["image_id"] is target["image_id"]
    listed = cropped((IMAGE, target | {"masks": list(masks)}))[1]["masks"]
    assert np.array_equal(listed, made["masks"]) and type(listed) is list
    with pytest.raises(ValueError, match=r"\['masks'\]: 2 for 3 boxes"):
        cropped((IMAGE, target | {"masks": masks[:2]}))
    with pytest.raises(ValueError, match=r"\['area'\]: 9, its box has 4"):
        cropped((IMAGE, target | {"area": [4, 9, 3]}))
    for masks_are, count in (("instance_masks", 2), ("masks", 3)):
        flat = {"image": IMAGE, "bboxes": BOXES, "masks": masks}
        assert len(cropped(flat, {"masks": masks_are})["masks"]) == count
    with pytest.raises(ValueError, match=r"\['masks'\] has 3 rows"):
        cropped(flat)
    with pytest.raises(TypeError, match="instance_masks without bboxes"):
        cropped({"image": IMAGE, "m": masks}, {"m": "instance_masks"})


def test_whole_numbers_in_lists_are_not_rounded():
    with pytest.raises(ValueError, match="9007199254740993"):
        flipped({"image": IMAGE, "bboxes": [[0.5, 0, 1, 3, 2**53 + 1]]})


@pytest.mark.parametrize(
    "value",
    [
        [[0, 0, 2, 2]], np.zeros((3, 5), np.float32), np.zeros((0, 4)), np.zeros((2, 3, 2), int),
        [(1, 2), (3, 4)], [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6, 7, 8]],
    ],
)  # fmt: skip
def test_tables_without_a_name(value):
    for sample in ((IMAGE, value), [IMAGE, 5, value]):
        with pytest.raises(ValueError, match=rf"sample\[{len(sample) - 1}\] would not move"):
            flipped(sample)
    assert flipped((IMAGE, value), ("image", None))[1] is value
    assert flipped({"image": IMAGE, "x": value})["x"] is value


@pytest.mark.parametrize("kind", [collections.deque, collections.UserList, set])
def test_tables_in_other_sequences(kind):
    rows = kind([(0, 0, 2, 2)])
    with pytest.raises(ValueError, match=r"\['gt_boxes'\] would not move"):
        flipped({"image": IMAGE, "gt_boxes": rows})
    if kind is not set:
        with pytest.raises(ValueError, match=r"sample\[1\] would not move"):
            flipped((IMAGE, rows))
        with pytest.raises(ValueError, match=r"\['box'\] would not move.*None of \[1\]"):
            flipped((IMAGE, kind([{"box": [0, 0, 2, 2]}])))
        assert flipped((IMAGE, rows), ("image", "bboxes"))[1].tolist() == [[4, 0, 6, 2]]


def test_what_is_no_table():
    others = (
        5,
        "cat",
        [1, 2, 3, 4],
        np.zeros(4),
        np.eye(3),
        ("a.jpg", (4, 6)),
        [],
        None,
        1.5,
        [[]],
    )
    moved = flipped((IMAGE, *others))
    assert all(a is b for a, b in zip(moved[1:], others, strict=True))


def test_a_single_box_or_point():
    sample = {"image": IMAGE, "bbox": [0, 0, 2, 2], "point": np.float32([1, 2])}
    with pytest.raises(ValueError, match=r"'bbox'. would not move.*\"bboxes\""):
        flipped(sample)
    fields = {"bbox": "bboxes", "point": "keypoints"}
    moved = flipped(sample, fields)
    assert moved["bbox"].tolist() == [4, 0, 6, 2] and moved["point"].tolist() == [4, 2]
    left = cropped(sample, fields)
    assert left["bbox"].shape == (0,) and left["dropped"].tolist() == [0]


def test_advice_on_dicts_in_lists():
    """What may be said there is said; and it is accepted."""
    rows = [{"box": [0, 0, 2, 2], "k": 1}]
    with pytest.raises(ValueError, match=r"fields= says {'box': \"bboxes\"} of \[1\], or None of"):
        flipped((IMAGE, rows))
    assert flipped((IMAGE, rows), ("image", {"box": "bboxes"}))[1] == [
        {"box": [4, 0, 6, 2], "k": 1}
    ]
    points = [{"points": [[1, 2], [3, 4]]}]
    with pytest.raises(ValueError, match=r"fields= says None of \[1\], to let it stay"):
        flipped((IMAGE, points))
    given = [annotation(rotated_box=[1, 2, 3, 4, 5])]
    moved = flipped((IMAGE, given), ("image", {"rotated_box": None}))[1]
    assert moved[0]["rotated_box"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "rows",
    [
        collections.deque([7, 8, 9]), range(3), {7, 8, 9}, collections.UserList([7, 8, 9]),
        {7: 1, 8: 2, 9: 3}.keys(), {7: 1, 8: 2, 9: 3}.values(),
    ],
)  # fmt: skip
def test_whatever_has_a_length_for_each_box(rows):
    sample = {"image": IMAGE, "boxes": BOXES, "ids": rows}
    with pytest.raises(ValueError, match=r"\['ids'\] has 3 rows, as there are boxes"):
        cropped(sample)
    assert cropped(sample, {"ids": None})["ids"] is rows
    beside = {"image": IMAGE, "boxes": BOXES, "scores": rows}
    if hasattr(rows, "__getitem__"):
        assert list(cropped(beside)["scores"]) == list(rows)[1:]
    else:
        with pytest.raises(TypeError, match=r"\['scores'\]: .*; a list or an array"):
            cropped(beside)


@pytest.mark.parametrize("name", ["labels", "scores", "iscrowd"])
def test_a_dict_is_no_labels(name):
    sample = {"image": IMAGE, "target": {"boxes": BOXES, name: {"a": 1, "b": 2, "c": 3}}}
    with pytest.raises(TypeError, match=rf"\['{name}'\] is a dict beside boxes.*fields="):
        cropped(sample)
    kept = cropped(sample, {"target": {"boxes": "bboxes", name: None}})
    assert kept["target"][name] == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(TypeError, match=r"\['scores'\]: list_iterator; a list"):
        cropped({"image": IMAGE, "boxes": BOXES, "scores": iter([1, 2, 3])})
    text = cropped(
        {"image": IMAGE, "boxes": BOXES, "name": "abc", "size": {"a": 1, "b": 2, "c": 3}}
    )
    assert text["name"] == "abc" and len(text["size"]) == 3


def test_dropped_is_not_written_over():
    sample = {"image": IMAGE, "boxes": BOXES, "dropped": "mine"}
    with pytest.raises(ValueError, match=r"sample\['dropped'\] is there"):
        cropped(sample)
    assert flipped({"image": IMAGE, "dropped": "mine"})["dropped"] == "mine"


Named = collections.namedtuple("Named", "image bbox label")


@pytest.mark.parametrize("names", [
    "xmin ymin xmax ymax", "x1 y1 x2 y2", "left top right bottom", "Left Top Width Height",
    "x y w h", "x_min y_min x_max y_max",
])  # fmt: skip
def test_the_sides_of_a_box_by_their_names_would_stay_behind(names):
    box = dict(zip(names.split(), [0, np.int64(1), 5, 5.5], strict=True))
    for sample in (
        (IMAGE, box),
        (IMAGE, {"object": box, "name": "cat"}),
        {"image": IMAGE, "of": box},
    ):
        with pytest.raises(ValueError, match=r"would not move.*fields="):
            flipped(sample)
    with pytest.raises(ValueError, match=r"would not move.*fields="):
        flipped({"image": IMAGE} | box)
    flipped({"image": IMAGE} | box, fields=dict.fromkeys(box))
    flipped((IMAGE, box), fields=("image", None))
    flipped({"image": IMAGE, "of": dict(list(box.items())[:3])})


def test_the_names_of_a_named_tuple_are_looked_at():
    with pytest.raises(ValueError, match=r"sample\[1\] would not move.*fields="):
        flipped(Named(IMAGE, [0, 0, 5, 5], 3))
    assert flipped(Named(IMAGE, None, [0, 0, 5, 5])).label == [0, 0, 5, 5]


@pytest.mark.parametrize("planar", [False, True])
def test_targets_that_a_pipeline_names(planar):
    """By way of what all adapters hold, one by one and in batches."""
    flip = ba.Compose([FLIP],
                      targets={"right": "image", "depth": "map", "parts": "mask"})  # fmt: skip
    depth = np.arange(48, dtype=np.float32).reshape(4, 6, 2)
    sample = {"image": IMAGE, "right": IMAGE + 1, "depth": depth, "parts": IMAGE[..., 0]}
    if planar:
        sample = {
            name: np.ascontiguousarray(np.moveaxis(array, -1, 0)) if array.ndim == 3 else array
            for name, array in sample.items()
        }
    layout = "CHW" if planar else "HWC"
    augment = Augmenter(flip, seed=1, stream="train", layout=layout)
    other = {"image": sample["image"]}
    for made in (augment.one(sample, 0, 0), augment.batch([sample, other], [0, 0], [0, 1])[0]):
        for name, array in sample.items():
            last = array.ndim - 1 if planar or array.ndim == 2 else 1
            np.testing.assert_array_equal(made[name], np.flip(array, last))
    with pytest.raises(TypeError, match=r"depth: dtype float64.*float32 is needed"):
        augment.one(sample | {"depth": sample["depth"].astype(float)}, 0, 0)
