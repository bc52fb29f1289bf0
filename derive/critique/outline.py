"""What is to be seen of a built-in cell without reading its equations: how many functions and lags stand in its text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from derive.algebra import nodes
from derive.cells import page
from derive.critique.match import Candidate

CALL = re.compile(r"([^\W\d]\w*)\s*\(")
DEFINITION = re.compile(r"\s*(\w+)\([^=]*\)\s*=(.*)")
EQUATION = re.compile(r"    (?!(?:init|constant|shape)\b).*=")
LAG = re.compile(r"t\s*-\s*\d")
SIGN = re.compile(r" [+-] |;")
SECOND_INDEX = re.compile(r"\bsum_|\bsoftmax_")


@dataclass(frozen=True)
class Outline:
    """Functions by name, and the number of lags, None where second indices hide some; about how many terms there are."""

    heads: Counter[str]
    lags: int | None
    terms: int

    def distance(self, own: Candidate) -> int:
        """A number of functions and lags by which a system surely is another."""
        away = max((self.heads - own.heads).total(), (own.core_heads - self.heads).total())
        return away if self.lags is None else away + max(0, own.core_lags - self.lags, self.lags - own.lags)

    def unlikeness(self, own: Candidate) -> int:
        """About how many functions, lags and terms only one of the two has."""
        functions = (self.heads - own.heads).total() + (own.heads - self.heads).total()
        return functions + abs((self.lags or 0) - own.lags) + abs(self.terms - own.size)


@cache
def outline(name: str) -> Outline:
    """The outline of a built-in cell."""
    lines = [line for line in page("cells", name).splitlines() if EQUATION.match(line)]
    own: dict[str, Counter[str]] = {}
    for line in lines:
        if found := DEFINITION.fullmatch(line):
            own[found[1]] = _functions(found[2], own)
    rights = [line.partition("=")[2] for line in lines if not DEFINITION.fullmatch(line)]
    heads = sum((_functions(right, own) for right in rights), Counter[str]())
    has_all = not any(SECOND_INDEX.search(right) for right in rights)
    lags, signs = (sum(len(each.findall(right)) for right in rights) for each in (LAG, SIGN))
    return Outline(heads, lags if has_all else None, len(rights) + signs)


def _functions(text: str, own: dict[str, Counter[str]]) -> Counter[str]:
    """The functions in a text, those of the page by what they stand for."""
    found: Counter[str] = Counter()
    for word in CALL.findall(text):
        word = {"σ": "sigmoid"}.get(word, word)
        found += own[word] if word in own else Counter([word] if word in nodes.FUNCTIONS else [])
    return found
