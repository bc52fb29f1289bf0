"""What the parser builds from each construct of the plain notation: expressions of the surface, and `Line`s."""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import lark
import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import CLOCKS, Clock
from derive.algebra.nodes import Expr, MatMul, Slice, Stack, Transpose
from derive.errors import NotationError
from derive.limits import LAG
from derive.notation import surface
from derive.notation.calls import NAMES, canonical
from derive.notation.cases import Cases, Condition
from derive.notation.definitions import of_column
from derive.notation.entries import Listed, attached, refuse_behind_number
from derive.notation.surface import Call, Inverse, Juxtaposed, OverIndex, Sloped, Starred

RESERVED = {
    "t": "the time index",
    "T": "the length of the sequences",
    "np": "NumPy in the emitted code",
    "numpy": "NumPy in the emitted code",
}
FUNCTIONS = frozenset({*nodes.FUNCTIONS, "sum", "σ"})
EXACT = 15
"""The number of digits up to which an integer stays one; a longer one is a floating number, as it is in the emitted code."""
END = sp.Symbol("end", integer=True, positive=True)
"""The end of the rows in v_t[2:]."""
INDEXED = re.compile(r"(.+?)_(?:t|\{(?:([^{}]*),)?\s*t\s*(?:([+-])\s*([0-9]+)\s*)?(?:,\s*([a-z])\s*)?\})('*)")
"""A name with its time: h_t, h_{2,t-1}, e_{t,k}."""
RANGES = {
    r"[a-z]": surface.ALL, r"[a-z]=1\^T": surface.ALL, r"[a-z]<t": surface.BEFORE, r"[a-z]=1\^t-1": surface.BEFORE,
    r"[a-z](<=|≤)t": surface.UP_TO, r"[a-z]=1\^t": surface.UP_TO,
}  # fmt: skip
"""The ranges of a second index, without braces and spaces."""


@dataclass(frozen=True)
class Line:
    """What a line says: an equation (left, right), a function (its names and right), or a declaration (`key`, about `names`, with a `value`)."""

    key: str
    names: tuple[str, ...] = ()
    value: Any = None
    left: Expr | None = None
    right: Expr | None = None


def split_index(token: str) -> tuple[str, tuple[Expr, ...]]:
    """A written name to the name and its indices: "h_{t-1}" to ("h", (t - 1,)), "e_{t,k}" to ("e", (t, k)), "W_{xh}" to ("W_xh", ()).

    Raises:
        NotationError: its index is no time, or one too far away.
    """
    indices: tuple[Expr, ...] = ()
    if found := INDEXED.fullmatch(token):
        base, inner, sign, lag, second, primes = found.groups()
        if lag and (len(lag) > 9 or int(lag) > LAG.most):
            raise NotationError(f"{token} is too far from t", advice=f"a lag or lead is at most {LAG.most}", excerpt=token)
        indices = (nodes.t + (int(f"{sign}{lag}") if lag else 0), *([surface.letter(second)] if second else []))
        token = base + (f"_{inner.strip()}" if inner else "") + primes
    elif re.search(r"\{[^{}]*(?<![^\W\d])t(?!\w)[^{}]*\}", token):
        raise NotationError(f"{token} has an index that is no time", advice="t stands last in it and alone or with a number, as in h_{t-1} or "
                            "h_{1,t}; a second index stands behind it, e_{t,k}", excerpt=token)  # fmt: skip
    name = re.sub(r"[{}\s]", "", token).replace(",", "_").replace("'", "_prime")
    if name == "T" and indices:
        name = "T_v"
    return unicodedata.normalize("NFKC", name), indices


def leaf(token: str) -> Expr:
    """A written name as a parameter or as the read of a sequence."""
    name, indices = split_index(token)
    check_name(name, token)
    return nodes.sequence(name)[indices] if indices else nodes.parameter(name)


def check_name(name: str, token: str) -> None:
    """Refuse a name that means something else already.

    Raises:
        NotationError: it is a word of Python, a function of the notation, or reserved.
    """
    meaning = RESERVED.get(name)
    if meaning is None and keyword.iskeyword(name):
        meaning = "a word of Python"
    if meaning is None and name in FUNCTIONS:
        meaning = "a function"
    if meaning is None and Clock.named(name) is not None:
        meaning = "a clock"
    if meaning is not None:
        raise NotationError(f"{name} is {meaning} and cannot name a variable", advice=f"call it {name}_v, or something that tells more",
                            excerpt=str(token))  # fmt: skip
    if not name.isidentifier():
        raise NotationError(
            f"{token} is not a name", advice="use letters, digits and underscores, such as W_f or h_{t-1}", excerpt=str(token)
        )


def bounds(written: str, token: str) -> tuple[sp.Symbol, sp.Symbol]:
    """The second index and the range in "k", "{k<t}" or "{k=1}^{t-1}".

    Raises:
        NotationError: it is another range.
    """
    bare = re.sub(r"[{}\s]", "", written)
    for pattern, which in RANGES.items():
        if re.fullmatch(pattern, bare):
            return surface.letter(bare[0]), which
    raise NotationError(f"{token} is over no range that is known", advice="write sum_k for all steps, sum_{k<t} for those before t",
                        excerpt=token)  # fmt: skip


@lark.v_args(inline=True)
class Builder(lark.Transformer[Any, Any]):
    """Builds while parsing, so that nothing recurses over a tree."""

    def __default_token__(self, token: lark.Token) -> lark.Token:
        return token

    def number(self, token: lark.Token) -> Expr:
        if not math.isfinite(float(token)):
            raise NotationError("the number is too large", advice="it must fit into float64", excerpt=str(token))
        if token.isdigit() and len(token) <= EXACT:
            return sp.Integer(str(token))
        if float(token) == 0 and re.search("[1-9]", re.split("[eE]", token)[0]):
            raise NotationError("the number is too small", advice="it must fit into float64; write 0", excerpt=str(token))
        return sp.Float(str(token))

    def fraction(self, token: lark.Token) -> Expr:
        above, below = map(int, token.split("/"))
        return self.over(sp.Integer(above), sp.Integer(below))

    def name(self, token: lark.Token) -> Expr:
        if token == "T":
            return nodes.T
        if token in FUNCTIONS and not token.endswith("_"):
            raise NotationError(
                f"{token} is a function", advice=f"write what it is applied to in parentheses, {token}(...)", excerpt=str(token)
            )
        return leaf(str(token))

    def call(self, token: lark.Token, *operands: Expr) -> Expr:
        if found := re.fullmatch(r"softmax_(\{.*\}|[a-z])", token):
            return OverIndex(surface.SOFTMAX, *bounds(found[1], str(token)), *operands)
        name, indices = split_index(str(token))
        return Call(nodes.sequence(name)[indices] if indices else nodes.parameter(name), *operands)

    def over_index(self, token: lark.Token, body: Expr) -> Expr:
        written = str(token)[str(token).index("_") + 1 :]
        if re.sub(r"[{}\s]", "", written) in ("t", "t=1^T"):
            return nodes.OverTime(body)
        return OverIndex(surface.SUM, *bounds(written, str(token)), body)

    def clock(self, kind: lark.Token, time: lark.Token, period: lark.Token | None = None) -> Expr:
        if CLOCKS[str(kind)].has_period is (period is None) or (period and int(period) < 1):
            way = "every(t, 2)" if CLOCKS[str(kind)].has_period else f"{kind}(t)"
            raise NotationError(f"{kind} is written {way}", excerpt=str(kind))
        by = int(time[1:].replace(" ", "") or 0)
        return nodes.sequence(Clock(str(kind), int(period or 0)).name)[nodes.t + by]

    def listed(self, *parts: Any) -> Expr:
        blocks = [each for each in parts if not isinstance(each, lark.Token)]
        return Listed(*blocks) if len(blocks) == len(parts) else Stack(*blocks)

    def slice(self, operand: Expr, start: Expr, stop: Expr) -> Expr:
        return Slice(operand, start, stop)

    def head(self, operand: Expr, stop: Expr) -> Expr:
        return Slice(operand, 0, stop)

    def tail(self, operand: Expr, start: Expr) -> Expr:
        return Slice(operand, start, END)

    def transpose(self, operand: Expr, _: lark.Token) -> Expr:
        return Transpose(operand)

    def power(self, operand: Expr, token: lark.Token) -> Expr:
        written = re.sub(r"[\^{}\s]", "", token)
        if re.search(r"/0*$", written):
            raise NotationError("division by zero", advice="a power is a number, as in x^{1/2}", excerpt=str(token))
        exponent = sp.Integer({"²": 2, "³": 3}[written]) if written in "²³" else sp.Rational(written)
        return Inverse(operand) if exponent == -1 else sp.Pow(operand, exponent, evaluate=False)

    def matmul(self, left: Expr, right: Expr) -> Expr:
        refuse_behind_number(left, right)
        if left.is_Number or right.is_Number:
            return self.times(left, None, right)
        return Juxtaposed(left, right)

    def at(self, left: Expr, right: Expr) -> Expr:
        return self.times(left, None, right) if left.is_Number or right.is_Number else MatMul(left, right)

    def starred(self, left: Expr, token: lark.Token, right: Expr) -> Expr:
        if left.is_Number or right.is_Number:
            return self.times(left, token, right)
        return Starred(left, right)

    def times(self, left: Expr, _: lark.Token | None, right: Expr) -> Expr:
        return sp.Mul(*(left.args if isinstance(left, sp.Mul) else (left,)), right, evaluate=False)

    def over(self, left: Expr, right: Expr) -> Expr:
        if right.is_zero:
            raise NotationError("division by zero", excerpt="/")
        if left.is_Integer and right.is_Integer:
            return sp.Rational(left, right)
        below = sp.Pow(right, -1, evaluate=False)
        if left == 1:
            return below
        return sp.Mul(*(left.args if isinstance(left, sp.Mul) else (left,)), below, evaluate=False)

    def minus(self, operand: Expr) -> Expr:
        if operand.is_Number:
            return -operand
        return sp.Mul(-1, *(operand.args if isinstance(operand, sp.Mul) else (operand,)), evaluate=False)

    def plus(self, left: Expr, right: Expr) -> Expr:
        return sp.Add(*(left.args if isinstance(left, sp.Add) else (left,)), right, evaluate=False)

    def less(self, left: Expr, right: Expr) -> Expr:
        return self.plus(left, self.minus(right))

    def sloped(self, value: Expr, _: lark.Token, slope: Expr, *by: Any) -> Expr:
        return Sloped(value, slope, *by[1:])

    sloped_cases = sloped

    def equation(self, token: lark.Token, right: Expr) -> Line:
        left = leaf(str(token))
        if not isinstance(left, sp.Indexed):
            return Line("equation", left=left, right=attached(right))
        now = left.base[(nodes.t, *left.indices[1:])]
        return Line("equation", left=now, right=nodes.shift(attached(right), -nodes.offset(left)))

    def function(self, token: lark.Token, *parts: Any) -> Line:
        *names, body = parts
        index = str(names.pop()).strip("_{ }") if names[-1].type == "OF_ENTRY" else ""
        name, _ = split_index(str(token))
        if (of_entries := canonical(name)) != name and name not in NAMES:
            name, index = of_entries, name.rpartition("_")[2]
        if name not in NAMES:
            check_name(name, str(token))
        operands, body = of_column(tuple(leaf(str(each)) for each in names), attached(body), index, "")
        return Line("function", (name,), operands, right=body)

    def cases(self, *parts: Any) -> Expr:
        return Cases(*(part for part in parts if not isinstance(part, lark.Token)))

    def condition(self, *parts: Any) -> Expr:
        return Condition(*(arg for part in parts if not isinstance(part, lark.Token) for arg in part))

    def comparison(self, *parts: Any) -> list[Expr]:
        sides, signs = parts[::2], parts[1::2]
        pairs = zip(signs, sides, sides[1:], strict=False)
        return [each for sign, left, right in pairs for each in (sp.Symbol(str(sign), integer=True), attached(left), attached(right))]

    def declaration_of(self, key: str, names: tuple[lark.Token, ...], value: Any = None) -> Line:
        return Line(key, tuple(split_index(str(name))[0] for name in names), value)

    def output(self, _: lark.Token, *names: lark.Token) -> Line:
        return self.declaration_of("output", names)

    def input(self, _: lark.Token, *names: lark.Token) -> Line:
        return self.declaration_of("input", names)

    def boundary(self, _: lark.Token, name: lark.Token, choice: lark.Token) -> Line:
        return self.declaration_of("boundary", (name,), str(choice))

    def shape(self, _: lark.Token, name: lark.Token, rows: Expr, columns: Expr) -> Line:
        return self.declaration_of("shape", (name,), (rows, columns))

    def kind(self, which: lark.Token, *names: lark.Token) -> Line:
        return self.declaration_of("kind", names, {"s": "scalar", "v": "vector", "m": "matrix"}[which[0]])

    def constant(self, _: lark.Token, *names: lark.Token) -> Line:
        if names[-1].type == "SIGNED":
            return self.declaration_of("constant", names[:1], float(names[1]))
        return self.declaration_of("constant", names)

    def init(self, _: lark.Token, name: lark.Token, value: lark.Token) -> Line:
        return self.declaration_of("init", (name,), float(value))

    def loss(self, _: lark.Token, name: lark.Token) -> Line:
        return self.declaration_of("loss", (name,))

    def distribution(self, _: lark.Token, name: lark.Token) -> Line:
        return self.declaration_of("distribution", (name,))

    def start(self, line: Line) -> Line:
        return line
