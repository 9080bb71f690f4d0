"""The values of two parts and of the whole, channel by channel."""

import numpy as np
from PIL import Image

import bitaug as ba

from .common import DOCS, FAINT, INK, PHOTOS, SOFT, blank

CHANNELS = {"red": "#d55e00", "green": "#009e73", "blue": "#0072b2"}


def by_fours(found: ba.Statistics) -> np.ndarray:
    return found.histogram.reshape(found.channels, 64, 4).sum(axis=2)


def draw() -> None:
    files = [PHOTOS / f"{name}.png" for name in ("cat", "coffee", "astronaut", "rocket")]
    first, second = ba.fit_statistics(files[:2]), ba.fit_statistics(files[2:])
    whole = first + second
    equal = "equal" if whole == ba.fit_statistics(files) else "not equal"
    rows = [
        ("first", files[:2], first),
        ("second", files[2:], second),
        ("first + second", files, whole),
    ]
    thumb, height, gap, left, top = 60, 120, 24, 186, 92
    sheet, pen, write = blank(left + 3 * (256 + gap), top + 3 * (height + 44) + 24)
    write(24, 28, "how many pixels have which values, by fours, with mean and std", 17, INK)
    scale = height / int(by_fours(whole).max())
    for row, (name, part, found) in enumerate(rows):
        y, foot = top + row * (height + 44), top + row * (height + 44) + height
        write(24, y + 4, name, 15, INK)
        for i, file in enumerate(part):
            with Image.open(file) as photo:
                small = photo.convert("RGB").resize((thumb, thumb))
            sheet.paste(small, (24 + i % 2 * (thumb + 6), y + 22 + i // 2 * (thumb + 6)))
        for channel, (color, fill) in enumerate(CHANNELS.items()):
            x = left + channel * (256 + gap)
            if row == 0:
                write(x, y - 22, color, 15, fill)
            mean, std = found.mean[channel], found.std[channel]
            pen.rectangle((x + 255 * (mean - std), y, x + 255 * (mean + std), foot), "#eef1f4")
            for place, count in enumerate(by_fours(found)[channel].tolist()):
                pen.rectangle((x + 4 * place, foot - scale * count, x + 4 * place + 3, foot), fill)
            pen.line((x + 255 * mean, y, x + 255 * mean, foot), INK)
            pen.line((x, foot, x + 255, foot), FAINT)
            write(x, foot + 14, f"mean {mean:.6f}   std {std:.6f}", 13, SOFT)
    write(left, foot + 44, f"the sum is {equal} to the statistics of all four at once", 13, INK)
    sheet.save(DOCS / "statistics.png", optimize=True)
