"""Orders and splits, a whole epoch at a time."""

import math
from fractions import Fraction

import numpy as np

from .draws import Draws
from .philox import fold, halves, label, philox, stream_key

U64 = np.uint64


def rounds_of(bits: int) -> int:
    return 40 if bits <= 3 else 12 if bits <= 5 else 8


def permuted(stream: int, n: int, epoch: int, numbers, *, back=False, rounds=None) -> np.ndarray:
    """The indices at positions below n; `back`: the positions of indices. An epoch for all, or one
    for each."""
    key = halves(fold(stream, n, 7))
    bits = (n - 1).bit_length()
    low_bits = (bits + 1) // 2
    masks = U64(2**low_bits - 1), U64(2 ** (bits - low_bits) - 1)
    order = range(rounds_of(bits) if rounds is None else rounds)
    x = np.array(numbers, U64)
    epochs = np.broadcast_to(np.asarray(epoch, U64), x.shape)
    walking = np.ones(x.shape, bool)
    while walking.any():
        halved = [x[walking] & masks[0], x[walking] >> U64(low_bits)]  # R, L
        for r in reversed(order) if back else order:
            to = 1 - r % 2
            halved[to] = (
                halved[to] ^ philox([halved[1 - to], r, epochs[walking], 0], key)[0] & masks[to]
            )
        x[walking] = halved[1] << U64(low_bits) | halved[0]
        walking = x >= U64(n)
    return x


def whole(weights) -> list[int]:
    """Weights as integers without a common divisor."""
    if any(isinstance(w, float) for w in weights):
        room = 61 - (len(weights) - 1).bit_length()
        scale = Fraction(2) ** (room - math.frexp(max(weights))[1])
        weights = [math.ceil(Fraction(w) * scale) for w in weights]
    return [w // math.gcd(*weights) for w in weights]


def dealt(stream: int, n: int, weights, epoch: int) -> list[tuple[int, int]]:
    """What each slot takes, and how many slots before it take the same."""
    total = sum(weights)
    offset = Draws(fold(stream, n, 9), epoch, 0).below(total)
    slots, sums = [], np.cumsum(np.array(weights, object))
    for slot in range(n):
        index = int(np.searchsorted(sums, (slot * total + offset) // n, side="right"))
        slots.append((index, sum(index == other for other, _ in slots)))
    return slots


def members(stream: int, group: int, size: int, epoch: int) -> list[int]:
    return permuted(fold(stream, group, 10), size, epoch, range(size)).tolist()


def weighted(stream: int, n: int, weights, epoch: int) -> list[tuple[int, int]]:
    """Index and repeat at each position."""
    slots = dealt(stream, n, whole(weights), epoch)
    return [slots[slot] for slot in permuted(stream, n, epoch, range(n)).tolist()]


def grouping(labels) -> list[list[int]]:
    """The samples of each group; groups as they first appear."""
    groups = {}
    for i, group in enumerate(labels):
        groups.setdefault(group, []).append(i)
    return [*groups.values()]


def balanced(stream: int, n: int, labels, epoch: int) -> list[tuple[int, int]]:
    """Index and repeat at each position."""
    groups = grouping(labels)
    slots = dealt(stream, n, [1] * len(groups), epoch)
    shuffled = [
        [group[member] for member in members(stream, number, len(group), epoch)]
        for number, group in enumerate(groups)
    ]
    samples = []
    for number, turn in slots:
        repeat, place = divmod(turn, len(groups[number]))
        samples.append((shuffled[number][place], repeat))
    return [samples[slot] for slot in permuted(stream, n, epoch, range(n)).tolist()]


def grouped(stream: int, labels, epoch: int) -> list[int]:
    """The index at each position."""
    groups = grouping(labels)
    return [
        groups[number][member]
        for number in permuted(stream, len(groups), epoch, range(len(groups))).tolist()
        for member in members(stream, number, len(groups[number]), epoch)
    ]


def split_number(seed: int, stream: str, key: str | int) -> int:
    return fold(stream_key(seed, stream), label(key) if isinstance(key, str) else key, 8)


def part(number: int, shares: dict[str, Fraction]) -> str:
    """The part that a number belongs to; the shares add up to 1."""
    end = Fraction(0)
    for name, share in shares.items():
        end += share
        if number < math.floor(end * 2**64):
            return name
    raise AssertionError("the last end is 2^64")
