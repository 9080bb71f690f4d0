"""What fields may hold, as the schema says it and as the core reads it: the same, to the last value
on either side of every bound."""

import dataclasses
import json
import math
import re

import jsonschema
import numpy as np
import pytest

import bitaug as ba
from bitaug import _core
from bitaug._pipeline.transform import Transform
from tests.pipelines import examples

SCHEMA = ba.json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
NODES = examples(8, 9, 3)
OPS = sorted({node["op"] for node in NODES})


def edges(schema, given):
    """Values on either side of every bound of a field, and whether they are allowed; `given` is one
    that is."""
    for one in schema.get("anyOf", ()):
        yield from edges(one, given)
    if "const" in schema:
        yield schema["const"], True
    for word in schema.get("enum", ()):
        yield word, True
        yield f"{word}s", False
    if schema.get("type") == "null":
        yield None, True
    if schema.get("type") in ("number", "integer"):
        yield from _numbers(schema)
    if schema.get("type") == "array":
        some = given if isinstance(given, list) and given else [None] * schema.get("minItems", 1)
        for item, allowed in edges(schema["items"], some[0]):
            yield [item] * len(some), allowed
        if "minItems" in schema:
            yield some[: schema["minItems"] - 1], False
        if "maxItems" in schema:
            yield [*some, some[0]], False


def _numbers(schema):
    step = 2 if "not" in schema else 1

    def beside(bound, towards):
        if schema["type"] == "integer":
            return bound + (step if towards > 0 else -step)
        return math.nextafter(bound, towards)

    for bound, out in ("minimum", -math.inf), ("maximum", math.inf):
        if bound in schema:
            yield schema[bound], True
            yield beside(schema[bound], out), False
        exclusive = f"exclusive{bound.capitalize()}"
        if exclusive in schema:
            yield beside(schema[exclusive], -out), True
            yield schema[exclusive], False
    if "not" in schema:
        yield schema["minimum"] + 1, False


def accepted(node):
    try:
        _core.Pipeline(json.dumps(node))
    except ValueError as error:
        message = str(error)
    else:
        return True
    assert message.startswith(f"{node['op']}: "), message
    # What two fields may be together is no bound of either.
    return bool(re.match(r"\w+: \w+, \w+=", message)) and valid(node)


def valid(node):
    return VALIDATOR.is_valid({"bitaug": 1, "pipeline": node})


@pytest.mark.parametrize("op", OPS)
def test_the_schema_and_the_core_agree_at_every_bound(op):
    nodes = [{"p": 1.0, **node} for node in NODES if node["op"] == op]
    fields = set(nodes[0]) - {"op", "version", "p"}
    assert fields <= set(SCHEMA["$defs"][op]["properties"])
    for field in fields:
        schema = SCHEMA["$defs"][op]["properties"][field]
        for value, allowed in edges(schema, nodes[0][field]):
            changed = [{**node, field: value} for node in nodes]
            # Fields that depend on this one allow it in one of the examples.
            allows = [accepted(node) for node in changed]
            assert any(allows) == allowed, (field, value)
            assert all(valid(node) == allowed for node in changed), (field, value)


def test_the_fields_of_all_ops():
    flip = {"op": "VerticalFlip", "version": 1, "p": 0.5}
    compose = {"op": "Compose", "version": 1, "p": 1.0, "transforms": [flip]}
    for node, field in (flip, "p"), (compose, "white"):
        bounds = list(edges(SCHEMA["$defs"][node["op"]]["properties"][field], None))
        assert len(bounds) >= 4
        for value, allowed in bounds:
            changed = {**node, field: value}
            assert accepted(changed) == valid(changed) == allowed, (field, value)


def test_every_number_has_bounds_or_needs_none():
    """A field without: in the image's units, or what its op alone gives a meaning."""
    free = {
        (op, field)
        for op in OPS
        for field, schema in SCHEMA["$defs"][op]["properties"].items()
        if '"type": "number"' in json.dumps(schema) and not list(edges(schema, None))
    }
    assert {field for _, field in free} <= {"fill_mask", "ignore_values"}


def test_units():
    def unit(op, field):
        schema = SCHEMA["$defs"][op]["properties"][field]
        while "items" in schema:
            schema = schema["items"]
        return schema.get("unit")

    assert unit("Rotate", "limit") == unit("Affine", "shear") == "degrees"
    assert unit("Resize", "height") == unit("Pad", "padding") == "pixels"
    assert unit("GaussNoise", "std_range") == "parts of white"
    assert unit("RandomGamma", "gamma_limit") == "percent"
    assert unit("ColorJitter", "contrast") is None


def test_defaults_are_those_of_the_classes_and_allowed():
    for name, cls in Transform._registry.items():
        properties = SCHEMA["$defs"][name]["properties"]
        for field in dataclasses.fields(cls):
            if field.name not in properties or field.name == "version":
                continue
            schema = properties[field.name]
            known = field.default is not dataclasses.MISSING and not field.metadata["absent"]
            assert ("default" in schema) == known, field
            if known:
                known = {"$defs": SCHEMA["$defs"], **schema}
                jsonschema.Draft202012Validator(known).validate(schema["default"])
    assert SCHEMA["$defs"]["Affine"]["properties"]["p"]["default"] == 1.0
    assert SCHEMA["$defs"]["Blur"]["properties"]["blur_limit"]["default"] == [3, 7]
    assert "default" not in SCHEMA["$defs"]["Resize"]["properties"]["height"]


def test_an_edited_parameter_beyond_its_bounds_is_named():
    rotate = ba.Rotate((-30, 30))
    params = rotate.params(seed=1, epoch=0, index=0, shape=(8, 9, 3))
    params["ops"][0]["params"]["angle"] = 361
    message = "Rotate: params: angle=361: a number within -360 to 360, degrees"
    with pytest.raises(ValueError, match=f"^{message}$"):
        rotate.apply(params, np.zeros((8, 9, 3), np.uint8))
