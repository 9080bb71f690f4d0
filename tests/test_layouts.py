"""Which axis is which: what axes tell, what is refused, and that every entry asks the same rule."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

import bitaug as ba
import bitaug.materialize
from bitaug import _core
from bitaug._cli import main
from bitaug._samples.augmenter import Augmenter
from bitaug._samples.sample import Sample

FLIP = ba.HorizontalFlip(p=1)
CROP = ba.RandomCrop(height=5, width=6)
AT = {"seed": 1, "epoch": 0, "index": 0}
# The axis that a horizontal flip turns.
ACROSS = {"HW": 1, "HWC": 1, "CHW": 2, "NHW": 2, "NHWC": 2, "NCHW": 3}

TOLD = {
    "HW": [(1, 1), (64, 64), (64, 3), (3, 64)],
    "HWC": [
        (64, 64, 1), (64, 64, 2), (64, 64, 3), (64, 64, 4), (64, 64, 5), (64, 64, 12),
        (13, 64, 12), (64, 13, 12), (3, 64, 3), (3, 64, 1), (4, 64, 4), (1, 1, 1), (1, 1, 3),
        (1, 5, 4), (2, 2, 2), (2, 2, 3), (2, 2, 4), (4, 5, 4), (100, 28, 3), (5, 2, 2),
    ],
    "NHWC": [
        (5, 64, 64, 1), (5, 64, 64, 3), (5, 64, 64, 12), (5, 3, 64, 3), (1, 1, 1, 1),
        (5, 2, 2, 2), (1, 2, 3, 1), (5, 2, 3, 4),
    ],
}  # fmt: skip
REFUSED = {
    ("HWC", "CHW", "NHW"): [
        (12, 64, 64), (100, 28, 28), (1, 28, 28), (3, 64, 64), (4, 64, 64), (8, 8, 12),
        (12, 12, 12), (64, 12, 64), (64, 12, 12), (5, 6, 7), (1, 5, 2), (3, 64, 2), (1, 64, 12),
        (64, 1, 64), (64, 3, 12), (2, 64, 64), (12, 12, 5000),
    ],
    ("NHWC", "NCHW"): [
        (5, 3, 64, 64), (5, 1, 28, 28), (5, 4, 64, 64), (5, 12, 64, 64), (5, 8, 8, 12),
        (5, 6, 7, 8), (5, 64, 12, 64), (5, 3, 64, 2), (64, 64, 64, 64), (1, 2, 64, 64),
    ],
}  # fmt: skip
DARK = {("NHW",): [(5, 64, 0), (0, 64, 64)]}


def flat(table):
    return [(shape, value) for value, shapes in table.items() for shape in shapes]


def image(shape):
    return np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)


def labels(error):
    """Those that a message has."""
    assert str(error.value).endswith(": write the layout")
    return tuple(re.findall(r'\(layout="(\w+)"\)', str(error.value)))


@pytest.mark.parametrize(("shape", "layout"), flat(TOLD))
def test_told_by_the_axes(shape, layout):
    given = image(shape)
    want = np.flip(given, ACROSS[layout])
    at = AT | ({"index": range(len(given))} if layout.startswith("N") else {})
    for label in (None, layout):
        assert np.array_equal(FLIP(given, **at, layout=label), want)
        assert np.array_equal(ba.augment(given, 1, pipeline=FLIP, layout=label), want)


@pytest.mark.parametrize(("shape", "expected"), flat(REFUSED))
def test_refused_with_the_labels(shape, expected):
    given = image(shape)
    with pytest.raises(
        ValueError, match=f"^images: an array of shape {re.escape(str([*shape]))} "
    ) as e:
        ba.augment(given, 1, pipeline=FLIP)
    assert labels(e) == expected
    for label in expected:
        made = ba.augment(given, 1, pipeline=FLIP, layout=label)
        assert np.array_equal(made, np.flip(given, ACROSS[label]))


@pytest.mark.parametrize(
    ("shape", "index", "message"),
    [
        (
            (12, 64, 32), 0,
            '32 channels of 12 x 64 (layout="HWC"), 12 channels of 64 x 32 (layout="CHW") or, with '
            'an index for each, 12 images of 64 x 32 (layout="NHW")',
        ),
        (
            (12, 64, 32), range(12),
            '12 images of 64 x 32 (layout="NHW") or, with one index, 32 channels of 12 x 64 '
            '(layout="HWC") or 12 channels of 64 x 32 (layout="CHW")',
        ),
        (
            (1, 64, 3), [5],
            '1 image of 64 x 3 (layout="NHW") or, with one index, 3 channels of 1 x 64 '
            '(layout="HWC") or 1 channel of 64 x 3 (layout="CHW")',
        ),
        (
            (2, 12, 64, 32), [5, 6],
            '2 images with 32 channels of 12 x 64 (layout="NHWC") or 2 images with 12 channels of '
            '64 x 32 (layout="NCHW")',
        ),
        (
            (1, 12, 64, 32), 0,
            ', with an index for each, 1 image with 32 channels of 12 x 64 (layout="NHWC") or '
            '1 image with 12 channels of 64 x 32 (layout="NCHW")',
        ),
        ((12, 64, 0), range(12), None),
        ((0, 64, 32), [], '0 images of 64 x 32 (layout="NHW")'),
    ],
)  # fmt: skip
def test_words(shape, index, message):
    with pytest.raises(ValueError, match=r"^images: ") as error:
        FLIP(image(shape), **AT | {"index": index})
    could = f"an array of shape {[*shape]} could be {message}: write the layout"
    want = f"shape {[*shape]} has no pixels" if message is None else could.replace(" , ", ", ")
    assert str(error.value) == f"images: {want}"


TENSORS = {
    "HW": [(64, 64), (3, 64)],
    "CHW": [
        (1, 28, 28), (2, 64, 64), (3, 64, 64), (4, 64, 64), (12, 64, 64), (3, 64, 3), (1, 1, 1),
        (3, 1, 1), (1, 2, 3), (4, 5, 4), (2, 2, 2), (12, 13, 64),
    ],
    "NCHW": [(5, 3, 64, 64), (5, 12, 64, 64), (5, 3, 64, 3), (5, 1, 28, 28)],
    None: [
        (64, 64, 3), (64, 64, 1), (64, 64, 4), (100, 28, 28), (64, 64, 64), (12, 8, 8), (2, 64, 3),
        (64, 64, 12), (5, 64, 64, 3), (5, 64, 64, 12), (5, 12, 8, 8),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("shape", "layout"), flat(TENSORS))
def test_tensors_by_the_mirrored_rule(shape, layout):
    if layout is not None:
        assert _core.layout("image", shape, None, "either", tensor=True) == layout
        return
    with pytest.raises(ValueError, match=r"^image: an array of shape .* could be ") as error:
        _core.layout("image", shape, None, "either", tensor=True)
    expected = ("HWC", "CHW", "NHW") if len(shape) == 3 else ("NHWC", "NCHW")
    assert labels(error) == expected


def test_rules_mirror_each_other():
    """Moving the channels to the other end, a tensor is told what the array is."""
    sides = (1, 2, 3, 4, 5, 6, 12)
    for shape in np.ndindex(len(sides), len(sides), len(sides)):
        a, b, c = (sides[i] for i in shape)
        planar = {"HWC": "CHW", "CHW": "HWC", None: None}
        assert _core.likely_layout((c, b, a), True) == planar[_core.likely_layout((a, b, c))]
        one, batch = _core.likely_layout((a, b, c)), _core.likely_layout((7, a, b, c))
        assert batch == (one and f"N{one}")


class Tensor:
    """As far as bitaug looks at one of torch."""

    def __init__(self, array):
        self.array = array
        self.shape, self.ndim = array.shape, array.ndim

    def detach(self):
        return self

    def cpu(self):
        return self.array

    def __array__(self, *args, **kwargs):
        return self.array

    def __len__(self):
        return len(self.array)

    def __getitem__(self, place):
        return Tensor(self.array[place])


def by(layout):
    """An index for each image, or one."""
    return AT | {"index": range(12) if layout == "NHW" else 0}


# As a raster of twelve bands, a batch of twelve gray images, or twelve rows.
BANDS = np.random.default_rng(1).integers(0, 256, (12, 32, 32), dtype=np.uint8)
ONE, ALL = {"HWC", "CHW"}, {"HWC", "CHW", "NHW"}
ENTRIES = {
    "augment": (ALL, lambda on: ba.augment(BANDS, 1, layout=on)),
    "augment, a list": (ONE, lambda on: ba.augment([BANDS], 1, layout=on)),
    "a call": (ALL, lambda on: FLIP(BANDS, **by(on), layout=on)),
    "a call for several": (ALL, lambda on: FLIP(BANDS, **by(on or "NHW"), layout=on)),
    "a list": (ONE, lambda on: FLIP([BANDS], **AT | {"index": [0]}, layout=on)),
    "image=": (ONE, lambda on: FLIP(image=BANDS, **AT, layout=on)),
    "image= with a mask": (ONE, lambda on: FLIP(image=BANDS, bboxes=[], **AT, layout=on)),
    "params": (ONE, lambda on: FLIP.params(**AT, shape=BANDS.shape, layout=on)),
    "explain": (ONE, lambda on: FLIP.explain(**AT, shape=BANDS.shape, layout=on)),
    "trace": (ONE, lambda on: FLIP.trace(BANDS, **AT, layout=on)),
    "apply": (
        ONE,
        lambda on: FLIP.apply(
            FLIP.params(**AT, shape=BANDS.shape, layout=on or "HWC"), BANDS, layout=on
        ),
    ),
    "Sample": (ONE, lambda on: Sample((BANDS, 5), on, None)),
    "adapters": (
        ONE,
        lambda on: Augmenter(CROP, seed=1, stream="a", layout=on).one({"image": BANDS}, 0, 0),
    ),
    "adapters, a batch": (
        ONE,
        lambda on: Augmenter(CROP, seed=1, stream="a", layout=on).batch([BANDS], [0], [0]),
    ),
    "statistics": (ALL, lambda on: ba.fit_statistics(BANDS, layout=on)),
    "statistics of a list": (ALL, lambda on: ba.fit_statistics([BANDS], layout=on)),
    "statistics of an iterable": (ALL, lambda on: ba.fit_statistics(iter([BANDS]), layout=on)),
    "statistics of a tensor": (
        ALL,
        lambda on: ba.fit_statistics([Tensor(BANDS.T.copy())], layout=on),
    ),
    "leaks": ({"NHW"}, lambda on: ba.leaks(BANDS, layout=on)),
    "leaks of a list": (ONE, lambda on: ba.leaks([BANDS], layout=on)),
    "leaks of a tensor": (ONE, lambda on: ba.leaks([Tensor(BANDS.T.copy())], layout=on)),
    "compare": (ALL, lambda on: ba.compare(BANDS, BANDS, layout=on)),
    "compare, lists": (ALL, lambda on: ba.compare([(BANDS, 1)], [(BANDS, 1)], layout=on)),
    "compare, dicts": (ONE, lambda on: ba.compare({"a": BANDS}, {"a": BANDS}, layout=on)),
}  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry(entry):
    expected, call = ENTRIES[entry]
    with pytest.raises(ValueError, match="could be ") as error:
        call(None)
    assert {*labels(error)} == expected
    for label in expected:
        assert call(label) is not None
    with pytest.raises(ValueError, match=r"layout=hwc: one of .*HW"):
        call("hwc")
    with pytest.raises(TypeError, match="layout=5: a str is needed"):
        call(5)


@pytest.fixture
def folder(tmp_path):
    """Arrays that could be misread, and a picture that cannot be."""
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "a.npy", BANDS)
    Image.fromarray(BANDS[:3].transpose(1, 2, 0).copy()).save(tmp_path / "in" / "b.png")
    (tmp_path / "p.json").write_text(ba.Compose([FLIP]).to_json())
    return tmp_path


COMMANDS = {
    "materialize": "materialize --pipeline p.json --input in --output out --seed 1",
    "preview": "preview --pipeline p.json --input in --output a.png --seed 1",
    "explain": "explain --pipeline p.json --seed 1 --epoch 0 --index 0 --image in/a.npy",
    "explain, drawn": "explain --pipeline p.json --seed 1 --epoch 0 --index 0 --image in/a.npy "
    "--trace a.png",
    "explain --shape": "explain --pipeline p.json --seed 1 --epoch 0 --index 0 --shape 12 32 32",
    "leaks": "leaks in",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(command, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    arguments = COMMANDS[command].split()
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert {*re.findall(r'\(layout="(\w+)"\)', said)} == ONE
    for label in ONE:
        assert main([*arguments, "--layout", label]) == 0, capsys.readouterr().err
        shutil.rmtree("out", ignore_errors=True)
    assert main([*arguments, "--layout", "hwc"]) == 2
    assert "layout=hwc: one of HW, HWC, CHW" in capsys.readouterr().err


@pytest.mark.parametrize("label", sorted(ONE))
def test_materialized_by_its_layout(label, folder):
    """As on the fly; a picture in the same folder has its own layout."""
    options = {"seed": 1, "layout": label}
    ba.materialize.run(CROP, folder / "in", folder / "out", **options)
    for name, given in {"a.npy": BANDS, "b.png": BANDS[:3].transpose(1, 2, 0)}.items():
        stored = np.load(folder / "out" / "epoch-0000" / "images" / f"{name}.npy")
        layout = label if name == "a.npy" else "HWC"
        assert np.array_equal(stored, CROP(given, seed=1, epoch=0, index=name, layout=layout))
    assert ba.materialize.check(folder / "out") == []
    assert ba.materialize.run(CROP, folder / "in", folder / "out", **options) == 0
    with pytest.raises(ValueError, match=f"layout='{label}', not None"):
        ba.materialize.run(CROP, folder / "in", folder / "out", seed=1)


def test_tensors_of_data_sets():
    """Channels first, where the same axes of an array would be read as last."""
    bands = BANDS[:3, :, :3].copy()
    tensors = [Tensor(bands), Tensor(BANDS[:3])]
    assert ba.fit_statistics(tensors) == ba.fit_statistics([bands, BANDS[:3]], layout="CHW")
    batch = Tensor(np.stack([BANDS[:3]] * 2))
    assert ba.fit_statistics(batch) == ba.fit_statistics(batch.array, layout="NCHW")
    assert ba.fit_statistics(iter([batch])) == ba.fit_statistics(batch)
    assert [pair[:3] for pair in ba.leaks(batch)] == [(0, 1, "same content")]
    found = ba.leaks([Tensor(BANDS[:3])], [BANDS[:3].transpose(1, 2, 0)])
    assert [pair.kind for pair in found] == ["same content"]
    # With a picture, whose layout nobody has to write, beside arrays that have one.
    picture = Image.fromarray(BANDS[:3].transpose(1, 2, 0).copy())
    found = ba.leaks([picture], [BANDS[:3]], layout="CHW")
    assert [pair.kind for pair in found] == ["same content"]
    assert ba.fit_statistics([picture, BANDS[:3]], layout="CHW").channels == 3


def test_compared_by_its_layout(folder):
    """A picture in a folder has its own layout, whatever the arrays beside it have."""
    flipped = folder / "flipped"
    flipped.mkdir()
    np.save(flipped / "a.npy", BANDS[..., ::-1])
    picture = BANDS[:3].transpose(1, 2, 0)[:, ::-1]
    Image.fromarray(picture.copy()).save(flipped / "b.png")
    report = ba.compare(folder / "in", flipped, layout="CHW")
    assert report.differing == ("a", "b")
    assert [finding.name for finding in report.findings] == ["flip_horizontal"]
    gray = ba.compare(BANDS, BANDS[..., ::-1], layout="NHW")
    assert len(gray.differing) == 12
    assert [finding.name for finding in gray.findings] == ["flip_horizontal"]


def test_params_of_channels_first():
    crop = ba.RandomCrop(height=20, width=9)
    planar = crop.params(**AT, shape=(12, 64, 32), layout="CHW")
    assert planar == crop.params(**AT, shape=(64, 32, 12))
    assert planar["shape"] == [64, 32, 12]
    explained = crop.explain(**AT, shape=(12, 64, 32), layout="CHW")
    assert "image 64 x 32 x 12 uint8" in explained
    given = BANDS[:, :, :20]
    made = crop.apply(crop.params(**AT, shape=given.shape, layout="CHW"), given, layout="CHW")
    assert np.array_equal(made, crop(given, **AT, layout="CHW"))


def test_audited_as_frames():
    """What nothing tells is looked at as gray images, and ends no audit."""
    gray = [(i, np.roll(BANDS, i)) for i in range(4)]
    report = ba.audit(gray, reference=[(i, image[::-1].copy()) for i, image in gray])
    assert "4 of 4 samples differ" in str(report)


def test_a_batch_is_no_image():
    batch = np.zeros((2, 9, 9, 3), np.uint8)
    message = "an array of 4 axes is not one image: 2 (HW) or 3 (HWC, CHW), and no batch"
    for place, call in {
        "image": lambda: FLIP(image=batch, **AT),
        "images[1]": lambda: FLIP([batch[0], batch], **AT | {"index": [0, 1]}),
    }.items():
        with pytest.raises(ValueError, match=f"^{re.escape(f'{place}: {message}')}$"):
            call()
    for axes in (1, 5):
        with pytest.raises(ValueError, match=r"is no image: 2 \(HW\), 3 \(HWC\) or 4 \(NHWC\)"):
            FLIP(np.zeros((3,) * axes, np.uint8), **AT)
    with pytest.raises(ValueError, match=r"train: an array of 2 axes is no batch: 3 \(NHW\)"):
        ba.leaks(BANDS[0], BANDS)
