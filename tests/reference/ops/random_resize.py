from .random_shortest_size import apply, map, mask, sized  # noqa: F401  the size is another


def sample(op, shape, dtype, draws):
    return sized(draws.integer(op["size"]), min(shape[:2]), shape)
