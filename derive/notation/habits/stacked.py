r"""An equation for several values at once, one for each.

    [i_t; f_t; g_t] = [σ; σ; tanh] (W x_t + U h_{t-1})

becomes `ifg_t = W x_t + U h_{t-1}`, `i_t = σ(ifg_t[0:n_i])`, `f_t = σ(ifg_t[n_i:2 n_i])`, `g_t = tanh(ifg_t[2 n_i:3 n_i])`: as everywhere where
this is written, all blocks have as many rows. One function before parentheses is of all blocks, and without a function they are slices. As
many values as names, q_t, k_t = W_q x_t, W_k x_t, are an equation each.
"""

from __future__ import annotations

from dataclasses import replace

from derive.notation.plain.parser import FUNCTIONS
from derive.notation.tree import Call, Equation, Listed, Name, Number, Operator, Row, Rows, Statement, Tree

LONGEST = 8
"""How long the name of all blocks together may be, if it is made of theirs."""


def unstacked(statement: Statement) -> list[Statement]:
    """The equations in one; the same one if its left side is a single name."""
    left = statement.left if isinstance(statement, Equation) else None
    if not isinstance(left, Listed) or len(left.parts) < 2 or not all(isinstance(each, Name) for each in left.parts):
        return [statement]
    assert isinstance(statement, Equation)
    if isinstance(right := statement.right, Listed) and len(right.parts) == len(left.parts):
        return [replace(statement, left=one, right=other) for one, other in zip(left.parts, right.parts, strict=True)]
    names = [each for each in left.parts if isinstance(each, Name)]
    functions, inner = _functions(statement.right, len(names))
    bases = [each.whole for each in names]
    joined = "".join(bases) if len("".join(bases)) <= LONGEST else f"{bases[0]}_to_{bases[-1]}"
    whole = replace(names[0], base=joined, labels=())
    made: list[Statement] = [Equation(whole, inner, place=statement.place)]
    for at, (name, function) in enumerate(zip(names, functions, strict=True)):
        start, stop = (_rows(count, bases[0], name) for count in (at, at + 1))
        block: Tree = Rows(whole, start, stop, place=name.place)
        made.append(Equation(name, Call(function, (block,), place=name.place) if function else block, place=name.place))
    return made


def _rows(count: int, name: str, at: Name) -> Tree:
    """So many times the rows of a value."""
    size, number = Name(f"n_{name}", place=at.place), Number(str(count), place=at.place)
    return Row(number, ((Operator.BESIDE, size),), place=at.place) if count > 1 else size if count else number


def _functions(right: Tree, count: int) -> tuple[list[Name | None], Tree]:
    """The function of each block, None for none, and what they are applied to."""
    if isinstance(right, Row) and isinstance(right.first, Listed) and len(right.first.parts) == count and right.rest[0][0] in OF_EACH:
        named = [each for each in right.first.parts if isinstance(each, Name) and each.whole in FUNCTIONS]
        if len(named) == count:
            (_, first), *rest = right.rest
            return [*named], Row(first, tuple(rest), place=right.place) if rest else first
    if isinstance(right, Call) and right.function.whole in FUNCTIONS and len(right.operands) == 1:
        return [right.function] * count, right.operands[0]
    return [None] * count, right


OF_EACH = (Operator.BESIDE, Operator.MATRIX)
