"""What is written in a formula, as a tree: each node with its place in the text, nothing of it decided that depends on the page.

Both grammars make these nodes: `plain/plain.lark` by way of `plain/parser.py`, `latex/latex.lark` by way of `latex/parser.py`.
`meaning/lower.py` makes expressions of them.
Nodes are equal if they say the same, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where something stands in the text of a formula: the offsets of its first character and of the one behind its last."""

    start: int
    stop: int

    def to(self, other: Place) -> Place:
        """From the beginning of one place to the end of another."""
        return Place(min(self.start, other.start), max(self.stop, other.stop))


NOWHERE = Place(0, 0)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A node.

    Attributes:
        place: where it stands.
    """

    place: Place = field(default=NOWHERE, compare=False)

    @cached_property
    def children(self) -> tuple[Tree, ...]:
        """The nodes that this one is made of, from left to right."""
        found: list[Tree] = []
        for each in fields(self):
            _gather(getattr(self, each.name), found)
        return tuple(found)


def _gather(value: Any, found: list[Tree]) -> None:
    if isinstance(value, Tree):
        found.append(value)
    elif isinstance(value, tuple) and not isinstance(value, Place):
        for each in value:
            _gather(each, found)


@dataclass(frozen=True)
class Spelling:
    r"""How a name is spelled, as far as that makes another letter of it.

    Attributes:
        fonts: bold, calligraphic and so on; None where a font says nothing, as of the entries of a bold vector.
        letter: the command of a Greek letter, or a character that is another form of the letter that is read.
        is_command: whether it is a command, which may stand for the same letter as a typed one.
        labels: the Greek letters in its index by their commands; None where labels are letters of the name, as in plain text.
    """

    fonts: frozenset[str] | None = None
    letter: str = ""
    is_command: bool = False
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Step(Tree):
    """A step of a derivation that is no time t: k + 1, T - 1 or 3, as a letter, or none, and a number."""

    letter: str
    by: int = 0


BEYOND = "T+1"
"""The label of what is read behind the last step."""
ENDS = ("T", "tau")
"""How the last step is called."""


@dataclass(frozen=True)
class Name(Tree):
    r"""A name with its labels and indices: \tilde{C}_{f,t-1}.

    Attributes:
        base: its letters with accents, "C_tilde".
        labels: what else stands in its index, ("f",).
        time: the steps from t to the time at which it is read; None if it has no index t.
        second: the letter of its second index, "k" in e_{t,k}.
        spelling: how the page spells it.
        step: in a derivation, the step k + 1 at which it is read; k or 3 alone is a label here, as only the names of the cell tell it from one.
    """

    base: str
    labels: tuple[str, ...] = ()
    time: int | None = None
    second: str = ""
    spelling: Spelling = field(default=Spelling(), compare=False)
    step: Step | None = None

    @property
    def whole(self) -> str:
        """The name without its indices, "C_tilde_f"."""
        return "_".join((self.base, *self.labels))


@dataclass(frozen=True)
class Number(Tree):
    """A number as it is written: "2", "0.5", "1e-3", "1/2"."""

    text: str

    @property
    def is_zero(self) -> bool:
        """Whether it is 0, however it is written."""
        return re.fullmatch(r"0*\.?0*", self.text) is not None


class Operator(Enum):
    """How two factors are joined, by what stands between them."""

    BESIDE = ""
    MATRIX = "@"
    STAR = "*"
    ENTRIES = "⊙"
    OUTER = "⊗"
    OVER = "/"


@dataclass(frozen=True)
class Sum(Tree):
    """Terms, each with its sign, 1 or -1."""

    terms: tuple[tuple[int, Tree], ...]


@dataclass(frozen=True)
class Joined(Tree):
    """left ⊕ right: one above the other, or the sum of both, as the words of the page say."""

    left: Tree
    right: Tree


@dataclass(frozen=True)
class Product(Tree):
    """Factors with signs between them, `*`, `⊙` or `/`, from the left; the operator of each is the one before it."""

    first: Tree
    rest: tuple[tuple[Operator, Tree], ...]


@dataclass(frozen=True)
class Row(Tree):
    """Factors side by side, or with `@` between them; A B v is A (B v). The operator of each is the one before it."""

    first: Tree
    rest: tuple[tuple[Operator, Tree], ...]


@dataclass(frozen=True)
class Negative(Tree):
    """A factor with a minus."""

    operand: Tree


@dataclass(frozen=True)
class Power(Tree):
    """A value to a power that is a number."""

    base: Tree
    exponent: Fraction


@dataclass(frozen=True)
class Transposed(Tree):
    """A value with ^T."""

    base: Tree


@dataclass(frozen=True)
class Rows(Tree):
    """Some rows of a value, v[start:stop]; None is the first one, or the end."""

    base: Tree
    start: Tree | None
    stop: Tree | None


@dataclass(frozen=True)
class Bracketed(Tree):
    """What stands in parentheses."""

    inner: Tree


@dataclass(frozen=True)
class Listed(Tree):
    """Values in brackets: [a, b], or with semicolons [a; b], which are rows to stack; or a tuple: (a, b), or a, b."""

    parts: tuple[Tree, ...]
    is_stack: bool = False
    is_tuple: bool = False


@dataclass(frozen=True)
class Call(Tree):
    """A function of values."""

    function: Name
    operands: tuple[Tree, ...]


@dataclass(frozen=True)
class OfEntry(Tree):
    """f(x)_i, which stands on the left side only."""

    call: Tree
    entry: str


@dataclass(frozen=True)
class Clock(Tree):
    """every(t, 2) and its like, `by` steps from t; a period of None is none."""

    kind: str
    by: int = 0
    period: int | None = None


class Reach(Enum):
    """Over which steps an index runs: all, those before t, or those up to t."""

    ALL = "all"
    BEFORE = "before"
    UP_TO = "up to"


@dataclass(frozen=True)
class OverIndex(Tree):
    """sum_k or softmax_k of a value; over the time itself if the letter is t."""

    kind: str
    letter: str
    reach: Reach
    body: Tree


@dataclass(frozen=True)
class OverSteps(Tree):
    """A sum or a product over steps with ends, in a derivation: prod_{j=k+1}^{t}; its kind is "sum" or "prod"."""

    kind: str
    letter: str
    low: Step
    high: Step
    body: Tree


@dataclass(frozen=True)
class Span(Tree):
    """From one step to another, in a derivation: t - k."""

    low: Step
    high: Step


@dataclass(frozen=True)
class PowerOverSteps(Tree):
    """A matrix as many times as there are steps between two, in a derivation: A^{t-k}."""

    base: Tree
    span: Span


@dataclass(frozen=True)
class Derivative(Tree):
    r"""The derivative of one value by another, in a derivation: \frac{\partial L}{\partial h_t}, dL/dh_t, \nabla_{h_t} L."""

    top: Name
    bottom: Name


@dataclass(frozen=True)
class Slope(Tree):
    r"""The slope of a function at a value, in a derivation: \tanh'(z)."""

    function: Name
    operand: Tree


@dataclass(frozen=True)
class Sloped(Tree):
    """A function whose slope is declared: its value, its slope, and by what that is a derivative, if it is said."""

    value: Tree
    slope: Tree
    by: Tree | None = None


@dataclass(frozen=True)
class Cases(Tree):
    """Values, each with the comparisons under which it counts; none of the last one if it stands for all others."""

    values: tuple[tuple[Tree, tuple[Comparison, ...]], ...]


@dataclass(frozen=True)
class Comparison(Tree):
    """first < second <= third ...: each sign and the value behind it."""

    first: Tree
    rest: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True)
class Equation(Tree):
    """What is defined, a name or several in brackets, and as what; in a derivation any value, or what is added to it at each step, dW += a."""

    left: Tree
    right: Tree
    is_added: bool = False


@dataclass(frozen=True)
class Definition(Tree):
    """f(x) = ..., or by entries f(x)_i = ..., where `entry` is i."""

    name: Name
    operands: tuple[Name, ...]
    body: Tree
    entry: str = ""


@dataclass(frozen=True)
class Declaration(Tree):
    """What is said of names: `key` is "output", "shape" and so on, `value` what is said, if that is more."""

    key: str
    names: tuple[Name, ...]
    value: Any = None


Statement = Equation | Definition | Declaration


def parts(tree: Tree) -> Iterator[Tree]:
    """A node and all that it is made of, from left to right."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(node.children)


def names(tree: Tree) -> Iterator[Name]:
    """The names in a tree, functions among them."""
    return (each for each in parts(tree) if isinstance(each, Name))


def rewritten(tree: Any, change: Callable[[Tree], Tree | None]) -> Any:
    """A tree with each node, from the outside, replaced by what `change` makes of it; None leaves a node and goes on inside it."""
    if isinstance(tree, tuple) and not isinstance(tree, Place):
        return tuple(rewritten(each, change) for each in tree)
    if not isinstance(tree, Tree):
        return tree
    made = change(tree)
    if made is not None:
        return made
    table = {one.name: rewritten(getattr(tree, one.name), change) for one in fields(tree) if one.name not in ("place", "spelling")}
    return replace(tree, **table)


def shifted(made: Any, by: int) -> Any:
    """A tree that stands so many characters further on."""
    if isinstance(made, tuple) and not isinstance(made, Place):
        return tuple(shifted(each, by) for each in made)
    if not isinstance(made, Tree):
        return made
    table = {one.name: shifted(getattr(made, one.name), by) for one in fields(made) if one.name not in ("place", "spelling")}
    return replace(made, place=Place(made.place.start + by, made.place.stop + by), **table)
