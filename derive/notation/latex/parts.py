"""What a formula in LaTeX is made of before it is known what stands beside what: signs, names, functions, groups.

The grammar makes rows of these parts, from left to right; `rows.py` makes trees of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from derive.algebra import nodes
from derive.notation import tree
from derive.notation.derivation import IN_DERIVATION
from derive.notation.letters import GREEK_NAMES
from derive.notation.tree import Place, Power, Spelling, Step, Transposed, Tree
from derive.notation.written import Wrong

FUNCTIONS = {
    **{name.replace("_", "").lower(): name for name in nodes.FUNCTIONS},
    **{name: name for name in ("sum", "mean", "norm", "dot", "outer", "concat", "std", "cumsum", "revcumsum", "logsumexp", "diag", "inv", "solve")},
    "sigm": "sigmoid", "logistic": "sigmoid", "hardsigm": "hard_sigmoid", "ln": "log", "swish": "silu", "cat": "concat",
    "lse": "logsumexp", "atan": "arctan", "hardsilu": "hard_swish",
}  # fmt: skip
"""Functions by their name in small letters."""
After = Fraction | str | tree.Span
"""What stands behind a value: a power, "T" for a transposition, or the letter of an entry."""
TRANSPOSED = "T"
UPRIGHT = Spelling(frozenset(), labels=())
"""How a letter is spelled of which nothing is to be said."""


@dataclass(frozen=True)
class Sign:
    """A sign between parts: the name of its terminal, and the text."""

    kind: str
    text: str
    place: Place


@dataclass(frozen=True)
class Mark:
    r"""What stands in a script only: \top, \prime, \star, an arrow, or dots."""

    text: str
    place: Place


@dataclass(frozen=True)
class Name:
    """A name: its letters with accents, its labels, its time, its second index, and the powers of it.

    Attributes:
        base: "C_tilde"; for an upright word the word.
        labels: what else stands in its scripts.
        time: the steps from t, None if it has no time.
        second: the letter of its second index.
        is_word: whether it is set upright.
        is_spelled: whether it is a Greek letter by its command.
        is_calligraphic: whether it is a letter of a script, as many write functions.
        spelling: how it is spelled.
        after: what follows the name.
        step: in a derivation, the step with a letter at which it is read, k + 1.
    """

    base: str
    place: Place
    labels: tuple[str, ...] = ()
    time: int | None = None
    second: str = ""
    is_word: bool = False
    is_spelled: bool = False
    spelling: Spelling = UPRIGHT
    after: tuple[After, ...] = ()
    step: Step | None = None

    @property
    def whole(self) -> str:
        """The name without its indices."""
        return "_".join((self.base, *self.labels))

    @property
    def has_index(self) -> bool:
        """Whether anything stands in its scripts."""
        return bool(self.labels or self.second) or self.time is not None or self.step is not None

    @property
    def bare(self) -> str:
        """The name as part of an index of another one."""
        time = "" if self.time is None else f"t{self.time or ''}"
        return re.sub(r"\W", "", "".join((self.base, *self.labels, time, self.second)))

    def joined(self) -> Name:
        """The name with its labels as part of its letters, so that what comes next belongs to all of it."""
        return replace(self, base=self.whole, labels=())

    def is_letter(self, letters: str = "[a-z]") -> bool:
        """Whether it is one letter of these and nothing more."""
        return not (self.has_index or self.after) and re.fullmatch(letters, self.base) is not None

    @property
    def tree(self) -> tree.Name:
        """The name without what follows it."""
        spelling = replace(self.spelling, fonts=None) if self.second else self.spelling
        return tree.Name(self.base, self.labels, self.time, self.second, spelling, self.step, place=self.place)

    @property
    def is_differential(self) -> bool:
        """Whether it is the d of dL/dh_t."""
        return self.base == "d" and not (self.has_index or self.after)


@dataclass(frozen=True)
class Value:
    r"""What is a tree already: a number, a fraction, a call.

    Attributes:
        kind: "number", "ones" for \mathbf{1}, "ones^T", "norm", "partial", "nabla" or "".
    """

    tree: Tree
    place: Place
    kind: str = ""


@dataclass(frozen=True)
class Function:
    """A function that waits for its operand.

    Attributes:
        name: the function, as the notation calls it.
        text: it as it is written.
        word: its name as it is written, without a command.
        over: the index of softmax_k, and its range.
        after: the powers, which follow the operand.
        name_part: the name that it is, where it is one of the page and no built-in one.
        is_slope: whether it has a prime, in a derivation.
    """

    name: str
    place: Place
    text: str
    word: str = ""
    over: tuple[str, tree.Reach] | None = None
    after: tuple[After, ...] = ()
    name_part: Name | None = None
    is_slope: bool = False


@dataclass(frozen=True)
class Over:
    """A sum over an index, which stands before what is summed; in a derivation also a sum or a product over steps with ends, low and high."""

    letter: str
    reach: tree.Reach
    place: Place
    kind: str = "sum"
    ends: tuple[Step, Step] | None = None


@dataclass(frozen=True)
class Gradient:
    r"""A \nabla with its index, in a derivation, which stands before what it differentiates."""

    by: Name
    place: Place


@dataclass(frozen=True)
class Group:
    """Parts in brackets: "{", "(", "[" or "<"."""

    opening: str
    parts: tuple[Part, ...]
    place: Place
    after: tuple[After, ...] = ()


Part = Sign | Mark | Name | Value | Function | Over | Gradient | Group


def only(part: Part) -> Part:
    """What a group of braces holds, if it is one part."""
    while isinstance(part, Group) and part.opening == "{" and len(part.parts) == 1 and not part.after:
        part = part.parts[0]
    return part


def inside(part: Part) -> tuple[Part, ...]:
    """The parts that an argument consists of."""
    part = only(part)
    return part.parts if isinstance(part, Group) and part.opening == "{" and not part.after else (part,)


def split(parts: Sequence[Part], kinds: Collection[str]) -> list[list[Part]]:
    """The parts between signs of these kinds."""
    found: list[list[Part]] = [[]]
    for each in parts:
        if isinstance(each, Sign) and each.kind in kinds:
            found.append([])
        else:
            found[-1].append(each)
    return found


def has(parts: Sequence[Part], *kinds: str) -> bool:
    """Whether one of these signs is among the parts."""
    return any(isinstance(part, Sign) and part.kind in kinds for part in parts)


def raised(made: Tree, after: Sequence[After], stop: int) -> Tree:
    """A value with what follows it."""
    for each in after:
        place = Place(made.place.start, max(stop, made.place.stop))
        if each == TRANSPOSED:
            made = Transposed(made, place=place)
        elif isinstance(each, str):
            made = tree.OfEntry(made, each, place=place)
        elif isinstance(each, tree.Span):
            made = tree.PowerOverSteps(made, each, place=place)
        else:
            made = Power(made, each, place=place)
    return made


def is_differential(part: Part | None) -> bool:
    r"""Whether it is a \partial, or in a derivation a d."""
    is_partial = isinstance(part, Value) and part.kind == "partial"
    return is_partial or (IN_DERIVATION.get() and isinstance(part, Name) and part.is_differential)


def derivative(of: Part | None, by: Part | None, place: Place) -> tree.Derivative:
    """The derivative of a name by a name.

    Raises:
        Wrong: one of them is more than a name.
    """
    if not isinstance(of, Name) or not isinstance(by, Name) or of.after or by.after:
        advice = r"write that of one name by another, \frac{\partial h_t}{\partial h_{t-1}}, with powers and transpositions behind it"
        raise Wrong("this derivative is not understood", advice, place.start)
    return tree.Derivative(of.tree, by.tree, place=place)


COMPONENT = "a component is written h_t[2], counted from 0; or give the expression a name of its own"


def letter_of(name: Name) -> str:
    """The first letter of a name, a Greek one by its command."""
    letter = name.base.split("_")[0]
    return GREEK_NAMES.get(letter, letter)


def function_name(word: str) -> str:
    """The function of that name, however it is spelled; "" if there is none."""
    return "layer_norm" if word == "LN" else FUNCTIONS.get(word.replace("_", "").lower(), "")


def refuse_power(function: str, place: Place) -> NoReturn:
    r"""Refuse \sigma^{-1}(x), which is mostly the inverse function and may be meant as a quotient.

    Raises:
        Wrong: always, at the function.
    """
    raise Wrong(f"{function} has no such power",
                f"write 1 / {function}(x) for a quotient, the inverse function as a formula, or {function}(x) with the power behind it",
                place.start)  # fmt: skip
