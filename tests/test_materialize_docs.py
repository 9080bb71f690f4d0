"""The page's Python and commands run as they are written, one after another."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from bitaug import _cli

from .loaders.pages import Page

ROOT = Path(__file__).parent.parent


def test_page(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "demo" / "photos", tmp_path / "photos")
    (tmp_path / "masks").mkdir()
    keys = [path.name for path in (tmp_path / "photos").glob("*.png")]
    for key in keys:
        with Image.open(tmp_path / "photos" / key) as photo:
            width, height = photo.size
        Image.fromarray(np.eye(height, width, dtype=np.uint8)).save(tmp_path / "masks" / key)
    boxes = {key: {"bboxes": [[60, 30, 150, 160]], "labels": ["face"]} for key in keys}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes), "utf-8")
    monkeypatch.chdir(tmp_path)
    commands = []

    def run(line):
        command = line.split()
        assert _cli.main(command[1:]) == 0, capsys.readouterr().err
        commands.append(command[1])

    page = Page("materialize.md")
    page.run(run)
    assert commands == ["preview", "explain", "materialize", "materialize", "check"]
    # What the page shows of a check is what is said.
    stored = Path("made/epoch-0001/images/cat.png.npy")
    np.save(stored, np.load(stored) ^ 1)
    Image.fromarray(np.zeros((99, 99, 3), np.uint8)).save("photos/rocket.png")
    capsys.readouterr()
    assert _cli.main(["check", "made"]) == 1
    said = capsys.readouterr().out.splitlines()
    lines = r"^(?:epoch-0001/.*SHA|(?:cat|rocket)\.png, epoch).*"
    shown = re.findall(lines, page.text, re.MULTILINE)
    assert len(shown) == 4 and set(shown) <= set(said)
