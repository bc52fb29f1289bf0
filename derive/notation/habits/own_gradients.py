r"""The gradients that a page works out beside its cell, which are no part of it: by their names, and by the heading that they stand under.

d\alpha_{tj} = h_j^\top dc_t,  \delta f_t = ...,  dW += da @ x^T      d or delta before a name of the cell
dh_t/dw = ...,  \frac{dL}{dW} = ...                                   a quotient
### Backward pass:  e_t = p_t - y_t                                   what stands there beside such formulas
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from derive.notation.prose.losses import NAMES

FONTS = r"(?:\\(?:mathbf|boldsymbol|bm|mathrm|mathit|tilde|hat|bar|vec|dot|overline|widetilde|widehat|mathcal)\s*\{?\s*)*"
SIGN = r"\s*(?:&\s*)?(?:\+?=(?!=)|:=|\\(?:leftarrow|gets|mathrel|coloneqq)(?![A-Za-z])|←)"
INDEX = r"(?:\s*[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\?\w+)|\s*[\[(][^\[\]()=]{0,20}[\])]|\s*\})*"
NAMED = re.compile(
    rf"[\s&]*(?:\\mathrm\s*\{{?\s*d\s*\}}?|\\delta(?![A-Za-z])|d(?!t(?![A-Za-z]))|[∂δ])\s*{FONTS}(?P<name>\\?[A-Za-z]+[0-9]*){INDEX}{SIGN}"
)
"""The gradient of a name, by d or delta before it, on the left side of a formula."""
D = r"(?:\\mathrm\s*\{?\s*d\s*\}?|[d∂])"
QUOTIENT = re.compile(
    rf"[\s&]*(?:\\[dt]?frac\s*\{{\s*{D}\s*[^{{}}=]+\}}\s*\{{\s*{D}\s*(?!t\s*\}})(?:[^{{}}=]|\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})+\}}"
    rf"|{D}\s*\w+(?:\[[^\[\]]*\])?\s*/\s*{D}\s*(?!t(?!\w))\w+(?:\[[^\[\]]*\])?)\s*(?:&\s*)?\+?="
)
"""The derivative of a value by another one, on the left side of a formula."""
LETTERS = re.compile(r"\\?[A-Za-z]+[0-9]*")
LEFT = re.compile(rf"[\s&]*{FONTS}(?P<name>\\?[A-Za-z]+[0-9]*)")
MEANS = re.compile(
    rf"(?P<name>\\?[A-Za-z]+[0-9]*)(?:_\{{?t\}}?|[(\[]\s*[a-z]\s*[)\]])?\s*(?:=|:=)\s*\$?\s*{D}\s*\w+(?:[(\[]\w[)\]])?\s*/\s*{D}\s*(?!t(?!\w))\w"
)
"""A name of a derivative, in a sentence or in a formula: alpha1(n) = dy(n)/da1."""
HEADING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+(?P<marked>.*)|\\(?:sub)*(?:section|paragraph)\*?\s*\{(?P<section>[^{}]*)\}.*|\*\*(?P<bold>[^*\n]{1,60})\*\*.*"
    r"|【(?P<boxed>[^】\n]*)】.*"
    r"|(?:\d{1,2}[.)、]\s*|[(（]?[一二三四五六七八九十][)）、.]\s*)?"
    r"(?P<plain>(?:forward|backward|model|cell|loss|gradients?|backprop\w*|derivation|前向|反向|梯度|损失|模型|推导|求导)(?![a-z])[^=\n]{0,40}?)(?:[,:：，].*)?)$",
    re.IGNORECASE | re.MULTILINE,
)
OF_GRADIENTS = re.compile(
    r"\bback(?:ward|prop\w*)\b|\bBPTT\b|\bgradients?\b|\bderivatives?\b|反向|梯度|求导|导数|反传|偏导|误差传播", re.IGNORECASE
)
"""What the heading of a part says that is of gradients."""


@dataclass(frozen=True)
class Written:
    """A formula: its text, and where it begins on the page."""

    text: str
    start: int


def of_gradients(formulas: Mapping[int, Written], text: str) -> set[int]:
    """The places of the formulas that are of gradients.

    Args:
        formulas: those that may be equations, by place.
        text: the page.
    """
    quotients = {place for place, each in formulas.items() if QUOTIENT.match(each.text)}
    marked = {place: found["name"] for place, each in formulas.items() if place not in quotients and (found := NAMED.match(each.text))}
    others = {letter for place, each in formulas.items() if place not in marked for letter in LETTERS.findall(each.text)}
    named = {place for place, name in marked.items() if name in others}
    lines = (line for line in text.split("\n") if "/" in line and "=" in line) if formulas else ()
    means = {each["name"] for line in lines for each in MEANS.finditer(line)}
    quotients |= {place for place, each in formulas.items() if (left := LEFT.match(each.text)) and left["name"] in means}
    sure = quotients | (set(marked) if len(named) + len(quotients) > 1 else set())
    return sure | _beside(formulas, sure, text)


def _beside(formulas: Mapping[int, Written], sure: set[int], text: str) -> set[int]:
    """The places of formulas in parts of the page which are of gradients by their headings, and have some of them."""
    headings = list(HEADING.finditer(text)) if sure else []
    starts = [each.start() for each in headings]
    parts: dict[int, set[int]] = {}
    for place, each in formulas.items():
        parts.setdefault(bisect_right(starts, each.start) - 1, set()).add(place)
    found: set[int] = set()
    for number, places in parts.items():
        title = next(filter(None, headings[number].groups()), "") if number >= 0 else ""
        if not OF_GRADIENTS.search(title) or not places & sure:
            continue
        read = {letter for place, each in formulas.items() if place not in places for letter in LETTERS.findall(each.text)}
        lefts = {place: name["name"] for place in places - sure if (name := LEFT.match(formulas[place].text))}
        found |= {place for place, name in lefts.items() if name not in read and name.lstrip("\\") not in NAMES}
    return found
