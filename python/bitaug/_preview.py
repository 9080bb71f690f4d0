"""A contact sheet: what a pipeline makes of some images in some epochs."""

from collections.abc import Mapping
from typing import Any

from ._draw import GAP, INK, LINE, MARGIN, SOFT, ending, font, tile_of
from ._transform import Transform


def sheet(
    pipeline: Transform,
    samples: Mapping[str, dict[str, Any]],
    *,
    seed: int,
    stream: str = "train",
    epochs: int = 4,
    side: int = 160,
) -> Any:
    """A row for each image: as it is, then in epochs 0, 1 ...

    Args:
        pipeline: any transform.
        samples: for each key, what a call takes: a dict of the image and perhaps its targets.
        seed, stream: as in a call; the key is the index.
        epochs: how many.
        side: pixels that the longer side of each image is drawn with, 16 to 4096.

    Returns:
        A Pillow image.
    """
    from PIL import Image, ImageDraw

    if not 16 <= side <= 4096:
        raise ValueError(f"side={side!r}: 16 to 4096 pixels")
    cell, caption, top = max(side, 120), 4 * LINE + 8, MARGIN + 2 * LINE
    width = 2 * MARGIN + (epochs + 1) * (cell + GAP) - GAP
    height = top + MARGIN + len(samples) * (side + caption + GAP) - GAP
    drawn = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(drawn)
    head = f"pipeline {pipeline.digest}, seed {seed}, stream {stream}"
    pen.text((MARGIN, MARGIN - 4), head, INK, font=font(13))
    for row, (key, sample) in enumerate(samples.items()):
        y = top + row * (side + caption + GAP)
        given = dict(sample)
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
