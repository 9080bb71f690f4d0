"""Documents, whole and damaged: a pipeline that is written back as it was read, or a ValueError."""

import json
import tempfile
from pathlib import Path

import bitaug as ba

from .draws import SHAPES, TEXTS, attempt, changed, pipeline

PIECES = [*"{}[]:,\"'0123456789eE+-.\n\t &*!|>%@`#?~\\\0\ufeffé", "---\n", "<<: *a", "&a [1]", "*a"]
PIECES += ["null", "true", "NaN", "Infinity", "1e999", "\\ud800", "!!python/name:os.system"]


def damaged(random, text):
    """A text with some pieces taken out, doubled, moved or put in."""
    for _ in range(random.randint(1, 4)):
        i, j = sorted(random.randrange(len(text) + 1) for _ in range(2))
        j = min(j, i + random.choice([1, 3, 20, 400]))
        moved = text[j : j + 9] + text[i:j]
        text = (
            text[:i] + random.choice(["", text[i:j] * 2, moved, random.choice(PIECES)]) + text[j:]
        )
    return text


def large(random, most):
    """What is read at once, or refused at once: never by the square of its length."""
    n = random.choice([100, most])
    keys = ",".join(f'"{i}": 0' for i in [*range(n), n - 1])
    return random.choice([
        "[" * n, '{"a":' * n, "[" * n + "]" * n, "{" + keys + "}", "[" + "0," * n + "0]", "9" * n,
        '"' + "x" * n + '"', "- " * n, "a: " * n, "&a [" * n, "? " * n, "{" * n, "!" * n,
        "[" + ", ".join(["&a [1]", *["*a"] * n]) + "]", '{"bitaug": 1, "pipeline": ' * n,
        "a0: &a0 [0]\n" + "\n".join(f"a{i + 1}: &a{i + 1} [{f'*a{i}, ' * 9}]" for i in range(99)),
        json.dumps({"bitaug": 1, "pipeline": nested(min(n, 400))}),
    ])  # fmt: skip


def nested(depth):
    node = {"op": "HorizontalFlip", "version": 1, "p": 0.5}
    for _ in range(depth):
        node = {"op": "Compose", "version": 1, "p": 1.0, "transforms": [node]}
    return node


def check(made):
    """A pipeline is what it is written as."""
    for again in (ba.from_json(made.to_json()), ba.from_yaml(made.to_yaml())):
        assert (again.digest, again.to_json()) == (made.digest, made.to_json())
        assert again == made and hash(again) == hash(made)


def case(random, note):
    yaml = random.random() < 0.5
    if random.random() < 0.1:
        text = large(random, 20_000 if yaml else 200_000)
    else:
        transform = pipeline(random, lambda _: None, [*random.choice(SHAPES), 3])
        tree = json.loads(transform.to_json())
        if random.random() < 0.2:
            tree["pipelines"] = {random.choice(TEXTS): tree.pop("pipeline")}
        for _ in range(random.randrange(3)):
            tree = changed(random, tree)
        text = json.dumps(tree, default=str)
        if yaml and (made := attempt(ba.from_json, text, allowed=ValueError)) is not None:
            text = made.to_yaml()
        text = damaged(random, text) if random.random() < 0.5 else text
    note(f"{text[:2000]!r}, {len(text)} characters")
    made = attempt(ba.from_yaml if yaml else ba.from_json, text, allowed=ValueError)
    if made is not None:
        check(made)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "p.yaml" if yaml else "p.json")
        path.write_text(text, "utf-8", "surrogatepass")
        loaded = attempt(ba.load, path, allowed=ValueError)
        assert made is None or loaded == made
        if loaded is not None:
            for one in loaded.values() if isinstance(loaded, dict) else [loaded]:
                check(one)
            ba.save(loaded, path)
            assert ba.load(path) == loaded
