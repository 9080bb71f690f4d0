"""The package's modules: what each imports, and what the public ones offer."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import bitaug as ba

ROOT = Path(ba.__file__).parents[1]
# By name, such as bitaug.torch._sample; a package's own module has the package's name.
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "bitaug").rglob("*.py*")
    if path.suffix in (".py", ".pyi")
}


def imported(name):
    """The modules of the package that one imports, anywhere in it: what is imported late, or for
    its types alone, is needed no less."""
    path, found = MODULES[name], set()
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            inner = {f"{source}.{each.name}" for each in node.names}
            found |= {each if each in MODULES else source for each in inner}
    return found & MODULES.keys()


def test_what_is_imported():
    assert imported("bitaug") >= {"bitaug._core", "bitaug.random", "bitaug.torch"}
    assert {"bitaug._values.yaml", "bitaug._core"} <= imported("bitaug._pipeline.transform")
    assert imported("bitaug.__main__") == {"bitaug._cli"}


def test_no_module_imports_itself():
    """Not by way of others, either."""
    try:
        TopologicalSorter({name: imported(name) for name in MODULES}).prepare()
    except CycleError as error:
        pytest.fail("imports in a circle: " + ", which is imported by ".join(error.args[1]))


def test_public_modules_say_what_is_public():
    """All but the package itself, whose names come from others, and those that have none."""
    for name, path in MODULES.items():
        steps = name.split(".")[1:]
        if steps and not any(step.startswith("_") for step in steps):
            body = ast.parse(path.read_text("utf-8")).body
            starts = [ast.unparse(node).partition(" = ")[0] for node in body]
            assert "__all__" in starts or len(body) == 1, name


def test_what_adapters_share_is_held():
    """They hand in functions, and override nothing."""
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            bases = map(ast.unparse, node.bases) if isinstance(node, ast.ClassDef) else ()
            assert not {"Arrays", "Augmenter", "Finder", "Sample"} & set(bases), name
