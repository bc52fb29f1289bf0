"""What is checked of a formula in LaTeX as a text: that its brackets match, where it ends, and that its words are functions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

from derive.limits import BRACKETS, LINE
from derive.notation.tree import Tree, names
from derive.notation.written import Wrong

BRACKET = re.compile(
    r"(?P<opens>\\left\s*\.)|(?P<closes>\\right\s*\.)|\\[bB]igg?[lr]?\s*\.|\\[\\|%$&#_]|\\[lr](?:brace|brack|paren|angle)(?![A-Za-z])|\\in(?![A-Za-z])|∈|\\[{}]|[()\[\]{}]"
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
PROBABILITY = re.compile(
    r"(?<![A-Za-z\\])(?:[pPqQ]|\\Pr|\\(?:mathbb|mathrm|operatorname)\s*\{?\s*[pP]\s*\}?)\s*(?:_\s*(?:\{[^{}]*\}|\\?\w+)\s*)?(?:\\left|\\[bB]igg?l?)?\s*\("
    r"[^()]*(?:\\mid(?![A-Za-z])|\\?\||\\[vV]ert(?![A-Za-z])|∣)"
)
"""A conditional probability, of which no network computes the value but by a name of its own."""
ENDED = re.compile(r"(?:\\sum|∑)\s*(?:\\limits)?\s*_\s*\{[^{}]*\}\s*\^\s*\{?\s*([A-Za-z])\s*\}?")
"""The letter at which a sum ends."""


def end(text: str) -> int:
    r"""The end of the equation: that of the text, or an \in which says of what kind a value is.

    Raises:
        Wrong: brackets do not match, or it is too long or too deep.
    """
    if len(text) > LINE.most:
        raise Wrong(LINE.fact, LINE.advice, LINE.most)
    opened: list[tuple[str, int]] = []
    for found in BRACKET.finditer(text):
        sign, at = found[0], found.start()
        if sign in (r"\in", "∈") and not opened:
            return at
        if found["opens"]:
            opened.append((".", at))
        elif found["closes"] or (sign in PAIRS and opened and opened[-1][0] == "."):
            opened = opened[:-1]
        elif sign in PAIRS:
            if not opened:
                raise Wrong(f"{sign} closes nothing", f"leave it out, or write {PAIRS[sign]} where it begins", at)
            if opened[-1][0] != PAIRS[sign]:
                raise Wrong(f"{sign} is not expected here", f"close {opened[-1][0]} of column {opened[-1][1] + 1} first", at)
            opened.pop()
        elif sign in PAIRS.values():
            opened.append((sign, at))
            if len(opened) > BRACKETS.most:
                raise Wrong(BRACKETS.fact, BRACKETS.advice, at)
    opened = [each for each in opened if each[0] != "."]
    if opened:
        sign, at = opened[-1]
        raise Wrong(f"{sign} is not closed", f"write {next(b for b, a in PAIRS.items() if a == sign)} where it ends", at)
    return len(text)


def check_left(text: str) -> None:
    """Refuse p(y | x) = ..., a probability as what is defined.

    Raises:
        Wrong: it is one; at a column.
    """
    equal, found = text.find("="), PROBABILITY.search(text)
    if found and found.end() < equal:
        raise Wrong("a probability is not a name that can be defined", "write p_t = ... for what the network computes", found.start())


def check_words(text: str, words: Collection[str]) -> None:
    """Refuse functions without a backslash, and misspelled ones, as products of letters: tanh c_t, tahn(x)."""
    for found in re.finditer(r"(?<![A-Za-z\\{_^])[A-Za-z]{3,}(?=\s*(?:\\left)?\s*(.))(?![A-Za-z}])", text):
        word = found[0]
        close = difflib.get_close_matches(word, words, n=1, cutoff=0.75)
        if close and (word != close[0] or found[1] not in "([") and (len(word) > 3 or word == close[0]):
            raise Wrong(
                f"{word} without a backslash is a product of letters", rf"did you mean \{close[0].replace('_', '')}(...)?", found.start()
            )


def check_ends(text: str, made: Tree) -> None:
    """Refuse the H of sum_{i=1}^H as a number, 1 / H: it is how many there are.

    Raises:
        Wrong: it is one.
    """
    read = {name.whole for name in names(made)}
    for ended in ENDED.finditer(text):
        if ended[1] not in "tT" and ended[1] in read:
            advice = (
                r"the mean of all entries is \operatorname{mean}(x), their sum \operatorname{sum}(x); another number takes another letter"
            )
            raise Wrong(f"{ended[1]} is the end of a sum and a number", advice, ended.start(1))
