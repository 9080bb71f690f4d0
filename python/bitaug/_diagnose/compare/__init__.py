"""Two sources of samples that should agree: whether they do, and how they differ if not."""

from typing import TYPE_CHECKING, Any

from ..._values.names import explained

if TYPE_CHECKING:
    from .report import Report


@explained
def compare(
    a: Any,
    b: Any,
    *,
    source: Any = None,
    atol: float | None = None,
    limit: int | None = None,
    layout: str | None = None,
) -> "Report":
    """Compares two sources of samples, and says what a difference looks like.

    Args:
        a, b: each a data set, a list or an iterable of samples; an array of images; a dict of
            samples by their keys; a folder of image files; or one image.
            A sample is an image (an array, a PIL image, a tensor), a tuple whose first element is
            one, a dict with `image`, or a `Trace`, whose stages are compared too. Batches, with
            images of four axes, are taken apart. Samples are matched by place; those of two dicts
            or folders by key, files by their paths without suffix if no two of those are alike.
        source: the images before any resizing, in the same order or with the same keys. Then the
            filter that each side was resized by can be named.
        atol: how much values may differ, for sources that cannot agree in every bit; the type then
            does not count. By default images agree if type, shape and bytes do.
        limit: the number of samples to look at; by default all, which an endless iterable has not.
        layout: of the arrays and tensors of all of them, as in a pipeline's call. By default each
            may have its channels first or last, where the rule of a call, or 1, 3 or 4 of them,
            tells which.

    Returns:
        A report: true if all agree; `str` says the rest, `save` draws it.

    Raises:
        TypeError, ValueError: naming the side, the sample and what is allowed.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> photos = np.random.default_rng(0).integers(256, size=(4, 32, 32, 3), dtype=np.uint8)
        >>> report = ba.compare(photos, photos[..., ::-1] / np.float32(255))
        >>> report.equal
        False
        >>> [finding.name for finding in report.findings]
        ['channels', 'range', 'dtype']
    """
    from .report import report

    return report(a, b, source, atol, limit, layout)
