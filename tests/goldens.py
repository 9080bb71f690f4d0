"""The published digests, and the few of them that `bitaug verify` has: of each op, or pipeline, and
type the first. `python -m tests.goldens` puts them where it finds them.
"""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
FEW = ROOT / "python" / "bitaug" / "_diagnose" / "published.jsonl"


def lines():
    """All of them, a row of JSON each."""
    files = sorted(ROOT.glob("tests/golden/*.jsonl"))
    return [line for file in files for line in file.read_text("utf-8").splitlines()]


def few():
    first = {}
    for line in lines():
        row = json.loads(line)
        first.setdefault((row["op"], row["dtype"]), line)
    return list(first.values())


if __name__ == "__main__":
    FEW.write_text("".join(f"{line}\n" for line in few()), "utf-8")
