"""Text that was taken from other text, and where each of its characters came from.

Takes pieces and columns, gives `Written`. What is wrong in the other text is a `Wrong` at a column of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True)
class Written:
    """Text.

    Attributes:
        plain: the text.
        columns: by character of it, the column (from 0) of the original text that it came from.
    """

    plain: str = ""
    columns: tuple[int, ...] = ()

    @staticmethod
    def of(text: str, column: int) -> Written:
        """Text that came from one column."""
        return Written(text, (column,) * len(text))

    def __getitem__(self, part: slice) -> Written:
        return Written(self.plain[part], self.columns[part])

    @staticmethod
    def joined(parts: Iterable[Written]) -> Written:
        """One after another."""
        kept = tuple(parts)
        return Written("".join(each.plain for each in kept), tuple(chain.from_iterable(each.columns for each in kept)))

    def within(self, opening: str, closing: str) -> Written:
        """Between two signs, which come from its ends."""
        first, last = (self.columns[0], self.columns[-1]) if self.columns else (0, 0)
        return Written.joined([Written.of(opening, first), self, Written.of(closing, last)])


NOTHING = Written()


Edit = tuple[int, int, str]
"""Where an edit begins and ends, and what to write there."""


class Wrong(Exception):
    """What cannot be understood in a text.

    Args:
        fact: what is wrong.
        advice: what to do about it.
        column: where, from 0.
        others: what else is wrong in the text.
        remedies: ways out, each as edits: the columns where one begins and ends, and what to write there.
    """

    def __init__(
        self, fact: str, advice: str, column: int, others: tuple[Wrong, ...] = (), remedies: tuple[tuple[Edit, ...], ...] = ()
    ) -> None:
        self.fact, self.advice, self.column, self.others, self.remedies = fact, advice, column, others, remedies
        super().__init__(fact)

    def moved(self, at: Callable[[int], int]) -> Wrong:
        """The same where the text is a part of another one.

        Args:
            at: where a column of the part stands in the whole.
        """
        others = tuple(each.moved(at) for each in self.others)
        remedies = tuple(tuple((at(start), at(stop - 1) + 1, text) for start, stop, text in remedy) for remedy in self.remedies)
        return Wrong(self.fact, self.advice, at(self.column), others, remedies)


def raised(*checks: Callable[[], None]) -> list[Wrong]:
    """What is found wrong by checks, in the order of the text."""
    found = []
    for check in checks:
        try:
            check()
        except Wrong as wrong:
            found.append(wrong)
    return sorted(found, key=lambda wrong: wrong.column)


def raise_all(found: list[Wrong]) -> None:
    """Raise all that is wrong as one.

    Raises:
        Wrong: the first, with the others; not if there is none.
    """
    if found:
        first, *others = found
        raise Wrong(first.fact, first.advice, first.column, tuple(others), first.remedies)


def replaced(source: Written, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]) -> Written:
    """The text with what a pattern finds changed; what is new comes from where the old began."""
    pieces, at = [], 0
    for found in pattern.finditer(source.plain):
        pieces += [source[at : found.start()], Written.of(change(found), source.columns[found.start()])]
        at = found.end()
    return Written.joined([*pieces, source[at:]]) if at else source


def caret(text: str, column: int) -> str:
    """The line with a caret under its column (from 0)."""
    return f"    {text}\n    {' ' * column}^"
