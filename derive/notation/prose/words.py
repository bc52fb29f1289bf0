"""A page to its words: what it says between its displayed equations, with the formulas inside sentences as they stand."""

from __future__ import annotations

import re

from derive.notation.prose.characters import simplified
from derive.notation.surroundings.regions import regions

FENCE = re.compile(r"^[ \t]*(```|~~~).*?^[ \t]*\1[^\n]*$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^( *)\S", re.MULTILINE)
CODE = 4
"""How far a line of code is indented, from where the page begins."""
EMPTIED = re.compile(r"\$\$\s*\$\$")
"""The marks of a display without what stood between them, which are none of a formula in a sentence."""
TAGGED = re.compile(r"</?math[^<>]*>")
LINKED = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
"""The marks of formulas and links in a wiki."""
COMMENT = re.compile(r"(?<!\\)%.*$", re.MULTILINE)
REMARK = re.compile(r"^[^#\n]*?(?:#|//)[ \t]*([^\n]*)$|^.*$", re.MULTILINE)
"""A line of code, and what is said in it behind the sign of a comment."""
WORD = re.compile(r"(?<![\w.])[A-Za-z]{2,}(?![\w(.=])|[\u3400-\u9fff]{2}")
NO_INDENT = "\u200b"
"""What stands where a formula began, so that the words behind it are no indented line of code."""
FEW = 4
"""How many words make a line of them."""
EMPHASIS = re.compile(r"\\(?:emph|textbf|textit|textsl|underline)\s*\{([^{}]*)\}")


def prose(text: str) -> str:
    """The words of a page, which `page.reading` has found to be well formed."""
    kept = list(text)
    for region in regions(text)[0]:
        if not region.is_inline and region.source.columns:
            start, end = region.source.columns[0], region.source.columns[-1] + 1
            kept[start:end] = blank(text[start:end])
    words = FENCE.sub(lambda found: REMARK.sub(_remark, found[0]), COMMENT.sub("", "".join(kept)))
    begin = min((len(found[1]) for found in INDENTED.finditer(text)), default=0)
    words = EMPHASIS.sub(r"\1", re.sub(rf"^(?: {{{begin + CODE}}}|\t).*$", _words, words, flags=re.MULTILINE))
    return simplified(LINKED.sub(r"\1", TAGGED.sub("$", EMPTIED.sub(" ", words))).strip())


def blank(display: str) -> str:
    """What stands in the place of a display: its full stop, which ends the sentence around it."""
    bare = display.rstrip()
    is_end = bare.endswith((".", "。")) and not bare.endswith("..")
    return f"{' ' * (len(bare) - 1)}{bare[-1]}".ljust(len(display)) if is_end else " " * len(display)


def _remark(line: re.Match[str]) -> str:
    """What a line of code says in its comment, a paragraph of its own."""
    return f"{line[1]}\n" if line[1] else ""


def _words(line: re.Match[str]) -> str:
    """An indented line, if it is one of words and not of a program."""
    return line[0] if "=" not in line[0] and len(WORD.findall(line[0])) >= FEW else ""
