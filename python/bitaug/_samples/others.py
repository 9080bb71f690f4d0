"""The samples of a data set that an adapter's pipeline mixes with others of it."""

from collections.abc import Callable, Mapping
from typing import Any

from .._pipeline.transform import Transform


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
        # Each with what a pipeline takes of it.
        self.taken: dict[int, tuple[Any, dict[str, Any]]] = {}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> Mapping[str, Any]:
        """As a pipeline's call takes it."""
        if place not in self.taken:
            sample = self._take(self._load(place))
            if sample.layout != self._layout:
                raise ValueError(
                    f"the image at index {place} is {sample.layout}, that which it is mixed with "
                    f"{self._layout}"
                )
            self.taken[place] = sample, sample.targets_for(self._pipeline)[1]
        sample, arguments = self.taken[place]
        return {"image": sample.array, **arguments}


def refuse_mixing(pipeline: Transform) -> None:
    """Refuses a pipeline where no further samples can be asked for."""
    if pipeline._pipeline.mixes():
        raise TypeError(
            "pipeline: it mixes samples, which have to be asked for by place: "
            "bitaug.torch.Augmented does, and a pipeline's own call with partners="
        )
