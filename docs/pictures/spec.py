"""docs/spec/ops.md and the table of ops in docs/spec.md, made from the heads of the ops' sources:
there a formula stands, in one place.

A test holds the files to `page()` and `with_table()`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from .common import DOCS

CORE = DOCS.parent / "rust" / "core"
TABLE = re.compile(r"(?<=\n\n)\| op \| [^\n]*\| draws \|\n(?:\|[^\n]*\n)+(?=\nMaps: )")


def heads() -> Iterator[tuple[str, Path, str]]:
    """Each op's name, source and head, in the order of the names."""
    found = []
    for source in CORE.glob("ops/*.rs"):
        text = source.read_text("utf-8")
        name = re.search(r'^    const NAME: &\'static str = "(\w+)";', text, re.MULTILINE)
        if name:
            lines = re.findall(r"^//!(?: (.*))?$", text, re.MULTILINE)
            found.append((name[1], source, "\n".join(lines)))
    yield from sorted(found)


def linked(text: str, folder: str) -> str:
    """A head as Markdown: what it names are links to where that is said, in or below `folder`."""
    text = re.sub(r"\[`(\w+)`\]\(super::\w+\)", rf"[\1]({folder}ops.md#\1)", text)
    text = re.sub(r"(?<=\()[^()]*ops\.md#\w+(?=\))", lambda m: m[0].lower(), text)
    text = re.sub(r"\[(`\w+`)\](?!\()", r"\1", text)

    def link(match: re.Match[str]) -> str:
        for page in sorted((DOCS / "spec").glob("*.md")):
            if page.stem != "ops" and f"rust/core/{match[0]}" in page.read_text("utf-8"):
                return f"[{page.stem}]({folder}{page.name})"
        return f"`{match[0]}`"

    return re.sub(r"(?:kernels|maths|random|targets)/[\w/]+\.rs", link, text)


def page() -> str:
    """docs/spec/ops.md."""
    lines = [
        "# Ops",
        "",
        "What each op makes and draws, in the words in which its source begins. Notation, draws, "
        "fill values, borders and the value of white M are those of [the specification](../spec.md)"
        "; a draw that is only named is a range of the field of its name. Images are H x W, v is a "
        "sample, f64 and f32 are float64 and float32.",
    ]
    for name, source, head in heads():
        # Outside code, what Markdown would read in its own way.
        parts = re.split(r"(```.*?```)", head, flags=re.DOTALL)
        parts[::2] = [escaped(linked(part, "")) for part in parts[::2]]
        lines += ["", f"## {name}", "", f"`rust/core/ops/{source.name}`", "", "".join(parts)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text between code spans, in which no star, bar or angle is Markdown's."""
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [re.sub(r"([*|<])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def table() -> str:
    """What each op does, in a sentence, and what it draws."""
    lines = ["| op | | draws |", "|---|---|---|"]
    for name, _, head in heads():
        flat = re.sub(r"\s+", " ", head.partition("```")[0])
        does = re.split(r"[.:;](?= |$)", flat, maxsplit=1)[0]
        lines.append(f"| [{name}](spec/ops.md#{name.lower()}) | {cell(does)} | {draws(head)} |")
    return "\n".join(lines) + "\n"


def draws(head: str) -> str:
    """What the head says of draws, up to its source."""
    said = re.search(r"\bDraws: (.*?)\.?(?=\s+Sources?:|\n\n|\Z)", head, re.DOTALL)
    if said is None or said[1].startswith("none"):
        return ""
    return cell(re.sub(r"\s+", " ", said[1]))


def cell(text: str) -> str:
    return escaped(linked(text, "spec/"))


def with_table() -> str:
    """docs/spec.md with the table that the heads make."""
    text = (DOCS / "spec.md").read_text("utf-8")
    if not TABLE.search(text):
        raise ValueError("docs/spec.md has no table of ops")
    return TABLE.sub(lambda _: table(), text)


def draw() -> None:
    (DOCS / "spec" / "ops.md").write_text(page(), "utf-8")
    (DOCS / "spec.md").write_text(with_table(), "utf-8")


if __name__ == "__main__":
    sys.stdout.write(page())
