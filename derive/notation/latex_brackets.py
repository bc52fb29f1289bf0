"""Where a formula in LaTeX ends, and that its brackets match."""

from __future__ import annotations

import re

from derive.notation.written import Wrong

LONGEST, DEEPEST = 5000, 50
"""The longest and the deepest formula that is read."""
BRACKET = re.compile(
    r"\\(?:left|right|[bB]igg?[lr]?)\s*\.|\\[\\|%$&#_]|\\[lr](?:brace|brack|paren|angle)(?![A-Za-z])|\\in(?![A-Za-z])|∈|\\[{}]|[()\[\]{}]"
)
PAIRS = {
    ")": "(",
    "]": "[",
    "}": "{",
    r"\}": r"\{",
    r"\rbrace": r"\lbrace",
    r"\rbrack": r"\lbrack",
    r"\rparen": r"\lparen",
    r"\rangle": r"\langle",
}


def end(text: str) -> int:
    r"""The end of the equation: that of the text, or an \in which says of what kind a value is.

    Raises:
        Wrong: brackets do not match, or it is too long or too deep.
    """
    if len(text) > LONGEST:
        raise Wrong("the formula is too long", "give parts of it names of their own", LONGEST)
    opened: list[tuple[str, int]] = []
    for found in BRACKET.finditer(text):
        sign, at = found[0], found.start()
        if sign in (r"\in", "∈") and not opened:
            return at
        if sign in PAIRS:
            if not opened:
                raise Wrong(f"{sign} closes nothing", f"leave it out, or write {PAIRS[sign]} where it begins", at)
            if opened[-1][0] != PAIRS[sign]:
                raise Wrong(f"{sign} is not expected here", f"close {opened[-1][0]} of column {opened[-1][1] + 1} first", at)
            opened.pop()
        elif sign in PAIRS.values():
            opened.append((sign, at))
            if len(opened) > DEEPEST:
                raise Wrong("the formula is nested too deeply", "give parts of it names of their own", at)
    if opened:
        sign, at = opened[-1]
        raise Wrong(f"{sign} is not closed", f"write {next(b for b, a in PAIRS.items() if a == sign)} where it ends", at)
    return len(text)
