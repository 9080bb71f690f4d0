from .pad import pad


def padded(n, least, divisor):
    """The least multiple of the divisor that is at least n and `least`."""
    n, divisor = max(n, least or 0), divisor or 1
    return -(-n // divisor) * divisor


def rest(op, shape):
    return (
        padded(shape[0], op["min_height"], op["height_divisor"]) - shape[0],
        padded(shape[1], op["min_width"], op["width_divisor"]) - shape[1],
    )


def before(position, axis, n, draws):
    """How much of n more rows (0) or columns (1) is in front."""
    drawn = draws.below(n + 1)
    if position in ("random", "center"):
        return drawn if position == "random" else n // 2
    far = position.endswith("right") if axis else position.startswith("bottom")
    return n if far else 0


def corner(position, rest, draws):
    """How much of the rest is above and on the left."""
    top = before(position, 0, rest[0], draws)
    return {"top": top, "left": before(position, 1, rest[1], draws)}


def framed(op, params, rest, image, fill):
    top, left = params["top"], params["left"]
    padding = [left, top, rest[1] - left, rest[0] - top]
    return pad({**op, "padding": padding}, image, fill)


def sample(op, shape, dtype, draws):
    return corner(op["position"], rest(op, shape), draws)


def apply(op, params, image, noise):
    return framed(op, params, rest(op, image.shape), image, op["fill"])


def mask(op, params, mask):
    return framed(op, params, rest(op, mask.shape), mask, [op["fill_mask"]])


def map(op, params, shape):
    return [1.0, 0.0, float(params["left"]), 0.0, 1.0, float(params["top"])]
