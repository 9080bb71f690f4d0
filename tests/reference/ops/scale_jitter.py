from .random_scale import apply, map, mask, scaled  # noqa: F401  the size is another


def sample(op, shape, dtype, draws):
    fit = min(most / n for most, n in zip(op["size"], shape, strict=False))
    return scaled(fit * draws.range(op["scale"]), shape)
