"""How remarks are worded: a formula in a sentence stands between marks, both as text and as LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.algebra.nodes import Expr
from derive.notation import write
from derive.notation.letters import latex_name
from derive.system import Equation, System

BREAK = "\x1f"
FORMULA = re.compile(rf"`(?P<text>[^`{BREAK}]+){BREAK}(?P<latex>[^`]+)`")


def formula(expr: Expr, system: System) -> str:
    """An expression inside a sentence."""
    return f"`{write.text(expr, system)}{BREAK}{write.latex(expr, system)}`"


def equation(told: Equation, system: System) -> str:
    """An equation inside a sentence."""
    return f"`{write.equation_text(told, system)}{BREAK}{write.equation_latex(told, system)}`"


def named(name: str) -> str:
    """A parameter or a variable by its name inside a sentence."""
    return f"`{name}{BREAK}{latex_name(name)}`"


def plain(sentence: str) -> str:
    """A sentence as plain text."""
    return FORMULA.sub(r"\g<text>", sentence).replace("`", "")


def marked(sentence: str) -> str:
    """A sentence as the text of a block, with its formulas as mathematics."""
    return FORMULA.sub(lambda found: f"${found['latex']}$", sentence)


def listed(names: Sequence[str]) -> str:
    """Things in a row: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
