"""The sheet of a page's own command, and runs of one job that are killed."""

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import bitaug as ba
from bitaug import _cli

from .common import DOCS, FAINT, INK, PHOTOS, SOFT, blank


def draw() -> None:
    preview()
    killed()


def preview() -> None:
    """The sheet of materialize.md, by the page's own pipeline and command."""
    page = (DOCS / "materialize.md").read_text("utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[0]
    command = re.findall(r"^bitaug (preview .*)", page, re.MULTILINE)[0]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(PHOTOS, "photos")
        exec(compile(code, "materialize.md", "exec"), {})
        _cli.main([*command.split(), "--side", "112"])
        shutil.copy("preview.png", DOCS)


KILLED = """
import os, signal, sys
import bitaug as ba, bitaug.materialize

def progress(done, total):
    if done == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)

crop = ba.RandomResizedCrop(8)
ba.materialize.run(crop, "photos", sys.argv[2], seed=42, epochs=3, threads=1, progress=progress)
"""


def killed() -> None:
    """Runs of one job that are killed after so many samples, and what each finds and writes."""
    keys, cell, left, top = 20, 13, 190, 84
    kills = (13, 27, 45, -1)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("photos").mkdir()
        for i in range(keys):
            np.save(f"photos/{i:02}.npy", np.full((9, 9, 3), i, np.uint8))

        def run(kill: int, output: str) -> dict[tuple[int, int], int]:
            subprocess.run([sys.executable, "-c", KILLED, str(kill), output])
            files = Path(output).glob("epoch-*/images/*.npy")
            places = {(int(f.parts[1][-4:]), int(f.name[:2])): f for f in files}
            return {place: file.stat().st_ino for place, file in places.items()}

        rows = [run(kill, "made") for kill in kills]
        run(-1, "undisturbed")
        sums = [Path(name, "SHA256SUMS").read_bytes() for name in ("made", "undisturbed")]
        equal = "equal" if sums[0] == sums[1] else "not equal"
        digest = ba.digest(np.frombuffer(sums[0], np.uint8))
    sheet, pen, write = blank(left + 3 * keys * cell + 2 * 12 + 24, top + 4 * 40 + 66)
    write(24, 28, "one job, killed three times with SIGKILL", 17, INK)
    for epoch in range(3):
        write(left + epoch * (keys * cell + 12), 62, f"epoch {epoch}", 13, SOFT)
    before: dict[tuple[int, int], int] = {}
    for row, (kill, found) in enumerate(zip(kills, rows, strict=True)):
        y = top + row * 40
        how = f"killed at sample {kill}" if kill > 0 else "left alone"
        write(24, y + cell / 2, f"run {row + 1}: {how}", 13, INK)
        for epoch in range(3):
            for key in range(keys):
                x = left + epoch * (keys * cell + 12) + key * cell
                place = epoch, key
                box = (x, y, x + cell - 3, y + cell - 3)
                if place not in found:
                    pen.rectangle(box, outline=FAINT)
                else:
                    kept = before.get(place) == found[place]
                    pen.rectangle(box, fill=FAINT if kept else "#0072b2")
        before = found
    y = top + 4 * 40 + 8
    for x, fill, text in (
        (left, "#0072b2", "written by this run"),
        (left + 190, FAINT, "there already: the same file, not written again"),
        (left + 530, None, "not there yet"),
    ):
        pen.rectangle((x, y, x + cell - 3, y + cell - 3), fill=fill, outline=fill or FAINT)
        write(x + 18, y + 5, text, 13, SOFT)
    write(left, y + 32, f"SHA256SUMS ({digest}) is {equal} to that of an undisturbed run", 13, INK)
    sheet.save(DOCS / "materialize.png", optimize=True)
