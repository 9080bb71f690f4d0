"""Documents: what they hold, what is refused, and that reading one runs nothing."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import bitaug as ba
from bitaug import _core
from bitaug._documents.schema import schema_text
from bitaug._pipeline.transform import build
from bitaug._values.json import repeated
from tests.pipelines import examples

TRAIN = ba.Compose(
    [
        ba.RandomResizedCrop(32, scale=(0.2, 1.0)),
        ba.Compose([ba.HorizontalFlip(name="mirror"), ba.GaussNoise()], p=0.7),
        ba.Pad(padding=(1, 2), border="reflect101"),
        ba.CoarseDropout(hole_height_range=(2, 3)),
        ba.Normalize(),
        ba.ToCHW(),
    ],
    bbox_params=ba.BboxParams(format="coco", min_area=4.0),
)
VAL = ba.Compose([ba.Resize(height=32, width=32), ba.Normalize(), ba.ToCHW()])
DOCUMENT = json.loads(TRAIN.to_json())
VALIDATOR = jsonschema.Draft202012Validator(ba.json_schema())


def edited(**changes):
    return json.dumps({**DOCUMENT, **changes})


def with_op(**changes):
    """The document with its first op changed."""
    node = {**DOCUMENT["pipeline"]["transforms"][0], **changes}
    return edited(pipeline={**DOCUMENT["pipeline"], "transforms": [node]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "document: "),
        ("[]", "not an object"),
        ("{}", 'no field "bitaug"'),
        (edited(bitaug=2), "format 2; this version reads format 1"),
        (edited(extra=1), 'unknown field "extra"'),
        (with_op(op="Blurr"), "op='Blurr': no such op; did you mean Blur"),
        (with_op(version=2), "RandomResizedCrop: version=2: one of 1"),
        (with_op(scales=[1, 2]), "RandomResizedCrop.*scales"),
        (with_op(scale=[0.5, 0.1]), "RandomResizedCrop: scale"),
        (with_op(scale=["a", 1]), r"RandomResizedCrop: scale=\(\"a\", 1\): two numbers lo <= hi"),
        (with_op(size=[32, 1.5]), r"RandomResizedCrop: size=\(32, 1.5\): two integers within 1"),
        (with_op(p=1.5), "p=1.5: a probability"),
    ],
)
def test_refusals_name_what_is_wrong(text, message):
    with pytest.raises(ValueError, match=message):
        ba.from_json(text)
    with pytest.raises(ValueError, match=message):
        ba.from_yaml(text or "''")


def test_a_field_that_is_missing_is_named():
    node = dict(DOCUMENT["pipeline"]["transforms"][0])
    del node["ratio"]
    with pytest.raises(ValueError, match="ratio"):
        ba.from_json(edited(pipeline=node))


@pytest.mark.parametrize("suffix", ["json", "yaml", "yml"])
def test_files_of_one_and_of_several(suffix, tmp_path):
    file = tmp_path / f"pipelines.{suffix}"
    ba.save(TRAIN, file)
    assert ba.load(file) == TRAIN
    ba.save({"train": TRAIN, "val": VAL}, str(file))
    loaded = ba.load(str(file))
    assert loaded == {"train": TRAIN, "val": VAL} and list(loaded) == ["train", "val"]
    VALIDATOR.validate(parsed(file))
    with pytest.raises(ValueError, match=r"several pipelines, which load\(\) reads"):
        ba.from_json(json.dumps(parsed(file)))


def parsed(file):
    if file.suffix == ".json":
        return json.loads(file.read_text())
    from bitaug._values import yaml

    return yaml.parse(file.read_text())


def test_a_mistake_in_one_of_several_is_named(tmp_path):
    file = tmp_path / "pipelines.json"
    ba.save({"train": TRAIN, "val": VAL}, file)
    file.write_text(file.read_text().replace('"height": 32', '"height": 0'))
    with pytest.raises(ValueError, match="pipelines: val: Resize: height=0: "):
        ba.load(file)
    with pytest.raises(ValueError, match=r"ends in \.json, \.yaml or \.yml"):
        ba.load(tmp_path / "pipelines.toml")
    with pytest.raises(ValueError, match="at least one"):
        ba.save({}, file)
    file.write_text('{"bitaug": 1, "pipelines": {}}')
    with pytest.raises(ValueError, match="names and their pipelines are needed"):
        ba.load(file)


@pytest.mark.parametrize("name", ["1", r'"\ud800"', "null"])
def test_names_that_are_no_texts_are_refused(name, tmp_path):
    """As saving refuses them: what is read can be written."""
    file = tmp_path / "pipelines.yaml"
    file.write_text(f"bitaug: 1\npipelines: {{{name}: {json.dumps(TRAIN._node())}}}")
    with pytest.raises(ValueError, match=r"pipelines: .*: name=.*: a str"):
        ba.load(file)


@pytest.mark.parametrize("pipelines", [5, [TRAIN], {"train": 5}, {1: TRAIN}])
def test_what_is_saved_is_checked(pipelines, tmp_path):
    file = tmp_path / "pipelines.json"
    with pytest.raises(TypeError, match="pipelines"):
        ba.save(pipelines, file)
    assert not file.exists()


def test_yaml_for_people():
    text = """
    bitaug: 1
    pipeline:  # small letters, comments, exponents
      {op: GaussNoise, version: 1, p: 5e-1, name: no, std_range: [1e-3, .5], mean_range: [0, 0x0],
       per_channel: true}
    """
    noise = ba.GaussNoise(p=0.5, name="no", std_range=(0.001, 0.5))
    assert ba.from_yaml(text) == noise
    assert ba.from_yaml(ba.GaussNoise(name="1e3").to_yaml()).name == "1e3"
    lines = TRAIN.to_yaml().splitlines()
    assert lines[0] == "bitaug: 1"
    assert "  - op: RandomResizedCrop" in lines and "    scale: [0.2, 1.0]" in lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "document: "),
        ("bitaug: 1\nbitaug: 1", "'bitaug' is there twice.*line 2"),
        ("? [a]\n: 1", "document: "),
        ("!!python/object/apply:os.system ['true']", "document: the tag .*os.system.*refused"),
        ("bitaug: !!bool maybe", "document: the tag .*bool.*refused.*line 1"),
        ("!!timestamp never", "document: the tag"),
        ("bitaug: .nan", "format"),
        ("bitaug: 1e999", "document: "),
        (f"bitaug: {'9' * 5000}", "document: "),
        ("&a [*a]", "document: with its aliases"),
        ("a: &a {b: *a}", "document: .*recursive"),
        ("[" * 10_000, "document: "),
    ],
)
def test_yaml_that_is_refused(text, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        ba.from_yaml(text)


def test_aliases_of_aliases_are_refused_before_they_are_written_out():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    texts = [f"a: &a {'x' * 2**11}", f"b: [{', '.join(['*a'] * 2**9)}]"]
    for text in ("\n".join(lines), "\n".join(texts)):
        with pytest.raises(ValueError, match="with its aliases written out"):
            ba.from_yaml(text)
    text = "{bitaug: 1, pipeline: {op: Compose, version: 1, p: 1, transforms: [&f {op: ToFloat,"
    assert ba.from_yaml(text + " version: 1, p: &p 1}, {op: ToGray, version: 1, p: *p}]}}")


@pytest.mark.parametrize("text", [None, 5, b"bitaug: 1", ["bitaug: 1"]])
def test_yaml_is_a_text(text):
    with pytest.raises(TypeError, match="text="):
        ba.from_yaml(text)


def test_reading_runs_nothing(tmp_path):
    """Neither format imports or calls what a document names."""
    trap = tmp_path / "trap"
    call = f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{trap}]]"
    for text in (call, f"bitaug: 1\npipeline: {call}"):
        with pytest.raises(ValueError, match="tags are refused"):
            ba.from_yaml(text)
    op = f"__import__('pathlib').Path({str(trap)!r}).touch()"
    with pytest.raises(ValueError, match="op"):
        ba.from_json(with_op(op=op))
    assert not trap.exists()


@pytest.mark.parametrize("field", ["writer", "bbox_params", "scale"])
def test_json_with_a_field_twice_is_refused(field, tmp_path):
    file = tmp_path / "p.json"
    text = edited().replace(f'"{field}"', f'"{field}": null, "{field}"')
    file.write_text(text)
    message = f"document: the field '{field}' is there twice"
    with pytest.raises(ValueError, match=f"^{re.escape(str(file))}: {message}"):
        ba.load(file)
    with pytest.raises(ValueError, match=f"^{message}"):
        ba.from_json(text)


def test_a_field_twice_is_found_in_one_pass():
    """Two passes over the names would ask for the hash of a name twice."""
    fields = {f"field{i}": i for i in range(20_000)}
    asked = 0

    class Name(str):
        def __eq__(self, other):
            nonlocal asked
            asked += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = [Name(name) for name in [*fields, "field19999"]]
    assert repeated(names) == "field19999"
    assert asked < 100
    assert repeated(fields) is None


def test_the_name_of_an_op_is_bounded():
    """It is in the paths of all ops below: a long name would be written many times."""
    assert ba.HorizontalFlip(name="x" * 255).name == "x" * 255
    with pytest.raises(ValueError, match="1 to 255 letters, digits"):
        ba.HorizontalFlip(name="x" * 256)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"bitaug": 1e999}', "9" * 5000, "NaN"])
def test_json_beyond_all_bounds_is_refused(text, tmp_path):
    file = tmp_path / "p.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=f"^{re.escape(str(file))}: document: "):
        ba.load(file)
    with pytest.raises(ValueError, match=r"^document: "):
        ba.from_json(text)


def test_extras_are_named_where_they_are_missing():
    code = (
        "import sys; sys.modules['yaml'] = sys.modules['PIL'] = None\n"
        "import bitaug as ba, numpy as np\n"
        "for call in (ba.ToFloat().to_yaml, lambda: ba.from_yaml(''), lambda:"
        " ba.ToFloat().trace(np.zeros((2, 2), np.uint8), seed=1, epoch=0, index=0).draw()):\n"
        "    try: call()\n"
        "    except ImportError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    yaml = "PyYAML is needed for YAML: pip install bitaug[yaml]\n"
    assert run.stdout == yaml * 2 + "Pillow is needed to draw: pip install bitaug[draw]\n"


# The schema --------------------------------------------------------------------------------------


def test_the_shipped_schema_is_that_of_the_ops():
    shipped = Path(ba.__file__).parent / "schema.json"
    assert shipped.read_text("utf-8") == schema_text(), "python -m bitaug schema makes it"


def test_the_schema_knows_every_op_and_field():
    jsonschema.Draft202012Validator.check_schema(ba.json_schema())
    definitions = ba.json_schema()["$defs"]
    ops = {name for name, *_ in _core.registry(8, 8, 3)}
    assert ops <= set(definitions)
    for node in examples(8, 8, 3):
        document = json.loads(build(node | {"p": 1.0}).to_json())
        VALIDATOR.validate(document)
        fields = {each.name: each for each in dataclasses.fields(getattr(ba, node["op"]))}
        for field in node:
            wrong = json.loads(json.dumps(document))
            del wrong["pipeline"][field]
            may_lack = field != "op" and fields[field].metadata["absent"]
            assert VALIDATOR.is_valid(wrong) == may_lack, field
            wrong["pipeline"][field] = {"wrong": 1}
            assert not VALIDATOR.is_valid(wrong), field
        described = definitions[node["op"]]["properties"]
        undescribed = {
            name for name, schema in described.items() if "description" not in schema
        } - {"op", "version"}
        assert not undescribed, node["op"]


@pytest.mark.parametrize(
    "text",
    [edited(extra=1), edited(bitaug=2), with_op(op="Sharpen"), with_op(version=9), with_op(p=2)],
)
def test_the_schema_refuses(text):
    assert not VALIDATOR.is_valid(json.loads(text))
