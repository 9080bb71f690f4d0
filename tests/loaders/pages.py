"""The code of a page of docs/: scripts, which begin with their name, and what runs in one go."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    def __init__(self, name):
        self.text = (DOCS / name).read_text("utf-8")
        blocks = re.findall(r"```python\n(.*?)```", self.text, re.DOTALL)
        self.scripts = {name[1]: b for b in blocks if (name := re.match(r"# (\w+\.py)\n", b))}
        self.blocks = [block for block in blocks if block not in self.scripts.values()]

    def start(self, script):
        """A script of the page as a process, in this folder."""
        Path(script).write_text(self.scripts[script], "utf-8")
        return subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)

    def finish(self, script):
        """The lines that it prints."""
        process = self.start(script)
        lines, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return lines.splitlines()

    def run(self):
        """What the blocks have defined in the end."""
        names = {"__name__": "page"}
        for block in self.blocks:
            exec(block, names)
        return names


def write_photos():
    """`photos/` of two classes, here."""
    rng = np.random.default_rng(1)
    for i in range(18):
        file = Path("photos") / "ab"[i % 2] / f"{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (80, 90, 3), dtype=np.uint8)).save(file)
