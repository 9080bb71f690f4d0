"""`bitaug preview` and `bitaug explain`: they show what a call returns."""

import json

import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug import _cli
from bitaug._look.pen import GAP, LINE, MARGIN
from tests.materialized import photos

CROP = ba.Compose([ba.RandomResizedCrop(120), ba.HorizontalFlip()], bbox_params=ba.BboxParams())
SIDE = 120


@pytest.fixture
def folder(tmp_path, monkeypatch):
    photos(tmp_path)
    ba.save({"train": CROP, "val": ba.HorizontalFlip()}, tmp_path / "p.json")
    ba.save(CROP, tmp_path / "one.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tiles(sheet, rows, columns):
    """The pictures of a sheet."""
    width, height = SIDE + GAP, SIDE + 4 * LINE + 8 + GAP
    assert sheet.shape[0] == 2 * MARGIN + 2 * LINE + rows * height - GAP
    assert sheet.shape[1] == 2 * MARGIN + columns * width - GAP
    top = MARGIN + 2 * LINE
    return [
        [sheet[top + r * height :, MARGIN + c * width :][:SIDE, :SIDE] for c in range(columns)]
        for r in range(rows)
    ]


def test_a_sheet_shows_what_calls_return(folder, capsys):
    """Tiles of the size of the outputs have their pixels."""
    arguments = ["--pipeline=one.json", "--input=photos", "--seed=7", "--stream=val"]
    options = ["--images=3", "--epochs=2", f"--side={SIDE}", "--output=sheet.png"]
    assert _cli.main(["preview", *arguments, *options]) == 0
    assert capsys.readouterr().out == "sheet.png\n"
    shown = tiles(np.asarray(Image.open("sheet.png")), 3, 3)
    # Of seven, spread over the folder.
    for row, key in zip(shown, ["a.jpg", "cat/a.b.png", "deep/er/b.npy"], strict=True):
        path = folder / "photos" / key
        image = np.load(path) if path.suffix == ".npy" else np.asarray(Image.open(path))
        for epoch in 0, 1:
            made = CROP(image, seed=7, stream="val", epoch=epoch, index=key)
            np.testing.assert_array_equal(row[1 + epoch], made)


def test_a_sheet_too_large_to_be_looked_at_is_refused(folder, capsys):
    arguments = ["preview", "--pipeline=one.json", "--input=photos", "--seed=7", "--side=120"]
    assert _cli.main([*arguments, "--epochs=1000000", "--output=sheet.png"]) == 2
    assert (
        "pixels: at most 268435456 pixels; draw fewer samples or epochs" in capsys.readouterr().err
    )


def test_a_sheet_with_masks_and_boxes(folder):
    arguments = ["preview", "--pipeline=one.json", "--input=photos", "--seed=7", "--side=120"]
    assert _cli.main([*arguments, "--output=plain.png"]) == 0
    assert _cli.main([*arguments, "--output=masks.png", "--masks=masks"]) == 0
    assert _cli.main([*arguments, "--output=boxes.png", "--boxes=boxes.json"]) == 0
    plain, *others = (
        np.asarray(Image.open(f"{name}.png")).astype(int) for name in ("plain", "masks", "boxes")
    )
    for other in others:
        assert other.shape == plain.shape and (other != plain).any()


ADDRESS = {"seed": 42, "epoch": 3, "index": "cat/a.b.png"}


def test_explain(folder, capsys):
    expected = CROP.explain(**ADDRESS, shape=(22, 28, 3))
    flags = [f"--{name}={value}" for name, value in ADDRESS.items()]
    several = ["explain", "--pipeline=p.json", "--name=train"]
    for command in (
        ["explain", "--pipeline=one.json", *flags, "--image=photos/cat/a.b.png"],
        [*several, *flags, "--shape", "22", "28", "3"],
        [*several, *flags, "--shape", "22", "28", "3", "--stream=train", "--repeat=0"],
    ):
        assert _cli.main(command) == 0
        assert capsys.readouterr().out == expected
    receipt = CROP.receipt(**ADDRESS)
    sample = ba.from_receipt(receipt, CROP)
    assert _cli.main([*several, "--receipt", receipt, "--shape", "22", "28", "3"]) == 0
    assert capsys.readouterr().out == sample.explain(shape=(22, 28, 3))
    number = ["--seed=42", "--epoch=3", "--index=17", "--shape", "9", "9", "--dtype=uint16"]
    assert _cli.main([*several, *number]) == 0
    asked = CROP.explain(seed=42, epoch=3, index=17, shape=(9, 9), dtype="uint16")
    assert capsys.readouterr().out == asked


def test_explain_draws_the_trace(folder):
    flags = [f"--{name}={value}" for name, value in ADDRESS.items()]
    image = ["--image=photos/cat/a.b.png", "--trace=trace.png"]
    assert _cli.main(["explain", "--pipeline=one.json", *flags, *image]) == 0
    photo = np.asarray(Image.open("photos/cat/a.b.png"))
    drawn = CROP.trace(photo, **ADDRESS).draw()
    np.testing.assert_array_equal(np.asarray(Image.open("trace.png")), np.asarray(drawn))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pipeline=p.json", "--shape=9"], "--name: p.json has train, val"),
        (["--pipeline=p.json", "--name=x", "--shape=9"], "--name x: p.json has train, val"),
        (["--pipeline=one.json", "--name=x", "--shape=9"],
         "--name x: one.json has one pipeline, no names"),
        (["--pipeline=one.json"], "one of --image and --shape is needed"),
        (["--pipeline=one.json", "--shape=9", "--trace=t.png"],
         "--trace t.png: --image is needed, to draw it"),
        (["--pipeline=one.json", "--shape", "9", "9"], "seed is missing: the seed decides every "
         "random value; without it nothing could be reproduced"),
        (["--pipeline=one.json", "--shape", "9", "9", "--receipt=r", "--seed=1"],
         "--receipt and --seed: one of them is needed"),
        (["--pipeline=one.json", "--image=boxes.json", "--seed=1", "--epoch=0", "--index=0"],
         "boxes.json: it cannot be read: no image that Pillow knows"),
    ],
)  # fmt: skip
def test_explain_refuses(folder, capsys, arguments, message):
    assert _cli.main(["explain", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"bitaug explain: {message}")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--images=0", "--images=0: 1 to"),
        ("--epochs=0", "--epochs=0: 1 to"),
        ("--side=8", "side=8: 16 to 4096 pixels"),
        ("--input=made", "made: not a folder"),
    ],
)
def test_preview_refuses(folder, capsys, option, message):
    arguments = ["--pipeline=one.json", "--input=photos", "--seed=1", "--output=sheet.png"]
    assert _cli.main(["preview", *arguments, option]) == 2
    assert capsys.readouterr().err.startswith(f"bitaug preview: {message}")
    assert not (folder / "sheet.png").exists()


def test_a_bar_on_a_terminal_only(folder, capsys, monkeypatch):
    command = ["materialize", "--pipeline=one.json", "--input=photos", "--seed=1"]
    assert _cli.main([*command, "--output=quiet"]) == 0
    assert capsys.readouterr() == ("7 samples made; quiet is complete\n", "")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert _cli.main([*command, "--output=loud"]) == 0
    drawn = capsys.readouterr().err.split("\r")
    assert drawn[1].startswith("0/7 [" + " " * 30 + "]")
    assert drawn[-1].startswith("7/7 [" + "#" * 30 + "]") and drawn[-1].endswith("\n")
    assert json.loads((folder / "loud" / "materialize.json").read_text("utf-8"))["seed"] == 1
