"""Augments the bundled photos, draws them on a contact sheet and prints one digest of all outputs.

The digest is the same on every machine. Pillow only reads the photos and draws the sheet.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import bitaug as ba

HERE = Path(__file__).parent
SHEET = HERE / "contact-sheet.png"
SEED = 42
EPOCHS = 8

# the sheet, in pixels
BOX = 176
GAP = 16
MARGIN = 40
HEADER = 104
CAPTION = 34
INK, SOFT = "#1f2328", "#6e7781"


def digest(images: list[np.ndarray]) -> str:
    """One digest of many images, in their order."""
    return ba.digest(np.array([int(ba.digest(image), 16) for image in images], np.uint64))


def draw(
    names: list[str], photos: list[np.ndarray], epochs: list[list[np.ndarray]], total: str
) -> Image.Image:
    """A row per photo: the photo, then what each epoch makes of it, its address under it."""
    step = BOX + GAP
    width = 2 * MARGIN + step * (1 + len(epochs))  # a gap more after the originals sets them apart
    scales = [BOX / max(photo.shape[:2]) for photo in photos]
    tops = [MARGIN + HEADER]
    for photo, scale in zip(photos, scales, strict=True):
        tops.append(tops[-1] + round(photo.shape[0] * scale) + CAPTION + GAP)
    sheet = Image.new("RGB", (width, tops[-1] - GAP + MARGIN // 2), "white")
    pen = ImageDraw.Draw(sheet)

    def write(x: int, y: int, text: str, size: int, color: str, anchor: str) -> None:
        # Pillow's own font, so that nothing has to be installed
        pen.text((x, y), text, color, ImageFont.load_default(size), anchor=anchor)

    def place(image: np.ndarray, column: int, row: int, caption: str, color: str) -> None:
        height, width = (round(side * scales[row]) for side in image.shape[:2])
        center = MARGIN + column * step + (GAP if column else 0) + BOX // 2
        thumb = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(thumb, (center - width // 2, tops[row]))
        write(center, tops[row] + height + 9, caption, 13, color, "mt")

    call = f"ba.augment(photos, seed={SEED}, epoch=0 … {len(epochs) - 1})"
    write(MARGIN, MARGIN, "bitaug", 34, INK, "lt")
    write(MARGIN, MARGIN + 50, call, 17, SOFT, "lt")
    write(width - MARGIN, MARGIN + 11, f"digest {total}", 17, INK, "rt")
    write(width - MARGIN, MARGIN + 50, "the same bytes on every machine", 17, SOFT, "rt")
    for row, (name, photo) in enumerate(zip(names, photos, strict=True)):
        place(photo, 0, row, f"{name} · original", INK)
        for epoch, images in enumerate(epochs):
            address = f"seed {SEED} · epoch {epoch} · index {row}"
            place(images[row], epoch + 1, row, address, SOFT)
    return sheet


def main() -> None:
    paths = sorted(HERE.glob("photos/*.png"))
    photos = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    epochs = [ba.augment(photos, seed=SEED, epoch=epoch) for epoch in range(EPOCHS)]
    total = digest([image for images in epochs for image in images])
    draw([path.stem for path in paths], photos, epochs, total).save(SHEET, optimize=True)
    print(f"contact sheet  {SHEET}")
    print(f"digest         {total}")


if __name__ == "__main__":
    main()
