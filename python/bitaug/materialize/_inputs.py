"""What goes in: images, and the masks and boxes that belong to them."""

import dataclasses
import functools
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np

from .._images import files, pillow
from .._pipeline.address import check_names
from .._values.digest import digest
from .._values.json import parse_json
from .._values.types import Array


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The images of a folder by their keys, with the mask and the boxes of each; `layout` is that
    of images in .npy files."""

    images: dict[str, Path]
    masks: dict[str, Path] | None
    boxes: dict[str, dict[str, Any]] | None
    layout: str | None = None

    @classmethod
    def find(
        cls,
        images: str | Path,
        masks: str | Path | None = None,
        boxes: str | Path | None = None,
        layout: str | None = None,
    ) -> Self:
        """Raises:
        OSError: if a folder or the file is not there.
        ValueError: naming an image without a mask or boxes, or boxes without an image.
        """
        check_names("", layout)
        # Workers elsewhere have another current folder.
        found = {key: path.absolute() for key, path in files.find(images).items()}
        return cls(
            found,
            None if masks is None else dict(_masks(found, masks)),
            None if boxes is None else _boxes(found, Path(boxes)),
            layout,
        )

    def label(self, key: str) -> str | None:
        """The layout to call a pipeline with for this image."""
        return files.label(self.images[key], self.layout)

    def sample(self, key: str) -> dict[str, Any]:
        """What a pipeline's call takes for one image.

        Raises:
            Broken: naming the file that cannot be read.
        """
        alone = self.masks is None and self.boxes is None
        reader = files.read if alone else functools.partial(files.read, still=True)
        sample = {"image": files.decoded(self.images[key], reader)}
        if self.masks is not None:
            sample["mask"] = files.decoded(self.masks[key], _mask)
        return sample if self.boxes is None else sample | self.boxes[key]

    def broken(self, key: str) -> str | None:
        """Why an image, or its mask, cannot be read; None if it can."""
        try:
            self.sample(key)
        except files.Broken as error:
            of_mask = error.path != os.fspath(self.images[key])
            return f"mask: {error.reason}" if of_mask else error.reason
        return None

    def digest(self) -> str:
        """Stands for the names and sizes of all files, and for the boxes."""
        found = hashlib.sha256()
        for paths in (self.images, self.masks or {}):
            for key, path in paths.items():
                found.update(f"{key}\n{_size(path)}\n".encode())
            found.update(b"\n")
        found.update(dump(self.boxes).encode())
        return found.hexdigest()


def dump(value: Any) -> str:
    """Plain data as one line of JSON, always written alike."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def digests(sample: dict[str, Any]) -> dict[str, str]:
    """The content digest of each part of a sample."""
    found: dict[str, str] = {}
    boxes = dict(sample)
    for part in ("image", "mask"):
        if part in sample:
            found[part] = digest(boxes.pop(part))
    if boxes:
        found["boxes"] = digest(np.frombuffer(dump(boxes).encode(), np.uint8))
    return found


def _size(path: Path) -> int | None:
    """Of what is not there, such as behind a broken link, none; reading it says so."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _stem(key: str) -> str:
    return Path(key).with_suffix("").as_posix()


def _masks(images: dict[str, Path], folder: str | Path) -> Iterator[tuple[str, Path]]:
    found = files.find(folder)
    stems: dict[str, list[str]] = {}
    for key in found:
        stems.setdefault(_stem(key), []).append(key)
    owners: dict[str, str] = {}
    for key in images:
        # The mask of cat/a.jpg is cat/a.jpg, cat/a.jpg.png or cat/a.png.
        near = [key] if key in found else stems.get(key) or stems.get(_stem(key), [])
        if len(near) != 1:
            what = f"{' and '.join(near)} are there" if near else "there is none"
            raise ValueError(f"{key}: one mask is needed in {os.fspath(folder)}; {what}")
        owner = owners.setdefault(near[0], key)
        if owner != key:
            raise ValueError(
                f"{near[0]} in {os.fspath(folder)} would be the mask of {owner} and of {key}; "
                f"name them {owner}.png and {key}.png"
            )
        yield key, found[near[0]].absolute()
    lost = next((name for name in found if name not in owners), None)
    if lost is not None:
        raise ValueError(f"{lost} in {os.fspath(folder)}: there is no image of this mask")


def _mask(path: Path) -> Array:
    """A mask's values: of a palette, the numbers of its colors."""
    values = files.read(path, pillow.as_stored, still=True)
    return values.astype(np.uint8) if values.dtype == np.bool_ else values


def _boxes(images: dict[str, Path], file: Path) -> dict[str, dict[str, Any]]:
    try:
        with files.opened(file) as opened:
            given = parse_json(opened.read().decode())
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    if not isinstance(given, dict):
        raise ValueError(f"{file}: an object is needed, of each image's boxes by its path")
    lost = next((key for key in given if key not in images), None)
    if lost is not None:
        raise ValueError(f"{file}: {lost}: there is no such image")
    for key in images:
        if key not in given:
            raise ValueError(f'{file}: {key} is missing; without boxes it is {{"bboxes": []}}')
        entry = given[key]
        if not isinstance(entry, dict) or not {"bboxes"} <= entry.keys() <= {"bboxes", "labels"}:
            raise ValueError(f"{file}: {key}: an object is needed, of bboxes and, perhaps, labels")
        try:
            dump(entry)
        except ValueError as error:
            raise ValueError(f"{file}: {key}: {error}") from None
    return {key: given[key] for key in images}
