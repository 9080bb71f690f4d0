"""Philox4x32-10 over arrays, and the addresses of docs/spec.md."""

import numpy as np

U64 = np.uint64
LOW = U64(0xFFFFFFFF)


def philox(counter, key):
    """Four words for each counter and key: sequences of 4 and of 2 words or arrays."""
    c = [np.asarray(word, U64) for word in counter]
    k = [np.asarray(word, U64) for word in key]
    for _ in range(10):
        a = c[0] * U64(0xD2511F53)
        b = c[2] * U64(0xCD9E8D57)
        c = [(b >> U64(32)) ^ c[1] ^ k[0], b & LOW, (a >> U64(32)) ^ c[3] ^ k[1], a & LOW]
        k = [(k[0] + U64(0x9E3779B9)) & LOW, (k[1] + U64(0xBB67AE85)) & LOW]
    return c


def halves(word: int) -> tuple[int, int]:
    return word & 0xFFFFFFFF, word >> 32


def fold(key: int, word: int, tag: int) -> int:
    out = philox([*halves(word), tag, 0], halves(key))
    return int(out[0]) | int(out[1]) << 32


def label(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def stream_key(seed: int, stream: str, repeat: int = 0) -> int:
    key = fold(seed, label(stream), 1)
    return fold(key, repeat, 6) if repeat else key


def op_key(stream: int, path: str) -> int:
    return fold(stream, label(path), 2)


def turn_key(op: int, depth: int, turn: int) -> int:
    return fold(op, turn + (depth << 32), 5)


def parameter_key(op: int) -> int:
    return fold(op, 0, 3)


def pixel_key(op: int, plane: int) -> int:
    return fold(op, plane, 4)


class Field:
    """The random words of a plane of elements at one sample."""

    def __init__(self, key: int, epoch: int, index: int):
        self.key, self.epoch, self.index = key, epoch, index

    def at(self, elements) -> np.ndarray:
        """The words of these elements, as uint64."""
        e = np.asarray(elements, U64)
        block = (e >> U64(6)) << U64(4) | e & U64(15)
        out = np.stack(philox([block, self.epoch, *halves(self.index)], halves(self.key)))
        return np.take_along_axis(out, ((e >> U64(4)) & U64(3)).astype(np.intp)[None], 0)[0]

    def words(self, count: int) -> np.ndarray:
        """The words of elements 0 to count, as uint64."""
        return self.at(np.arange(count))
