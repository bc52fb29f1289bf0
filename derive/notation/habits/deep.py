r"""One equation for all layers, h_t^{(l)} = \tanh(W^{(l)} h_t^{(l-1)} + U^{(l)} h_{t-1}^{(l)}), as one for each of them.

How many there are is said by l = 1, 2, 3 or L = 3 on the page, or else by the highest layer that another equation reads. What the page says of
layer 0 stands in its place. Where nothing tells how many layers there are, the equation is that of one layer, over the one below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from derive.limits import LAYERS
from derive.notation.pieces import Piece
from derive.notation.prose.sentences import is_supposed
from derive.notation.tree import Equation, Name, Number, Statement, Tree, names, rewritten
from derive.notation.written import Wrong

LENGTH = re.compile(r"\blengths?\b|\bsteps?\b|长度|步", re.IGNORECASE)
"""What L may be the number of else."""
NEAR = 30
"""How many characters before a number it is looked for."""
COUNTS = ("L", "N", "M", "K", "D")
"""What the number of layers is called."""
BELOW, ABOVE = "_minus_1", "_plus_1"
"""How the label of the layer below and above ends."""


def for_each_layer(pieces: Sequence[Piece], page: str) -> list[Piece]:
    """The pieces of a page, with an equation for each layer where it gives one for all.

    Raises:
        Wrong: there are too many layers; at an offset of the page.
    """
    letter = next(filter(None, (_letter(each.statement) for each in pieces)), "")
    general = [each for each in pieces if letter and _is_of_layer(each.statement, letter)]
    if not general:
        return list(pieces)
    family = {
        each.statement.left.base for each in general if isinstance(each.statement, Equation) and isinstance(each.statement.left, Name)
    }
    others = [each for each in pieces if each not in general and not _is_count(each.statement, letter)]
    inputs = {name.base: each for each in others if (name := _layer_of(each.statement, "0")) and name.base in family}
    top = _count(others, letter, family, page)
    if not top:
        kept = [each for each in pieces if each not in inputs.values() or not _is_name(each.statement)]
        return [replace(each, statement=_with_top(each.statement, letter, family)) for each in kept]
    if top > LAYERS.most:
        raise Wrong(LAYERS.fact, LAYERS.advice, general[0].offset(0))
    kept = [each for each in others if each not in inputs.values()]
    known = {left.whole for each in kept if isinstance(each.statement, Equation) and isinstance(left := each.statement.left, Name)}
    made = [
        replace(each, statement=statement)
        for number in range(1, top + 1)
        for each in general
        if (statement := _of_layer(each.statement, letter, number, inputs)) and _defined(statement) not in known
    ]
    if any(name.labels[-1:] == ("0",) and name.base in family and name.time is not None for each in made for name in names(each.statement)):
        advice = "write what layer 0 is, as in h_t^{(0)} = x_t"
        raise Wrong("the page does not say what stands below the first layer", advice, general[0].offset(0))
    at = next(place for place, each in enumerate(pieces) if each is general[0])
    before = [each for each in kept if each in pieces[:at]]
    behind = [replace(each, statement=_with_top(each.statement, str(top), family)) for each in kept if each not in before]
    return [*before, *made, *behind]


def _letter(statement: Statement) -> str:
    """The letter of the layer of an equation that reads the layer below: l of h_l_minus_1; "" of others."""
    left = statement.left if isinstance(statement, Equation) else None
    if not isinstance(left, Name) or left.time is None:
        return ""
    labels = {label.removesuffix(BELOW) for name in names(statement) for label in name.labels if label.endswith(BELOW)}
    return next((each for each in left.labels if each in labels), "")


def _is_of_layer(statement: Statement, letter: str) -> bool:
    """Whether an equation defines a value at t of the layer of this letter."""
    left = statement.left if isinstance(statement, Equation) else None
    return isinstance(left, Name) and left.time is not None and letter in left.labels


def _count(pieces: Sequence[Piece], letter: str, family: set[str], page: str) -> int:
    """How many layers there are: by the range of their letter, the highest that is read, or the one number that is said; 0 if none tells."""
    sign = rf"(?:\\?{letter}|ℓ)" if letter == "ell" else re.escape(letter)
    runs = r"(?:(?:[0-9]+|\\[lc]?dots|…|\.\.\.)\s*,\s*)*"
    ends = re.compile(rf"(?<![A-Za-z\\]){sign}\s*(?:=|\\in|∈)\s*\\?\{{?\s*1\s*,\s*{runs}(?P<end>[0-9]+|[A-Z])(?P<less>\s*[-−])?")
    found = ends.search(page)
    if found and found["less"]:
        return 0
    if found and found["end"].isdigit():
        return int(found["end"])
    numbers = [
        int(label) for each in pieces for name in names(each.statement) if name.base in family for label in name.labels if label.isdigit()
    ]
    if max(numbers, default=0):
        return max(numbers)
    top = found["end"] if found else "L"
    said = re.finditer(rf"(?<![A-Za-z\\]){top}\s*=\s*([0-9]{{1,4}})(?![0-9.])", page)
    counts = {
        int(each[1])
        for each in said
        if not is_supposed(page, each.start()) and not LENGTH.search(page[max(each.start() - NEAR, 0) : each.start()])
    }
    return counts.pop() if len(counts) == 1 else 0


def _is_count(statement: Statement, letter: str) -> bool:
    """Whether it says of the letter of the layer, or of the number of layers, that it is a number."""
    left = statement.left if isinstance(statement, Equation) else None
    is_letter = isinstance(left, Name) and left.time is None and left.whole in (letter, "L")
    return is_letter and isinstance(statement, Equation) and isinstance(statement.right, Number)


def _layer_of(statement: Statement, label: str) -> Name | None:
    """What an equation at t defines, if it is the value of this layer."""
    left = statement.left if isinstance(statement, Equation) else None
    return left if isinstance(left, Name) and left.time == 0 and left.labels[-1:] == (label,) else None


def _is_name(statement: Statement) -> bool:
    """Whether an equation gives a value another name."""
    return isinstance(statement, Equation) and isinstance(statement.right, Name)


def _defined(statement: Equation) -> str:
    return statement.left.whole if isinstance(statement.left, Name) else ""


def _of_layer(statement: Statement, letter: str, number: int, inputs: dict[str, Piece]) -> Equation | None:
    """The equation of one layer."""
    if not isinstance(statement, Equation):
        return None
    numbers = {letter: number, f"{letter}{BELOW}": number - 1, f"{letter}{ABOVE}": number + 1}

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Name) or not set(node.labels) & numbers.keys():
            return None
        made = replace(node, labels=tuple(str(numbers.get(each, each)) for each in node.labels))
        below = inputs[node.base].statement if made.labels[-1:] == ("0",) and node.base in inputs else None
        is_value = isinstance(below, Equation) and isinstance(below.right, Name) and node.time is not None
        return replace(below.right, time=node.time, place=node.place) if is_value else made  # type: ignore[union-attr]

    made: Equation = rewritten(statement, change)
    return made


def _with_top(statement: Statement, top: str, family: set[str]) -> Statement:
    """A statement that reads the last layer by the letter of how many there are, h^{(L)} or h^{(N)}, as the layer of this label."""

    def change(node: Tree) -> Tree | None:
        is_last = isinstance(node, Name) and node.labels[-1:] != () and node.labels[-1] in COUNTS and node.base in family
        return replace(node, labels=(*node.labels[:-1], top)) if isinstance(node, Name) and is_last else None

    made: Statement = rewritten(statement, change)
    return made
