"""ba.audit without any framework: each cause is named, sound data are left in peace."""

import itertools
import json
import multiprocessing
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug._cli import main
from bitaug._diagnose.audit.samples import largest, leaves, split
from tests import WATCHDOG
from tests import audit_patterns as patterns
from tests.audit_patterns import PHOTOS, Photos

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("given", "causes", "text"),
    [
        (patterns.Generator(), {1}, "A copy of the data set gives the same sequence"),
        (patterns.make_same_order, {3}, "shuffled, but alike"),
        (patterns.make_by_worker, {5}, "2 workers agree with 2 workers, but not with 3"),
        (patterns.Turned(), {6}, "the global generators make them alike"),
        (patterns.Turned, {6}, "the global generators make them alike"),
        (patterns.Entropy(), {6}, "Not even seeding the global generators makes them alike"),
        (patterns.make_entropy, {6}, "Two passes asked for alike differ: 24 samples. Not even"),
        (patterns.Shuffled(), {6}, "A list in the data set is shuffled in place"),
        (patterns.Shards(), {6}, "They have moved in runs"),
        (patterns.Stream, {6}, "Epoch 1 asked for at once differs"),
        (patterns.make_unsaved, {6}, "Broken off and resumed"),
        (patterns.make_batch_draw, {7}, "With another batch size"),
        (patterns.make_global_batch_draw, {6, 7}, "With the global generators seeded they do not"),
        (patterns.make_racing, {8}, "with several at once"),
        (patterns.make_racing_workers, {8}, "with several at once"),
        (patterns.make_cached, {9}, "another seed gives others"),
        (patterns.make_once, {9}, "a loader made anew has others"),
        (patterns.make_all, {11}, "An epoch has 24 samples without workers and more with 2"),
        (patterns.make_padded, {11}, "3 ranks are given 27 samples of 24: 0, 1, 2 to more"),
        (patterns.MadeOnce(), {0}, "the same image: the index is ignored"),
        (Photos(patterns.broken), {0}, "24 of 24 samples have NaN"),
        (Photos(patterns.unscaled), {0}, "nothing has scaled them"),
        (Photos(patterns.scaled_twice), {12}, "divided by 255 twice"),
        (patterns.Failing(), {0}, "it failed: OSError: no file"),
    ],
)
def test_cause(given, causes, text):
    found = ba.audit(given)
    assert set(found.causes) == causes, str(found)
    assert text in found.findings[0].text


@pytest.mark.parametrize(
    "given",
    [
        Photos(),
        Photos,
        Photos(patterns.scaled),
        Photos(patterns.normalised),
        Photos(patterns.centered),
        patterns.make_unnamed,
        patterns.Keyed(),
        patterns.Keyed,
        patterns.Ordered(),
        patterns.make_sound,
        patterns.make_batched,
        patterns.make_endless,
        patterns.make_resumable,
        patterns.make_resumable(),
        list(zip(PHOTOS, range(len(PHOTOS)), strict=True)),
    ],
)
def test_sound(given):
    found = ba.audit(given)
    assert not found and len(found) == 0 and found.causes == (), str(found)
    assert str(found).startswith("nothing wrong was found")


@pytest.mark.parametrize(
    ("change", "reference", "text"),
    [
        (patterns.scaled, patterns.unscaled, "a is 0 to 255; b is 0 to 1"),
        (patterns.normalised, patterns.scaled, "b = 5 * a + -2.25 (8 of the first 8)."),
        (patterns.scaled_twice, patterns.scaled, "a is 0 to 1; b is 0 to 1/255 (divided by 255"),
        (patterns.bgr, None, "b's channels are a's in the order (2, 1, 0): one is RGB"),
        (patterns.not_turned, None, "b is a turned by 90 degrees counter-clockwise"),
        (patterns.turned_about, None, "b is a turned by 180 degrees"),
        (patterns.small, patterns.fitted, "b is a resized from 12 x 12 to 40 x 40"),
        (patterns.rounded, None, "by at most 1 of 255 levels"),
        (patterns.stored_with_loss, None, "the same picture, but 8.19 levels"),
        (np.fliplr, None, "Where a is the reference and b what is audited: b is a mirrored"),
    ],
)
def test_prepared_in_another_way(change, reference, text):
    found = ba.audit(Photos(change), reference=Photos(reference))
    assert found.causes == (12,), str(found)
    assert any(text in finding.text for finding in found)


def test_resized_by_another_rule():
    given = patterns.Edged(patterns.small)
    found = ba.audit(given, reference=patterns.Edged(patterns.small_otherwise))
    assert found.causes == (12,) and "they differ along edges" in found.findings[0].text
    assert "a is sharper" in found.findings[0].text
    assert "another filter of a resize" in found.findings[0].advice


class TwoReaders:
    """Complaint 5: read by Pillow on the fly, pre-loaded by OpenCV."""

    def __init__(self, paths, opencv):
        self.paths, self.opencv = paths, opencv

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        if self.opencv:
            return cv2.resize(cv2.imread(str(self.paths[index])), (96, 96))
        with Image.open(self.paths[index]) as image:
            return np.asarray(image.convert("RGB").resize((96, 96), Image.Resampling.BILINEAR))


def test_two_libraries():
    paths = sorted((ROOT / "demo" / "photos").glob("*.png"))
    (finding,) = ba.audit(TwoReaders(paths, True), reference=TwoReaders(paths, False))
    assert finding.cause == 12
    assert "one is RGB, the other BGR" in finding.text and "along edges" in finding.text


def test_gray_images_have_no_order_of_channels():
    def noisy(image):
        gray = image.mean(axis=2, keepdims=True)
        rng = np.random.default_rng(int(gray.sum()))
        return np.clip(gray + rng.normal(0, 5, image.shape), 0, 255).astype(np.uint8)

    given = Photos(lambda image: noisy(image[:, ::-1])[:, ::-1])
    (finding,) = ba.audit(given, reference=Photos(noisy))
    assert "the same picture, but" in finding.text and "channels" not in finding.text


def test_several_differences_are_all_named():
    given = patterns.Edged(lambda image: patterns.small(image)[..., ::-1] / np.float32(255))
    found = ba.audit(given, reference=patterns.Edged(patterns.small_otherwise))
    (finding,) = found
    for text in ("RGB, the other BGR", "a is 0 to 255; b is 0 to 1", "they differ along edges"):
        assert text in finding.text


def test_labels_of_others():
    found = ba.audit(patterns.Mislabelled(), reference=Photos())
    assert found.causes == (12,) and "label differs in 16 of 16" in found.findings[0].text
    assert not ba.audit(Photos(), reference=Photos)


def test_a_swap_of_height_and_width():
    tall = [np.random.default_rng(i).integers(0, 256, (9, 7, 3), dtype=np.uint8) for i in range(9)]
    wide = [np.random.default_rng(i).integers(0, 256, (7, 9, 3), dtype=np.uint8) for i in range(9)]
    found = ba.audit(tall, reference=wide)
    assert "in the same order under another shape: (7, 9, 3), (9, 7, 3)" in found.findings[0].text


def test_images_beside_those_of_another_index():
    """Only those that differ are shown."""
    order = [0, 2, 1, *range(3, 24)]
    found = ba.audit([PHOTOS[i] for i in order], reference=list(PHOTOS[:24]))
    assert "2 of 16 samples differ" in found.findings[0].text
    assert "b's 1 is a's 2, b's 2 is a's 1" in found.findings[0].text
    assert found.findings[0].ids == (1, 2)


@pytest.mark.parametrize("shape", [(60,), (5, 8, 8, 3)])
def test_vectors_and_videos_have_a_reference_too(shape):
    rng = np.random.default_rng(4)
    samples = [rng.normal(size=shape).astype(np.float32) for _ in range(5)]
    found = ba.audit([2 * sample + 1 for sample in samples], reference=samples)
    assert found.causes == (12,) and "b = 2 * a + 1 " in found.findings[0].text


def test_samples_of_a_stream_have_a_reference_too():
    """By what they say they are, or by their places."""

    def images(names, change=lambda image: image):
        return lambda: ({"image": change(PHOTOS[i]), **names(i)} for i in range(9))

    for names in (lambda i: {}, lambda i: {"path": f"{i}.png"}):
        found = ba.audit(images(names), reference=images(names, np.flipud))
        assert found.causes == (12,) and "9 of 9 samples differ" in found.findings[0].text
        assert "b is a mirrored top to bottom (8 of" in found.findings[0].text
        assert not ba.audit(images(names), reference=images(names))
    found = ba.audit(images(names), reference=images(lambda i: {"path": f"{i}.jpg"}))
    assert found.findings[0].text == "No sample of the reference has the id of one audited."


def test_what_cannot_be_compared_is_said():
    found = ba.audit(list(PHOTOS), reference=[image[:0] for image in PHOTOS])
    assert found.causes == (0,) and "a[0]: shape (0, 32, 3)" in found.findings[0].text


def test_values_that_were_said():
    assert ba.audit(Photos(), value_range=(0, 200)).causes == (0,)
    assert not ba.audit(Photos(patterns.unscaled), value_range=(0, 255))


def test_meant_to_be_augmented():
    assert ba.audit(Photos(), augmented=True).causes == (9,)
    assert not ba.audit(patterns.Keyed(), augmented=True)


# Parts.


def test_the_same_images_in_two_parts():
    found = ba.audit(train=Photos(), val=Photos())
    assert (
        found.causes == (11,)
        and "24 images are in both, of the first 24 and 24" in found.findings[0].text
    )
    assert not ba.audit(train=Photos(), val=patterns.Others())


def test_one_seed_before_each():
    """Complaint: both draw the same."""

    def make():
        random.seed(42)
        return [
            (patterns.drawn(image, random.getrandbits(64)), i) for i, image in enumerate(PHOTOS)
        ]

    assert ba.audit(train=make, val=make).causes == (11,)


class Files:
    """Augmented images with their paths."""

    def __init__(self, folder, by):
        self.paths, self.by = sorted(folder.glob("*.png")), by

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        image = np.asarray(Image.open(self.paths[index]))
        return {"image": np.roll(image, self.by), "path": str(self.paths[index])}


@pytest.mark.parametrize("linked", [False, True])
def test_the_same_files_in_two_folders(tmp_path, linked):
    """By their content, as what comes out is augmented otherwise."""
    folders = [tmp_path / name for name in ("train", "val")]
    folders[0].mkdir()
    for i in range(6):
        Image.fromarray(PHOTOS[i]).save(folders[0] / f"{i}.png")
    if linked:
        folders[1].symlink_to(folders[0], target_is_directory=True)
    else:
        folders[1].mkdir()
        for i in range(3):
            (folders[1] / f"copy {i}.png").write_bytes((folders[0] / f"{i}.png").read_bytes())
    train, val = Files(folders[0], 1), Files(folders[1], 2)
    found = ba.audit(train=train, val=val, identify=lambda sample: sample["path"])
    assert found.causes == (11,), str(found)
    assert f"{6 if linked else 3} files are in both, of the first 6" in found.findings[0].text


class Within:
    """A part of a data set, by its indices."""

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        return self.dataset[self.indices[index]]


def test_parts_that_share_a_data_set():
    whole = patterns.Turned()
    parts = {"train": Within(whole, range(12)), "val": Within(whole, range(12, 24))}
    found = ba.audit(**parts)
    assert found.causes == (6, 10), str(found)
    assert "val varies from pass to pass" in next(f for f in found if f.cause == 10).text
    # Sharing one that does not augment is right.
    whole = Photos()
    parts = {"train": Within(whole, range(12)), "val": Within(whole, range(12, 24))}
    assert not ba.audit(**parts)
    found = ba.audit(**parts, augmented=True)
    assert found.causes == (9, 10) and "train never varies" in found.findings[-1].text


# How it asks.


def test_identities():
    """By a name, by what no two samples share, by a function; without any, by what is there."""

    def batches(names):
        def make():
            # One of 24! orders: that two passes have the same has a chance of 2e-24.
            for chosen in np.split(np.random.default_rng().permutation(24), 6):
                yield {"image": PHOTOS[chosen]} | names(chosen)

        return make

    for names in (
        lambda order: {"index": order},
        lambda order: {"name": [f"{i}.png" for i in order]},
        lambda order: {"label": order % 3},
    ):
        assert not ba.audit(batches(names))
    unknown = ba.audit(batches(lambda order: {"label": order % 3}))
    assert ("by sample", False) in [(probe.name, probe.asked) for probe in unknown.probes]
    assert ("by sample", False) not in [
        (probe.name, probe.asked)
        for probe in ba.audit(
            batches(lambda order: {"label": order % 3}),
            identify=lambda sample: int(sample["image"].sum()),
        ).probes
    ]


IMAGES = PHOTOS[:5]


@pytest.mark.parametrize(
    ("batch", "count"),
    [
        (IMAGES, 5),
        (IMAGES[..., 0], 5),
        (IMAGES.transpose(0, 3, 1, 2), 5),
        (IMAGES.reshape(5, -1), 5),
        ([IMAGES, np.arange(5)], 5),
        ((IMAGES[:4, ..., 0], np.arange(4)), 4),
        ([IMAGES, ["a", "b", "c", "d", "e"]], 5),
        ((IMAGES, np.eye(5)), 5),
        ({"image": IMAGES[..., 0], "label": np.arange(5), "path": ["a", "b", "c", "d", "e"]}, 5),
        ([(image, 5) for image in IMAGES], 5),
        ([{"image": image, "path": "a"} for image in IMAGES], 5),
        (list(IMAGES), 5),
        (IMAGES[0], 1),
        (IMAGES[0].ravel(), 1),
        (IMAGES[0].transpose(2, 0, 1), 1),
        ((IMAGES[0, ..., 0], 5), 1),
        ({"video": IMAGES, "label": 5}, 1),
        ((IMAGES[0], IMAGES[0, ..., 0]), 1),
        (Image.fromarray(IMAGES[0]), 1),
    ],
)
def test_batches_are_taken_apart(batch, count):
    found = split(batch, None)
    assert len(found) == count
    first = largest(dict(leaves(found[0])))
    image = IMAGES if count == 1 and isinstance(batch, dict) else IMAGES[0]
    # The same pixels, whatever the axes.
    assert first.size in (image.size, image.size // 3)
    assert set(first.ravel()) <= set(image.ravel())


def test_what_is_not_asked_says_why():
    found = ba.audit(Photos)
    reasons = {probe.name: probe.reason for probe in found.probes if not probe.asked}
    assert reasons["2 workers"] == "the function has no parameter num_workers or workers"
    assert reasons["ranks"] == "the function has no parameter rank"
    assert reasons["seeded at epoch 1"] == "nothing can be told the epoch: give set_epoch="
    asked = {probe.name for probe in found.probes if probe.asked}
    assert {"as it is", "each sample twice", "seeded"} <= asked
    assert reasons["another seed"] in str(found)


@pytest.mark.parametrize(
    ("given", "which"), [(iter(Photos()), "second"), (iter([]), "first"), ([], "first")]
)
def test_what_gives_no_samples_is_not_sound(given, which):
    (finding,) = ba.audit(given)
    assert finding.cause == 0 and finding.text == f"The {which} pass has no samples."
    assert "give the function" in finding.advice


def test_a_factory_is_given_what_it_needs():
    asked = []

    def make(batch_size, *, num_workers, seed, shuffle, epoch=5):
        asked.append((batch_size, num_workers, shuffle, epoch))
        return [(image, place) for place, image in enumerate(PHOTOS)]

    assert not ba.audit(make)
    assert set(asked) == {
        (batch_size, workers, False, epoch)
        for batch_size, workers, epoch in [
            *itertools.product([4], [0, 2], [0, 1]), (4, 0, 5), (4, 3, 0), (6, 0, 0),
        ]
    }  # fmt: skip


def test_what_varies_has_no_reference():
    found = ba.audit(patterns.Turned(), reference=Photos())
    (probe,) = [probe for probe in found.probes if probe.name == "beside the reference"]
    assert found.causes == (6,) and not probe.asked and "varies" in probe.reason


def test_what_the_loop_does():
    """The audit's own loop does what the user's does."""

    class Attribute(patterns.Keyed):
        set_epoch = None

        def tell(self, loader, epoch):
            self.epoch = epoch

    told = Attribute()
    found = ba.audit(told, set_epoch=told.tell, augmented=True)
    assert not found, str(found)
    assert ba.audit(told, augmented=True).causes == (9,)


def test_global_generators_stay_as_they_were():
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    ba.audit(patterns.Turned())
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002


def test_what_hangs_is_reported():
    start = time.monotonic()
    found = ba.audit(patterns.Hanging(), timeout=0.5)
    assert time.monotonic() - start < WATCHDOG
    assert found.causes == (0,) and "no answer within 0.5 s" in found.findings[0].text
    assert not multiprocessing.active_children()


def test_only_so_many_samples_are_asked_for():
    seen = set()

    class Counting(Photos):
        def __getitem__(self, index):
            seen.add(index)
            return super().__getitem__(index)

    assert not ba.audit(Counting(), samples=10)
    assert seen == set(range(10))
    # Other ten of those that nothing tells apart are no finding.
    assert not ba.audit(patterns.make_unnamed, samples=10)


@pytest.mark.parametrize(
    ("given", "options", "kind", "message"),
    [
        ([], {"samples": 0}, ValueError, "samples=0: 1 to 9223372036854775807"),
        ([], {"epochs": 1}, ValueError, "epochs=1: 2 or more"),
        ([], {"timeout": 0}, ValueError, "timeout=0: more than 0"),
        (5, {}, TypeError, "int: a data set, a loader, or a function that makes one"),
        (None, {"val": 5}, TypeError, "val=int: a data set, a loader, or a function"),
        (lambda folder: [], {}, TypeError, "parameter 'folder': not one that the audit gives"),
        (None, {}, TypeError, "either one thing to audit, or parts by name"),
        (None, {"given": []}, TypeError, "given=: what is audited alone has no name"),
        ([], {"train": []}, TypeError, "either one thing to audit, or parts by name"),
        (None, {"train": [], "reference": []}, TypeError, "reference: it is for one thing"),
    ],
)
def test_refused(given, options, kind, message):
    with pytest.raises(kind) as error:
        ba.audit(given, **options)
    assert str(error.value).startswith(message)


# What it says.


def test_the_evidence():
    found = ba.audit(Photos(), reference=Photos(patterns.bgr))
    (finding,) = found
    assert finding.ids == (0, 1, 2, 3) and finding.probes == ("audited", "reference")
    assert finding.digests[1] == (ba.digest(PHOTOS[1]), ba.digest(PHOTOS[1][..., ::-1]))
    assert (finding.pictures[1][0] == PHOTOS[1]).all()
    text = str(found)
    assert "Prepared in another way (cause 12)" in text and finding.digests[0][0] in text


def test_as_json():
    report = json.loads(ba.audit(patterns.Turned()).to_json())
    (finding,) = report["findings"]
    assert finding["cause"] == 6 and finding["title"] == "Draws come from a stream"
    assert finding["ids"] == [0, 1, 2, 3] and len(finding["digests"]) == 4
    assert {"part": "", "name": "as it is", "asked": True, "reason": ""} in report["probes"]


def test_as_a_picture(tmp_path):
    """Each sample's images are in the sheet, pixel by pixel, enlarged."""
    found = ba.audit(Photos(), reference=Photos(patterns.bgr))
    found.save(tmp_path / "audit.png")
    sheet = np.asarray(Image.open(tmp_path / "audit.png"))
    for image in PHOTOS[0], PHOTOS[3][..., ::-1]:
        wanted = image.repeat(3, 0).repeat(3, 1)[:60, :60]
        windows = np.lib.stride_tricks.sliding_window_view(sheet, (*wanted.shape[:2], 3))[:, :, 0]
        corner = (windows[:, :, 0, 0] == wanted[0, 0]).all(-1)
        assert any((windows[y, x] == wanted).all() for y, x in np.argwhere(corner))
    ba.audit(Photos()).save(tmp_path / "none.png")
    assert (tmp_path / "none.png").exists()


# The command.


def test_the_command(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    assert main(["audit", "tests.audit_patterns:make_sound"]) == 0
    assert capsys.readouterr().out.startswith("nothing wrong was found")
    sheet = tmp_path / "audit.png"
    assert main(["audit", "tests.audit_patterns:Turned", "--sheet", str(sheet)]) == 1
    assert "(cause 6)" in capsys.readouterr().out and sheet.exists()
    arguments = ["tests.audit_patterns:Photos", "--val", "tests.audit_patterns:Photos", "--json"]
    assert main(["audit", *arguments]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["cause"] == 11
    reference = ["--reference", "tests.audit_patterns:Mislabelled"]
    assert main(["audit", "tests.audit_patterns:Photos", *reference]) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("photos", "photos: MODULE:NAME is needed"),
        ("tests.audit_patterns:nothing", "tests.audit_patterns has no nothing"),
        ("tests.no_such_module:x", "No module named 'tests.no_such_module'"),
        ("tests.audit_patterns:not_callable", "int: a data set, a loader, or a function"),
    ],
)
def test_the_command_refuses(name, message, capsys):
    assert main(["audit", name]) == 2
    assert message in capsys.readouterr().err


def test_the_command_names_a_module_that_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "fails_at_once.py").write_text("1 / 0\n")
    assert main(["audit", "fails_at_once:loader"]) == 2
    assert capsys.readouterr().err == (
        "bitaug audit: fails_at_once:loader: ZeroDivisionError: division by zero; "
        "python -c 'import fails_at_once' shows where\n"
    )


def test_the_command_finds_modules_of_the_folder(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nphotos = [np.full((4, 4), i, np.uint8) for i in range(9)]\n"
    )
    # -P: as a script that is installed, it has not the folder on its path.
    command = [sys.executable, "-P", "-c", "from bitaug._cli import main; raise SystemExit(main())"]
    environment = os.environ | {"PYTHONPATH": str(Path(ba.__file__).parents[1])}
    run = subprocess.run(
        [*command, "audit", "mine:photos"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=WATCHDOG,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


def test_nothing_heavy_is_imported():
    code = (
        "import sys, bitaug; assert 'bitaug._diagnose.audit.run' not in sys.modules;"
        "bitaug.audit([]); assert not {'torch', 'PIL', 'tensorflow'} & set(sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(ba.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=WATCHDOG)
