"""The JSON Schema of documents, made from the ops that there are: what a field may hold, bounds and
unit too, is what the core reads, what it means and what it is by default is what its class says."""

import dataclasses
import functools
import inspect
import json
import re
from typing import Any

from .. import _core
from .._pipeline.targets import BboxParams, KeypointParams
from .._pipeline.transform import Transform
from .._values.fields import Schema
from .._values.names import explained
from ..ops.containers import Compose


@explained
def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of documents, made from the ops that there are.

    It says what fields there are, what each may hold, in which unit, and what it is by default in
    Python; limits that depend on other fields are checked when a document is read. `schema.json` in
    the package holds it, for editors.
    """
    classes = dict(sorted(Transform._registry.items()))
    nodes = [
        {
            "if": {"properties": {"op": {"const": name}}},
            "then": {"$ref": f"#/$defs/{name}"},
        }
        for name in classes
    ]
    transform = {
        "type": "object",
        "required": ["op"],
        "properties": {"op": {"enum": list(classes)}},
        "allOf": nodes,
    }
    one = {"$ref": "#/$defs/transform"}
    several = {"type": "object", "additionalProperties": one, "minProperties": 1}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bitaug pipelines",
        "type": "object",
        "properties": {
            "bitaug": {"const": 1, "description": "the version of the document's form"},
            "writer": {"type": "string", "description": "the package that wrote it"},
            "pipeline": one,
            "pipelines": several,
        },
        "required": ["bitaug"],
        "oneOf": [{"required": ["pipeline"]}, {"required": ["pipelines"]}],
        "additionalProperties": False,
        "$defs": {
            "transform": transform,
            "BboxParams": _bbox_schema(),
            "KeypointParams": _fields_schema(KeypointParams, {}),
            **{name: _node_schema(cls) for name, cls in classes.items()},
        },
    }


def _node_schema(cls: type[Transform]) -> Schema:
    schema = _fields_schema(cls, {"op": {"const": cls.__name__}})
    schema["properties"]["version"] = {"enum": list(cls._versions)}
    optional = {field.name for field in dataclasses.fields(cls) if field.metadata["absent"]}
    if cls is Compose:
        optional.add("bbox_params")
    schema["required"] = [field for field in schema["required"] if field not in optional]
    return schema


def _bbox_schema() -> Schema:
    schema = _fields_schema(BboxParams, {})
    schema["required"].remove("label_fields")
    return schema


def _fields_schema(cls: Any, head: Schema) -> Schema:
    """The schema of a declaration's fields, after those of `head`."""
    # Python 3.13 takes the indentation out of docstrings; this does for all.
    summary, described = _described(inspect.getdoc(cls) or "")
    read = _read()
    known = read[""] | read.get(cls.__name__, {})
    properties = dict(head)
    for field in dataclasses.fields(cls):
        kind = field.metadata["kind"]
        if kind.schema is None:
            continue
        schema = dict(known.get(field.name, kind.schema))
        if field.default is not dataclasses.MISSING and not field.metadata["absent"]:
            # As a document has it: lists for tuples.
            schema["default"] = json.loads(json.dumps(kind(field.default, field.name)))
        if field.name in described:
            schema["description"] = described[field.name]
        properties[field.name] = schema
    return {
        "type": "object",
        "description": summary,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@functools.cache
def _read() -> dict[str, dict[str, Schema]]:
    """What the core reads, by class and field; under "" what all have."""
    read: dict[str, dict[str, Schema]] = json.loads(_core.schemas())
    return read


def _described(docstring: str) -> tuple[str, dict[str, str]]:
    """A docstring's first line, and what its Args section says of each."""
    section = re.search(r"Args:\n(.*?)(\n\n|\Z)", docstring, re.DOTALL)
    entries = re.split(r"\n {4}(?! )", "\n" + (section[1] if section else ""))
    described = {}
    for entry in filter(None, entries):
        names, _, text = entry.partition(":")
        for name in names.split(", "):
            described[name.strip()] = " ".join(text.split())
    return docstring.partition("\n")[0], described


def schema_text() -> str:
    """What `schema.json` holds."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
