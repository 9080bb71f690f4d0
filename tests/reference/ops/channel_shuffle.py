def sample(op, shape, dtype, draws):
    return {"order": draws.permutation(shape[2])}


def apply(op, params, image, noise):
    return image[..., params["order"]]
