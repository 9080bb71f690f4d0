"""Asks a data set or loader by a fixed matrix of probes, and says what is wrong with it."""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .report import Audit


def audit(
    given: Any = None,
    /,
    *,
    reference: Any = None,
    identify: Callable[[Any], Hashable] | None = None,
    set_epoch: Callable[[Any, int], Any] | None = None,
    augmented: bool = False,
    value_range: tuple[float, float] | None = None,
    samples: int = 64,
    epochs: int = 2,
    start_methods: tuple[str, ...] | None = None,
    timeout: float = 60.0,
    **parts: Any,
) -> "Audit":
    """Asks a data set or loader, with or without bitaug in it, in many ways whose answers should
    agree, and says in plain words which of twelve causes makes them differ. docs/audit.md lists
    the causes and the probes.

    What is audited is a data set (it has a length and gives samples by index), a loader (an
    iterable of batches or samples), or best a function that makes either anew. Such a function is
    asked with those options that it has parameters for: num_workers, start_method,
    persistent_workers, batch_size, num_parallel_calls, shuffle, seed, epoch, rank, world_size,
    state. A probe that needs one it has not is listed as not asked. Loaders of torch need
    none of them, but for the ranks: the audit makes its own from their data set.

    Nothing is kept or written. Global random generators are set for some probes and then as they
    were before.

    Args:
        given: a data set, a loader, or a function that makes one.
        reference: the same samples by another path, not augmented, or a function that makes them:
            what differs in scale, channels, orientation, resizing and labels is reported.
        identify: tells a sample's identity, such as its path, from the sample. By default the
            index where a data set is asked by it; else what is under index, idx, id, image_id,
            key, path, file or filename; else a number or str that no two samples share.
        set_epoch: what the training loop does before each epoch, called with (loader, epoch). By
            default `set_epoch` of the loader and of its data set, where they have one; that of a
            sampler is for the loop to call.
        augmented: whether training is meant to be augmented: then epochs that are equal are a
            finding.
        value_range: what values may be, such as (0, 1). By default only what can be meant by
            nobody, or by few, is reported.
        samples: how many of the first are asked for, 1 to 2^63-1.
        epochs: 2 or more.
        start_methods: of worker processes; by default all that this system has.
        timeout: seconds that one probe may take.
        parts: instead of `given`, several that belong together, by name: train=, val=. What is
            not named train is not meant to vary.

    Returns:
        The findings, empty (and false) if nothing is wrong, and the probes.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> rng, photos = np.random.default_rng(), np.zeros((10, 8, 8, 3), np.uint8)
        >>> class Noisy:
        ...     def __len__(self):
        ...         return 10
        ...     def __getitem__(self, index):
        ...         return photos[index] + rng.integers(9, size=(8, 8, 3), dtype=np.uint8)
        >>> [finding.cause for finding in ba.audit(Noisy()).findings]
        [6]
    """
    from .run import run
    from .settings import Settings

    settings = Settings(
        reference, identify, set_epoch, augmented, value_range, samples, epochs, start_methods,
        timeout,
    )  # fmt: skip
    return run(given, parts, settings)
