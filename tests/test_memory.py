"""What a caller's numbers ask of memory and time: an error where memory cannot be had, never the
process's end; no more of it than the outputs and what the threads work on; and calls that end when
they are told to, of arrays that others cannot take away."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import bitaug as ba

HUGE = 2**31 - 1
ADDRESS = {"seed": 1, "epoch": 0, "index": 0}
HEAD = """
import resource, sys
import numpy as np
import bitaug as ba

ADDRESS = {"seed": 1, "epoch": 0, "index": 0}

def memory(kind):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if kind in line)

def limited(more):
    resource.setrlimit(resource.RLIMIT_AS, (memory("VmSize") * 1024 + more,) * 2)
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit memory so")


def run(code):
    """What a process prints that runs `code`."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + code],
        capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("interpolation", "size"),
    [
        *[(interpolation, (HUGE, 1)) for interpolation in ("nearest", "box", "bicubic")],
        *[(interpolation, (1, HUGE)) for interpolation in ("nearest", "bilinear")],
    ],
)
def test_a_table_that_no_memory_holds_is_refused_at_once(interpolation, size):
    height, width = size
    resize = ba.Resize(height=height, width=width, interpolation=interpolation)
    image = np.zeros((7, 5), np.uint8)
    for transform in (resize, ba.from_json(resize.to_json())):
        with pytest.raises(MemoryError, match=r"^no memory for the .*: \d+ bytes$"):
            transform(image, **ADDRESS)
        with pytest.raises(MemoryError, match=r"^sample 0 \(index 7\): no memory for the .*"):
            transform([image, image], seed=1, epoch=0, index=[7, 8])
        with pytest.raises(MemoryError):
            transform.params(**ADDRESS, shape=image.shape)


@pytest.mark.parametrize("border", ["edge", "reflect", "reflect101", "wrap"])
def test_a_frame_that_no_memory_holds_is_refused_at_once(border):
    pad = ba.Pad(padding=(0, HUGE - 8, 0, 0), border=border)
    with pytest.raises(MemoryError, match="the positions of rows or columns"):
        pad(np.zeros((1, 1), np.uint8), **ADDRESS)


WIDE = "np.broadcast_to(np.uint8(3), (40000, 40000))"
DEEP = "np.zeros((1, 1, 2**22), np.uint8)"


@linux
@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("a copy of the input", f"ba.CenterCrop(height=2, width=2)({WIDE}, **ADDRESS)"),
        (
            "an image between two ops",
            "ba.Compose([ba.Resize(height=30000, width=30000), ba.GaussianBlur(),"
            " ba.CenterCrop(height=2, width=2)])(np.zeros((9, 9), np.uint8), **ADDRESS)",
        ),
        (
            "an image between two ops",
            "ba.Compose([ba.Resize(height=9, width=30000, interpolation='nearest'),"
            " ba.Affine(rotate=(1, 1)), ba.CenterCrop(height=2, width=2)])"
            "(image=np.zeros((9, 9), np.uint8), mask=np.zeros((9, 9, 500)), **ADDRESS)",
        ),
        (
            "the sums of an image's channels",
            "ba.ColorJitter(brightness=(1, 1), contrast=(0.5, 0.5), saturation=(1, 1), hue=(0, 0))"
            f"({DEEP}, layout='HWC', **ADDRESS)",
        ),
        (
            "the rows of a window",
            "ba.GaussianBlur(blur_limit=(99, 99), sigma_limit=(30, 30))"
            f"({DEEP}, layout='HWC', **ADDRESS)",
        ),
        (
            "the rows of a window",
            f"ba.MedianBlur(blur_limit=(99, 99))({DEEP}, layout='HWC', **ADDRESS)",
        ),
        ("the weights of a resize", "ba.Resize(height=1, width=2**24)(image, **ADDRESS)"),
        (
            "the positions of rows",
            "ba.Pad(padding=(2**24, 0, 0, 0), border='edge')(image, **ADDRESS)",
        ),
        (
            "the counts of the channels",
            "ba.fit_statistics([np.zeros((2, 2, 10**5), np.uint16)], layout='HWC')",
        ),
    ],
)
def test_memory_that_cannot_be_had_is_an_error(what, call):
    """And the process goes on as if nothing had been."""
    printed = run(f"""
flip, image = ba.HorizontalFlip(p=1.0), np.arange(12, dtype=np.uint8).reshape(3, 4)
expected = flip(image, **ADDRESS)
limited(200 << 20)
try:
    {call}
except MemoryError as error:
    print(error)
assert (flip(image, **ADDRESS) == expected).all()
""")
    assert what in printed and printed.endswith(" bytes\n"), printed


@linux
@pytest.mark.parametrize("interpolation", ["lanczos", "nearest"])
def test_what_steps_need_does_not_grow_with_the_batch(interpolation):
    """The tables of one of these strips take many times the memory of its pixels."""
    grown = run(f"""
def peak():
    return memory("VmHWM")
resize = ba.Resize(height=4000, width=1, interpolation={interpolation!r})
def call(count):
    strips = np.broadcast_to(np.zeros((1500, 1, 1), np.uint8), (count, 1500, 1, 1))
    resize(strips, seed=1, epoch=0, index=np.arange(count), threads=2)
call(4)
before = peak()
call(400)
print(peak() - before)
""")
    # 1.6 MB of outputs.
    assert int(grown) < 12 << 10


def test_a_batch_is_its_samples():
    """Of the first images the steps are kept, of the others they are drawn again."""
    images = np.random.default_rng(1).integers(0, 256, (1500, 6, 5, 3), np.uint8)
    where = {
        "epoch": np.arange(1500) % 7,
        "index": np.arange(1500) * 3,
        "repeat": np.arange(1500) % 130,
    }
    train = ba.Compose([ba.RandomCrop(height=4, width=4), ba.GaussNoise(), ba.HorizontalFlip()])
    made = train(images, seed=3, threads=3, **where)
    for i in [0, 1, 1022, 1023, 1024, 1025, 1300, 1499]:
        at = {name: int(values[i]) for name, values in where.items()}
        np.testing.assert_array_equal(made[i], train(images[i], seed=3, **at))


def test_a_row_of_more_samples_than_32_bits_count(tmp_path):
    """In a file of which hardly anything is there."""
    shape = (1, 2**30 + 100, 4)
    file = tmp_path / "row"
    try:
        with file.open("wb") as opened:
            opened.truncate(shape[1] * 4)
        image = np.memmap(file, np.uint8, "r+", shape=shape)
    except OSError as error:
        pytest.skip(f"this file system has no files with holes: {error}")
    assert file.stat().st_blocks * 512 < 2**20
    image[0, -80:] = np.random.default_rng(1).integers(0, 256, (80, 4), np.uint8)
    for interpolation in ("nearest", "bilinear", "lanczos"):
        crop = ba.RandomResizedCrop((1, 33), interpolation=interpolation)

        def at(left, image, crop=crop):
            params = crop.params(**ADDRESS, shape=image.shape)
            window = {"top": 0, "left": left, "height": 1, "width": 70}
            params["ops"][0]["params"] = window
            return crop.apply(params, image)

        far = at(shape[1] - 75, image)
        np.testing.assert_array_equal(far, at(5, np.asarray(image[:, -80:])))
        assert far.any()


class Stop(Exception):
    pass


@pytest.fixture
def alarm():
    """Has a function called after so many seconds, in whatever the main thread does then."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no timers that send signals")

    def set_alarm(seconds, function):
        signal.signal(signal.SIGALRM, lambda *_: function())
        signal.setitimer(signal.ITIMER_REAL, seconds)

    before = signal.getsignal(signal.SIGALRM)
    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def stop():
    raise Stop


SLOW = ba.Compose([ba.GaussianBlur(blur_limit=(255, 255), sigma_limit=(50, 50))])
COUNT = 60


def slow_batch():
    return np.broadcast_to(np.full((400, 400, 3), 0.5, np.float32), (COUNT, 400, 400, 3))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_ends_a_batch(alarm, threads):
    images, out = slow_batch(), np.zeros((COUNT, 400, 400, 3), np.float32)
    alarm(0.2, stop)
    with pytest.raises(Stop):
        SLOW(images, seed=1, epoch=0, index=np.arange(COUNT), threads=threads, out=out)
    assert (out[-1] == 0).all()


def test_a_signal_ends_the_draws(alarm):
    """Before the last image is looked at, which would be refused."""
    images = [np.zeros((4, 4), np.uint8)] * 300_000 + [np.zeros((1, 1), np.uint8)]
    crop = ba.Compose([*[ba.GaussNoise()] * 8, ba.RandomCrop(height=2, width=2)])
    alarm(0.05, stop)
    with pytest.raises(Stop):
        crop(images, seed=1, epoch=0, index=np.arange(len(images)))


def test_arrays_stay_as_they_were_checked(alarm):
    """What other code makes of the arrays while the call runs."""
    images, out = slow_batch()[:8].copy(), np.zeros((8, 400, 400, 3), np.float32)
    expected = SLOW(images[0], **ADDRESS)
    own = np.zeros((400, 400, 3), np.float32) + images[0]
    said = []

    def meddle():
        for array in (own, last):
            try:
                array.resize((1,), refcheck=False)
            except ValueError as error:
                said.append(str(error))
        out.shape = (8, 400 * 400 * 3)

    last = np.zeros((400, 400, 3), np.float32)
    alarm(0.1, meddle)
    made = SLOW(
        [own, *images], seed=1, epoch=0, index=np.zeros(9, np.int64), threads=1,
        out=[last, *out],
    )  # fmt: skip
    assert len(said) == 2 and all("cannot resize" in text for text in said)
    for image in made:
        np.testing.assert_array_equal(image, expected)


class Index:
    def __init__(self, error):
        self.error, self.asked = error, 0

    def __index__(self):
        self.asked += 1
        raise self.error


@pytest.mark.parametrize("name", ["seed", "epoch", "index", "repeat"])
def test_what_a_number_raises_comes_through(name):
    image, flip = np.zeros((4, 4), np.uint8), ba.HorizontalFlip()
    for error in (RuntimeError("mine"), KeyError("mine"), KeyboardInterrupt()):
        number = Index(error)
        with pytest.raises(type(error)) as raised:
            flip(image, **{**ADDRESS, name: number})
        assert raised.value is error and number.asked == 1
    error = TypeError("mine")
    with pytest.raises(TypeError, match=f"^{name}: <.*is not an integer") as raised:
        flip(image, **{**ADDRESS, name: Index(error)})
    assert raised.value.__cause__ is error


def test_what_a_sequence_of_numbers_raises_comes_through():
    images, flip = [np.zeros((4, 4), np.uint8)] * 2, ba.HorizontalFlip()
    number = Index(RuntimeError("mine"))
    with pytest.raises(RuntimeError, match=r"^mine$"):
        flip(images, seed=1, epoch=0, index=[3, number])
    assert number.asked == 1
    with pytest.raises(TypeError, match=r"^index\[1\]: 2.5 is not an integer"):
        flip(images, seed=1, epoch=0, index=[3, 2.5])
