"""One image with its targets through a pipeline, and how boxes are written."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from .. import _core
from .._values.environment import in_default_environment
from .._values.fields import (
    convert_fields,
    declaration,
    kind,
    number,
    one_of,
    option,
    several,
    show,
    text,
)
from .._values.names import no_argument
from .._values.numbers import row
from .._values.plain import shown
from .._values.types import Array
from .address import check_key
from .rows import check_points, joined, mean, parted, rejoined, riders, table, vector

BoxFormat = Literal["pascal_voc", "coco", "yolo", "albumentations"]


@kind({"type": "array", "items": {"type": "string"}, "uniqueItems": True})
def names(value: Any, where: str) -> tuple[str, ...]:
    """One name or a sequence of them, each once."""
    named: tuple[str, ...] = (value,) if isinstance(value, str) else several(text)(value, where)
    if len(set(named)) < len(named):
        raise ValueError(f"{where}={shown(value)}: a name is there twice")
    return named


@declaration
class _Params:
    """What is said about one kind of targets."""

    def __post_init__(self) -> None:
        convert_fields(self)

    def __repr__(self) -> str:
        return show(self)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return dataclasses.astuple(self) == dataclasses.astuple(other)

    def __hash__(self) -> int:
        return hash(dataclasses.astuple(self))


@declaration
class BboxParams(_Params):
    """How boxes are written, and which are dropped.

    Args:
        format: `pascal_voc` (left, top, right, bottom in pixels), `coco` (left, top, width,
            height in pixels), `yolo` (centre x, centre y, width, height as fractions of the
            image), `albumentations` (left, top, right, bottom as fractions). Coordinates are
            those of edges: the first pixel covers 0 to 1.
        min_area: boxes of a smaller area after the transform, in pixels, are dropped.
        min_visibility: boxes of which a smaller part, 0 to 1, is left within the image are dropped.
        label_fields: names of arguments of a call that have a row for each box, and lose those of
            boxes that are dropped. `masks` and `keypoints` may be among them: a mask, or a group
            of points, for each box.
    """

    format: BoxFormat = option(one_of(BoxFormat), default="pascal_voc", kw_only=False)
    min_area: float = option(number, default=0.0)
    min_visibility: float = option(number, default=0.0)
    label_fields: tuple[str, ...] = option(names, default=("labels",))

    def _node(self) -> dict[str, Any]:
        node = dataclasses.asdict(self)
        if self.label_fields == ("labels",):
            del node["label_fields"]
        return node


@declaration
class KeypointParams(_Params):
    """What is known about points.

    Args:
        flip_pairs: pairs of rows, such as the left and the right eye, that change places where the
            image is mirrored: by a flip, a transposition, or anything else that exchanges left and
            right. Rows are those of the last axis but one. `ba.COCO_FLIP_PAIRS` are COCO's.
    """

    flip_pairs: tuple[tuple[int, int], ...] = option(
        several(several(row, 2)), default=(), kw_only=False
    )

    def _node(self) -> dict[str, Any]:
        return {"flip_pairs": self.flip_pairs}

    def swapped(self, rows: int) -> list[int]:
        """The places of rows where left and right have changed places."""
        places = list(range(rows))
        for one, other in self.flip_pairs:
            if max(one, other) >= rows:
                raise ValueError(f"keypoints: {rows} rows; flip_pairs has a pair ({one}, {other})")
            places[one], places[other] = other, one
        return places


# Of COCO's 17 points: eyes, ears, shoulders, elbows, wrists, hips, knees, ankles.
COCO_FLIP_PAIRS = tuple((i, i + 1) for i in range(1, 17, 2))


# What a sample may have, beside the targets that a pipeline names itself.
NAMES = ("image", "images", "mask", "masks", "bboxes", "labels", "keypoints")


@dataclasses.dataclass(frozen=True)
class Rules:
    """What a pipeline says about targets.

    Attributes:
        kinds: of further targets, by name: "image", "mask" or "map".
        label_fields: the names of what has a row for each box.
        points: what is known about points.
        mix_fields: the names of vectors of which mixed samples have the mean.
    """

    kinds: Mapping[str, str] = dataclasses.field(default_factory=dict)
    label_fields: tuple[str, ...] = ("labels",)
    points: KeypointParams | None = None
    mix_fields: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """What a sample may have."""
        return list(dict.fromkeys([*NAMES, *self.kinds, *self.label_fields, *self.mix_fields]))


class Company:
    """What comes with an image, or with the frames of a clip: made plain and checked once.

    Args:
        sample: what a call was given, by name; None is nothing.
        place: of the sample in a batch, for errors.
    """

    def __init__(self, sample: Mapping[str, Any], rules: Rules, place: str = "") -> None:
        self.sample, self.rules, self.place = sample, rules, place
        kinds = rules.kinds
        mask, masks = sample.get("mask"), sample.get("masks")
        stacked = isinstance(masks, np.ndarray) and masks.ndim > 0
        if not (masks is None or stacked or isinstance(masks, list | tuple)):
            raise TypeError(f"{place}masks={shown(masks)}: a sequence of masks is needed")
        # With their names, and whether they are maps.
        self._masks = [] if mask is None else [("mask", mask, False)]
        several = () if masks is None else masks
        self._masks += [(f"masks[{i}]", value, False) for i, value in enumerate(several)]
        further = {name: kind for name, kind in kinds.items() if sample.get(name) is not None}
        self._frames = [(name, sample[name]) for name, kind in further.items() if kind == "image"]
        self._named = [name for name, kind in further.items() if kind != "image"]
        self._masks += [(name, sample[name], further[name] == "map") for name in self._named]
        self._boxes: Any = None
        self._points: Any = None
        if sample.get("bboxes") is not None:
            self._boxes = table(sample["bboxes"], f"{place}bboxes", 4)
        if sample.get("keypoints") is not None:
            self._points = table(sample["keypoints"], f"{place}keypoints", 2)
            check_points(self._points[..., :2], f"{place}keypoints")
        self._count = 0 if self._boxes is None else len(self._boxes)
        fields = dict.fromkeys((*rules.label_fields, "labels"))
        self._rows = {
            name: riders(sample[name], f"{place}{name}", self._count)
            for name in fields
            if sample.get(name) is not None
        }
        if rules.points is not None and self._points is not None:
            self._swapped = rules.points.swapped(self._points.shape[-2])
        self._vectors = {
            name: vector(sample[name], f"{place}{name}")
            for name in rules.mix_fields
            if sample.get(name) is not None
        }

    def given(self) -> tuple[Any, ...]:
        """For the core: further images, masks and maps by name, boxes, points."""
        boxes, points = self._boxes, self._points
        return (
            [(self.place + name, image) for name, image in self._frames],
            [(self.place + name, mask, is_map) for name, mask, is_map in self._masks],
            None if boxes is None else _floats(boxes[:, :4]),
            None if points is None else _floats(points[..., :2].reshape(-1, 2)),
        )

    def moved(
        self,
        name: str,
        image: Any,
        moved: tuple[Any, ...],
        partners: "Partners | None" = None,
    ) -> dict[str, Any]:
        """The sample with what the core returns, the image by its name first.

        Args:
            partners: the samples that it may be mixed with.
        """
        frames, masks, boxes, kept, points, mirrored, mixed = moved
        kept = np.empty(0, np.int64) if kept is None else kept
        sources = [self]
        if partners is not None:
            sources += [partners.companies[position] for position, _ in mixed[1:]]
        sample: dict[str, Any] = {name: image}
        several = masks[: len(masks) - len(self._named)]
        if self.sample.get("mask") is not None:
            sample["mask"], *several = several
        if self.sample.get("masks") is not None:
            sample["masks"] = several
        if self._boxes is not None:
            given = joined([source._boxes for source in sources], "bboxes")
            sample["bboxes"] = rejoined(boxes, given[kept], given.dtype)
            sample["dropped"] = np.setdiff1d(np.arange(len(given)), kept)
        if self._points is not None:
            given = joined([source._points for source in sources], "keypoints")
            sample["keypoints"] = rejoined(points, given, given.dtype)
            if self.rules.points is not None:
                self._exchange(sample["keypoints"], sources, mirrored)
        if mixed:
            keys = None if partners is None else partners.keys
            sample["mix"] = mixed if keys is None else [(keys[at], of) for at, of in mixed]
        for field, own in self._vectors.items():
            vectors = [source._vector(field) for source in sources]
            weights = [weight for _, weight in mixed]
            sample[field] = mean(vectors, weights, field) if mixed else own
        for field in self._rows:
            # What has moved loses rows as what it has become.
            if field == "masks":
                sample["masks"] = [sample["masks"][i] for i in kept]
            elif field == "keypoints":
                sample["keypoints"] = sample["keypoints"][kept]
            else:
                sample[field] = joined(_rows_of(sources, field, kept), field)
        sample.update(zip((name for name, _ in self._frames), frames, strict=True))
        sample.update(zip(self._named, masks[len(masks) - len(self._named) :], strict=True))
        if mixed and self._boxes is not None:
            counts = [source._count for source in sources]
            sample["mix_weight"] = np.repeat([weight for _, weight in mixed], counts)[kept]
        return sample

    @property
    def names(self) -> frozenset[str]:
        """What comes with the image, each of its masks by itself."""
        apart = ("image", "images", "masks")
        given = (name for name, value in self.sample.items() if value is not None)
        masks = (name for name, *_ in self._masks)
        return frozenset(name for name in given if name not in apart).union(masks)

    def check_mixes(self, partners: "Partners") -> None:
        """Refuses what cannot be mixed, and partners with other targets than the sample has: an
        image alone stays alone."""
        names = self.names
        alone = not names and not partners.companies
        for field in () if alone else self.rules.mix_fields:
            # An image alone among samples that have it stays alone.
            there = (company._vectors for company in partners.companies.values())
            if field not in self._vectors and (names or not any(field in each for each in there)):
                raise ValueError(f"{self.place}no {field}, which mix_fields names")
        for theirs, position in partners.kinds.items() if names else ():
            if lacking := names - theirs:
                raise ValueError(
                    f"partner {position}: no {', '.join(sorted(lacking))}, which the sample has"
                )
            if further := theirs - names:
                raise ValueError(
                    f"partner {position}: {', '.join(sorted(further))}, which the sample has not"
                )
        if "masks" in self._rows:
            raise ValueError(
                f"{self.place}masks: as label_fields name them there is one for each box; such are "
                "not mixed"
            )

    def _vector(self, field: str) -> Array:
        if field not in self._vectors:
            raise ValueError(f"{self.place}no {field}, which mix_fields names")
        return self._vectors[field]

    def _exchange(self, points: Array, sources: Sequence["Company"], mirrored: list[bool]) -> None:
        """Lets the rows of pairs change places in what is mirrored."""
        end = 0
        for source, seen_mirrored in zip(sources, mirrored, strict=True):
            start, end = end, end + len(source._points)
            if seen_mirrored:
                points[start:end] = points[start:end][..., source._swapped, :]


def _rows_of(sources: Sequence[Company], field: str, kept: Array) -> list[Any]:
    """The rows of a field at positions among those of all sources, by source."""
    for source in sources:
        if field not in source._rows:
            raise ValueError(f"{source.place}no {field}, which the sample has")
    parts = parted(kept, [source._count for source in sources])
    return [source._rows[field](part) for source, part in zip(sources, parts, strict=True)]


@dataclasses.dataclass(frozen=True)
class Partners:
    """The samples of a data set that those of a call are mixed with.

    Attributes:
        given: for the core: how many samples there are in all, or their keys, and each of these
            with its position.
        companies: what comes with them, by position.
        keys: of all samples, if they have any.
    """

    given: tuple[int | _core.Keys, list[Any]]
    companies: Mapping[int, Company]
    keys: Sequence[Any] | None = None

    @functools.cached_property
    def kinds(self) -> dict[frozenset[str], int]:
        """The sets of targets that they have, each with the position of one that has it."""
        return {company.names: position for position, company in self.companies.items()}


# An address that is not asked for, where parameters are given.
NOWHERE = {"seed": 0, "epoch": 0, "index": 0, "stream": "", "repeat": 0}


def run(
    pipeline: _core.Pipeline,
    sample: Mapping[str, Any],
    rules: Rules,
    address: Mapping[str, Any],
    layout: str | None,
    threads: int = 1,
    sparing: bool = False,
    out: Any = None,
    params: str | None = None,
    limit: int | None = None,
    partners: Partners | None = None,
) -> dict[str, Any]:
    """One image with its targets, or one clip, as a call by name returns it.

    Args:
        address: its seed, epoch, index, stream and repeat.
        params: what `params` returned, as JSON, instead of an address.
        limit: how many of the ops that are applied are run; by default all.
        partners: the samples that it is mixed with.
    """
    clip = sample.get("image") is None
    name = "images" if clip else "image"
    company = Company(sample, rules)
    check_key(address.get("index"))
    if partners is not None and limit is None:
        company.check_mixes(partners)
    image, (moved,) = pipeline.samples(
        sample[name], [company.given()],
        **{**NOWHERE, **address}, layout=layout, threads=threads, sparing=sparing, out=out,
        stack=False, form="clip" if clip else "image", params=params, limit=limit,
        partners=None if partners is None else partners.given,
    )  # fmt: skip
    return company.moved(name, image, moved, partners)


def run_all(
    pipeline: _core.Pipeline,
    samples: Sequence[Any],
    rules: Rules,
    address: Mapping[str, Any],
    layout: str | None,
    threads: int,
    sparing: bool,
    out: Any,
    partners: Partners | None = None,
) -> list[dict[str, Any]]:
    """Samples, each an image with its targets by name, in one call."""
    known = [name for name in rules.names if name != "images"]
    for i, sample in enumerate(samples):
        if not isinstance(sample, Mapping) or sample.get("image") is None:
            raise TypeError(f"images[{i}]={shown(sample)}: a dict with an image is needed")
        for name in sample:
            if name not in known:
                raise no_argument(f"images[{i}]", name, sample[name], known)
    companies = [Company(sample, rules, f"images[{i}]: ") for i, sample in enumerate(samples)]
    if partners is not None:
        for company in companies:
            company.check_mixes(partners)
    images, moved = pipeline.samples(
        [sample["image"] for sample in samples], [company.given() for company in companies],
        **address, layout=layout, threads=threads, sparing=sparing, out=out, stack=False,
        partners=None if partners is None else partners.given,
    )  # fmt: skip
    together = zip(companies, images, moved, strict=True)
    return [company.moved("image", image, rest, partners) for company, image, rest in together]


@in_default_environment
def _floats(table: Array) -> Array:
    return np.ascontiguousarray(table, np.float64)
