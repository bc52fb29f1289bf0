"""The functions that a page defines, before what they are applied to, where LaTeX alone would say a product."""

from __future__ import annotations

import re
from collections.abc import Collection

from derive.notation.written import Written


def glued(made: Written, own: Collection[str], text: str) -> Written:
    r"""The text with functions of the page before their parentheses, where a name would have been a factor; \sigma may be one of them."""
    for name in own:
        if name == "sigma":
            made = _lettered(made, text)
        while found := re.search(rf"(?<!\w){re.escape(name)} (?=\()", made.plain):
            start, end = found.span()
            made = Written.joined([made[:start], Written.of(name, made.columns[start]), made[end:]])
        while found := re.search(rf"(?<!\w){re.escape(name)} \[", made.plain):
            start, end = found.span()
            close = _closing(made.plain, end - 1)
            call = [Written.of(f"{name}(", made.columns[start]), made[end:close], Written.of(")", made.columns[close])]
            made = Written.joined([made[:start], *call, made[close + 1 :]])
    return made


def _lettered(made: Written, text: str) -> Written:
    r"""The text with sigma in the place of sigmoid, where \sigma stands."""
    for at in reversed([found.start() for found in re.finditer(r"(?<!\w)sigmoid(?=\()", made.plain)]):
        if re.match(r"\\sigma(?![A-Za-z])|σ", text[made.columns[at] :]):
            made = Written.joined([made[:at], Written.of("sigma", made.columns[at]), made[at + len("sigmoid") :]])
    return made


def _closing(text: str, at: int) -> int:
    """Where the bracket that stands there is closed."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if depth == 0:
            return place
    return len(text) - 1
