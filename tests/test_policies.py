"""Policies: their twin, what they say of a sample, and that they are containers as all others."""

import json

import numpy as np
import pytest

import bitaug as ba
from tests.reference import pipeline as twin
from tests.reference.draws import Draws
from tests.reference.philox import op_key, parameter_key, stream_key
from tests.reference.policies import CHILDREN
from tests.test_errors import refused
from tests.test_reference import equal, pattern, rust

POLICIES = [
    ba.RandAugment(),
    ba.RandAugment(5, 10, num_magnitude_bins=11, interpolation="bilinear", fill=0.25, p=0.8),
    ba.TrivialAugmentWide(),
    ba.TrivialAugmentWide(num_magnitude_bins=2, interpolation="bicubic"),
    ba.AutoAugment(),
    ba.AutoAugment("cifar10", fill=(0, 0.5, 1)),
    ba.AutoAugment("svhn"),
]
SHAPE = (33, 47, 3)


def at(index, seed=3):
    return {"seed": seed, "epoch": 1, "index": index}


def node(transform):
    return json.loads(transform.to_json())["pipeline"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_policies_equal_their_twin(policy, dtype):
    for shape in (SHAPE, (40, 22, 1)):
        if shape[2] == 1 and isinstance(policy.fill, tuple):
            continue
        image = pattern(dtype, shape)
        mask = (np.arange(shape[0] * shape[1]) % 251).reshape(shape[:2]).astype(np.int32)
        boxes = np.array([[3.0, 4.0, 20.0, 30.5], [15.0, 0.0, 22.0, 9.0]])
        for index in range(40):
            got = rust(node(policy), image, mask=mask, bboxes=boxes, **at(index))
            want = twin.run(node(policy), image, mask=mask[..., None], bboxes=boxes, **at(index))
            assert equal(got[0], np.ascontiguousarray(want[0])), index
            assert (got[1] == want[1][..., 0]).all(), index
            assert equal(got[2], np.ascontiguousarray(want[2])), index


@pytest.mark.parametrize("policy", ["imagenet", "cifar10", "svhn"])
def test_every_pair_is_the_twins(policy):
    """Its ops, their probabilities and magnitudes, from the words of 3000 samples."""
    policy, key = ba.AutoAugment(policy), stream_key(3, "train", 0)
    children, seen = CHILDREN["AutoAugment"](node(policy)), set()
    for index in range(3000):
        pair = policy.params(**at(index), shape=SHAPE)["ops"][0]["ops"]
        paths = [record["path"] for record in pair]
        first = 2 * int(paths[0].removeprefix("AutoAugment/").partition("a.")[0])
        both = children[first : first + 2]
        assert paths == [f"AutoAugment/{child['name']}" for child in both]
        for record, child in zip(pair, both, strict=True):
            draws = Draws(parameter_key(op_key(key, record["path"])), 1, index)
            assert (record["op"], record["applied"]) == (child["op"], draws.bernoulli(child["p"]))
            if "graded" in child and record["applied"]:
                assert record["params"] == child["graded"](draws, SHAPE)
        seen.add(first)
    assert len(seen) == 25


@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize("policy", POLICIES[::2], ids=repr)
def test_what_was_drawn_is_told_and_replays(policy, index):
    image = pattern("uint8", SHAPE)
    out = policy(image, **at(index))
    params = json.loads(json.dumps(policy.params(**at(index), shape=SHAPE)))
    assert equal(policy.apply(params, image), out)
    trace = policy.trace(image, **at(index))
    assert equal(trace[-1].image, out)
    for record in params["ops"][0]["ops"]:
        assert record["path"] in policy.explain(**at(index), shape=SHAPE)
    params["ops"][0]["ops"] = []
    assert equal(policy.apply(params, image), image)


def test_an_edited_magnitude_is_the_ops_own():
    policy = ba.RandAugment(1)
    image = pattern("uint8", SHAPE)
    record = {"op": "Shear", "version": 1, "path": "RandAugment/ShearX", "applied": True}
    params = policy.params(**at(0), shape=SHAPE)
    params["ops"][0]["ops"] = [record | {"params": {"slope": -0.5}}]
    shear = ba.Shear(slope=(-0.5, -0.5), interpolation="nearest")
    assert equal(policy.apply(params, image), shear(image, **at(0)))
    params["ops"][0]["ops"] = [record | {"params": {"slope": 1e9}}]
    with refused(ValueError, "RandAugment/ShearX (Shear)", "slope=1000000000"):
        policy.apply(params, image)


def test_an_op_that_is_chosen_again_draws_anew():
    policy = ba.RandAugment(64, 15)
    records = policy.params(**at(0), shape=SHAPE)["ops"][0]["ops"]
    angles = [r["params"]["angle"] for r in records if r["path"] == "RandAugment/Rotate"]
    turns = [r.get("turn", 0) for r in records if r["path"] == "RandAugment/Rotate"]
    assert turns == list(range(len(turns))) and len(turns) > 2 and len(records) == 64
    signs = {
        (path, np.sign(record["params"].get(field, 0)))
        for index in range(6)
        for record in policy.params(**at(index), shape=SHAPE)["ops"][0]["ops"]
        for path, field in [("RandAugment/Rotate", "angle"), ("RandAugment/ShearY", "slope")]
        if record["path"] == path
    }
    assert set(np.abs(angles)) == {15.0} and len(signs) == 4


def test_all_ops_are_chosen_alike():
    counts = {}
    for index in range(40):
        for record in ba.RandAugment(64).params(**at(index), shape=SHAPE)["ops"][0]["ops"]:
            counts[record["path"]] = counts.get(record["path"], 0) + 1
    # 2560 / 14 = 183, five standard deviations are 65.
    assert len(counts) == 14 and all(abs(n - 183) < 65 for n in counts.values())


@pytest.mark.parametrize("policy", POLICIES[::2], ids=repr)
def test_targets_move_with_the_image(policy):
    """A mask is the image where only geometry was drawn; a point stays on its pixel."""
    image = np.zeros((64, 64), np.uint8)
    image[20:44, 20:44] = 255
    geometry = ("Shear", "Affine", "Rotate", "Compose")
    moved = 0
    for index in range(120):
        sample = policy(
            image=image,
            mask=image.astype(np.int64),
            bboxes=[[20, 20, 44, 44]],
            keypoints=[[32, 32]],
            **at(index),
        )
        records = policy.params(**at(index), shape=image.shape)["ops"][0]["ops"]
        if not all(r["op"] in geometry for r in records if r["applied"]):
            continue
        np.testing.assert_array_equal(sample["image"], sample["mask"])
        ys, xs = np.nonzero(sample["mask"])
        if not xs.size:
            assert not len(sample["bboxes"])
            continue
        ((left, top, right, bottom),) = sample["bboxes"]
        assert left <= xs.min() + 1 and xs.max() <= right and top <= ys.min() + 1
        assert ys.max() <= bottom
        x, y = np.round(sample["keypoints"][0]).astype(int)
        if 0 <= x < 64 and 0 <= y < 64:
            assert sample["mask"][y, x] == 255
        moved += any(r["op"] != "Compose" and r["applied"] for r in records)
    assert moved > 3


def test_policies_lie_within_others():
    pipeline = ba.Compose(
        [
            ba.OneOf([ba.RandAugment(), ba.TrivialAugmentWide(), ba.AutoAugment()]),
            ba.SomeOf([ba.RandAugment(1), ba.TrivialAugmentWide()], n=(1, 4), replace=True),
            ba.RandAugment(name="again", p=0.5),
            ba.HorizontalFlip(),
        ]
    )
    images = np.stack([pattern("uint8", SHAPE)] * 6)
    address = {"seed": 3, "epoch": 1, "index": range(6)}
    alone = np.stack([pipeline(image, **at(i)) for i, image in enumerate(images)])
    for threads in (1, 3):
        assert equal(pipeline(images, **address, threads=threads), alone)
    assert len({image.tobytes() for image in alone}) == 6
    for index in range(6):
        want = twin.run(node(pipeline), images[0], **at(index))
        assert equal(alone[index], np.ascontiguousarray(want))
        params = json.loads(json.dumps(pipeline.params(**at(index), shape=SHAPE)))
        assert equal(pipeline.apply(params, images[0]), alone[index])


def test_the_magnitude_moves_no_choice():
    """Nor do the bins, nor the fill."""
    paths = []
    for policy in (ba.RandAugment(4, 3), ba.RandAugment(4, 9, fill=1), ba.RandAugment(6, 3)):
        records = policy.params(**at(7), shape=SHAPE)["ops"][0]["ops"]
        paths.append([record["path"] for record in records][:4])
    assert paths[0] == paths[1] == paths[2]


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_documents(policy):
    assert ba.from_json(policy.to_json()) == policy == eval(repr(policy), vars(ba))
    assert ba.from_json(policy.to_json()).digest == policy.digest
    assert "transforms" not in policy.to_json()
    document = json.loads(policy.to_json())
    document["pipeline"]["transforms"] = []
    with refused(ValueError, type(policy).__name__, "transforms=[]: no such field"):
        ba.from_json(json.dumps(document))


def call(policy, shape):
    return policy(np.zeros(shape, np.uint8), **at(0))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ba.RandAugment(65), ["RandAugment", "num_ops=65", "0 to 64"]),
        (lambda: ba.RandAugment(2, 31), ["magnitude=31", "below 31"]),
        (lambda: ba.RandAugment(2, 70000), ["magnitude=70000", "0 to 65535"]),
        (lambda: ba.RandAugment(num_magnitude_bins=1, magnitude=0), ["bins=1", "2 to 65536"]),
        (lambda: ba.TrivialAugmentWide(num_magnitude_bins=0), ["bins=0", "2 to 65536"]),
        (lambda: ba.TrivialAugmentWide(interpolation="area"), ["interpolation=", "nearest"]),
        (lambda: ba.AutoAugment("v0"), ["policy='v0'", "imagenet"]),
        (lambda: call(ba.RandAugment(fill=(1, 2)), SHAPE), ["RandAugment/", "1 or 3 values"]),
        (lambda: call(ba.RandAugment(), (9, 9, 4)), ["RandAugment/Color", "1 or 3 channels"]),
        (lambda: ba.Compose([ba.Normalize(), ba.AutoAugment()]), ["before Normalize"]),
    ],
)
def test_what_is_refused(make, words):
    with refused(ValueError, *words):
        make()
