"""Functions of one's own anywhere in a pipeline."""

import copy
import json
import pickle
import traceback

import numpy as np
import pytest

import bitaug as ba
from tests.pipelines import DTYPES, images
from tests.test_errors import refused

SHAPE = (20, 17, 3)
ADDRESS = {"seed": 5, "epoch": 2}


def speckle(image, generator):
    """Draws, and writes to what it was given."""
    image[generator.random(image.shape[:2]) < 0.2] = 7
    return image


def inverted(image, generator):
    return (np.iinfo(image.dtype).max - image)[::1]


def failing(image, generator):
    raise KeyError("no such thing")


def train(*further):
    """A custom op among ops that fuse, by itself and among what is chosen from."""
    return ba.Compose(
        [
            ba.HorizontalFlip(),
            ba.Custom(speckle, name="speckle"),
            ba.RandomCrop(height=11, width=12),
            ba.OneOf([ba.Custom(inverted, name="inverted"), ba.GaussNoise()]),
            *further,
        ]
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_gets_the_image_and_words_of_its_address(dtype):
    seen = []

    def look(image, generator):
        assert image.flags.c_contiguous and image.flags.writeable
        seen.append((image.copy(), generator.integers(1 << 60)))
        return image

    batch = images(SHAPE, dtype, 2)
    pipeline = ba.Compose([ba.VerticalFlip(p=1), ba.Custom(look, name="look")])
    for _ in range(2):
        pipeline(batch, index=[3, 4], threads=1, **ADDRESS)
    pipeline(batch[0], index=3, seed=5, epoch=3)
    assert [ba.digest(image) for image, _ in seen[:2]] == [ba.digest(i[::-1]) for i in batch]
    words = [word for _, word in seen]
    assert words[:2] == words[2:4] and len(set(words)) == 3
    grey = ba.Custom(look, name="look")(batch[0][..., 0], index=0, **ADDRESS)
    assert seen[-1][0].shape == (20, 17, 1) and grey.shape == (20, 17)


def test_batches_threads_frames_and_replays_agree():
    batch = images(SHAPE, "uint8", 9)
    pipeline = train()
    whole = pipeline(batch, index=range(9), threads=4, **ADDRESS)
    for i, image in enumerate(batch):
        one = pipeline(image, index=i, **ADDRESS)
        np.testing.assert_array_equal(one, whole[i])
        params = json.loads(json.dumps(pipeline.params(index=i, shape=SHAPE, **ADDRESS)))
        np.testing.assert_array_equal(pipeline.apply(params, image), one)
        trace = pipeline.trace(image, index=i, **ADDRESS)
        np.testing.assert_array_equal(trace[-1].image, one)
        assert "speckle" in [stage.path for stage in trace]
    sample = {"image": batch[0], "mask": batch[0][..., 0], "bboxes": [[1, 1, 4, 5]]}
    np.testing.assert_array_equal(pipeline(**sample, index=0, **ADDRESS)["image"], whole[0])
    clip = ba.Custom(speckle, name="s")(images=batch[:2] * 0, index=0, **ADDRESS)["images"]
    assert (clip[0] != clip[1]).any()


def test_it_moves_nobody_elses_draws():
    with_it = train(ba.GaussNoise()).params(index=1, shape=SHAPE, **ADDRESS)["ops"]
    rest = [each for each in train(ba.GaussNoise()).transforms if each.name != "speckle"]
    without = ba.Compose(rest).params(index=1, shape=SHAPE, **ADDRESS)["ops"]
    assert [record for record in with_it if record["path"] != "speckle"] == without


def test_documents_name_it_and_need_it(tmp_path):
    pipeline = train()
    custom = {"speckle": speckle, "inverted": inverted}
    text = pipeline.to_json()
    assert "speckle" in text and "function" not in text
    ba.save(pipeline, tmp_path / "p.yaml")
    loaded = ba.load(tmp_path / "p.yaml", custom=custom)
    for again in (ba.from_json(text, custom=custom), loaded,
                  ba.from_yaml(pipeline.to_yaml(), custom=custom),
                  pickle.loads(pickle.dumps(pipeline)), copy.deepcopy(pipeline)):  # fmt: skip
        assert again == pipeline and again.digest == pipeline.digest
        image = images(SHAPE, "uint8", 1)[0]
        got, want = (p(image, index=0, **ADDRESS) for p in (again, pipeline))
        np.testing.assert_array_equal(got, want)
    with refused(ValueError, "Custom: inverted", 'custom={"inverted": function}'):
        ba.from_json(text, custom={"speckle": speckle})
    with refused(ValueError, "Custom: speckle", "function"):
        ba.load(tmp_path / "p.yaml")
    with refused(TypeError, "custom", "speckle", "3"):
        ba.from_json(text, custom={"speckle": 3})
    with refused(ValueError, "version=2"):
        ba.Custom(speckle, name="a", version=2)


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (lambda image, generator: None, TypeError, ["None", "(20, 17, 3) uint8"]),
        (lambda image, generator: image[1:], ValueError, ["(19, 17, 3)", "(20, 17, 3)"]),
        (lambda image, generator: image / 2, ValueError, ["float64", "uint8"]),
        (lambda image: image, TypeError, ["argument"]),
        (failing, KeyError, ["no such thing"]),
    ],
)
def test_what_it_raises_is_raised_with_where_it_was(function, kind, words):
    pipeline = ba.Compose([ba.Custom(function, name="mine")])
    batch = images(SHAPE, "uint8", 3)
    out = [np.full(SHAPE, 9, np.uint8) for _ in batch]
    with pytest.raises(kind) as caught:
        pipeline(batch, index=["a", "b", "c"], threads=1, out=np.stack(out), **ADDRESS)
    assert all(word in str(caught.value) for word in words)
    told = "".join(traceback.format_exception(caught.value))
    assert 'in the custom op "mine"' in told
    with pytest.raises(kind):
        pipeline(batch[0], index=0, **ADDRESS)


@pytest.mark.parametrize("threads", [1, 3])
def test_where_one_raises_nothing_is_written_and_the_sample_is_named(threads):
    def third(image, generator):
        if image[0, 0, 0] == 2:
            raise RuntimeError("boom")
        return image + 1

    pipeline = ba.Compose([ba.HorizontalFlip(), ba.Custom(third, name="third")])
    batch = np.stack([np.full(SHAPE, i, np.uint8) for i in range(4)])
    samples = [{"image": image, "mask": image[..., 0]} for image in batch]
    for given in (batch, list(batch), samples):
        out = [np.full(SHAPE, 99, np.uint8) for _ in batch]
        out = out if isinstance(given, list) else np.stack(out)
        at = {"index": ["a", "b", "c", "d"], "threads": threads, **ADDRESS}
        with pytest.raises(RuntimeError) as caught:
            pipeline(given, out=out, **at)
        assert (np.stack(out) == 99).all()
        assert 'at sample 2 (index "c")' in caught.value.__notes__
    fine = np.zeros((4, *SHAPE), np.uint8)
    made = pipeline(np.zeros_like(fine), index=range(4), out=fine, **ADDRESS)
    assert made is fine and (fine == 1).all()


def test_what_is_no_function_and_two_of_a_name_are_refused():
    with refused(TypeError, "Custom: function=3", "function"):
        ba.Custom(3, name="a")
    with refused(TypeError, "Custom", "name", "missing"):
        ba.Custom(speckle)
    with refused(ValueError, "name='a'", "two functions"):
        ba.Compose([ba.OneOf([ba.Custom(speckle, name="a")]), ba.Custom(inverted, name="a")])
    both = [ba.OneOf([ba.Custom(speckle, name="a")]), ba.Custom(speckle, name="a")]
    assert len(ba.Compose(both).transforms) == 2


# With all that comes with the image ------------------------------------------------------------


def shifted(sample, generator):
    """Paints a drawn spot into the image and its masks, drops the first box, moves the points."""
    y, x = generator.integers(1, 8, 2)
    sample["image"][y, x] = 200
    for mask in sample.get("masks", ()):
        mask[y, x] = 5
    if len(sample.get("bboxes", ())) > 1:
        sample["bboxes"], sample["rows"] = sample["bboxes"][1:], sample["rows"][1:]
    if "keypoints" in sample:
        sample["keypoints"] += [1, 2]
    return sample


def given(i, shape=SHAPE):
    image = images(shape, "uint8", 1, seed=i)[0]
    return {
        "image": image,
        "mask": np.zeros(shape[:2], np.int32),
        "masks": [np.zeros((*shape[:2], 2), np.float64), np.ones(shape[:2], bool)],
        "bboxes": np.array([[1, 1, 4, 5], [3, 3, 6, 9], [8, 2, 5, 9.0]]),
        "labels": ["a", "b", "c"],
        "keypoints": [[3.0, 4.0], [10.0, 12.0]],
        "depth": np.zeros(shape[:2], np.float32),
    }


def whole(*further, function=shifted, p=1.0):
    return ba.Compose(
        [
            ba.HorizontalFlip(p=1),
            ba.OneOf([ba.Custom(function, name="mine", targets=True, p=p)]),
            ba.RandomCrop(height=15, width=12),
            *further,
        ],
        bbox_params=ba.BboxParams(format="coco", min_visibility=0.3),
        targets={"depth": "map"},
    )


def alike(got, want):
    assert got.keys() == want.keys()
    for name in want:
        if name == "masks":
            for one, other in zip(got[name], want[name], strict=True):
                np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_array_equal(got[name], want[name])


def test_it_changes_all_that_comes_with_the_image():
    told = []

    def look(sample, generator):
        told.append(sample)
        return {name: list(v) if isinstance(v, list) else v.copy() for name, v in sample.items()}

    flip = ba.Compose(
        [ba.HorizontalFlip(p=1), ba.Custom(look, name="mine", targets=True)],
        bbox_params=ba.BboxParams(format="coco"),
        targets={"depth": "map"},
    )
    sample = given(0)
    same = flip(**sample, index=0, **ADDRESS)
    alike(same, ba.Compose(flip.transforms[:1], bbox_params=flip.bbox_params,
                           targets=flip.targets)(**sample, index=0, **ADDRESS))  # fmt: skip
    (seen,) = told
    assert list(seen) == ["image", "masks", "bboxes", "rows", "keypoints"]
    np.testing.assert_array_equal(seen["image"], sample["image"][:, ::-1])
    kinds = [(mask.shape, mask.dtype) for mask in seen["masks"]]
    assert kinds == [((20, 17), "i4"), ((20, 17, 2), "f8"), ((20, 17), "?"), ((20, 17), "f4")]
    corners = [[12, 1, 16, 6], [8, 3, 14, 12], [4, 2, 9, 11]]
    np.testing.assert_array_equal(seen["bboxes"], corners)
    np.testing.assert_array_equal(seen["rows"], [0, 1, 2])
    np.testing.assert_array_equal(seen["keypoints"], [[13, 4], [6, 12]])

    made = whole()(**sample, index=0, **ADDRESS)
    # What is behind it moves what it has made.
    spot = np.argwhere(made["mask"] == 5)
    assert len(spot) == 1 and (made["image"][tuple(spot[0])] == 200).all()
    for mask in (*made["masks"][:1], made["depth"]):
        np.testing.assert_array_equal(np.argwhere(mask == 5)[:1, :2], spot)
    assert made["labels"] == ["b", "c"] and made["dropped"].tolist() == [0]
    assert given(0).keys() <= made.keys()


def test_batches_threads_and_replays_of_whole_samples_agree():
    pipeline = whole(ba.RandomBrightnessContrast(p=1), p=1)
    samples = [given(i) for i in range(6)]
    for threads in (1, 3):
        made = pipeline(samples, index=range(6), threads=threads, **ADDRESS)
        for i, sample in enumerate(samples):
            one = pipeline(**sample, index=i, **ADDRESS)
            alike(made[i], one)
            params = pipeline.params(index=i, shape=SHAPE, **ADDRESS)
            alike(pipeline.apply(params, **sample), one)
            trace = pipeline.trace(**sample, index=i, **ADDRESS)
            alike(trace[-1].sample, one)
    plain = pipeline([each["image"] for each in samples], index=range(6), **ADDRESS)
    np.testing.assert_array_equal(plain[2], made[2]["image"])
    many = [{"image": image, "mask": image[..., 0]} for image in images((9, 10, 1), "uint8", 1030)]
    small = ba.Compose([ba.Custom(shifted, name="a", targets=True, p=0.5), ba.HorizontalFlip()])
    made = small(many, index=range(1030), **ADDRESS)
    for i in (1023, 1024, 1025, 1026, 1029):
        alike(made[i], small(**many[i], index=i, **ADDRESS))


def test_ops_behind_it_see_what_it_has_made():
    def painted(sample, generator):
        sample["masks"][0][17, 3] = 1
        sample["bboxes"][:] = [2, 16, 5, 19]
        return sample

    crop = ba.Compose([ba.Custom(painted, name="mine", targets=True),
                       ba.CropNonEmptyMask(height=4, width=4), ba.ToFloat()])  # fmt: skip
    floats = ba.Compose([ba.ToFloat(), *crop.transforms[:2]])
    sample = {"image": given(1)["image"], "mask": given(1)["mask"], "bboxes": [[0, 0, 3, 3]]}
    for index in range(4):
        made = crop(**sample, index=index, **ADDRESS)
        assert made["mask"].sum() == 1 and len(made["bboxes"]) == 1
        again = floats(**sample, index=index, **ADDRESS)
        alike(again, made)


def test_what_was_cut_off_before_it_counts_for_boxes_that_stay():
    same = ba.Custom(lambda sample, generator: sample, name="same", targets=True)
    given_by = {"image": np.zeros((20, 20), np.uint8), "bboxes": [[0, 0, 20, 20]], "index": 0}
    rule = ba.BboxParams(min_visibility=0.5)
    crop = ba.CenterCrop(height=10, width=10)
    for steps in ([crop], [crop, same], [same, crop]):
        made = ba.Compose(steps, bbox_params=rule)(**given_by, **ADDRESS)
        assert len(made["bboxes"]) == 0, steps

    def own(sample, generator):
        sample["bboxes"] = np.array([[1, 1, 9, 9.0], [2, 2, 3, 3]])
        sample["rows"] = np.array([0, 0])
        return sample

    made = ba.Compose([crop, ba.Custom(own, name="own", targets=True)], bbox_params=rule)(
        **given_by, labels=["x"], **ADDRESS
    )
    assert made["labels"] == ["x", "x"] and made["bboxes"].tolist() == [[1, 1, 9, 9], [2, 2, 3, 3]]


def changed(**changes):
    def function(sample, generator):
        return sample | {name: change(sample[name]) for name, change in changes.items()}

    return function


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (lambda sample, generator: None, TypeError, ["None", "a dict with image, masks, bboxes"]),
        (lambda sample, generator: {"image": sample["image"]}, TypeError, ["['image']", "rows"]),
        (changed(image=lambda v: v[1:]), ValueError, ["image: (19, 17, 3)", "(20, 17, 3)"]),
        (changed(masks=lambda v: v[1:]), TypeError, ["masks", "a list of 4"]),
        (changed(masks=lambda v: [m * 1.5 for m in v]), ValueError, ["masks[0]: ", "int32"]),
        (changed(bboxes=lambda v: v[1:]), ValueError, ["2 boxes", "[0, 1, 2]"]),
        (changed(rows=lambda v: v + 1), ValueError, ["rows=[1, 2, 3]", "[0, 1, 2]"]),
        (changed(bboxes=lambda v: -v), ValueError, ["left, top, right, bottom"]),
        (changed(bboxes=lambda v: v * np.nan), ValueError, ["finite"]),
        (changed(keypoints=lambda v: v[1:]), ValueError, ["keypoints: (1, 2)", "(2, 2)"]),
        (failing, KeyError, ["no such thing"]),
    ],
)
def test_what_a_changed_sample_may_not_be(function, kind, words):
    for call in (
        lambda: whole(function=function)(**given(0), index=0, **ADDRESS),
        lambda: whole(function=function)([given(0)] * 2, index=[0, 1], **ADDRESS),
    ):
        with pytest.raises(kind) as caught:
            call()
        assert all(word in str(caught.value) for word in words), caught.value
        assert 'in the custom op "mine"' in "".join(traceback.format_exception(caught.value))


def test_where_samples_cannot_be_changed():
    clip = np.zeros((2, *SHAPE), np.uint8)
    with refused(ValueError, "Custom", "no clips"):
        whole()(images=clip, index=0, **ADDRESS)
    stereo = ba.Compose(whole().transforms, targets={"right": "image"})
    with refused(ValueError, "Custom", "no further images"):
        stereo(image=clip[0], right=clip[1], index=0, **ADDRESS)
    with refused(ValueError, "Custom", "mixed"):
        ba.Compose([ba.CutMix(), *whole().transforms])
    with refused(TypeError, "targets=1", "True or False"):
        ba.Custom(shifted, name="a", targets=1)
    text = whole().to_json()
    assert '"targets": true' in text and ba.from_json(text, custom={"mine": shifted}) == whole()
    plain = ba.Custom(shifted, name="a", targets=False)
    assert "targets" not in plain.to_json() and plain == ba.Custom(shifted, name="a")
    with refused(ValueError, "Custom", "targets", "true or false"):
        ba.from_json(text.replace('"targets": true', '"targets": 3'), custom={"mine": shifted})


# What they make of values ----------------------------------------------------------------------

FLOATS = (images(SHAPE, "uint8", 1)[0] / 255).astype(np.float32)


@pytest.mark.parametrize("targets", [False, True])
def test_what_it_gives_is_of_the_range_in_which_ops_behind_it_work(targets):
    def times(factor):
        def function(given, generator):
            if targets:
                return given | {"image": given["image"] * np.float32(factor)}
            return given * np.float32(factor)

        return ba.Custom(function, name="times", targets=targets)

    lift = ba.RandomBrightnessContrast(p=1)
    for behind in ([lift], [ba.HorizontalFlip(), ba.Normalize()], [ba.OneOf([lift])],
                   [ba.Sequential([ba.VerticalFlip(), ba.GaussNoise(p=1)])]):  # fmt: skip
        with refused(ValueError, "the image holds 25", "white"):
            ba.Compose([times(255), *behind])(FLOATS, index=0, **ADDRESS)
        with refused(ValueError, "-1", "black 0"):
            ba.Compose([times(-1), *behind])(FLOATS, index=0, **ADDRESS)
        # What comes in of another range is what it is for.
        ba.Compose([times(1 / 255), *behind])(FLOATS * 255, index=0, **ADDRESS)
        with refused(ValueError, "the image holds 25", "white"):
            ba.Compose([*behind, times(1 / 255)])(FLOATS * 255, index=0, **ADDRESS)
    ba.Compose([times(255), ba.HorizontalFlip(p=1)])(FLOATS, index=0, **ADDRESS)
    ba.Compose([lift, times(255)])(FLOATS, index=0, **ADDRESS)
    ba.Compose([times(255), lift], white=255)(FLOATS, index=0, **ADDRESS)
    one_of = ba.Compose([ba.OneOf([times(255), lift])])
    for index in range(8):
        one_of(FLOATS, index=index, **ADDRESS)
