"""A page to its words: what it says between its displayed equations, with the formulas inside sentences as they stand."""

from __future__ import annotations

import re

from derive.notation.regions import regions

FENCE = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^(?: {4}|\t).*$", re.MULTILINE)
COMMENT = re.compile(r"(?<!\\)%.*$", re.MULTILINE)


def prose(text: str) -> str:
    """The words of a page, which `page.reading` has found to be well formed."""
    kept = list(text)
    for region in regions(text)[0]:
        if not region.is_inline and region.source.columns:
            start, end = region.source.columns[0], region.source.columns[-1] + 1
            kept[start:end] = " " * (end - start)
    return CODE.sub("", FENCE.sub("", COMMENT.sub("", "".join(kept)))).strip()
