"""Fields of declarations: each value is made canonical and checked for its kind when given.

What a value may be beyond its kind (ranges, limits) is checked once, in Rust.
"""

import ast
import dataclasses
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, dataclass_transform, get_args

from .names import field_advice, word_advice
from .plain import is_number, items_of, plain, shown, shown_name

Range = float | tuple[float, float]
Integers = int | tuple[int, int]
T = TypeVar("T")
Convert = Callable[[Any, str], Any]
Schema = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a field may hold: `convert(value, where)` makes it canonical or refuses it; `schema` is
    the JSON Schema of the canonical form, where the core has none that says more, or None if a
    document cannot have it."""

    convert: Convert
    schema: Any

    def __call__(self, value: Any, where: str) -> Any:
        return self.convert(value, where)


def kind(schema: Schema) -> Callable[[Convert], Kind]:
    """Makes a kind of a function."""
    return lambda convert: Kind(convert, schema)


def option(
    kind: Convert,
    *,
    default: Any = dataclasses.MISSING,
    kw_only: bool = True,
    absent: bool = False,
) -> Any:
    """A field whose values pass through `kind(value, where)`; `absent`: documents and their digests
    leave it out while it is the default."""
    metadata = {"kind": kind, "absent": absent}
    return dataclasses.field(default=default, kw_only=kw_only, metadata=metadata)


class Unclear(TypeError):
    """A value that other libraries read in their own ways: what each would be written as."""

    def __init__(self, where: str, value: Any, choices: Sequence[tuple[Any, str]]) -> None:
        super().__init__(f"{where}={shown(value)}: a range is needed")
        self.choices = {_written(choice): meaning for choice, meaning in choices}


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_written, value))})"
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
def declaration(cls: type[T]) -> type[T]:
    """Makes a class a frozen dataclass of options, which says in its own words what does not fit
    them."""
    made: Any = dataclasses.dataclass(frozen=True, repr=False, eq=False)(cls)
    init = made.__init__

    @functools.wraps(init)
    def checked(self: Any, *given: Any, **options: Any) -> None:
        init(self, **_arguments(type(self), given, options))

    made.__init__ = checked
    declared: type[T] = made
    return declared


def _arguments(cls: Any, given: tuple[Any, ...], options: dict[str, Any]) -> dict[str, Any]:
    """What a declaration is called with, by name."""
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for name, value in options.items():
        if name not in fields:
            advice = field_advice(cls.__name__, name, fields)
            raise TypeError(
                f"{cls.__name__}: {shown_name(name)}={shown(value)}: no such field; {advice}"
            )
    named = _by_position(cls, fields, given) if given else {}
    for name in named:
        if name in options:
            raise TypeError(f"{cls.__name__}: {name} is given by position and by name")
    arguments = named | options
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in arguments:
            raise TypeError(f"{cls.__name__}: {name} is missing")
    return arguments


def _by_position(cls: Any, fields: Mapping[str, Any], given: tuple[Any, ...]) -> dict[str, Any]:
    """What is given by position, by name: where its meaning is one."""
    names = [name for name, field in fields.items() if not field.kw_only]
    meant = names != ["p"] or not _main(fields) or _refusal(cls, {"p": given[0]}) is None
    if len(given) <= len(names) and meant:
        return dict(zip(names, given, strict=False))
    if "height" in fields:
        # A size: a pair, or the sides of a square.
        sides = [plain(each) for each in given]
        pair = given[0].tolist() if hasattr(given[0], "tolist") else given[0]
        if len(given) == 1 and isinstance(pair, list | tuple) and len(pair) == 2:
            return {"height": pair[0], "width": pair[1]}
        alike = all(type(side) is int and side == sides[0] for side in sides)
        if alike and (len(given) == 2 or (len(given) == 1 and cls._square)):
            return {"height": sides[0], "width": sides[0]}
    raise TypeError(_choices(cls, fields, given))


# Fields that say how an op does what it does, and which nobody gives alone.
_BESIDE = ("p", "name", "version", "channels", "border", "fill", "fill_mask")


def _main(fields: Mapping[str, Any]) -> list[str]:
    """Those that say what an op does."""
    return [name for name in fields if name not in _BESIDE]


def _choices(cls: Any, fields: Mapping[str, Any], given: tuple[Any, ...]) -> str:
    """Says how what was given by position can be written by name."""
    main = _main(fields)
    # The fields of the op itself come before those that all have.
    last = ["p"] if "p" in fields else []
    own = [name for name in fields if name not in ("p", "name", "version")] + last
    if len(given) > 1:
        attempts = [dict(zip(own, given, strict=False))] if len(given) <= len(own) else []
        if sum(not field.kw_only for field in fields.values()) == 1:
            attempts.insert(0, {own[0]: list(given)})
    elif "height" in fields:
        attempts = [{"height": given[0], "width": given[0]}]
    else:
        attempts = [{name: given[0]} for name in main]
    found = [code for attempt in attempts if (code := _code(cls, attempt))]
    needed = [name for name, field in fields.items() if field.default is dataclasses.MISSING]
    advice = f"name it: {'=, '.join(needed if len(needed) > 1 else fields)}="
    if found and len(given) == 1 and last and (code := _code(cls, {"p": given[0]})):
        found.append(code)
    if found:
        advice = f"write {' or '.join(found)}"
    elif len(given) == 1 and main and len(needed) < 2:
        refusal = str(_refusal(cls, attempts[0]))
        advice = f"it cannot be {refusal.removeprefix(f'{cls.__name__}: ')}"
    listed = ", ".join(map(shown, given[:8]))
    return f"{cls.__name__}({listed}): what is given by position could be misread; {advice}"


def _code(cls: Any, options: dict[str, Any]) -> str | None:
    """The declaration with these options, where a range that is unclear is the first that it can
    mean; None if it would be refused."""
    written = {}
    for name, value in options.items():
        try:
            kinds = {field.name: field.metadata["kind"] for field in dataclasses.fields(cls)}
            kinds[name](value, "")
            written[name] = shown(plain(value))
        except Unclear as unclear:
            needed = {name: value for name, value in options.items() if name in written}
            readings = {text: ast.literal_eval(text) for text in unclear.choices}
            fit = (text for text in readings if not _refusal(cls, needed | {name: readings[text]}))
            if (text := next(fit, None)) is None:
                return None
            written[name] = text
            options = options | {name: readings[text]}
        except (TypeError, ValueError):
            return None
    if "..." in "".join(written.values()) or _refusal(cls, options):
        return None
    return f"{cls.__name__}({', '.join(f'{name}={text}' for name, text in written.items())})"


def _refusal(cls: Any, options: dict[str, Any]) -> str | None:
    """Why a declaration with these options would be refused."""
    try:
        cls(**options)
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def convert_fields(declared: Any) -> None:
    """Replaces each field's value by its canonical form."""
    cls = type(declared).__name__
    needed: dict[str, Any] = {}
    unclear: dict[str, Unclear] = {}
    for field in dataclasses.fields(declared):
        try:
            value = field.metadata["kind"](getattr(declared, field.name), f"{cls}: {field.name}")
        except Unclear as error:
            unclear[field.name] = error
            continue
        object.__setattr__(declared, field.name, value)
        if field.default is dataclasses.MISSING:
            needed[field.name] = value
    if unclear:
        advice = [_advice(type(declared), needed, *each) for each in unclear.items()]
        raise TypeError("; ".join(advice)) from None


def _advice(cls: Any, needed: dict[str, Any], name: str, unclear: Unclear) -> str:
    """The error of one field, with those of its readings that the declaration accepts."""
    refusals = {
        text: _refusal(cls, needed | {name: ast.literal_eval(text)}) for text in unclear.choices
    }
    found = [
        f"{name}={text} for {unclear.choices[text]}"
        for text, refusal in refusals.items()
        if refusal is None
    ]
    if found:
        return f"{unclear}, as a scalar could be read in several ways: write {', or '.join(found)}"
    # What the core allows comes after the place and the value.
    allowed = str(next(iter(refusals.values()))).split(": ", 2)[-1]
    return f"{unclear}: {allowed}"


def show(declared: Any) -> str:
    """The declaration as Python code, without what is default."""
    parts = []
    for field in dataclasses.fields(declared):
        value, default = getattr(declared, field.name), field.default
        if default is dataclasses.MISSING or value != field.metadata["kind"](default, ""):
            written = repr(list(value)) if field.name == "transforms" else repr(value)
            by_position = default is dataclasses.MISSING and not field.kw_only
            parts.append(written if by_position else f"{field.name}={written}")
    # What may be given by position comes first.
    parts.sort(key=lambda item: "=" in item.partition("(")[0])
    return f"{type(declared).__name__}({', '.join(parts)})"


@kind({"type": "number"})
def number(value: Any, where: str) -> float:
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{where}={shown(value)}: a number is needed")
    if not abs(value) <= sys.float_info.max:
        raise ValueError(f"{where}={shown(value)}: a finite number is needed")
    if value != float(value):
        raise ValueError(f"{where}={shown(value)}: an integer that float64 holds exactly is needed")
    return float(value)


probability = number


def _whole(value: Any, where: str) -> int:
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{where}={shown(value)}: an integer is needed")
    # The core says what of these is allowed; what no float holds, its JSON cannot have.
    if not abs(value) <= sys.float_info.max:
        raise ValueError(f"{where}={shown(value)}: a finite number is needed")
    return value


integer = Kind(_whole, {"type": "integer", "minimum": 0})

# A number of pixels from the image's edge on, on either side of it.
place = Kind(_whole, {"type": "integer"})


@kind({"type": "boolean"})
def flag(value: Any, where: str) -> bool:
    value = plain(value)
    if not isinstance(value, bool):
        raise TypeError(f"{where}={shown(value)}: True or False is needed")
    return value


@kind({"type": "string"})
def text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{where}={shown(value)}: a str is needed")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise no_text(error, where) from None
    return value


def no_text(error: UnicodeEncodeError, where: str) -> ValueError:
    """What to raise for a str of half characters, as names of files may have."""
    return ValueError(f"{where}={shown(error.object)}: a str that UTF-8 can hold is needed")


def one_of(literal: Any) -> Kind:
    """One of the words of a Literal."""
    allowed = get_args(literal)

    def convert(value: Any, where: str) -> str:
        if isinstance(value, str) and value in allowed:
            return str(value)
        kind = ValueError if isinstance(value, str) else TypeError
        advice = word_advice(where.rpartition(" ")[2], value, allowed)
        listed = ", ".join(map(repr, allowed))
        raise kind(f"{where}={shown(value)}: {advice}one of {listed}")

    return Kind(convert, {"enum": list(allowed)})


def unless(usual: str, literal: Any) -> Kind:
    """One of the words of a Literal; the usual one becomes None, which documents leave out."""
    words = one_of(literal)
    others = [word for word in get_args(literal) if word != usual]

    def convert(value: Any, where: str) -> str | None:
        return None if value is None or words(value, where) == usual else str(value)

    return Kind(convert, {"anyOf": [{"enum": others}, {"type": "null"}]})


path_step = Kind(text.convert, text.schema | {"pattern": "^[A-Za-z0-9_.-]{1,255}$"})


def optional(item: Kind) -> Kind:
    def convert(value: Any, where: str) -> Any:
        return None if value is None else item(value, where)

    return Kind(convert, {"anyOf": [item.schema, {"type": "null"}]})


def several(item: Kind, *counts: int, alone: str = "") -> Kind:
    """A sequence, of one of `counts` lengths if there are any; `alone`: in words, what its caller
    takes instead of one."""
    needed = f"{alone} or a sequence is needed" if alone else "a sequence is needed"

    def sequence(value: Any, where: str) -> tuple[Any, ...]:
        items = items_of(value, where, needed)
        if counts and len(items) not in counts:
            wanted = " or ".join(map(str, counts))
            raise ValueError(f"{where}={shown(value)}: {wanted} values are needed")
        return tuple(item(each, where) for each in items)

    schema: Schema = {"type": "array", "items": item.schema}
    if counts:
        # What is shorter is filled up to the longest when it is made canonical.
        schema |= {"minItems": max(counts), "maxItems": max(counts)}
    return Kind(sequence, schema)


@kind(several(integer).schema | {"minItems": 1})
def indices(value: Any, where: str) -> tuple[int, ...]:
    """One index or a sequence of them."""
    if is_number(value):
        return (integer(value, where),)
    return tuple(several(integer, alone="an integer")(value, where))


@kind(several(number).schema)
def values(value: Any, where: str) -> tuple[float, ...]:
    """One number or a sequence of them."""
    if is_number(value):
        return (number(value, where),)
    return tuple(several(number, alone="a number")(value, where))


def span(end: Kind = number) -> Kind:
    """A range as a pair; a scalar is the range that holds only it."""
    pair = several(end, 2, alone="a number")

    def convert(value: Any, where: str) -> Any:
        if is_number(value):
            fixed = end(value, where)
            return fixed, fixed
        return pair(value, where)

    return Kind(convert, pair.schema)


def ranges(end: Kind) -> Kind:
    """A range for all channels, or one for each: pairs. Canonical are pairs, of a range for all the
    only one."""
    one, each = span(end), several(several(end, 2))

    def convert(value: Any, where: str) -> Any:
        if is_number(value):
            return (one(value, where),)
        items = items_of(value, where, "a number or a sequence is needed")
        return (one(items, where),) if items and is_number(items[0]) else each(items, where)

    return Kind(convert, each.schema | {"minItems": 1})


def ambiguous(reading: Callable[[float], tuple[float, float]], end: Kind) -> Kind:
    """A range, where other libraries read a scalar as `reading(scalar)`."""

    pair = several(end, 2)

    def convert(value: Any, where: str) -> Any:
        if is_number(value):
            scalar = end(value, where)
            choices = [(reading(scalar), "that range"), ((scalar, scalar), "that value")]
            raise Unclear(where, value, choices)
        return pair(value, where)

    return Kind(convert, pair.schema)


def around(center: float) -> Kind:
    """A range, where other libraries read a scalar s as (center - s, center + s); about 1, of
    factors, which are not negative."""

    def reading(s: float) -> tuple[float, float]:
        low = center - abs(s)
        return max(low, 0.0) if center else low, center + abs(s)

    return ambiguous(reading, number)


def up_to(end: Kind, least: float) -> Kind:
    """A range, where other libraries read a scalar s as (least, s)."""
    return ambiguous(lambda s: (least, s), end)


@kind(several(integer, 2).schema)
def size(value: Any, where: str) -> tuple[int, int]:
    """Height and width; one integer for both."""
    if is_number(value):
        side = integer(value, where)
        return side, side
    height, width = several(integer, 2, alone="an integer")(value, where)
    return height, width
