"""In which format a pipeline takes boxes."""

import dataclasses
import functools
from typing import Any

from .._pipeline.targets import BboxParams
from .._pipeline.transform import Transform
from ..ops.containers import Compose


def box_format(pipeline: Transform) -> str:
    params = pipeline.bbox_params if isinstance(pipeline, Compose) else None
    return "pascal_voc" if params is None else params.format


@functools.lru_cache(maxsize=16)
def with_format(pipeline: Transform, form: str) -> Transform:
    """The pipeline for boxes of a format; its draws are the same."""
    if box_format(pipeline) == form:
        return pipeline
    if not isinstance(pipeline, Compose):
        pipeline = Compose([pipeline])
    changed: Any = {"format": form}
    params = dataclasses.replace(pipeline.bbox_params or BboxParams(), **changed)
    return dataclasses.replace(pipeline, bbox_params=params)
