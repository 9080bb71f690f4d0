"""What every transform is: a frozen declaration, compiled once, and the calls that run it."""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _core
from .._samples.keys import repeated
from .._values.environment import in_default_environment
from .._values.fields import (
    convert_fields,
    declaration,
    flag,
    integer,
    no_text,
    option,
    optional,
    path_step,
    plain,
    probability,
    several,
    show,
    shown,
)
from .._values.fields import text as text_kind
from .._values.names import explained
from .rows import check_points, rejoined, riders, table

if TYPE_CHECKING:
    from .._look.trace import Trace

Array: TypeAlias = NDArray[Any]
Images: TypeAlias = Array | Sequence[Array]
Numbers: TypeAlias = int | Sequence[int] | NDArray[np.integer[Any]]
Keys: TypeAlias = Numbers | str | Sequence[str]

_PID = os.getpid()
_THREADS = os.environ.get("BITAUG_THREADS", "")


def thread_count(threads: int | None, single: bool) -> int:
    """The threads of one call: as asked, else BITAUG_THREADS, else one for a single image and
    inside a loader's worker, else all cores."""
    if threads is None and _THREADS:
        if not (_THREADS.isdecimal() and 1 <= int(_THREADS) <= 1024):
            raise ValueError(f"BITAUG_THREADS={_THREADS!r}: 1 to 1024 is needed")
        return int(_THREADS)
    if threads is None:
        if single or _is_worker():
            return 1
        return len(os.sched_getaffinity(0)) if _AFFINITY else os.cpu_count() or 1
    threads = plain(threads)
    if isinstance(threads, bool) or not isinstance(threads, int):
        raise TypeError(f"threads={shown(threads)}: an integer is needed")
    if not 1 <= threads <= 1024:
        raise ValueError(f"threads={shown(threads)}: 1 to 1024")
    return threads


_AFFINITY = hasattr(os, "sched_getaffinity")


def _is_worker() -> bool:
    """Asked at each call: a spawned worker imports this before it has been told of its parent."""
    processes = sys.modules.get("multiprocessing.process")
    return os.getpid() != _PID or (processes is not None and processes.parent_process() is not None)


class StreamLabel(int):
    """A stream of which only the label is known, as receipts have it."""


def check_names(stream: Any, layout: Any) -> None:
    """Refuses a stream or layout that is no text."""
    known = type(stream) is str and stream.isascii()
    if not known and not isinstance(stream, StreamLabel):
        text_kind(stream, "stream")
    if layout is not None:
        text_kind(layout, "layout")


def _key(index: Any) -> None:
    if isinstance(index, str) and not index.isascii():
        text_kind(index, "index")


@declaration
class Transform:
    """Base of all transforms: an immutable description that can be called.

    Args:
        p: probability that it is applied, 0 to 1.
        name: pins its random address (letters, digits, `_`, `.`, `-`); by default that is the
            class name, with `#2`, `#3` ... for further ones at the same level.
    """

    _version: ClassVar[int] = 1
    # Whether one number by position is the side of a square.
    _square: ClassVar[bool] = True
    _registry: ClassVar[dict[str, type["Transform"]]] = {}
    _pipeline: ClassVar[_core.Pipeline]

    p: float = option(probability, default=1.0)
    name: str | None = option(optional(path_step), default=None, absent=True)

    def __init_subclass__(cls) -> None:
        if cls.__module__.startswith("bitaug."):
            Transform._registry[cls.__name__] = cls

    @in_default_environment
    def __post_init__(self) -> None:
        convert_fields(self)
        # Compiling it is checking it.
        compiled = _core.Pipeline(json.dumps(self._node(), allow_nan=False))
        object.__setattr__(self, "_pipeline", compiled)

    def _node(self) -> dict[str, Any]:
        node: dict[str, Any] = {"op": type(self).__name__, "version": self._version}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is not None or not field.metadata["absent"]:
                node[field.name] = value
        return node

    @classmethod
    def _from_node(cls, node: dict[str, Any]) -> Self:
        fields = {key: value for key, value in node.items() if key not in ("op", "version")}
        return cls(**fields)

    def __repr__(self) -> str:
        return show(self)

    def __eq__(self, other: object) -> bool:
        """Whether both are written alike: 1 pixel is not the fraction 1.0."""
        if not isinstance(other, Transform):
            return NotImplemented
        return self._pipeline.node() == other._pipeline.node()

    def __hash__(self) -> int:
        return hash(self._pipeline.node())

    def __reduce__(self) -> tuple[Any, ...]:
        return from_node, (self._pipeline.node(),)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for the pipeline: equal digests, equal bytes."""
        return self._pipeline.digest()

    def to_json(self) -> str:
        """The pipeline as a document: complete, with op versions and the version that wrote it."""
        return self._pipeline.to_json()

    @in_default_environment
    def to_yaml(self) -> str:
        """The document as YAML; needs PyYAML (`pip install bitaug[yaml]`)."""
        from .._documents import documents
        from .._values import yaml as _yaml

        return _yaml.dump(documents.in_reading_order(json.loads(self.to_json())))

    @explained
    def __call__(
        self,
        images: Images | None = None,
        /,
        *,
        image: Array | None = None,
        mask: Array | None = None,
        masks: Sequence[Array] | None = None,
        bboxes: Any = None,
        labels: Sequence[Any] | None = None,
        keypoints: Any = None,
        seed: int | None = None,
        epoch: Numbers | None = None,
        index: Keys | None = None,
        stream: str = "train",
        repeat: Numbers = 0,
        layout: str | None = None,
        threads: int | None = None,
        out: Any = None,
        stack: bool = False,
    ) -> Any:
        """Augments images, or one image with its targets.

        Args:
            images: one image (H x W, H x W x C), a batch (N x H x W x C), or a list of images of
                any sizes; uint8, uint16 or float32, any strides. Never written to, and must not
                be written to by others during the call. Axes that could be misread need `layout`.
            image, mask, masks, bboxes, labels, keypoints: one sample by name instead. Masks:
                H x W or H x W x C of any type of 1, 2, 4 or 8 bytes; their values are picked,
                never mixed. Boxes: n x 4 or more columns, as `bbox_params` says; the further
                columns ride along, and `labels`, a list or array with a row for each box, in its
                type and values. Keypoints: n x 2 or more columns, x and y as pixel indices,
                perhaps in groups (k x n x 2); all are kept, and two NaN are a missing point.
                Tables of integers become float64, those of float16 float32.
            seed: 0 to 2^64-1. A pipeline of which nothing is drawn, such as Resize and Normalize,
                needs no seed, epoch and index.
            epoch: 0 to 2^32-1, one or one per image.
            index: the image's place in the data set, 0 to 2^64-1, or a key (str); one per image.
            stream: names an independent source of randomness, such as "train" or "val".
            repeat: 0 to 2^32-1, tells copies of one sample in one epoch apart.
            layout: HW, HWC, CHW, NHW, NHWC or NCHW. By default 2 axes are HW, 3 HWC and 4 NHWC,
                if the last is at most 4 or smaller than both sides, and if it is not rather the
                one in front of them that looks like channels (1, 3 or 4 where the last is none of
                these). All else is refused, as are 3 axes with several indices.
            threads: so many, if there are as many images; changes no byte. By default one for a
                single image and in a loader's worker, else up to all cores, as far as they help.
            out: array (or list of arrays) to write the images into, as they would be returned.
            stack: one array also where a list would be returned, or an error.

        Returns:
            An array for an array, if no draw changes the output's shape, else a list. With
            `image=`: a dict of what was given, and, with boxes, `dropped`, the positions of those
            that have left the image.

        Raises:
            TypeError, ValueError: naming the op or argument, the value and what is allowed;
                nothing is written then.
            MemoryError: naming what there is no memory for.
            KeyboardInterrupt: between two images of a batch, or whatever else a signal raises.
                After these two, some of the images in `out` may have been written.
        """
        check_names(stream, layout)
        if stack is not False and stack is not True:
            stack = flag(stack, "stack")
        if image is None:
            if (
                images is None
                or mask is not None
                or masks is not None
                or bboxes is not None
                or labels is not None
                or keypoints is not None
            ):
                given = {"mask": mask, "masks": masks, "bboxes": bboxes, "labels": labels}
                given["keypoints"] = keypoints
                named = [name for name, value in given.items() if value is not None]
                if not named:
                    raise TypeError("images=None: an image, a batch or a list of them is needed")
                raise TypeError(f"{', '.join(named)}: image= is needed with targets")
            count = thread_count(threads, getattr(images, "ndim", 4) < 4 and layout != "NHW")
            try:
                return self._pipeline.images(
                    images,
                    seed,
                    epoch,
                    index,
                    stream,
                    repeat,
                    layout,
                    count,
                    threads is None,
                    out,
                    stack,
                )
            except UnicodeEncodeError as error:
                raise no_text(error, "index") from None
        if images is not None:
            raise TypeError("images and image= are given: one of them is needed")
        thread_count(threads, True)
        targets = {"mask": mask, "masks": masks, "bboxes": bboxes, "keypoints": keypoints}
        address = {"seed": seed, "epoch": epoch, "index": index, "stream": stream, "repeat": repeat}
        return self._sample(None, image, labels, targets, address, layout, out)

    @explained
    @in_default_environment
    def params(
        self,
        *,
        seed: int | None = None,
        epoch: int | None = None,
        index: int | str | None = None,
        stream: str = "train",
        repeat: int = 0,
        shape: Sequence[int],
        dtype: DTypeLike = np.uint8,
        layout: str | None = None,
    ) -> dict[str, Any]:
        """Every parameter of one sample, drawn for an image of this shape and dtype.

        Args:
            seed, epoch, index, stream, repeat: as in a call.
            shape: the image's, (H, W) or (H, W, C), or as `layout` says.
            dtype: uint8, uint16 or float32.
            layout: HW, HWC or CHW, where the axes could be misread, as in a call.

        Returns:
            Plain data, nested like the pipeline: the address (`index` is the label of a `key`),
            and for each op whether it is applied, its parameters, and the keys of its per-pixel
            draws. `apply` replays it.
        """
        check_names(stream, layout)
        _key(index)
        sides = several(integer, 2, 3)(shape, "shape")
        if _core.layout("shape", sides, layout, "image") == "CHW":
            sides = (*sides[1:], sides[0])
        try:
            name = np.dtype(dtype).name
        except (TypeError, ValueError):
            raise TypeError(f"dtype={shown(dtype)}: uint8, uint16 or float32") from None
        text = self._pipeline.params(
            seed=seed, epoch=epoch, index=index, stream=stream, repeat=repeat,
            shape=[*sides, 1][:3], dtype=name,
        )  # fmt: skip
        result: dict[str, Any] = json.loads(text)
        if isinstance(index, str):
            result["key"] = index
        return result

    @explained
    def apply(
        self,
        params: dict[str, Any],
        images: Array | None = None,
        /,
        *,
        image: Array | None = None,
        mask: Array | None = None,
        masks: Sequence[Array] | None = None,
        bboxes: Any = None,
        labels: Sequence[Any] | None = None,
        keypoints: Any = None,
        layout: str | None = None,
        out: Any = None,
    ) -> Any:
        """Replays what `params` returned, perhaps edited, on an image of the shape and dtype that
        it was drawn for. Arguments and result as in a call for one image."""
        if (images is None) == (image is None):
            raise TypeError("one of an image and image= is needed")
        check_names("", layout)
        targets = {"mask": mask, "masks": masks, "bboxes": bboxes, "keypoints": keypoints}
        text = params_json(params)
        given = images if image is None else image
        sample = self._sample(text, given, labels, targets, {}, layout, out)
        return sample if image is not None else sample["image"]

    @explained
    @in_default_environment
    def explain(
        self,
        *,
        seed: int | None = None,
        epoch: int | None = None,
        index: int | str | None = None,
        stream: str = "train",
        repeat: int = 0,
        shape: Sequence[int],
        dtype: DTypeLike = np.uint8,
        layout: str | None = None,
    ) -> str:
        """One sample's draws as a table for people: each op's path, whether it is applied, its
        parameters and the keys of its per-pixel draws. Arguments as for `params`.

        Examples:
            >>> import bitaug as ba
            >>> train = ba.Compose([ba.RandomCrop(height=32, width=32), ba.HorizontalFlip()])
            >>> print(train.explain(seed=42, epoch=3, index=17, shape=(40, 60, 3)), end="")
            pipeline eacd6567ef4b59d0, image 40 x 60 x 3 uint8
            seed 42, stream train, epoch 3, index 17, repeat 0
            path            applied  parameters
            RandomCrop      yes      left=9 top=1
            HorizontalFlip  yes
        """
        from .._look import trace as _trace

        return _trace.table(
            self.params(
                seed=seed, epoch=epoch, index=index, stream=stream, repeat=repeat,
                shape=shape, dtype=dtype, layout=layout,
            )
        )  # fmt: skip

    @explained
    def trace(
        self,
        image: Array,
        /,
        *,
        mask: Array | None = None,
        masks: Sequence[Array] | None = None,
        bboxes: Any = None,
        labels: Sequence[Any] | None = None,
        keypoints: Any = None,
        seed: int | None = None,
        epoch: int | None = None,
        index: int | str | None = None,
        stream: str = "train",
        repeat: int = 0,
        layout: str | None = None,
        params: dict[str, Any] | None = None,
    ) -> "Trace":
        """Every stage of one sample: what went in, then the image and its targets after each op.

        Args:
            image, mask, masks, bboxes, labels, keypoints, layout: as in a call.
            seed, epoch, index, stream, repeat: as in a call.
            params: what `params` returned, perhaps edited, instead of an address.

        Returns:
            A sequence of stages, each with `path`, `op`, `applied`, `params`, `image`, `sample`
            and `digest`; it draws itself (`draw()`, `save(path)`), and is shown in notebooks.
        """
        from .._look import trace as _trace

        if params is None:
            check_names(stream, layout)
            # Before `params`, whose errors are of a shape.
            layout = _core.layout("image", np.shape(image), layout, "image")
            params = self.params(
                seed=seed, epoch=epoch, index=index, stream=stream, repeat=repeat,
                shape=np.shape(image), dtype=np.asarray(image).dtype, layout=layout,
            )  # fmt: skip
        elif not (seed is epoch is index is None):
            raise TypeError("params and an address are given: one of them is needed")
        targets = {"mask": mask, "masks": masks, "bboxes": bboxes, "keypoints": keypoints}
        return _trace.trace(self, params, image, labels, targets, layout)

    @explained
    def receipt(
        self,
        *,
        seed: int | None = None,
        epoch: int | None = None,
        index: int | str | None = None,
        stream: str = "train",
        repeat: int = 0,
    ) -> str:
        """A text of 75 characters that stands for one sample of this pipeline: its digest and the
        sample's address. `from_receipt` reads it. Arguments as in a call."""
        from .._documents import receipt as _receipt

        check_names(stream, None)
        _key(index)
        address = _core.address(seed, epoch, index, stream, repeat)
        return _receipt.write(self.digest, *address)

    def _sample(
        self,
        params: str | None,
        image: Any,
        labels: Sequence[Any] | None,
        targets: dict[str, Any],
        address: dict[str, Any],
        layout: str | None,
        out: Any,
        limit: int | None = None,
    ) -> dict[str, Any]:
        mask, masks = targets["mask"], targets["masks"]
        stacked = isinstance(masks, np.ndarray) and masks.ndim > 0
        if not (masks is None or stacked or isinstance(masks, list | tuple)):
            raise TypeError(f"masks={shown(masks)}: a sequence of masks is needed")
        boxes = None if targets["bboxes"] is None else table(targets["bboxes"], "bboxes", 4)
        points = targets["keypoints"]
        points = None if points is None else table(points, "keypoints", 2)
        places = None if points is None else points[..., :2].reshape(-1, 2)
        if points is not None:
            check_points(points[..., :2], "keypoints")
        if labels is not None:
            labels_at = riders(labels, "labels", 0 if boxes is None else len(boxes))
        _key(address.get("index"))
        address = {"seed": 0, "epoch": 0, "index": 0, "stream": "", "repeat": 0, **address}
        given = [] if mask is None else [("mask", mask)]
        given += [(f"masks[{i}]", value) for i, value in enumerate(() if masks is None else masks)]
        result, moved, new_boxes, kept, new_points = self._pipeline.sample(
            image,
            given,
            None if boxes is None else _floats(boxes[:, :4]),
            None if places is None else _floats(places),
            params=params,
            layout=layout,
            out=out,
            limit=limit,
            **address,
        )
        sample: dict[str, Any] = {"image": result}
        if mask is not None:
            sample["mask"] = moved[0]
        if masks is not None:
            sample["masks"] = moved[mask is not None :]
        if boxes is not None and new_boxes is not None and kept is not None:
            sample["bboxes"] = rejoined(new_boxes, boxes[kept])
            sample["dropped"] = np.setdiff1d(np.arange(len(boxes)), kept)
            if labels is not None:
                sample["labels"] = labels_at(kept)
        if points is not None and new_points is not None:
            sample["keypoints"] = rejoined(new_points, points)
        return sample


@in_default_environment
def params_json(params: Any) -> str:
    def convert(value: Any) -> Any:
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError(f"params: {shown(value)} is not plain data")

    if not isinstance(params, Mapping):
        raise TypeError(f"params={shown(params)}: what params() returned is needed")
    try:
        return json.dumps(params, allow_nan=False, default=convert)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"params: {error}") from None


@in_default_environment
def _floats(table: Array) -> Array:
    return np.ascontiguousarray(table, np.float64)


@in_default_environment
def parse_json(text: str) -> Any:
    """Plain data from JSON, or a ValueError; a field that is there twice is refused."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            twice = repeated(key for key, _ in pairs)
            raise ValueError(f"the field {shown(twice)} is there twice")
        return fields

    try:
        return json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"document: {error}") from None


@in_default_environment
def from_node(text: str) -> Transform:
    """A transform from its node as JSON."""
    return build(json.loads(text))


def build(node: dict[str, Any]) -> Transform:
    return Transform._registry[node["op"]]._from_node(node)


def from_json(text: str) -> Transform:
    """The pipeline that a document describes.

    Args:
        text: what `to_json` returned.

    Raises:
        ValueError: naming the unknown op, field or version, or the value that is not allowed.
    """
    text_kind(text, "text")
    try:
        compiled = _core.Pipeline.from_json(text)
    except ValueError as error:
        from .._documents.documents import unknown_name

        raise unknown_name(parse_json(text)) or error from None
    # Of two fields of one name the core takes the last.
    parse_json(text)
    return from_node(compiled.node())
