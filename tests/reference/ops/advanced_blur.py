from .. import detmath, taps


def sample(op, shape, dtype, draws):
    lo, hi = op["blur_limit"]
    k = lo + 2 * draws.below((hi - lo) // 2 + 1)
    params = {"kernel_size": k}
    for name in "sigma_x", "sigma_y":
        params[name] = draws.range(op[f"{name}_limit"])
    params["angle"] = draws.range(op["rotate_limit"])
    least, most = op["beta_limit"]
    peaked = draws.bernoulli(0.5)
    if least < 1 < most:
        least, most = (least, 1.0) if peaked else (1.0, most)
    params["beta"] = draws.range((least, most))
    noise = [draws.range(op["noise_limit"]) for _ in range(hi * hi)]
    return params | {"noise": noise[: k * k]}


def weights(params):
    k = params["kernel_size"]
    sin, cos = detmath.sin_cos_deg(params["angle"])
    found = []
    for i, noise in enumerate(params["noise"]):
        y, x = float(i // k - k // 2), float(i % k - k // 2)
        across = (x * cos - y * sin) / params["sigma_x"]
        along = (x * sin + y * cos) / params["sigma_y"]
        power = detmath.pow(across * across + along * along, params["beta"])
        found.append(detmath.exp(-0.5 * power) * noise)
    total = 0.0
    for weight in found:
        total += weight
    return [weight / total for weight in found]


def apply(op, params, image, noise):
    return taps.weighted(image, params["kernel_size"], weights(params))
