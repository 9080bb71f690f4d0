"""What would make validation see the draws of training."""

import itertools
from typing import Any

from ._dataset import Augmented
from ._loader import Iterable


def check(**parts: Any) -> list[str]:
    """Looks for parts, such as train and val, that would share their draws.

    Two parts do if seed and stream are the same and some samples of both have the same index.

    Args:
        parts: data sets of this module, or loaders of them, by name.

    Returns:
        One line for each pair that shares draws; none if all are independent.

    Raises:
        TypeError: naming the part in which there is nothing to look at.

    Examples:
        >>> import torch, bitaug.torch, bitaug as ba
        >>> photos, flip = torch.zeros((10, 3, 32, 32), dtype=torch.uint8), ba.HorizontalFlip()
        >>> train = ba.torch.Augmented(photos[:8], flip, seed=42, stream="train")
        >>> val = ba.torch.Augmented(photos[8:], flip, seed=42, stream="train")
        >>> ba.torch.check(train=train, val=val)
        ["train and val share seed=42, stream='train' and 2 indices: give each its own stream"]
    """
    found = {name: _augmented(name, part) for name, part in parts.items()}
    problems = []
    for (first, a), (second, b) in itertools.combinations(found.items(), 2):
        if a is b or (a.seed, a.stream) != (b.seed, b.stream):
            continue
        shared = len(_indices(a) & _indices(b))
        if shared:
            problems.append(
                f"{first} and {second} share seed={a.seed}, stream={a.stream!r} and "
                f"{shared} indices: give each its own stream"
            )
    return problems


def _augmented(name: str, part: Any) -> Augmented:
    """The data set of this module in a loader, or within others."""
    while part is not None:
        if isinstance(part, Augmented):
            return part
        part = part.augmented if isinstance(part, Iterable) else getattr(part, "dataset", None)
    raise TypeError(f"{name}: no Augmented or Iterable in it")


def _indices(part: Augmented) -> set[int | str]:
    return set(map(part.address, range(len(part))))
