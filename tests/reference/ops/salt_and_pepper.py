import numpy as np

from ..colour import limit
from ..hits import hits

PLANES = 2


def sample(op, shape, dtype, draws):
    return {"amount": draws.range(op["amount"]), "salt": draws.range(op["salt_vs_pepper"])}


def apply(op, params, image, noise):
    amount, salt, white = params["amount"], params["salt"], op["white"]
    domain = (*image.shape[:2], image.shape[2] if op["per_channel"] else 1)
    pepper, grains = hits(noise, int(np.prod(domain)), amount * (1 - salt), amount * salt)
    out = np.where(pepper.reshape(domain), image.dtype.type(0), limit(image, white))
    return np.where(grains.reshape(domain), image.dtype.type(white), out)
