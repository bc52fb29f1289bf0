"""What may stand in an equation, and what it means.

An expression is a SymPy expression over matrices (a vector is one column, a number is 1 by 1):

    parameter("W")                a matrix, the same at each t
    sequence("h")[t - 1]          a matrix for each t; here its value one step before
    sp.Add, sp.Mul, sp.Pow        elementwise, with NumPy's broadcasting
    tanh(a), sigmoid(a), ...      elementwise functions; `definition` is the scalar function
    MatMul(A, B), Transpose(A), SumRows(A), ...    the linear primitives; `index_form` says which entries are summed
    softmax(a), max(a, b), ...    composite functions; `expansion` says them in the others
    Identity(n), Lower(n), ...    matrices that are known by their sizes

This file holds meanings only. What is claimed of an operation (its derivative, its spelling) stands in `rules.py`; checkers read
this file and never that one.

The author's order of terms is the order of `args`. SymPy's constructors sort their arguments, so sums and products are made by `add`
and `mul` and rebuilt by `rebuild` of `expressions.py`, never by `expr.func(*args)`, `subs` or `xreplace`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, reduce
from inspect import signature

import sympy as sp
from sympy import Expr as Expr

from derive.algebra.expressions import KEPT as KEPT
from derive.algebra.expressions import Composite as Composite
from derive.algebra.expressions import Elementwise as Elementwise
from derive.algebra.expressions import Linear as Linear
from derive.algebra.expressions import Node as Node
from derive.algebra.expressions import T as T
from derive.algebra.expressions import add as add
from derive.algebra.expressions import decimal as decimal
from derive.algebra.expressions import fraction as fraction
from derive.algebra.expressions import is_of_parameters as is_of_parameters
from derive.algebra.expressions import leaves as leaves
from derive.algebra.expressions import mul as mul
from derive.algebra.expressions import name_of as name_of
from derive.algebra.expressions import neg as neg
from derive.algebra.expressions import offset as offset
from derive.algebra.expressions import parameter as parameter
from derive.algebra.expressions import parts as parts
from derive.algebra.expressions import rebuild as rebuild
from derive.algebra.expressions import replace as replace
from derive.algebra.expressions import rewrite as rewrite
from derive.algebra.expressions import sequence as sequence
from derive.algebra.expressions import sequence_name as sequence_name
from derive.algebra.expressions import size as size
from derive.algebra.expressions import t as t
from derive.algebra.expressions import value as value
from derive.algebra.expressions import value_at as value_at

FUNCTIONS: dict[str, type[Elementwise] | type[Composite]] = {}
"""All functions by name."""


def _function(name: str, definition: Callable[[Expr], Expr]) -> type[Elementwise]:
    """An elementwise function, by name and scalar definition."""
    made = type(name, (Elementwise,), {"definition": staticmethod(definition), "__doc__": f"{name}, applied to each entry."})
    FUNCTIONS[name] = made
    return made


def _composite(name: str, expansion: Callable[..., Expr]) -> type[Composite]:
    """A function of whole values, by name and expansion into other operations."""
    arity = len(signature(expansion).parameters)
    one_row = _has_one_row(expansion(*sp.symbols(f"a:{arity}")))
    doc = f"{name}, by its expansion."
    made = type(name, (Composite,), {"expansion": staticmethod(expansion), "arity": arity, "one_row": one_row, "__doc__": doc})
    FUNCTIONS[name] = made
    return made


def _has_one_row(expr: Expr) -> bool:
    """Whether an expansion has one row, whatever the rows of its symbols."""
    if expr.is_Number or (isinstance(expr, Node) and expr.one_row):
        return True
    return bool(expr.args) and all(map(_has_one_row, expr.args))


class MatMul(Linear):
    """Matrix product A B: entry (i, k) is sum_j A_ij B_jk."""

    index_form = "ij,jk->ik"
    multilinear = True


class Transpose(Linear):
    """Transposed matrix: entry (j, i) is A_ij."""

    index_form = "ij->ji"


class Solve(Linear):
    """Solve(A, B): the X for which A X is B; A is (n, n), B and X are (n, k). With Identity(n) for B it is the inverse of A.

    It has no value where A is singular.
    """

    coefficients = 1


class SumRows(Linear):
    """Sum over the row index, (m, n) -> (1, n): entry (0, j) is sum_i A_ij. Of a vector, the sum of its entries."""

    index_form = "ij->0j"
    one_row = True


class SumColumns(Linear):
    """Sum over the column index, (m, n) -> (m, 1): entry (i, 0) is sum_j A_ij."""

    index_form = "ij->i0"


class MeanRows(Linear):
    """Mean over the row index, (m, n) -> (1, n): entry (0, j) is sum_i A_ij / m. Of a vector, the mean of its entries."""

    index_form = "ij->0j"
    one_row = True


class Broadcast(Linear):
    """Broadcast(A, m, n): A, whose rows or columns are 1, repeated to m rows and n columns."""


class Stack(Linear):
    """Stack(A, B, ...): the rows of A, then the rows of B, ...: [A; B]."""


class Slice(Linear):
    """Slice(A, start, stop): rows start..stop-1 of A, counted from 0."""


class Constant(Linear):
    """A matrix of which each entry is known, by its sizes; it does not change."""


class Zeros(Constant):
    """Zeros(m, n): m rows and n columns of zeros."""


class Identity(Constant):
    """Identity(n): the unit matrix I, n by n."""


class Lower(Constant):
    """Lower(n): n by n, 1 on and below the diagonal and 0 above it, so that Lower(n) a is the cumulative sum of a."""


class OverTime(Linear):
    """OverTime(E): the sum of E over t = 1..T; t is bound in it."""


class Declared(Node):
    """Declared(y, x, s): the value y of a function of each entry of x, whose derivative by x is declared to be s, and is none that y has.

    So a step is trained by a slope that stands in for its own (a surrogate gradient: Neftci, Mostafa and Zenke 2019). What y reads, it reads in x.
    """

    @property
    def value(self) -> Expr:
        """What it is."""
        return self.args[0]

    @property
    def argument(self) -> Expr:
        """What it is a function of."""
        return self.args[1]

    @property
    def slope(self) -> Expr:
        """What its derivative is declared to be."""
        return self.args[2]

    @property
    def beside(self) -> list[Expr]:
        """What the value reads beside its argument, so that a derivative by it would be lost; nothing where all is well."""
        hole = sp.Dummy("hole", real=True)
        return [leaf for leaf in leaves(replace(self.value, {self.argument: hole})) if leaf != hole]

    @property
    def is_of_entries(self) -> bool:
        """Whether each entry of the value depends on that entry of the argument alone."""
        pending = [self.value]
        while pending:
            part = pending.pop()
            if part != self.argument and part.args:
                if not isinstance(part, (sp.Add, sp.Mul, sp.Pow, Elementwise, Declared, maximum, minimum, logaddexp)):
                    return False
                pending += part.args
        return True


tanh = _function("tanh", sp.tanh)
sigmoid = _function("sigmoid", lambda x: 1 / (1 + sp.exp(-x)))
relu = _function("relu", lambda x: sp.Max(0, x))
softplus = _function("softplus", lambda x: sp.log(1 + sp.exp(x)))
exp = _function("exp", sp.exp)
log = _function("log", sp.log)
sqrt = _function("sqrt", sp.sqrt)
sin = _function("sin", sp.sin)
cos = _function("cos", sp.cos)
absolute = _function("abs", sp.Abs)
step = _function("step", lambda x: sp.Piecewise((1, x > 0), (0, True)))
sign = _function("sign", sp.sign)
hard_sigmoid = _function("hard_sigmoid", lambda x: sp.Max(0, sp.Min(1, x / 5 + sp.Rational(1, 2))))
hard_tanh = _function("hard_tanh", lambda x: sp.Max(-1, sp.Min(1, x)))
leaky_relu = _function("leaky_relu", lambda x: sp.Max(x, x / 100))
elu = _function("elu", lambda x: sp.Piecewise((x, x > 0), (sp.exp(x) - 1, True)))
sinh = _function("sinh", sp.sinh)
cosh = _function("cosh", sp.cosh)
arctan = _function("arctan", sp.atan)
expm1 = _function("expm1", lambda x: sp.exp(x) - 1)
log1p = _function("log1p", lambda x: sp.log(1 + x))
logsigmoid = _function("logsigmoid", lambda x: -sp.log(1 + sp.exp(-x)))
silu = _function("silu", lambda x: x / (1 + sp.exp(-x)))
softsign = _function("softsign", lambda x: x / (1 + sp.Abs(x)))
mish = _function("mish", lambda x: x * (1 - 2 / (1 + (1 + sp.exp(x)) ** 2)))
hard_swish = _function("hard_swish", lambda x: x * sp.Max(0, sp.Min(1, x / 6 + sp.Rational(1, 2))))

GELU = sp.Rational(7978845608, 10**10), sp.Rational(44715, 10**6)
"""sqrt(2 / pi), and the coefficient of the cube, of the tanh form of the Gaussian error linear unit (Hendrycks and Gimpel 2016)."""
gelu = _function("gelu", lambda x: x / 2 * (1 + sp.tanh(GELU[0] * (x + GELU[1] * x**3))))


EPSILON = sp.Rational(1, 10**5)
"""What normalizations add to a mean square, so that they are defined at zero."""


def _centred(a: Expr) -> Expr:
    return add(a, neg(MeanRows(a)))


class hardmax(Composite):
    """hardmax(a): 1 at the largest entry of each column, the first of them if there are several, 0 at the others."""

    arity = 1


FUNCTIONS["hardmax"] = hardmax
softmax = _composite("softmax", lambda a: mul(exp(a), sp.Pow(SumRows(exp(a)), -1, evaluate=False)))
log_softmax = _composite("log_softmax", lambda a: add(a, neg(log(SumRows(exp(a))))))
maximum = _composite("max", lambda a, b: add(a, relu(add(b, neg(a)))))
minimum = _composite("min", lambda a, b: add(a, neg(relu(add(a, neg(b))))))
logaddexp = _composite("logaddexp", lambda a, b: add(a, softplus(add(b, neg(a)))))
logsumexp_rows = _composite("logsumexp_rows", lambda a: log(SumRows(exp(a))))
max_rows = _composite("max_rows", lambda a: SumRows(mul(hardmax(a), a)))
min_rows = _composite("min_rows", lambda a: neg(max_rows(neg(a))))
rms = _composite("rms", lambda a: sqrt(add(MeanRows(sp.Pow(a, 2, evaluate=False)), EPSILON)))
rms_norm = _composite("rms_norm", lambda a: mul(a, sp.Pow(rms(a), -1, evaluate=False)))
spread = _composite("spread", lambda a: rms(_centred(a)))
layer_norm = _composite("layer_norm", lambda a: rms_norm(_centred(a)))


def inverse(matrix: Expr, rows: Expr | int) -> Expr:
    """The inverse of a square matrix that has so many rows."""
    return Solve(matrix, Identity(rows))


def is_inverse(expr: Expr) -> bool:
    """Whether an expression is the inverse of a matrix, written as such."""
    return isinstance(expr, Solve) and isinstance(expr.args[1], Identity)


def product(left: Expr, right: Expr) -> Expr:
    """The matrix product; of an inverse with a matrix it is the solve, which computes no inverse."""
    return Solve(left.args[0], right) if is_inverse(left) else MatMul(left, right)


def matrix_power(matrix: Expr, exponent: int, rows: Expr | int) -> Expr:
    """The power of a square matrix, with so many rows, as products: A^3 is A (A A), A^0 is I, and A^-2 is A^-1 A^-1.

    Raises:
        ValueError: the exponent has more than `POWER` factors.
    """
    if abs(exponent) > POWER:
        raise ValueError(f"a power of a matrix has at most {POWER} factors")
    if exponent == 0:
        return Identity(rows)
    factor = matrix if exponent > 0 else inverse(matrix, rows)
    return reduce(lambda made, each: product(each, made), [factor] * abs(exponent))


POWER = 32
"""The largest exponent, up or down, that a power of a matrix is written out for."""


def shift(expr: Expr, by: Expr | int) -> Expr:
    """The expression with t + `by` in place of t, outside sums over time."""

    def change(part: Expr) -> Expr | None:
        if isinstance(part, OverTime):
            return part
        return _shifted(part, by) if isinstance(part, sp.Indexed) else None

    return rewrite(expr, change)


@lru_cache(KEPT)
def _shifted(read: sp.Indexed, by: Expr | int) -> sp.Indexed:
    return read.base[(read.indices[0].subs(t, t + by), *read.indices[1:])]


def at(expr: Expr, time: Expr | int) -> Expr:
    """The expression at one time, an integer or T."""
    return shift(expr, time - t)


def is_sequence(expr: Expr) -> bool:
    """Whether the value of an expression depends on t; in a sum over time t is bound."""
    if isinstance(expr, sp.Indexed):
        return t in expr.indices[0].free_symbols
    return not isinstance(expr, OverTime) and any(is_sequence(part) for part in expr.args)


def summed(expr: Expr) -> list[sp.Indexed]:
    """The reads of sequences inside the sums over time of an expression: of all their values."""
    sums = [part for part in parts(expr) if isinstance(part, OverTime)]
    return list(dict.fromkeys(leaf for each in sums for leaf in leaves(each) if isinstance(leaf, sp.Indexed)))
