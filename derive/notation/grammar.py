"""A line of plain notation to an equation or a declaration; an error says where, with a caret.

Takes one line of text, gives a `Line`. The grammar is `plain.lark`. What the names stand for is decided in `read.py`.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import lark
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, MatMul, Stack, Transpose
from derive.errors import NotationError

CALLS: dict[str, Any] = {**nodes.FUNCTIONS, "sum": nodes.SumRows, "σ": nodes.sigmoid}
"""What may be called, by name."""

RESERVED = {
    "t": "the time index",
    "T": "the length of the sequences",
    "np": "NumPy in the emitted code",
    "numpy": "NumPy in the emitted code",
}
DEEPEST = 60
"""The deepest nesting of an expression that is accepted."""

READABLE = {
    "NAME": "a name", "INT": "a number", "NUMBER": "a number", "SIGNED": "a number", "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]",
    "EQUAL": "=", "PLUS": "+", "MINUS": "-", "SLASH": "/", "AT": "@", "TIMES": "*", "COMMA": ",", "SEMICOLON": ";", "TRANSPOSE": "^T",
    "EXPONENT": "^2", "FUNCTION": "a function", "CHOICE": "zero, given or parameter", "$END": "the end of the line",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What a line says: an equation (left, right), or a declaration (`key`, about `names`, with a `value`)."""

    key: str
    names: tuple[str, ...] = ()
    value: Any = None
    left: Expr | None = None
    right: Expr | None = None


def split_index(token: str) -> tuple[str, Expr | None]:
    """A written name to the name and its time index: "h_{t-1}" to ("h", t - 1), "W_{xh}" to ("W_xh", None)."""
    index: Expr | None = None
    found = re.fullmatch(r"(.+?)_(?:t|\{(?:([^{}]*),)?\s*t\s*(?:([+-])\s*(\d+)\s*)?\})", token)
    if found:
        token, inner, sign, lag = found.groups()
        token += f"_{inner.strip()}" if inner else ""
        index = nodes.t + (int(f"{sign}{lag}") if lag else 0)
    name = re.sub(r"[{}\s]", "", token).replace(",", "_").replace("'", "_prime")
    return name, index


@lark.v_args(inline=True)
class _Builder(lark.Transformer[Any, Any]):
    """Builds while parsing, so that nothing recurses over a tree."""

    def __default_token__(self, token: lark.Token) -> lark.Token:
        return token

    def number(self, token: lark.Token) -> Expr:
        return sp.Integer(str(token)) if token.isdigit() else sp.Float(str(token))

    def name(self, token: lark.Token) -> Expr:
        name, index = split_index(token)
        check_name(name, token)
        return nodes.parameter(name) if index is None else nodes.sequence(name)[index]

    def call(self, function: lark.Token, operand: Expr) -> Expr:
        return CALLS[str(function)](operand)

    def stack(self, *blocks: Expr) -> Expr:
        return Stack(*blocks) if len(blocks) > 1 else blocks[0]

    def transpose(self, operand: Expr, _: lark.Token) -> Expr:
        return Transpose(operand)

    def power(self, operand: Expr, token: lark.Token) -> Expr:
        return sp.Pow(operand, sp.Integer(re.sub(r"[\^{}\s]", "", token)), evaluate=False)

    def matmul(self, left: Expr, right: Expr) -> Expr:
        if left.is_Number or right.is_Number:
            return sp.Mul(left, right, evaluate=False)
        return MatMul(left, right)

    def times(self, left: Expr, _: lark.Token, right: Expr) -> Expr:
        return sp.Mul(*(left.args if isinstance(left, sp.Mul) else (left,)), right, evaluate=False)

    def over(self, left: Expr, right: Expr) -> Expr:
        if left.is_Integer and right.is_Integer and right != 0:
            return sp.Rational(left, right)
        below = sp.Pow(right, -1, evaluate=False)
        if left == 1:
            return below
        return sp.Mul(*(left.args if isinstance(left, sp.Mul) else (left,)), below, evaluate=False)

    def minus(self, operand: Expr) -> Expr:
        return nodes.neg(operand)

    def plus(self, left: Expr, right: Expr) -> Expr:
        return sp.Add(*(left.args if isinstance(left, sp.Add) else (left,)), right, evaluate=False)

    def less(self, left: Expr, right: Expr) -> Expr:
        return self.plus(left, nodes.neg(right))

    def equation(self, token: lark.Token, right: Expr) -> Line:
        name, index = split_index(token)
        check_name(name, token)
        if index is None:
            return Line("equation", left=nodes.parameter(name), right=right)
        return Line("equation", left=nodes.sequence(name)[nodes.t], right=nodes.shift(right, nodes.t - index))

    def extent(self, token: lark.Token) -> str:
        return str(token)

    def output(self, _: lark.Token, *names: lark.Token) -> Line:
        return Line("output", tuple(split_index(name)[0] for name in names))

    def boundary(self, _: lark.Token, name: lark.Token, choice: lark.Token) -> Line:
        return Line("boundary", (split_index(name)[0],), str(choice))

    def shape(self, _: lark.Token, name: lark.Token, rows: str, columns: str) -> Line:
        return Line("shape", (split_index(name)[0],), (rows, columns))

    def init(self, _: lark.Token, name: lark.Token, value: lark.Token) -> Line:
        return Line("init", (split_index(name)[0],), float(value))

    def loss(self, _: lark.Token, name: lark.Token) -> Line:
        return Line("loss", (split_index(name)[0],))

    def distribution(self, _: lark.Token, name: lark.Token) -> Line:
        return Line("distribution", (split_index(name)[0],))

    def start(self, line: Line) -> Line:
        return line


def check_name(name: str, token: str) -> None:
    """Refuse a name that means something else already.

    Raises:
        NotationError: it is a word of Python, a function of the notation, or reserved.
    """
    meaning = RESERVED.get(name)
    if meaning is None and keyword.iskeyword(name):
        meaning = "a word of Python"
    if meaning is None and name in CALLS:
        meaning = "a function"
    if meaning is not None:
        raise NotationError(f"{name} is {meaning} and cannot name a variable", advice=f"call it {name}_v, or something that tells more",
                            excerpt=str(token))  # fmt: skip
    if not name.isidentifier():
        raise NotationError(
            f"{token} is not a name", advice="use letters, digits and underscores, such as W_f or h_{t-1}", excerpt=str(token)
        )


@cache
def _parser() -> lark.Lark:
    text = resources.files(__package__).joinpath("plain.lark").read_text(encoding="utf-8")
    names = "|".join(sorted(CALLS, key=lambda name: (-len(name), name)))
    return lark.Lark(text.replace("FUNCTIONS", names), parser="lalr", transformer=_Builder())


def parse_line(text: str, place: str) -> Line:
    """The meaning of one line.

    Args:
        text: the line.
        place: how an error names it, "line 3".

    Raises:
        NotationError: it is not in the notation; the error carries the line with a caret.
    """
    if _nesting(text) > DEEPEST or len(text) > 5000:
        raise NotationError("the line is nested too deeply or too long", place=place, advice="give parts of it names of their own")
    try:
        line: Line = _parser().parse(text)  # type: ignore[assignment]
    except lark.exceptions.VisitError as error:
        if isinstance(error.orig_exc, NotationError):
            raise _placed(error.orig_exc, text, place) from None
        raise
    except NotationError as error:
        raise _placed(error, text, place) from None
    except lark.exceptions.UnexpectedInput as error:
        raise _unexpected(error, text, place) from None
    return line


def _nesting(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        deepest = max(deepest, depth)
    return deepest


def caret(text: str, column: int) -> str:
    """The line with a caret under its column (from 1)."""
    return f"    {text}\n    {' ' * (column - 1)}^"


def _placed(error: NotationError, text: str, place: str) -> NotationError:
    column = text.find(error.excerpt) + 1
    return NotationError(error.fact, place=f"{place}, column {column}", advice=error.advice, excerpt=caret(text, column))


def _unexpected(error: lark.exceptions.UnexpectedInput, text: str, place: str) -> NotationError:
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    column = len(text) + 1 if at_end or error.column < 1 else error.column
    found = "the line ends" if at_end else f"{str(token) if token is not None else text[column - 1]!r} is not expected"
    names = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
    wanted = list(dict.fromkeys(READABLE[name] for name in sorted(names) if name in READABLE))
    advice = f"expected {' or '.join(wanted[:6])}" if wanted else "an equation reads like h_t = tanh(W x_t + U h_{t-1} + b)"
    return NotationError(f"{found} here", place=f"{place}, column {column}", advice=advice, excerpt=caret(text, column))
