"""A line of plain notation to its tree; an error says where. The grammar is `plain.lark`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from fractions import Fraction
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import lark

from derive.algebra import nodes
from derive.algebra.clocks import CLOCKS
from derive.limits import DEPTH, LINE
from derive.notation import moments
from derive.notation.derivation import IN_DERIVATION, equalities
from derive.notation.moments import Moment, Threshold
from derive.notation.plain import derivatives, numpy_calls
from derive.notation.plain import errors as plain_errors
from derive.notation.plain.declaring import Declaring, named, place_of
from derive.notation.plain.names import COMBINING, HIGH, LOW, SUM_IN_WORDS, TIME, bounds, is_range, name_of, range_of, steps
from derive.notation.plain.stepwise import Stepwise, cases, moment
from derive.notation.plain.times import clock, is_always, time_of, timed, with_index
from derive.notation.statements import chain, listed, refuse_lonely, stated, two_readings
from derive.notation.tree import (
    Bracketed,
    Call,
    Comparison,
    Declaration,
    Definition,
    Joined,
    Listed,
    Name,
    Negative,
    Number,
    OfEntry,
    Operator,
    OverIndex,
    OverSteps,
    Place,
    Power,
    Product,
    Row,
    Rows,
    Slope,
    Sloped,
    Statement,
    Sum,
    Transposed,
    Tree,
)
from derive.notation.written import Wrong

FUNCTIONS = frozenset({*nodes.FUNCTIONS, "sum", "σ"})
"""Names that are functions wherever they stand."""


APPLIED = frozenset({"log", "exp", "tanh", "sin", "cos", "sqrt", "sigmoid", "softmax", "relu", "softplus", "abs"})
"""Functions that are applied to the one factor behind them without parentheses, log p_t; tanh W x_t has two and is refused."""
HIGHER = "ᵀᵗ⁰¹²³⁴⁵⁶⁷⁸⁹½⅓⅔¼¾⅕⅛"
"""Letters and digits above the line, which are no parts of a name."""
OF_CELLS = {"BY_OR_D": "∂", "SUMS": "sum|Σ|∑", "SMALL_ENDS": "|(∑|Σ(?=[ₜ]\\s*[(\\[‖|]))[LOWERED₌]+[HIGH⁺⁻]*"}
OF_DERIVATIONS = {
    "BY_OR_D": "∂|d(?!elta)",
    "SUMS": "sum|prod|Σ|∑|∏",
    "SMALL_ENDS": "|(∑|∏|Σ(?=[LOWERED]+₌))[LOWERED₌]+[HIGH⁺⁻]*",
}
"""Parts of the grammar by what is read: what begins a differential, the signs of sums, and small ends of these, ∑ₜ₌₁ᵀ."""
LABELLED = re.compile(r"(.*?)\^\{?([0-9])\}?(_.*)")
"""A name with a number above and its index below, h^1_t."""


@cache
def _parser(in_derivation: bool) -> lark.Lark:
    text = resources.files(__package__).joinpath("plain.lark").read_text(encoding="utf-8")
    words = "|".join(sorted(FUNCTIONS, key=lambda name: (-len(name), name)))
    own = OF_DERIVATIONS if in_derivation else OF_CELLS
    signs = {"FUNCTIONS": words, "LOWERED": re.escape("".join(LOW)), "MARKS": "".join(COMBINING), "HIGH": HIGHER}
    signs["SUM_IN_WORDS"] = SUM_IN_WORDS
    for place, content in (own | signs).items():
        text = text.replace(place, content)
    return lark.Lark(text, parser="lalr", transformer=_Builder())


def parse(text: str, time: str = "t") -> tuple[Statement, ...]:
    """What a line says.

    Args:
        text: the line.
        time: the letter of the time.

    Returns:
        One statement, or several, of which the last is the one with all that stands on the right: a_0 = b_0 = 0.

    Raises:
        Wrong: it is not in the notation; at a column of it.
    """
    return _parsed(text, time, IN_DERIVATION.get())


@lru_cache(2000)
def _parsed(text: str, time: str, in_derivation: bool) -> tuple[Statement, ...]:
    """What a line says; pages are read again with a line more or changed, and most of their lines are as before."""
    if len(text) > LINE.most:
        raise Wrong(LINE.fact, LINE.advice, LINE.most)
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth > DEPTH.most:
            raise Wrong(DEPTH.fact, DEPTH.advice, at)
    token = TIME.set(time)
    try:
        made: tuple[Statement, ...] = _parser(in_derivation).parse(text.replace("−", "-"))  # type: ignore[assignment]
        refuse_lonely(made, text)
    except lark.exceptions.VisitError as error:
        raise error.orig_exc from None
    except lark.exceptions.UnexpectedInput as error:
        raise plain_errors.unexpected(error, text) from None
    finally:
        TIME.reset(token)
    return made


def _operated(kind: type[Product | Row], left: Tree, operator: Operator, right: Tree) -> Tree:
    """Two factors as one node, a product on the left going on."""
    place = left.place.to(right.place)
    if isinstance(left, kind):
        return kind(left.first, (*left.rest, (operator, right)), place=place)
    return kind(left, ((operator, right),), place=place)


@lark.v_args(inline=True)
class _Builder(Declaring):
    """Builds while parsing, so that nothing recurses over a tree."""

    def __default_token__(self, token: lark.Token) -> lark.Token:
        return token

    def start(self, said: Declaration | tuple[Statement, ...]) -> tuple[Statement, ...]:
        return said if isinstance(said, tuple) else (said,)

    def number(self, token: lark.Token) -> Tree:
        return Number(str(token), place=place_of(token))

    def fraction(self, token: lark.Token) -> Tree:
        return Number(unicodedata.normalize("NFKC", token).replace("⁄", "/"), place=place_of(token))

    def name(self, token: lark.Token) -> Tree:
        if found := LABELLED.fullmatch(token):
            return Power(name_of(found[1] + found[3], place_of(token)), Fraction(int(found[2])), place=place_of(token))
        return named(token)

    def call(self, token: lark.Token, *rest: Any) -> Tree:
        *operands, closing = rest
        place = place_of(token).to(place_of(closing))
        if "." in token or any(isinstance(each, numpy_calls.Keyword) for each in operands):
            return numpy_calls.called(token, operands, place)
        if found := re.fullmatch(r"softmax_(\{.*\}|[a-z])", token):
            return OverIndex("softmax", *bounds(found[1], str(token), place.start), operands[0], place=place)
        name = named(token)
        if IN_DERIVATION.get() and len(operands) == 1 and name.base.removesuffix("_prime") in FUNCTIONS and name.base.endswith("_prime"):
            return Slope(replace(name, base=name.base.removesuffix("_prime")), operands[0], place=place)
        if (
            len(operands) == 1
            and name.time is None
            and name.whole not in (*CLOCKS, *FUNCTIONS)
            and (by := time_of(operands[0])) is not None
        ):
            return replace(name, time=by, place=place)
        return Call(name, tuple(operands), place=place)

    def powered(self, token: lark.Token, operand: Tree, closing: lark.Token) -> Tree:
        function, exponent = re.fullmatch(r"(\w+?)\^?\{?([0-9])\}?", unicodedata.normalize("NFKC", token)).groups()  # type: ignore[union-attr]
        place = place_of(token).to(place_of(closing))
        return Power(Call(name_of(function, place_of(token)), (operand,), place=place), Fraction(int(exponent)), place=place)

    def over_index(self, token: lark.Token, body: Tree) -> Tree:
        written = range_of(str(token))
        place = place_of(token).to(body.place)
        if IN_DERIVATION.get() and (ends := steps(written)) and (token.startswith(("prod", "∏")) or not is_range(written)):
            return OverSteps("prod" if token[0] in "p∏" else "sum", *ends, body, place=place)
        letter, reach = bounds(written, str(token), place.start)
        return OverIndex("sum", letter, reach, with_index(body, letter), place=place)

    def derivative(self, token: lark.Token) -> Tree:
        return derivatives.quotient(token, place_of(token))

    def gradient(self, token: lark.Token, of: lark.Token) -> Tree:
        return derivatives.gradient(token, place_of(token), named(of))

    def clock(self, kind: lark.Token, time: lark.Token, *rest: lark.Token) -> Tree:
        *period, closing = rest
        by = int(time[1:].replace(" ", "") or 0)
        numbers = tuple(Number(str(each), place=place_of(each)) for each in period)
        return clock(str(kind), (Sum(((1, Name(TIME.get())), (1, Number(str(by))))), *numbers), place_of(kind).to(place_of(closing)))

    def bracketed(self, opening: lark.Token, inner: Tree, closing: lark.Token) -> Tree:
        return Bracketed(inner, place=place_of(opening).to(place_of(closing)))

    def indicator(self, *rest: Any) -> Tree:
        *_, condition, closing = rest
        if isinstance(condition, tuple) and len(condition) == 1 and is_always(condition[0]):
            return Number("1", place=place_of(rest[0]).to(place_of(closing)))
        made = condition if isinstance(condition, Moment) else Threshold.of(condition[0]) if len(condition) == 1 else None
        if made is None:
            raise Wrong("this condition is no comparison of two values", "write [x_t > 0]", place_of(rest[0]).start)
        return replace(made.tree(False), place=place_of(rest[0]).to(place_of(closing)))

    def listed(self, opening: lark.Token, *rest: Any) -> Tree:
        *between, closing = rest
        blocks = tuple(each for each in between if isinstance(each, Tree))
        is_stack = any(not isinstance(each, Tree) and str(each) in (";", "|", "||", "‖") for each in between)
        return Listed(blocks, is_stack, place=place_of(opening).to(place_of(closing)))

    def slice(self, operand: Tree, start: Tree, stop: Tree, closing: lark.Token) -> Tree:
        return Rows(operand, start, stop, place=operand.place.to(place_of(closing)))

    def head(self, operand: Tree, stop: Tree, closing: lark.Token) -> Tree:
        return Rows(operand, None, stop, place=operand.place.to(place_of(closing)))

    def tail(self, operand: Tree, start: Tree, closing: lark.Token) -> Tree:
        return Rows(operand, start, None, place=operand.place.to(place_of(closing)))

    def transpose(self, operand: Tree, token: lark.Token) -> Tree:
        return Transposed(operand, place=operand.place.to(place_of(token)))

    def power(self, operand: Tree, token: lark.Token) -> Tree:
        written = re.sub(r"^\.|[\^*{}()\s]", "", token).translate(HIGH)
        if re.search(r"/0*$", written):
            raise Wrong("division by zero", "a power is a number, as in x^{1/2}", place_of(token).start)
        return Power(operand, Fraction(written), place=operand.place.to(place_of(token)))

    def positive(self, operand: Tree, token: lark.Token) -> Tree:
        inner = operand.parts[0] if isinstance(operand, Listed) and len(operand.parts) == 1 else operand
        if not isinstance(operand, Listed | Bracketed) or (isinstance(inner, Listed) and inner is operand):
            raise Wrong("a plus below stands behind brackets", "write max(0, x) for what is positive of x", place_of(token).start)
        return Call(Name("relu", place=place_of(token)), (inner,), place=operand.place.to(place_of(token)))

    def matmul(self, left: Tree, right: Tree) -> Tree:
        return self._before(left, Operator.BESIDE, right)

    def at(self, left: Tree, right: Tree) -> Tree:
        return self._before(left, Operator.MATRIX, right)

    def _before(self, left: Tree, operator: Operator, right: Tree) -> Tree:
        """A factor before a row of factors; h[t-1] is h at that time, log h_t the function of what is next."""
        place = left.place.to(right.place)
        first = right.first if isinstance(right, Row) else right
        if isinstance(left, Name) and left.whole in APPLIED and operator is Operator.BESIDE and not isinstance(right, Bracketed | Listed):
            operand, others = _component(right) if isinstance(right, Row) else (right, ())
            if not others and not (isinstance(operand, Row) and operand.first.place.start == operand.place.stop):
                return Call(left, (operand,), place=place)
        if isinstance(left, Name) and left.time is None and (at_time := timed(left, first)) is not None:
            return Row(at_time, right.rest, place=place) if isinstance(right, Row) else at_time
        if isinstance(right, Row):
            return Row(left, ((operator, right.first), *right.rest), place=place)
        return Row(left, ((operator, right),), place=place)

    def times(self, left: Tree, right: Tree) -> Tree:
        return _operated(Product, left, Operator.ENTRIES, right)

    def joined(self, left: Tree, right: Tree) -> Tree:
        return Joined(left, right, place=left.place.to(right.place))

    def outer(self, left: Tree, right: Tree) -> Tree:
        return _operated(Product, left, Operator.OUTER, right)

    def starred(self, left: Tree, right: Tree) -> Tree:
        return _operated(Product, left, Operator.STAR, right)

    def over(self, left: Tree, slash: lark.Token, right: Tree) -> Tree:
        if not isinstance(right, Row):
            return _operated(Product, left, Operator.OVER, right)
        place, (below, others) = place_of(slash), _component(right)
        if not others:
            return _operated(Product, left, Operator.OVER, below)
        is_tight = left.place.stop == place.start and place.stop == right.place.start
        if not (isinstance(others[0][1], Bracketed) or (is_tight and others[0][1].place.start > below.place.stop)):
            raise two_readings(place, left.place.start, below.place, right.place.stop)
        return Row(_operated(Product, left, Operator.OVER, below), others, place=left.place.to(right.place))

    def minus(self, sign: lark.Token, operand: Tree) -> Tree:
        return Negative(operand, place=place_of(sign).to(operand.place))

    def plus(self, left: Tree, right: Tree) -> Tree:
        return self._added(left, 1, right)

    def less(self, left: Tree, right: Tree) -> Tree:
        return self._added(left, -1, right)

    def _added(self, left: Tree, sign: int, right: Tree) -> Tree:
        terms = left.terms if isinstance(left, Sum) else ((1, left),)
        return Sum((*terms, (sign, right)), place=left.place.to(right.place))

    def values(self, *listed: Tree) -> Tree:
        return Listed(listed, is_tuple=True, place=listed[0].place.to(listed[-1].place))

    def tupled(self, opening: lark.Token, *rest: Any) -> Tree:
        *listed, closing = rest
        return Listed(tuple(listed), is_tuple=True, place=place_of(opening).to(place_of(closing)))

    def keyword(self, token: lark.Token, value: Tree) -> numpy_calls.Keyword:
        return numpy_calls.Keyword(str(token).rstrip("= "), value)

    def equation(self, *sides: Tree) -> tuple[Statement, ...]:
        if isinstance(last := sides[-1], Stepwise) and len(sides) == 2:
            return moments.equations(sides[0], last.values, last.place.stop)
        several = [each for each in sides if isinstance(each, Listed) and not each.is_stack]
        if any(each.is_tuple for each in several) or sides[0] in several:
            return listed(sides)
        return equalities(sides) if IN_DERIVATION.get() else chain(sides)

    def slope_of(self, function: Tree, slope: Tree) -> tuple[Statement, ...]:
        made = stated(function, Sloped(function, slope, place=slope.place))
        if not isinstance(made, Definition):
            raise Wrong("a slope by itself is that of a function", "write step(v) slope max(0, 1 - abs(v))", function.place.start)
        return (made,)

    def in_place(self, left: Tree, sign: lark.Token, right: Tree) -> tuple[Statement, ...]:
        if IN_DERIVATION.get() and sign == "+=":
            return equalities((left, right), is_added=True)
        return (numpy_calls.in_place(left, str(sign)[0], right),)

    def method(self, operand: Tree, token: lark.Token, other: Tree, closing: lark.Token) -> Tree:
        return numpy_calls.product(operand, other, operand.place.to(place_of(closing)))

    def total(self, operand: Tree, token: lark.Token) -> Tree:
        return Call(Name(str(token).strip(".() "), place=place_of(token)), (operand,), place=operand.place.to(place_of(token)))

    def root(self, token: lark.Token, operand: Tree) -> Tree:
        inner = operand.inner if isinstance(operand, Bracketed) else operand
        return Call(Name("sqrt", place=place_of(token)), (inner,), place=place_of(token).to(operand.place))

    def exponential(self, token: lark.Token, exponent: Tree, closing: lark.Token | None = None) -> Tree:
        place = place_of(token).to(place_of(closing) if closing else exponent.place)
        return Call(Name("exp", place=place_of(token)), (exponent,), place=place)

    def bars(self, opening: lark.Token, operand: Tree, closing: lark.Token) -> Tree:
        bar = str(closing).rstrip("_2₂F{}")
        if str(opening) != bar or (str(closing) != bar == "|"):
            raise Wrong("the bar has no partner", "an absolute value is written |x|, a norm ‖x‖", place_of(opening).start)
        function = Name("abs" if str(opening) == "|" else "norm", place=place_of(opening))
        return Call(function, (operand,), place=place_of(opening).to(place_of(closing)))

    def angle(self, opening: lark.Token, left: Tree, right: Tree, closing: lark.Token) -> Tree:
        return Call(Name("dot", place=place_of(opening)), (left, right), place=place_of(opening).to(place_of(closing)))

    def call_of_entry(self, token: lark.Token, operand: Tree, closing: lark.Token, entry: lark.Token) -> Tree:
        place = place_of(token).to(place_of(entry))
        return OfEntry(Call(named(token), (operand,), place=place_of(token).to(place_of(closing))), str(entry).strip("_{ }"), place=place)

    def sloped(self, value: Tree, slope: Tree, by: Tree | None = None) -> Tree:
        return Sloped(value, slope, by, place=value.place.to((by or slope).place))

    sloped_cases = sloped

    def cases(self, *rest: Any) -> Tree:
        values: list[tuple[Tree, Any]] = []
        for each in rest:
            if isinstance(each, Tree):
                values.append((each, ()))
            elif isinstance(each, tuple | Moment):
                values[-1] = (values[-1][0], each)
        return cases(values)

    def condition(self, *rest: Any) -> tuple[Comparison, ...] | Moment:
        if isinstance(rest[0], lark.Token):
            return moment(str(rest[0]), place_of(rest[0]).start)
        return tuple(each for each in rest if isinstance(each, Comparison))

    def comparison(self, *rest: Any) -> Comparison:
        sides, signs = rest[::2], rest[1::2]
        pairs = tuple(zip(map(str, signs), sides[1:], strict=True))
        return Comparison(sides[0], pairs, place=sides[0].place.to(sides[-1].place))


def _component(row: Row) -> tuple[Tree, tuple[tuple[Operator, Tree], ...]]:
    """The first factor of a row with the brackets that stand at it, v[0], and the others."""
    stop, count = row.first.place.stop, 0
    while count < len(row.rest) and isinstance(bracket := row.rest[count][1], Listed) and bracket.place.start == stop:
        stop, count = bracket.place.stop, count + 1
    first = Row(row.first, row.rest[:count], place=Place(row.first.place.start, stop)) if count else row.first
    return first, row.rest[count:]
