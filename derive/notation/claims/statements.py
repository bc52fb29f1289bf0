"""Statements of a derivation as pieces of a system that has them alone."""

from __future__ import annotations

from dataclasses import replace

from derive.notation.pieces import Piece, Source
from derive.notation.tree import Declaration, Equation, Listed, Name, Number, Operator, Product, Spelling, Statement, Tree, parts, rewritten
from derive.notation.written import Written


def step_of_left(equation: Equation) -> int:
    """The steps from t to that for which an equation stands; 0 of what has no time."""
    return equation.left.time or 0 if isinstance(equation.left, Name) else 0


def at_t(equation: Equation) -> Equation:
    """An equation for another step than t as that for t."""
    by = step_of_left(equation)

    def change(node: Tree) -> Tree | None:
        return replace(node, time=node.time - by) if isinstance(node, Name) and node.time is not None else None

    made: Equation = rewritten(equation, change)
    return made


def alone(statement: Statement) -> Piece:
    """A statement that stands on no page."""
    nowhere = Written("", (0,))
    return Piece(nowhere, nowhere, statement, Source(""), is_latex=False)


def is_asked(statement: Statement) -> bool:
    """Whether a declaration is of what is given or asked for, which a claim says anew."""
    return isinstance(statement, Declaration) and statement.key in ("input", "output", "loss")


def bare(piece: Piece) -> Piece:
    """A piece without how its names are spelled, which says nothing beside a cell whose kinds are known."""

    def change(node: Tree) -> Tree | None:
        return replace(node, spelling=Spelling()) if isinstance(node, Name) else None

    return replace(piece, statement=rewritten(piece.statement, change))


def has_zeros(statement: Equation) -> bool:
    """Whether zeros are stacked in it, of which nothing says how many there are."""
    return any(isinstance(part, Listed) and Number("0") in part.parts for part in parts(statement))


def of_entries(node: Tree) -> Tree | None:
    """A product with a star as one of entries; None for something else."""
    if not isinstance(node, Product) or all(operator is not Operator.STAR for operator, _ in node.rest):
        return None
    own = rewritten((node.first, *(each for _, each in node.rest)), of_entries)
    signs = [Operator.ENTRIES if operator is Operator.STAR else operator for operator, _ in node.rest]
    return Product(own[0], tuple(zip(signs, own[1:], strict=True)), place=node.place)
