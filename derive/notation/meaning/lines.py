"""The pieces of a page to what they say: functions are known wherever they stand, and what is said twice counts once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import Gathered
from derive.notation import tree
from derive.notation.meaning import lower
from derive.notation.meaning.calls import NAMES, Function, canonical, refuse_open_names
from derive.notation.meaning.definitions import usable
from derive.notation.meaning.lower import Line
from derive.notation.pieces import Piece
from derive.notation.tree import Definition
from derive.notation.written import Wrong


def lowered(pieces: list[Piece]) -> list[tuple[int, Line]]:
    """What the pieces of a page say; functions are known wherever they stand, an equation that is there twice counts once."""
    defined: list[Function] = []
    for piece in pieces:
        if isinstance(piece.statement, Definition):
            line = _lowered(piece, {})
            if line.right is not None:
                defined.append(Function(line.names[0], line.value, line.right, piece.line))
    own = usable(each for each in defined if each.name in NAMES or set(each.operands) & set(nodes.leaves(each.body)))
    built_in = {each.name for each in defined if each.name in NAMES}
    refuse_open_names(own.values())
    rights = (_right(piece.statement) for piece in pieces)
    read = {name.whole for right in rights if right is not None for name in tree.names(right)}
    read -= {name for name in read if name.endswith("_0")}
    every: list[tuple[int, Line]] = []
    lines: list[tuple[int, Line]] = []
    seen: set[tuple[Expr | None, Expr | None]] = set()
    wrong = Gathered()
    for piece in pieces:
        with wrong.going_on():
            every.append((piece.line, _lowered(_as_value(piece, {*own, *map(canonical, built_in)}), own)))
    wrong.raise_all()
    for at, line in every:
        if line.key == "equation" and isinstance(line.right, sp.Number) and str(line.left) in read:
            line = Line("constant", (str(line.left),), float(line.right))
        if line.key != "equation" or (line.left, line.right) not in seen:
            lines.append((at, line))
        if line.key == "equation":
            seen.add((line.left, line.right))
    return lines


def _as_value(piece: Piece, functions: Collection[str]) -> Piece:
    r"""A piece; the equation of a value where its operands are only told, as in L(\theta) = \sum_t e_t^2."""
    made = piece.statement
    if not isinstance(made, Definition) or canonical(made.name.whole) in functions:
        return piece
    return replace(piece, statement=tree.Equation(made.name, made.body, place=made.place))


def _right(statement: tree.Statement) -> tree.Tree | None:
    """What an equation or a function is computed from."""
    if isinstance(statement, tree.Equation):
        return statement.right
    return statement.body if isinstance(statement, Definition) else None


def _lowered(piece: Piece, own: dict[str, Function]) -> Line:
    """What a piece of a page says."""
    try:
        return lower.line(piece.statement, own)
    except Wrong as wrong:
        raise piece.located(wrong) from None
