"""Plain data from JSON and to it."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .environment import in_default_environment
from .plain import shown


@in_default_environment
def params_json(params: Any) -> str:
    """What `params` returned, perhaps edited, as JSON."""

    def convert(value: Any) -> Any:
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError(f"params: {shown(value)} is not plain data")

    if not isinstance(params, Mapping):
        raise TypeError(f"params={shown(params)}: what params() returned is needed")
    try:
        return json.dumps(params, allow_nan=False, default=convert)
    except RecursionError:
        raise ValueError(f"params: {DEEP}") from None
    except ValueError as error:
        raise ValueError(f"params: {error}") from None


# More than any pipeline or its parameters are.
DEEP = "lists and dicts, one within the other, deeper than is read"


@in_default_environment
def parse_json(text: str) -> Any:
    """Plain data from JSON, or a ValueError; a field that is there twice is refused."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            twice = repeated(key for key, _ in pairs)
            raise ValueError(f"the field {shown(twice)} is there twice")
        return fields

    try:
        # Editors of some systems begin files with this mark.
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=unique)
    except RecursionError:
        raise ValueError(f"document: {DEEP}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"document: not JSON: {error}") from None
    except ValueError as error:
        raise ValueError(f"document: {error}") from None


def repeated(names: Iterable[Any]) -> Any:
    """The first name that is there again, or None."""
    seen: set[Any] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


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
