r"""The probability of what was seen: \log p_t[y_t], \log p_{t,y_t} and log p[t][y[t]] read the entry of p_t that y_t numbers.

With y_t as a one-hot column it is y_t^T p_t, and its logarithm the sum of y_t ⊙ log p_t.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from derive.notation.pieces import Piece
from derive.notation.tree import (
    Bracketed,
    Call,
    Declaration,
    Equation,
    Listed,
    Name,
    Operator,
    Product,
    Row,
    Tree,
    names,
    parts,
    rewritten,
)

BELOW = re.compile(r"[,{]\s*(?P<letter>[a-z])\s*_\s*\{?\s*[a-z]\s*\}?\s*\}?\s*$")
"""An index that is itself a value at the step, as y_t in p_{t,y_t}."""


def picked(pieces: list[Piece]) -> list[Piece]:
    """The pieces with what an index picks as products, and with declarations that these indices are one-hot.

    Args:
        pieces: what the page says.
    """
    defined = {name.whole for piece in pieces if isinstance(piece.statement, Equation) for name in names(piece.statement.left)}
    found: dict[str, Piece] = {}
    made = []
    for piece in pieces:
        changed = rewritten(piece.statement, lambda node, piece=piece: _of_logarithm(node, piece))  # type: ignore[misc]
        indices = [] if changed == piece.statement else [each for each in _indices(changed) if each.whole not in defined]
        made.append(replace(piece, statement=changed) if indices else piece)
        found |= {each.whole: piece for each in indices}
    declared = {name.whole for piece in pieces if isinstance(piece.statement, Declaration) for name in piece.statement.names}
    lines = [replace(piece, statement=Declaration("distribution", (Name(name),))) for name, piece in found.items() if name not in declared]
    return [*made, *lines]


def _of_logarithm(node: Tree, piece: Piece) -> Tree | None:
    """The logarithm of what an index picks, as a sum; None for another part."""
    if not isinstance(node, Call) or node.function.whole not in ("log", "ln") or len(node.operands) != 1:
        return None
    pair = _pair(node.operands[0], piece)
    if pair is None:
        return None
    values, index = pair
    logarithm = replace(node, operands=(values,))
    return Call(Name("sum", place=node.place), (Product(index, ((Operator.ENTRIES, logarithm),), place=node.place),), place=node.place)


def _pair(operand: Tree, piece: Piece) -> tuple[Name, Name] | None:
    """A value at a step and what picks one of its entries; None if it is something else."""
    if isinstance(operand, Row) and isinstance(operand.first, Name) and len(operand.rest) == 1:
        values, inner = operand.first, operand.rest[0][1]
        alone = (
            inner.parts[0] if isinstance(inner, Listed) and len(inner.parts) == 1 else inner.inner if isinstance(inner, Bracketed) else None
        )
    elif isinstance(operand, Call) and len(operand.operands) == 1:
        values, alone = operand.function, operand.operands[0]
    elif isinstance(operand, Name) and operand.labels and (below := BELOW.search(piece.shown(operand.place))):
        values = replace(operand, labels=operand.labels[:-1])
        alone = Name(below["letter"], time=operand.time, place=operand.place)
    else:
        return None
    is_pair = isinstance(alone, Name) and alone.time is not None and values.time is not None and alone.base[0].islower()
    return (values, alone) if is_pair and isinstance(alone, Name) else None


def _indices(tree: Tree) -> Iterator[Name]:
    """The names that pick entries in the sums that stand for logarithms of what is picked."""
    for part in parts(tree):
        inner = part.operands[0] if isinstance(part, Call) and part.function.whole == "sum" and len(part.operands) == 1 else None
        if isinstance(inner, Product) and isinstance(inner.first, Name) and isinstance(inner.rest[0][1], Call):
            yield inner.first
