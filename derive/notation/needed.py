"""Which formulas in the midst of prose count: those that define what the equations that count read and do not define themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from derive.notation.calls import NAMES, canonical
from derive.notation.meant import NAME, key

FUNCTION = re.compile(r"([^\W\d_]\w*(?:_\{[^{}]*\})?) ?[(\[]([^()=]*)[)\]](?:_\w|_\{\w\})? = ")
TIME = re.compile(r"_(t\b|\{[^{}]*t)")

Key = tuple[str, ...]


def needed(texts: Iterable[str], lefts: Mapping[int, str], pieces: Mapping[int, str]) -> set[int]:
    """The places of the formulas in prose that count.

    Args:
        texts: the equations that count, in the plain notation.
        lefts: the left sides of the formulas in prose, or all of them, by place.
        pieces: the formulas in prose that can be read, by place.
    """
    candidates = {place: _Candidate(left) for place, left in sorted(lefts.items())}
    state = _State()
    for text in texts:
        state.take(text, candidates.values())
    found: set[int] = set()
    while (place := next((place for place, each in candidates.items() if state.needs(each)), None)) is not None:
        found.add(place)
        del candidates[place]
        if place in pieces:
            state.take(pieces[place], candidates.values())
    return found


class _Candidate:
    """A formula in prose: what it defines, and whether equations that count call it or read it as it is written."""

    def __init__(self, left: str) -> None:
        function = FUNCTION.match(left)
        self.function = function[1] if function else ""
        self.bare = left.partition("=")[0].strip()
        self.key = key(left.partition("=")[0].partition("(")[0])
        self.sought = "" if function else self.bare
        self.pattern = _call(self.function) if function else re.compile(rf"(?<!\w){re.escape(self.bare)}(?![\w{{(])")
        self.is_read = False


class _State:
    """What the equations that count define and read."""

    def __init__(self) -> None:
        self.defined: set[Key] = set()
        self.lefts: set[str] = set()
        self.reads: set[Key] = set()

    def take(self, text: str, candidates: Iterable[_Candidate]) -> None:
        """Count an equation."""
        left, _, right = text.partition("=")
        self.defined.add(key(left.partition("(")[0]))
        self.lefts.add(left.strip())
        self.reads |= {key(read[0]) for read in NAME.finditer(right)}
        for each in candidates:
            each.is_read = each.is_read or (each.sought in right and bool(each.pattern.search(right)))

    def needs(self, each: _Candidate) -> bool:
        """Whether a formula defines what is read and not defined, or the first value of what is defined."""
        if each.function:
            return each.is_read
        if not each.key:
            return False
        if each.key in self.defined:
            return each.is_read and not TIME.search(each.bare) and each.bare not in self.lefts
        return each.key[:-1] in self.defined if each.key[-1] == "0" else each.key in self.reads


def is_called(name: str, texts: Iterable[str]) -> bool:
    """Whether one of the equations, in the plain notation, applies a function."""
    return any(_call(name).search(text.partition("=")[2]) for text in texts)


def _call(name: str) -> re.Pattern[str]:
    """A call of a function; σ is written as the built-in function unless a page defines it."""
    name = canonical(name) if canonical(name) in ("σ", *NAMES) else name
    names = "σ|sigma|sigmoid" if name == "σ" else re.escape(name)
    return re.compile(rf"(?<!\w)(?:{names})\s?[(;,\]]")
