r"""Habits of those who write down backward passes, in the ways of the notation; lines stay where they are.

dW += e                          an addition at each step: \mathrm{dW} = e, and its line is told
A = B = C                        A = B, A = C
h^{(t)\top}, x^{\langle t \rangle T}   a step and a transposition
\delta \equiv e, \delta := e     an equation
h_t²                             a power, in plain text
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from derive.notation.claims.printed import unprinted
from derive.notation.letters import GREEK_NAMES

ADDED = re.compile(r"(?:&\s*)?(?:\\mathrel\s*\{\s*\+\s*\}\s*&?=|\{\s*\+\s*=\s*\}|\+\s*=|\{\+\}=|\\mathrel\s*\{\s*\+=\s*\}|\\pluseq)")
DEFINED = re.compile(r"\\equiv\b|\\coloneqq|\\triangleq|\\overset\{[^{}]*\}\{=\}|\\stackrel\{[^{}]*\}\{=\}|:=|≡|≔|≜")
STEP = re.compile(r"\^\s*\{\s*(?:\(|\\langle\s*|<)\s*([^{}()<>\\]+?)\s*(?:\)|\\rangle|>)\s*(\\top|T|\\intercal|\\mathsf\{T\})?\s*\}")
BRACKETED = re.compile(r"(?:\\left\s*)?\(\s*((?:\\nabla|∇)\s*_\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w)\s*\w)\s*(?:\\right\s*)?\)")
"""A gradient that stands alone in brackets."""
SLOPE = re.compile(r"\\?(?P<name>tanh|sigma|σ)\s*(?:'|\^\s*\{?\s*\\prime\s*\}?)\s*(?:\\left\s*)?\((?P<of>[^()]*)\)")
POWERS = str.maketrans({"²": "^2", "³": "^3"})
OUTSIDE = re.compile(r"(\$\$|\$|\\\\|\\\[|\\\]|\\begin\{[^}]*\}|\\end\{[^}]*\}|\\q?quad\b|;\s|\n\s*\n)")
"""What stands between two formulas."""
MARKED = re.compile(r"(?<![\w\\])d(?P<letter>[A-Za-z])(?=[_ ^{][^=\n]*?=|\s*(?:&\s*)?[+=])")


@dataclass(frozen=True)
class Prepared:
    """A page in the ways of the notation.

    Attributes:
        text: the page.
        added: the lines on which something is added at each step, from 1.
        moved: the lines of the page, by those behind its end, where other sides of its equations stand.
    """

    text: str
    added: frozenset[int]
    moved: Mapping[int, int]


def prepared(text: str) -> Prepared:
    """A page with the habits of backward passes in the ways of the notation."""
    text = unprinted(text)
    is_latex = "\\" in text
    text = STEP.sub(lambda found: f"_{{{found[1]}}}" + (r"^{\top}" if found[2] else ""), text)
    text = SLOPE.sub(_slope, text)
    text = BRACKETED.sub(r" \1 ", DEFINED.sub("=", text))
    if not is_latex:
        text = text.translate(POWERS)
    added = frozenset(text.count("\n", 0, found.start()) + 1 for found in ADDED.finditer(text))
    text = ADDED.sub("=", text)
    if is_latex:
        return Prepared("".join(_split(text)), added, {})
    lines, moved = text.split("\n"), {}
    for place, line in enumerate(lines.copy()):
        first, *others = sides_of(line) if "#" not in line else [line]
        for other in others[1:]:
            lines.append(f"{first}={other}")
            moved[len(lines)] = place + 1
        lines[place] = f"{first}={others[0]}" if others else line
    return Prepared("\n".join(lines), added, moved)


def spelled(text: str, names: Iterable[str]) -> str:
    """Plain text with the Greek letters that the names of the cell spell out."""
    parts = {part for name in names for part in name.split("_")}
    for letter, name in GREEK_NAMES.items():
        if name in parts and letter not in parts and "\\" not in text:
            text = text.replace(letter, name)
    return text


def marked(text: str) -> set[str]:
    """The letters of what is defined as dz_t = ... in LaTeX."""
    return {found["letter"] for found in MARKED.finditer(text)} if "\\" in text else set()


def _slope(found: re.Match[str]) -> str:
    """The slope of a function, as an expression."""
    sign = "\\" if found[0].startswith("\\") else ""
    inner = f"{sign}{found['name']}({found['of'].replace(chr(92) + 'right', '')})"
    times = r"\odot" if sign else "*"
    return f"(1 - {inner}^2)" if found["name"] == "tanh" else f"({inner} {times} (1 - {inner}))"


def formulas(text: str) -> Iterator[tuple[str, bool]]:
    """The parts of a page in LaTeX, each with whether it may be a formula; together they are the page."""
    for place, part in enumerate(OUTSIDE.split(text)):
        yield part, place % 2 == 0


def _split(text: str) -> Iterator[str]:
    left = ""
    for part, is_formula in formulas(text):
        sides = sides_of(part) if is_formula else [part]
        if len(sides) > 1 and not sides[0].strip(" &\n\t") and left:
            sides[0] = sides[0].replace("&", "") + left
        if len(sides) < 2:
            yield part
            continue
        first, *others = sides
        left = first.strip()
        yield r", \quad ".join(f"{first}={other}" for other in others)


def sides_of(text: str) -> list[str]:
    """The sides of an equation: what stands between signs of equality that are in no brackets."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "{([") - (sign in "})]")
        is_equal = (
            sign == "=" and depth == 0 and text[place - 1 : place] not in ("<", ">", "!", "\\") and text[place + 1 : place + 2] != "="
        )
        if is_equal:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
