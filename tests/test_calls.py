"""One call: batches of samples with targets, clips, further images and masks."""

import numpy as np
import pytest

import bitaug as ba
from tests.pipelines import images as drawn
from tests.test_errors import refused

TRAIN = ba.Compose(
    [
        ba.HorizontalFlip(),
        ba.RandomCrop(height=18, width=15),
        ba.Affine(rotate=(-20, 20)),
        ba.OneOf([ba.GaussNoise(), ba.CoarseDropout(fill_mask=3)]),
        ba.RandomBrightnessContrast(),
    ],
    targets={"right": "image", "parts": "mask"},
    bbox_params=ba.BboxParams(format="coco"),
)
ADDRESS = {"seed": 11, "epoch": 2}
N = 1030  # more than the samples whose steps are kept


def sample(i, shape=(24, 20, 3)):
    """A sample with everything that comes with an image."""
    image, right = drawn(shape, "uint8", 2, seed=i)
    mask = np.random.default_rng(i).integers(0, 9, shape[:2]).astype(np.int32)
    boxes = np.array([[2, 3, 9, 8], [0, 0, 4, 4], [12, 15, 8, 9.0]])
    return {
        "image": image,
        "mask": mask,
        "masks": [(mask > 4).astype(np.int8), mask.astype(np.float64)],
        "bboxes": boxes,
        "labels": ["a", "b", "c"],
        "keypoints": [[3.0, 4.0], [10.0, 20.0]],
        "right": right,
        "parts": mask.astype(np.uint16) + 1,
    }


def alike(got, want):
    assert got.keys() == want.keys()
    for name, value in want.items():
        if isinstance(value, list) and name == "masks":
            assert len(got[name]) == len(value)
            for one, other in zip(got[name], value, strict=True):
                np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_array_equal(got[name], value)
            assert type(got[name]) is type(value)


@pytest.mark.parametrize("threads", [1, 4])
def test_a_batch_of_samples_is_each_by_itself(threads):
    shapes = [(24, 20, 3), (40, 33, 3), (19, 15, 3)]
    samples = [sample(i, shapes[i % 3]) for i in range(7)]
    made = TRAIN(samples, index=range(7), threads=threads, **ADDRESS)
    for i, (got, given) in enumerate(zip(made, samples, strict=True)):
        alike(got, TRAIN(**given, index=i, **ADDRESS))


def test_samples_of_a_batch_may_have_their_own_targets():
    samples = [{"image": sample(0)["image"]}, sample(1), {"image": sample(2)["image"], "masks": []}]
    made = TRAIN(samples, index=["a", "b", "c"], **ADDRESS)
    assert [list(each) for each in made][::2] == [["image"], ["image", "masks"]]
    for key, got, given in zip("abc", made, samples, strict=True):
        alike(got, TRAIN(**given, index=key, **ADDRESS))


def test_what_is_drawn_again_is_what_was_drawn():
    shape = (20, 16, 3)
    samples = [{name: sample(i % 5, shape)[name] for name in ("image", "mask")} for i in range(N)]
    made = TRAIN(samples, index=range(N), **ADDRESS)
    for i in (0, 1023, 1024, N - 1):
        alike(made[i], TRAIN(**samples[i], index=i, **ADDRESS))


GEOMETRY = [
    ba.HorizontalFlip(),
    ba.RandomResizedCrop(size=(30, 26), interpolation="bicubic"),
    ba.Affine(rotate=(-20, 20), p=1),
    ba.Perspective(p=1),
    ba.ElasticTransform(p=0.5),
    ba.PadIfNeeded(min_height=40, min_width=40),
    ba.CoarseDropout(fill=0.25, fill_mask=1, p=1),
]


def test_a_map_moves_as_an_image_of_floats_does_and_keeps_its_values():
    depth = np.random.default_rng(0).uniform(0, 1, (24, 20, 2)).astype(np.float32)
    apart = ba.Compose([*GEOMETRY[:-1], ba.RandomBrightnessContrast()], targets={"depth": "map"})
    plain = ba.Compose(GEOMETRY[:-1], targets={"depth": "map"})
    changed = 0
    for index in range(30):
        at = {**ADDRESS, "index": index}
        moved = plain(image=depth, depth=depth, **at)
        np.testing.assert_array_equal(moved["depth"], moved["image"])
        # Neither the image's type nor what is done to its pixels matters.
        same = apart(image=np.zeros((24, 20, 3), np.uint8), depth=1000 * depth - 5, **at)
        one = apart(image=np.zeros((24, 20, 3), np.uint8), depth=depth, **at)
        np.testing.assert_array_equal(one["depth"], moved["depth"])
        inside = apart(image=depth, depth=np.ones_like(depth), **at)["depth"] == 1
        assert inside.any()
        np.testing.assert_allclose(
            same["depth"][inside], (1000 * one["depth"] - 5)[inside], atol=1e-3
        )
        changed += not np.array_equal(moved["depth"], depth)
    assert changed > 20


def test_what_hides_parts_of_an_image_and_its_masks_leaves_maps():
    hide = ba.Compose(GEOMETRY[-1:], targets={"depth": "map", "parts": "mask"})
    depth = np.full((24, 20), np.nan, np.float32)
    made = hide(image=depth * 0 + 1, depth=depth, parts=depth * 0, index=0, **ADDRESS)
    assert np.isnan(made["depth"]).all() and (made["parts"] == 1).any()


def test_a_map_decides_nothing():
    crop = ba.Compose([ba.CropNonEmptyMask(height=4, width=4)], targets={"depth": "map"})
    depth = np.zeros((24, 20), np.float32)
    depth[20, 3] = 1
    image = np.zeros((24, 20), np.uint8)
    with refused(ValueError, "masks, which are missing"):
        crop(image=image, depth=depth, index=1, **ADDRESS)
    empty, full = depth * 0, depth + 1
    for index in range(5):
        one, other = (
            crop(image=image, mask=empty, depth=far, index=index, **ADDRESS)
            for far in (empty, full)
        )
        np.testing.assert_array_equal(one["depth"] + 1, other["depth"])


@pytest.mark.parametrize("kind", ["float64", "float16", "uint16", "int32", "bool"])
def test_a_map_is_float32(kind):
    run = ba.Compose([ba.HorizontalFlip()], targets={"depth": "map"})
    image = np.zeros((24, 20), np.uint8)
    with refused(TypeError, "depth", kind, ".astype(np.float32)"):
        run(image=image, depth=image.astype(kind), index=0, **ADDRESS)
    run(image=image, depth=image.astype(kind).astype(np.float32), index=0, **ADDRESS)
    with refused(ValueError, "a map of this image is 24 x 20"):
        run(image=image, depth=np.zeros((24, 21), np.float32), index=0, **ADDRESS)


def test_words_of_masks_that_lie_apart_move_together():
    """Channels first in memory: also of samples that are mixed in."""
    planes = np.random.default_rng(0).integers(0, 2**40, (3, 24, 20))
    image = np.zeros((24, 20), np.uint8)
    run = ba.Compose([ba.CutMix(p=1), ba.HorizontalFlip(p=1)])
    for kind in (np.int64, np.int32, np.uint16):
        apart = planes.astype(kind).transpose(1, 2, 0)
        given = [{"image": image, "mask": apart}] * 2
        whole = [{"image": image, "mask": np.ascontiguousarray(apart)}] * 2
        one = run(**given[0], partners=given, index=0, **ADDRESS)
        other = run(**whole[0], partners=whole, index=0, **ADDRESS)
        np.testing.assert_array_equal(one["mask"], other["mask"])
        np.testing.assert_array_equal(one["mask"], apart[:, ::-1])


def test_a_further_image_has_the_parameters_and_noise_of_its_own():
    given = sample(3)
    got = TRAIN(**{**given, "right": given["image"]}, index=4, **ADDRESS)
    params = TRAIN.params(index=4, shape=given["image"].shape, **ADDRESS)
    noise = params["ops"][3]["ops"][0]["op"] == "GaussNoise"
    assert np.array_equal(got["right"], got["image"]) != noise
    quiet = ba.Compose(TRAIN.transforms[:3], targets={"right": "image"})
    moved = quiet(image=given["image"], right=given["image"][..., :1], index=4, **ADDRESS)
    np.testing.assert_array_equal(moved["right"], moved["image"][..., :1])


def test_a_clip_shares_parameters_and_no_noise():
    frames = np.stack([sample(5)["image"]] * 3)
    boxes = sample(5)["bboxes"]
    moves = [*TRAIN.transforms[:3], ba.ColorJitter(brightness=(0.5, 1.5))]
    moves = ba.Compose(moves, bbox_params=TRAIN.bbox_params)
    clip = moves(images=frames, mask=sample(5)["mask"], bboxes=boxes, index=7, **ADDRESS)
    one = moves(image=frames[0], mask=sample(5)["mask"], bboxes=boxes, index=7, **ADDRESS)
    for frame in clip["images"]:
        np.testing.assert_array_equal(frame, one["image"])
    np.testing.assert_array_equal(clip["mask"], one["mask"])
    np.testing.assert_array_equal(clip["bboxes"], one["bboxes"])
    assert list(clip) == ["images", "mask", "bboxes", "dropped"]

    noise = ba.GaussNoise(std_range=(0.2, 0.2))
    noisy = noise(images=frames, index=7, **ADDRESS)["images"]
    np.testing.assert_array_equal(noisy[0], noise(frames[0], index=7, **ADDRESS))
    assert len({ba.digest(frame) for frame in noisy}) == 3
    params = noise.params(index=7, shape=frames[0].shape, **ADDRESS)
    np.testing.assert_array_equal(noise.apply(params, images=frames)["images"], noisy)
    np.testing.assert_array_equal(
        noise(images=frames, index=7, threads=3, **ADDRESS)["images"], noisy
    )
    # A list of frames is a clip as well, and comes back as one.
    listed = noise(images=list(frames), index=7, **ADDRESS)["images"]
    np.testing.assert_array_equal(np.stack(listed), noisy)


def test_a_clip_and_its_further_images_have_different_noise():
    noise = ba.Compose([ba.GaussNoise(std_range=(0.2, 0.2))], targets={"right": "image"})
    frames = np.stack([sample(5)["image"]] * 2)
    got = noise(images=frames, right=frames[0], index=1, **ADDRESS)
    assert len({ba.digest(each) for each in [*got["images"], got["right"]]}) == 3


def test_samples_are_written_into_out():
    samples = [sample(i) for i in range(2)]
    out = [np.zeros((18, 15, 3), np.uint8) for _ in samples]
    made = TRAIN(samples, index=[0, 1], out=out, **ADDRESS)
    assert all(each["image"] is array for each, array in zip(made, out, strict=True))


BOX, BAD = [1, 2, 3, 4], [9, 9, -1, 1]


@pytest.mark.parametrize(
    ("kind", "call", "words"),
    [
        (TypeError, {"images": [sample(0), 3]}, ["images[1]=3", "dict"]),
        (TypeError, {"images": [{"mask": 0}]}, ["images[0]", "with an image"]),
        (TypeError, {"images": [{"image": 0, "boxes": 1}]}, ["boxes=1", "did you mean bboxes=?"]),
        (ValueError, {"images": [sample(0), {**sample(1), "mask": np.zeros((3, 3))}]},
         ["images[1]: mask", "[3, 3]", "24 x 20"]),
        (ValueError, {"images": [sample(0), {**sample(1), "labels": [1]}]},
         ["images[1]: labels", "1 for 3 boxes"]),
        (ValueError, {"images": [sample(0), {**sample(1), "bboxes": [BOX, BAD, BOX]}]},
         ["sample 1 (index 1)", "bboxes", "[1]", "[9, 9, -1, 1]"]),
        (ValueError, {"images": [sample(0), {**sample(1), "mask": sample(1)["mask"] > 1}]},
         ["sample 1 (index 1)", "fill_mask=3", "0 or 1"]),
        (ValueError, {"images": [{**sample(0), "right": np.zeros((3, 4, 3), np.uint8)}]},
         ["images[0]: right", "3 x 4", "24 x 20"]),
        (TypeError, {"images": [sample(0)], "stack": True}, ["stack=True", "list"]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_batch_is_named(kind, call, words):
    images = call.pop("images")
    with refused(kind, *words):
        TRAIN(images, index=range(len(images)), **ADDRESS, **call)


@pytest.mark.parametrize(
    ("kind", "call", "words"),
    [
        (TypeError, {"image": 1, "images": 2}, ["image=", "images=", "one clip"]),
        (TypeError, {"left": 1}, ["left=1", "no such argument"]),
        (TypeError, {"image": sample(0)["image"], "boxes": []}, ["boxes=[]", "bboxes"]),
        (TypeError, {"right": sample(0)["right"]}, ["right", "image= is needed"]),
    ],
)
def test_what_is_no_sample_is_named(kind, call, words):
    with refused(kind, *words):
        TRAIN(index=0, **ADDRESS, **call)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        ({"mask": "mask"}, ["targets", "mask", "nothing else"]),
        ({"seed": "image"}, ["targets", "seed"]),
        ({"left": "picture"}, ["targets", "left", "picture"]),
        ({"left": 3}, ["targets", "left", "3"]),
        ([1], ["targets=[1]", "dict"]),
    ],
)
def test_targets_that_cannot_be_are_refused(targets, words):
    with refused((TypeError, ValueError), *words):
        ba.Compose([], targets=targets)


def test_targets_are_in_documents_and_digests():
    plain = ba.Compose([ba.ToGray()])
    named = ba.Compose([ba.ToGray()], targets={"left": "image", "a": "mask"})
    assert ba.from_json(named.to_json()) == named and named.digest != plain.digest
    assert ba.Compose([ba.ToGray()], targets={}).to_json() == plain.to_json()
    assert ba.from_yaml(named.to_yaml()).targets == {"a": "mask", "left": "image"}


def test_what_has_a_row_for_each_box_follows_it():
    fields = ("labels", "ids", "masks", "keypoints")
    pipeline = ba.Compose(
        [ba.CenterCrop(10)], bbox_params=ba.BboxParams(label_fields=fields, min_area=20)
    )
    boxes = np.array([[0, 0, 9, 9], [0, 0, 4, 4], [8, 8, 20, 20]])
    masks = [np.full((20, 20), i, np.uint8) for i in range(3)]
    sample = pipeline(
        image=np.zeros((20, 20, 3), np.uint8), bboxes=boxes, labels=["a", "b", "c"],
        ids=np.array([5, 6, 7]), masks=masks, keypoints=np.arange(12.0).reshape(3, 2, 2), **AT,
    )  # fmt: skip
    assert sample["dropped"].tolist() == [0, 1]
    assert (sample["labels"], sample["ids"].tolist()) == (["c"], [7])
    assert [mask.max() for mask in sample["masks"]] == [2]
    np.testing.assert_array_equal(sample["keypoints"], [[[3, 4], [5, 6]]])
    with refused(ValueError, "ids", "2 for 3 boxes"):
        pipeline(image=np.zeros((20, 20, 3), np.uint8), bboxes=boxes, ids=[1, 2], **AT)
    again = ba.from_json(pipeline.to_json())
    assert again == pipeline and again.bbox_params.label_fields == fields
    plain = ba.Compose([], bbox_params=ba.BboxParams(format="coco"))
    spelt = ba.Compose([], bbox_params=ba.BboxParams(format="coco", label_fields="labels"))
    assert spelt == plain and "label_fields" not in plain.to_json()


AT = {"seed": 0, "epoch": 0, "index": 0}


@pytest.mark.parametrize(
    ("transforms", "mirrored"),
    [
        ([ba.HorizontalFlip(p=1)], True),
        ([ba.VerticalFlip(p=1)], True),
        ([ba.HorizontalFlip(p=1), ba.VerticalFlip(p=1)], False),
        ([ba.Affine(rotate=(30, 30))], False),
        ([ba.Affine(rotate=(30, 30)), ba.HorizontalFlip(p=1)], True),
        ([ba.GaussNoise(), ba.CenterCrop(9)], False),
    ],
)
def test_left_and_right_change_places_where_the_image_is_mirrored(transforms, mirrored):
    params = ba.KeypointParams(flip_pairs=[(0, 2)])
    pipeline = ba.Compose(transforms, keypoint_params=params)
    image, points = np.zeros((20, 30, 3), np.uint8), np.arange(18.0).reshape(2, 3, 3)
    plain = ba.Compose(transforms)(image=image, keypoints=points, **AT)["keypoints"]
    got = pipeline(image=image, keypoints=points, **AT)["keypoints"]
    np.testing.assert_array_equal(got, plain[:, [2, 1, 0]] if mirrored else plain)
    assert ba.from_json(pipeline.to_json()) == pipeline and pipeline.digest != (
        ba.Compose(transforms).digest
    )


def test_flip_pairs_that_cannot_be_are_refused():
    with refused(ValueError, "KeypointParams", "flip_pairs", "each row once"):
        ba.Compose([], keypoint_params=ba.KeypointParams(flip_pairs=[(0, 1), (1, 2)]))
    pipeline = ba.Compose([], keypoint_params=ba.KeypointParams(flip_pairs=ba.COCO_FLIP_PAIRS))
    image = np.zeros((9, 9, 3), np.uint8)
    assert pipeline(image=image, keypoints=np.zeros((17, 3)), **AT)["keypoints"].shape == (17, 3)
    with refused(ValueError, "keypoints", "5 rows", "(5, 6)"):
        pipeline(image=image, keypoints=np.zeros((5, 2)), **AT)
