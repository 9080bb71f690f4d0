"""A contact sheet: what a pipeline makes of some images in some epochs."""

from collections.abc import Callable, Sequence
from typing import Any

from .._look.pen import GAP, INK, LINE, MARGIN, SOFT, canvas, ending, font
from .._look.strip import tile_of
from .._pipeline.transform import Transform


def sheet(
    pipeline: Transform,
    keys: Sequence[str],
    sample: Callable[[str], dict[str, Any]],
    *,
    seed: int,
    stream: str = "train",
    epochs: int = 4,
    side: int = 160,
) -> Any:
    """A row for each image: as it is, then in epochs 0, 1 ...

    Args:
        pipeline: any transform.
        keys: of the images, in their order.
        sample: gives what a call takes for a key: a dict of the image and perhaps its targets.
        seed, stream: as in a call; the key is the index.
        epochs: how many.
        side: pixels that the longer side of each image is drawn with, 16 to 4096.

    Returns:
        A Pillow image.

    Raises:
        ValueError: if it would be too large to be looked at, before any image is read.
    """
    from PIL import ImageDraw

    if not 16 <= side <= 4096:
        raise ValueError(f"side={side!r}: 16 to 4096 pixels")
    cell, caption, top = max(side, 120), 4 * LINE + 8, MARGIN + 2 * LINE
    width = 2 * MARGIN + (epochs + 1) * (cell + GAP) - GAP
    height = top + MARGIN + len(keys) * (side + caption + GAP) - GAP
    drawn = canvas(width, height)
    pen = ImageDraw.Draw(drawn)
    head = f"pipeline {pipeline.digest}, seed {seed}, stream {stream}"
    pen.text((MARGIN, MARGIN - 4), head, INK, font=font(13))
    for row, key in enumerate(keys):
        y = top + row * (side + caption + GAP)
        given = dict(sample(key))
        image = given.pop("image")
        for column in range(epochs + 1):
            epoch = max(column - 1, 0)
            trace = pipeline.trace(image, seed=seed, stream=stream, epoch=epoch, index=key, **given)
            stage = trace[-1 if column else 0]
            tile, note = tile_of(stage, side, trace.box_format)
            x = MARGIN + column * (cell + GAP)
            drawn.paste(tile, (x + (cell - tile.width) // 2, y + (side - tile.height) // 2))
            shape = " x ".join(map(str, stage.image.shape))
            lines = [
                (f"epoch {epoch}" if column else ending(key, cell, 13), 13, INK),
                (f"{shape}  {stage.image.dtype}", 11, SOFT),
                (stage.digest, 11, SOFT),
                (note, 11, SOFT),
            ]
            for i, (text, size, color) in enumerate(lines):
                pen.text((x, y + side + 6 + i * LINE), text, color, font=font(size))
    return drawn
