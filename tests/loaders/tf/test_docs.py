"""The code of docs/tf.md runs, and the script goes on where it was killed."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TEXT = (Path(__file__).parents[3] / "docs/tf.md").read_text("utf-8")
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
    return tmp_path


def start():
    return subprocess.Popen([sys.executable, "train.py"], stdout=subprocess.PIPE, text=True)


def test_the_script(folder):
    whole = start()
    lines, _ = whole.communicate(timeout=100)
    assert whole.returncode == 0 and len(lines.splitlines()) == 3 * 5
    for file in (folder / "checkpoints").iterdir():
        file.unlink()
    killed = start()
    for _ in range(2):
        killed.stdout.readline()
    killed.kill()
    killed.communicate()
    again = start()
    rest, _ = again.communicate(timeout=100)
    assert again.returncode == 0 and 1 <= len(rest.splitlines()) < 3 * 5
    assert lines.endswith(rest)


def test_the_rest():
    names = {}
    for block in BLOCKS:
        exec(block, names)
    assert len(list(names["train"])) == -(-5 * 10 // 4)


def test_only_bitaug_tf_imports_tensorflow():
    code = "import sys, bitaug; assert not {'tensorflow', 'keras', 'PIL'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
