"""Pipelines as documents: JSON, YAML, files of one or several, and the schema of them all.

A document is complete: it has every field, the version of every op, and the version of the form.
Reading one checks all of it in the core and never runs code.
"""

import dataclasses
import inspect
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._images.files import opened, replacing
from .._pipeline.transform import Transform, from_json, parse_json
from .._values.environment import in_default_environment
from .._values.fields import Schema, shown, shown_name
from .._values.fields import text as text_kind
from .._values.names import field_advice, op_advice
from ..ops.containers import BboxParams, Compose

__all__ = ["from_yaml", "json_schema", "load", "save"]

Pipelines = Transform | dict[str, Transform]


def from_yaml(text: str) -> Transform:
    """The pipeline that a YAML document describes; needs PyYAML (`pip install bitaug[yaml]`).

    Args:
        text: what `to_yaml` returned, perhaps edited. Values are read by YAML 1.2's core schema
            (`1e-3` is a number, `no` a text), tags are refused.

    Raises:
        ValueError: naming the unknown op, field or version, the value that is not allowed, or the
            place that is not YAML; also where aliases, written out, would make it very large.
    """
    from .._values import yaml as _yaml

    return _one(_yaml.parse(text))


def load(path: str | Path) -> Pipelines:
    """Reads a document from a file: .json, .yaml or .yml.

    Returns:
        The pipeline, or, if the document has `pipelines`, a dict of them by their names.

    Raises:
        ValueError: as `from_json` and `from_yaml`, with the file's and the pipeline's name.
    """
    path = _path(path)
    as_yaml = _is_yaml(path)
    try:
        with opened(path) as file:
            return _pipelines(file.read().decode(), as_yaml)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _pipelines(text: str, as_yaml: bool) -> Pipelines:
    if as_yaml:
        from .._values import yaml as _yaml

        document = _yaml.parse(text)
    else:
        document = parse_json(text)
    if not isinstance(document, dict) or "pipelines" not in document:
        return _one(document)
    head = {key: value for key, value in document.items() if key != "pipelines"}
    pipelines = document["pipelines"]
    if not isinstance(pipelines, dict) or not pipelines:
        raise ValueError(
            f"document: pipelines={shown(pipelines)}: names and their pipelines are needed"
        )
    found = {}
    for name, node in pipelines.items():
        try:
            text_kind(name, "name")
            found[name] = _one({**head, "pipeline": node})
        except (TypeError, ValueError) as error:
            raise ValueError(f"pipelines: {shown_name(str(name))}: {error}") from None
    return found


@in_default_environment
def save(pipelines: Transform | Mapping[str, Transform], path: str | Path) -> None:
    """Writes a pipeline, or several by name, to a file that `load` reads: .json, .yaml or .yml.

    Examples:
        >>> import bitaug as ba, pathlib, tempfile
        >>> train = ba.Compose([ba.HorizontalFlip(), ba.ToFloat()])
        >>> file = pathlib.Path(tempfile.mkdtemp(), "pipelines.json")
        >>> ba.save({"train": train, "val": ba.ToFloat()}, file)
        >>> ba.load(file)["train"] == train
        True
    """
    path = _path(path)
    if isinstance(pipelines, Transform):
        document = json.loads(pipelines.to_json())
    else:
        if not isinstance(pipelines, Mapping):
            raise TypeError(
                f"pipelines={shown(pipelines)}: a transform or a dict of them is needed"
            )
        for name, one in pipelines.items():
            text_kind(name, "pipelines: name")
            if not isinstance(one, Transform):
                raise TypeError(f"pipelines: {name}: {shown(one)} is not a bitaug transform")
        documents = {name: json.loads(one.to_json()) for name, one in pipelines.items()}
        if not documents:
            raise ValueError("pipelines={}: at least one is needed")
        document = dict(next(iter(documents.values())))
        del document["pipeline"]
        document["pipelines"] = {name: one["pipeline"] for name, one in documents.items()}
    if _is_yaml(path):
        from .._values import yaml as _yaml

        text = _yaml.dump(in_reading_order(document))
    else:
        text = json.dumps(in_reading_order(document), indent=2) + "\n"
    with replacing(path) as file:
        file.write(text.encode())


def in_reading_order(value: Any) -> Any:
    """Plain data with the fields of each node as people look for them: what it is comes first, what
    it holds last."""
    if isinstance(value, list):
        return [in_reading_order(item) for item in value]
    if not isinstance(value, dict):
        return value
    first = ("bitaug", "writer", "op", "version", "name", "p")
    head = [key for key in first if key in value]
    tail = [key for key in ("bbox_params", "transforms") if key in value]
    rest = [key for key in value if key not in (*head, *tail)]
    return {key: in_reading_order(value[key]) for key in (*head, *rest, *tail)}


def _path(value: Any) -> Path:
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"path={shown(value)}: a path is needed")
    return Path(value)


def _is_yaml(path: Path) -> bool:
    if path.suffix not in (".json", ".yaml", ".yml"):
        raise ValueError(
            f"path={shown(str(path))}: a name that ends in .json, .yaml or .yml is needed"
        )
    return path.suffix != ".json"


def _one(document: Any) -> Transform:
    try:
        text = json.dumps(document, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"document: {error}") from None
    return from_json(text)


def unknown_name(value: Any) -> ValueError | None:
    """The first op, field or word in a document that there is not, with what may be meant; or
    None."""
    found = None
    if isinstance(value, dict) and isinstance(op := value.get("op"), str):
        known = Transform._registry
        if op not in known:
            return ValueError(f"pipeline: op={shown(op)}: no such op; {op_advice(op, known)}")
        found = _unknown_field(known[op], value, ("op", "version"))
    if isinstance(value, dict) and isinstance(boxes := value.get("bbox_params"), dict):
        found = found or _unknown_field(BboxParams, boxes)
    items = value.values() if isinstance(value, dict) else value
    for item in items if isinstance(value, dict | list) else ():
        found = found or unknown_name(item)
    return found


def _unknown_field(cls: Any, node: dict[str, Any], head: Sequence[str] = ()) -> ValueError | None:
    fields = {field.name: field.metadata["kind"] for field in dataclasses.fields(cls)}
    for name, value in node.items():
        where = f"{cls.__name__}: {shown_name(name)}"
        if name in head:
            continue
        if name not in fields:
            advice = field_advice(cls.__name__, name, fields)
            return ValueError(f"{where}={shown(value)}: no such field; {advice}")
        if "enum" in fields[name].schema:
            try:
                fields[name](value, where)
            except (TypeError, ValueError) as error:
                return ValueError(str(error))
    return None


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of documents, made from the ops that there are.

    It says what fields there are and of which kinds; limits that depend on other fields are
    checked when a document is read. `schema.json` in the package holds it, for editors.
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
            "BboxParams": _fields_schema(BboxParams, {}),
            **{name: _node_schema(cls) for name, cls in classes.items()},
        },
    }


def _node_schema(cls: type[Transform]) -> Schema:
    head: Schema = {"op": {"const": cls.__name__}, "version": {"const": cls._version}}
    schema = _fields_schema(cls, head)
    optional = {field.name for field in dataclasses.fields(cls) if field.metadata["absent"]}
    if cls is Compose:
        optional.add("bbox_params")
    schema["required"] = [field for field in schema["required"] if field not in optional]
    return schema


def _fields_schema(cls: Any, head: Schema) -> Schema:
    """The schema of a declaration's fields, after those of `head`."""
    # Python 3.13 takes the indentation out of docstrings; this does for all.
    summary, described = _described(inspect.getdoc(cls) or "")
    properties = dict(head)
    for field in dataclasses.fields(cls):
        schema = dict(field.metadata["kind"].schema)
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
