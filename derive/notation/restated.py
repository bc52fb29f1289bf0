r"""Pages say what \sigma is, \sigma(x) = 1 / (1 + e^{-x}); such a definition of a known function says nothing new."""

from __future__ import annotations

import re

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.notation.grammar import parse_line

DEFINITION = re.compile(r"(\w+)\(([^\W\d_]\w*)\) = (.+)", re.DOTALL)
POINTS = (sp.Rational(-13, 10), sp.Rational(2, 10), sp.Rational(17, 10))


def is_known(plain: str) -> bool:
    """Whether a line defines a known function as it is known."""
    found = DEFINITION.fullmatch(plain)
    known = nodes.FUNCTIONS.get("sigmoid" if found and found[1] == "sigma" else found[1]) if found else None
    if found is None or known is None:
        return False
    try:
        defined = parse_line(f"y = {found[3]}", "").right
        operand = nodes.parameter(found[2])
        return all(abs(complex(_number(known(operand), operand, at) - _number(defined, operand, at))) < 1e-9 for at in POINTS)
    except (InputError, TypeError, ValueError, AttributeError):
        return False


def _number(expr: Expr | None, operand: Expr, at: Expr) -> Expr:
    """The value of an expression in one number."""
    if expr is None or (isinstance(expr, nodes.Node) and not isinstance(expr, nodes.Elementwise)):
        raise ValueError("no function of one number")
    if expr == operand:
        return at
    if not expr.args:
        return expr
    operands = [_number(each, operand, at) for each in expr.args]
    if isinstance(expr, nodes.Elementwise):
        return sp.N(type(expr).definition(operands[0]))
    return sp.N(expr.func(*operands))
