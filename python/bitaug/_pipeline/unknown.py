"""What a document has that there is not, and what may be meant."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from .._values.names import field_advice, op_advice
from .._values.plain import shown, shown_name
from .targets import BboxParams, KeypointParams


def unknown_name(value: Any, known: Mapping[str, type]) -> ValueError | None:
    """The first op, field or word in a document that there is not, with what may be meant; or
    None. `known` are the ops that there are."""
    found = None
    if isinstance(value, dict) and isinstance(op := value.get("op"), str):
        if op not in known:
            return ValueError(f"pipeline: op={shown(op)}: no such op; {op_advice(op, known)}")
        found = _unknown_field(known[op], value, ("op",))
    for name, params in (("bbox_params", BboxParams), ("keypoint_params", KeypointParams)):
        if isinstance(value, dict) and isinstance(given := value.get(name), dict):
            found = found or _unknown_field(params, given)
    items = value.values() if isinstance(value, dict) else value
    for item in items if isinstance(value, dict | list) else ():
        found = found or unknown_name(item, known)
    return found


def _unknown_field(cls: Any, node: dict[str, Any], head: Sequence[str] = ()) -> ValueError | None:
    kinds = [(field.name, field.metadata["kind"]) for field in dataclasses.fields(cls)]
    fields = {name: kind for name, kind in kinds if kind.schema is not None}
    for name, value in node.items():
        where = f"{cls.__name__}: {shown_name(name)}"
        if name in head:
            continue
        if name not in fields:
            advice = field_advice(cls.__name__, name, fields)
            return ValueError(f"{where}={shown(value)}: no such field; {advice}")
        if "enum" in (fields[name].schema or {}):
            try:
                fields[name](value, where)
            except (TypeError, ValueError) as error:
                return ValueError(str(error))
    return None
