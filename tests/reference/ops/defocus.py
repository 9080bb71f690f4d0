from .. import detmath, taps


def sample(op, shape, dtype, draws):
    return {"radius": draws.integer(op["radius"]), "alias_blur": draws.range(op["alias_blur"])}


def weights(r, sigma):
    """The window's side, and its weights row by row."""
    g = 1 if r <= 8 else 2
    heights = [detmath.exp(-(d * d / (2.0 * sigma * sigma))) for d in range(g + 1)]
    side = 0.0
    for height in heights[1:]:
        side += height
    share = [height / (1.0 + 2.0 * side) for height in heights]
    disc = {(x, y) for y in range(-r, r + 1) for x in range(-r, r + 1) if x * x + y * y <= r * r}

    def row(x, y):
        total = 0.0
        for j in range(-g, g + 1):
            if (x - j, y) in disc:
                total += share[abs(j)]
        return total / len(disc)

    found = []
    for y in range(-r - g, r + g + 1):
        for x in range(-r - g, r + g + 1):
            total = 0.0
            for i in range(-g, g + 1):
                total += share[abs(i)] * row(x, y - i)
            found.append(total)
    return 2 * (r + g) + 1, found


def apply(op, params, image, noise):
    return taps.weighted(image, *weights(params["radius"], params["alias_blur"]))
