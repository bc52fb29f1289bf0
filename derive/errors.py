"""What can be wrong with an input. Each error states the place, the fact and the way out, in one line.

`InputError` is the base: the command line prints it and exits with 2. Programming errors of our own are never of these types.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

FACT, PLACE, ADVICE, EXCERPT = 260, 160, 200, 120
"""How many characters of each part of a message are shown."""


@dataclass(frozen=True)
class Spot:
    """Where on a page something stands: its line and column, from 1, and how many characters it has."""

    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        """In a message."""
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True)
class Edit:
    """What to write in the place of some characters of a page; none of them where something is put in."""

    spot: Spot
    text: str

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {"line": self.spot.line, "column": self.spot.column, "length": self.spot.length, "text": self.text}


Remedy = tuple[Edit, ...]
"""Edits that together mend a page."""


def edited(page: str, remedy: Remedy) -> str:
    """A page after the edits of a remedy."""
    lines = page.splitlines(keepends=True)
    for edit in sorted(remedy, key=lambda each: (each.spot.line, each.spot.column), reverse=True):
        line, start = lines[edit.spot.line - 1], edit.spot.column - 1
        lines[edit.spot.line - 1] = f"{line[:start]}{edit.text}{line[start + edit.spot.length :]}"
    return "".join(lines)


class InputError(Exception):
    """Something that a person gave is not usable.

    Each part is one line of a bounded length: long expressions, names and lists are abbreviated here, for all messages.

    Args:
        fact: what is wrong, with the values concerned.
        place: where: an equation, a line and column, a file.
        advice: what to do about it.
        excerpt: the offending line with a caret below the offending character, or "".
        spot: where on a page that is, if it is known to the character.
        others: what else is wrong on the page; an error is raised once for all of it.
        remedies: ways out as edits of the page, each of which alone is one; () where they are known in words only.
    """

    def __init__(
        self,
        fact: str,
        *,
        place: str = "",
        advice: str = "",
        excerpt: str = "",
        spot: Spot | None = None,
        others: tuple[InputError, ...] = (),
        remedies: tuple[Remedy, ...] = (),
    ) -> None:
        self.spot, self.others, self.remedies = spot, others, remedies
        self.fact, self.place, self.advice = abbreviated(fact, FACT), abbreviated(place, PLACE), abbreviated(advice, ADVICE)
        self.excerpt = _window(excerpt)
        super().__init__(self.fact)

    def __str__(self) -> str:
        """Place, fact and advice in one line."""
        place = f"{self.place}: " if self.place else ""
        advice = f"; {self.advice}" if self.advice else ""
        return f"{place}{self.fact}{advice}"

    @property
    def every(self) -> tuple[InputError, ...]:
        """This and all the others."""
        return (self, *self.others)

    def to_dict(self) -> dict[str, Any]:
        """As plain data for JSON; line and column (from 1) and length are null where they are not known."""
        spot = self.spot
        return {
            "kind": type(self).__name__,
            "line": spot.line if spot else None,
            "column": spot.column if spot else None,
            "length": spot.length if spot else None,
            "place": self.place,
            "fact": self.fact,
            "advice": self.advice,
            "remedies": [[edit.to_dict() for edit in remedy] for remedy in self.remedies],
        }


def abbreviated(text: str, most: int) -> str:
    """A text in one line, with characters that cannot be shown by their numbers, and an ellipsis for its middle where it is longer than that."""
    shown = (each if each.isprintable() or each.isspace() else f"<U+{ord(each):04X}>" for each in text)
    line = " ".join("".join(shown).split())
    if len(line) <= most:
        return line
    behind = (most - 3) // 3
    return f"{line[: most - 3 - behind]} … {line[-behind:]}"


def _window(excerpt: str) -> str:
    """A line and its caret, without what stands far from the caret."""
    line, _, caret = excerpt.partition("\n")
    if max(len(line), len(caret)) <= EXCERPT or not caret:
        return excerpt if caret else excerpt[:EXCERPT]
    at = len(caret) - 1
    begin = max(4, at - EXCERPT // 2)
    shown = line[begin : begin + EXCERPT - 10]
    before = "… " if begin > 4 else ""
    behind = " …" if begin + len(shown) < len(line) else ""
    return f"    {before}{shown}{behind}\n    {' ' * (len(before) + at - begin)}^"


class Gathered:
    """Errors of one page, each of which leaves the others to be found.

    Example:
        >>> from derive.errors import Gathered, InputError
        >>> gathered = Gathered()
        >>> for word in ("one", "two"):
        ...     with gathered.going_on():
        ...         raise InputError(f"{word} is wrong")
        >>> gathered.raise_all()
        Traceback (most recent call last):
        derive.errors.InputError: one is wrong
        >>> [str(each) for each in gathered.found]
        ['one is wrong', 'two is wrong']
    """

    def __init__(self) -> None:
        self.found: list[InputError] = []

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Keep the error that is raised inside, and go on behind."""
        try:
            yield
        except InputError as error:
            self.found += error.every

    def raise_all(self) -> None:
        """Raise the first one, the others with it, if there are any."""
        if self.found:
            self.found[0].others = tuple(self.found[1:])
            raise self.found[0]


class NotationError(InputError):
    """The text is not a page of equations, or uses a name that cannot be used."""


class ShapeError(InputError):
    """The sizes of an equation do not fit together."""


class RecurrenceError(InputError):
    """The equations do not define their variables: one is missing, defined twice, or reads itself at the same t."""


class MissingRule(InputError):
    """The rule book has no row for an operation that is asked of it."""


class FormatError(InputError):
    """The content of a file is not what its name, or its own beginning, says that it is."""
