"""`python -m bitaug verify`: the published digests on this machine, level by level."""

import json
import subprocess
import sys

import pytest

import bitaug as ba
from bitaug._cli import main
from bitaug._diagnose import verify
from tests import goldens


def test_all_published_digests_hold_in_python():
    rows = [json.loads(line) for line in goldens.lines()]
    assert verify.recompute(rows) == [row["digest"] for row in rows]


def test_a_few_of_them_are_in_the_package():
    assert sorted(goldens.FEW.read_text("utf-8").splitlines()) == sorted(goldens.few())


def test_all_agree(capsys):
    assert main(["verify"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    rows = verify.rows()
    assert len(lines) == 1 + len(rows)
    for line, row in zip(lines[1:], rows, strict=True):
        digests = line.split()[4:]
        assert digests == [row["digest"]] * (1 + len(ba.levels())), line
    assert last.startswith(f"{len(rows)} published digests at {len(ba.levels())} levels")
    assert last.endswith("all agree")


@pytest.fixture
def altered(monkeypatch):
    """One published digest is another one."""
    rows = verify.rows()
    rows[5]["digest"] = "0" * 16
    monkeypatch.setattr(verify, "rows", lambda: rows)
    return rows[5]


def test_what_differs_is_shown(altered, capsys):
    assert main(["verify", "--quiet"]) == 1
    line, last = capsys.readouterr().out.splitlines()
    assert line.startswith(altered["op"]) and line.count(" !") == len(ba.levels())
    assert last.endswith("1 differ, marked !")


def test_the_module_and_its_exit_status():
    run = subprocess.run(
        [sys.executable, "-m", "bitaug", "verify", "--quiet"], capture_output=True, text=True
    )
    assert run.returncode == 0 and run.stdout.endswith("all agree\n")
    assert subprocess.run([sys.executable, "-m", "bitaug"], capture_output=True).returncode == 2
    schema = subprocess.run(
        [sys.executable, "-m", "bitaug", "schema"], capture_output=True, text=True, check=True
    )
    assert json.loads(schema.stdout) == ba.json_schema()
