"""An equation, a function or a declaration of a page, and where on it each of its characters stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from derive import errors
from derive.errors import NotationError, Spot
from derive.notation.plainly import plainly
from derive.notation.tree import Place, Statement
from derive.notation.written import Edit, Written, Wrong, caret


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
        spot = Spot(number, column + 1, max(len(self.token(wrong.column)), 1))
        excerpt = caret(line.replace("\t", " "), column)
        others = tuple(map(self.error, wrong.others))
        remedies = tuple(tuple(map(self.edit, remedy)) for remedy in wrong.remedies)
        return NotationError(wrong.fact, place=str(spot), advice=wrong.advice, excerpt=excerpt, spot=spot, others=others, remedies=remedies)

    def edit(self, edit: Edit) -> errors.Edit:
        """An edit between two offsets, by its line and column."""
        start, stop, text = edit
        number = self.line(start)
        return errors.Edit(Spot(number, start - self.starts[number - 1] + 1, stop - start), text)


@dataclass(frozen=True)
class Piece:
    """An equation or a declaration of a page.

    Attributes:
        written: it as the page has it, with the offsets of its characters.
        typed: it as it was parsed, with the offsets of its characters.
        statement: what it says; its places are in `typed`.
        source: the page.
        is_latex: whether it is in LaTeX.
    """

    written: Written
    typed: Written
    statement: Statement
    source: Source
    is_latex: bool

    @cached_property
    def plain(self) -> str:
        """It in the plain notation."""
        return plainly(self.statement)

    @property
    def text(self) -> str:
        """It as the page has it."""
        return self.written.plain

    @property
    def line(self) -> int:
        """The number of its line, from 1."""
        return self.source.line(self.written.columns[0])

    def line_of(self, place: Place) -> int:
        """The number of the line, from 1, on which a place in the text begins that was parsed."""
        return self.source.line(self.offset(place.start))

    def offset(self, column: int) -> int:
        """Where on the page a column of the text stands that was parsed."""
        columns = self.typed.columns
        return columns[column] if column < len(columns) else (columns or self.written.columns)[-1] + 1

    def shown(self, place: Place) -> str:
        """What stands at a place, as the page has it."""
        if not self.typed.columns or place.stop <= place.start:
            return ""
        return self.source.text[self.offset(place.start) : self.offset(place.stop - 1) + 1]

    def located(self, wrong: Wrong) -> NotationError:
        """What is wrong at a column of the text that was parsed, as an error on the page."""
        return self.source.error(wrong.moved(self.offset))
