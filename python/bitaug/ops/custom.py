"""Functions of one's own as transforms."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from .._pipeline.transform import Transform
from .._values.fields import Kind, declaration, flag, kind, option, path_step
from .._values.plain import shown
from .._values.types import Array

__all__ = ["Custom"]


def _function(value: Any, where: str) -> Any:
    if not callable(value):
        raise TypeError(f"{where}={shown(value)}: a function of an image and a generator is needed")
    return value


@kind({"type": "boolean"})
def _targets(value: Any, where: str) -> bool | None:
    return None if value is None else flag(value, where) or None


@declaration
class Custom(Transform):
    """A function of your own, anywhere in a pipeline.

    It is called with the image and a NumPy generator, and returns an image of the same shape and
    dtype; masks, boxes and points stay as they are. With `targets` it is called with the sample, a
    dict that it returns: image, `masks` (a list: that of `mask`, those of `masks`, those that
    `Compose(targets=)` names), `bboxes` (n x 4: left, top, right, bottom in pixels, whatever their
    format) with `rows`, which says of each box which of the call's it is, so that labels follow,
    and `keypoints`; what came with the image, as the ops before it have left it. Shapes and dtypes
    stay, but boxes may become fewer, or more with rows that repeat. Then neither clips nor mixed
    samples are taken, and `params` of ops behind it know nothing of what it changes.

    The generator is made of the op's address: what
    is drawn from it depends on nothing but the seed, stream, epoch, index and the path, as with all
    ops. What the function does with it is its own affair, so the promise of equal bytes ends here.

    A document names it, and has not the function: `from_json(text, custom={name: function})`. In
    a batch several threads may call it, one at a time. With loaders that start processes, the
    function must be one that pickle finds.

    Args:
        function: `function(image, generator)`; the image is H x W x C, uint8, uint16 or float32,
            and its own to change. With `targets`, `function(sample, generator)`.
        targets: whether it is called with all that comes with the image.
        p: probability that it is applied, 0 to 1.
        name: pins its random address, and stands for the function in documents and digests.

    Targets:
        image; with `targets`, masks, bboxes and keypoints

    Image types:
        uint8, uint16, float32

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> def speckle(image, generator):
        ...     image[generator.random(image.shape[:2]) < 0.01] = 255
        ...     return image
        >>> train = ba.Compose([ba.HorizontalFlip(), ba.Custom(speckle, name="speckle")])
        >>> train(np.zeros((32, 48, 3), np.uint8), seed=42, epoch=0, index=7).shape
        (32, 48, 3)
    """

    function: Callable[[Array, np.random.Generator], Array] = option(
        Kind(_function, None), kw_only=False
    )
    name: str = option(path_step)
    targets: bool | None = option(_targets, default=None, absent=True)

    def _functions(self) -> dict[str, Any]:
        return {self.name: self.function}

    @classmethod
    def _from_node(cls, node: dict[str, Any], functions: Mapping[str, Any]) -> Self:
        return super()._from_node(node | {"function": functions[node["name"]]}, functions)
