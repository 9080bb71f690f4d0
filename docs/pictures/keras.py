"""Arguments of ImageDataGenerator, by Keras and by bitaug, at one end of their ranges."""

import warnings

import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator as Legacy
from PIL import Image

from bitaug.keras import ImageDataGenerator

from .common import DOCS, INK, PHOTOS, SOFT, blank


def draw() -> None:
    # the argument, what bitaug has drawn, and the same in Keras' terms
    columns = [
        ({"rotation_range": 40}, {"rotate": 40}, {"theta": 40}),
        ({"width_shift_range": 0.2}, {"translate_x": 24}, {"ty": -24}),
        ({"height_shift_range": 0.2}, {"translate_y": 24}, {"tx": -24}),
        ({"shear_range": 20}, {"shear_x": 20}, {"shear": 20}),
        ({"zoom_range": 0.3}, {"scale": 1 / 0.7}, {"zx": 0.7, "zy": 0.7}),
        ({"zoom_range": 0.3}, {"scale": 1 / 1.3}, {"zx": 1.3, "zy": 1.3}),
        ({"brightness_range": (0.5, 1.5)}, {"brightness": 1.5}, {"brightness": 1.5}),
        ({"channel_shift_range": 60}, {"brightness": 60 / 255}, {"channel_shift_intensity": 60}),
    ]
    side, gap, left, top = 120, 14, 90, 88
    with Image.open(PHOTOS / "cat.png") as photo:
        image = np.asarray(photo.convert("RGB").crop((40, 0, 210, 170)).resize((side, side)))
    sheet, _, write = blank(left + len(columns) * (side + gap) + 14, top + 2 * (side + gap) + 14)
    write(24, 28, 'the same values in both, fill_mode="nearest"', 17, INK)
    for row, name in enumerate(("Keras", "bitaug")):
        write(24, top + row * (side + gap) + side / 2, name, 15, INK)
    for column, (options, drawn, theirs) in enumerate(columns):
        x = left + column * (side + gap)
        ((name, value),) = options.items()
        write(x, 56, f"{name}=", 12, SOFT)
        write(x, 72, f"{value}", 12, SOFT)
        pipeline = ImageDataGenerator(**options).augmentation(side, side)
        params = pipeline.params(seed=0, epoch=0, index=0, shape=image.shape)
        params["ops"][0]["params"].update(drawn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            other = Legacy().apply_transform(image.astype(np.float32), theirs)
        for row, made in enumerate((other, pipeline.apply(params, image))):
            picture = Image.fromarray(np.rint(made).clip(0, 255).astype(np.uint8))
            sheet.paste(picture, (x, top + row * (side + gap)))
    sheet.save(DOCS / "keras.png", optimize=True)
