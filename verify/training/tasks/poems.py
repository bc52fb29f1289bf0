"""Tang quatrains of seven characters a line: learn to write the next character, and in the end whole poems.

The file holds 4,416 poems, earlier poets first; the last tenth is held out. The measure is bits a character over the 28 characters of a poem
and its end; punctuation is written too, but as its place is fixed it does not count. The baseline is a trigram model of the same characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from types import ModuleType

import numpy as np

from verify.training.symbols import Batch, SymbolModel
from verify.training.tasks import Task
from verify.training.trigram import Trigram

TITLE = "Tang poems, a character at a time"
HEADS = ("readout",)
PUNCTUATION = "，。"
WIDTH = 128
TEMPERATURE = 0.8
LONGEST = 80


def load() -> Task:
    """The task."""
    poems = [line for line in _text().splitlines() if line]
    kept = len(poems) - len(poems) // 10
    alphabet = Alphabet(poems)
    train, test = [alphabet.encode(p) for p in poems[:kept]], [alphabet.encode(p) for p in poems[kept:]]
    bare = [[c for c in poem if c not in PUNCTUATION] for poem in poems]
    trigram = Trigram(bare[:kept], len(alphabet.symbols) - len(PUNCTUATION))
    return Task(
        name="poems",
        measure="bits a character on held-out poems",
        baseline=trigram.bits(bare[kept:]),
        baseline_name="trigram",
        model=lambda module, units, seed: alphabet.model(module, units, seed),
        batches=lambda rng, size, carry: alphabet.streams(train, rng, size) if carry else alphabet.batches(train, rng, size),
        held_out=lambda: (alphabet.batch(test[at : at + 128]) for at in range(0, len(test), 128)),
        sample=alphabet.sample,
    )


def _text() -> str:
    return resources.files("verify.training").joinpath("data", "tang_quatrains_7.txt").read_text(encoding="utf-8")


class Alphabet:
    """The symbols by number; 0 stands for the end of a poem and for the beginning of the next."""

    def __init__(self, poems: list[str]) -> None:
        self.symbols = ["", *sorted({character for poem in poems for character in poem})]
        self.number = {symbol: at for at, symbol in enumerate(self.symbols)}
        self.is_counted = np.array([symbol not in PUNCTUATION or not symbol for symbol in self.symbols])

    def encode(self, poem: str) -> list[int]:
        """A poem as numbers, with its end."""
        return [*(self.number[character] for character in poem), 0]

    def model(self, module: ModuleType, units: int, seed: int) -> SymbolModel:
        """A model that begins with the frequencies of nothing: all symbols alike."""
        return SymbolModel(module, len(self.symbols), units, WIDTH, seed)

    def batch(self, poems: list[list[int]], continues: bool = False) -> Batch:
        """Poems of one length side by side."""
        targets = np.array(poems).T
        inputs = np.concatenate([np.zeros((1, targets.shape[1]), dtype=targets.dtype), targets[:-1]])
        return Batch(inputs, targets, self.is_counted[targets], continues)

    def batches(self, poems: list[list[int]], rng: np.random.Generator, size: int) -> Iterator[Batch]:
        """The poems in random order, so many side by side."""
        order = rng.permutation(len(poems))
        for at in range(0, len(poems) - size + 1, size):
            yield self.batch([poems[i] for i in order[at : at + size]])

    def streams(self, poems: list[list[int]], rng: np.random.Generator, size: int) -> Iterator[Batch]:
        """The poems one after the other in so many streams, each batch going on where the one before ended."""
        for at, batch in enumerate(self.batches(poems, rng, size)):
            yield Batch(batch.inputs, batch.targets, batch.counts, continues=at > 0)

    def sample(self, model: SymbolModel, rng: np.random.Generator, count: int) -> list[str]:
        """Poems that the model writes, each until it writes an end."""
        return [self._poem(model, rng) for _ in range(count)]

    def _poem(self, model: SymbolModel, rng: np.random.Generator) -> str:
        written, state, last = "", None, 0
        while len(written) < LONGEST:
            scores, state = model.next_scores(last, state)
            scores = scores / TEMPERATURE
            chances = np.exp(scores - scores.max())
            last = int(rng.choice(len(chances), p=chances / chances.sum()))
            if last == 0:
                break
            written += self.symbols[last]
        return written
