"""Containers: which children run, in which order, and that their draws stay their own."""

import collections
import json
import random

import numpy as np
import pytest

import bitaug as ba
from bitaug import _core
from tests.pipelines import examples
from tests.reference import pipeline as twin
from tests.test_errors import refused
from tests.test_reference import equal, pattern, rust

SHAPE = (24, 21, 3)
CONTAINERS = ["Compose", "Sequential", "OneOf", "SomeOf", "RandomOrder"]
POLICIES = ["AutoAugment", "RandAugment", "TrivialAugmentWide"]


def at(index, seed=3):
    return {"seed": seed, "epoch": 1, "index": index}


def node(draw, depth):
    """A node of ops that keep the image's size and type, or a container of some."""
    if depth == 0 or draw.random() < 0.6:
        kept = [each for each in examples(*SHAPE) if each["op"] in KEEP]
        return draw.choice(kept) | {"p": draw.choice([0.3, 0.8, 1.0])}
    children = [node(draw, depth - 1) for _ in range(draw.randint(1, 4))]
    made = {"op": draw.choice(CONTAINERS), "version": 1, "p": draw.choice([0.7, 1.0])}
    if made["op"] == "SomeOf":
        replace = draw.random() < 0.5
        ends = sorted(draw.randint(0, 5 if replace else len(children)) for _ in range(2))
        made |= {"n": ends, "replace": replace, "random_order": draw.random() < 0.5}
    return made | {"transforms": children}


KEEP = ["HorizontalFlip", "VerticalFlip", "GaussNoise", "GaussianBlur", "CoarseDropout"]
KEEP += ["RandomBrightnessContrast", "Affine"]


@pytest.mark.parametrize("seed", range(40))
def test_trees_equal_their_twin(seed):
    draw = random.Random(seed)
    root = {"op": "Compose", "version": 1, "p": 1.0, "transforms": []}
    root["transforms"] = [node(draw, 3) for _ in range(3)]
    image = pattern("uint8", SHAPE)
    for index in (0, 2**63):
        got, _ = rust(root, image, **at(index, seed))
        want = twin.run(root, image, **at(index, seed))
        assert equal(got, np.ascontiguousarray(want)), json.dumps(root)


def test_every_container_has_a_class_a_twin_and_its_version():
    registered = {name: version for name, version, _ in _core.containers()}
    assert sorted(registered) == sorted(CONTAINERS + POLICIES) == sorted(twin.ORDERS)
    for name, version in registered.items():
        assert getattr(ba, name)._versions == (version,)


def run(records):
    return [(record["path"], record.get("turn", 0)) for record in records if record["applied"]]


def ops(pipeline, index):
    return pipeline.params(**at(index), shape=SHAPE)["ops"]


def test_one_of_runs_one_by_weight_and_always():
    flips = [ba.HorizontalFlip(p=0.2), ba.VerticalFlip(p=0.6)]
    pipeline = ba.OneOf([*flips, ba.GaussNoise(p=0)])
    counts = collections.Counter()
    for index in range(2000):
        ((path, _),) = run(ops(pipeline, index)[0]["ops"])
        counts[path] += 1
    # A chance of 3 in 4, 2000 times: five standard deviations are 97.
    assert abs(counts["OneOf/VerticalFlip"] - 1500) < 97 and len(counts) == 2


def test_a_child_more_or_less_moves_nobody_elses_draws():
    noise, blur = ba.GaussNoise(), ba.GaussianBlur()
    drawn = []
    for children in ([noise, blur], [noise, blur, ba.HorizontalFlip()], [blur, noise]):
        records = ops(ba.RandomOrder(children), 4)[0]["ops"]
        drawn.append({record["path"]: record.get("params") for record in records})
    for path in ("RandomOrder/GaussNoise", "RandomOrder/GaussianBlur"):
        assert drawn[0][path] == drawn[1][path] == drawn[2][path]


def test_some_of_chooses_so_many_in_order():
    children = [ba.GaussNoise(name=name) for name in "abcd"]
    lengths, orders = set(), set()
    for index in range(60):
        chosen = [p for p, _ in run(ops(ba.SomeOf(children, n=(1, 3)), index)[0]["ops"])]
        assert chosen == sorted(set(chosen))
        lengths.add(len(chosen))
        some = ba.SomeOf(children, n=4, random_order=True)
        orders.add(tuple(run(ops(some, index)[0]["ops"])))
    assert lengths == {1, 2, 3} and len(orders) > 20


def test_every_turn_draws_anew():
    inner = ba.SomeOf([ba.GaussNoise(name="n")], n=2, replace=True, name="in")
    pipeline = ba.SomeOf([inner], n=2, replace=True, name="out")
    outer = ops(pipeline, 0)[0]["ops"]
    records = [record for each in outer for record in each["ops"]]
    assert [each.get("turn", 0) for each in outer] == [0, 1]
    assert [record.get("turn", 0) for record in records] == [0, 1, 0, 1]
    # Neither turn 1 of the inner one alone nor that of the outer one is the other.
    assert len({record["key"] for record in records}) == 4
    assert len({record["params"]["std"] for record in records}) == 4


@pytest.mark.parametrize("index", range(6))
def test_what_was_drawn_replays_and_can_be_edited(index):
    pipeline = ba.Compose(
        [
            ba.OneOf([ba.GaussNoise(), ba.GaussianBlur(), ba.HorizontalFlip()]),
            ba.SomeOf([ba.GaussNoise(), ba.VerticalFlip(p=1)], n=(1, 4), replace=True),
            ba.RandomOrder([ba.Affine(rotate=(-9, 9)), ba.CoarseDropout(p=0.5)]),
        ]
    )
    image = pattern("uint8", SHAPE)
    params = json.loads(json.dumps(pipeline.params(**at(index), shape=SHAPE)))
    out = pipeline(image, **at(index))
    assert equal(pipeline.apply(params, image), out)
    trace = pipeline.trace(image, **at(index))
    assert equal(trace[-1].image, out)
    params["ops"][1]["ops"] = []
    params["ops"][2]["ops"].reverse()
    pipeline.apply(params, image)
    params["ops"][0]["ops"] = []
    with pytest.raises(ValueError, match="OneOf: ops=0 ops: 1 ops"):
        pipeline.apply(params, image)


def test_an_edited_path_or_turn_that_cannot_be_is_refused():
    pipeline = ba.SomeOf([ba.GaussNoise()], n=2, replace=True)
    image = pattern("uint8", SHAPE)
    params = pipeline.params(**at(0), shape=SHAPE)
    params["ops"][0]["ops"].reverse()
    with pytest.raises(ValueError, match=r"SomeOf/GaussNoise: turn=1: 0"):
        pipeline.apply(params, image)
    params["ops"][0]["ops"][0]["path"] = "SomeOf/Blur"
    with pytest.raises(ValueError, match=r"path=SomeOf/Blur: one of SomeOf/GaussNoise"):
        pipeline.apply(params, image)


def test_a_batch_is_an_array_where_the_choice_does_not_change_the_size():
    images = np.stack([pattern("uint8", SHAPE)] * 3)
    crops = [ba.CenterCrop(9), ba.RandomCrop(9)]
    address = {"seed": 1, "epoch": 0, "index": [0, 1, 2]}
    assert ba.OneOf(crops)(images, **address).shape == (3, 9, 9, 3)
    for pipeline in (ba.OneOf(crops, p=0.5), ba.SomeOf(crops, n=1), ba.RandomOrder(crops[:1])):
        assert isinstance(pipeline(images, **address), list)
    assert ba.RandomOrder([ba.GaussNoise()])(images, **address).shape == images.shape


def test_targets_move_with_what_was_chosen():
    image = np.arange(12 * 12, dtype=np.uint8).reshape(12, 12)
    flips = [ba.HorizontalFlip(p=1), ba.VerticalFlip(p=1)]
    pipeline = ba.SomeOf([ba.OneOf(flips), ba.RandomRotate90()], n=(0, 3), replace=True)
    seen = set()
    for index in range(30):
        boxes = [[1, 2, 5, 4]]
        sample = pipeline(image=image, mask=image.astype(np.int64), bboxes=boxes, **at(index))
        np.testing.assert_array_equal(sample["image"], sample["mask"])
        left, top, right, bottom = sample["bboxes"][0].astype(int)
        inside = sample["image"][top:bottom, left:right]
        assert sorted(inside.ravel()) == sorted(image[2:4, 1:5].ravel())
        seen.add((left, top, right, bottom))
    assert len(seen) > 4


def test_what_fits_no_image_is_refused_whether_or_not_it_is_chosen():
    pipeline = ba.OneOf([ba.HorizontalFlip(p=1), ba.ToGray(p=1e-9)])
    with pytest.raises(ValueError, match="OneOf/ToGray"):
        pipeline(np.zeros((4, 4, 5), np.uint8), **at(0), layout="HWC")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ba.OneOf([]), ["OneOf", "p are their weights"]),
        (lambda: ba.OneOf([ba.ToGray(p=0)]), ["OneOf", "above 0"]),
        (lambda: ba.SomeOf([], n=0), ["SomeOf", "children"]),
        (lambda: ba.SomeOf([ba.ToGray()], n=2), ["n=(2, 2)", "0 to 1", "replace=True"]),
        (lambda: ba.SomeOf([ba.ToGray()], n=65, replace=True), ["n=(65, 65)", "0 to 64"]),
        (lambda: ba.SomeOf([ba.ToGray()], n=(1, 0)), ["n=(1, 0)", "lo <= hi"]),
        (lambda: ba.OneOf([ba.ToFloat(), ba.ToGray()]), ["OneOf/ToFloat", "must always run"]),
        (lambda: ba.SomeOf([ba.ToCHW()], n=1), ["SomeOf/ToCHW", "must always run"]),
        (lambda: ba.Compose([ba.Compose([], white=9)]), ["Compose", "white=9", "outermost"]),
        (lambda: ba.GaussNoise(version=2), ["GaussNoise", "version=2", "1"]),
        (lambda: ba.OneOf([ba.ToGray()], version=0), ["OneOf", "version=0", "1"]),
    ],
)
def test_what_cannot_be_is_refused(make, words):
    with refused(ValueError, *words):
        make()


def test_documents_keep_containers_and_versions():
    pipeline = ba.Compose([ba.SomeOf([ba.OneOf([ba.ToGray()]), ba.GaussNoise()], n=(0, 2))])
    text = pipeline.to_json()
    assert ba.from_json(text) == pipeline and ba.from_json(text).digest == pipeline.digest
    newer = json.loads(text)
    newer["pipeline"]["transforms"][0]["transforms"][1]["version"] = 2
    with pytest.raises(ValueError, match=r"GaussNoise.*version=2"):
        ba.from_json(json.dumps(newer))
