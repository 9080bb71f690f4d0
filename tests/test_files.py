"""What files are read and how, what they may do to other files, and what names a broken one."""

import contextlib
import io
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import PIL
import pytest
from PIL import Image, ImageOps

import bitaug as ba
from bitaug import _cli
from bitaug._samples.augmenter import Augmenter
from bitaug._samples.ordered import OrderedSource
from bitaug.materialize import check, run, skipped
from tests.materialized import CROP, MASKS, photos, rows, tree

FLIP = ba.HorizontalFlip(p=1)
AT = {"seed": 1, "epoch": 0, "index": 0}
ROOT = Path(ba.__file__).parents[1]
PHOTO = np.random.default_rng(1).integers(0, 256, (24, 32, 3)).astype(np.uint8)
posix = pytest.mark.skipif(os.name == "nt", reason="no pipes in folders there")
needs_links = pytest.mark.skipif(os.name == "nt", reason="links need rights there")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photos(tmp_path)
    ba.save(CROP, "p.json")
    return tmp_path


COMMANDS = {
    "materialize": ["materialize", "--pipeline=p.json", "--input=photos", "--output=o", "--seed=1"],
    "preview": ["preview", "--pipeline=p.json", "--input=photos", "--output=o.png", "--seed=1"],
    "leaks": ["leaks", "photos"],
}


# What is read -----------------------------------------------------------------------------------


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def lost_link(path):
    path.symlink_to("nowhere")


def local_socket(path):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(path.name)


SPECIAL = {"a named pipe": pipe, "a device": device, "a socket": local_socket}


@posix
@pytest.mark.parametrize("kind", SPECIAL)
def test_only_regular_files_are_read(kind, folder, capsys, monkeypatch):
    with contextlib.chdir("photos"):
        SPECIAL[kind](Path("aa.png"))
    for command in COMMANDS.values():
        assert _cli.main(command) == 2
        assert f"aa.png: it cannot be read: {kind}; a file is needed" in capsys.readouterr().err
    for call in (ba.leaks, ba.fit_statistics, lambda given: ba.compare(given, given)):
        with pytest.raises(OSError, match=rf"aa\.png: it cannot be read: {kind}"):
            call("photos")
    run(CROP, "photos", "made", seed=1, skip_broken=True)
    assert skipped("made") == [(0, "aa.png", f"{kind}; a file is needed")]


@posix
def test_a_pipe_in_place_of_any_other_input_is_refused(folder, capsys):
    os.mkfifo("boxes.pipe")
    os.mkfifo("p.yaml")
    for command in (
        [*COMMANDS["materialize"], "--boxes=boxes.pipe"],
        ["materialize", "--pipeline=p.yaml", "--input=photos", "--output=o", "--seed=1"],
        ["explain", "--pipeline=p.json", "--seed=1", "--epoch=0", "--index=0", "--image=p.yaml"],
    ):
        assert _cli.main(command) == 2
        assert "a named pipe; a file is needed" in capsys.readouterr().err
    run(CROP, "photos", "made", seed=1)
    for name in ("materialize.json", "SHA256SUMS", "manifest.jsonl"):
        kept = Path("made", name).read_bytes()
        Path("made", name).unlink()
        os.mkfifo(Path("made", name))
        assert _cli.main(["check", "made"]) in (1, 2)
        Path("made", name).unlink()
        Path("made", name).write_bytes(kept)
    assert check("made") == []


@needs_links
def test_a_link_to_nothing_is_broken(folder):
    lost_link(Path("photos/aa.png"))
    run(CROP, "photos", "made", seed=1, skip_broken=True)
    assert skipped("made") == [(0, "aa.png", "No such file or directory")] and not check("made")
    for call in (ba.leaks, ba.fit_statistics):
        with pytest.raises(OSError, match=r"aa\.png: it cannot be read: No such file"):
            call("photos")
        assert call("photos", skip_broken=True).skipped[0].reason == "No such file or directory"


def test_a_folder_named_like_an_image_is_a_folder(folder):
    Path("photos/z.png").mkdir()
    Image.fromarray(PHOTO).save("photos/z.png/in.png")
    assert ba.fit_statistics("photos").images == len(MASKS) + 1


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_color_of_16_bits_is_not_halved(suffix, channels, folder, capsys):
    wide = np.random.default_rng(1).integers(0, 65536, (9, 9, channels)).astype(np.uint16)
    cv2.imwrite(f"photos/wide{suffix}", wide)
    with pytest.raises(OSError, match=r"wide\.\w+: it cannot be read: .*of 16 bits a channel") as e:
        ba.fit_statistics("photos")
    # What it says is done.
    code = re.search(r"cv2\.imread\(.*\)\[\.\.\., .*\](?= reads it)", str(e.value))[0]
    stored = eval(code.replace('"a.png"', repr(f"photos/wide{suffix}")))
    assert np.array_equal(stored, wide[..., [2, 1, 0, 3][:channels]])
    np.save("photos/wide.npy", stored)
    assert ba.fit_statistics(["photos/wide.npy"]).dtype == "uint16"
    Path("photos/wide.npy").unlink()
    Path(f"photos/wide{suffix}").unlink()
    for file in ("photos/pale.png", "masks/pale.png.png"):
        kept = Path(file).read_bytes()
        cv2.imwrite(file, wide)
        assert _cli.main([*COMMANDS["preview"], "--masks=masks", "--images=9"]) == 2
        said = capsys.readouterr().err
        assert f"{file}: it cannot be read: " in said and "of 16 bits a channel" in said
        Path(file).write_bytes(kept)


@pytest.mark.parametrize("opened", ["png", "tiff"])
def test_color_of_16_bits_as_a_pil_image(opened, tmp_path):
    wide = np.full((4, 5, 3), 1000, np.uint16)
    cv2.imwrite(str(tmp_path / f"a.{opened}"), wide)
    augmenter = Augmenter(FLIP, seed=1, stream="train")
    with Image.open(tmp_path / f"a.{opened}") as image:
        with pytest.raises(ValueError, match="of 16 bits a channel, of which Pillow keeps 8") as e:
            augmenter.one(image, 0, 0)
        assert e.value.__notes__ == ["at index 0"]
    with Image.open(tmp_path / f"a.{opened}") as image:
        code = re.search(r"if 8 are enough, (.*)", str(e.value))[1]
        assert augmenter.one(eval(code), 0, 0).dtype == np.uint8


GRAY = np.arange(192, dtype=np.uint8).reshape(12, 16)
ALPHA = np.stack([GRAY, GRAY + 100], axis=2)
LARGE = GRAY.astype(np.int32) * 300
# An image of each mode, and the values that it has.
MODES = {
    "1": (Image.fromarray(GRAY % 2 == 1), np.where(GRAY % 2 == 1, 255, 0)),
    "L": (Image.fromarray(GRAY), GRAY),
    "P": (Image.fromarray(PHOTO).quantize(9), None),
    "PA": (Image.fromarray(ALPHA).convert("PA"), None),
    "LA": (Image.fromarray(ALPHA), np.stack([GRAY, GRAY, GRAY, GRAY + 100], axis=2)),
    "RGB": (Image.fromarray(PHOTO), PHOTO),
    "RGBA": (Image.fromarray(PHOTO).convert("RGBA"), None),
    "RGBX": (Image.fromarray(PHOTO).convert("RGBX"), PHOTO),
    "RGBa": (Image.fromarray(PHOTO).convert("RGBA").convert("RGBa"), None),
    "La": (Image.fromarray(ALPHA).convert("La"), None),
    "CMYK": (Image.fromarray(PHOTO).convert("CMYK"), PHOTO),
    "YCbCr": (Image.fromarray(PHOTO).convert("YCbCr"), None),
    "HSV": (Image.fromarray(PHOTO).convert("HSV"), None),
    "LAB": (Image.frombytes("LAB", (32, 24), PHOTO.tobytes()), None),
    "I": (Image.fromarray(LARGE), LARGE),
    "I, negative": (Image.fromarray(LARGE - 5000), LARGE - 5000),
    "I, large": (Image.fromarray(LARGE * 100), LARGE * 100),
    "F": (Image.fromarray(LARGE.astype(np.float32) / 7), LARGE.astype(np.float32) / 7),
    "I;16": (Image.fromarray(LARGE.astype(np.uint16)), LARGE),
    "I;16B": (Image.frombytes("I;16B", (16, 12), LARGE.astype(">u2").tobytes()), LARGE),
}


@pytest.mark.parametrize("mode", MODES)
def test_what_is_said_of_a_mode_of_pillow_is_right(mode):
    image, values = MODES[mode]
    augmenter = Augmenter(FLIP, seed=1, stream="train")
    taken = image
    if mode not in ("L", "RGB", "RGBA", "I;16", "I;16B"):
        shown = re.escape(image.mode)
        with pytest.raises(ValueError, match=f"PIL mode '{shown}': one of L, RGB, RGBA, I;16") as e:
            augmenter.one(image, 0, 0)
        taken = eval(re.search("convert it first, as by (.*)", str(e.value))[1])
    made = augmenter.one(taken, 0, 0)
    assert values is None or np.array_equal(made[:, ::-1], values)
    # A call of a pipeline takes arrays alone.
    with pytest.raises(TypeError, match=r"Image is not a numpy.ndarray; .* makes one") as e:
        FLIP(image, **AT)
    code = re.search("ndarray; (.*) makes one", str(e.value))[1]
    assert np.array_equal(FLIP(eval(code), **AT), made)


@pytest.mark.parametrize("mode", ["I", "I, negative", "I, large", "F"])
def test_what_is_said_of_a_file_of_32_bits_is_right(mode, tmp_path):
    given, values = MODES[mode]
    given.save(tmp_path / "a.tif")
    with pytest.raises(OSError, match=r"a\.tif: it cannot be read: mode .*a \.npy file of") as e:
        ba.fit_statistics(tmp_path)
    code = re.search("file of (.*)", str(e.value))[1]
    np.save(tmp_path / "a.npy", eval(code, {"np": np, "image": Image.open(tmp_path / "a.tif")}))
    found = ba.fit_statistics([tmp_path / "a.npy"])
    assert (found.low[0], found.high[0]) == (values.min(), values.max())


# Orientation ------------------------------------------------------------------------------------


def turned(turn, form="JPEG"):
    """A picture that is upright when it is turned, as Pillow opens it."""
    data = io.BytesIO()
    large = Image.fromarray(np.kron(PHOTO, np.ones((8, 8, 1), np.uint8)))
    large.save(data, form, exif=turned_exif(turn))
    return data.getvalue()


def turned_exif(turn):
    exif = Image.Exif()
    exif[0x0112] = turn
    return exif


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("turn", "form"), [*((i, "JPEG") for i in range(1, 9)), (6, "PNG"), (6, "TIFF"), (6, "WEBP")]
)
def test_every_reader_turns_a_picture_as_exif_says(turn, form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    data = turned(turn, form)
    upright = np.asarray(ImageOps.exif_transpose(opened(data)))
    Path(f"photos/a.{form.lower()}").write_bytes(data)
    run(FLIP, "photos", "made", seed=1)
    assert np.array_equal(np.load(f"made/{rows(Path('made'))[0]['path']}"), upright[:, ::-1])
    assert check("made") == []
    # On the fly, too, and with what a data set has converted.
    for image in (opened(data), opened(data).convert("RGB")):
        if form != "TIFF":  # whose orientation Pillow drops
            assert image.getexif().get(0x0112, 1) == turn
        made = Augmenter(FLIP, seed=1, stream="train").one((image, 3), 0, 0)
        assert np.array_equal(made[0], upright[:, ::-1]) and made[1] == 3
        assert not ba.compare([image], [upright]).differing
        assert ba.leaks([image], [upright])[0].kind == "same content"


@pytest.mark.parametrize("turn", [2, 3, 4, 5, 6, 7, 8])
def test_leaks_finds_the_upright_copy(turn, tmp_path):
    for name in ("train", "val"):
        (tmp_path / name).mkdir()
    (tmp_path / "train" / "a.jpg").write_bytes(turned(turn))
    upright = ImageOps.exif_transpose(opened(turned(turn)))
    upright.save(tmp_path / "val" / "a.png")
    ImageOps.mirror(upright).save(tmp_path / "val" / "b.png")
    found = ba.leaks(tmp_path / "train", tmp_path / "val", flips=True)
    assert [pair.kind for pair in found] == ["same content", "mirrored"]


@pytest.mark.parametrize("turn", range(1, 9))
def test_targets_of_a_picture_that_is_turned_are_refused(turn, folder, capsys):
    """Whether they were drawn before or after, nobody knows."""
    Path("photos/a.jpg").write_bytes(turned(turn))
    Image.fromarray(np.zeros((192, 256), np.uint8)).save("masks/a.jpg.png")
    augmenter = Augmenter(FLIP, seed=1, stream="train")
    sample = {"image": opened(turned(turn)), "bboxes": np.array([[1.0, 2, 3, 4]])}
    commands = [
        [*COMMANDS[name], option]
        for name in ("materialize", "preview")
        for option in ("--boxes=boxes.json", "--masks=masks")
    ]
    if turn == 1:
        augmenter.one(sample, 0, 0)
        for i, command in enumerate(commands):
            assert _cli.main([*command, f"--output=o{i}.png"]) == 0
        return
    for command in commands:
        assert _cli.main(command) == 2
        assert f"a.jpg: it cannot be read: EXIF orientation {turn}" in capsys.readouterr().err
    with pytest.raises(ValueError, match=f"image: EXIF orientation {turn}, and targets") as e:
        augmenter.one(sample, 0, 0)
    first, second = re.findall(r"PIL\.\S*\(.*?image\)+", str(e.value))
    for code, wanted in (
        (first, np.asarray(opened(turned(turn)))),
        (second, np.asarray(ImageOps.exif_transpose(opened(turned(turn))))),
    ):
        image = eval(code, {"PIL": PIL, "np": np, "image": sample["image"]})
        made = augmenter.one(sample | {"image": image}, 0, 0)
        assert np.array_equal(made["image"], wanted[:, ::-1])


def test_targets_of_a_tiff_that_pillow_turns_are_refused(folder):
    sample = {"image": opened(turned(6, "TIFF")), "keypoints": np.array([[1.0, 2]])}
    with pytest.raises(ValueError, match="EXIF orientation 6, and targets"):
        Augmenter(FLIP, seed=1, stream="train").one(sample, 0, 0)
    # The mask's, too.
    Image.open(io.BytesIO(turned(1))).save("masks/pale.png.png", exif=turned_exif(8))
    with pytest.raises(OSError, match=r"pale\.png\.png: it cannot be read: EXIF orientation 8"):
        run(CROP, "photos", "o", seed=1, masks="masks")


def test_damaged_exif_says_nothing(tmp_path):
    data = io.BytesIO()
    Image.fromarray(PHOTO).save(data, "JPEG", exif=b"Exif\0\0no TIFF at all")
    (tmp_path / "a.jpg").write_bytes(data.getvalue())
    assert ba.fit_statistics(tmp_path).images == 1


# What is written --------------------------------------------------------------------------------


@pytest.fixture
def outside(folder):
    (folder / "outside").mkdir()
    for name in ("journal", "keep.txt", "picture.png"):
        (folder / "outside" / name).write_text("mine")
    return folder / "outside"


def untouched(outside):
    return {path.name: path.read_text() for path in outside.iterdir()} == dict.fromkeys(
        ("journal", "keep.txt", "picture.png"), "mine"
    )


@needs_links
@pytest.mark.parametrize("place", [".materialize", "epoch-0000", "epoch-0000/images"])
def test_a_link_in_place_of_a_folder_is_refused(place, folder, outside, capsys):
    run(CROP, "photos", "o", seed=1)
    link = Path("o", place)
    if link.exists():
        link.rename("away")
    link.symlink_to(outside)
    assert _cli.main(COMMANDS["materialize"]) == 2
    assert f"{folder / 'o' / place}: a link; a folder is written there" in capsys.readouterr().err
    assert untouched(outside) and link.is_symlink()


@needs_links
def test_a_new_run_does_not_begin_in_a_link(folder, outside):
    Path("o").mkdir()
    Path("o/.materialize").symlink_to(outside)
    assert _cli.main(COMMANDS["materialize"]) == 2
    assert untouched(outside) and [path.name for path in Path("o").iterdir()] == [".materialize"]


@needs_links
@pytest.mark.parametrize(
    "name", ["manifest.jsonl", "SHA256SUMS", "materialize.json", "skipped.jsonl", "image"]
)
def test_a_link_in_place_of_a_file_is_replaced(name, folder, outside):
    run(CROP, "photos", "whole", seed=1)
    run(CROP, "photos", "o", seed=1)
    name = "epoch-0000/images/pale.png.npy" if name == "image" else name
    file = Path("o", name)
    if name == "materialize.json":
        file.rename("job")
        file.symlink_to(folder / "job")
    else:
        file.unlink(missing_ok=True)
        file.symlink_to(outside / "keep.txt")
        Path("o/SHA256SUMS").unlink()
    run(CROP, "photos", "o", seed=1)
    assert untouched(outside)
    assert tree(folder / "o") == tree(folder / "whole")


@needs_links
def test_a_link_in_place_of_the_journal_or_a_new_file_is_removed(folder, outside):
    Path("photos/zz.png").write_text("broken")
    assert _cli.main(COMMANDS["materialize"]) == 2
    for name in ("journal", "0123"):
        file = Path("o/.materialize", name)
        file.unlink(missing_ok=True)
        file.symlink_to(outside / "journal")
    run(CROP, "photos", "o", seed=1, skip_broken=True)
    assert untouched(outside) and not Path("o/.materialize").exists()


@needs_links
def test_the_folder_that_is_given_may_be_a_link(folder):
    Path("real").mkdir()
    Path("o").symlink_to("real")
    assert _cli.main(COMMANDS["materialize"]) == 0
    assert check("real") == [] and Path("o").is_symlink()


@needs_links
def test_a_row_or_sum_that_leads_out_of_the_folder_is_not_followed(folder, outside):
    run(CROP, "photos", "o", seed=1)
    for name in ("manifest.jsonl", "SHA256SUMS"):
        text = Path("o", name).read_text("utf-8")
        for path in ("../outside/keep.txt", str(outside / "keep.txt")):
            changed = text.replace("epoch-0000/images/pale.png.npy", path)
            Path("o", name).write_text(changed, "utf-8")
            found = "\n".join(check("o"))
            said = f"{path}: missing" if name == "SHA256SUMS" else f"{path}: not in the folder"
            assert said in found
        Path("o", name).write_text(text, "utf-8")
    assert check("o") == []


IMAGE = np.zeros((9, 9, 3), np.uint8)
REPORTS = {
    "trace": lambda path: FLIP.trace(IMAGE, **AT).save(path),
    "compare": lambda path: ba.compare(IMAGE, IMAGE + 1).save(path),
    "audit": lambda path: ba.audit([IMAGE, IMAGE, IMAGE]).save(path),
    "leaks": lambda path: ba.leaks([IMAGE, IMAGE]).save(path),
    "save": lambda path: ba.save(FLIP, Path(path).with_suffix(".json")),
    "preview": lambda path: _cli.main([*COMMANDS["preview"], f"--output={path}"]),
    "split": lambda _: _cli.main(
        ["split", "--input=photos", "--parts", "report=1", "--seed=1", "--output=."]
    ),
}


@needs_links
@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_not_written_through_a_link(name, folder, outside):
    for suffix in (".png", ".json", ".txt"):
        Path("report").with_suffix(suffix).symlink_to(outside / "picture.png")
    REPORTS[name]("report.png")
    assert untouched(outside)
    written = [path for path in folder.glob("report.*") if not path.is_symlink()]
    assert len(written) == 1 and written[0].stat().st_size > 0
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_report_that_cannot_be_written_is_named(folder, capsys):
    Path("o.png").mkdir()
    assert _cli.main(COMMANDS["preview"]) == 2
    assert "'o.png'" in capsys.readouterr().err
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ["a/b", "..\\b", ""])
def test_the_name_of_a_part_is_no_path(name, folder, capsys):
    parts = ["--parts", f"{name}=0.5", "rest=0.5"]
    assert _cli.main(["split", "--input=photos", *parts, "--seed=1", "--output=lists"]) == 2
    assert "without /" in capsys.readouterr().err and not Path("lists").exists()


def test_names_that_a_system_does_not_tell_apart(folder, monkeypatch):
    """On such a system; here it is only told so."""
    Image.fromarray(PHOTO).save("photos/PALE.png")
    run(CROP, "photos", "o", seed=1)
    there = Path.exists
    monkeypatch.setattr(Path, "exists", lambda path: there(path.parent / path.name.lower()))
    with pytest.raises(ValueError, match=r"pale\.png: PALE\.png would have the same name in "):
        run(CROP, "photos", "p", seed=1)
    assert not there(Path("p/materialize.json"))


# Broken files -----------------------------------------------------------------------------------


@pytest.fixture
def broken(folder):
    """Three of the images, each in its way."""
    Path("photos/a.png").write_bytes(Path("photos/a.png").read_bytes()[:60])
    Path("photos/deep/er/b.npy").write_bytes(b"")
    Path("photos/z%.png").write_text("no image")
    return ["a.png", "deep/er/b.npy", "z%.png"]


def test_statistics_without_broken_files(folder, broken):
    whole = [f"photos/{key}" for key in MASKS if key not in broken]
    found = ba.fit_statistics("photos", skip_broken=True)
    assert found == ba.fit_statistics(whole) and not ba.fit_statistics(whole).skipped
    assert [each.name for each in found.skipped] == broken
    assert found.skipped[-1].reason == "no image that Pillow knows"
    assert "3 skipped" in repr(found)
    again = ba.Statistics.from_json(found.to_json())
    assert again == found and again.skipped == found.skipped
    assert (found + again).skipped == found.skipped * 2
    with pytest.raises(
        ValueError, match=r"images: none of 2 can be read; the first, photos/a\.png:"
    ):
        ba.fit_statistics(["photos/a.png", "photos/z%.png"], skip_broken=True)


def test_leaks_without_broken_files(folder, broken, capsys):
    found = ba.leaks("photos", "photos", skip_broken=True)
    assert len(found) == len(MASKS) - 3
    assert [each.name for each in found.skipped] == [f"photos/{key}" for key in broken] * 2
    assert "6 could not be read" in found.summary()
    found.save("sheet.png")
    assert _cli.main(["leaks", "photos", "photos", "--skip-broken"]) == 1
    capsys.readouterr()
    assert _cli.main(["leaks", "photos", "--skip-broken"]) == 3
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in said] == [f"photos/{key}" for key in broken]
    assert _cli.main(["leaks", "photos"]) == 2


class Source:
    """As torchvision's, with lists of paths; the third cannot be read."""

    def __init__(self):
        self.samples = [(f"photos/{i}.png", 0) for i in range(5)]

    def __len__(self):
        return 5

    def __getitem__(self, place):
        if place == 2:
            raise KeyError("cannot decode")
        return np.full((40, 40, 3), place * 10, np.uint8), 0


class Part:
    def __init__(self):
        self.dataset, self.indices = Source(), [4, 2, 0]

    def __len__(self):
        return 3

    def __getitem__(self, place):
        return self.dataset[self.indices[place]]


@pytest.mark.parametrize(("source", "place"), [(Source(), 2), (Part(), 1)])
def test_whatever_a_data_set_raises_names_the_sample(source, place):
    for call in (ba.fit_statistics, ba.leaks):
        with pytest.raises(KeyError) as caught:
            call(source)
        assert caught.value.__notes__ == [f"at images[{place}], photos/2.png"]
        found = call(source, skip_broken=True)
        assert found.skipped == ((f"images[{place}], photos/2.png", "KeyError: 'cannot decode'"),)
    order = ba.Order(len(source), seed=1, stream="train", shuffle=False)
    adapter = OrderedSource(source, FLIP, order, seed=1, stream="train")
    for asked in (
        lambda: adapter.one(0, place),
        lambda: adapter.batch(0, np.arange(len(source))),
    ):
        with pytest.raises(KeyError) as caught:
            asked()
        assert caught.value.__notes__ == [f"at index {place}, photos/2.png"]


def test_a_broken_pil_image_and_iterator_are_named(tmp_path):
    Image.fromarray(PHOTO).save(tmp_path / "a.png")
    cut = (tmp_path / "a.png").read_bytes()[:300]
    with pytest.raises(OSError, match="runcated") as caught:
        Augmenter(FLIP, seed=1, stream="train").one(opened(cut), 0, "cat/a.png")
    assert caught.value.__notes__ == ["at index 'cat/a.png'"]
    with pytest.raises(OSError, match="runcated") as caught:
        ba.fit_statistics([PHOTO, opened(cut)])
    assert caught.value.__notes__ == ["at images[1]"]

    def failing():
        yield PHOTO
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError) as caught:
        ba.fit_statistics(failing())
    assert caught.value.__notes__ == ["at images[1]"]


def test_places_stay_behind_what_was_skipped():
    images = [PHOTO] * 300
    images[7] = images[260] = opened(turned(1)[:3000])
    images[290] = PHOTO[..., :1]
    with pytest.raises(ValueError, match=r"images\[290\]: 1 channel of uint8"):
        ba.fit_statistics(images, skip_broken=True)


FORMATS = {
    "npy": {},
    "png": {"format": "png"},
    "stack": {"shard_size": 3},
    "webdataset": {"format": "webdataset", "shard_size": 3},
    "parquet": {"format": "parquet", "shard_size": 3},
}


@pytest.mark.parametrize("form", FORMATS)
def test_materialize_without_broken_files(form, folder, broken, capsys):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    given = {"seed": 7, "epochs": 2, **FORMATS[form]}
    ticks = []
    made = run(
        CROP, "photos", "o", skip_broken=True, threads=2,
        progress=lambda done, total: ticks.append((done, total)), **given,
    )  # fmt: skip
    assert made == 2 * (len(MASKS) - 3) and sorted(ticks)[-1] == (14, 14) and len(ticks) == 15
    assert [(each.epoch, each.key) for each in skipped("o")] == [
        (epoch, key) for epoch in range(2) for key in broken
    ]
    stored = {(row["epoch"], row["key"]): row["pixels"] for row in rows(folder / "o")}
    for i, key in enumerate(broken):
        Path("photos", key).rename(f"{i}.away")
    run(CROP, "photos", "whole", **given)
    assert stored == {(row["epoch"], row["key"]): row["pixels"] for row in rows(folder / "whole")}
    for i, key in enumerate(broken):
        Path(f"{i}.away").rename(Path("photos", key))
    assert check("o") == []
    assert _cli.main(["check", "o"]) == 0
    assert "6 samples were skipped" in capsys.readouterr().out
    # Finished, it is as it is, if that is wanted.
    assert run(CROP, "photos", "o", skip_broken=True, **given) == 0
    with pytest.raises(ValueError, match=r"finished without 6 samples .* the first a\.png: "):
        run(CROP, "photos", "o", **given)
    assert check("o") == []


def test_a_run_that_failed_goes_on_without_the_broken_files(folder, broken, capsys):
    assert _cli.main(COMMANDS["materialize"]) == 2
    assert _cli.main([*COMMANDS["materialize"], "--skip-broken"]) == 3
    told = capsys.readouterr()
    lines = told.err.splitlines()[-3:]
    assert [line.split(": ")[:2] for line in lines] == [["skipped", key] for key in broken]
    assert told.out == "4 samples made; o is complete but for 3 skipped\n"
    assert _cli.main(["check", "o"]) == 0
    Path("o/skipped.jsonl").write_text("")
    found = "\n".join(check("o"))
    assert "skipped.jsonl: changed" in found and "a.png, epoch 0: no row" in found


def test_check_says_that_a_skipped_file_can_be_read_now(folder, broken):
    run(CROP, "photos", "o", seed=1, skip_broken=True)
    Image.fromarray(PHOTO).save("photos/a.png")
    assert check("o") == ["a.png: it was skipped as it could not be read, and now it can be"]


def test_a_run_that_was_killed_keeps_its_list(folder, broken, monkeypatch):
    from bitaug.materialize import _run

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_run, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(CROP, "photos", "o", seed=1, skip_broken=True)
    assert run(CROP, "photos", "o", seed=1, skip_broken=True) == 0
    assert [each.key for each in skipped("o")] == broken
    # Without it, nothing is left out.
    with monkeypatch.context() as patch:
        patch.setattr(_run, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run(CROP, "photos", "p", seed=1, skip_broken=True)
    with pytest.raises(OSError, match=r"a\.png: it cannot be read"):
        run(CROP, "photos", "p", seed=1)


def test_a_broken_mask_is_skipped_with_its_image(folder):
    Path("masks/pale.png.png").write_text("no image")
    run(CROP, "photos", "o", seed=1, masks="masks", skip_broken=True)
    assert skipped("o") == [(0, "pale.png", "mask: no image that Pillow knows")]
    assert check("o") == []


def test_a_full_disk_is_no_broken_file(folder, monkeypatch):
    from bitaug.materialize import _store

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_store.NewFile, "write", full)
    with pytest.raises(OSError, match="No space left"):
        run(CROP, "photos", "o", seed=1, skip_broken=True)


def test_where_all_are_broken(folder):
    for path in Path("photos").rglob("*.*"):
        path.write_text("broken")
    with pytest.raises(ValueError, match="images: none of 7 can be read"):
        run(CROP, "photos", "o", seed=1, skip_broken=True)
    with pytest.raises(
        ValueError, match=r"images: none of 7 can be read; the first, photos/a\.jpg"
    ):
        ba.leaks("photos", skip_broken=True)
    assert not Path("o").exists()


# Closed streams ---------------------------------------------------------------------------------


def shell(script, folder):
    # Unbuffered, argparse itself swallows what --help cannot write.
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60,
        env=buffered | {"PYTHONPATH": str(ROOT), "BITAUG": f"{sys.executable} -m bitaug"},
    )  # fmt: skip


@posix
@pytest.mark.parametrize(
    "command", ["schema", "--help", "leaks --help", "leaks photos photos", "leaks photos missing"]
)
def test_a_reader_that_has_gone_ends_a_command_quietly(command, folder):
    """Each stream closed, to nobody's surprise: no traceback, and the usual status."""
    ended = shell(f"$BITAUG {command} | true; echo ${{PIPESTATUS[0]}}", folder)
    wanted = "2" if "missing" in command else "141"
    assert ended.stdout == f"{wanted}\n" and "Traceback" not in ended.stderr
    assert "BrokenPipe" not in ended.stderr and "ignored" not in ended.stderr
    both = shell(f"$BITAUG {command} 2>&1 | true; echo ${{PIPESTATUS[0]}}", folder)
    assert both.stdout == "141\n" and both.stderr == ""
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        ended = shell(f"$BITAUG {command} {closed}; echo $? >&2", folder)
        assert "Traceback" not in ended.stderr and "ignored" not in ended.stderr


@posix
def test_a_full_disk_under_stdout_is_told(folder):
    ended = shell("$BITAUG schema > /dev/full; echo $?", folder)
    assert ended.stdout == "2\n" and ended.stderr.count("\n") == 1
    assert ended.stderr == "bitaug schema: [Errno 28] No space left on device\n"
