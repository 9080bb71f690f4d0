"""The code of docs/pytorch.md runs, and the script goes on where it was killed."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

TEXT = (Path(__file__).parents[2] / "docs/pytorch.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SCRIPTS = {name[1]: block for block in BLOCKS if (name := re.match(r"# (\w+\.py)\n", block))}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for i in range(18):
        file = tmp_path / "photos" / "ab"[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(file)
    return tmp_path


def start(name):
    Path(name).write_text(SCRIPTS[name])
    return subprocess.Popen([sys.executable, name], stdout=subprocess.PIPE, text=True)


def weights():
    saved = torch.load("checkpoint.pt")["model"]
    Path("checkpoint.pt").unlink()
    return [value.tolist() for value in saved.values()]


def test_the_script(folder):
    whole = start("train.py")
    lines, _ = whole.communicate(timeout=120)
    assert whole.returncode == 0 and len(lines.splitlines()) == 3 * 5
    wanted = weights()
    killed = start("train.py")
    for _ in range(7):
        killed.stdout.readline()
    killed.kill()
    killed.communicate()
    again = start("train.py")
    rest, _ = again.communicate(timeout=120)
    assert again.returncode == 0 and 0 < len(rest.splitlines()) <= 8
    assert lines.endswith(rest)
    assert weights() == wanted


def test_lightning(folder):
    for _ in range(2):  # the second finds the checkpoint of the first
        process = start("lightning_train.py")
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert Path("checkpoints/last.ckpt").exists()


def test_the_rest(folder):
    names = {}
    for block in BLOCKS:
        if block not in SCRIPTS.values():
            exec(block, names)
    assert names["image"].shape == (3, 32, 48)
