def sample(op, shape, dtype, draws):
    return {
        "top": draws.below(shape[0] - op["height"] + 1),
        "left": draws.below(shape[1] - op["width"] + 1),
    }


def apply(op, params, image, noise):
    top, left = params["top"], params["left"]
    return image[top : top + op["height"], left : left + op["width"]]


def mask(op, params, mask):
    return apply(op, params, mask, [])


def map(op, params, shape):
    return [1.0, 0.0, -float(params["left"]), 0.0, 1.0, -float(params["top"])]
