"""States by what a page calls them: the trend, where it has "a trend b[t]"; the h's, for h1, h2 and h3; the residual, where one state is computed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from derive.notation.prose.said import mentions, sentences

BEFORE = re.compile(r"\b(?:a|an|the|its?|each)\s+(?P<noun>[a-z]{4,})\s*[$`]*$")
"""What stands before a name that it is called by: a trend b[t]."""
BEHIND = re.compile(
    r"[$`]?\s*(?:(?:is|are|denotes?)\s+(?:the|a|an)\s+(?P<noun>[a-z]{4,})|(?:是|为|表示)\s*(?P<chinese>[\u4e00-\u9fff]{2,4})(?=[，,。；;、\s]|$))"
)
"""What stands behind it: b_t is the trend."""
COMMON = frozenset(
    {"state", "states", "value", "vector", "hidden", "matrix", "number", "scalar", "output", "input", "same", "current", "previous"}
)
"""Nouns that are no name of one value among others."""
RESIDUAL = re.compile(r"\b(?:residuals?|shocks?|innovations?)\b|残差|新息", re.IGNORECASE)
PLURAL = re.compile(r"(?<![\w'])(?P<letter>[A-Za-z])'s\b")


def nouns(words: str, states: Collection[str]) -> Mapping[str, str]:
    """The state that each noun of a page means; none of the nouns that mean several."""
    found: dict[str, set[str]] = {}
    for sentence in sentences(words):
        for start, end, (name, *others) in mentions(sentence, states):
            before, behind = BEFORE.search(sentence[:start]), BEHIND.match(sentence, end)
            called = [each["noun"] or each.groupdict().get("chinese") for each in (before, behind) if each and not others]
            for noun in called:
                if noun and noun not in COMMON:
                    found.setdefault(noun, set()).add(name)
    return {noun: next(iter(names)) for noun, names in found.items() if len(names) == 1}


def states_meant(sentence: str, table: Mapping[str, str], states: Collection[str], computed: Collection[str]) -> Iterator[str]:
    """The states that a sentence speaks of without their names.

    Args:
        sentence: it.
        table: the state that each noun of the page means.
        states: all states.
        computed: those that equations define.
    """
    yield from (name for noun, name in table.items() if re.search(rf"(?<![A-Za-z]){noun}(?![A-Za-z])", sentence))
    for plural in PLURAL.finditer(sentence):
        yield from (name for name in states if re.fullmatch(rf"{plural['letter']}_?\d*", name))
    own = [name for name in states if name in computed]
    if RESIDUAL.search(sentence) and len(own) == 1:
        yield from own
