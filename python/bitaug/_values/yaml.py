"""YAML for documents, by PyYAML: YAML 1.2's core schema instead of PyYAML's own 1.1, in which
`1e-3` is a text and `no` a boolean; a key that is there twice is refused, and so are tags."""

import math
import re
from typing import Any

from .environment import in_default_environment
from .fields import text as text_kind
from .json import DEEP
from .plain import shown

try:
    import yaml
except ImportError:
    raise ImportError("PyYAML is needed for YAML: pip install bitaug[yaml]") from None


# https://yaml.org/spec/1.2.2/#103-core-schema, without infinities and NaN, and how each may begin.
_SCALARS = {
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": ("true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": ("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
}
_SPECIAL = re.compile("|".join(pattern for pattern, _ in _SCALARS.values()))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def sequence(self, data: list[Any]) -> Any:
        """Short lists, such as ranges, on one line."""
        flat = not any(isinstance(item, dict | list) for item in data)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flat)

    def string(self, data: str) -> Any:
        """In quotes where YAML 1.2 would read something else; PyYAML minds YAML 1.1."""
        style = "'" if _SPECIAL.fullmatch(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(list, _Dumper.sequence)
_Dumper.add_representer(str, _Dumper.string)


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise yaml.YAMLError(f"the tag {shown(tag)}: tags are refused{event.start_mark}")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.YAMLError(f"the field {shown(key.value)} is there twice{key.start_mark}")
            seen.add(key.value)
        return super().construct_mapping(node, deep=True)

    def integer(self, node: Any) -> int:
        digits = self.construct_scalar(node)
        return int(digits, 0 if digits[:2] in ("0o", "0x") else 10)

    def real(self, node: Any) -> float:
        return float(self.construct_scalar(node))


_Loader.yaml_implicit_resolvers = {}
for _name, (_pattern, _first) in _SCALARS.items():
    _tag = f"tag:yaml.org,2002:{_name}"
    _Loader.add_implicit_resolver(_tag, re.compile(f"^({_pattern})$"), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.real)


@in_default_environment
def dump(document: Any) -> str:
    """Plain data as YAML, in its own order."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


# Far more than any pipeline has.
_LARGEST = 2**20


def _size(value: Any, known: dict[int, float]) -> float:
    """Values and characters, with every alias written out: infinite where one holds itself."""
    if isinstance(value, str):
        return len(value) + 1
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = math.inf
        items = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(item, known) for item in items)
    return known[id(value)]


@in_default_environment
def parse(text: str) -> Any:
    """Plain data from YAML, or a ValueError."""
    text_kind(text, "text")
    try:
        document = yaml.load(text, _Loader)
        size = _size(document, {})
    except RecursionError:
        raise ValueError(f"document: {DEEP}") from None
    except (yaml.YAMLError, TypeError, ValueError) as error:
        # Of a name that is not known it repeats all.
        said = str(error)
        said = said if len(said) <= 1000 else f"{said[:500]}...{said[-300:]}"
        raise ValueError(f"document: {said}") from None
    if size > _LARGEST:
        raise ValueError(
            f"document: with its aliases written out, larger than {_LARGEST} characters"
        )
    return document
