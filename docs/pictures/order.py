"""Two epochs of one order, and how ranks share it."""

import bitaug as ba

from .common import DOCS, INK, SOFT, blank

# Okabe and Ito's colours, which most people can tell apart.
RANKS = ("#9ad0f3", "#ffd27f", "#8fd9bf", "#f0b6d3")


def draw() -> None:
    n, batch, cell, gap, left, top = 48, 12, 22, 10, 150, 84
    order = ba.Order(n, seed=42, stream="train")
    rows = [(epoch, world) for epoch in (0, 1) for world in (1, 2, 4)]
    width = left + n * cell + (n // batch - 1) * gap + 24
    sheet, pen, write = blank(width, top + len(rows) * 34 + 34)
    write(24, 28, f"order = ba.Order({n}, seed=42, stream='train')", 17, INK)
    note = "each cell is a sample's index, its colour the rank that gets it; global batches of 12"
    write(24, 56, note, 13, SOFT)
    for row, (epoch, world) in enumerate(rows):
        y = top + row * 34 + (14 if epoch else 0)
        write(24, y + cell / 2, f"epoch {epoch}, {world} rank{'s' * (world > 1)}", 13, INK)
        for rank in range(world):
            shard = order.shard(rank, world)
            for place, index in enumerate(shard[epoch, :].tolist()):
                position = place * world + rank
                x = left + position * cell + position // batch * gap
                pen.rectangle((x, y, x + cell - 2, y + cell - 2), fill=RANKS[rank])
                write(x + cell / 2 - 1, y + cell / 2 - 1, str(index), 11, INK, "mm")
    sheet.save(DOCS / "order.png", optimize=True)
