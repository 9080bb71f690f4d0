"""A sample after one op."""

import dataclasses
from typing import Any

from .._values.types import Array
from .table import short


# Arrays have no one answer to whether they are equal: a stage equals itself alone.
@dataclasses.dataclass(frozen=True, repr=False, eq=False)
class Stage:
    """A sample after one op.

    Attributes:
        path: the op's address, "input" for what went in.
        op: the op's name, "" for what went in.
        applied: whether it was drawn; if not, the sample is that of the stage before.
        params: its parameters, as in `params`.
        sample: a dict with `image` and the targets that were given, as a call returns it.
        digest: the content digest of the image.
    """

    path: str
    op: str
    applied: bool
    params: dict[str, Any]
    sample: dict[str, Any]
    digest: str
    planar: bool

    @property
    def image(self) -> Array:
        """The image: H x W, H x W x C, or C x H x W after ToCHW or with layout="CHW"."""
        image: Array = self.sample["image"]
        return image

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.image.shape))
        applied = short(self.params) if self.applied else "not applied"
        return f"<{self.path}: {applied or '-'}; {shape} {self.image.dtype}, {self.digest}>"
