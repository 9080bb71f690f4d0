from .. import taps


def sample(op, shape, dtype, draws):
    return {"alpha": draws.range(op["alpha"]), "strength": draws.range(op["strength"])}


def shown(image, effect, alpha, white):
    weights = [alpha * weight for weight in effect]
    weights[4] = (1 - alpha) + alpha * effect[4]
    return taps.weighted(image, 3, weights, white)


def apply(op, params, image, noise):
    s = params["strength"]
    effect = [-1 - s, -s, 0.0, -s, 1.0, s, 0.0, s, 1 + s]
    return shown(image, effect, params["alpha"], op["white"])
