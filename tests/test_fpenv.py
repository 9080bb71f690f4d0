"""What a caller has done to its thread's floating-point unit changes no byte, and is kept."""

import contextlib
import ctypes
import ctypes.util
import dataclasses
import functools
import platform
import sys

import numpy as np
import pytest

import bitaug as ba
from bitaug import _core
from bitaug._diagnose.verify import targets
from bitaug._pipeline.transform import build
from tests.pipelines import examples, images

X86, ARM = (
    {"flushing": 0x8040, "rounding up": 0x4000, "rounding down": 0x2000},
    {"flushing": 1 << 24, "rounding up": 1 << 22, "rounding down": 2 << 22},
)
# Where C's fenv_t holds MXCSR or FPCR, and the bits there.
PLACES = {
    ("linux", "x86_64"): (28, X86),
    ("linux", "aarch64"): (0, ARM),
    ("darwin", "x86_64"): (4, X86),
    ("darwin", "arm64"): (8, ARM),
}
PLATFORM = sys.platform, platform.machine()

pytestmark = pytest.mark.skipif(
    PLATFORM not in PLACES, reason=f"no way is known to change the environment of {PLATFORM}"
)


class Environment:
    """The calling thread's floating-point environment, as the C library tells and sets it."""

    def __init__(self):
        self.libm = ctypes.CDLL(ctypes.util.find_library("m"))
        self.state = ctypes.create_string_buffer(64)
        self.at, self.bits = PLACES[PLATFORM]

    def read(self):
        assert self.libm.fegetenv(self.state) == 0
        return int.from_bytes(self.state[self.at : self.at + 4], sys.byteorder)

    def write(self, control):
        self.read()
        self.state[self.at : self.at + 4] = control.to_bytes(4, sys.byteorder)
        assert self.libm.fesetenv(self.state) == 0

    @contextlib.contextmanager
    def changed(self, how):
        before = self.read()
        changed = before | self.bits[how]
        assert changed != before
        self.write(changed)
        try:
            yield
            assert self.read() & self.bits[how] == self.bits[how], "the caller's state is lost"
        finally:
            self.write(before)


def tiny_images(height=24, width=20, count=4):
    """Among ordinary values, denormal ones and normal ones that a factor makes denormal."""
    batch = images((height, width, 3), "float32", count)
    odd = np.array([1e-40, -1e-45, 1.2e-38, -1.5e-38, 1e-3], np.float32)
    rng = np.random.default_rng(1)
    return list(np.where(rng.random(batch.shape) < 0.5, rng.choice(odd, batch.shape), batch))


def transforms():
    nodes = [build(node) for node in examples(24, 20, 3)]
    dim = ba.RandomBrightnessContrast(brightness_limit=(0, 0), contrast_limit=(-0.7, -0.2))
    tail = [ba.Normalize(mean=0.0, std=1.5), ba.ToCHW()]
    affine = [node for node in nodes if isinstance(node, ba.Affine)]
    warps = [dataclasses.replace(node, fill=0.5) for node in affine[:2]]
    return [*nodes, ba.Compose([*warps, dim, *tail])]


def products():
    """What the state does change: products of NumPy, in part denormal."""
    return (np.linspace(1e-38, 2e-38, 64, dtype=np.float32) * np.float32(0.7)).tobytes()


@pytest.fixture
def environment():
    return Environment()


@functools.cache
def work():
    """All pipelines and a batch that is large enough for every thread to get some."""
    shape = (120, 100)
    return transforms(), [{"image": image, **targets(shape)} for image in tiny_images(*shape, 12)]


def pixels(threads):
    pipelines, batch = work()
    at = {"seed": 3, "epoch": 0, "index": np.arange(12)}
    outputs = [t(batch, **at, threads=threads) for t in pipelines]
    return [[ba.digest(sample["image"]) for sample in output] for output in outputs]


@functools.cache
def ordinary_pixels():
    return pixels(threads=1)


@pytest.mark.parametrize("how", X86)
@pytest.mark.parametrize("threads", [1, 3])
def test_pixels(environment, how, threads):
    expected, ordinary = ordinary_pixels(), products()
    with environment.changed(how):
        assert products() != ordinary
        found = pixels(threads)
    assert found == expected


@pytest.mark.parametrize("how", X86)
def test_one_sample_with_targets(environment, how):
    image = tiny_images()[0]
    targets = {
        "mask": (np.arange(24 * 20).reshape(24, 20) % 7).astype(np.float32) * np.float32(1e-39),
        "bboxes": np.array([[1.1, 2.3, 17.7, 20.9]]),
        "keypoints": np.array([[3.3, 4.7], [1e-310, 5.1]]),
    }
    # These are rounded once more than the core's.
    narrow = {name: targets[name].astype(np.float32) for name in ("bboxes", "keypoints")} | {
        "mask": targets["mask"]
    }

    def digests():
        samples = [
            t(image=image, **given, seed=3, epoch=0, index=5)
            for t in pipelines
            for given in (targets, narrow)
        ]
        return [[ba.digest(np.asarray(value)) for value in s.values()] for s in samples]

    pipelines = transforms()
    expected = digests()
    with environment.changed(how):
        found = digests()
    assert found == expected


@pytest.mark.parametrize("how", X86)
def test_parameters(environment, how):
    given = {"shape": (24, 20, 3), **targets((24, 20))}

    def records():
        return [t.params(seed=3, epoch=0, index=5, **given) for t in pipelines]

    pipelines = transforms()
    expected = records()
    with environment.changed(how):
        found = records()
    assert found == expected


def test_a_refused_call_keeps_the_state(environment):
    with environment.changed("flushing"):
        with pytest.raises(ValueError, match="RandomCrop"):
            ba.RandomCrop(height=99, width=1)(tiny_images(), seed=1, epoch=0, index=np.arange(4))
        with pytest.raises(ValueError, match="bboxes"):
            ba.HorizontalFlip()(
                image=tiny_images()[0], bboxes=[[9.0, 9.0, 1.0, 1.0]], seed=1, epoch=0, index=0
            )


@pytest.mark.parametrize("how", X86)
def test_documents(environment, how):
    limits = np.random.default_rng(0).random(200).tolist()

    def digests():
        made = [
            ba.RandomBrightnessContrast(brightness_limit=(-limit, limit), contrast_limit=(0, 0))
            for limit in limits
        ]
        return [t.digest for t in made], [_core.Pipeline.from_json(t).digest() for t in texts]

    texts = [build(node).to_json() for node in examples(24, 20, 3)]
    expected = digests()
    with environment.changed(how):
        found = digests()
    assert found == expected


@pytest.mark.parametrize("how", X86)
def test_what_python_reads_and_works_out(environment, how):
    numbers = np.random.default_rng(1).random(300)

    def found():
        texts = [
            f'{{"bitaug": 1, "pipeline": {{"op": "GaussNoise", "version": 1, "p": {n!r}, '
            f'"std_range": [{n!r}, 1.0], "mean_range": [0.0, 0.0], "per_channel": true}}}}'
            for n in numbers.tolist()
        ]
        read = [ba.from_json(text) for text in texts]
        replayed = [
            t.apply(t.params(**at, index=i, shape=(3, 3), dtype=np.float32), pixels)
            for i, t in enumerate(read)
        ]
        statistics = ba.fit_statistics([np.array([[k, 3 * k]], np.uint8) for k in range(1, 50)])
        return (
            [t.digest for t in read],
            [ba.digest(image) for image in replayed],
            [t.to_yaml() for t in read],
            (statistics.mean, statistics.std, statistics.max, statistics.normalize().digest),
        )

    pixels, at = np.full((3, 3), 0.3, np.float32), {"seed": 1, "epoch": 0}
    expected = found()
    with environment.changed(how):
        assert found() == expected
