"""Images that two sets share: the same files, the same content, and near copies."""

from typing import TYPE_CHECKING, Any

from ..._values.names import explained

if TYPE_CHECKING:
    from .pairs import Leaks


@explained
def leaks(
    train: Any,
    val: Any = None,
    *,
    distance: int = 6,
    flips: bool = False,
    skip_broken: bool = False,
    layout: str | None = None,
    threads: int | None = None,
) -> "Leaks":
    """Finds images of one set that are in the other, too, or twice in one set.

    An image is the same as another if they are the same file, also through links, or if their
    pixels are equal. It is near another if at most `distance` bits of their perceptual hashes
    differ: it may have been resized, compressed anew, or been given another aspect, brightness or
    contrast. Images without structure (less than 9 of 255 grays, when small) are only compared by
    their content.

    Args:
        train, val: each a folder, a list of files, or images as `fit_statistics` takes them that
            have a length and a place each. With one set alone its images are compared with each
            other.
        distance: 0 to 64 bits; more find more, and more that are none.
        flips: also compare with mirrored images.
        skip_broken: leave out what cannot be read, and list it in `skipped`.
        layout: of arrays and tensors, as in a pipeline's call, of one image or of several. Of
            tensors, by default, channels come first by the mirrored rule.
        threads: changes nothing but the time. By default as in a pipeline's call.

    Returns:
        A sequence of `Pair`: each image that has a counterpart in the other set is in at least one
        of them, with its closest. So there are no more than there are images.

    Raises:
        OSError: naming a file that cannot be read; what else a data set raises has a note of the
            sample.
        TypeError, ValueError: naming the image or file that cannot be compared.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> noise = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 3)).astype(np.uint8)
        >>> train = [np.kron(image, np.ones((8, 8, 1), np.uint8)) for image in noise]
        >>> val = [train[4], ba.Resize(height=48, width=90)(train[2], seed=1, epoch=0, index=0)]
        >>> found = ba.leaks(train, val)
        >>> for pair in found:
        ...     print(pair.i, pair.j, pair.kind)
        2 1 near
        4 0 same content
        >>> bool(ba.leaks(train))
        False
    """
    from .pairs import find

    return find(train, val, distance, flips, skip_broken, layout, threads)
