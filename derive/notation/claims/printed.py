r"""A derivation as this program prints it, as a page of the equations of its gradients: in plain text, as HTML, in Markdown and in LaTeX.

What is left out: reasons and numbers beside equations, tables, the equations of how changes spread (\dot{h}), and products with dots. Lines stay
where they were.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable

BAR, DOT = "\N{COMBINING MACRON}", "\N{COMBINING DOT ABOVE}"
RULE = re.compile(r"^[═─]{4,}\s*$", re.MULTILINE)
TAG = re.compile(r"<[^<>]*>")
TEXT_OF = re.compile(r'alttext="([^"]*)"')
ASIDE = ("style", "script", "svg", "head", "nav", "figure", "table", "details")
"""Parts of a document in HTML in which no equations are."""
ONES = re.compile(r"1_\{[^}]*×[^}]*\}\s*⊙\s*")
"""A matrix of ones, by which nothing changes."""
BRACED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
NUMBER = re.compile(rf"\\(?:tag|label)\s*\*?\s*{BRACED}|\\notag\b|\\nonumber\b")
REASON = re.compile(
    rf"(?:&&|\\q?quad)\s*\\text\s*(?:\{{(?:\\small )?\(\d[^\n]*?|{BRACED}(?:(?!\\\\)[^\n=$])*?)(?=\\\\|\n|\$\$|$)", re.MULTILINE
)
TANGENT = re.compile(r"(?:^|(?<=\\\\)|(?<=\$\$)|(?<=\}))[^\n=]*\\dot\s*\{[^\n]*?(?=\\\\|\$\$|\n|$)", re.MULTILINE)
LENGTH = re.compile(r"\$\s*T\s*=\s*\d+\s*\$")
DOTTED = re.compile(r"(?:\$\$|\\\[)(?:(?!\$\$|\\\[|\\\]).)*?(?:\\cdots|\\partial\^\{\+\})(?:(?!\$\$|\\\[|\\\]).)*?(?:\$\$|\\\])", re.DOTALL)


def unprinted(text: str) -> str:
    """A page with what is printed beside equations left out; what is no document of this program is as it was, but for numbers of equations."""
    if "<math" in text:
        return _equations(_of_html(text))
    text = _cut(text, "details", lambda part: re.sub(r"[^\n]", " ", part))
    if "\\" in text:
        for pattern in (NUMBER, REASON, DOTTED, TANGENT):
            text = pattern.sub(_blank, text)
        return LENGTH.sub(lambda found: "T".ljust(len(found[0])), text)
    return _equations(text) if len(RULE.findall(text)) > 1 else text


def _of_html(text: str) -> str:
    """The text of a document in HTML: a formula as its text, and a line for each that was one."""
    for name in ASIDE:
        text = _cut(text, name, lambda part: "\n" * part.count("\n"))
    text = _cut(text, "math", _of_math)
    text = re.sub(r"<(?:span class=\"(?:reason|note)\"|a class=\"number\")[^>]*>", "   ", text)
    return "\n".join(_indented(html.unescape(TAG.sub("", line))) for line in text.split("\n"))


def _of_math(part: str) -> str:
    """The text of a formula."""
    start = part.partition(">")[0]
    found = TEXT_OF.search(start)
    return html.unescape(found[1] if found else TAG.sub("", part))


def _cut(text: str, name: str, make: Callable[[str], str]) -> str:
    """A text with something in the place of each element of a name."""
    made, at, end = [], 0, f"</{name}>"
    for found in re.finditer(rf"<{name}\b", text):
        if found.start() < at:
            continue
        stop = text.find(end, found.start())
        if stop < 0:
            break
        made += [text[at : found.start()], make(text[found.start() : stop + len(end)])]
        at = stop + len(end)
    return "".join([*made, text[at:]])


def _indented(line: str) -> str:
    return f"  {line.strip()}" if line.strip() else ""


def _equations(text: str) -> str:
    """The equations of gradients of a document in plain text, each on the line where it begins."""
    lines = unicodedata.normalize("NFD", text).replace("\N{COMBINING OVERLINE}", BAR).split("\n")
    made, left = [""] * len(lines), ""
    current = -1
    for place, line in enumerate(lines):
        found = re.split(r"\s{3,}|\s+\(\d+\)\s*$", line.strip())
        own = next((each for each in found if "=" in each), "")
        is_shown = line.startswith("  ") and bool(line.strip())
        if own and is_shown and not own.lstrip().startswith("="):
            left = own.partition("=")[0].strip()
            current = place if BAR in left and DOT not in own else -1
            made[place] = own if current == place else ""
        elif own and is_shown and left and BAR in left:
            current, made[place] = place, f"{left} {own.strip()}"
        elif is_shown and current >= 0 and (found[0][:1] in "+-−⊙" or re.search(r"[+\-−⊙(]\s*$", made[current])):
            made[current] += f" {found[0]}"
        else:
            current = -1
    return "\n".join(ONES.sub(_blank, each) for each in made)


def _blank(found: re.Match[str]) -> str:
    """Nothing, of the same length, so that all else stands where it stood."""
    return re.sub(r"[^\n]", " ", found[0])
