"""The children that policies make. `graded`, of (draws, shape), gives the parameters of those that
have a magnitude."""

import math

OPS = [
    "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color",
    "Contrast", "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
]  # fmt: skip

# The op that is called so, and its fields; the others are called by their op, and have none.
CALLED = {
    "Identity": {"op": "Compose", "transforms": []},
    "ShearX": {"op": "Shear", "axis": "x"},
    "ShearY": {"op": "Shear", "axis": "y"},
    "TranslateX": {"op": "Affine"},
    "TranslateY": {"op": "Affine"},
    "Rotate": {"op": "Rotate", "output": "same"},
    "AutoContrast": {
        "op": "AutoContrast",
        "cutoff": [0.0, 0.0],
        "ignore": None,
        "preserve_tone": False,
    },
    "Equalize": {"op": "Equalize", "mode": "pil", "by_channels": True},
    "InvertImg": {"op": "InvertImg"},
}
STILL = {"scale": 1.0, "rotate": 0.0, "shear_x": 0.0, "shear_y": 0.0}
STILL |= {"translate_x": 0.0, "translate_y": 0.0}
FACTORS = ["Brightness", "Color", "Contrast", "Sharpness"]

# From the first bin to the last; shifts are of a side.
NARROW = {
    **dict.fromkeys(["ShearX", "ShearY"], lambda side: (0.0, 0.3)),
    **dict.fromkeys(["TranslateX", "TranslateY"], lambda side: (0.0, 150.0 / 331.0 * side)),
    "Rotate": lambda side: (0.0, 30.0),
    **dict.fromkeys(FACTORS, lambda side: (0.0, 0.9)),
    "Posterize": lambda side: (8.0, 4.0),
    "Solarize": lambda side: (1.0, 0.0),
}
WIDE = {
    **dict.fromkeys(["ShearX", "ShearY"], lambda side: (0.0, 0.99)),
    **dict.fromkeys(["TranslateX", "TranslateY"], lambda side: (0.0, 32.0)),
    "Rotate": lambda side: (0.0, 135.0),
    **dict.fromkeys(FACTORS, lambda side: (0.0, 0.99)),
    "Posterize": lambda side: (8.0, 2.0),
    "Solarize": lambda side: (1.0, 0.0),
}


def params(name, magnitude, sign):
    if name.startswith("Shear"):
        return {"slope": sign * magnitude}
    if name.startswith("Translate"):
        return STILL | {f"translate_{name[-1].lower()}": sign * float(math.trunc(magnitude))}
    if name == "Rotate":
        return {"angle": sign * magnitude}
    if name == "Posterize":
        return {"bits": [math.floor(magnitude + 0.5)]}
    if name == "Solarize":
        return {"threshold": magnitude}
    return {"factor": 1.0 + sign * magnitude}


def child(node, space, name, bins, of):
    def graded(draws, shape):
        sign = -1.0 if draws.word() < 2**31 else 1.0
        i = draws.integer(bins)
        lo, hi = space[name](float(shape[0 if name == "TranslateY" else 1]))
        return params(name, lo + (hi - lo) * i / (of - 1), sign)

    look = {"interpolation": node["interpolation"], "fill": node["fill"], "fill_mask": 0.0}
    made = {
        "op": name,
        "name": name,
        "p": 1.0,
        "border": "constant",
        **look,
        **CALLED.get(name, {}),
    }
    return made | {"graded": graded} if name in space else made


def rand_augment(node):
    bins, of = [node["magnitude"]] * 2, node["num_magnitude_bins"]
    return [child(node, NARROW, name, bins, of) for name in OPS]


def trivial_augment_wide(node):
    of = node["num_magnitude_bins"]
    return [child(node, WIDE, name, [0, of - 1], of) for name in OPS]


def auto_augment(node):
    made = []
    for i, line in enumerate(PAIRS[node["policy"]].split("\n")[1:-1]):
        for part, place in zip(line.split(","), "ab", strict=True):
            name, tenths, bin = part.split()
            one = child(node, NARROW, name, [int(bin)] * 2, 10)
            made.append(one | {"name": f"{i}{place}.{name}", "p": int(tenths) / 10})
    return made


CHILDREN = {
    "AutoAugment": auto_augment,
    "RandAugment": rand_augment,
    "TrivialAugmentWide": trivial_augment_wide,
}


# Pairs: op, tenths of its probability, bin of 10.
PAIRS = {
    "imagenet": """
        Posterize 4 8, Rotate 6 9
        Solarize 6 5, AutoContrast 6 0
        Equalize 8 0, Equalize 6 0
        Posterize 6 7, Posterize 6 6
        Equalize 4 0, Solarize 2 4
        Equalize 4 0, Rotate 8 8
        Solarize 6 3, Equalize 6 0
        Posterize 8 5, Equalize 10 0
        Rotate 2 3, Solarize 6 8
        Equalize 6 0, Posterize 4 6
        Rotate 8 8, Color 4 0
        Rotate 4 9, Equalize 6 0
        Equalize 0 0, Equalize 8 0
        InvertImg 6 0, Equalize 10 0
        Color 6 4, Contrast 10 8
        Rotate 8 8, Color 10 2
        Color 8 8, Solarize 8 7
        Sharpness 4 7, InvertImg 6 0
        ShearX 6 5, Equalize 10 0
        Color 4 0, Equalize 6 0
        Equalize 4 0, Solarize 2 4
        Solarize 6 5, AutoContrast 6 0
        InvertImg 6 0, Equalize 10 0
        Color 6 4, Contrast 10 8
        Equalize 8 0, Equalize 6 0
    """,
    "cifar10": """
        InvertImg 1 0, Contrast 2 6
        Rotate 7 2, TranslateX 3 9
        Sharpness 8 1, Sharpness 9 3
        ShearY 5 8, TranslateY 7 9
        AutoContrast 5 0, Equalize 9 0
        ShearY 2 7, Posterize 3 7
        Color 4 3, Brightness 6 7
        Sharpness 3 9, Brightness 7 9
        Equalize 6 0, Equalize 5 0
        Contrast 6 7, Sharpness 6 5
        Color 7 7, TranslateX 5 8
        Equalize 3 0, AutoContrast 4 0
        TranslateY 4 3, Sharpness 2 6
        Brightness 9 6, Color 2 8
        Solarize 5 2, InvertImg 0 0
        Equalize 2 0, AutoContrast 6 0
        Equalize 2 0, Equalize 6 0
        Color 9 9, Equalize 6 0
        AutoContrast 8 0, Solarize 2 8
        Brightness 1 3, Color 7 0
        Solarize 4 5, AutoContrast 9 0
        TranslateY 9 9, TranslateY 7 9
        AutoContrast 9 0, Solarize 8 3
        Equalize 8 0, InvertImg 1 0
        TranslateY 7 9, AutoContrast 9 0
    """,
    "svhn": """
        ShearX 9 4, InvertImg 2 0
        ShearY 9 8, InvertImg 7 0
        Equalize 6 0, Solarize 6 6
        InvertImg 9 0, Equalize 6 0
        Equalize 6 0, Rotate 9 3
        ShearX 9 4, AutoContrast 8 0
        ShearY 9 8, InvertImg 4 0
        ShearY 9 5, Solarize 2 6
        InvertImg 9 0, AutoContrast 8 0
        Equalize 6 0, Rotate 9 3
        ShearX 9 4, Solarize 3 3
        ShearY 8 8, InvertImg 7 0
        Equalize 9 0, TranslateY 6 6
        InvertImg 9 0, Equalize 6 0
        Contrast 3 3, Rotate 8 4
        InvertImg 8 0, TranslateY 0 2
        ShearY 7 6, Solarize 4 8
        InvertImg 6 0, Rotate 8 4
        ShearY 3 7, TranslateX 9 3
        ShearX 1 6, InvertImg 6 0
        Solarize 7 2, TranslateY 6 7
        ShearY 8 4, InvertImg 8 0
        ShearX 7 9, TranslateY 8 3
        ShearY 8 5, AutoContrast 7 0
        ShearX 7 2, InvertImg 1 0
    """,
}
