r"""Names of several letters that a page in LaTeX writes as they come, wkv_t = ... for \mathrm{wkv}_t, which would be products.

A product cannot be defined: letters side by side that stand before an equals sign, and elsewhere on the page again, are one name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextvars import ContextVar
from dataclasses import replace

from derive.notation.latex.parts import Name, Part

DEFINED = re.compile(r"\s*&?\s*(?P<word>[A-Za-z]{2,8})\s*_\s*(?:\{\s*)?[a-z]\b[^=]{0,20}=")
ALONE = re.compile(r"\s*&?\s*(?P<word>[A-Za-z]?[a-z]{2,7}|R?MSE|NLL|B?CE|MAE|SSE)\s*&?\s*=")
"""A left side that is a word without an index, loss = ..."""
READ = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,8}(?=\s*_)")
JOINED: ContextVar[Collection[str]] = ContextVar("the names of several letters", default=())


def joined_letters(formulas: Iterable[str]) -> frozenset[str]:
    """The names of several letters of a page, by its formulas in LaTeX."""
    texts = list(formulas)
    defined = {found["word"] for each in texts if (found := DEFINED.match(each))}
    counts = Counter(word for each in texts for word in READ.findall(each)) if defined else Counter[str]()
    return frozenset(word for word in defined if counts[word] > 1) | {found["word"] for each in texts if (found := ALONE.match(each))}


def joined(parts: Sequence[Part]) -> list[Part]:
    """The parts of a formula, with letters side by side that are such a name as one name; the last of them has its scripts."""
    words, kept = JOINED.get(), list[Part]()
    for part in parts:
        kept.append(part)
        word = next((each for each in words if _ends_with(kept, each)), "")
        if word:
            first, last = kept[-len(word)], kept[-1]
            assert isinstance(last, Name)
            kept[-len(word) :] = [replace(last, base=word, is_word=True, place=first.place.to(last.place))]
    return kept


def _ends_with(parts: Sequence[Part], word: str) -> bool:
    """Whether the last parts are the letters of a word, each behind the other, of which only the last one has scripts."""
    last = list(parts[-len(word) :])
    names = [each for each in last if isinstance(each, Name)]
    if len(names) < len(word) or "".join(each.base for each in names) != word:
        return False
    bare = all(not each.has_index and not each.after for each in names[:-1])
    starts = [each.place.start for each in names]
    return bare and starts == list(range(starts[0], starts[0] + len(word)))
