"""A line of plain notation to an equation, a function or a declaration; an error says where, with a caret.

Takes one line of text, gives a `Line`. The grammar is `plain.lark`, and what is built from it stands in `build.py`. What the names stand
for is decided in `read.py`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib import resources

import lark
import sympy as sp

from derive.algebra.nodes import Expr
from derive.errors import NotationError
from derive.limits import DEPTH, LINE
from derive.notation.build import FUNCTIONS, Builder, Line
from derive.notation.calls import Function, expand
from derive.notation.latex_checks import end
from derive.notation.written import Wrong

DECLARATIONS = ("output", "input", "boundary", "shape", "scalar", "vector", "matrix", "constant", "init", "loss", "distribution")
READABLE = {
    "NAME": "a name", "INT": "a number", "NUMBER": "a number", "FRACTION": "a number", "SIGNED": "a number",
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]",
    "EQUAL": "=", "PLUS": "+", "MINUS": "-", "SLASH": "/", "AT": "@", "TIMES": "*", "COMMA": ",", "SEMICOLON": ";", "TRANSPOSE": "^T",
    "EXPONENT": "^2",
    "CALLED": "a function", "CLOCK": "every(t, 2)",
    "TIME": "t", "OVER": "sum_k", "ELEMENTWISE": "⊙", "COLON": ":", "CHOICE": "zero, given or parameter", "$END": "the end of the line",
}  # fmt: skip


@cache
def _parser() -> lark.Lark:
    text = resources.files(__package__).joinpath("plain.lark").read_text(encoding="utf-8")
    names = "|".join(sorted(FUNCTIONS, key=lambda name: (-len(name), name)))
    return lark.Lark(text.replace("FUNCTIONS", names), parser="lalr", transformer=Builder())


@lru_cache(1000)
def _built(text: str) -> Line:
    """What the parser builds from a line; pages are read again with a line more or changed, and most of their lines are as before."""
    return _parser().parse(text)  # type: ignore[return-value]


def parse_line(text: str, place: str, own: Mapping[str, Function] | None = None) -> Line:
    """The meaning of one line.

    Args:
        text: the line.
        place: how an error names it, "line 3".
        own: the functions that its page defines.

    Raises:
        NotationError: it is not in the notation; the error carries the line with a caret.
    """
    text = unicodedata.normalize("NFC", text).replace("−", "-")
    LINE.check(len(text), place)
    DEPTH.check(_nesting(text), place)
    try:
        line = _built(text)
        if line.right is not None:
            DEPTH.check(_depth(line.right), place)
        if line.key == "equation" and line.right is not None:
            line = replace(line, right=expand(line.right, own or {}))
    except lark.exceptions.VisitError as error:
        if isinstance(error.orig_exc, NotationError):
            raise _placed(error.orig_exc, text, place) from None
        if isinstance(error.orig_exc, RecursionError):
            raise _too_deep(place) from None
        raise
    except RecursionError:
        raise _too_deep(place) from None
    except NotationError as error:
        raise (_placed(error, text, place) if error.excerpt else error) from None
    except lark.exceptions.UnexpectedInput as error:
        raise _unexpected(error, text, place) from None
    if line.right is not None:
        DEPTH.check(_depth(line.right), place)
    return line


def _too_deep(place: str) -> NotationError:
    return NotationError(DEPTH.fact, place=place, advice=DEPTH.advice)


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
    word = re.search(rf"(?<!\w){re.escape(error.excerpt)}", text)
    column = (word.start() if word else text.find(error.excerpt)) + 1
    return NotationError(error.fact, place=f"{place}, column {column}", advice=error.advice, excerpt=caret(text, column))


HINTS = {
    "==": "an equation has one =", "= =": "an equation has one =", "**": "a power is written x_t^2",
    "++": "write one +", "%": "a clock is written every(t, 2)",
    ".": "an elementwise product is written ⊙ or .*", ":": "a declaration is written without it, output h", "!": "leave it out",
    "if ": "cases belong to a function, f(x) = x if x > 0 else 0; then write h_t = f(x_t)",
}  # fmt: skip
"""What to write in the place of signs of other languages."""


def _hint(text: str, at: int) -> str:
    """The likely way out for what stands there; "" if none is known."""
    for sign, advice in HINTS.items():
        if text.startswith(sign, at) or (len(sign) > 1 and at >= len(sign) - 1 and text.startswith(sign, at - len(sign) + 1)):
            return advice
    if text.startswith("=", at) and "=" in text[:at]:
        return "two equations stand in one; split it: write each of them on a line of its own, with its left side"
    first = text.split()[0] if text.split() else ""
    close = difflib.get_close_matches(first, DECLARATIONS, n=1, cutoff=0.75)
    return f"did you mean {close[0]}?" if close and "=" not in text else ""


def _wanted(names: set[str]) -> str:
    """What the grammar has there, in words."""
    if "NAME" in names and len(names) > 3:
        return "expected a value: a name, a number, a function of something or ("
    closing = [READABLE[name] for name in ("RPAR", "RSQB", "COMMA", "EQUAL") if name in names]
    if "PLUS" in names or "TIMES" in names:
        signs = ["+", "-", *(["*", "/"] if "TIMES" in names else []), *closing, *(["the end of the line"] if "$END" in names else [])]
        return f"expected {' or '.join(signs)}"
    wanted = list(dict.fromkeys(READABLE[name] for name in sorted(names) if name in READABLE))
    return f"expected {' or '.join(wanted[:6])}" if wanted else "an equation reads like h_t = tanh(W x_t + U h_{t-1} + b)"


def _unexpected(error: lark.exceptions.UnexpectedInput, text: str, place: str) -> NotationError:
    try:
        end(text)
    except Wrong as wrong:
        place = f"{place}, column {wrong.column + 1}"
        return NotationError(wrong.fact, place=place, advice=wrong.advice, excerpt=caret(text, wrong.column + 1))
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    column = len(text) + 1 if at_end or error.column < 1 else error.column
    found = "the line ends" if at_end else f"{str(token) if token is not None else text[column - 1]!r} is not expected"
    names = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
    advice = _hint(text, column - 1) or _wanted(set(names))
    return NotationError(f"{found} here", place=f"{place}, column {column}", advice=advice, excerpt=caret(text, column))
