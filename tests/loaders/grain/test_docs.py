"""The code of docs/grain.md runs, and the script goes on where it was killed."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .common import kill, start

TEXT = (Path(__file__).parents[3] / "docs/grain.md").read_text("utf-8")
SCRIPT, *BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for i in range(18):
        file = tmp_path / "photos" / "ab"[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(file)
    Path("train.py").write_text(SCRIPT, "utf-8")


@pytest.mark.usefixtures("folder")
def test_the_script():
    checkpoint = Path("checkpoint.json")
    whole = start("train.py")
    lines, _ = whole.communicate(timeout=100)
    assert whole.returncode == 0 and len(lines.splitlines()) == 3 * 18 // 4 + 1
    wanted = checkpoint.read_text()
    checkpoint.unlink()
    killed = start("train.py")
    for _ in range(2):
        killed.stdout.readline()
    kill(killed)
    again = start("train.py")
    rest, _ = again.communicate(timeout=100)
    assert again.returncode == 0 and 1 <= len(rest.splitlines()) < 3 * 18 // 4
    assert lines.endswith(rest) and checkpoint.read_text() == wanted


def test_the_rest():
    names = {}
    for block in BLOCKS:
        exec(block, names)
    assert sum(len(labels) for _, labels in names["loader"]) == 3 * 10


def test_only_bitaug_grain_imports_grain():
    code = "import sys, bitaug; assert not {'grain', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
