from .random_scale import apply, map, mask  # noqa: F401  the size is another


def sized(a, b, shape):
    """By a / b, halves rounded up."""
    height, width = (max(1, (2 * n * a + b) // (2 * b)) for n in shape[:2])
    return {"height": height, "width": width}


def sample(op, shape, dtype, draws):
    size = op["sizes"][draws.below(len(op["sizes"]))]
    short, long = sorted(shape[:2])
    most = op["max_size"]
    if most is not None and size * long > most * short:
        return sized(most, long, shape)
    return sized(size, short, shape)
