"""Slips against the page's own words, in English or Chinese: a gate that keeps where the text says that it writes, and the reverse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.critique.canonical import Token
from derive.critique.citing import cited
from derive.critique.page import Page, Slip

KEEPS = r"\b(?:keep(?:s|ing)?|kept|retain(?:s|ed)?|preserve[sd]?|carr(?:y|ies|ied) over|remember(?:s|ed)?|cop(?:y|ies|ied))\b|保留|保持|记住|沿用"
WRITES = r"\b(?:admit(?:s|ted)?|lets? in|writes?|written|add(?:s|ed)?|take[sn]? (?:in|over)|proposes?)\b|写入|加入|接纳|采纳|引入|采用"
OLD = r"\b(?:old|previous|past|last|former|earlier|memory|history)\b|旧|上一|前一|先前|之前|过去|记忆|历史"
NEW = r"\b(?:new|candidate|proposal|input)\b|(?<![更重])新|候选|当前输入"
SHARE = r"\bhow much\b|多少|程度|比例"
SILENT = (
    r"\b(?:not|no|forget\w*|discard\w*|overwr\w*|replac\w*|eras\w*|drop\w*|reset\w*)\b|n't\b"
    r"|不|没有|遗忘(?!门)|忘记|丢弃|舍弃|覆盖|替换|清除|重置"
)
"""What a gate may be said to do, and to what; and words beside which nothing is concluded."""
NOUNS = {True: r"\bforget gate\b|遗忘门", False: r"\binput gate\b|输入门"}
"""What a gate beside another is called: one that keeps, one that admits."""
VALUE = re.compile(r"(?:_t)?[^01]{0,20}?(?:\bto|=|≈|→|\bnear|\bis|于|近|为|是|取)\s*([01])(?![\d-])")
GOES_ON = re.compile(r"\s*(?:which|that|it|so|then|它|其|该|则|控制|决定|用于|用来|表示)")
STYLE = re.compile(r"\\(?:math\w+|bold\w+|bm|text\w+|emph|rm|bf|left|right)\b")
WORDS = ("a", "A", "I")
"""Names that are words too: they count as names with an index only."""


@dataclass(frozen=True)
class _Deed:
    """What a gate does in an equation: it multiplies the value one step before (keeps), or something else."""

    gate: str
    keeps: bool
    equation: str
    has_complement: bool


def swapped(page: Page) -> Iterator[Slip]:
    """z_t h_{t-1} + (1 - z_t) n_t under the words "z admits the candidate"."""
    deeds = list(_deeds(page))
    sentences = _sentences(page.system.prose) if deeds else []
    told: set[str] = set()
    for deed in deeds:
        said = _said(sentences, deed, list(page.system.variables))
        if said is None or said == deed.keeps or deed.equation in told:
            continue
        told.add(deed.equation)
        value = page.value(deed.gate)
        words, doing = ("keeps the old", "admits the new") if said else ("admits the new", "keeps the old")
        fact = f"the text says that {value} {words}, by the equation it {doing}"
        advice = f"exchange {value} and {page.complement(deed.gate)}" if deed.has_complement else "exchange the gates"
        yield Slip(page.system.equation(deed.equation), fact, f"{advice}, or change the text")
    yield from _against_reference(page)


def _against_reference(page: Page) -> Iterator[Slip]:
    """A gate that is exchanged with its complement against the paper that the page refers to."""
    found = page.recognition
    own = cited(page.system.notes.get("reference", page.system.notes.get("source", "")))
    if found is None or not found.is_exact or not own or own != cited(found.standard.notes.get("reference", "")):
        return
    for name in found.flipped:
        reader = next(each for each in page.system.equations if page.system[name].symbol in each.reads)
        fact = f"{page.value(name)} and {page.complement(name)} are exchanged against {own}"
        yield Slip(reader, fact, "both conventions are in use; the cell computes the same with its weights negated")


def _deeds(page: Page) -> Iterator[_Deed]:
    """What the gates do in sums z a + (1 - z) b or f a + i b, in which a is the value one step before."""
    gates = [each.name for each in page.gates if each.is_proper]
    for unit in page.form.units.values():
        terms = [[factor for factor in term.factors if factor[0] == "read"] for term in unit.terms]
        old = [reads for reads in terms if any(_is_old(read, unit.name) for read in reads)]
        if not unit.is_named or len(terms) != 2 or len(old) != 1:
            continue
        (kept,), (other,) = old, [reads for reads in terms if reads not in old] or [[]]
        here, there = ({read[1]: read[3] for read in reads if read[1] in gates and read[2] == 0} for reads in (kept, other))
        for name, is_complement in here.items():
            if there.get(name) is (not is_complement):
                yield _Deed(name, not is_complement, unit.name, True)
        if len(here) == len(there) == 1 and here.keys() != there.keys() and not any((*here.values(), *there.values())):
            yield from (_Deed(name, keeps, unit.name, False) for names, keeps in ((here, True), (there, False)) for name in names)


def _is_old(read: Token, name: str) -> bool:
    return read[1] == name and isinstance(read[2], int) and read[2] < 0


def _sentences(prose: str) -> list[list[str]]:
    """The clauses of the sentences of a text, with names as they are in the plain notation."""
    text = re.sub(r"\$\$|\\begin|\\end|\n\s*\n", ". ", prose)
    text = re.sub(r"[$*`\\{}]", "", STYLE.sub("", text))
    text = re.sub(r"(?<!\d)1\s*[-−–]\s*", "1-", re.sub(r"\s+", " ", text))
    return [re.split(r"[,，、]|\b(?:and|while|whereas)\b|而", sentence) for sentence in re.split(r"[.;。；]", text)]


def _said(sentences: list[list[str]], deed: _Deed, names: list[str]) -> bool | None:
    """Whether the text says that a gate keeps the old (True) or admits the new (False); None if it says neither, or both."""
    found = set()
    for clauses in sentences:
        for at, clause in enumerate(clauses):
            for mention in _mention(deed.gate).finditer(clause):
                rest = clause[mention.end() :]
                value = VALUE.match(rest)
                more = clauses[at + 1 : at + 2]
                if more and (value or GOES_ON.match(more[0])) and not any(_mention(name).search(more[0]) for name in names):
                    rest += more[0]
                is_turned = bool(mention[1]) != bool(value and value[1] == "0")
                meant = _meant(rest, clause if not deed.has_complement else "")
                found |= {meant != is_turned} if meant is not None else set()
    return found.pop() if len(found) == 1 else None


def _mention(name: str) -> re.Pattern[str]:
    """A name in a sentence, after "1-" or not."""
    index = "_t" if name in WORDS else "(?:_t)?"
    return re.compile(rf"(?<![A-Za-z0-9_-])(1-)?{re.escape(name)}{index}(?![A-Za-z0-9_-])")


def _meant(rest: str, clause: str) -> bool | None:
    """Whether the words after a name say that it keeps (True) or admits (False)."""
    nouns = [keeps for keeps, noun in NOUNS.items() if re.search(noun, clause)]
    if len(nouns) == 1:
        return nouns[0]
    if re.search(SILENT, rest):
        return None
    keeps, writes, old, new, share = (bool(re.search(each, rest)) for each in (KEEPS, WRITES, OLD, NEW, SHARE))
    is_keeping = (keeps and not new and not writes) or (old and not new and share)
    is_writing = (writes and not old and not keeps) or (new and not old and share)
    return is_keeping if is_keeping != is_writing else None
