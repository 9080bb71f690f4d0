from .coarse_dropout import apply, mask  # noqa: F401  the holes differ, not what they do


def stripes(count, counts, lengths, side, draws):
    found = []
    for _ in range(counts[1]):
        length = min(draws.integer(lengths), side)
        found.append((draws.below(side - length + 1), length))
    return [(start, length) for start, length in found[:count] if length]


def sample(op, shape, dtype, draws):
    height, width = shape[:2]
    counts = [draws.integer(op[f"num_masks_{axis}"]) for axis in "xy"]
    x = stripes(counts[0], op["num_masks_x"], op["mask_x_length"], width, draws)
    y = stripes(counts[1], op["num_masks_y"], op["mask_y_length"], height, draws)
    holes = [[0, left, height, length] for left, length in x]
    return {"holes": holes + [[top, 0, length, width] for top, length in y]}
