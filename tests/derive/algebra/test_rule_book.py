"""Every row of the rule book against the meaning of its operation, without a test written for any one row."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.rules import RULES, rule
from derive.errors import MissingRule
from derive.program.functions import SOURCES
from derive.system import Equation, Role, System, Variable
from verify.arithmetic import FRACTION
from verify.evaluate import run

ELEMENTWISE = [each for each in nodes.FUNCTIONS.values() if issubclass(each, nodes.Elementwise)]
COMPOSITE = [each for each in nodes.FUNCTIONS.values() if issubclass(each, nodes.Composite)]
m, n, k = sp.symbols("m n k", integer=True, positive=True)
SIZES = {m: 2, n: 3, k: 4}
A, B, C = (nodes.parameter(name) for name in "ABC")

LINEAR = [
    (nodes.MatMul(A, B), {"A": (m, n), "B": (n, k)}),
    (nodes.Transpose(A), {"A": (m, n)}),
    (nodes.Solve(A, B), {"A": (n, n), "B": (n, k)}),
    (nodes.Solve(nodes.Transpose(A), B), {"A": (n, n), "B": (n, k)}),
    (nodes.SumRows(A), {"A": (m, n)}),
    (nodes.MeanRows(A), {"A": (m, n)}),
    (nodes.SumColumns(A), {"A": (m, n)}),
    (nodes.Broadcast(A, m, n), {"A": (m, sp.Integer(1))}),
    (nodes.Broadcast(A, m, n), {"A": (sp.Integer(1), sp.Integer(1))}),
    (nodes.Stack(A, B, C), {"A": (m, n), "B": (k, n), "C": (n, n)}),
    (nodes.Slice(A, 1, 3), {"A": (k, n)}),
    (nodes.Slice(A, 0, m), {"A": (m + n, k)}),
    (nodes.Slice(A, m, m + n), {"A": (m + n, k)}),
]


@pytest.mark.parametrize("function", [*ELEMENTWISE, *COMPOSITE], ids=lambda each: each.__name__)
def test_every_function_has_a_row_and_spellings(function):
    row = RULES[function]
    assert row.latex
    assert row.numpy.startswith("np.") or row.numpy in SOURCES


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda each: each.__name__)
def test_a_slope_is_the_derivative_of_the_definition(function):
    x = sp.Symbol("x", real=True)
    slope = RULES[function].claim(x, function(x))
    slope = nodes.rewrite(slope, lambda part: type(part).definition(part.args[0]) if isinstance(part, nodes.Elementwise) else None)
    for point in (Fraction(-7, 5), Fraction(3, 7), Fraction(12, 5)):
        if function in (nodes.log, nodes.sqrt) and point < 0:
            continue
        at = sp.Rational(point.numerator, point.denominator)
        difference = (sp.diff(function.definition(x), x) - slope).subs(x, at)
        assert abs(sp.N(difference, 40)) < 1e-35


@pytest.mark.parametrize(("expr", "known"), LINEAR, ids=lambda each: str(each) if isinstance(each, sp.Basic) else "")
def test_a_transposition_moves_to_the_other_side_of_the_inner_product(expr, known):
    """<g, op(u)> is <op^T(g), u> in each operand, exactly, on matrices of unequal sizes."""
    rng = np.random.default_rng(0)
    own = shapes.shape(expr, known)
    everything = {**known, "g": own, **{f"of {size} rows": (size, sp.Integer(1)) for size in SIZES}}
    values = {name: rng.integers(-5, 6, tuple(int(side.subs(SIZES)) for side in shape)) for name, shape in everything.items()}
    claims = RULES[type(expr)].claim(nodes.parameter("g"), lambda part: shapes.shape(part, everything), *expr.args)
    assert all(claim is None for claim in claims[: expr.coefficients])
    operands = [operand for operand in expr.args[expr.coefficients :] if not operand.is_integer]
    for operand, claim in zip(operands, claims[expr.coefficients :], strict=False):
        others = [values[str(name)] * (0 if not expr.multilinear and name != operand else 1) for name in operands]
        mine = {**values, **{str(name): value for name, value in zip(operands, others, strict=True)}}
        left = (values["g"] * evaluated(expr, own, everything, mine)).sum()
        right = (evaluated(claim, known[str(operand)], everything, mine) * values[str(operand)]).sum()
        assert left == right, operand


COEFFICIENTS = [each for each in nodes.Linear.__subclasses__() if each.coefficients]


@pytest.mark.parametrize("operation", COEFFICIENTS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("changing", ["A", "B", "AB"])
def test_the_tangent_of_a_linear_operation_with_coefficients_is_its_derivative(operation, changing):
    """By differences in exact fractions: what is left of the quotient is of the order of the step, at one step and at a hundredth of it."""
    known = {**dict.fromkeys(("A", "dA"), (n, n)), **dict.fromkeys(("B", "dB"), (n, k))}
    rng = np.random.default_rng(1)
    drawn = {name: rng.integers(-5, 6, tuple(int(side.subs(SIZES)) for side in shape)) for name, shape in known.items()}
    values = {name: np.vectorize(Fraction, otypes=[object])(each) for name, each in drawn.items()}
    dA, dB = (nodes.parameter(f"d{name}") if name in changing else sp.Integer(0) for name in "AB")
    change = evaluated(RULES[operation].change(A, B, operation(A, B), dA, dB), known["B"], known, values)

    def left(step):
        moved = {**values, **{name: values[name] + step * values[f"d{name}"] for name in changing}}
        above, here = (evaluated(operation(A, B), known["B"], known, each) for each in (moved, values))
        return np.abs((above - here) / step - change).max()

    first, second = left(Fraction(1, 10**6)), left(Fraction(1, 10**8))
    assert change.any()
    assert second <= first / 50


def evaluated(expr, shape, known, values):
    """An expression over parameters, by the oracle, in exact arithmetic."""
    variables = {name: Variable(name, Role.PARAMETER, each, is_sequence=False) for name, each in known.items()}
    result = Variable("result", Role.DEFINED, shape, is_sequence=False)
    system = System("one", (Equation(result.symbol, expr, 1),), {**variables, "result": result})
    return run(system, 1, values, arithmetic=FRACTION).value("result")


@pytest.mark.parametrize("function", COMPOSITE, ids=lambda each: each.__name__)
def test_a_tangent_of_a_composite_function_is_the_change_of_its_expansion(function):
    """The expansion, differentiated by SymPy, entry by entry on columns of four."""
    operands = [nodes.parameter(name) for name in "ab"][: function.arity]
    changes = [nodes.parameter(f"d{name}") for name in "ab"][: function.arity]
    claim = RULES[function].claim(*operands, function(*operands), *changes)
    symbols = {each: sp.symbols(f"{each}:4", real=True) for each in (*operands, *changes)}
    numbers = [sp.Rational(i * i - 3, 4) * (-1) ** (i // 3) for i in range(1, 17)]
    point = dict(zip([x for each in symbols.values() for x in each], numbers, strict=False))
    own = columns(function(*operands), symbols)
    pairs = list(zip([x for each in operands for x in symbols[each]], [d for each in changes for d in symbols[each]], strict=True))
    for entry, claimed in zip(own, columns(claim, symbols), strict=True):
        change = sum(sp.diff(entry, x) * d for x, d in pairs)
        assert abs(sp.N((change - claimed).subs(point), 40)) < 1e-35


def columns(expr, symbols):
    """An expression as the list of the four entries of its column."""
    if expr in symbols:
        return list(symbols[expr])
    if expr.is_Number:
        return [expr] * 4
    if isinstance(expr, nodes.hardmax):
        own = columns(expr.args[0], symbols)
        return [sp.Piecewise((1, sp.And(*(own[i] > each for j, each in enumerate(own) if j != i))), (0, True)) for i in range(4)]
    if isinstance(expr, nodes.Composite):
        return columns(type(expr).expansion(*expr.args), symbols)
    if isinstance(expr, sp.Pow):
        return [each**expr.exp for each in columns(expr.base, symbols)]
    parts = [columns(part, symbols) for part in expr.args]
    if isinstance(expr, (nodes.SumRows, nodes.MeanRows)):
        return [sum(parts[0]) / (4 if isinstance(expr, nodes.MeanRows) else 1)] * 4
    if isinstance(expr, nodes.Elementwise):
        return [expr.definition(each) for each in parts[0]]
    combine = sp.Add if isinstance(expr, sp.Add) else sp.Mul
    return [combine(*row) for row in zip(*parts, strict=True)]


def test_wrong_slopes_would_be_refused():
    x = sp.Symbol("x", real=True)
    for function, wrong in itertools.product([nodes.tanh, nodes.sigmoid], [lambda y: 1 - y, lambda y: y * (1 + y), lambda y: y]):
        difference = sp.diff(function.definition(x), x) - wrong(function.definition(x))
        assert abs(sp.N(difference.subs(x, sp.Rational(3, 7)))) > 1e-3


def test_an_operation_without_a_row_is_named():
    with pytest.raises(MissingRule, match="Zeros"):
        rule(nodes.Zeros)
