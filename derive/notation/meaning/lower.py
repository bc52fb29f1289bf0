"""The tree of a line to an equation, a function or a declaration in expressions of the surface.

Whatever depends on the page, which products are of matrices and what names stand for, is decided later. What is wrong is a `Wrong` at a column.
"""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sympy as sp

from derive.algebra import clocks, nodes
from derive.algebra.nodes import Expr, MatMul, Slice, Stack, Transpose
from derive.errors import NotationError
from derive.limits import DEPTH
from derive.notation import tree
from derive.notation.derivation import OF_CELL
from derive.notation.latex.parts import COMPONENT
from derive.notation.meaning import surface
from derive.notation.meaning.calls import NAMES, Function, canonical, expand
from derive.notation.meaning.cases import Cases, Condition
from derive.notation.meaning.definitions import of_column
from derive.notation.meaning.entries import Listed, attached, refuse_behind_number
from derive.notation.meaning.surface import Call, Juxtaposed, OverIndex, Starred
from derive.notation.plain.parser import FUNCTIONS
from derive.notation.tree import Name, Operator, Reach, Statement, Tree
from derive.notation.written import Wrong

RESERVED = {
    "t": "the time index",
    "T": "the length of the sequences",
    "np": "NumPy in the emitted code",
    "numpy": "NumPy in the emitted code",
}
BY_VALUES = "write f(a) = x if a > 0 else y, and h_t = f(a_t); zeros and ones are a gate, m_t ⊙ a_t + (1 - m_t) ⊙ b_t"
EXACT = 15
"""The number of digits up to which an integer stays one; a longer one is a floating number, as it is in the emitted code."""
END = sp.Symbol("end", integer=True, positive=True)
"""The end of the rows in v_t[2:]."""
REACHES = {Reach.ALL: surface.ALL, Reach.BEFORE: surface.BEFORE, Reach.UP_TO: surface.UP_TO}
REFUSED = {
    tree.Derivative: ("this derivative has no value here", OF_CELL),
    tree.OverSteps: (
        "over these steps nothing is computed here",
        "sums are over all steps, sum_t, before t, sum_{k<t}, or up to t, sum_{k<=t}",
    ),
    tree.PowerOverSteps: ("a power has the same exponent at each step here", "write a product, or a state that the matrix multiplies"),
    tree.Slope: ("the slope of this function is not known here", "write it as an expression of the function's value"),
}
"""What only a derivation has, and what to write."""
KINDS = {"sum": surface.SUM, "softmax": surface.SOFTMAX}


@dataclass(frozen=True)
class Line:
    """What a line says: an equation (left, right), a function (its names and right), or a declaration (`key`, about `names`, with a `value`)."""

    key: str
    names: tuple[str, ...] = ()
    value: Any = None
    left: Expr | None = None
    right: Expr | None = None


def line(statement: Statement, own: Mapping[str, Function] | None = None) -> Line:
    """The meaning of a line.

    Args:
        statement: the line.
        own: the functions that its page defines.

    Raises:
        Wrong: a name or a number in it cannot be used, or a call has no meaning; at a column.
        NotationError: what a function of the page stands for cannot be used.
    """
    made = _line(statement)
    if made.key != "equation" or made.right is None:
        return made
    try:
        right = expand(made.right, own or {})
    except NotationError as error:
        raise located(error, statement) from None
    _check_depth(right, statement)
    return replace(made, right=right)


def located(error: NotationError, statement: Statement) -> Exception:
    """An error about what its excerpt says, as one at the place where that stands; the same one if it stands nowhere."""
    word = error.excerpt.removesuffix("(")
    found = next((each for each in tree.names(statement) if word in (each.base, each.whole)), None)
    sloped = next((each for each in tree.parts(statement) if isinstance(each, tree.Sloped)), None) if word == "slope" else None
    place = sloped.slope.place if sloped else found.place if found else None
    return Wrong(error.fact, error.advice, place.start) if word and place else error


@lru_cache(2000)
def _line(statement: Statement) -> Line:
    if isinstance(statement, tree.Declaration):
        value = statement.value
        if statement.key == "shape":
            value = tuple(expression(each) for each in value)
        return Line(statement.key, tuple(_text(name.whole) for name in statement.names), value)
    if isinstance(statement, tree.Definition):
        return _definition(statement)
    left = statement.left
    if not isinstance(left, Name):
        raise Wrong("only a name can be defined", "write an equation such as h_t = tanh(W x_t + U h_{t-1} + b)", left.place.start)
    if cases := next((part for part in tree.parts(statement.right) if isinstance(part, tree.Cases)), None):
        raise Wrong("a case that depends on values belongs to a function", BY_VALUES, cases.place.start)
    defined, right = leaf(left), _attached(expression(statement.right), statement)
    _check_depth(right, statement)
    if not isinstance(defined, sp.Indexed):
        return Line("equation", left=defined, right=right)
    now = defined.base[(nodes.t, *defined.indices[1:])]
    return Line("equation", left=now, right=nodes.shift(right, -nodes.offset(defined)))


def _definition(statement: tree.Definition) -> Line:
    name, index = _text(statement.name.whole), statement.entry
    if (of_entries := canonical(name)) != name and name not in NAMES:
        name, index = of_entries, name.rpartition("_")[2]
    if name not in NAMES:
        check_name(name, statement.name)
    body = _attached(expression(statement.body), statement)
    try:
        operands, body = of_column(tuple(map(leaf, statement.operands)), body, index, "")
    except NotationError as error:
        raise Wrong(error.fact, error.advice, statement.place.start) from None
    return Line("function", (name,), operands, right=body)


def _attached(expr: Expr, statement: Statement) -> Expr:
    try:
        return attached(expr)
    except RecursionError:
        raise _too_deep(statement) from None


def _check_depth(expr: Expr, statement: Statement) -> None:
    deepest, pending = 0, [(expr, 0)]
    while pending:
        part, depth = pending.pop()
        deepest = max(deepest, depth)
        pending += [(each, depth + 1) for each in part.args if not isinstance(part, sp.Indexed)]
    if deepest > DEPTH.most:
        raise _too_deep(statement)


def _too_deep(statement: Statement) -> Wrong:
    return Wrong(DEPTH.fact, DEPTH.advice, statement.place.start)


def leaf(name: Name) -> Expr:
    """A written name as a parameter or as the read of a sequence."""
    whole = _text(name.whole)
    if name.step is not None:
        raise Wrong("this index is no time", "the time is t, as in h_t and h_{t-1}", name.place.start)
    if name.time is None:
        check_name(whole, name)
        return nodes.parameter(whole)
    if whole == "T":
        whole = "T_v"
    check_name(whole, name)
    return nodes.sequence(whole)[(nodes.t + name.time, *([surface.letter(name.second)] if name.second else []))]


def _text(whole: str) -> str:
    return unicodedata.normalize("NFKC", whole)


def check_name(whole: str, name: Name) -> None:
    """Refuse a name that means something else already.

    Raises:
        Wrong: it is a word of Python, a function of the notation, or reserved.
    """
    meaning = RESERVED.get(whole)
    if meaning is None and keyword.iskeyword(whole):
        meaning = "a word of Python"
    if meaning is None and whole in FUNCTIONS:
        meaning = "a function"
    if meaning is None and clocks.Clock.named(whole) is not None:
        meaning = "a clock"
    if meaning is not None:
        raise Wrong(
            f"{whole} is {meaning} and cannot name a variable", f"call it {whole}_v, or something that tells more", name.place.start
        )
    if not whole.isidentifier():
        raise Wrong(f"{whole} is not a name", "use letters, digits and underscores, such as W_f or h_{t-1}", name.place.start)


def expression(node: Tree) -> Expr:
    """A tree as an expression of the surface.

    Raises:
        Wrong: it has none; at a column.
    """
    match node:
        case tree.Number():
            return _number(node)
        case Name():
            return _name(node)
        case tree.Bracketed():
            return expression(node.inner)
        case tree.Sum():
            terms = [_minus(expression(each)) if sign < 0 else expression(each) for sign, each in node.terms]
            made = terms[0]
            for each in terms[1:]:
                made = sp.Add(*(made.args if isinstance(made, sp.Add) else (made,)), each, evaluate=False)
            return made
        case tree.Negative():
            return _minus(expression(node.operand))
        case tree.Product():
            return _product(node)
        case tree.Row():
            return _row(node)
        case tree.Power(exponent=-1):
            return surface.Inverse(expression(node.base))
        case tree.Power():
            return sp.Pow(expression(node.base), sp.Rational(node.exponent), evaluate=False)
        case tree.Transposed():
            return Transpose(expression(node.base))
        case tree.Rows():
            start = expression(node.start) if node.start else sp.Integer(0)
            return Slice(expression(node.base), start, expression(node.stop) if node.stop else END)
        case tree.Listed():
            blocks = [expression(each) for each in node.parts]
            return Stack(*blocks) if node.is_stack else Listed(*blocks)
        case tree.Call():
            name = node.function
            called = nodes.sequence(_text(name.whole))[nodes.t + name.time] if name.time is not None else nodes.parameter(_text(name.whole))
            return Call(called, *map(expression, node.operands))
        case tree.Clock():
            return nodes.sequence(clocks.Clock(node.kind, node.period or 0).name)[nodes.t + node.by]
        case tree.OverIndex():
            body = expression(node.body)
            if node.letter == "t":
                return nodes.OverTime(body)
            return OverIndex(KINDS[node.kind], surface.letter(node.letter), REACHES[node.reach], body)
        case tree.Cases():
            return Cases(*_cases(node))
        case tree.Sloped():
            return surface.Sloped(*(expression(each) for each in (node.value, node.slope, node.by) if each is not None))
        case tree.OfEntry():
            raise Wrong("an index belongs to a name", COMPONENT, node.call.place.stop)
    raise Wrong(*REFUSED.get(type(node), ("this is no value", "write names, numbers, functions and products")), node.place.start)


def _cases(node: tree.Cases) -> list[Expr]:
    found: list[Expr] = []
    for value, comparisons in node.values:
        found.append(expression(value))
        if comparisons:
            found.append(Condition(*(each for one in comparisons for each in _compared(one))))
    return found


def _compared(comparison: tree.Comparison) -> list[Expr]:
    """Each sign with what stands before and behind it."""
    sides = [comparison.first, *(side for _, side in comparison.rest)]
    made = [attached(expression(each)) for each in sides]
    pairs = zip((sign for sign, _ in comparison.rest), made, made[1:], strict=False)
    return [each for sign, left, right in pairs for each in (sp.Symbol(sign, integer=True), left, right)]


def _number(node: tree.Number) -> Expr:
    above, _, below = node.text.partition("/")
    if below:
        if not int(below):
            raise Wrong("division by zero", "", node.place.start + len(above))
        return sp.Rational(int(above), int(below))
    if not math.isfinite(float(above)):
        raise Wrong("the number is too large", "it must fit into float64", node.place.start)
    if above.isdigit() and len(above) <= EXACT:
        return sp.Integer(above)
    if float(above) == 0 and re.search("[1-9]", re.split("[eE]", above)[0]):
        raise Wrong("the number is too small", "it must fit into float64; write 0", node.place.start)
    return sp.Float(above)


def _name(name: Name) -> Expr:
    if name.whole == "T" and name.time is None:
        return nodes.T
    if name.whole in FUNCTIONS and name.time is None:
        raise Wrong(f"{name.whole} is a function", f"write what it is applied to in parentheses, {name.whole}(...)", name.place.start)
    return leaf(name)


def _row(node: tree.Row) -> Expr:
    """Factors side by side, from the right."""
    _check_count(node)
    factors = [expression(node.first), *(expression(each) for _, each in node.rest)]
    places = [node.first.place, *(each.place for _, each in node.rest)]
    made = factors[-1]
    for at in range(len(factors) - 2, -1, -1):
        left, operator = factors[at], node.rest[at][0]
        if operator is Operator.BESIDE:
            try:
                refuse_behind_number(left, made)
            except NotationError as error:
                raise Wrong(error.fact, error.advice, places[at + 1].start) from None
        joined = _times if left.is_Number or made.is_Number else Juxtaposed if operator is Operator.BESIDE else MatMul
        made = joined(left, made)
    return made


def _product(node: tree.Product) -> Expr:
    """Factors with signs between them, from the left."""
    _check_count(node)
    made = expression(node.first)
    for operator, each in node.rest:
        right = expression(each)
        if operator is Operator.OVER:
            made = _over(made, right, each)
        elif operator is Operator.STAR and not (made.is_Number or right.is_Number):
            made = Starred(made, right)
        else:
            made = _times(made, right)
    return made


def _check_count(node: tree.Row | tree.Product) -> None:
    if len(node.rest) > DEPTH.most:
        raise Wrong(DEPTH.fact, DEPTH.advice, node.place.start)


def _times(left: Expr, right: Expr) -> Expr:
    return sp.Mul(*(left.args if isinstance(left, sp.Mul) else (left,)), right, evaluate=False)


def _over(left: Expr, right: Expr, below: Tree) -> Expr:
    if right.is_zero:
        raise Wrong("division by zero", "", below.place.start)
    if left.is_Integer and right.is_Integer:
        return sp.Rational(left, right)
    inverse = sp.Pow(right, -1, evaluate=False)
    return inverse if left == 1 else _times(left, inverse)


def _minus(operand: Expr) -> Expr:
    if operand.is_Number:
        return -operand
    return sp.Mul(-1, *(operand.args if isinstance(operand, sp.Mul) else (operand,)), evaluate=False)
