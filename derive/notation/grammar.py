"""A line of plain notation to an equation or a declaration; an error says where, with a caret.

Takes one line of text, gives a `Line`. The grammar is `plain.lark`. What the names stand for is decided in `read.py`.
"""

from __future__ import annotations

import difflib
import keyword
import math
import re
import unicodedata
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
FARTHEST = 1000
"""The longest lag or lead that is accepted."""
EXACT = 15
"""The number of digits up to which an integer stays one; a longer one is a floating number, as it is in the emitted code."""

READABLE = {
    "NAME": "a name", "INT": "a number", "NUMBER": "a number", "FRACTION": "a number", "SIGNED": "a number",
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]",
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
    """A written name to the name and its time index: "h_{t-1}" to ("h", t - 1), "W_{xh}" to ("W_xh", None).

    Raises:
        NotationError: its index is no time, or one too far away.
    """
    index: Expr | None = None
    found = re.fullmatch(r"(.+?)_(?:t|\{(?:([^{}]*),)?\s*t\s*(?:([+-])\s*([0-9]+)\s*)?\})('*)", token)
    if found:
        base, inner, sign, lag, primes = found.groups()
        if lag and (len(lag) > 9 or int(lag) > FARTHEST):
            raise NotationError(f"{token} is too far from t", advice=f"a lag or lead is at most {FARTHEST}", excerpt=token)
        index = nodes.t + (int(f"{sign}{lag}") if lag else 0)
        token = base + (f"_{inner.strip()}" if inner else "") + primes
    elif re.search(r"\{[^{}]*(?<![^\W\d])t(?!\w)[^{}]*\}", token):
        raise NotationError(f"{token} has an index that is no time", advice="t stands last in it and alone or with a number, as in h_{t-1} or "
                            "h_{1,t}", excerpt=token)  # fmt: skip
    name = re.sub(r"[{}\s]", "", token).replace(",", "_").replace("'", "_prime")
    return unicodedata.normalize("NFKC", name), index


@lark.v_args(inline=True)
class _Builder(lark.Transformer[Any, Any]):
    """Builds while parsing, so that nothing recurses over a tree."""

    def __default_token__(self, token: lark.Token) -> lark.Token:
        return token

    def number(self, token: lark.Token) -> Expr:
        if not math.isfinite(float(token)):
            raise NotationError("the number is too large", advice="it must fit into float64", excerpt=str(token))
        return sp.Integer(str(token)) if token.isdigit() and len(token) <= EXACT else sp.Float(str(token))

    def fraction(self, token: lark.Token) -> Expr:
        above, below = map(int, token.split("/"))
        return self.over(sp.Integer(above), sp.Integer(below))

    def name(self, token: lark.Token) -> Expr:
        name, index = split_index(token)
        if token in CALLS:
            raise NotationError(
                f"{token} is a function", advice=f"write what it is applied to in parentheses, {token}(...)", excerpt=str(token)
            )
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
    text = unicodedata.normalize("NFC", text).replace("−", "-")
    if _nesting(text) > DEEPEST or len(text) > 5000:
        raise _too_deep(place)
    try:
        _refuse_unknown_functions(text)
        line: Line = _parser().parse(text)  # type: ignore[assignment]
    except lark.exceptions.VisitError as error:
        if isinstance(error.orig_exc, NotationError):
            raise _placed(error.orig_exc, text, place) from None
        raise
    except NotationError as error:
        raise _placed(error, text, place) from None
    except lark.exceptions.UnexpectedInput as error:
        raise _unexpected(error, text, place) from None
    if line.right is not None and _depth(line.right) > DEEPEST:
        raise _too_deep(place)
    return line


def _refuse_unknown_functions(text: str) -> None:
    """A word right before a parenthesis is read as a function, except one capital letter, which is a matrix: U(r_t * h_{t-1})."""
    for found in re.finditer(r"(?<![\w'}])([^\W\d_]+)(?=\()", text):
        word = found[1]
        if word not in CALLS and not (len(word) == 1 and word.isupper()):
            close = difflib.get_close_matches(word.lower(), CALLS, n=1)
            known = f"did you mean {close[0]}?" if close else f"the functions are {', '.join(CALLS)}"
            raise NotationError(f"there is no function {word}", advice=f"{known}; before a product put a space, {word} (...)", excerpt=word)


def _too_deep(place: str) -> NotationError:
    return NotationError("the line is nested too deeply or too long", place=place, advice="give parts of it names of their own")


def _depth(expr: Expr) -> int:
    """How many operations stand inside each other."""
    deepest, pending = 0, [(expr, 0)]
    while pending:
        part, depth = pending.pop()
        deepest = max(deepest, depth)
        pending += [(each, depth + 1) for each in part.args if not isinstance(part, sp.Indexed)]
    return deepest


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
