"""What every transform is: a frozen declaration, compiled once, and the calls that run it."""

import dataclasses
import inspect
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import DTypeLike

from .. import _core
from .._values import seal
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
    probability,
    several,
    show,
)
from .._values.fields import text as text_kind
from .._values.json import in_reading_order, params_json, parse_json
from .._values.names import explained, no_argument
from .._values.numbers import natural
from .._values.plain import shown
from .._values.types import Array, Images, Keys, Numbers
from .address import check_key, check_names
from .partners import partners_of
from .targets import NOWHERE, Company, Rules, run, run_all
from .threads import thread_count
from .unknown import unknown_name

if TYPE_CHECKING:
    from .._look.trace import Trace


@declaration
class Transform:
    """Base of all transforms: an immutable description that can be called.

    Args:
        p: probability that it is applied, 0 to 1.
        name: pins its random address (letters, digits, `_`, `.`, `-`); by default that is the
            class name, with `#2`, `#3` ... for further ones at the same level.
        version: of the op's definition, which decides its bytes. The default of a class never
            changes; a document has the version that it was written with.
    """

    _versions: ClassVar[tuple[int, ...]] = (1,)
    # Whether one number by position is the side of a square.
    _square: ClassVar[bool] = True
    _registry: ClassVar[dict[str, type["Transform"]]] = {}
    _pipeline: ClassVar[_core.Pipeline]

    p: float = option(probability, default=1.0)
    name: str | None = option(optional(path_step), default=None, absent=True)
    version: int = option(integer, default=1)

    def __init_subclass__(cls, abstract: bool = False) -> None:
        if cls.__module__.startswith("bitaug.") and not abstract:
            Transform._registry[cls.__name__] = cls

    @in_default_environment
    def __post_init__(self) -> None:
        convert_fields(self)
        # Compiling it is checking it.
        compiled = _core.Pipeline(json.dumps(self._node(), allow_nan=False), self._functions())
        object.__setattr__(self, "_pipeline", compiled)

    def _node(self) -> dict[str, Any]:
        node: dict[str, Any] = {"op": type(self).__name__}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            kind = field.metadata["kind"]
            there = not field.metadata["absent"] or value != kind(field.default, "")
            # What has no schema is no data: a document has not what it stands for.
            if there and kind.schema is not None:
                node[field.name] = value
        return node

    def _functions(self) -> dict[str, Any]:
        """Those of custom ops, by name."""
        return {}

    @classmethod
    def _from_node(cls, node: dict[str, Any], functions: Mapping[str, Any]) -> Self:
        return cls(**{key: value for key, value in node.items() if key != "op"})

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
        functions = self._functions()
        return from_node, (self._pipeline.node(), *([functions] if functions else []))

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
        from .._values.yaml import dump

        return dump(in_reading_order(json.loads(self.to_json())))

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
        partners: Any = None,
        seed: int | None = None,
        epoch: Numbers | None = None,
        index: Keys | None = None,
        stream: str = "train",
        repeat: Numbers = 0,
        layout: str | None = None,
        threads: int | None = None,
        out: Any = None,
        stack: bool = False,
        **further: Any,
    ) -> Any:
        """Augments images, or one image with its targets.

        Args:
            images: one image (H x W, H x W x C), a batch (N x H x W x C), or a list of images of
                any sizes; uint8, uint16 or float32, any strides. Never written to, and must not
                be written to by others during the call. Axes that could be misread need `layout`.
                Or a list of samples with their targets: dicts, as the arguments by name have it.
            image, mask, masks, bboxes, labels, keypoints: one sample by name instead. Masks:
                H x W or H x W x C of any type of 1, 2, 4 or 8 bytes; their values are picked,
                never mixed. Boxes: n x 4 or more columns, as `bbox_params` says; the further
                columns ride along, and `labels`, a list or array with a row for each box, in its
                type and values. Keypoints: n x 2 or more columns, x and y as pixel indices,
                perhaps in groups (k x n x 2); all are kept, and two NaN are a missing point.
                Tables of integers become float64, those of float16 float32. Masks and keypoints
                that are one for each box follow the boxes only where `label_fields` names them, as
                their number alone does not tell. `images=`, by name, are the frames of one clip
                instead of an image, of one shape: all have the same parameters, each has noise of
                its own. Further images and masks by the names that `Compose(targets=...)` gives
                them.
            partners: all samples of the data set by position, each an image or a dict as above,
                for pipelines that mix samples: those that are drawn are asked for. `index` then
                is a position. Or a dict of them by keys, of which `index` is one, always in the
                same order; `mix` then names keys. Other pipelines leave them alone.
            seed: 0 to 2^64-1. A pipeline of which nothing is drawn, such as Resize and Normalize,
                needs no seed, epoch and index.
            epoch: 0 to 2^32-1, one or one per image.
            index: the image's place in the data set, 0 to 2^64-1, or a key (str); one per image.
                Images of one index get the same draws, unless `epoch` or `repeat` tells them apart.
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
            that have left the image. Of a pipeline that mixes samples also `mix`: pairs of a
            position and its weight, the sample itself first, that sum to 1; boxes, keypoints and
            labels are those of these samples in this order, as are the positions in `dropped`,
            and `mix_weight` has the weight of each box's sample.

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
        alone = images is not None and not (
            further
            or image is not None
            or mask is not None
            or masks is not None
            or bboxes is not None
            or labels is not None
            or keypoints is not None
        )
        count = thread_count(threads, getattr(images, "ndim", 4) < 4 and layout != "NHW")
        try:
            address = {"seed": seed, "epoch": epoch, "index": index, "stream": stream}
            address["repeat"] = repeat
            others = partners_of(self._pipeline, partners, self._rules, address)
            if alone and not _are_samples(images):
                return self._pipeline.samples(
                    images,
                    None,
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
                    partners=None if others is None else others.given,
                )[0]
            if alone:
                if stack:
                    raise TypeError("stack=True: samples with targets come as a list")
                return run_all(
                    self._pipeline, cast("Sequence[Any]", images), self._rules, address,
                    layout, count, threads is None, out, others,
                )  # fmt: skip
            sample = {"image": image, "mask": mask, "masks": masks, "bboxes": bboxes}
            sample |= {"labels": labels, "keypoints": keypoints}
            sample = self._sample(images, sample, further)
            if "images" in sample:
                count = thread_count(threads, False)
            return run(
                self._pipeline, sample, self._rules, address, layout, count, threads is None, out,
                partners=others,
            )  # fmt: skip
        except UnicodeEncodeError as error:
            raise no_text(error, "index") from None

    @property
    def _rules(self) -> Rules:
        """What the pipeline says about targets."""
        return Rules()

    def _sample(
        self, images: Any, sample: dict[str, Any], further: dict[str, Any]
    ) -> dict[str, Any]:
        """What a call was given by name, if it is one sample."""
        given = {name: value for name, value in {**sample, **further}.items() if value is not None}
        for name, value in further.items():
            if name not in self._rules.names:
                known = [*inspect.signature(self.__call__).parameters, *self._rules.names]
                known = [each for each in dict.fromkeys(known) if each not in ("images", "further")]
                raise no_argument("call()", name, value, known)
        frames = [name for name in ("image", "images") if name in given]
        if images is not None and frames:
            raise TypeError(f"images and {frames[0]}= are given: one of them is needed")
        if len(frames) > 1:
            raise TypeError("image= and images= are given: images= are the frames of one clip")
        if not frames and not given:
            raise TypeError("images=None: an image, a batch or a list of them is needed")
        if not frames:
            raise TypeError(f"{', '.join(given)}: image= is needed with targets")
        return given

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
        mask: Array | None = None,
        masks: Sequence[Array] | None = None,
        bboxes: Any = None,
        partners: Any = None,
    ) -> dict[str, Any]:
        """Every parameter of one sample, drawn for an image of this shape and dtype.

        Args:
            seed, epoch, index, stream, repeat: as in a call.
            shape: the image's, (H, W) or (H, W, C), or as `layout` says.
            dtype: uint8, uint16 or float32.
            layout: HW, HWC or CHW, where the axes could be misread, as in a call.
            mask, masks, bboxes: the sample's, where an op's draws depend on them.
            partners: as in a call, where samples are mixed.

        Returns:
            Plain data, nested like the pipeline: the address (`index` is the label of a `key`),
            and for each op whether it is applied, its parameters, and the key that its per-pixel
            draws are made of. `apply` replays it.
        """
        check_names(stream, layout)
        check_key(index)
        sides = several(natural, 2, 3)(shape, "shape")
        if _core.layout("shape", sides, layout, "image") == "CHW":
            sides = (*sides[1:], sides[0])
        try:
            name = np.dtype(dtype).name
        except (TypeError, ValueError):
            raise TypeError(f"dtype={shown(dtype)}: uint8, uint16 or float32") from None
        company = Company({"mask": mask, "masks": masks, "bboxes": bboxes}, Rules())
        address = {"seed": seed, "epoch": epoch, "index": index, "stream": stream}
        address["repeat"] = repeat
        others = partners_of(self._pipeline, partners, self._rules, address)
        text = self._pipeline.params(
            **address, shape=[*sides, 1][:3], dtype=name, beside=company.given(),
            partners=None if others is None else others.given, layout=layout,
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
        partners: Any = None,
        layout: str | None = None,
        out: Any = None,
        **further: Any,
    ) -> Any:
        """Replays what `params` returned, perhaps edited, on an image, or a clip, of the shape and
        dtype that it was drawn for. Arguments and result as in a call for one sample."""
        if (images is None) == (image is None and "images" not in further):
            raise TypeError("one of an image and image= is needed")
        check_names("", layout)
        sample = {"image": image if images is None else images, "mask": mask, "masks": masks}
        sample |= {"bboxes": bboxes, "labels": labels, "keypoints": keypoints}
        sample = self._sample(None, sample, further)
        text = params_json(params)
        others = partners_of(self._pipeline, partners, self._rules, NOWHERE, text)
        made = run(
            self._pipeline, sample, self._rules, {}, layout, out=out, params=text, partners=others
        )
        return made["image"] if images is not None else made

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
        mask: Array | None = None,
        masks: Sequence[Array] | None = None,
        bboxes: Any = None,
        partners: Any = None,
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
        from .._look.table import table

        return table(
            self.params(
                seed=seed, epoch=epoch, index=index, stream=stream, repeat=repeat,
                shape=shape, dtype=dtype, layout=layout, mask=mask, masks=masks, bboxes=bboxes,
                partners=partners,
            )
        )  # fmt: skip

    @explained
    def trace(
        self,
        image: Array,
        *,
        mask: Array | None = None,
        masks: Sequence[Array] | None = None,
        bboxes: Any = None,
        labels: Sequence[Any] | None = None,
        keypoints: Any = None,
        partners: Any = None,
        seed: int | None = None,
        epoch: int | None = None,
        index: int | str | None = None,
        stream: str = "train",
        repeat: int = 0,
        layout: str | None = None,
        params: dict[str, Any] | None = None,
        **further: Any,
    ) -> "Trace":
        """Every stage of one sample: what went in, then the image and its targets after each op.

        Args:
            image, mask, masks, bboxes, labels, keypoints, partners, layout, further: as in a call.
            seed, epoch, index, stream, repeat: as in a call.
            params: what `params` returned, perhaps edited, instead of an address.

        Returns:
            A sequence of stages, each with `path`, `op`, `applied`, `params`, `image`, `sample`
            and `digest`; it draws itself (`draw()`, `save(path)`), and is shown in notebooks.
        """
        from .._look.trace import trace

        if params is None:
            check_names(stream, layout)
            # Before `params`, whose errors are of a shape.
            layout = _core.layout("image", np.shape(image), layout, "image")
            params = self.params(
                seed=seed, epoch=epoch, index=index, stream=stream, repeat=repeat,
                shape=np.shape(image), dtype=np.asarray(image).dtype, layout=layout,
                mask=mask, masks=masks, bboxes=bboxes, partners=partners,
            )  # fmt: skip
        elif not (seed is epoch is index is None):
            raise TypeError("params and an address are given: one of them is needed")
        sample = {"image": image, "mask": mask, "masks": masks, "bboxes": bboxes}
        sample |= {"labels": labels, "keypoints": keypoints}
        sample = self._sample(None, sample, further)
        text = params_json(params)
        others = partners_of(self._pipeline, partners, self._rules, NOWHERE, text)

        def after(steps: int) -> dict[str, Any]:
            return run(
                self._pipeline, sample, self._rules, {}, layout,
                params=text, limit=steps, partners=others,
            )  # fmt: skip

        boxes = getattr(self, "bbox_params", None)
        return trace(params, after, layout == "CHW", boxes.format if boxes else "pascal_voc")

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
        check_names(stream, None)
        check_key(index)
        address = _core.address(seed, epoch, index, stream, repeat)
        return seal.write(self.digest, *address)


@in_default_environment
def from_node(text: str, functions: Mapping[str, Any] | None = None) -> Transform:
    """A transform from its node as JSON, and the functions of its custom ops."""
    return build(json.loads(text), functions or {})


def build(node: dict[str, Any], functions: Mapping[str, Any] = MappingProxyType({})) -> Transform:
    return Transform._registry[node["op"]]._from_node(node, functions)


@explained
def from_json(text: str, *, custom: Mapping[str, Any] | None = None) -> Transform:
    """The pipeline that a document describes.

    Args:
        text: what `to_json` returned.
        custom: the functions of its `Custom` ops, by their names.

    Raises:
        ValueError: naming the unknown op, field or version, or the value that is not allowed.
    """
    text_kind(text, "text")
    functions = functions_by_name(custom)
    try:
        compiled = _core.Pipeline.from_json(text, functions)
    except ValueError as error:
        raise unknown_name(parse_json(text), Transform._registry) or error from None
    # Of two fields of one name the core takes the last.
    parse_json(text)
    return from_node(compiled.node(), functions)


def functions_by_name(custom: Any) -> dict[str, Any]:
    if not isinstance(custom, Mapping | None):
        raise TypeError(f"custom={shown(custom)}: a dict of names and functions is needed")
    for name, function in (custom or {}).items():
        if not isinstance(name, str) or not callable(function):
            raise TypeError(f"custom: {shown(name)}: {shown(function)}: a function is needed")
    return dict(custom or {})


def _are_samples(images: Any) -> bool:
    """Whether these are samples with their targets."""
    return isinstance(images, list | tuple) and bool(images) and isinstance(images[0], Mapping)
