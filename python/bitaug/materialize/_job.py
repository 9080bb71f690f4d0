"""What is to be made: a pipeline's outputs for the images of a folder over some epochs, in units
that are made and recorded one by one."""

import dataclasses
import functools
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from .. import _core
from .._images.files import opened
from .._pipeline.partners import Keyed
from .._pipeline.transform import Transform, from_json
from .._values.digest import digest
from .._values.fields import text
from .._values.json import parse_json
from .._values.numbers import whole, word
from .._values.types import Array
from ._containers import Row
from ._format import Format
from ._inputs import Inputs, digests, dump

FILE = "materialize.json"
# Samples with files of their own are recorded so many at a time.
_TOGETHER = 16


class Unit(NamedTuple):
    number: int
    epoch: int
    shard: int
    keys: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Job:
    pipeline: Transform
    inputs: Inputs
    seed: int
    stream: str
    epochs: int
    format: Format

    def __post_init__(self) -> None:
        if not isinstance(self.pipeline, Transform):
            raise TypeError(f"pipeline={self.pipeline!r}: a transform is needed")
        object.__setattr__(self, "seed", word(self.seed, "seed"))
        text(self.stream, "stream")
        object.__setattr__(self, "epochs", whole(self.epochs, "epochs", 1, 2**32))
        keys = self.inputs.images
        names = {f"{key}.{self.format.encoding}" for key in keys}
        for key in keys:
            taken = next((str(path) for path in Path(key).parents if path.as_posix() in names), "")
            if taken:
                raise ValueError(f"{key}: {taken} would be a folder and the file of another image")

    @classmethod
    def load(cls, output: Path, paths: dict[str, str | Path | None]) -> Self:
        """The job of a folder; `paths` replace those that it was made with.

        Raises:
            ValueError: if it is not one.
        """
        try:
            stored = read(output)
            for name, path in stored["paths"].items():
                if paths.get(name) is None and path is not None:
                    paths = {**paths, name: output / path}
            return cls(
                from_json(dump(stored["pipeline"])),
                Inputs.find(**paths, layout=stored.get("layout")),  # type: ignore[arg-type]
                stored["seed"],
                stored["stream"],
                stored["epochs"],
                Format(stored["format"], stored["encoding"], stored["shard_size"]),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{output / FILE}: changed: {error!r}") from None

    def decisive(self) -> dict[str, Any]:
        """All that decides what is written."""
        return {
            "pipeline": self.pipeline.digest,
            "seed": self.seed,
            "stream": self.stream,
            "epochs": self.epochs,
            **self.format.fields(),
            "images": len(self.inputs.images),
            "masks": self.inputs.masks is not None,
            "boxes": self.inputs.boxes is not None,
            "inputs": self.inputs.digest(),
            "layout": self.inputs.layout,
        }

    def document(self, output: Path, paths: dict[str, str | Path | None]) -> str:
        """The text of `materialize.json`."""
        found = self.decisive()
        found["digest"] = found.pop("pipeline")
        found["paths"] = {
            name: None if path is None else _beside(Path(path), output)
            for name, path in paths.items()
        }
        found["versions"] = {"bitaug": _core.__version__, "pillow": _pillow()}
        found["pipeline"] = json.loads(self.pipeline.to_json())
        return json.dumps({"form": 1, **found}, indent=1, ensure_ascii=False) + "\n"

    @property
    def samples(self) -> int:
        return len(self.inputs.images) * self.epochs

    @property
    def units(self) -> int:
        return -(-len(self.inputs.images) // self._size) * self.epochs

    @functools.cached_property
    def _keys(self) -> tuple[str, ...]:
        return tuple(self.inputs.images)

    @functools.cached_property
    def _others(self) -> Keyed | None:
        """The samples that others are mixed with, if they are: those of all images."""
        mixes = self.pipeline._pipeline.mixes()
        return Keyed(self._keys, self.inputs.sample) if mixes else None

    @property
    def _size(self) -> int:
        return self.format.shard_size or _TOGETHER

    def unit(self, number: int) -> Unit:
        epoch, shard = divmod(number, self.units // self.epochs)
        start = shard * self._size
        return Unit(number, epoch, shard, self._keys[start : start + self._size])

    def make(self, epoch: int, key: str) -> tuple[Row, dict[str, Any]]:
        """A sample's row, without the places of its parts, and the parts: arrays, and the boxes'
        text.

        Raises:
            OSError: if the image cannot be read.
            TypeError, ValueError: if the pipeline does not take it; both name the image.
        """
        given = self.inputs.sample(key)
        address: dict[str, Any] = {
            "seed": self.seed, "stream": self.stream, "epoch": epoch, "index": key
        }  # fmt: skip
        try:
            image = given["image"]
            layout = _core.layout("image", image.shape, self.inputs.label(key), "image")
            params = self.pipeline.params(
                **address,
                shape=image.shape,
                dtype=image.dtype,
                layout=layout,
                partners=self._others,
            )
            found = self.pipeline(**given, **address, layout=layout, partners=self._others)
        except TypeError as error:
            raise TypeError(f"{key}: {error}") from None
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
        sources = digests(given)
        row = {
            "epoch": epoch,
            "key": key,
            **_content(found["image"]),
            "source": sources["image"],
            "receipt": self.pipeline.receipt(**address),
            "params": params,
        }
        if "mix" in found:
            row["mix"] = found["mix"]
        parts = {"image": found["image"]}
        if "mask" in found:
            parts["mask"] = found["mask"]
            row["mask"] = {**_content(found["mask"]), "source": sources["mask"]}
        if "bboxes" in found:
            names = ("bboxes", "labels", "dropped", "mix_weight")
            parts["boxes"] = dump({name: _plain(found[name]) for name in names if name in found})
            row["boxes"] = {"source": sources["boxes"]}
        return row, parts


def read(output: Path) -> dict[str, Any]:
    """What a folder's `materialize.json` says."""
    try:
        with opened(output / FILE) as file:
            stored = parse_json(file.read().decode())
    except ValueError as error:
        raise ValueError(f"{output / FILE}: {error}") from None
    form = stored.get("form") if isinstance(stored, dict) else None
    if form != 1:
        raise ValueError(f"{output / FILE}: form {form}: this version reads 1")
    found: dict[str, Any] = stored
    return found


def differences(stored: dict[str, Any], job: Job) -> Iterable[str]:
    """Where a folder was begun with something else."""
    for name, value in job.decisive().items():
        before = stored.get("digest" if name == "pipeline" else name)
        if before != value:
            yield f"{name}={before!r}, not {value!r}"


def _beside(path: Path, output: Path) -> str:
    """Relative to the output, so that both may be moved together."""
    try:
        return Path(os.path.relpath(path, output)).as_posix()
    except ValueError:  # on another drive
        return str(path.absolute())


def _pillow() -> str | None:
    """Its version decides how JPEGs are decoded and PNGs are compressed."""
    try:
        import PIL
    except ImportError:
        return None
    return str(PIL.__version__)


def _content(array: Array) -> dict[str, Any]:
    return {"pixels": digest(array), "shape": list(array.shape), "dtype": array.dtype.name}


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
