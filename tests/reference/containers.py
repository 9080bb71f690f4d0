"""In which order containers run their children: a function each, from its own draws."""


def all_of(node, weights, draws):
    return list(range(len(weights)))


def one_of(node, weights, draws):
    at = draws.unit() * sum(weights)
    total = 0.0
    for place, weight in enumerate(weights):
        total += weight
        if total > at:
            return [place]
    return [max(place for place, weight in enumerate(weights) if weight > 0)]


def some_of(node, weights, draws):
    count = draws.integer(node["n"])
    if node["replace"]:
        places = [draws.below(len(weights)) for _ in range(node["n"][1])]
    else:
        places = draws.permutation(len(weights))
    places = places[:count]
    return places if node["random_order"] else sorted(places)


def random_order(node, weights, draws):
    return draws.permutation(len(weights))


def auto_augment(node, weights, draws):
    pair = draws.below(len(weights) // 2)
    return [2 * pair, 2 * pair + 1]


def rand_augment(node, weights, draws):
    return [draws.below(len(weights)) for _ in range(node["num_ops"])]


def trivial_augment_wide(node, weights, draws):
    return [draws.below(len(weights))]


ORDERS = {
    "AutoAugment": auto_augment,
    "Compose": all_of,
    "Sequential": all_of,
    "OneOf": one_of,
    "SomeOf": some_of,
    "RandomOrder": random_order,
    "RandAugment": rand_augment,
    "TrivialAugmentWide": trivial_augment_wide,
}
