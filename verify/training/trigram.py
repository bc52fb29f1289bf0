"""The baseline that a network of symbols has to beat: an interpolated Kneser-Ney trigram model.

Kneser and Ney, ICASSP 1995, as told by Chen and Goodman, An empirical study of smoothing techniques for language modeling, Computer Speech and
Language 13(4), 1999, section 2.7, with one discount for all orders.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

START, END = "start", "end"
DISCOUNT = 0.75
Counts = Counter[tuple[Hashable, ...]]


class Trigram:
    """The model, counted on sequences over so many symbols, the end included; each begins after two starts and closes with an end."""

    def __init__(self, sequences: Iterable[Sequence[Hashable]], symbols: int) -> None:
        threes: Counts = Counter(three for sequence in sequences for three in _threes(sequence))
        twos: Counts = Counter(three[1:] for three in threes)
        ones: Counts = Counter(two[1:] for two in twos)
        self.symbols = symbols
        self.orders = (_Order(threes), _Order(twos), _Order(ones))

    def probability(self, history: tuple[Hashable, Hashable], symbol: Hashable) -> float:
        """The probability of a symbol after two others."""
        value = 1 / self.symbols
        for order, before in zip(reversed(self.orders), ((), history[1:], history), strict=True):
            value = order.interpolated(before, symbol, value)
        return value

    def bits(self, sequences: Iterable[Sequence[Hashable]], uncounted: Iterable[Hashable] = ()) -> float:
        """The mean bits of a symbol, over all but the uncounted ones; ends count."""
        aside = frozenset(uncounted)
        counted = [three for sequence in sequences for three in _threes(sequence) if three[2] not in aside]
        return -sum(math.log2(self.probability((a, b), c)) for a, b, c in counted) / len(counted)


class _Order:
    """The counts of one order, by what comes before."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.totals: Counts = Counter()
        self.kinds: Counts = Counter()
        for sequence, number in counts.items():
            self.totals[sequence[:-1]] += number
            self.kinds[sequence[:-1]] += 1

    def interpolated(self, before: tuple[Hashable, ...], symbol: Hashable, lower: float) -> float:
        total = self.totals[before]
        if not total:
            return lower
        return (max(self.counts[*before, symbol] - DISCOUNT, 0) + DISCOUNT * self.kinds[before] * lower) / total


def _threes(sequence: Sequence[Hashable]) -> list[tuple[Hashable, Hashable, Hashable]]:
    padded = [START, START, *sequence, END]
    return list(zip(padded, padded[1:], padded[2:], strict=False))
