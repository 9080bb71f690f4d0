"""The vectors of docs/spec.md: addresses, draws, orders and digests.

To write them: `python -m tests.reference.vectors`, from the repository root, with the package
xxhash, whose digests are those of the C reference.
"""

import json
import random
import struct
from pathlib import Path

import numpy as np

from . import detmath, order
from .draws import Draws
from .philox import Field, fold, label, op_key, parameter_key, pixel_key, stream_key
from .pipeline import placed

FOLDER = Path(__file__).parents[1] / "vectors"
MOST = 2**64 - 1
ELEMENTS = [0, 1, 2, 3, 63, 64, 1000, 2**34 - 1]


def hex64(value):
    return f"{value:016x}"


def hex32(values):
    return " ".join(f"{int(v):08x}" for v in values)


def bits(value):
    return hex64(detmath.to_bits(float(value)))


def address_lines():
    yield "# Numbers are decimal where they are arguments, hexadecimal where they are results."
    yield "# label: text -> label. fold: key (hexadecimal), word (too), tag -> key"
    for text in "", "a", "train", "val", "GaussNoise", "OneOf/GaussianBlur#2", "view1/crop", "été":
        yield f'label "{text}" {hex64(label(text))}'
    folds = [(0, 0, 1), (MOST, MOST, 2), (1, 0, 3), (2**63, 1, 4), (0x0123456789ABCDEF, 5, 5)]
    for key, word, tag in [*folds, (42, 2**32, 6)]:
        yield f"fold {hex64(key)} {hex64(word)} {tag} {hex64(fold(key, word, tag))}"
    yield "# address: seed, stream, path, epoch, index, repeat -> keys of stream, op, parameters,"
    yield "#   parameter words 0 to 7, pixel keys of plane 0, and 1 in frame 2, words of plane 0"
    yield f"#   at elements {', '.join(map(str, ELEMENTS))}"
    for seed, stream, path, epoch, index, repeat in [
        (0, "train", "", 0, 0, 0),
        (42, "train", "GaussNoise", 3, 17, 0),
        (42, "train", "GaussNoise", 3, 17, 1),
        (42, "train", "GaussNoise", 3, 18, 0),
        (42, "train", "GaussNoise", 4, 17, 0),
        (43, "train", "GaussNoise", 3, 17, 0),
        (42, "val", "GaussNoise", 3, 17, 0),
        (42, "train", "GaussNoise#2", 3, 17, 0),
        (2**32, "", "OneOf/GaussianBlur", 1, 2**32, 2),
        (MOST, "été", "view1/crop", 2**32 - 1, MOST, 2**32 - 1),
    ]:
        stream_ = stream_key(seed, stream, repeat)
        own = op_key(stream_, path)
        parameter, plane = parameter_key(own), pixel_key(own, 0)
        draws = Draws(parameter, epoch, index)
        keys = hex64(stream_), hex64(own), hex64(parameter)
        words = hex32(draws.word() for _ in range(8))
        planes = hex64(plane), hex64(pixel_key(own, 1 + (2 << 32)))
        elements = hex32(Field(plane, epoch, index).at(ELEMENTS))
        given = f'{seed} "{stream}" "{path}" {epoch} {index} {repeat}'
        yield " ".join(["address", given, *keys, words, *planes, elements])


def draw_lines():
    yield "# key (hexadecimal), epoch, index, first word, draw, arguments -> result"
    yield "# float64 by its bits, in hexadecimal; integers decimal"
    rng = random.Random(0)
    tiny = detmath.from_bits(1)
    cases = [("unit",)] * 3
    cases += [("range", lo, hi) for lo, hi in [(0.0, 1.0), (-0.3, 0.7), (0.1, 0.1), (-1e300, 5.0)]]
    cases += [
        ("log_range", lo, hi) for lo, hi in [(0.75, 4 / 3), (0.7, 0.7), (tiny, 1e308), (1.0, 2.0)]
    ]
    cases += [("below", n) for n in [1, 2, 5, 1000, 2**32, 2**63 + 1, MOST]]
    cases += [("integer", lo, hi) for lo, hi in [(0, 3), (-4, -4), (-(2**40), 2**41)]]
    cases += [("bernoulli", p) for p in [0.0, 0.5, 0.5, 0.999, 1.0]]
    cases += [("permutation", n) for n in [1, 2, 4, 4, 7]]
    for name, *args in cases:
        for first in 0, rng.randrange(1, 9):
            key, epoch, index = rng.getrandbits(64), rng.getrandbits(32), rng.getrandbits(64)
            draws = Draws(key, epoch, index)
            for _ in range(first):
                draws.word()
            one = name in ("unit", "below", "bernoulli", "permutation")
            result = getattr(draws, name)(*(args if one else [args]))
            written = [bits(v) if isinstance(v, float) else str(v) for v in args]
            if isinstance(result, list):
                result = ",".join(map(str, result))
            else:
                result = bits(result) if isinstance(result, float) else str(result).lower()
            yield " ".join([hex64(key), str(epoch), str(index), str(first), name, *written, result])


def listed(values):
    return ",".join(map(str, values))


def order_lines():
    yield "# order: seed, stream, n, epoch, positions -> index at each"
    for seed, stream, n, epoch in [
        *(
            (42, "train", n, epoch)
            for n in (*range(1, 19), 31, 32, 33, 63, 64, 65)
            for epoch in (0, 1)
        ),
        (43, "train", 18, 0),
        (42, "val", 18, 0),
        (42, "train", 18, 2**32 - 1),
        (7, "train", 1000, 5),
        (MOST, "été", 10**12, 3),
        (0, "", 2**32, 0),
        (0, "", 2**32 + 1, 0),
        (0, "", 2**63 - 1, 0),
    ]:
        places = range(n) if n < 100 else [0, 1, 2, n // 2, n - 2, n - 1]
        found = order.permuted(stream_key(seed, stream), n, epoch, places)
        yield f'order {seed} "{stream}" {n} {epoch} {listed(places)} {listed(found)}'
    yield "# members: seed, stream, group, members, epoch -> the member at each position"
    for seed, stream, group, size, epoch in [(42, "train", 0, 7, 0), (42, "train", 2**40, 7, 0)]:
        found = order.members(stream_key(seed, stream), group, size, epoch)
        yield f'members {seed} "{stream}" {group} {size} {epoch} {listed(found)}'
    yield "# dealt: seed, stream, n, weights, epoch -> what each slot takes:its turn"
    for seed, n, weights, epoch in [
        (42, 8, [1, 1, 6], 0),
        (42, 8, [1, 1, 6], 1),
        (1, 5, [1] * 12, 0),
        (2, 12, [0, 5, 0, 0, 7, 1, 0], 3),
        (MOST, 7, [2**61, 1, 2**61 - 2], 2**32 - 1),
    ]:
        slots = order.dealt(stream_key(seed, "train"), n, weights, epoch)
        taken = listed(f"{i}:{turn}" for i, turn in slots)
        yield f'dealt {seed} "train" {n} {listed(weights)} {epoch} {taken}'
    yield "# split: seed, stream, text -> number"
    for seed, stream, key in [(7, "split", "a.png"), (8, "split", "a.png"), (7, "été", "été/b")]:
        yield f'split {seed} "{stream}" "{key}" {hex64(order.split_number(seed, stream, key))}'


def array_bytes(array):
    """What the content digest hashes."""
    header = struct.pack(f"<{1 + array.ndim}Q", array.ndim, *array.shape)
    samples = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return array.dtype.name.encode() + b"\0" + header + samples


def document_bytes(value):
    """What the pipeline digest hashes."""

    def tagged(tag, word):
        return tag + struct.pack("<Q", word % 2**64)

    if value is None:
        return tagged(b"n", 0)
    if isinstance(value, bool):
        return tagged(b"b", value)
    if isinstance(value, int):
        return tagged(b"i", value)
    if isinstance(value, float):
        return tagged(b"f", detmath.to_bits(value))
    if isinstance(value, str):
        return tagged(b"s", len(value.encode())) + value.encode()
    if isinstance(value, list):
        return tagged(b"a", len(value)) + b"".join(map(document_bytes, value))
    out = tagged(b"o", len(value))
    for key in sorted(value, key=str.encode):
        out += tagged(b"k", len(key.encode())) + key.encode() + document_bytes(value[key])
    return out


def paths(nodes, parent=""):
    """The path of each node, in the document's order."""
    for node, path in placed(nodes, parent):
        yield path
        yield from paths(node.get("transforms", []), path)


def op(kind, p=1.0, **fields):
    return {"op": kind, "version": 1, "p": p} | fields


def compose(*transforms, **fields):
    return op("Compose", transforms=list(transforms), **fields)


ROOT = {"bbox_params": {"format": "pascal_voc", "min_area": 0.0, "min_visibility": 0.0}}
DOCUMENTS = [
    compose(**ROOT),
    compose(op("HorizontalFlip", 0.5), op("ToCHW"), **ROOT),
    compose(
        op("GaussNoise", std_range=[0.2, 0.44], mean_range=[0.0, 0.0], per_channel=True),
        compose(op("VerticalFlip", 0.25), op("VerticalFlip", name="mirror"), op("VerticalFlip")),
        op("GaussNoise", 0.5, std_range=[0.1, 0.1], mean_range=[-0.5, 0.5], per_channel=False),
        op("RandomCrop", height=32, width=48, name="crop-1.a"),
        compose(op("RandomCrop", height=8, width=8), name="rest"),
        compose(op("HorizontalFlip", 0.5)),
        p=0.5,
        bbox_params={"format": "coco", "min_area": 16.0, "min_visibility": 0.25},
    ),
]
ARRAYS = [
    np.zeros((0,), np.uint8),
    np.array(200, np.uint8),
    np.arange(24, dtype=np.uint8).reshape(2, 4, 3),
    np.arange(24, dtype=np.uint8).reshape(4, 2, 3),
    np.arange(0, 60000, 1000, dtype=np.uint16).reshape(5, 12)[:, ::2],
    np.linspace(-1, 1, 65, dtype=np.float32).reshape(5, 13).T,
    np.array([[-1, 2**40]], np.int64),
    np.array([True, False]),
]


def digest_lines(digest):
    yield "# content: dtype, shape, the bytes that are hashed -> digest"
    for array in ARRAYS:
        shape, data = ",".join(map(str, array.shape)) or "-", array_bytes(array)
        yield f"content {array.dtype.name} {shape} {data.hex()} {digest(data)}"
    yield "# pipeline: the bytes that are hashed -> digest, paths in the document's order, document"
    for document in DOCUMENTS:
        data, places = document_bytes(document), ",".join(paths(document["transforms"])) or "-"
        yield f"pipeline {data.hex()} {digest(data)} {places} {json.dumps(document)}"


if __name__ == "__main__":
    import xxhash

    files = {
        "addresses": address_lines(),
        "draws": draw_lines(),
        "order": order_lines(),
        "digests": digest_lines(lambda data: xxhash.xxh3_64(data).hexdigest()),
    }
    for name, lines in files.items():
        (FOLDER / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
