"""The samples of a data set that a pipeline mixes with others of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from .. import _core
from .._values.names import no_argument
from .._values.plain import shown
from .targets import Company, Partners, Rules


class Keyed:
    """The samples of a data set that are addressed by keys, by their positions.

    Args:
        keys: of all of them, in order.
        load: gives the sample of a key.
    """

    def __init__(self, keys: Iterable[Any], load: Callable[[Any], Any]) -> None:
        self.keys, self._load = list(keys), load
        self.places = _core.Keys(self.keys)

    def __reduce__(self) -> tuple[Any, ...]:
        return Keyed, (self.keys, self._load)

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, position: int) -> Any:
        return self._load(self.keys[position])


def partners_of(
    pipeline: _core.Pipeline,
    samples: Any,
    rules: Rules,
    address: Mapping[str, Any],
    params: str | None = None,
) -> Partners | None:
    """Those that a call needs, read once; None of a pipeline that mixes nothing.

    Args:
        samples: all of the data set by position, or by the keys that they are addressed by.
        address: of the samples that are mixed.
        params: what `params` returned, as JSON, instead of an address.
    """
    if samples is not None and not all(hasattr(samples, m) for m in ("__len__", "__getitem__")):
        raise TypeError(
            f"partners={shown(samples)}: all samples of the data set by position are needed: what "
            "has a length and can be asked by index"
        )
    if not pipeline.mixes():
        return None
    if samples is None:
        raise TypeError(
            "partners=None: the pipeline mixes samples, and needs all those of the data set by "
            "position"
        )
    if isinstance(samples, Mapping):
        samples = Keyed(samples, samples.__getitem__)
    keyed = isinstance(samples, Keyed)
    if not keyed:
        _refuse_keys(address["index"])
    places = samples.places if keyed else len(samples)
    found, companies = [], {}
    for position in pipeline.others(**address, places=places, params=params):
        place = f"partner {shown(samples.keys[position]) if keyed else position}"
        try:
            sample = samples[position]
        except LookupError:
            raise ValueError(
                f"partners: no sample {position}, of {len(samples)}: all positions from 0 on are "
                "needed"
            ) from None
        if not isinstance(sample, Mapping):
            sample = {"image": sample}
        if sample.get("image") is None:
            raise TypeError(f"{place}: {shown(sample)}: a dict with an image is needed")
        for name in sample:
            if name not in rules.names:
                raise no_argument(place, name, sample[name], rules.names)
        company = companies[position] = Company(sample, rules, f"{place}: ")
        found.append((position, sample["image"], company.given()))
    return Partners((places, found), companies, samples.keys if keyed else None)


def _refuse_keys(index: Any) -> None:
    """Refuses samples that have no positions by which others could be drawn."""
    one = isinstance(index, str)
    several = not one and isinstance(index, list | tuple | np.ndarray)
    keys = (index,) if one else index if several else ()
    key = next((key for key in keys if isinstance(key, str)), None)
    if key is not None:
        raise TypeError(
            f"index={shown(key)}: samples are mixed with others by their positions in the data "
            "set: integers are needed, or partners by key, as a dict"
        )
