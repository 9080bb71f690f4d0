"""The sample that a receipt stands for."""

from typing import Any

from .._pipeline.address import StreamLabel
from .._pipeline.transform import Transform
from .._values.fields import text as text_kind
from .._values.names import explained
from .._values.plain import shown
from .._values.seal import read


class Sample:
    """One sample of a pipeline, known by its receipt.

    Attributes:
        pipeline: the transform.
        seed, epoch, index, repeat: int; of a key, `index` is its label.
        stream: the label of the stream's name (`ba.random.label`).
        receipt: the text.
    """

    def __init__(self, pipeline: Transform, address: dict[str, int], receipt: str) -> None:
        self.pipeline = pipeline
        self.receipt = receipt
        self.seed, self.stream = address["seed"], StreamLabel(address["stream"])
        self.epoch, self.index = address["epoch"], address["index"]
        self.repeat = address["repeat"]

    def __repr__(self) -> str:
        return f"ba.from_receipt({self.receipt!r}, pipeline)"

    @property
    def address(self) -> dict[str, Any]:
        """The arguments seed, stream, epoch, index and repeat of a call."""
        names = ("seed", "stream", "epoch", "index", "repeat")
        return {name: getattr(self, name) for name in names}

    def __call__(self, images: Any = None, /, **arguments: Any) -> Any:
        """The sample of this image: arguments and result as in the pipeline's call for one image,
        without the address."""
        return self.pipeline(*([] if images is None else [images]), **arguments, **self.address)

    def params(self, **arguments: Any) -> dict[str, Any]:
        """As the pipeline's `params`, without the address."""
        return self.pipeline.params(**arguments, **self.address)

    def explain(self, **arguments: Any) -> str:
        """As the pipeline's `explain`, without the address."""
        return self.pipeline.explain(**arguments, **self.address)

    def trace(self, image: Any, /, **arguments: Any) -> Any:
        """As the pipeline's `trace`, without the address."""
        return self.pipeline.trace(image, **arguments, **self.address)


@explained
def from_receipt(text: str, pipeline: Transform) -> Sample:
    """The sample that a receipt stands for.

    Args:
        text: what `receipt` returned; capitals are read like small letters.
        pipeline: the one that it was written for.

    Raises:
        ValueError: if a character is wrong, or if the receipt is another pipeline's.

    Examples:
        >>> import bitaug as ba, numpy as np
        >>> train = ba.Compose([ba.RandomCrop(height=8, width=8), ba.HorizontalFlip()])
        >>> image = np.arange(100, dtype=np.uint8).reshape(10, 10)
        >>> text = train.receipt(seed=42, epoch=3, index=17)
        >>> text
        'ba1-sruh2amdcyjtwkqaaaaaaaaaaaexecgfu2k6pxqdaaaaaeiaaaaaaaaaaaaaaaaa7pykb2a'
        >>> again = ba.from_receipt(text, train)(image)
        >>> bool((again == train(image, seed=42, epoch=3, index=17)).all())
        True
    """
    if not isinstance(pipeline, Transform):
        raise TypeError(f"pipeline={shown(pipeline)}: a transform is needed")
    address = read(text_kind(text, "receipt"))
    digest = f"{address.pop('pipeline'):016x}"
    if digest != pipeline.digest:
        raise ValueError(
            f"receipt={shown(text)}: it is of the pipeline {digest}, not of this one, "
            f"{pipeline.digest}"
        )
    return Sample(pipeline, address, text)
