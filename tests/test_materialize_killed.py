"""Runs that are killed with SIGKILL at any moment: nothing is lost, nothing is written twice, no
half file has a whole file's name, and what the next run ends with is what an undisturbed one has.
"""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import bitaug as ba
from bitaug.materialize import check, run
from tests import WATCHDOG
from tests.deep import deep
from tests.materialized import TRAIN, photos, tree

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL there")
ROOT = Path(ba.__file__).parents[1]

# The real command, which dies at the n-th moment at which something is written, synced or renamed:
# before, in the middle (of what is written, half is on the disk), or after.
DIES = """
import os, signal, sys
from bitaug._cli import main
from bitaug.materialize import _store

left = int(sys.argv[1])

def moment():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def counted(function):
    def wrapped(*arguments):
        moment()
        result = function(*arguments)
        moment()
        return result
    return wrapped

def halved(function):
    def wrapped(file, data):
        moment()
        function(file, data[:len(data) // 2])
        file._file.flush()
        moment()
        function(file, data[len(data) // 2:])
        return len(data)
    return wrapped

os.fsync, os.replace = counted(os.fsync), counted(os.replace)
_store.NewFile.write = halved(_store.NewFile.write)
status = main(sys.argv[2:])
print("moments", -left)
raise SystemExit(status)
"""


def dying(moment, command):
    return subprocess.run(
        [sys.executable, "-c", DIES, str(moment), *command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=WATCHDOG,
    )


def command(folder, output, *more):
    ba.save(TRAIN, folder / "p.json")
    return [
        "materialize", f"--pipeline={folder / 'p.json'}", f"--input={folder / 'photos'}",
        f"--masks={folder / 'masks'}", f"--boxes={folder / 'boxes.json'}", f"--output={output}",
        "--seed=42", "--threads=2", *more,
    ]  # fmt: skip


def finished(output, whole):
    """The files that have their names, with what tells whether one is written again; each must be
    that of an undisturbed run."""
    found = {}
    for path, data in tree(output).items():
        if not path.startswith(".materialize/"):
            assert data == whole[path], path
            stat = (output / path).stat()
            found[path] = stat.st_ino, stat.st_mtime_ns
    return found


@pytest.mark.parametrize("seed", [1, *deep(range(2, 10))])
@pytest.mark.parametrize("options", [[], ["--format=webdataset", "--shard-size=3"]])
def test_killed_at_a_random_write(tmp_path, options, seed):
    photos(tmp_path)
    undisturbed = dying(0, command(tmp_path, tmp_path / "whole", *options))
    assert undisturbed.returncode == 0, undisturbed.stderr
    whole, moments = tree(tmp_path / "whole"), int(undisturbed.stdout.split()[-1])
    assert moments > 50
    for moment in random.Random(seed).sample(range(1, moments), 4):
        output = tmp_path / f"killed{moment}"
        killed = dying(moment, command(tmp_path, output, *options))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        before = finished(output, whole)
        resumed = dying(0, command(tmp_path, output, *options))
        assert resumed.returncode == 0, resumed.stderr
        after = finished(output, whole)
        assert after.keys() == whole.keys()
        assert before.items() <= after.items(), "written twice"
        assert not (output / ".materialize").exists()


def test_killed_again_and_again(tmp_path):
    """By the clock, 20 times, until the run is left alone."""
    photos(tmp_path)
    targets = {"masks": tmp_path / "masks", "boxes": tmp_path / "boxes.json"}
    run(TRAIN, tmp_path / "photos", tmp_path / "whole", seed=42, epochs=12, **targets)
    whole, chance, known = tree(tmp_path / "whole"), random.Random(2), {}
    (tmp_path / "killed").mkdir()
    for kill in [True] * 20 + [False]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bitaug",
                *command(tmp_path, tmp_path / "killed", "--epochs=12"),
            ],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(0.15, 0.4) if kill else WATCHDOG)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        now = finished(tmp_path / "killed", whole)
        assert known.items() <= now.items(), "lost, or written twice"
        known = now
    assert process.returncode == 0
    assert known.keys() == whole.keys()
    assert check(tmp_path / "killed", sample=10) == []
