"""Containers of transforms."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

from .._pipeline.targets import BboxParams
from .._pipeline.transform import Transform, build
from .._values.fields import declaration, kind, option, optional, positive
from .._values.plain import shown

__all__ = ["Compose"]


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
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise TypeError(f"{where}={shown(value)}: a sequence of transforms is needed")
    for item in value:
        if not isinstance(item, Transform):
            raise TypeError(f"{where}: {shown(item)} is not a bitaug transform")
        if _depth(item) >= _DEEPEST:
            raise ValueError(f"{where}: more than {_DEEPEST} transforms, one within the other")
    return tuple(value)


@kind({"anyOf": [{"$ref": "#/$defs/BboxParams"}, {"type": "null"}]})
def _bbox_params(value: Any, where: str) -> BboxParams | None:
    if value is not None and not isinstance(value, BboxParams):
        raise TypeError(f"{where}={shown(value)}: a BboxParams is needed")
    return None if value == BboxParams() else value


@declaration
class Compose(Transform):
    """Transforms one after another.

    Up to 32 may be one within the other.

    Args:
        transforms: any sequence of transforms, Compose among them.
        bbox_params: how boxes are written and filtered; at the outermost level only.
        white: the value that stands for white in images of uint16 (a whole number) and float32,
            1e-9 to 1e9, such as 4095 for 12 bits or 255 for floats that were bytes; by default
            65535 and 1.0. What ops state in parts of white, they clamp to, and ToFloat and
            Normalize divide by. At the outermost level only.
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

    transforms: Sequence[Transform] = option(_transforms, kw_only=False)
    bbox_params: BboxParams | None = option(_bbox_params, default=None)
    white: float | None = option(optional(positive), default=None, absent=True)

    def _node(self) -> dict[str, Any]:
        node = super()._node()
        node["transforms"] = [transform._node() for transform in self.transforms]
        if self.bbox_params is None:
            del node["bbox_params"]
        else:
            node["bbox_params"] = dataclasses.asdict(self.bbox_params)
        return node

    @classmethod
    def _from_node(cls, node: dict[str, Any]) -> Self:
        fields = {key: value for key, value in node.items() if key not in ("op", "version")}
        fields["transforms"] = [build(child) for child in fields["transforms"]]
        if fields.get("bbox_params") is not None:
            fields["bbox_params"] = BboxParams(**fields["bbox_params"])
        return cls(**fields)
