"""What an adapter holds: a pipeline that augments samples of any shape."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from .. import random
from .._pipeline.address import check_names
from .._pipeline.transform import Transform
from .._values.fixed import Fixed
from .._values.plain import shown
from ..ops.containers import with_white
from .arrays import NUMPY, Arrays
from .others import Others, refuse_mixing
from .roles import Fields
from .sample import Address, Sample
from .tree import Path, replace

Room: TypeAlias = Callable[[list[Sample]], Any]
# What samples whose images have a layout may be mixed with.
OthersOf: TypeAlias = Callable[[str | None], Others | None]


def _nothing(layout: str | None) -> None:
    return None


class Augmenter(Fixed):
    """What an adapter holds: a pipeline, seed and stream, and what the samples are.

    Args:
        pipeline: any bitaug transform.
        seed: 0 to 2^64-1.
        stream: names an independent source of randomness, such as "train" or "val".
        layout: of the images, HW, HWC or CHW; by default as in a pipeline's call.
        fields: what the elements of a tuple are, or the entries of a dict by other names than
            image, mask, masks, bboxes, labels and keypoints: one of these, or instance_masks or
            area, which belong to the boxes as labels do, or annotations, which are COCO's. Of a
            dict within it, or of dicts in a list, a dict of the same. None passes through. A
            sample without what it names is refused, but for images and None.
        threads: of a batch, as in a pipeline's call.
        white: the value that stands for white, as for Compose.
        arrays: of the samples' framework.
        mixes: whether its calls are given `others`, so that the pipeline may mix samples.
    """

    def __init__(
        self,
        pipeline: Transform,
        *,
        seed: int,
        stream: str,
        layout: str | None = None,
        fields: Fields | None = None,
        threads: int | None = None,
        white: float | None = None,
        arrays: Arrays = NUMPY,
        mixes: bool = False,
    ) -> None:
        # Once, not at the first sample in some worker.
        if not isinstance(pipeline, Transform):
            raise TypeError(f"pipeline: {type(pipeline).__name__} is not a bitaug transform")
        check_names(stream, layout)
        random.op_key("", seed=seed, stream=stream)
        self.pipeline = with_white(pipeline, white)
        if not mixes:
            refuse_mixing(self.pipeline)
        self.seed = seed
        self.stream = stream
        self.layout = layout
        self.fields = fields
        self.threads = threads
        self.arrays = arrays

    @property
    def identity(self) -> dict[str, Any]:
        """What decides the bytes beside a sample and its address, as plain data for states."""
        return {
            "pipeline": self.pipeline.digest,
            "seed": int(self.seed),
            "stream": self.stream,
            "layout": self.layout,
            "fields": None if self.fields is None else repr(self.fields),
        }

    def take(self, sample: Any) -> Sample:
        """A sample, taken apart."""
        further = self.pipeline._rules.kinds
        return Sample(sample, self.layout, self.fields, self.arrays, further)

    def one(
        self,
        sample: Any,
        epoch: int,
        index: int | str,
        repeat: int = 0,
        others: OthersOf = _nothing,
    ) -> Any:
        """A sample, augmented: in its own shape, what has moved as its kind has arrays.

        Args:
            others: what it may be mixed with.
        """
        address = Address(self.seed, self.stream, epoch, index, repeat)
        with naming(index):
            taken = self.take(sample)
            return taken.run(self.pipeline, address, others=others(taken.layout))

    def batch(
        self,
        samples: Sequence[Any],
        epochs: Sequence[int],
        indices: Sequence[Any],
        repeats: Sequence[int] | None = None,
        room: Room | None = None,
        stack: bool = False,
        others: OthersOf = _nothing,
    ) -> list[Any]:
        """The same of many; samples of one layout in one call, on all cores.

        Args:
            samples, epochs, indices, repeats: one for each; without `repeats` they are 0.
            room: gives memory for the images of all samples, so that they come as a `Batch`, or
                None where their outputs are not known to be alike.
            stack: what is one call comes as a `Batch` without it too, or is an error.
            others: what they may be mixed with.
        """
        taken = []
        for sample, index in zip(samples, indices, strict=True):
            with naming(index):
                taken.append(self.take(sample))
        if not taken:
            return []
        at = [
            Address(self.seed, self.stream, *each)
            for each in zip(epochs, indices, repeats or [0] * len(taken), strict=True)
        ]
        images = None if room is None else room(taken)
        if len({sample.layout for sample in taken}) > 1:
            made = self._each(taken, at, images, others)
        elif (
            any(sample.targets or sample.further for sample in taken)
            or self.pipeline._pipeline.mixes()
        ):
            try:
                made = self._with_targets(taken, at, images, others)
            except (TypeError, ValueError):
                # By itself, what is wrong is named as its sample is.
                made = self._each(taken, at, images, others)
        else:
            stack = stack or images is not None
            result = self.pipeline(
                [sample.array for sample in taken],
                **_columns(at), layout=taken[0].layout, threads=self.threads,
                out=None if images is None else np.asarray(images),
                stack=stack,
            )  # fmt: skip
            views = result if images is None else images
            images = views if stack else None
            made = [sample.with_image(view) for sample, view in zip(taken, views, strict=True)]
        paths = {sample.image.path for sample in taken}
        return made if images is None or len(paths) > 1 else Batch(made, images, paths.pop())

    def _each(
        self, samples: list[Sample], at: list[Address], images: Any, others: OthersOf
    ) -> list[Any]:
        """Samples one by one."""
        made = []
        outs = [None] * len(samples) if images is None else images
        for sample, address, out in zip(samples, at, outs, strict=True):
            with naming(address.index):
                made.append(sample.run(self.pipeline, address, out, others(sample.layout)))
        return made

    def _with_targets(
        self, samples: list[Sample], at: list[Address], images: Any, others: OthersOf
    ) -> list[Any]:
        """Samples of one layout; a call for each form of boxes that there is."""
        prepared = [sample.targets_for(self.pipeline) for sample in samples]
        groups: dict[Transform, list[int]] = {}
        for i, (pipeline, _) in enumerate(prepared):
            groups.setdefault(pipeline, []).append(i)
        made: list[Any] = [None] * len(samples)
        partners = others(samples[0].layout)
        for pipeline, group in groups.items():
            results = pipeline(
                [{"image": samples[i].array, **prepared[i][1]} for i in group],
                **_columns([at[i] for i in group]),
                layout=samples[0].layout, threads=self.threads,
                out=None if images is None else [np.asarray(images[i]) for i in group],
                partners=partners,
            )  # fmt: skip
            for i, result in zip(group, results, strict=True):
                out = None if images is None else images[i]
                made[i] = samples[i].made_of(result, *prepared[i], out, partners)
        return made


def _columns(at: list[Address]) -> dict[str, Any]:
    """Addresses of one seed and stream, as a pipeline's call takes them of a batch."""
    several = {name: [getattr(each, name) for each in at] for name in ("epoch", "index", "repeat")}
    return {"seed": at[0].seed, "stream": at[0].stream} | several


class Batch(list[Any]):
    """Samples whose images are views of one array, or tensor."""

    def __init__(self, samples: list[Any], images: Any, path: Path) -> None:
        super().__init__(samples)
        self.images = images
        self.path = path

    def collate(self, others: Callable[[list[Any]], Any]) -> Any:
        """The images as they lie, and what `others` makes of the other fields."""
        rest = others([replace(sample, {self.path: 0}) for sample in self])
        return replace(rest, {self.path: self.images})


@contextlib.contextmanager
def naming(index: int | str, path: Callable[[], str | None] = lambda: None) -> Iterator[None]:
    """Says in errors, of whatever kind, which sample it was: many are on their way at the same
    time. `path` tells the file it is in, if that is known."""
    try:
        yield
    except Exception as error:
        file = path()
        error.add_note(f"at index {shown(index)}" + ("" if file is None else f", {file}"))
        raise
