"""The limits of what is read: how long, how deep and how many, in one place, so that no input takes more time or memory than it is worth.

Each is far beyond what people write. What goes beyond one is refused, with the limit and a way out in the message, and never cut off.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.errors import NotationError


@dataclass(frozen=True)
class Limit:
    """A limit.

    Attributes:
        most: the greatest number that is taken.
        of: what is counted, in the plural.
        advice: what to do about more.
    """

    most: int
    of: str
    advice: str

    @property
    def fact(self) -> str:
        """What is wrong with more."""
        return f"there are more than {self.most} {self.of}"

    def check(self, count: int, place: str = "") -> None:
        """Let a number pass.

        Raises:
            NotationError: it is greater than the limit.
        """
        if count > self.most:
            raise NotationError(self.fact, place=place, advice=self.advice)


NAMED = "give parts of it names of their own"
PAGE = Limit(5_000_000, "characters on a page", "split it into pages, and join these by stack(one.md, other.md)")
FORMULAS = Limit(600, "equations and declarations on a page", "split it into pages, and join these by stack(one.md, other.md)")
LINE = Limit(5_000, "characters in a line or formula", NAMED)
DEPTH = Limit(60, "operations or brackets inside each other", NAMED)
BRACKETS = Limit(50, "brackets inside each other", NAMED)
COMMANDS = Limit(2_000, "uses of commands that the page defines", "write out what they stand for")
EXPANDED = Limit(20_000, "characters in a formula in which commands of the page are replaced by what they stand for", NAMED)
OPERATIONS = Limit(10_000, "operations in an equation in which functions are replaced by what they stand for",
                   "give the value of a function a name, and read that")  # fmt: skip
FUNCTIONS = Limit(40, "functions that are defined by one another", "let a function read fewer of them")
LAG = Limit(1_000, "steps between t and a value that is read", "carry the value from step to step")
LAYERS = Limit(1_000, "layers in a stack", "stack fewer of them")
PARTS = Limit(50, "parts of a network inside each other", "write an inner one as a page")
NETWORK = Limit(10_000, "equations in a network", "take fewer layers or directions")
NUMBERS = Limit(20_000_000, "numbers in an array at these sizes", "give smaller sizes, or fewer steps or sequences")
STEPS = Limit(2_000, "steps to draw", "a few show the pattern")
