"""What is wrong with a line that the plain notation does not have, and what was probably meant."""

from __future__ import annotations

import difflib

import lark

from derive.notation.latex.checks import end
from derive.notation.written import Wrong

DECLARATIONS = ("output", "input", "boundary", "shape", "scalar", "vector", "row", "matrix", "constant", "init", "loss", "distribution")
READABLE = {
    "NAME": "a name", "INT": "a number", "NUMBER": "a number", "FRACTION": "a number", "SIGNED": "a number",
    "LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]",
    "_EQUAL": "=", "PLUS": "+", "MINUS": "-", "SLASH": "/", "_MATRIX": "@", "_TIMES": "*", "COMMA": ",", "SEMICOLON": ";", "TRANSPOSE": "^T",
    "EXPONENT": "^2",
    "CALLED": "a function", "CLOCK": "every(t, 2)",
    "TIME": "t", "OVER": "sum_k", "_ELEMENTWISE": "⊙", "COLON": ":", "CHOICE": "zero, given or parameter", "$END": "the end of the line",
}  # fmt: skip
COMPARED = "a condition stands in brackets, [x_t > 0], which is 1 where it holds; or write a function by cases, f(x) = x if x > 0 else 0"
HINTS = {
    "==": "an equation has one =", "= =": "an equation has one =", "**": "a power is written x_t^2",
    "++": "write one +", "%": "a clock is written every(t, 2)",
    ".": "an elementwise product is written ⊙ or .*", ":": "a declaration is written without it, output h", "!": "leave it out",
    "⊗": "it has several meanings: write a ⊙ b for entries, outer(a, b) for the outer product; there is no Kronecker product",
    "^t": "write the time below, h_t and h_{t-1}, or in parentheses above, h^(t) and h^(t-1)",
    "^{t": "write the time below, h_t and h_{t-1}, or in parentheses above, h^(t) and h^(t-1)",
    "~": "names have letters, digits and underscores: write h_tilde_t for h~_t",
    "∂": "derivatives are derived: leave the line out", "|": "write abs(x), or [a; b]",
    ">": COMPARED, "<": COMPARED,
    "if ": "cases belong to a function, f(x) = x if x > 0 else 0; then write h_t = f(x_t)",
}  # fmt: skip
"""What to write in the place of signs of other languages."""


def unexpected(error: lark.exceptions.UnexpectedInput, text: str) -> Wrong:
    """What is wrong where the parser gave up."""
    try:
        end(text)
    except Wrong as wrong:
        return wrong
    token = getattr(error, "token", None)
    at_end = token is not None and token.type == "$END"
    column = len(text) if at_end or error.column < 1 else error.column - 1
    found = "the line ends" if at_end else f"{str(token) if token is not None else text[column]!r} is not expected"
    names = getattr(error, "expected", None) or getattr(error, "allowed", None) or ()
    return Wrong(f"{found} here", _hint(text, column) or _wanted(set(names)), column)


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
    closing = [READABLE[name] for name in ("RPAR", "RSQB", "COMMA", "_EQUAL") if name in names]
    if "PLUS" in names or "_TIMES" in names:
        signs = ["+", "-", *(["*", "/"] if "_TIMES" in names else []), *closing, *(["the end of the line"] if "$END" in names else [])]
        return f"expected {' or '.join(signs)}"
    wanted = list(dict.fromkeys(READABLE[name] for name in sorted(names) if name in READABLE))
    return f"expected {' or '.join(wanted[:6])}" if wanted else "an equation reads like h_t = tanh(W x_t + U h_{t-1} + b)"
