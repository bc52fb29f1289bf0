"""Slips against the page's own words: a gate that keeps where the text says that it writes, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.review.canonical import Token
from derive.review.citing import cited
from derive.review.page import Page, Slip

KEEPS = r"keeps?|keeping|retains?|preserves?|holds? on to|carries over|remembers?|copies|copy"
WRITES = r"admits?|lets? in|writes?|adds?|takes? in|takes? over|proposes?"
OLD = r"old|previous|past|last|former|earlier|memory|history"
NEW = r"new|candidate|proposal|current input|input"
"""What a gate may be said to do, and to what."""


def swapped(page: Page) -> Iterator[Slip]:
    """z_t h_{t-1} + (1 - z_t) n_t under the words "z admits the candidate"."""
    prose = re.sub(r"[$*`\\{}]|_t\b", "", page.system.notes.get("prose", ""))
    prose = re.sub(r"\b1\s*[-−–]\s*", "1-", re.sub(r"\s+", " ", prose))
    for name, keeps, equation_name in _mixing(page):
        said = _said(prose, name)
        if said is None or said == keeps:
            continue
        equation = page.system.equation(equation_name)
        words, deeds = ("keeps the old state", "admits the new") if said else ("admits the new", "keeps the old state")
        fact = f"the text says that {name} {words}, the equation is such that {page.value(name)} {deeds}"
        yield Slip(equation, fact, f"exchange {page.value(name)} and 1 - {page.value(name)}, or change the text")
    yield from _against_reference(page)


def _against_reference(page: Page) -> Iterator[Slip]:
    """A gate that is exchanged with its complement against the paper that the page refers to."""
    found = page.recognition
    own = cited(page.system.notes.get("reference", page.system.notes.get("source", "")))
    if found is None or not found.is_exact or not own or own != cited(found.standard.notes.get("reference", "")):
        return
    for name in found.flipped:
        reader = next(each for each in page.system.equations if page.system[name].symbol in each.reads)
        fact = f"{page.value(name)} and 1 - {page.value(name)} are exchanged against {own}"
        yield Slip(reader, fact, "both conventions are in use; the cell computes the same with its weights negated")


def _mixing(page: Page) -> Iterator[tuple[str, bool, str]]:
    """Gates z of sums z a + (1 - z) b in which a or b is the value one step before: whether z multiplies that value, and where."""
    for unit in page.form.units.values():
        if not unit.is_named or len(unit.terms) < 2:
            continue
        for term in unit.terms:
            reads = [factor for factor in term.factors if factor[0] == "read"]
            old = [read for read in reads if _is_old(read, unit.name)]
            for gate in [read for read in reads if read not in old and read[2] == 0] if old else ():
                others = [other for each in unit.terms if each is not term for other in each.factors]
                if (*gate[:3], not gate[3]) in others and not gate[1].startswith("("):
                    yield gate[1], not gate[3], unit.name


def _is_old(read: Token, name: str) -> bool:
    return read[1] == name and isinstance(read[2], int) and read[2] < 0


def _said(prose: str, name: str) -> bool | None:
    """Whether the text says that a gate keeps the old (True) or admits the new (False); None if it says neither, or both."""
    found = set()
    for clause in re.split(r"[.;:,]|\band\b|\bwhile\b|\bwhereas\b", prose):
        mention = re.search(rf"(?<![\w-])(1-)?{re.escape(name)}(?!\w)", clause)
        if not mention or re.search(r"\bnot\b|\bno\b|n't\b", clause):
            continue
        rest = clause[mention.end() :]
        keeps, writes = (bool(re.search(rf"\b({verb})\b", rest)) for verb in (KEEPS, WRITES))
        old, new = (bool(re.search(rf"\b({noun})\b", rest)) for noun in (OLD, NEW))
        is_keeping = (keeps and not new) or (old and not new and "how much" in clause)
        is_writing = (writes and not old) or (new and not old and "how much" in clause)
        if is_keeping != is_writing:
            found.add(is_keeping != bool(mention[1]))
    return found.pop() if len(found) == 1 else None
