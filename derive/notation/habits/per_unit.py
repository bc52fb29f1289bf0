r"""Equations of one unit, r_j = \sigma([W x]_j) and h_i = \sum_j w_{ij} x_j, which are refused with the equation of all units to write instead.

An entry of a computed column, a sum of products with the entries of a matrix, or a state h_j beside the column h say that an index counts units.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from derive.notation.pieces import Piece
from derive.notation.plainly import plainly
from derive.notation.tree import (
    Bracketed,
    Call,
    Equation,
    Listed,
    Name,
    OfEntry,
    Operator,
    OverIndex,
    Row,
    Statement,
    Transposed,
    Tree,
    names,
    parts,
    rewritten,
)
from derive.notation.written import Wrong


def refuse_units(pieces: Collection[Piece]) -> None:
    """Refuse equations of one unit.

    Raises:
        Wrong: there is one; at an offset of the page.
    """
    columns, defined = _columns(pieces), _bases(pieces)
    for piece in pieces:
        if not isinstance(piece.statement, Equation):
            continue
        for part, letters in _units(piece.statement, columns):
            whole = plainly(_of_all(piece.statement, letters, defined))
            shown = piece.shown(part.place) or "this"
            index = f"the {'indices' if len(letters) > 1 else 'index'} {' and '.join(sorted(letters))}"
            dropped = _dropped(piece.statement, letters)
            small = sorted(
                {_without(name, dropped) for name in names(piece.statement) if set(_pair(name)) & letters and name.base[0].islower()}
            )
            said = f", and a line matrix {', '.join(small)}" if small else ""
            raise Wrong(f"{shown} is of one unit", f"write the equation of all units at once, {whole}, without {index}{said}; and so the others",
                        piece.offset(part.place.start))  # fmt: skip


def _columns(pieces: Collection[Piece]) -> set[tuple[str, str]]:
    """The names and letters of h_j, where h_j has an equation and h is read at a time and has none."""
    lefts = [piece.statement.left for piece in pieces if isinstance(piece.statement, Equation) and isinstance(piece.statement.left, Name)]
    defined = {name.whole for name in lefts}
    read = {
        name.whole
        for piece in pieces
        if isinstance(piece.statement, Equation)
        for name in names(piece.statement.right)
        if name.time is not None
    }
    return {
        (left.base, left.labels[0])
        for left in lefts
        if len(left.labels) == 1 and _is_letter(left.labels[0]) and left.base in read - defined
    }


def _bases(pieces: Collection[Piece]) -> set[str]:
    """The names that have equations, without their indices."""
    lefts = (name for piece in pieces if isinstance(piece.statement, Equation) for name in names(piece.statement.left))
    return {_without(name, "hijklmnpqrs") for name in lefts}


def _is_letter(label: str) -> bool:
    return len(label) == 1 and label in "hijklmnpqrs"


def _units(equation: Equation, columns: set[tuple[str, str]]) -> Iterator[tuple[Tree, frozenset[str]]]:
    """What is of one unit, and the letters that count units."""
    left = equation.left
    for part in parts(equation.right):
        if isinstance(part, OfEntry) and _is_letter(part.entry):
            yield part, frozenset({part.entry})
        own = _entries(part) if isinstance(part, OverIndex) and part.kind == "sum" else None
        if own is not None and any(own[0] in _labels(each) for each in names(left)):
            yield part, frozenset(own)
    base, _, letter = left.whole.rpartition("_") if isinstance(left, Name) else ("", "", "")
    if (base, letter) in columns and any(each.whole == f"{base}_{letter}" for each in names(equation.right)):
        yield left, frozenset({letter})


def _labels(name: Name) -> str:
    return "".join(_indices(name)) + name.second


def _indices(name: Name) -> list[str]:
    """What stands in the index of a name."""
    return name.whole.split("_")[1:]


def _pair(name: Name) -> str:
    """The two letters of w_{ij}; "" for another name."""
    found = _indices(name)
    letters = "".join(found[-2:]) if len(found) > 1 else "".join(found)[-2:]
    return letters if len(letters) == 2 and letters[0] != letters[1] and all(map(_is_letter, letters)) else ""


def _entries(node: OverIndex) -> tuple[str, str] | None:
    """The letters i and j of sum_j w_{ij} x_j."""
    for name in names(node.body):
        if node.letter in (pair := _pair(name)):
            return pair.replace(node.letter, ""), node.letter
    return None


def _dropped(statement: Statement, letters: Collection[str]) -> set[str]:
    """All letters of an equation that count units: these, and those of its sums."""
    return {*letters, *(each.letter for each in parts(statement) if isinstance(each, OverIndex) and len(each.letter) == 1)}


def _of_all(statement: Statement, letters: Collection[str], defined: Collection[str]) -> Statement:
    """The equation of all units; what has an equation, and what a matrix of it multiplies, is at t if nothing else is said."""
    dropped = _dropped(statement, letters)

    def change(tree: Tree) -> Tree | None:
        match tree:
            case Name():
                base = _without(tree, dropped)
                when = 0 if tree.time is None and base in defined else tree.time
                return replace(tree, base=base, labels=(), time=when, second="" if tree.second in dropped else tree.second)
            case Call():
                return replace(tree, operands=rewritten(tree.operands, change))
            case OfEntry():
                inner = tree.call.parts[0] if isinstance(tree.call, Listed) and len(tree.call.parts) == 1 else tree.call
                bare = inner.inner if isinstance(inner, Bracketed) else inner
                made: Tree = rewritten(_timed(bare) if isinstance(bare, Row | Name) else inner, change)
                return made
            case OverIndex() if _entries(tree):
                return _product(tree, change)
        return None

    made: Statement = rewritten(statement, change)
    return made


def _timed(product: Tree) -> Tree:
    """W x with x at t."""
    operator, last = product.rest[-1] if isinstance(product, Row) else (Operator.BESIDE, product)
    if not isinstance(product, Row) or not isinstance(last, Name) or last.time is not None or not last.base[0].islower():
        return product
    return replace(product, rest=(*product.rest[:-1], (operator, replace(last, time=0))))


def _without(name: Name, letters: Collection[str]) -> str:
    """A name without the labels that are letters of units alone."""
    first, *rest = name.whole.split("_")
    return "_".join([first, *(each for each in rest if not all(letter in letters for letter in each))])


def _product(node: OverIndex, change: Callable[[Tree], Tree | None]) -> Tree:
    r"""sum_j w_{ij} x_j as w x, and sum_j w_{ji} x_j as w^T x."""
    body: Tree = rewritten(node.body, change)
    entry = next(name for name in names(node.body) if node.letter in _pair(name))
    is_across = _pair(entry)[0] == node.letter
    first = body.children[0] if body.children else body
    if is_across and isinstance(body, Row) and isinstance(first, Name):
        return replace(body, first=Transposed(first))
    return body
