"""Functions of NumPy, PyTorch and their like, np.dot(W, h), as what the notation has for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from derive.notation.tree import (
    Bracketed,
    Call,
    Equation,
    Listed,
    Name,
    Negative,
    Number,
    Operator,
    Place,
    Power,
    Product,
    Row,
    Sum,
    Transposed,
    Tree,
)
from derive.notation.written import Wrong


@dataclass(frozen=True)
class Keyword:
    """An argument with a name, axis=0."""

    name: str
    value: Tree


def product(left: Tree, right: Tree, place: Place) -> Tree:
    """The matrix product of two values."""
    return Bracketed(Row(_whole(left), ((Operator.MATRIX, _whole(right)),), place=place), place=place)


def _entries(operator: Operator) -> Callable[[Tree, Tree, Place], Tree]:
    def made(left: Tree, right: Tree, place: Place) -> Tree:
        return Bracketed(Product(_whole(left), ((operator, _whole(right)),), place=place), place=place)

    return made


def _added(sign: int) -> Callable[[Tree, Tree, Place], Tree]:
    return lambda left, right, place: Bracketed(Sum(((1, _whole(left)), (sign, _whole(right))), place=place), place=place)


def _power(base: Tree, exponent: Tree, place: Place) -> Tree:
    if not isinstance(exponent, Number):
        raise Wrong("a power is a number", "as in x^2", place.start)
    return Power(_whole(base), Fraction(exponent.text), place=place)


BINARY: dict[str, Callable[[Tree, Tree, Place], Tree]] = {
    **dict.fromkeys(("dot", "matmul", "mm", "mv", "bmm"), product), **dict.fromkeys(("multiply", "mul"), _entries(Operator.ENTRIES)),
    **dict.fromkeys(("divide", "div", "true_divide"), _entries(Operator.OVER)), "add": _added(1), **dict.fromkeys(("subtract", "sub"), _added(-1)),
    **dict.fromkeys(("power", "pow"), _power),
}  # fmt: skip
"""Functions of two values that are signs of the notation."""
UNARY: dict[str, Callable[[Tree, Place], Tree]] = {
    "square": lambda a, place: Power(_whole(a), Fraction(2), place=place),
    "negative": lambda a, place: Bracketed(Sum(((1, Number("0")), (-1, _whole(a))), place=place), place=place),
    **dict.fromkeys(("t", "transpose"), lambda a, place: Transposed(_whole(a), place=place)),
}  # fmt: skip
STACKS = ("concatenate", "concat", "cat", "vstack", "hstack", "r_")
"""Functions of several values that are stacked."""
REMEDIES = {
    "where": "write a function by cases, f(x) = x if x > 0 else 0, and read f(x)",
    "zeros": "write h_0 = 0 for what is before the first step", "zeros_like": "write h_0 = 0 for what is before the first step",
    "einsum": "write the product that it is, W @ x or a ⊙ b", "eye": "write I",
    "clip": "write min(b, max(a, x))", "split": "write the blocks, i_t = z_t[0:n_h]", "chunk": "write the blocks, i_t = z_t[0:n_h]",
}  # fmt: skip
"""Functions of which the notation has other forms, and these."""
ROWS = {"0": "sum_rows", "1": "sum_columns", "-1": "sum_columns"}
IGNORED = ("softmax", "log_softmax", "softplus", *STACKS)
"""Functions of columns, whose axis says nothing new."""


def called(token: Any, arguments: Sequence[Tree | Keyword], place: Place) -> Tree:
    """A call of such a function.

    Raises:
        Wrong: the notation has it not, or not with these arguments; at a column.
    """
    name = str(token).rpartition(".")[2]
    operands = [each for each in arguments if not isinstance(each, Keyword)]
    keywords = [each for each in arguments if isinstance(each, Keyword) and each.name not in ("keepdims", "keepdim", "dtype")]
    if name in REMEDIES:
        raise Wrong(f"{token} is not in the notation", REMEDIES[name], place.start)
    if name in STACKS:
        blocks = operands[0].parts if len(operands) == 1 and isinstance(operands[0], Listed) else tuple(operands)
        return Listed(blocks, is_stack=True, place=place)
    if keywords and name not in IGNORED:
        axis = _axis(keywords[0].value)
        if name != "sum" or axis not in ROWS:
            raise Wrong(f"{keywords[0].name} is not in the notation", "leave it out; sum_rows(A) and sum_columns(A) are over one side of a matrix",
                        place.start)  # fmt: skip
        name = ROWS[axis]
    if name in BINARY and len(operands) == 2:
        return BINARY[name](operands[0], operands[1], place)
    if name in UNARY and len(operands) == 1:
        return UNARY[name](operands[0], place)
    at = place.start + len(str(token)) - len(name) if "." in str(token) else place.start
    return Call(Name(name, place=Place(at, at + len(name))), tuple(operands), place=place)


def _axis(value: Tree) -> str:
    sign, inner = ("-", value.operand) if isinstance(value, Negative) else ("", value)
    return sign + inner.text if isinstance(inner, Number) else ""


def in_place(left: Tree, sign: str, right: Tree) -> Equation:
    """h += a as h = h + a, where what is read of h is its last value.

    Raises:
        Wrong: something else than a name is changed, or it has a time, by which h_t = h_t + a would read itself; at a column.
    """
    if not isinstance(left, Name) or left.time is not None:
        raise Wrong(
            "what is added to is no name without a time", "write h_t = h_{t-1} + ... for what is added at each step", left.place.start
        )
    place = left.place.to(right.place)
    if sign in "+-":
        made: Tree = Sum(((1, left), (1 if sign == "+" else -1, _whole(right))), place=right.place)
    else:
        made = Product(left, ((Operator.STAR if sign == "*" else Operator.OVER, _whole(right)),), place=right.place)
    return Equation(left, made, place=place)


def _whole(made: Tree) -> Tree:
    """An operand, in parentheses if it is more than one value."""
    is_one = isinstance(made, Name | Number | Bracketed | Call | Listed)
    return made if is_one else Bracketed(made, place=made.place)
