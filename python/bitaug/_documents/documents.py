"""Pipelines as documents: JSON, YAML, files of one or several.

A document is complete: it has every field, the version of every op, and the version of the form.
Reading one checks all of it in the core and never runs code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._images.files import as_path, opened, replacing
from .._pipeline.transform import Transform, from_json
from .._values.environment import in_default_environment
from .._values.fields import text as text_kind
from .._values.json import DEEP, in_reading_order, parse_json
from .._values.names import explained
from .._values.plain import shown, shown_name

Pipelines = Transform | dict[str, Transform]


@explained
def from_yaml(text: str, *, custom: Mapping[str, Any] | None = None) -> Transform:
    """The pipeline that a YAML document describes; needs PyYAML (`pip install bitaug[yaml]`).

    Args:
        text: what `to_yaml` returned, perhaps edited. Values are read by YAML 1.2's core schema
            (`1e-3` is a number, `no` a text), tags are refused.
        custom: the functions of its `Custom` ops, by their names.

    Raises:
        ValueError: naming the unknown op, field or version, the value that is not allowed, or the
            place that is not YAML; also where aliases, written out, would make it very large.
    """
    from .._values import yaml

    return _one(yaml.parse(text), custom)


@explained
def load(path: str | Path, *, custom: Mapping[str, Any] | None = None) -> Pipelines:
    """Reads a document from a file: .json, .yaml or .yml.

    Args:
        custom: the functions of its `Custom` ops, by their names.

    Returns:
        The pipeline, or, if the document has `pipelines`, a dict of them by their names.

    Raises:
        ValueError: as `from_json` and `from_yaml`, with the file's and the pipeline's name.
    """
    path = as_path(path, "path")
    as_yaml = _is_yaml(path)
    try:
        with opened(path) as file:
            return _pipelines(file.read().decode(), as_yaml, custom)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _pipelines(text: str, as_yaml: bool, custom: Mapping[str, Any] | None) -> Pipelines:
    if as_yaml:
        from .._values import yaml

        document = yaml.parse(text)
    else:
        document = parse_json(text)
    if not isinstance(document, dict) or "pipelines" not in document:
        return _one(document, custom)
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
            found[name] = _one({**head, "pipeline": node}, custom)
        except (TypeError, ValueError) as error:
            raise ValueError(f"pipelines: {shown_name(str(name))}: {error}") from None
    return found


@explained
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
    path = as_path(path, "path")
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
        from .._values import yaml

        text = yaml.dump(in_reading_order(document))
    else:
        text = json.dumps(in_reading_order(document), indent=2) + "\n"
    with replacing(path) as file:
        file.write(text.encode())


def _is_yaml(path: Path) -> bool:
    if path.suffix not in (".json", ".yaml", ".yml"):
        raise ValueError(
            f"path={shown(str(path))}: a name that ends in .json, .yaml or .yml is needed"
        )
    return path.suffix != ".json"


def _one(document: Any, custom: Mapping[str, Any] | None) -> Transform:
    try:
        text = json.dumps(document, allow_nan=False)
    except RecursionError:
        raise ValueError(f"document: {DEEP}") from None
    except (TypeError, ValueError) as error:
        raise ValueError(f"document: {error}") from None
    return from_json(text, custom=custom)
