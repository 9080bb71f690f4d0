"""Masks, boxes and points go where their pixels go.

Every pixel of the image is its own number, so that the output tells where each has come from.
"""

import collections

import numpy as np
import pytest

import bitaug as ba

HEIGHT, WIDTH = 6, 9
IDS = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)
NOWHERE = 65535
FILL_MASK = 1.0
FRAME = ba.Pad(padding=(1, 2, 3, 0), fill=NOWHERE, fill_mask=FILL_MASK)
PIPELINES = {
    "nothing": ba.Compose([]),
    "horizontal": ba.HorizontalFlip(p=1),
    "vertical": ba.VerticalFlip(p=1),
    "turns": ba.RandomRotate90(),
    "crop": ba.RandomCrop(height=4, width=5),
    "center": ba.CenterCrop(height=3, width=4),
    "frame": FRAME,
    "chain": ba.Compose(
        [
            ba.RandomRotate90(),
            ba.RandomCrop(height=5, width=5),
            ba.HorizontalFlip(),
            FRAME,
            ba.Compose([ba.VerticalFlip(), ba.RandomRotate90(p=0.5)], p=0.7),
            ba.CenterCrop(height=6, width=6),
        ]
    ),
}
SAMPLES = [(pipeline, index) for pipeline in PIPELINES.values() for index in range(8)]
IDENTITIES = [f"{name}-{index}" for name in PIPELINES for index in range(8)]
each_sample = pytest.mark.parametrize(("pipeline", "index"), SAMPLES, ids=IDENTITIES)

SIZES = {
    1: ["bool", "uint8", "int8"],
    2: ["uint16", "int16", ">i2", "float16"],
    4: ["uint32", "int32", "float32"],
    8: ["uint64", "int64", "float64", ">f8"],
}
DTYPES = [dtype for dtypes in SIZES.values() for dtype in dtypes]

BOXES = np.array(
    [(x, y, x + w, y + h) for x in (0, 2, 6) for y in (0, 3) for w in (1, 3) for h in (1, 2, 3)],
    np.float64,
)


def at(index):
    return {"seed": 5, "epoch": 0, "index": index}


def with_boxes(transform, **options):
    return ba.Compose([transform], bbox_params=ba.BboxParams(**options))


def box_around(pixels):
    """The box around the True pixels, None without any."""
    rows, columns = np.nonzero(pixels)
    if rows.size:
        return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return None


def moved_boxes(output):
    """Where each of BOXES is seen in the output."""
    inside = [IDS[int(t) : int(b), int(left) : int(r)] for left, t, r, b in BOXES]
    return [box_around(np.isin(output, ids)) for ids in inside]


@pytest.mark.parametrize("dtype", DTYPES)
def test_mask(dtype):
    mask = (IDS.astype(int) % 101 - (0 if np.dtype(dtype).kind in "bu" else 50)).astype(dtype)
    for pipeline, index in SAMPLES:
        sample = pipeline(image=IDS, mask=mask, **at(index))
        known = sample["image"] != NOWHERE
        source = np.where(known, sample["image"], 0)
        expected = np.where(known, mask.ravel()[source], np.array(FILL_MASK).astype(dtype))
        assert sample["mask"].dtype == np.dtype(dtype).newbyteorder("=")
        np.testing.assert_array_equal(sample["mask"], expected)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "float32"])
def test_mask_is_filled_with_a_negative_value(dtype):
    frame = ba.Pad(padding=1, fill_mask=-100)
    mask = frame(image=IDS, mask=IDS.astype(dtype), **at(0))["mask"]
    np.testing.assert_array_equal(mask, np.pad(IDS.astype(dtype), 1, constant_values=-100))


def test_masks_keep_their_number_channels_and_strides():
    several = np.stack([IDS, IDS + 1, IDS + 2], axis=-1).astype(np.int32)
    flip = ba.HorizontalFlip(p=1)
    sample = flip(image=IDS, mask=IDS > 9, masks=[IDS, several, several[..., ::-2]], **at(0))
    np.testing.assert_array_equal(sample["mask"], (IDS > 9)[:, ::-1])
    expected = [IDS[:, ::-1], several[:, ::-1], several[:, ::-1, ::-2]]
    for mask, want in zip(sample["masks"], expected, strict=True):
        np.testing.assert_array_equal(mask, want)
    assert flip(image=IDS, masks=[], **at(0))["masks"] == []
    stacked = flip(image=IDS, masks=np.stack([IDS, IDS]), **at(0))["masks"]
    np.testing.assert_array_equal(stacked, [IDS[:, ::-1]] * 2)


def test_mask_keeps_its_layout():
    to_chw = ba.Compose([ba.HorizontalFlip(p=1), ba.ToFloat(), ba.ToCHW()], white=65535)
    sample = to_chw(image=np.stack([IDS] * 3, -1), mask=IDS, **at(0))
    assert sample["image"].shape == (3, HEIGHT, WIDTH)
    np.testing.assert_array_equal(sample["mask"], IDS[:, ::-1])


@each_sample
def test_boxes(pipeline, index):
    sample = pipeline(image=IDS, bboxes=BOXES, labels=list(range(len(BOXES))), **at(index))
    expected = moved_boxes(sample["image"])
    kept = [i for i, box in enumerate(expected) if box is not None]
    assert sample["labels"] == kept
    assert sample["dropped"].tolist() == [i for i in range(len(BOXES)) if i not in kept]
    np.testing.assert_array_equal(
        sample["bboxes"], np.reshape([expected[i] for i in kept], (-1, 4))
    )


def written(boxes, form, shape):
    """Boxes of left, top, right, bottom in another format."""
    height, width = shape
    left, top, right, bottom = np.asarray(boxes, np.float64).T
    fractions = np.array([width, height, width, height])
    sizes = np.stack([right - left, bottom - top], 1)
    corners = np.stack([left, top], 1)
    return {
        "pascal_voc": np.hstack([corners, corners + sizes]),
        "coco": np.hstack([corners, sizes]),
        "yolo": np.hstack([corners + sizes / 2, sizes]) / fractions,
        "albumentations": np.hstack([corners, corners + sizes]) / fractions,
    }[form]


@each_sample
@pytest.mark.parametrize("form", ["coco", "yolo", "albumentations"])
def test_box_formats(pipeline, index, form):
    # Of a box that only touches the edge, fractions may leave a sliver.
    least = {"min_area": 1e-9}
    plain = with_boxes(pipeline, **least)(image=IDS, bboxes=BOXES, **at(index))
    sample = with_boxes(pipeline, format=form, **least)(
        image=IDS, bboxes=written(BOXES, form, IDS.shape), **at(index)
    )
    expected = written(plain["bboxes"], form, sample["image"].shape)
    np.testing.assert_allclose(sample["bboxes"], expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(sample["dropped"], plain["dropped"])


@pytest.mark.parametrize(
    ("options", "keeps"),
    [
        ({"min_area": 2.0}, lambda area, visible: area >= 2),
        ({"min_area": 100.0}, lambda area, visible: False),
        ({"min_visibility": 0.5}, lambda area, visible: visible >= 0.5),
        ({"min_visibility": 1.0}, lambda area, visible: visible >= 1),
        ({"min_area": 2, "min_visibility": 0.3}, lambda a, visible: a >= 2 and visible >= 0.3),
    ],
)
@pytest.mark.parametrize("index", range(6))
def test_box_filters(options, keeps, index):
    crop = with_boxes(ba.RandomCrop(height=3, width=4), **options)
    sample = crop(image=IDS, bboxes=BOXES, **at(index))
    expected = []
    for box, source in zip(moved_boxes(sample["image"]), BOXES, strict=True):
        left, top, right, bottom = [0] * 4 if box is None else box
        area = (right - left) * (bottom - top)
        whole = (source[2] - source[0]) * (source[3] - source[1])
        if area and keeps(area, area / whole):
            expected.append(box)
    np.testing.assert_array_equal(sample["bboxes"], np.reshape(expected, (-1, 4)))
    assert len(sample["dropped"]) == len(BOXES) - len(expected)


def test_boxes_beyond_the_image_are_clipped_and_those_outside_dropped():
    boxes = [[-0.5, -3, 2, WIDTH], [-5, 1, 0, 3], [1, 1, 1, 3], [WIDTH - 1, 0, WIDTH + 1e-9, 1]]
    sample = ba.Compose([])(image=IDS, bboxes=boxes, **at(0))
    assert sample["bboxes"].tolist() == [[0, 0, 2, HEIGHT], [WIDTH - 1, 0, WIDTH, 1]]
    assert sample["dropped"].tolist() == [1, 2]


def test_a_box_far_larger_than_the_image_is_clipped():
    sample = ba.Compose([])(image=IDS, bboxes=[[-1e200, -1e200, 1e200, 1e200]], **at(0))
    assert sample["bboxes"].tolist() == [[0, 0, WIDTH, HEIGHT]]


def test_further_columns_and_labels_ride_along():
    boxes = np.array([[0, 0, 2, 2, 10, 0.5], [20, 20, 30, 30, 11, 0.6], [4, 1, 6, 3, 12, 0.7]])
    flip = ba.HorizontalFlip(p=1)
    for labels in (["a", "b", "c"], np.array(["a", "b", "c"]), ("a", "b", "c")):
        sample = flip(image=IDS, bboxes=boxes, labels=labels, **at(0))
        expected = [[7, 0, 9, 2, 10, 0.5], [3, 1, 5, 3, 12, 0.7]]
        assert sample["bboxes"].tolist() == expected
        assert type(sample["labels"]) is type(labels) and list(sample["labels"]) == ["a", "c"]
    points = flip(image=IDS, keypoints=[[0, 1, 42, 0.5], [8, 5, 43, 0.25]], **at(0))["keypoints"]
    assert points.tolist() == [[8, 1, 42, 0.5], [0, 5, 43, 0.25]]


class ByName:
    """As a pandas Series whose names are not its places."""

    def __init__(self, values, names):
        self.values, self.names = np.asarray(values), list(names)

    def __len__(self):
        return len(self.values)

    def __getitem__(self, name):
        return self.values[self.names.index(name)]

    @property
    def iloc(self):
        return Places(self)


class Places:
    def __init__(self, column):
        self.column = column

    def __getitem__(self, places):
        return ByName(self.column.values[places], np.array(self.column.names)[places])


class Names(list):
    """A list with a name of its own."""


def test_labels_keep_type_dtype_and_value():
    boxes = [[0, 0, 2, 2], [20, 20, 30, 30], [4, 1, 6, 3]]

    def kept(labels):
        return ba.HorizontalFlip(p=1)(image=IDS, bboxes=boxes, labels=labels, **at(0))["labels"]

    for values in (
        np.array([2**53 + 1, 5, 2**63], np.uint64),
        np.array([[0, 1], [1, 0], [1, 1]], np.float32),
        np.array([("a", 1), ("b", 2), ("c", 3)], "U1, >i4"),
        np.array([{"a": 1}, None, [2]], object),
    ):
        assert kept(values).dtype == values.dtype
        assert kept(values).tolist() == [values.tolist()[0], values.tolist()[2]]
    column = kept(ByName([7, 8, 9], [2, 1, 0]))
    assert type(column) is ByName and column.values.tolist() == [7, 9] and column.names == [2, 0]
    Several = collections.namedtuple("Several", "a b c")
    for values in (collections.UserList("abc"), collections.deque("abc"), Names("abc")):
        assert type(kept(values)) is type(values) and list(kept(values)) == ["a", "c"]
    assert kept(Several(7, 8, 9)) == (7, 9)  # there is none of two
    whole = ba.HorizontalFlip(p=1)(
        image=IDS, bboxes=[boxes[0]] * 3, labels=Several(7, 8, 9), **at(0)
    )
    assert type(whole["labels"]) is Several
    assert kept(range(3)) == [0, 2] and kept([None, 1, {}]) == [None, {}]


def test_points_of_several_instances():
    points = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    moved = ba.HorizontalFlip(p=1)(image=IDS, keypoints=points, **at(0))["keypoints"]
    assert moved.dtype == np.float32
    expected = points.copy()
    expected[..., 0] = WIDTH - 1 - points[..., 0]
    np.testing.assert_array_equal(moved, expected)
    none = ba.HorizontalFlip(p=1)(image=IDS, keypoints=points[:0], **at(0))["keypoints"]
    assert none.shape == (0, 3, 4)


FORMATS = ["pascal_voc", "coco", "yolo", "albumentations"]


@pytest.mark.parametrize(
    ("form", "boxes", "message"),
    [
        ("yolo", [[50, 40, 20, 10]], r"\[0\]=\[50, 40, 20, 10\].*fractions.*looks like coco$"),
        ("yolo", [[0.5, 0.5, 0.1, 0.1], [10, 20, 30, 40]], r"\[1\].*looks like coco$"),
        ("albumentations", [[10, 20, 30, 25]], "fractions.*looks like pascal_voc or coco$"),
        ("pascal_voc", [[0.2, 0.3, 0.4, 0.5]], "pixels.*looks like yolo or albumentations$"),
        ("pascal_voc", [[0.6, 0.6, 0.9, 0.9]], "pixels.*looks like albumentations$"),
        ("coco", [[0.6, 0.6, 0.2, 0.1], [0.5, 0.5, 1, 1]], "pixels.*looks like yolo$"),
        ("coco", [[3, 4, 5, 6], [0.25, 0.25, 0.5, 0.5]], r"\[1\]=.*pixels.*looks like yolo"),
        ("coco", [[3, 4, 5, 6], [60, 40, 95, 58]], r"\[1\]=.*beyond.*looks like pascal_voc$"),
        ("coco", [[10, 30, 20, 58]], r"\[0\]=.*beyond.*looks like pascal_voc$"),
        ("yolo", [[0.95, 0.9, 1, 1]], "centre x, .*far beyond.*looks like albumentations$"),
        ("yolo", [[0.1, 0.2, 0.9, 0.9]], "centre x, .*far beyond.*looks like albumentations$"),
        ("pascal_voc", [[0.6, 0.6, 0.2, 0.1]], "negative.*looks like yolo$"),
        ("pascal_voc", [[50, 40, 20, 10]], "negative.*looks like coco$"),
        ("yolo", [[50, 40, 2000, 10]], "fractions.*needed$"),
    ],
)
def test_boxes_of_another_format_are_refused(form, boxes, message):
    image = np.zeros((60, 100), np.uint8)
    out = np.full_like(image, 7)
    with pytest.raises(ValueError, match=message) as caught:
        with_boxes(ba.HorizontalFlip(p=1), format=form)(image=image, bboxes=boxes, out=out, **at(0))
    assert f"format={form}: " in str(caught.value) and (out == 7).all()


@pytest.mark.parametrize(
    ("form", "boxes", "shape"),
    [
        ("pascal_voc", [[0, 0, 1, 1]], (60, 100)),  # the first pixel
        ("coco", [[0, 0, 1, 1]], (60, 100)),
        ("pascal_voc", [[0.25, 0.25, 0.5, 0.5]], (1, 1)),
        ("pascal_voc", [[0.25, 0.25, 0.5, 1.5]], (60, 100)),
        ("coco", [[0, 0, 1, 1], [3, 4, 5, 6]], (60, 100)),
        ("coco", [[60, 40, 64, 20]], (60, 100)),  # it ends within a quarter beyond
        ("coco", [[60, 40, 95, 58], [90, 50, 5, 5]], (60, 100)),  # no corners of all
        ("coco", [[2, 2, 9, 9]], (9, 9)),
        ("yolo", [[0.5, 0.5, 1, 1], [1, 1, 0.25, 0.25]], (60, 100)),
        ("albumentations", [[-0.25, -0.5, 1.25, 1.5]], (60, 100)),
        ("yolo", [[0.9, 0.5, 0.6, 0.5]], (60, 100)),  # it ends within a quarter beyond
        ("yolo", [[0.95, 0.9, 1, 1], [0.5, 0.9, 0.1, 0.4]], (60, 100)),  # no corners of all
        ("pascal_voc", [[60, 40, 190, 58]], (60, 100)),
        *[(form, np.zeros((0, 4)), (60, 100)) for form in FORMATS],
    ],
)
def test_boxes_that_may_be_of_the_format(form, boxes, shape):
    keep = with_boxes(ba.HorizontalFlip(p=1), format=form)
    made = keep(image=np.zeros(shape, np.uint8), bboxes=boxes, **at(0))
    assert len(made["bboxes"]) == len(boxes)


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        ([[0, 0, 2, 2]], "float64"),
        (np.array([[0, 0, 2, 2]], np.int16), "float64"),
        (np.array([[0, 0, 2, 2]], np.float32), "float32"),
        (np.array([[0, 0, 2, 2]], ">f8")[:, ::1], "float64"),
        (np.array([[0, 0, 2, 2]], np.float16), "float32"),
    ],
)
def test_tables_keep_floats(given, dtype):
    sample = ba.HorizontalFlip(p=1)(image=IDS, bboxes=given, keypoints=given, **at(0))
    assert sample["bboxes"].tolist() == [[7, 0, 9, 2]]
    assert sample["keypoints"].tolist() == [[8, 0, 2, 2]]
    assert sample["bboxes"].dtype == sample["keypoints"].dtype == dtype


def test_coordinates_that_float16_does_not_hold():
    image = np.zeros((1, 5001), np.uint8)
    points = np.float16([[0.5, 0], [1000, 0]])
    moved = ba.HorizontalFlip(p=1)(image=image, keypoints=points, bboxes=[[0, 0, 4, 1]],
                                   **at(0))  # fmt: skip
    assert moved["keypoints"].tolist() == [[4999.5, 0], [4000, 0]]


def test_points_that_are_missing():
    points = np.array([[[1, 2, 0.5], [np.nan, np.nan, 0]], [[0, 0, 1], [3, 4, np.nan]]])
    moved = ba.HorizontalFlip(p=1)(image=IDS, keypoints=points, **at(0))["keypoints"]
    expected = points.copy()
    expected[..., 0] = WIDTH - 1 - points[..., 0]
    np.testing.assert_array_equal(moved, expected)
    for wrong in (np.nan, np.inf):
        points[1, 0, 1] = wrong
        with pytest.raises(ValueError, match=r"keypoints\[1\]\[0\]=\[0.0, (nan|inf)\]: x and y"):
            ba.HorizontalFlip(p=1)(image=IDS, keypoints=points, **at(0))


EMPTY = [[], np.zeros((0, 4)), np.zeros((0, 6), np.float32), np.zeros(0, np.float32), ()]


@pytest.mark.parametrize("labels", [[], (), np.array([]), np.empty(0, "U3")])
def test_labels_of_no_boxes_come_back(labels):
    """Where there is no table of boxes at all, as where it is empty."""
    flip = ba.HorizontalFlip(p=1)
    own = with_boxes(flip, label_fields=("ids", "masks", "keypoints"))
    more = {"ids": labels, "masks": [], "keypoints": []}
    image = np.zeros((4, 6, 3), np.uint8)
    for boxes in ({}, {"bboxes": None}, {"bboxes": []}):
        sample = {"image": image, "labels": labels, **boxes}
        mix = ba.CutMix()(**sample, partners=[sample] * 3, **at(0))
        batch = flip([sample], seed=7, epoch=0, index=[0])
        for made in (flip(**sample, **at(0)), *batch, mix, own(**sample, **more, **at(0))):
            assert type(made["labels"]) is type(labels) and len(made["labels"]) == 0
            assert getattr(made["labels"], "dtype", 0) == getattr(labels, "dtype", 0)
            assert ("dropped" in made) == (boxes.get("bboxes") is not None)
        with pytest.raises(ValueError, match=r"^labels: 1 for 0 boxes"):
            flip(**(sample | {"labels": ["a"]}), **at(0))


@pytest.mark.parametrize("empty", EMPTY)
def test_no_boxes_and_no_points(empty):
    sample = ba.HorizontalFlip(p=1)(image=IDS, bboxes=empty, keypoints=empty, labels=[], **at(0))
    columns = np.shape(empty)[1] if np.ndim(empty) == 2 else 4
    assert sample["bboxes"].shape == (0, columns)
    assert sample["bboxes"].dtype == sample["keypoints"].dtype == np.asarray(empty).dtype
    assert sample["keypoints"].shape[0] == 0
    assert sample["labels"] == [] and sample["dropped"].tolist() == []


@each_sample
def test_keypoints(pipeline, index):
    points = [(x, y) for y in range(HEIGHT) for x in range(WIDTH)]
    sample = pipeline(image=IDS, keypoints=points, **at(index))
    height, width = sample["image"].shape
    for pixel, (x, y) in zip(IDS.ravel(), sample["keypoints"], strict=True):
        seen = np.argwhere(sample["image"] == pixel)
        if seen.size:
            assert seen.tolist() == [[y, x]]
        else:
            inside = 0 <= x < width and 0 <= y < height
            assert not inside or sample["image"][int(y), int(x)] == NOWHERE


@each_sample
def test_targets_leave_the_image_alone(pipeline, index):
    sample = pipeline(
        image=IDS, mask=IDS, masks=[IDS], bboxes=BOXES, keypoints=[[1.5, 2]], **at(index)
    )
    np.testing.assert_array_equal(sample["image"], pipeline(IDS, **at(index)))
    assert set(sample) == {"image", "mask", "masks", "bboxes", "dropped", "keypoints"}


@each_sample
def test_replay_moves_targets_alike(pipeline, index):
    targets = {"image": IDS, "mask": IDS, "bboxes": BOXES, "keypoints": BOXES[:, :2]}
    params = pipeline.params(shape=IDS.shape, dtype=IDS.dtype, **at(index))
    replayed, sample = pipeline.apply(params, **targets), pipeline(**targets, **at(index))
    for name in sample:
        np.testing.assert_array_equal(replayed[name], sample[name])


def test_resize_moves_targets():
    double = ba.Resize(height=2 * HEIGHT, width=2 * WIDTH, interpolation="nearest")
    sample = double(image=IDS, mask=IDS, bboxes=BOXES, keypoints=[[0, 0], [2.5, 1]], **at(0))
    np.testing.assert_array_equal(sample["mask"], sample["image"])
    np.testing.assert_array_equal(sample["image"], IDS.repeat(2, 0).repeat(2, 1))
    np.testing.assert_array_equal(sample["bboxes"], moved_boxes(sample["image"]))
    np.testing.assert_allclose(sample["keypoints"], [[0.5, 0.5], [5.5, 2.5]])


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_affine_moves_targets(turns):
    square = IDS[:, :HEIGHT]
    turn = ba.Affine(rotate=(90 * turns, 90 * turns), interpolation="nearest", fill=NOWHERE)
    boxes = [[1, 0, 3, 1]]
    sample = turn(image=square, mask=square, bboxes=boxes, keypoints=[[1, 0]], **at(0))
    np.testing.assert_array_equal(sample["image"], np.rot90(square, turns))
    np.testing.assert_array_equal(sample["mask"], sample["image"])
    box = box_around(np.isin(sample["image"], square[0, 1:3]))
    np.testing.assert_allclose(sample["bboxes"], [box], atol=1e-12)
    [(y, x)] = np.argwhere(sample["image"] == square[0, 1])
    np.testing.assert_allclose(sample["keypoints"], [[x, y]], atol=1e-12)


@pytest.mark.parametrize("index", range(8))
def test_a_resized_crop_keeps_a_box_on_its_pixels(index):
    """The box is continuous and pixels are not: they agree within one pixel of the output."""
    crop = ba.RandomResizedCrop((48, 64), scale=(0.2, 0.8), interpolation="nearest")
    mask = np.zeros((40, 50), np.uint8)
    mask[10:31, 12:37] = 1
    sample = crop(image=mask, mask=mask, bboxes=[[12, 10, 37, 31]], **at(index))
    np.testing.assert_array_equal(sample["image"], sample["mask"])
    box = box_around(sample["mask"])
    assert (box is None) == (len(sample["bboxes"]) == 0)
    if box is not None:
        np.testing.assert_allclose(sample["bboxes"][0], box, atol=1)


def test_dropout_leaves_boxes_and_fills_masks_if_told():
    hole = {"hole_height_range": (3, 3), "hole_width_range": (4, 4), "p": 1, "fill": NOWHERE}
    for options in ({}, {"fill_mask": 255}):
        dropout = ba.CoarseDropout(**hole, **options)
        sample = dropout(image=IDS, mask=IDS, bboxes=BOXES, **at(3))
        holes = sample["image"] == NOWHERE
        assert holes.any() and not holes.all()
        expected = np.where(holes, 255, IDS) if options else IDS
        np.testing.assert_array_equal(sample["mask"], expected)
        np.testing.assert_array_equal(sample["bboxes"], BOXES)
