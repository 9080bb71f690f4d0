"""What the fuzzers draw: values that somebody gives, arrays in all their forms, pipelines; and how
a call may refuse them."""

import json
import math
import re

import numpy as np

import bitaug as ba
from bitaug import _core

# Nothing between what is quick and what is refused for its size.
NUMBERS = [-(2**70), -(2**63), -100, -1, 0, 1, 2, 3, 5, 7, 255, 256, 2**31 - 1, 2**31, 2**32]
NUMBERS += [2**53 + 1, 2**63, 2**64 - 1, 2**64, 2**70]
FLOATS = [-1e308, -1.0, -0.5, -0.0, 5e-324, 1e-40, 0.25, 0.5, 0.99, 1.0, 1.5, 7.0, 1e10, 1e308]
FLOATS += [math.nan, math.inf, -math.inf]
ODD = [-math.inf, -1.0, -0.0, 1e-40, 1.001, 2.0, math.inf, math.nan]
TEXTS = ["", "a", "edge", "uint8", "Compose", "HorizontalFlip#2", "a/b", "0" * 16, "\0", "é"]
TEXTS += ["\ud800", "x" * 5000]
OTHERS = [None, True, False, b"a", object(), range(3), {1}, {}, (), [], 1j, np.datetime64(0, "s")]
IMAGE_TYPES = ["uint8", "uint16", "float32"]
TYPES = ["u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "?", "c8", "O", "S2"]
SHAPES = [(1, 1), (1, 9), (24, 20), (17, 5), (33, 40)]


def number(random):
    """A number in any of its forms."""
    drawn = random.choice(random.choice([NUMBERS, FLOATS]))
    return random.choice([lambda n: n, lambda n: np.asarray(n)[()], np.asarray])(drawn)


def value(random, depth=2):
    """Anything: a number, a text, or what holds some."""
    kind = random.randrange(8 if depth else 6)
    if kind < 4:
        return number(random)
    if kind < 6:
        return random.choice(TEXTS if kind == 4 else OTHERS)
    some = [value(random, depth - 1) for _ in range(random.randrange(4))]
    if kind == 6:
        return random.choice([list, tuple])(some)
    return {random.choice(TEXTS): item for item in some}


def changed(random, tree, value=value):
    """Plain data with one place in it replaced, removed or added to; maybe the whole."""
    if not isinstance(tree, dict | list | tuple) or not tree or random.random() < 0.1:
        return value(random)
    items = dict(tree) if isinstance(tree, dict) else list(tree)
    key = random.choice(list(items) if isinstance(tree, dict) else range(len(items)))
    action = random.randrange(8)
    if action == 0:
        del items[key]
    elif action == 1 and isinstance(items, dict):
        items[random.choice(TEXTS)] = value(random)
    elif action == 1:
        items.insert(key, value(random))
    else:
        items[key] = changed(random, items[key], value)
    return items


def nodes(random, shape, count):
    """Nodes of examples of random ops for images of this shape."""
    ops = [(*op, json.loads(examples)) for *op, examples in _core.registry(*shape)]
    for name, version, examples in random.choices([op for op in ops if op[2]], k=count):
        fields = random.choice(examples)
        chance = {"p": random.choice([0.0, 0.5, 1.0, 1.0, 1.0])}
        yield {"op": name, "version": version, **chance, **fields}


def pipeline(random, note, shape, hostile=0.0):
    """A pipeline of what is not refused."""
    made = []
    for node in nodes(random, shape, random.randint(1, 5)):
        name, fields = node["op"], {key: node[key] for key in node if key not in ("op", "version")}
        if random.random() < hostile:
            fields = changed(random, fields, random.choice([number, value]))
        if isinstance(fields, dict):
            note(f"ba.{name}(**{fields!r})")
            op = attempt(getattr(ba, name), **fields)
            # What cannot follow the others is left out.
            if op is not None and attempt(ba.Compose, [*made, op]) is not None:
                made.append(op)
    if len(made) > 2 and random.random() < 0.3:
        inner = attempt(ba.Compose, made[-2:], p=random.choice([0.5, 1.0]))
        made[-2:] = made[-2:] if inner is None else [inner]
    return made[0] if len(made) == 1 else ba.Compose(made)


def array(random, shape, dtype):
    """Values of the whole type; of floats from 0 to 1, and sometimes odd ones."""
    rng = np.random.default_rng(random.getrandbits(64))
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype, endpoint=True)
    values = rng.random(shape) if dtype.kind in "fc" else rng.integers(0, 2, shape)
    if dtype.kind == "f" and random.random() < 0.2:
        values = np.where(rng.random(shape) < 0.1, rng.choice(ODD, shape), values)
    return values.astype(dtype)


def memory(random, array):
    """The same values in other memory."""
    if not array.ndim:
        return array
    axis = random.randrange(array.ndim)
    form = random.randrange(8)
    if form == 0:
        array = np.asfortranarray(array)
    elif form == 1:
        array = np.flip(np.flip(array, axis).copy(), axis)
    elif form == 2:
        array = np.repeat(array, 2, axis)[(slice(None),) * axis + (slice(None, None, 2),)]
    elif form == 3:
        array = array.astype(array.dtype.newbyteorder())
    elif form == 4:
        array = np.broadcast_to(array, array.shape)  # read-only
    elif form == 5 and array.dtype.kind in "iuf" and array.size:
        array = np.frombuffer(b"\0" + array.tobytes(), array.dtype, offset=1).reshape(array.shape)
    elif form == 6:
        array = np.moveaxis(np.moveaxis(array, axis, 0).copy(), 0, axis)
    return array


ALLOWED = (TypeError, ValueError, MemoryError)


def attempt(call, *arguments, allowed=ALLOWED, **options):
    """What a call returns, or None where it is refused as it should be: by a message that names
    something and is no longer than people read."""
    try:
        return call(*arguments, **options)
    except allowed as error:
        said, kind = str(error), type(error).__name__
        assert len(said) < 2000, f"{kind} of {len(said)} characters\n  {said[:100]}"
        assert re.search(r"[:=]", said), f"{kind} that names nothing: {said}"
        return None
