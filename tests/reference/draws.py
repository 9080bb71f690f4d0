"""The parameter draws of one op at one sample."""

from . import detmath
from .normal import deviate
from .philox import halves, philox


class Draws:
    def __init__(self, key: int, epoch: int, index: int):
        self.key, self.epoch, self.index, self.next = key, epoch, index, 0

    def word(self) -> int:
        counter = [self.next // 4, self.epoch, *halves(self.index)]
        word = int(philox(counter, halves(self.key))[self.next % 4])
        self.next += 1
        return word

    def unit(self) -> float:
        return (self.word() + 0.5) * 2.0**-32

    def range(self, bounds) -> float:
        lo, hi = bounds
        return lo + (hi - lo) * self.unit()

    def log_range(self, bounds) -> float:
        lo, hi = bounds
        a, b = detmath.ln(lo), detmath.ln(hi)
        return min(max(detmath.exp(a + (b - a) * self.unit()), lo), hi)

    def below(self, n: int) -> int:
        low = self.word()
        return (low | self.word() << 32) * n >> 64

    def integer(self, bounds) -> int:
        lo, hi = bounds
        return lo + self.below(hi - lo + 1)

    def bernoulli(self, p: float) -> bool:
        return self.word() < p * 2.0**32

    def normal(self) -> float:
        word, tail = self.word(), self.word()
        return int(deviate(word & 0xFFFF, tail)) * 2.0**-16

    def permutation(self, n: int) -> list[int]:
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order
