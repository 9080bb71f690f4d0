"""Flips and quarter turns: the symmetries of a rectangle."""

from .._pipeline.transform import Transform
from .._values.fields import declaration, option, probability

__all__ = ["D4", "HorizontalFlip", "RandomRotate90", "Transpose", "VerticalFlip"]


@declaration
class HorizontalFlip(Transform):
    """Mirrors left and right.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(6, dtype=np.uint8).reshape(2, 3)
        >>> ba.HorizontalFlip(p=1)(image, seed=1, epoch=0, index=0)
        array([[2, 1, 0],
               [5, 4, 3]], dtype=uint8)
    """

    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class VerticalFlip(Transform):
    """Mirrors top and bottom.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(6, dtype=np.uint8).reshape(2, 3)
        >>> ba.VerticalFlip(p=1)(image, seed=1, epoch=0, index=0)
        array([[3, 4, 5],
               [0, 1, 2]], dtype=uint8)
    """

    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class RandomRotate90(Transform):
    """Turns by 0, 1, 2 or 3 quarters counter-clockwise, each as likely.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> turn = ba.RandomRotate90()
        >>> turn.params(seed=1, epoch=0, index=3, shape=(2, 3))["ops"][0]["params"]
        {'turns': 3}
    """

    p: float = option(probability, default=1.0, kw_only=False)


@declaration
class Transpose(Transform):
    """Exchanges rows and columns: mirrors at the diagonal.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> image = np.arange(6, dtype=np.uint8).reshape(2, 3)
        >>> ba.Transpose(p=1)(image, seed=1, epoch=0, index=0)
        array([[0, 3],
               [1, 4],
               [2, 5]], dtype=uint8)
    """

    p: float = option(probability, default=0.5, kw_only=False)


@declaration
class D4(Transform):
    """Turns by quarters, mirrors, both or neither: one of the eight symmetries of a square, each as
    likely.

    The parameter `element` is `e` (nothing), `r90`, `r180`, `r270` (turned counter-clockwise), `v`
    (top and bottom exchanged), `h` (left and right), `t` (transposed) or `hvt` (transposed at the
    other diagonal). In an image that is no square `r90`, `r270`, `t` and `hvt` exchange height and
    width.

    Args:
        p: probability, 0 to 1.
        name: pins its random address.

    Targets:
        image, masks, bboxes, keypoints

    Image types:
        uint8, uint16, float32; any channels

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> ba.D4().params(seed=1, epoch=0, index=3, shape=(2, 3))["ops"][0]["params"]
        {'element': 'hvt'}
    """

    p: float = option(probability, default=1.0, kw_only=False)
