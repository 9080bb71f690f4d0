"""A sample's draws as a table for people."""

from collections.abc import Iterator, Sequence
from typing import Any


def listed(ops: Sequence[dict[str, Any]], depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records of `params` from top to bottom, with how deep they are nested."""
    for op in ops:
        yield depth, op
        yield from listed(op.get("ops", ()), depth + 1)


def short(value: Any) -> str:
    """A parameter for people: numbers with five digits that count."""
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, dict):
        return " ".join(f"{key}={short(item)}" for key, item in value.items())
    if isinstance(value, list):
        shown = [short(item) for item in value[:8]]
        return f"[{', '.join(shown)}{', ...' if len(value) > 8 else ''}]"
    return str(value)


def table(params: dict[str, Any]) -> str:
    """What `explain` returns."""
    stream = params["stream"]
    name = stream if isinstance(stream, str) else f"label {stream['label']}"
    height, width, channels = params["shape"]
    key = f" ({params['key']})" if "key" in params else ""
    index = f"index {params['index']}{key}"
    head = (
        f"pipeline {params['pipeline']}, image {height} x {width} x {channels} {params['dtype']}\n"
        f"seed {params['seed']}, stream {name}, epoch {params['epoch']}, {index}, "
        f"repeat {params['repeat']}\n"
    )
    if not params["applied"]:
        return head + "not applied\n"
    rows = [("path", "applied", "parameters")]
    for depth, op in listed(params["ops"]):
        told = {name: op[name] for name in ("turn", "key", "others") if name in op}
        shown = f"{short(op.get('params', {}))} {' '.join(f'{k}={v}' for k, v in told.items())}"
        rows.append(("  " * depth + op["path"], "yes" if op["applied"] else "no", shown.strip()))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = [f"{path:{widths[0]}}  {applied:{widths[1]}}  {rest}" for path, applied, rest in rows]
    return head + "".join(line.rstrip() + "\n" for line in lines)
