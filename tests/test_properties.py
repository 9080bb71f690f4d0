"""What must not matter, over random pipelines of all ops: equal bytes, whatever was changed."""

import dataclasses
import functools
import itertools
import json

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import bitaug as ba
from bitaug import _core
from bitaug._pipeline.transform import build
from tests.deep import drawn
from tests.pipelines import DTYPES, examples, images, seeing

SHAPES = [(1, 1, 1), (17, 23, 3), (32, 32, 3), (5, 40, 4), (33, 9, 7), (1, 67, 3), (48, 2, 1)]
CHANCES = [1.0, 0.7, 0.3, 0.0]
# Batches are not given targets here, so that they can be arrays.
OPS = [name for name, *_ in _core.registry(8, 8, 3) if name not in seeing()]

PROFILE = settings(
    drawn(80),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclasses.dataclass
class Case:
    """A pipeline, a batch for it, and where the batch lies in the data set."""

    pipeline: ba.Compose
    batch: list
    address: dict

    def digests(self, batch=None, **options):
        """Of the outputs of the batch, or of another form of it."""
        given = self.batch if batch is None else batch
        return [ba.digest(output) for output in self.pipeline(given, **self.address, **options)]

    def of(self, i):
        """The address of image i alone."""
        return self.address | {"index": int(self.address["index"][i])}

    def params(self, i):
        image = self.batch[i]
        return self.pipeline.params(**self.of(i), shape=image.shape, dtype=image.dtype)


def accepted(make):
    """What is made, or None where a pipeline of these ops is refused."""
    try:
        return make()
    except (TypeError, ValueError):
        return None


def least(transform, shape):
    """The smallest height and width that it may leave of an image of at least this shape."""
    height, width, channels = shape
    if isinstance(transform, ba.Compose):
        after = shape
        for child in transform.transforms:
            after = least(child, after)
    else:
        certain = dataclasses.replace(transform, p=1.0)
        after = certain._pipeline.output(list(shape), "uint8")[2]
    if after is None:
        # A turn, of which a cropped one leaves half of the shorter side, or a perspective, a third.
        part = 3 if isinstance(transform, ba.Perspective) else 2
        whole = part == 2 and getattr(transform, "output", "") != "crop"
        after = [max(min(height, width) // (1 if whole else part), 1)] * 2
    if transform.p < 1:
        after = [min(after[0], height), min(after[1], width)]
    return after[0], after[1], channels


def first_accepted(makers):
    return next(filter(None, map(accepted, makers)), None)


def modest(node):
    """With a fill value that is within the range of every type."""
    return node | {"fill": [0.7]} if "fill" in node else node


def level(random, length, shape, before=()):
    """The transforms of one level; those that cannot follow the ones `before` are left out."""
    made = []
    for _ in range(length):
        p, name = random.choice(CHANCES), random.choice(["Compose", *OPS])
        if name == "Compose":
            nodes = [ba.Compose(level(random, length // 2, shape, (*before, *made)))._node()]
        else:
            nodes = [node for node in examples(*shape) if node["op"] == name] or [
                ba.Compose([])._node()
            ]
        node = modest(random.choice(nodes))

        def follow(p, node=node):
            transform = build(node | {"p": p})
            ba.Compose([*before, *made, transform])
            return transform

        transform = first_accepted([lambda: follow(p), lambda: follow(1.0)])  # noqa: B023
        if transform:
            made.append(transform)
            shape = least(transform, shape)
    return made


@st.composite
def cases(draw):
    """The seed of `random` decides evenly; what is drawn from Hypothesis can shrink."""
    random = draw(st.randoms(use_true_random=True))
    shape, dtype = random.choice(SHAPES), random.choice(DTYPES)
    made, p = level(random, draw(st.integers(1, 7)), shape), random.choice([1.0, 0.6])
    pipeline = first_accepted([lambda: ba.Compose(made, p=p), lambda: ba.Compose(made)])
    count = draw(st.integers(2, 5))
    batch = list(images(shape, dtype, count, random.getrandbits(64)))
    if shape[2] == 1 and draw(st.booleans()):
        batch = [image[..., 0] for image in batch]
    index = [random.getrandbits(random.choice([4, 64])) for _ in batch]
    epoch, seed = random.getrandbits(32), random.getrandbits(64)
    address = {"seed": seed, "epoch": epoch, "index": np.array(index, np.uint64)}
    case = Case(pipeline, batch, address)
    try:
        for i in range(count):
            case.params(i)
    except ValueError:
        # A draw has left less than an op needs.
        reject()
    return case


def test_every_op_takes_part():
    met = set()

    @settings(PROFILE, max_examples=600)
    @given(cases())
    def meet(case):
        node = json.dumps(case.pipeline._node())
        met.update(name for name in OPS if f'"{name}"' in node)

    meet()
    assert met == set(OPS)


@PROFILE
@given(cases())
def test_threads(case):
    assert case.digests(threads=1) == case.digests(threads=2) == case.digests(threads=3)


@PROFILE
@given(cases(), st.randoms(use_true_random=False))
def test_split_and_order(case, random):
    whole = case.digests()
    alone = [case.pipeline(image, **case.of(i)) for i, image in enumerate(case.batch)]
    assert list(map(ba.digest, alone)) == whole

    order = random.sample(range(len(whole)), len(whole))
    address = case.address | {"index": case.address["index"][order]}
    shuffled = case.pipeline([case.batch[i] for i in order], **address)
    assert list(map(ba.digest, shuffled)) == [whole[i] for i in order]

    layout = "NHW" if case.batch[0].ndim == 2 else "NHWC"
    assert case.digests(np.stack(case.batch), layout=layout) == whole


def memories(image):
    """The same image in other memory."""
    wide = np.zeros((image.shape[0] * 2, image.shape[1] + 3, *image.shape[2:]), image.dtype)
    rows = wide[::2, 1:-2]
    rows[...] = image
    every_other = np.repeat(image, 2, axis=1)[:, ::2]
    unaligned = np.frombuffer(b"\0" + image.tobytes(), image.dtype, offset=1).reshape(image.shape)
    return {
        "rows of a larger array": rows,
        "every other column": every_other,
        "Fortran order": np.asfortranarray(image),
        "upside down": image[::-1].copy()[::-1],
        "mirrored": image[:, ::-1].copy()[:, ::-1],
        "channels reversed": image[..., ::-1].copy()[..., ::-1],
        "unaligned": unaligned,
        "the other byte order": image.astype(image.dtype.newbyteorder()),
        "read-only": np.broadcast_to(image, image.shape),
    }


@PROFILE
@given(cases())
def test_memory_of_the_input(case):
    usual = case.digests(layout="HWC" if case.batch[0].ndim == 3 else "HW")
    for i, image in enumerate(case.batch):
        kept = image.tobytes()
        for name, other in memories(image).items():
            assert ba.digest(case.pipeline(other, **case.of(i))) == usual[i], name
        assert image.tobytes() == kept


@PROFILE
@given(cases())
def test_targets(case):
    for i, (image, usual) in enumerate(zip(case.batch, case.digests(), strict=True)):
        height, width = image.shape[:2]
        targets = {
            "mask": np.arange(height * width, dtype=np.int32).reshape(height, width),
            "bboxes": [[0.0, 0.0, width, height], [width / 3, height / 4, width / 2, height / 2]],
            "keypoints": [[0.0, 0.0], [width / 2, height / 3]],
        }
        for chosen in [*([name] for name in targets), [], list(targets)]:
            given = {name: targets[name] for name in chosen}
            sample = case.pipeline(image=image, **given, **case.of(i))
            assert ba.digest(sample["image"]) == usual, chosen


@PROFILE
@given(cases())
def test_fusion(case):
    rest = {"stream": "train", "repeat": 0, "layout": None, "out": None, "stack": False}
    stepwise = case.pipeline._pipeline.samples(
        case.batch, None, **case.address, **rest, threads=1, sparing=False, fuse=False
    )[0]
    assert [ba.digest(output) for output in stepwise] == case.digests()


@PROFILE
@given(cases(), st.data())
def test_an_inserted_op(case, data):
    """Whatever is inserted: it changes no other op's parameters while it leaves the shape; and
    nothing at all if it does not run."""
    transforms, shape = case.pipeline.transforms, case.batch[0].shape
    place = data.draw(st.integers(0, len(transforms)))
    node = modest(data.draw(st.sampled_from(examples(*(*shape, 1)[:3]))))
    runs = ba.RandomBrightnessContrast(name="inserted")
    for other in (accepted(lambda: build(node | {"p": 0.0, "name": "inserted"})), runs):
        changed = accepted(
            lambda t=other: dataclasses.replace(
                case.pipeline, transforms=[*transforms[:place], t, *transforms[place:]]
            )
        )
        if not other or not changed:
            continue
        inserted = dataclasses.replace(case, pipeline=changed)
        for i in range(len(case.batch)):
            before, after = case.params(i), inserted.params(i)
            after["ops"] = [op for op in after["ops"] if op["path"] != "inserted"]
            assert before.pop("pipeline") != after.pop("pipeline")
            assert before == after
        if other is not runs:
            assert inserted.digests() == case.digests()


@PROFILE
@given(cases())
def test_replay(case):
    stored = [json.dumps(case.params(i)) for i in range(len(case.batch))]
    again = ba.from_json(case.pipeline.to_json())
    replayed = [
        again.apply(json.loads(text), image) for text, image in zip(stored, case.batch, strict=True)
    ]
    assert list(map(ba.digest, replayed)) == case.digests()


SCHEMA = jsonschema.Draft202012Validator(ba.json_schema())


@PROFILE
@given(cases())
def test_documents(case):
    SCHEMA.validate(json.loads(case.pipeline.to_json()))
    for again in (
        ba.from_json(case.pipeline.to_json()),
        ba.from_yaml(case.pipeline.to_yaml()),
        eval(repr(case.pipeline), {name: getattr(ba, name) for name in ba.__dict__}),
    ):
        assert again == case.pipeline and again.digest == case.pipeline.digest
        assert again.to_json() == case.pipeline.to_json()
        assert dataclasses.replace(case, pipeline=again).digests() == case.digests()


@PROFILE
@given(cases())
def test_receipts(case):
    for i, (image, usual) in enumerate(zip(case.batch, case.digests(), strict=True)):
        text = case.pipeline.receipt(**case.of(i))
        sample = ba.from_receipt(text, case.pipeline)
        assert ba.digest(sample(image)) == usual
        assert case.pipeline.receipt(**sample.address) == text and len(text) == 75


@PROFILE
@given(cases())
def test_traces(case):
    """The last stage is the sample; an op that is not applied changes nothing; and a stage is what
    the pipeline up to it makes."""
    for i, (image, usual) in enumerate(zip(case.batch, case.digests(), strict=True)):
        stages = case.pipeline.trace(image, **case.of(i))
        assert stages[0].digest == ba.digest(image) and stages[-1].digest == usual
        for before, stage in itertools.pairwise(stages):
            assert stage.applied or stage.digest == before.digest
        for count in range(len(case.pipeline.transforms)):
            part = dataclasses.replace(case.pipeline, transforms=case.pipeline.transforms[:count])
            assert ba.digest(part(image, **case.of(i))) in [stage.digest for stage in stages]


def switched_off(case, place):
    """The case without one op, or None where that op decides the output's type."""
    transforms = list(case.pipeline.transforms)

    def make():
        transforms[place] = dataclasses.replace(transforms[place], p=0.0)
        return dataclasses.replace(case.pipeline, transforms=transforms)

    other = accepted(make)
    return other and dataclasses.replace(case, pipeline=other)


@PROFILE
@given(cases())
def test_an_edited_sample(case):
    """An op that is switched off in the parameters leaves what the others drew: it equals the
    pipeline in which it never runs, where the others draw the same there."""
    for i, image in enumerate(case.batch):
        params = case.params(i)
        for place, op in enumerate(params["ops"]):
            op = {key: op[key] for key in ("op", "version", "path")} | {"applied": False}
            edited = params | {"ops": [*params["ops"][:place], op, *params["ops"][place + 1 :]]}
            other = switched_off(case, place)
            if other is None:
                with pytest.raises(ValueError, match="applied=false: true"):
                    case.pipeline.apply(edited, image)
            elif drawn := accepted(functools.partial(other.params, i)):
                kept = [record for k, record in enumerate(params["ops"]) if k != place]
                if [record for k, record in enumerate(drawn["ops"]) if k != place] == kept:
                    got = case.pipeline.apply(edited, image)
                    assert ba.digest(got) == ba.digest(other.pipeline(image, **case.of(i)))


@PROFILE
@given(cases())
def test_out(case):
    fresh = case.pipeline(case.batch, **case.address)
    usual = [ba.digest(output) for output in fresh]
    packed = [np.full_like(output, 0xAA) for output in fresh]
    larger = [np.full([n + 2 for n in output.shape], 0xAA, output.dtype) for output in fresh]
    inner = [array[(slice(1, -1),) * array.ndim] for array in larger]
    upside_down = [np.full_like(output, 0xAA)[::-1] for output in fresh]
    for out in (packed, inner, upside_down):
        returned = case.pipeline(case.batch, **case.address, out=out)
        assert all(a is b for a, b in zip(returned, out, strict=True))
        assert [ba.digest(output) for output in out] == usual
    for array, core in zip(larger, inner, strict=True):
        core[...] = 0xAA
        assert (array == 0xAA).all(), "written beside the output"
