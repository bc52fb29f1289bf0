"""A page to its words: what it says between its displayed equations, with the formulas inside sentences as they stand."""

from __future__ import annotations

import re

from derive.notation.surroundings.regions import regions

FENCE = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^(?: {4}|\t).*$", re.MULTILINE)
EMPTIED = re.compile(r"\$\$\s*\$\$")
"""The marks of a display without what stood between them, which are none of a formula in a sentence."""
TAGGED = re.compile(r"</?math[^<>]*>")
LINKED = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
"""The marks of formulas and links in a wiki."""
COMMENT = re.compile(r"(?<!\\)%.*$", re.MULTILINE)


def prose(text: str) -> str:
    """The words of a page, which `page.reading` has found to be well formed."""
    kept = list(text)
    for region in regions(text)[0]:
        if not region.is_inline and region.source.columns:
            start, end = region.source.columns[0], region.source.columns[-1] + 1
            kept[start:end] = " " * (end - start)
    words = CODE.sub("", FENCE.sub("", COMMENT.sub("", "".join(kept))))
    return LINKED.sub(r"\1", TAGGED.sub("$", EMPTIED.sub(" ", words))).strip()
