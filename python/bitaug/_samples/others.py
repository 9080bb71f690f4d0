"""The samples of a data set that an adapter's pipeline mixes with others of it."""

from collections.abc import Callable, Mapping
from typing import Any

from .._pipeline.transform import Transform
from .formats import box_format


class Others:
    """They are loaded when they are asked for, and stay to be asked again.

    Args:
        load: gives the sample at a place.
        count: how many there are.
        take: takes a sample apart.
        pipeline: the adapter's.
        layout: of the images that they are mixed with.
    """

    def __init__(
        self,
        load: Callable[[int], Any],
        count: int,
        take: Callable[[Any], Any],
        pipeline: Transform,
        layout: str | None,
    ) -> None:
        self._load, self._count, self._take = load, count, take
        self._pipeline, self._layout = pipeline, layout
        # Each with the pipeline for its boxes, and what that takes of it.
        self._taken: dict[int, tuple[Any, Transform, dict[str, Any]]] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> Mapping[str, Any]:
        """As a pipeline's call takes it."""
        if place not in self._taken:
            sample = self._take(self._load(place))
            if sample.layout != self._layout:
                raise ValueError(
                    f"the image at index {place} is {sample.layout}, that which it is mixed with "
                    f"{self._layout}"
                )
            self._taken[place] = sample, *sample.targets_for(self._pipeline)
        sample, _, arguments = self._taken[place]
        return {"image": sample.array, **arguments}

    def source(self, place: int, sample: Any, form: str) -> tuple[Any, dict[str, Any]]:
        """One that was asked for, and what a pipeline takes of it.

        Args:
            sample: what it was mixed with, which must have the same fields.
            form: in which that has its boxes.
        """
        other, pipeline, arguments = self._taken[place]
        fields = [[(slot.where, slot.role) for slot in each.targets] for each in (sample, other)]
        if fields[0] != fields[1]:
            said = [", ".join(where for where, _ in each) or "none" for each in fields]
            raise ValueError(
                f"the sample has the targets {said[0]}, that at index {place}, which it is mixed "
                f"with, {said[1]}: those of all samples are the same, of no rows if need be"
            )
        if "bboxes" in arguments and box_format(pipeline) != form:
            raise ValueError(
                f"the sample's boxes are {form}, those at index {place}, which it is mixed with, "
                f"{box_format(pipeline)}"
            )
        return other, arguments


def refuse_mixing(pipeline: Transform) -> None:
    """Refuses a pipeline where no further samples can be asked for."""
    if pipeline._pipeline.mixes():
        raise TypeError(
            "pipeline: it mixes samples, which have to be asked for by place: "
            "bitaug.torch.Augmented and materialize do, and a pipeline's own call with partners="
        )
