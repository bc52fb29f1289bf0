"""An equation, a function or a declaration of a page, and where on it each of its characters stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from derive.errors import NotationError
from derive.notation.looks import Look
from derive.notation.written import Written, Wrong, caret


class Source:
    """The text of a page, and the lines and columns in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.splitlines()
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def line(self, offset: int) -> int:
        """The number of the line, from 1."""
        return min(bisect_right(self.starts, offset), max(len(self.lines), 1))

    def token(self, offset: int) -> str:
        """The command or the sign that stands there."""
        found = re.compile(r"\\[A-Za-z]+|\S").match(self.text, offset)
        return found[0] if found else ""

    def error(self, wrong: Wrong) -> NotationError:
        """The error that says what is wrong at an offset, with that line and a caret."""
        number = self.line(wrong.column)
        line = self.lines[number - 1] if self.lines else ""
        column = min(wrong.column - self.starts[number - 1], len(line))
        place = f"line {number}, column {column + 1}"
        return NotationError(wrong.fact, place=place, advice=wrong.advice, excerpt=caret(line.replace("\t", " "), column))


@dataclass(frozen=True)
class Piece:
    """An equation or a declaration of a page.

    Attributes:
        written: it as the page has it, with the offsets of its characters.
        made: it in the plain notation, with the offsets of its characters.
        source: the page.
        looks: how the page spells the names in it.
    """

    written: Written
    made: Written
    source: Source
    looks: tuple[Look, ...] = ()

    @property
    def plain(self) -> str:
        """It in the plain notation."""
        return self.made.plain

    @property
    def text(self) -> str:
        """It as the page has it."""
        return self.written.plain

    @property
    def line(self) -> int:
        """The number of its line, from 1."""
        return self.source.line(self.written.columns[0])

    def located(self, error: NotationError) -> NotationError:
        """An error in the plain text as one in the page."""
        found = re.fullmatch(r"line \d+, column (\d+)", error.place)
        if found is None or not self.made.columns:
            return error
        column = int(found[1]) - 1
        columns = self.made.columns
        at = columns[max(column, 0)] if column < len(columns) else self.written.columns[-1] + 1
        fact = error.fact
        if self.made != self.written:
            fact = re.sub(r"^'[^']*'(?= is not expected)", lambda _: f"'{self.source.token(at)}'", fact)
        return self.source.error(Wrong(fact, error.advice, at))
