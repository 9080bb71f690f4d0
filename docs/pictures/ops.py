"""docs/ops.md: every op with a picture, made from its class, its docstring's example and the core.

`page()` is the text; a test holds the file to it.
"""

import ast
import dataclasses
import functools
import inspect
import re
import sys

import numpy as np
from PIL import Image, ImageDraw

import bitaug as ba
from bitaug import Transform

from .common import DOCS, INK, PHOTOS, SOFT, blank

FAMILIES = {
    "flips": "Flips and turns",
    "crops": "Crops",
    "sizes": "Sizes",
    "warps": "Warps",
    "color": "Colour",
    "tones": "Tones",
    "blur": "Blur and sharpness",
    "degradations": "Degradations",
    "noise": "Noise",
    "holes": "Holes",
    "output": "Output",
    "mixing": "Mixing",
    "containers": "Containers",
    "policies": "Policies",
    "custom": "Your own",
}
SIDE, SAMPLES = 144, 5
BOX = [28.0, 34.0, 104.0, 122.0]


def ops() -> dict[str, list[type[Transform]]]:
    """The classes by family, in the order in which their files have them."""
    found: dict[str, list[type[Transform]]] = {family: [] for family in FAMILIES}
    for cls in Transform._registry.values():
        found[cls.__module__.rpartition(".")[2]].append(cls)
    return {family: classes for family, classes in found.items() if classes}


def docstring(cls: type[Transform]) -> str:
    return inspect.cleandoc(cls.__doc__ or "")


def section(cls: type[Transform], name: str) -> str:
    found = re.search(rf"^{name}:\n(.*?)(?=^\S|\Z)", docstring(cls), re.DOTALL | re.MULTILINE)
    return inspect.cleandoc(found[1]) if found else ""


def example(cls: type[Transform]) -> str:
    """The first expression of the docstring's example that makes one."""
    lines = re.findall(r"^(?:>>>|\.\.\.) ?(.*)$", section(cls, "Examples"), re.MULTILINE)
    tree = ast.parse("\n".join(lines))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"ba.{cls.__name__}":
            return ast.unparse(node)
    raise ValueError(f"{cls.__name__}: its example makes none")


def made(cls: type[Transform]) -> Transform | None:
    """What the example makes, but sure to be applied; None where it needs what only it has."""
    try:
        transform = eval(example(cls), {"ba": ba, "np": np})
    except NameError:
        return None
    return dataclasses.replace(transform, p=1.0)


def default(field: "dataclasses.Field[object]") -> str:
    if field.default is dataclasses.MISSING:
        return "needed"
    return f"`{field.default!r}`"


def page() -> str:
    lines = [
        "# Ops",
        "",
        "Each op with its fields, what moves with the image, and what its docstring's example does "
        "to a photo: five samples of one seed. The box shows where boxes go. `help(ba.Affine)` "
        "says the same; [the specification](spec.md) defines every pixel. All ops also have `p`, "
        "`name` and `version`.",
        "",
        "![A sample of every op](ops.png)",
        "",
    ]
    for family, classes in ops().items():
        links = ", ".join(f"[{cls.__name__}](#{cls.__name__.lower()})" for cls in classes)
        lines.append(f"- {FAMILIES[family]}: {links}")
    for family, classes in ops().items():
        lines += ["", f"## {FAMILIES[family]}"]
        for cls in classes:
            lines += ["", f"### {cls.__name__}", "", *entry(cls)]
    return "\n".join(lines) + "\n"


def entry(cls: type[Transform]) -> list[str]:
    about = docstring(cls).partition("\nArgs:")[0].strip()
    lines = [about, ""]
    if made(cls) is not None:
        code = example(cls)
        lines += [f"```python\n{code}\n```", "", f"![{code}](ops/{cls.__name__}.jpg)", ""]
    told = arguments(cls)
    fields = [f for f in dataclasses.fields(cls) if f.name not in ("p", "name", "version")]
    # What a field of all says of itself in one op is worth a line there.
    fields += [f for f in dataclasses.fields(cls) if f.name == "p"]
    lines += ["| field | default | |", "|---|---|---|"]
    lines += [f"| `{f.name}` | {default(f)} | {told.get(f.name, '')} |" for f in fields]
    targets, types = section(cls, "Targets"), section(cls, "Image types")
    flat = " ".join
    return [*lines, "", f"Targets: {flat(targets.split())}. Types: {flat(types.split())}."]


def arguments(cls: type[Transform]) -> dict[str, str]:
    """What the docstring's Args says of each."""
    told = {}
    for item in re.split(r"\n(?=\S)", section(cls, "Args")):
        names, _, text = item.partition(":")
        for name in names.split(", "):
            told[name.strip()] = " ".join(text.split()).replace("|", "\\|")
    return told


def photo(name: str = "cat") -> np.ndarray:
    """A square photo."""
    image = Image.open(PHOTOS / f"{name}.png").convert("RGB")
    side = min(image.size)
    return np.asarray(image.crop((0, 0, side, side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS))


@functools.cache
def photos() -> list[np.ndarray]:
    """All but the first, to be mixed with it."""
    return [photo(path.stem) for path in sorted(PHOTOS.glob("*.png")) if path.stem != "cat"]


def sample(transform: Transform, image: np.ndarray, index: int) -> Image.Image:
    """One sample as a picture, with its box."""
    given = {"image": image, "mask": ellipse(), "bboxes": [BOX]}
    if isinstance(transform, ba.MixUp):
        del given["mask"]  # of masks there is no mean
    pipeline = ba.Compose([transform])
    partners = [given | {"image": other} for other in 2 * photos()]
    partners.insert(index, given)
    got = pipeline(**given, partners=partners, seed=42, epoch=0, index=index)
    pixels = got["image"]
    if pixels.dtype != np.uint8:
        low, high = float(pixels.min()), float(pixels.max())
        pixels = ((pixels - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    if pixels.shape[-1] not in (1, 3):
        pixels = np.moveaxis(pixels, 0, -1)
    picture = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    for box in got["bboxes"]:
        last = np.maximum(box[2:] - 1, box[:2])
        ImageDraw.Draw(picture).rectangle([*box[:2], *last], outline="#e3b341")
    picture.thumbnail((SIDE, SIDE))
    return picture


def ellipse() -> np.ndarray:
    """A mask of what the box is around."""
    mask = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(mask).ellipse(BOX, 1)
    return np.asarray(mask)


def draw() -> None:
    """The page, its pictures, and one sample of every op on one sheet."""
    (DOCS / "ops").mkdir(exist_ok=True)
    image, gap, shown = photo(), 6, []
    for classes in ops().values():
        for cls in classes:
            transform = made(cls)
            if transform is None:
                continue
            strip = Image.new("RGB", ((SAMPLES + 1) * (SIDE + gap) - gap, SIDE), "white")
            strip.paste(sample(ba.Compose([]), image, 0), (0, 0))
            for index in range(SAMPLES):
                picture = sample(transform, image, index)
                strip.paste(picture, ((index + 1) * (SIDE + gap), 0))
                if index == 1:
                    shown.append((cls.__name__, picture))
            strip.save(DOCS / "ops" / f"{cls.__name__}.jpg", quality=88, optimize=True)
    columns, high = 8, SIDE + 26
    rows = -(-len(shown) // columns)
    sheet, _, write = blank(columns * (SIDE + gap) + gap, rows * high + 34)
    write(gap, 16, "one sample of every op; the box shows where boxes go", 15, SOFT)
    for i, (name, picture) in enumerate(shown):
        x, y = gap + i % columns * (SIDE + gap), 32 + i // columns * high
        sheet.paste(picture, (x, y))
        write(x, y + SIDE + 10, name, 11, INK)
    sheet.save(DOCS / "ops.png", optimize=True)
    (DOCS / "ops.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    sys.stdout.write(page())
