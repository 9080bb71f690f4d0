"""Containers of transforms."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from .._pipeline.targets import BboxParams, KeypointParams, Rules, names
from .._pipeline.transform import Transform, build
from .._values.fields import (
    declaration,
    flag,
    integer,
    kind,
    number,
    one_of,
    option,
    optional,
    probability,
    span,
    text,
)
from .._values.plain import items_of, shown

__all__ = ["Compose", "OneOf", "RandomOrder", "Sequential", "SomeOf"]


def with_white(pipeline: Transform, white: float | None) -> Transform:
    """The pipeline with this value of white; None leaves it as it is."""
    if white is None or not isinstance(pipeline, Transform):
        return pipeline  # what is no pipeline is refused where one is needed
    if not isinstance(pipeline, Compose):
        return Compose([pipeline], white=white)
    changed = dataclasses.replace(pipeline, white=white)
    if pipeline.white not in (None, changed.white):
        raise ValueError(f"white={white!r}: the pipeline has white={pipeline.white!r}")
    return changed


# So deep, every parser of JSON and YAML reads back what was written.
_DEEPEST = 32


def _depth(transform: Transform) -> int:
    return 1 + max(map(_depth, getattr(transform, "transforms", ())), default=0)


@kind({"type": "array", "items": {"$ref": "#/$defs/transform"}})
def _transforms(value: Any, where: str) -> tuple[Transform, ...]:
    items = items_of(value, where, "a sequence of transforms is needed")
    for item in items:
        if not isinstance(item, Transform):
            raise TypeError(f"{where}: {shown(item)} is not a bitaug transform")
        if _depth(item) >= _DEEPEST:
            raise ValueError(f"{where}: more than {_DEEPEST} transforms, one within the other")
    return tuple(items)


@kind({"anyOf": [{"$ref": "#/$defs/BboxParams"}, {"type": "null"}]})
def _bbox_params(value: Any, where: str) -> BboxParams | None:
    if value is not None and not isinstance(value, BboxParams):
        raise TypeError(f"{where}={shown(value)}: a BboxParams is needed")
    return None if value == BboxParams() else value


@kind({"type": "object", "additionalProperties": {"enum": ["image", "mask", "map"]}})
def _targets(value: Any, where: str) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError(f"{where}={shown(value)}: a dict of names and kinds is needed")
    kind = one_of(Literal["image", "mask", "map"])
    return {
        text(name, where): kind(each, f"{where}[{shown(name)}]") for name, each in value.items()
    } or None


@kind({"type": "array", "items": {"type": "string"}, "uniqueItems": True})
def _mix_fields(value: Any, where: str) -> tuple[str, ...] | None:
    return None if value is None else tuple(sorted(names(value, where))) or None


@declaration
class Container(Transform, abstract=True):
    """What all containers have: transforms."""

    transforms: Sequence[Transform] = option(_transforms, kw_only=False)

    def _node(self) -> dict[str, Any]:
        node = super()._node()
        node["transforms"] = [transform._node() for transform in self.transforms]
        return node

    def _functions(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for transform in self.transforms:
            for name, function in transform._functions().items():
                if found.setdefault(name, function) is not function:
                    raise ValueError(f"Custom: name={name!r}: two functions have this name")
        return found

    @classmethod
    def _from_node(cls, node: dict[str, Any], functions: Mapping[str, Any]) -> Self:
        children = [build(child, functions) for child in node["transforms"]]
        return super()._from_node(node | {"transforms": children}, functions)


@kind({"anyOf": [{"$ref": "#/$defs/KeypointParams"}, {"type": "null"}]})
def _keypoint_params(value: Any, where: str) -> KeypointParams | None:
    if value is not None and not isinstance(value, KeypointParams):
        raise TypeError(f"{where}={shown(value)}: a KeypointParams is needed")
    return None if value == KeypointParams() else value


@declaration
class Compose(Container):
    """Transforms one after another.

    Up to 32 may be one within the other.

    Args:
        transforms: any sequence of transforms, Compose among them.
        bbox_params: how boxes are written and filtered; at the outermost level only.
        white: the value that stands for white in images of uint16 (a whole number) and float32,
            1e-9 to 1e9, such as 4095 for 12 bits or 255 for floats that were bytes; by default
            65535 and 1.0. What ops state in parts of white, they clamp to, and ToFloat and
            Normalize divide by. At the outermost level only.
        keypoint_params: what is known about points; at the outermost level only.
        targets: names of further arguments of a call, each "image" (all ops, with the parameters of
            the image but noise of its own), "mask" (what moves; values are picked) or "map" (what
            moves; float32 values, such as depth, are interpolated as the image's, and 0 where there
            was nothing), of the height and width of the image:
            `targets={"right": "image", "parts": "mask", "depth": "map"}`. At the outermost level
            only.
        mix_fields: names of further arguments of a call that are vectors of floats, such as a class
            as a vector with a single 1: where samples are mixed, so are they. At the outermost
            level only.
        p: probability that they are applied at all, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> train = ba.Compose([ba.HorizontalFlip(), ba.ToFloat(), ba.ToCHW()])
        >>> train(np.zeros((32, 48, 3), np.uint8), seed=42, epoch=0, index=7).shape
        (3, 32, 48)
    """

    bbox_params: BboxParams | None = option(_bbox_params, default=None)
    keypoint_params: KeypointParams | None = option(_keypoint_params, default=None, absent=True)
    white: float | None = option(optional(number), default=None, absent=True)
    targets: Mapping[str, str] | None = option(_targets, default=None, absent=True)
    mix_fields: tuple[str, ...] | None = option(_mix_fields, default=None, absent=True)

    def _node(self) -> dict[str, Any]:
        node = super()._node()
        if self.bbox_params is None:
            del node["bbox_params"]
        else:
            node["bbox_params"] = self.bbox_params._node()
        if self.keypoint_params is not None:
            node["keypoint_params"] = self.keypoint_params._node()
        return node

    @property
    def _rules(self) -> Rules:
        fields = self.bbox_params.label_fields if self.bbox_params else ("labels",)
        return Rules(self.targets or {}, fields, self.keypoint_params, self.mix_fields or ())

    @classmethod
    def _from_node(cls, node: dict[str, Any], functions: Mapping[str, Any]) -> Self:
        for name, params in (("bbox_params", BboxParams), ("keypoint_params", KeypointParams)):
            if node.get(name) is not None:
                node = node | {name: params(**node[name])}
        return super()._from_node(node, functions)


@declaration
class Sequential(Container):
    """Transforms one after another, all of them or none; a `Compose` in another does the same.

    Args:
        transforms: any sequence of transforms.
        p: probability that they are applied at all, 0 to 1.
        name: pins its random address.

    Targets:
        those of its transforms

    Image types:
        those of its transforms

    Examples:
        >>> import bitaug as ba
        >>> rare = ba.Sequential([ba.GaussianBlur(), ba.GaussNoise()], p=0.1)
    """

    p: float = option(probability, default=0.5)


@declaration
class OneOf(Container):
    """One of several transforms, chosen anew for each sample.

    A transform's `p` is its weight: of two with p=0.5 and p=1 the second is chosen twice as often.
    The one that is chosen is always applied. One more transform in the list, or one less, changes
    which one a sample gets, but nothing that the others draw.

    Args:
        transforms: any sequence of transforms, at least one with a `p` above 0.
        p: probability that one is applied at all, 0 to 1; Albumentations' default is 0.5.
        name: pins its random address.

    Targets:
        those of its transforms

    Image types:
        those of its transforms

    Examples:
        >>> import bitaug as ba
        >>> soft = ba.OneOf([ba.GaussianBlur(), ba.GaussNoise(p=0.5)], p=0.3)
    """


@declaration
class SomeOf(Container):
    """Several of its transforms, chosen anew for each sample, each equally often.

    Each that is chosen is applied by its own `p`.

    Args:
        transforms: any sequence of transforms.
        n: how many are chosen, an integer or a range of integers, both ends included.
        replace: whether one can be chosen several times; it draws anew each time. Then up to 64.
        random_order: whether they are applied in the order in which they are drawn, else in that
            of the list.
        p: probability that any are applied, 0 to 1.
        name: pins its random address.

    Targets:
        those of its transforms

    Image types:
        those of its transforms

    Examples:
        >>> import bitaug as ba
        >>> some = ba.SomeOf([ba.HorizontalFlip(p=1), ba.VerticalFlip(p=1), ba.ToGray()], n=(1, 2))
    """

    n: int | tuple[int, int] = option(span(integer), default=1, kw_only=False)
    replace: bool = option(flag, default=False)
    random_order: bool = option(flag, default=False)


@declaration
class RandomOrder(Container):
    """All of its transforms, in an order that is drawn anew for each sample.

    Each is applied by its own `p`. (Albumentations' op of this name applies `n` of them: that is
    `SomeOf(..., n=n, random_order=True)`.)

    Args:
        transforms: any sequence of transforms.
        p: probability that they are applied at all, 0 to 1.
        name: pins its random address.

    Targets:
        those of its transforms

    Image types:
        those of its transforms

    Examples:
        >>> import bitaug as ba
        >>> shuffled = ba.RandomOrder([ba.GaussianBlur(), ba.ColorJitter(brightness=(0.8, 1.2))])
    """
