"""Tang quatrains of seven characters a line: learn to write the next character, and in the end whole poems.

The file holds 4,416 poems over 1,990 characters in the order of the collection, which goes poet by poet; the last 500 are held out.
The measure is bits a character over the 28 characters of a poem and its end; punctuation is learned and written too, but as its place is fixed
it does not count. The baseline is a trigram model of the same text, measured in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from types import ModuleType

import numpy as np

from derive.errors import InputError
from verify.training.symbols import Array, Batch, SymbolModel, softmax
from verify.training.tasks import Task
from verify.training.trigram import Trigram

TITLE = "Tang poems, a character at a time"
HEADS = ("readout",)
IS_CAUSAL = True
PUNCTUATION = "，。"
HELD_OUT = 500
WIDTH = 128
LONGEST = 80


def load() -> Task:
    """The task."""
    poems = [line for line in _text().splitlines() if line]
    alphabet = Alphabet(poems)
    train, test = (np.array([alphabet.encode(poem) for poem in part]) for part in (poems[:-HELD_OUT], poems[-HELD_OUT:]))
    trigram = Trigram(poems[:-HELD_OUT], len(alphabet.symbols))
    return Task(
        name="poems",
        measure="bits a character on held-out poems",
        baseline=trigram.bits(poems[-HELD_OUT:], PUNCTUATION),
        baseline_name="trigram",
        model=lambda module, units, seed: alphabet.model(module, units, seed),
        batches=lambda rng, size, cut: alphabet.streams(train, rng, size, cut) if cut else alphabet.batches(train, rng, size),
        held_out=lambda: (alphabet.batch(test[at : at + 125]) for at in range(0, HELD_OUT, 125)),
        check=alphabet.check,
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
        """A model that is not trained yet."""
        return SymbolModel(module, len(self.symbols), units, WIDTH, seed)

    def batch(self, poems: Array) -> Batch:
        """Poems (batch, T) side by side, each from its beginning."""
        targets = poems.T
        inputs = np.concatenate([np.zeros_like(targets[:1]), targets[:-1]])
        return Batch(inputs, targets, self.is_counted[targets])

    def batches(self, poems: Array, rng: np.random.Generator, size: int) -> Iterator[Batch]:
        """The poems in random order, so many side by side; what is left over waits for another epoch."""
        order = rng.permutation(len(poems))
        for at in range(0, len(poems) - size + 1, size):
            yield self.batch(poems[order[at : at + size]])

    def streams(self, poems: Array, rng: np.random.Generator, size: int, cut: int) -> Iterator[Batch]:
        """The poems in random order end to end, in so many streams side by side, cut every so many steps wherever that falls."""
        text = rng.permutation(poems).ravel()
        streams = text[: len(text) // size * size].reshape(size, -1).T
        inputs = np.concatenate([np.zeros_like(streams[:1]), streams[:-1]])
        for at in range(0, len(streams) - cut + 1, cut):
            targets = streams[at : at + cut]
            yield Batch(inputs[at : at + cut], targets, self.is_counted[targets], continues=at > 0)

    def check(self, opening: str) -> None:
        """Refuse characters that are not in the data.

        Raises:
            InputError: there is one.
        """
        for character in opening:
            if character not in self.number:
                raise InputError(f"no poem of the data has the character {character!r}", place="opening", advice="choose another one")

    def sample(self, model: SymbolModel, rng: np.random.Generator, opening: str, temperature: float) -> str:
        """A poem that the model writes from an opening on, until it writes an end."""
        written = opening
        scores, state = model.next_scores(0, None)
        for character in opening:
            scores, state = model.next_scores(self.number[character], state)
        while len(written) < LONGEST:
            chances = softmax(scores / temperature)
            number = int(rng.choice(len(chances), p=chances))
            if number == 0:
                break
            written += self.symbols[number]
            scores, state = model.next_scores(number, state)
        return written
