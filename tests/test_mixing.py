"""Ops that make one sample of several: equal to their twin, and no matter how they are asked."""

import json

import numpy as np
import pytest

import bitaug as ba
from bitaug import _core
from bitaug._pipeline.transform import build
from tests.reference import pipeline as twin
from tests.reference.beta import beta
from tests.test_reference import DTYPES, equal, pattern

SHAPE = (24, 21, 3)
MIXES = [(name, version) for name, version, _ in _core.mixes(1, 1, 3)]


def at(index, seed=3):
    return {"seed": seed, "epoch": 1, "index": index}


def dataset(dtype="uint8", shapes=(SHAPE,) * 5, boxes=3):
    """Samples that differ: image, mask, boxes."""
    samples = []
    for i, shape in enumerate(shapes):
        rng = np.random.default_rng(i)
        image = np.roll(pattern(dtype, shape), i, axis=0)
        mask = rng.integers(0, 9, shape[:2], np.uint8)
        low = rng.uniform(0, 0.6, (boxes, 2)) * [shape[1], shape[0]]
        high = low + rng.uniform(1, 9, (boxes, 2))
        samples.append((image, mask, np.hstack([low, high])))
    return samples


def examples(name):
    (text,) = [text for each, _, text in _core.mixes(*SHAPE) if each == name]
    return [{"op": name, "version": 1, "p": 1.0, **fields} for fields in json.loads(text)]


def called(pipeline, samples, index, **more):
    image, mask, boxes = samples[index]
    labels = [f"{index}.{i}" for i in range(len(boxes))]
    return pipeline(
        image=image, mask=mask, bboxes=boxes, labels=labels,
        partners=partners(samples), **at(index), **more,
    )  # fmt: skip


def partners(samples):
    return [
        {"image": image, "mask": mask, "bboxes": boxes, "labels": [f"{i}.{j}" for j in range(3)]}
        for i, (image, mask, boxes) in enumerate(samples)
    ]


def expected(node, samples, index):
    image, mask, boxes = samples[index]
    others = [(image, mask[..., None], boxes) for image, mask, boxes in samples]
    return twin.run(
        node, image, mask=mask[..., None], bboxes=boxes, partners=others, **at(index)
    )  # fmt: skip


def compare(node, samples, index):
    got = called(build(node), samples, index)
    (image, mask, boxes), mix = expected(node, samples, index)
    assert equal(got["image"], np.ascontiguousarray(image)), node
    assert equal(got["mask"], np.ascontiguousarray(mask[..., 0])), node
    assert got["bboxes"].tobytes() == boxes.tobytes(), node
    assert got["mix"] == mix and abs(sum(weight for _, weight in mix) - 1) < 1e-12
    owners = [int(label.partition(".")[0]) for label in got["labels"]]
    assert len(owners) == len(got["bboxes"]) == len(got["mix_weight"])
    for owner, weight in zip(owners, got["mix_weight"], strict=True):
        assert (owner, weight) in mix
    return got


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name, _ in MIXES])
def test_each_equals_its_twin(name, dtype):
    shapes = [SHAPE, (9, 30, 3), (40, 12, 3), (24, 24, 3)] if name == "Mosaic" else [SHAPE] * 4
    samples, seen = dataset(dtype, shapes), 0
    for node in examples(name):
        for index in range(4):
            seen += len(called(build(node), samples, index)["mix"]) > 1
            compare(node, samples, index)
    assert seen == 4 * len(examples(name))


BEFORE = [
    {"op": "HorizontalFlip", "version": 1, "p": 0.5},
    {
        "op": "RandomCrop", "version": 1, "p": 1.0, "height": 16, "width": 12,
    },
    {"op": "GaussNoise", "version": 1, "p": 0.7, "std_range": [0.1, 0.2], "mean_range": [0.0, 0.0],
     "per_channel": True},
]  # fmt: skip


def composed(*transforms):
    return {"op": "Compose", "version": 1, "p": 1.0, "transforms": list(transforms)}


@pytest.mark.parametrize("index", range(5))
def test_partners_are_what_they_are_themselves(index):
    """Ops before a mix run on all of its samples, each by its own address; ops after it on what
    it gives; a second mix mixes what the first has mixed."""
    cut, up = examples("CutMix")[0], examples("MixUp")[1] | {"p": 0.7}
    flip = {"op": "VerticalFlip", "version": 1, "p": 0.5}
    either = {"op": "OneOf", "version": 1, "p": 0.8, "transforms": [cut, up]}
    samples = dataset()
    for nodes in ([*BEFORE, cut, flip], [up, *BEFORE, flip, cut], [*BEFORE, either, flip]):
        compare(composed(*nodes), samples, index)


def pipeline(mix=None, **fields):
    noise = ba.GaussNoise(std_range=(0.02, 0.1))
    mix = mix or ba.CutMix(name="mix")
    return ba.Compose([ba.HorizontalFlip(), noise, mix, ba.VerticalFlip()], **fields)


def test_partners_by_key_are_what_their_keys_make_of_them():
    """CutMix copies: each pixel is the sample's own or that of a partner as its key makes it."""
    samples, keys = dataset(), [f"{place}/{i}.jpg" for i, place in enumerate("zebra")]
    given = dict(zip(keys, partners(samples), strict=True))
    before = pipeline().transforms[:2]
    cut = ba.Compose([*before, ba.CutMix(name="mix"), ba.VerticalFlip(p=1)])
    alone = ba.Compose(before)
    pairs = set()
    for key in keys:
        where = {"seed": 3, "epoch": 1, "index": key}
        made = cut(**given[key], partners=given, **where)
        (own, _), (other, weight) = made["mix"]
        assert own == key != other and other in keys and 0 <= weight < 1
        pictures = [alone(given[name]["image"], **where | {"index": name}) for name in (own, other)]
        image = made["image"][::-1]
        from_own, from_other = (image == picture for picture in pictures)
        assert (from_own | from_other).all() and from_own.all() == (weight == 0)
        params = cut.params(shape=SHAPE, partners=given, **where)
        replayed = cut.apply(params, partners=given, **given[key])
        assert replayed["mix"] == made["mix"] and equal(replayed["image"], made["image"])
        traced = cut.trace(**given[key], partners=given, **where)[-1].sample
        assert traced["mix"] == made["mix"] and equal(traced["image"], made["image"])
        pairs.add((own, other))
    batch = cut(list(given.values()), seed=3, epoch=1, index=keys, partners=given, threads=3)
    assert {tuple(name for name, _ in each["mix"]) for each in batch} == pairs and len(pairs) == 5
    # A second mix, of what the first has mixed: its partners' partners are asked for by key too.
    twice = ba.Compose([ba.MixUp(p=1, masks="own"), *before, ba.CutMix(p=1)])
    made = twice(**given[keys[2]], partners=given, seed=3, epoch=1, index=keys[2])
    assert len(made["mix"]) == 4 and {name for name, _ in made["mix"]} <= set(keys)
    refused(lambda: cut(**given[keys[0]], partners=given, **at(0)), ValueError, "none of the keys")
    refused(
        lambda: cut(**given[keys[0]], partners=partners(samples), **where), TypeError, "as a dict"
    )
    lame = given | {keys[1]: {"image": samples[1][0]}, keys[2]: {"image": samples[2][0]}}
    lame |= {keys[0]: lame[keys[1]], keys[3]: lame[keys[1]]}
    message = r"partner .*(\.jpg|\d): no bboxes"
    refused(lambda: cut(**given[keys[4]], partners=lame, **where), ValueError, message)


def test_batches_threads_and_layouts_change_nothing():
    samples = dataset()
    alone = [called(pipeline(), samples, i) for i in range(5)]
    given = partners(samples)
    for threads in (1, 4):
        together = pipeline()(
            given, seed=3, epoch=1, index=np.arange(5), threads=threads, partners=given
        )
        for one, other in zip(alone, together, strict=True):
            assert one.keys() == other.keys()
            assert equal(one["image"], other["image"]) and equal(one["mask"], other["mask"])
            assert one["mix"] == other["mix"] and one["labels"] == other["labels"]
    images = np.stack([image for image, _, _ in samples])
    batch = pipeline()(images, seed=3, epoch=1, index=np.arange(5), partners=images)
    assert equal(batch, np.stack([one["image"] for one in alone]))
    planar = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    made = pipeline()(
        planar, seed=3, epoch=1, index=np.arange(5), partners=planar, layout="NCHW"
    )  # fmt: skip
    assert equal(np.ascontiguousarray(made.transpose(0, 2, 3, 1)), batch)


@pytest.mark.parametrize("name", [name for name, _ in MIXES])
def test_steps_one_by_one_give_the_same_bytes(name):
    samples = dataset()
    given = [(i, image, ([], [], None, None)) for i, (image, _, _) in enumerate(samples)]
    for mix in examples(name):
        core = _core.Pipeline(json.dumps(composed(*BEFORE, mix, BEFORE[0])))
        made = [
            core.samples(
                samples[2][0], None, 3, 1, 2, "train", 0, "HWC", 1, False, None, False,
                fuse=fuse, partners=(5, given),
            )[0]
            for fuse in (True, False)
        ]  # fmt: skip
        assert equal(*made)


@pytest.mark.parametrize("name", [name for name, _ in MIXES])
def test_only_what_is_drawn_is_asked_for(name):
    class Recorded(list):
        asked = ()

        def __getitem__(self, position):
            self.asked = (*self.asked, position)
            return super().__getitem__(position)

    samples = Recorded(partners(dataset(shapes=(SHAPE,) * 9)))
    mix = build(examples(name)[0])
    made = mix(image=samples[4]["image"], partners=samples, **at(4))
    assert set(samples.asked[1:]) == {position for position, _ in made["mix"][1:]}
    assert len(samples.asked[1:]) == len(set(samples.asked[1:]))


def test_what_was_drawn_replays_and_can_be_edited():
    samples = dataset()
    given = partners(samples)
    image = given[1]["image"]
    run = pipeline(ba.MixUp(masks="own", alpha=1))
    params = run.params(**at(1), shape=SHAPE, partners=given)
    params = json.loads(json.dumps(params))
    made = run(image=image, partners=given, **at(1))
    again = run.apply(params, image=image, partners=given)
    assert equal(made["image"], again["image"]) and made["mix"] == again["mix"]
    trace = run.trace(image, partners=given, **at(1))
    assert equal(trace[-1].image, made["image"]) and len(trace) == 5
    record = params["ops"][2]
    assert record["others"] == [made["mix"][1][0]]
    record["others"], record["params"] = [4], {"weight": 0.25}
    edited = run.apply(params, image=image, partners=given)
    assert edited["mix"] == [(1, 0.25), (4, 0.75)]
    for key, value, message in [
        ("others", [5], "others=5: positions below 5"),
        ("others", [1, 2], "others=.1, 2.: 1 positions"),
        ("params", {"weight": 1.5}, "weight=1.5"),
    ]:
        wrong = json.loads(json.dumps(params))
        wrong["ops"][2][key] = value
        with pytest.raises(ValueError, match=message):
            run.apply(wrong, image=image, partners=given)


def test_vectors_are_mixed_as_images_are():
    samples = [
        {"image": image, "target": np.eye(5, dtype=np.float32)[i]}
        for i, (image, _, _) in enumerate(dataset())
    ]
    run = pipeline(ba.MixUp(alpha=1), mix_fields=["target"])
    assert ba.from_json(run.to_json()) == run
    for i, sample in enumerate(samples):
        made = run(**sample, partners=samples, **at(i))
        want = np.zeros(5)
        for position, weight in made["mix"]:
            want[position] += weight
        assert equal(made["target"], want.astype(np.float32)) and np.count_nonzero(want) == 2
    bare = [{"image": sample["image"]} for sample in samples]
    with pytest.raises(ValueError, match=r"partner \d: no target"):
        run(**samples[0], partners=bare, **at(0))
    with pytest.raises(TypeError, match="array of floats"):
        run(image=samples[0]["image"], target=3, partners=samples, **at(0))


def test_a_vector_that_no_sample_has_is_refused():
    image, mask = dataset()[0][:2]
    run = pipeline(ba.MixUp(masks="own"), mix_fields=["target"])
    for sample in ({"image": image}, {"image": image, "mask": mask}):
        given = [sample] * 3
        with pytest.raises(ValueError, match=r"^no target, which mix_fields names"):
            run(**sample, partners=given, **at(0))
        with pytest.raises(ValueError, match=r"^images\[0\]: no target, which mix_fields names"):
            run(given[:2], partners=given, seed=3, epoch=1, index=[0, 1])
    vectors = [{"image": image, "target": np.ones(2)}] * 3
    with pytest.raises(ValueError, match=r"^no target, which mix_fields names"):
        run(image=image, mask=mask, partners=vectors, **at(0))
    assert list(run(image=image, partners=vectors, **at(0))) == ["image", "mix"]


def test_points_of_all_are_there_and_pairs_are_told_apart():
    swap = ba.KeypointParams(flip_pairs=[(0, 1)])
    run = ba.Compose([ba.HorizontalFlip(p=0.5), ba.MixUp()], keypoint_params=swap)
    samples = [
        {"image": image, "keypoints": np.array([[i + 1.0, 2.0, 10 * i], [9.0, 3.0, 10 * i + 1]])}
        for i, (image, _, _) in enumerate(dataset())
    ]
    flipped = set()
    for i, sample in enumerate(samples):
        made = run(**sample, partners=samples, **at(i))
        (_, other), points = (position for position, _ in made["mix"]), made["keypoints"]
        for position, rows in ((i, points[:2]), (other, points[2:])):
            alone = ba.Compose([ba.HorizontalFlip(p=0.5)], keypoint_params=swap)
            want = alone(**samples[position], **at(position))["keypoints"]
            assert rows.tobytes() == want.tobytes()
            flipped.add(bool(want[0, 2] % 10))
    assert flipped == {True, False}


def test_covered_points_are_missing_and_covered_boxes_are_dropped():
    white, black = (np.full((20, 20, 1), v, np.uint8) for v in (255, 0))
    grid = np.stack(np.meshgrid(np.arange(20), np.arange(20)), -1).reshape(-1, 2).astype(float)
    boxes = np.hstack([grid, grid + 1])
    sample = {"keypoints": grid, "bboxes": boxes, "labels": np.arange(400)}
    samples = [{"image": white, **sample}, {"image": black, **sample}]
    made = ba.CutMix(alpha=4)(**samples[0], partners=samples, **at(0))
    own = made["image"][..., 0].ravel() == 255
    assert 20 < own.sum() < 380
    missing = np.isnan(made["keypoints"]).all(-1)
    assert (missing == np.concatenate([~own, own])).all()
    assert (made["dropped"] == np.flatnonzero(missing)).all()
    assert (made["labels"] == np.concatenate([np.flatnonzero(own), np.flatnonzero(~own)])).all()
    part = np.floor(65536 * (~own).mean() + 0.5) / 65536
    assert made["mix"] == [(0, 1 - part), (1, part)]


def test_the_weights_are_beta_deviates():
    scipy = pytest.importorskip("scipy.stats")
    for alpha in ((0.2, 0.2), (1.0, 1.0), (0.05, 3.0), (64.0, 40.0)):
        for u in (2.0**-33, 1e-4, 0.1, 0.5, 0.7, 0.9999, 1 - 2.0**-33):
            want = scipy.beta.ppf(u, *alpha)
            assert abs(beta(alpha, u) - want) <= 1e-10 * max(want, 1e-3), (alpha, u)


def refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_refusals():
    samples = dataset()
    image = samples[0][0]
    mix = ba.MixUp()
    refused(lambda: mix(image, **at(0)), TypeError, "partners=None")
    refused(lambda: mix(image, partners=3, **at(0)), TypeError, "partners=3")
    refused(lambda: mix(image, partners=[image], **at(0)), ValueError, "partners=1: at least 2")
    refused(lambda: mix(image, partners=[image] * 3, **at(3)), ValueError, "index=3")
    refused(
        lambda: mix(image, partners=[image] * 3, seed=1, epoch=0, index="a"), TypeError, "index='a'"
    )
    small = [image, image[:9]]
    refused(lambda: mix(image, partners=small, **at(0)), ValueError, "24 x 21 and 9 x 21")
    other = [image, image.astype(np.uint16)]
    refused(lambda: mix(image, partners=other, **at(0)), ValueError, "partner 1 is uint16")
    wrong = [image, {"image": image, "colour": 3}]
    refused(lambda: mix(image, partners=wrong, **at(0)), TypeError, "partner 1.*colour")
    many = np.stack([image] * 3)
    for wrong in ({"epoch": [0, 1]}, {"epoch": []}, {"epoch": 0, "repeat": [0, 1]}):
        with pytest.raises(ValueError, match=r"(epoch|repeat)=[02] values: as many as"):
            mix(many, partners=many, seed=1, index=range(3), **wrong)
    short = Short([image] * 2)
    refused(lambda: mix(image, partners=short, **at(0)), ValueError, "no sample .*of 9")
    floats = [image, image.astype(float)]
    refused(lambda: mix(image, partners=floats, **at(0)), TypeError, "partner 1: dtype float64")
    lacking, masked = [{"image": image}] * 2, [{"image": image, "mask": samples[0][1]}] * 2
    for name, value in (("mask", samples[0][1]), ("bboxes", samples[0][2])):
        own = ba.MixUp(masks="own")
        refused(
            lambda name=name, value=value, own=own: own(
                image=image, **{name: value}, partners=lacking, **at(0)
            ),
            ValueError,
            "partner 1: no " + name,
        )
    refused(
        lambda: mix(image=image, mask=samples[0][1], partners=masked, **at(0)),
        ValueError,
        "masks have no mean",
    )
    refused(lambda: ba.MixUp(alpha=0.01), ValueError, "alpha=")
    refused(lambda: ba.Mosaic(8, center_range=(0.1, 0.5)), ValueError, "within 0.25 to 0.75")
    inner = ba.Compose([ba.HorizontalFlip(), mix])
    refused(lambda: ba.Compose([inner]), ValueError, "put there what comes before")
    refused(lambda: ba.RandomOrder([mix]), ValueError, "put there what comes before")
    refused(lambda: ba.Compose([mix] * 4), ValueError, "at most 3 ops")
    refused(lambda: ba.Compose([mix], mix_fields=["image"]), ValueError, 'mix_fields="image"')
    clip = [image] * 2
    refused(
        lambda: mix(images=clip, partners=[image] * 2, **at(0)), ValueError, "clips and further"
    )


class Short(list):
    """A data set that says that it has more than it has."""

    def __len__(self):
        return 9


def test_targets_are_matched_by_name():
    image, mask = dataset()[0][:2]
    run = ba.Compose([ba.CutMix()], targets={"depth": "mask"})
    for own, theirs, message in [
        ({"mask": mask}, {"depth": mask}, "partner 1: no mask"),
        ({"mask": mask}, {"masks": [mask]}, "partner 1: no mask"),
        ({"mask": mask}, {"mask": mask, "bboxes": [[1, 2, 3, 4]]}, "partner 1: bboxes, which"),
        ({"bboxes": [[1, 2, 3, 4]]}, {"bboxes": [], "labels": []}, "partner 1: labels, which"),
    ]:
        given = [{"image": image, **own}, {"image": image, **theirs}]
        refused(lambda given=given: run(**given[0], partners=given, **at(0)), ValueError, message)
    # An image alone stays alone.
    assert run(image=image, partners=given, **at(0)).keys() == {"image", "mix"}


def test_rows_are_of_one_kind_and_none_is_of_any():
    image = dataset()[0][0]

    def joined(*labels, boxes=([[1.0, 2, 9, 9, 7]], [[3.0, 3, 9, 9, 8]])):
        given = [
            {"image": image, "bboxes": b, "labels": each}
            for b, each in zip(boxes, labels, strict=True)
        ]
        return ba.MixUp()(**given[0], partners=given, **at(0))

    made = joined(np.array([1], np.int32), np.array([2**40]))["labels"]
    assert made.dtype == np.int64 and made.tolist() == [1, 2**40]
    for one, other in [(1, "cat"), (True, 2), (np.uint64(2**63), -1), (1, 2.5)]:
        with pytest.raises(TypeError, match="labels: dtypes"):
            joined(np.array([one]), np.array([other]))
    for boxes in (([], [[3.0, 3, 9, 9, 8]]), ([[3.0, 3, 9, 9, 8]], [])):
        labels = [np.array([2**60] if len(each) else []) for each in boxes]
        made = joined(*labels, boxes=boxes)
        assert made["labels"].dtype == np.int64 and made["labels"].tolist() == [2**60]
        assert made["bboxes"].tolist() == [[3, 3, 9, 9, 8]]
    table = np.array([[1, 2, 9, 9, 16777217]])
    made = joined([1], [2], boxes=(table[:, :5].astype(np.float32), table.astype(np.float64)))
    assert made["bboxes"][1, 4] == 16777217
    with pytest.raises(ValueError, match=r"bboxes: rows of \[5\] and \[4\]"):
        joined([1], [2], boxes=(table, table[:, :4]))


def test_an_output_may_not_lie_on_a_partner():
    images = np.stack([image for image, _, _ in dataset()])
    others = images[::-1].copy()
    for image, index, out in ((images, np.arange(5), others), (images[0], 0, others[2])):
        # Whichever it is that is drawn, it lies there.
        partners = np.broadcast_to(others[2], images.shape)
        with pytest.raises(ValueError, match="overlaps an input"):
            ba.CutMix()(image, partners=partners, seed=1, epoch=0, index=index, out=out)
    assert equal(others, images[::-1].copy())


def test_points_of_a_part_that_is_not_shown_are_missing():
    samples = [
        {"image": np.zeros((100, 100, 1), np.uint8), "keypoints": [[90.0, 90.0], [5.0, 5.0]]}
    ] * 4
    hidden = 0
    for seed in range(60):
        made = ba.Mosaic(32)(**samples[0], partners=samples, **at(0, seed))
        for (_, weight), points in zip(
            made["mix"], made["keypoints"].reshape(4, 2, 2), strict=True
        ):
            if weight == 0:
                hidden += 1
                assert np.isnan(points).all()
    assert hidden > 5


def test_what_mixes_nothing_asks_for_nothing():
    image = dataset()[0][0]
    never = ba.Compose([ba.HorizontalFlip()])
    asked = Short()
    assert equal(never(image, partners=None, **at(0)), never(image, partners=asked, **at(0)))
    refused(lambda: never(image, partners=3, **at(0)), TypeError, "partners=3: all samples")
    made = ba.MixUp(p=0)(image=image, partners=[image] * 2, **at(0))
    assert made["mix"] == [(0, 1.0)] and equal(made["image"], image)
