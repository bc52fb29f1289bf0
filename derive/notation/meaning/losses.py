r"""Losses that are written as columns, E_t = - y_t \log \hat{y}_t, as what they are: the sum of the entries, one number.

Only what compares an input with something counts: a target times a logarithm, or the square of a difference from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import ShapeError
from derive.evidence import Evidence, Ground
from derive.notation.meaning.kinds import COLUMN, ROW, Kinds, is_greek
from derive.notation.meaning.repeated import Raw
from derive.notation.meaning.surface import Juxtaposed, Square, Starred, Total
from derive.system import Role, Variable

NAMES = ("L", "E", "J", "C", "l", "ell", "loss", "Loss", "cost", "Cost", "error", "Error", "err")
"""What losses are called."""
SUMMED = Evidence(Ground.CONVENTION, "the sum of its entries, as a loss is one number")


def losses(equations: list[Raw], variables: Mapping[str, Variable], found: Kinds) -> dict[str, Expr]:
    """By name, the right sides of the losses that are columns or rows, as sums of entries.

    Args:
        equations: each with its line, its left and its right side.
        variables: by name.
        found: the kinds of all names.
    """
    return {
        nodes.name_of(left): Total(right)
        for _, left, right in equations
        if nodes.name_of(left).split("_")[0] in NAMES and _is_wide(right, found) and any(_compared(right, variables))
    }


def _is_wide(right: Expr, found: Kinds) -> bool:
    """Whether it is a column or a row."""
    try:
        return found.read(right)[1] in (COLUMN, ROW)
    except ShapeError:
        return False


def _compared(right: Expr, variables: Mapping[str, Variable]) -> Iterator[Expr]:
    """The parts of a right side that compare an input with something."""
    for part in nodes.parts(right):
        factors = part.args if isinstance(part, (Juxtaposed, Starred, sp.Mul)) else ()
        logarithms = [each for each in factors if isinstance(each, nodes.log)]
        others = [each for each in factors if each not in logarithms]
        is_distance = isinstance(part, Square | nodes.absolute) or (isinstance(part, sp.Pow) and part.args[1] == 2)
        if is_distance and isinstance(part.args[0], sp.Add):
            others = [part.args[0]]
        elif not logarithms:
            continue
        if any(_is_input(leaf, variables) for each in others for leaf in nodes.leaves(each)):
            yield part


def _is_input(leaf: Expr, variables: Mapping[str, Variable]) -> bool:
    return isinstance(leaf, sp.Indexed) and variables[nodes.sequence_name(leaf)].role is Role.INPUT


def targets(equations: list[Raw], loss: str) -> Iterator[str]:
    """The small Latin names without an index that nothing but the loss reads, as the target of a whole sequence, y in -sum_k y_k log p_k.

    Args:
        equations: each with its line, its left and its right side.
        loss: the name of the loss; "" if there is none.
    """
    defined = {nodes.name_of(left) for _, left, _ in equations}
    reads = {nodes.name_of(left): nodes.leaves(right) for _, left, right in equations}
    summed = {nodes.name_of(leaf) for leaf in reads.get(loss, ())}
    of_loss = {loss, *(name for name in summed & defined if name.split("_")[0] in NAMES)}
    others = {leaf for name, leaves in reads.items() if name not in of_loss for leaf in leaves}
    compared = {leaf for name in of_loss & defined for leaf in reads[name] if not isinstance(leaf, sp.Indexed)}
    for leaf in sorted(compared - others, key=str):
        name = nodes.name_of(leaf)
        if name[0].islower() and not is_greek(name.split("_")[0]) and name not in defined:
            yield name
