"""Fields of declarations: each value is made canonical and checked for its kind when given.

What a value may be beyond its kind (ranges, limits) is checked once, in Rust.
"""

import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, dataclass_transform

Range = float | tuple[float, float]
Integers = int | tuple[int, int]
T = TypeVar("T")
Convert = Callable[[Any, str], Any]
Schema = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a field may hold: `convert(value, where)` makes it canonical or refuses it; `schema` is
    the JSON Schema of the canonical form, as a document has it."""

    convert: Convert
    schema: Schema

    def __call__(self, value: Any, where: str) -> Any:
        return self.convert(value, where)


def kind(schema: Schema) -> Callable[[Convert], Kind]:
    """Makes a kind of a function."""
    return lambda convert: Kind(convert, schema)


def option(kind: Convert, *, default: Any = dataclasses.MISSING, kw_only: bool = True) -> Any:
    """A field whose values pass through `kind(value, where)`."""
    metadata = {"kind": kind}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
def declaration(cls: type[T]) -> type[T]:
    """Makes a class a frozen dataclass of options."""
    return dataclasses.dataclass(frozen=True, repr=False, eq=False)(cls)


def convert_fields(declared: Any) -> None:
    """Replaces each field's value by its canonical form."""
    cls = type(declared).__name__
    for field in dataclasses.fields(declared):
        value = field.metadata["kind"](getattr(declared, field.name), f"{cls}: {field.name}")
        object.__setattr__(declared, field.name, value)


def show(declared: Any) -> str:
    """The declaration as Python code, without what is default."""
    shown = []
    for field in dataclasses.fields(declared):
        value, default = getattr(declared, field.name), field.default
        if default is dataclasses.MISSING or value != field.metadata["kind"](default, ""):
            written = repr(list(value)) if field.name == "transforms" else repr(value)
            shown.append(f"{field.name}={written}" if field.kw_only else written)
    # What may be given by position comes first.
    shown.sort(key=lambda item: "=" in item.partition("(")[0])
    return f"{type(declared).__name__}({', '.join(shown)})"


def plain(value: Any) -> Any:
    """A NumPy scalar as Python's."""
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value


@kind({"type": "number"})
def number(value: Any, where: str) -> float:
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{where}={value!r}: a number is needed")
    if not abs(value) <= sys.float_info.max:
        raise ValueError(f"{where}={value!r}: a finite number is needed")
    return float(value)


probability = Kind(number.convert, number.schema | {"minimum": 0, "maximum": 1})


@kind({"type": "integer", "minimum": 0})
def integer(value: Any, where: str) -> int:
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{where}={value!r}: an integer is needed")
    if not 0 <= value < 2**63:
        raise ValueError(f"{where}={value!r}: an integer, 0 to 2^63-1, is needed")
    return value


@kind({"type": "boolean"})
def flag(value: Any, where: str) -> bool:
    value = plain(value)
    if not isinstance(value, bool):
        raise TypeError(f"{where}={value!r}: True or False is needed")
    return value


@kind({"type": "string"})
def text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where}={value!r}: a str is needed")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise no_text(error, where) from None
    return value


def no_text(error: UnicodeEncodeError, where: str) -> ValueError:
    """What to raise for a str of half characters, as names of files may have."""
    return ValueError(f"{where}={error.object!r}: a str that UTF-8 can hold is needed")


path_step = Kind(text.convert, text.schema | {"pattern": "^[A-Za-z0-9_.-]{1,255}$"})


def optional(item: Kind) -> Kind:
    def convert(value: Any, where: str) -> Any:
        return None if value is None else item(value, where)

    return Kind(convert, {"anyOf": [item.schema, {"type": "null"}]})


def several(item: Kind, *counts: int) -> Kind:
    """A sequence, of one of `counts` lengths if there are any."""

    def sequence(value: Any, where: str) -> tuple[Any, ...]:
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TypeError(f"{where}={value!r}: a sequence is needed")
        if counts and len(value) not in counts:
            wanted = " or ".join(map(str, counts))
            raise ValueError(f"{where}={value!r}: {wanted} values are needed")
        return tuple(item(each, where) for each in value)

    schema: Schema = {"type": "array", "items": item.schema}
    if counts:
        # What is shorter is filled up to the longest when it is made canonical.
        schema |= {"minItems": max(counts), "maxItems": max(counts)}
    return Kind(sequence, schema)


@kind(several(number).schema)
def values(value: Any, where: str) -> tuple[float, ...]:
    """One number or a sequence of them."""
    if isinstance(plain(value), int | float):
        return (number(value, where),)
    return tuple(several(number)(value, where))


def span(end: Kind = number) -> Kind:
    """A range as a pair; a scalar is the range that holds only it."""
    pair = several(end, 2)

    def convert(value: Any, where: str) -> Any:
        if isinstance(plain(value), int | float):
            fixed = end(value, where)
            return fixed, fixed
        return pair(value, where)

    return Kind(convert, pair.schema)


def ambiguous(reading: Callable[[float], tuple[float, float]], end: Kind) -> Kind:
    """A range, where other libraries read a scalar as `reading(scalar)`."""

    pair = several(end, 2)

    def convert(value: Any, where: str) -> Any:
        if isinstance(plain(value), int | float):
            scalar = end(value, where)
            field = where.rpartition(" ")[2]
            lo, hi = reading(scalar)
            raise TypeError(
                f"{where}={scalar!r}: a scalar could be read in two ways; write "
                f"{field}=({lo:.6g}, {hi:.6g}) for that range, or "
                f"{field}=({scalar!r}, {scalar!r}) for that value"
            )
        return pair(value, where)

    return Kind(convert, pair.schema)


def around(center: float) -> Kind:
    """A range, where other libraries read a scalar s as (center - s, center + s)."""
    return ambiguous(lambda s: (center - s, center + s), number)


def up_to(end: Kind) -> Kind:
    """A range, where other libraries read a scalar s as (0, s)."""
    return ambiguous(lambda s: (0, s), end)


@kind(several(integer, 2).schema)
def size(value: Any, where: str) -> tuple[int, int]:
    """Height and width; one integer for both."""
    if isinstance(plain(value), int | float):
        side = integer(value, where)
        return side, side
    height, width = several(integer, 2)(value, where)
    return height, width
