"""What can be wrong with an input. Each error states the place, the fact and the way out, in one line.

`InputError` is the base: the command line prints it and exits with 2. Programming errors of our own are never of these types.
"""

from __future__ import annotations


class InputError(Exception):
    """Something that a person gave is not usable.

    Args:
        fact: what is wrong, with the values concerned.
        place: where: an equation, a line and column, a file.
        advice: what to do about it.
        excerpt: the offending line with a caret below the offending character, or "".
    """

    def __init__(self, fact: str, *, place: str = "", advice: str = "", excerpt: str = "") -> None:
        self.fact, self.place, self.advice, self.excerpt = " ".join(fact.splitlines()), place, " ".join(advice.splitlines()), excerpt
        super().__init__(self.fact)

    def __str__(self) -> str:
        """Place, fact and advice in one line."""
        place = f"{self.place}: " if self.place else ""
        advice = f"; {self.advice}" if self.advice else ""
        return f"{place}{self.fact}{advice}"


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
