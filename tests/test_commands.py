"""What all commands share: an example that can be typed, and errors of one line."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bitaug as ba
from bitaug import _cli

PIPELINE = ["--pipeline=one.json", "--seed=1"]
# Of each command that reads a folder of images.
READERS = {
    "leaks": ["leaks", "photos"],
    "materialize": ["materialize", *PIPELINE, "--input=photos", "--output=made"],
    "preview": ["preview", *PIPELINE, "--input=photos", "--output=sheet.png"],
}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ba.save(ba.HorizontalFlip(), "one.json")
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


def refused(arguments, capsys):
    """What a command says, and that it says it in one line."""
    assert _cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"bitaug {arguments[0]}: ") and said.index("\n") == len(said) - 1
    return said


@pytest.mark.parametrize("command", ["materialize", "preview", "explain"])
def test_what_mixes_samples_is_refused(photos, capsys, command):
    ba.save(ba.Compose([ba.MixUp()]), "one.json")
    Image.new("RGB", (9, 9)).save(photos / "a.png")
    explain = ["explain", *PIPELINE, "--epoch=0", "--index=0", "--shape", "9", "9", "3"]
    said = refused({**READERS, "explain": explain}[command], capsys)
    assert "one.json: it mixes samples, which no command does" in said


def test_a_folder_that_is_not_there(photos, capsys):
    assert "nope: not a folder" in refused(["check", "nope"], capsys)


@pytest.mark.parametrize("command", _cli._COMMANDS)
def test_help_has_an_example_that_is_read(command, capsys):
    with pytest.raises(SystemExit):
        _cli.main([command, "--help"])
    example = " ".join(capsys.readouterr().out.partition("example: bitaug ")[2].split())
    example = example.partition(" > ")[0]
    assert _cli._parser().parse_args(example.split()).command == command


def archive(file):
    with zipfile.ZipFile(file, "w") as several:
        several.writestr("a.npy", b"")


def bomb(file):
    # Only its head is looked at.
    with Image.new("1", (20_000, 20_000)) as image:
        image.save(file)


# Each is read by another part of NumPy and Pillow, which raises an error of another kind.
BROKEN = {
    "nothing.npy": lambda file: file.write_bytes(b""),
    "archive.npy": archive,
    "text.png": lambda file: file.write_bytes(b"no image"),
    "bomb.png": bomb,
    "integers.tif": lambda file: Image.new("I", (9, 9), 70_000).save(file),
    "floats.tif": lambda file: Image.new("F", (9, 9), 0.5).save(file),
}


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named(name, command, photos, capsys):
    BROKEN[name](photos / name)
    assert f"{name}: it cannot be read: " in refused(READERS[command], capsys)


def test_a_broken_file_is_named_in_python(photos):
    BROKEN["nothing.npy"](photos / "a.npy")
    for call in (ba.leaks, ba.fit_statistics, lambda folder: ba.compare(folder, folder)):
        with pytest.raises(OSError, match=r"a\.npy: it cannot be read: "):
            call(photos)


@pytest.mark.parametrize(
    ("option", "command"),
    [
        ("--output", ["preview", *PIPELINE, "--input=photos"]),
        ("--trace", ["explain", *PIPELINE, "--epoch=0", "--index=0", "--image=photos/a.npy"]),
        ("--sheet", ["leaks", "photos"]),
        ("--sheet", ["audit", "no_such_module:train"]),
    ],
)
def test_a_picture_is_a_png(option, command, photos, capsys):
    """What is drawn has been worked for: its name is looked at before."""
    np.save(photos / "a.npy", np.zeros((9, 9, 3), np.uint8))
    said = refused([*command, f"{option}=drawn.jpg"], capsys)
    assert f"{option}='drawn.jpg': a name that ends in .png is needed" in said
    assert capsys.readouterr().out == "" and not Path("drawn.jpg").exists()


def test_a_picture_is_a_png_in_python(photos):
    image = np.zeros((9, 9, 3), np.uint8)
    for name in ("a", "b"):
        Image.fromarray(image).save(photos / f"{name}.png")
    drawn = (
        ba.HorizontalFlip().trace(image, seed=1, epoch=0, index=0),
        ba.compare(image, image + 1),
        ba.audit([image, image, image]),
        ba.leaks(photos),
    )
    for one in drawn:
        for name in ("drawn.jpg", Path("drawn"), "drawn.png.webp"):
            with pytest.raises(ValueError, match=r"path='drawn.*': a name that ends in \.png"):
                one.save(name)
        one.save("drawn.PNG")
        assert Path("drawn.PNG").read_bytes().startswith(b"\x89PNG")
    assert [file.name for file in Path().iterdir() if "drawn" in file.name] == ["drawn.PNG"]


def test_a_type_that_there_is_not(photos, capsys):
    command = ["explain", *PIPELINE, "--epoch=0", "--index=0", "--shape", "9", "9", "--dtype=x"]
    assert refused(command, capsys) == "bitaug explain: dtype='x': uint8, uint16 or float32\n"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
@pytest.mark.parametrize("command", READERS)
def test_a_name_that_is_no_text(command, photos, capsys):
    np.save(photos / "a.npy", np.zeros((9, 9, 3), np.uint8))
    (photos / "a.npy").rename(photos / os.fsdecode(b"\xff.npy"))
    said = refused(READERS[command], capsys)
    assert "'\\udcff.npy': a name that is not UTF-8; rename it" in said


def test_a_list_has_a_path_in_each_line(photos, capsys):
    command = ["split", "--input=photos", "--parts", "all=1", "--seed=1", "--output=lists"]
    np.save(photos / "a.npy", np.zeros((9, 9, 3), np.uint8))
    assert _cli.main(command) == 0
    (photos / "a.npy").rename(photos / "a\nb.npy")
    assert r"'a\nb.npy': a list has a path in each line; rename it" in refused(command, capsys)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", b"bitaug: 1\n x: ["), ("a.json", b'{"bitaug":\n'), ("a.yaml", b"\xff\xfe")],
)
def test_a_broken_document_is_named(name, text, photos, capsys):
    (photos / name).write_bytes(text)
    command = ["explain", "--pipeline", f"photos/{name}", "--seed=1", "--shape", "9", "9"]
    assert refused(command, capsys).startswith(f"bitaug explain: photos/{name}: ")


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise there")
def test_nothing_is_said_where_nobody_reads():
    code = "import sys; from bitaug._cli import main; sys.exit(main(['schema']))"
    environment = os.environ | {"PYTHONPATH": str(Path(ba.__file__).parents[1])}
    command = [sys.executable, "-c", code]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as run:
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait(60) == 141


def test_an_interrupted_command_says_so(photos, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("bitaug._cli.leaks.leaks", interrupted)
    assert _cli.main(READERS["leaks"]) == 130
    assert capsys.readouterr().err == "bitaug leaks: interrupted\n"
