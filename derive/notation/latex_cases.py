r"""A function by cases in LaTeX to its tree.

f(x) = \begin{cases} x & \text{if } x > 0 \\ 0.1 x & \text{otherwise} \end{cases}      f(x) = x if x > 0, 0.1 x otherwise
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import TypeVar

from derive.notation import latex
from derive.notation.tree import Cases, Comparison, Definition, Tree, shifted
from derive.notation.written import Written, Wrong, replaced

ENVIRONMENT = r"(?:[dr]?cases\*?|array)"
DEFINITION = re.compile(
    rf"(?P<left>[^=]*[)\]]\s*(?:_\s*(?:\{{\s*[a-z]\s*\}}|[a-z]))?\s*)(?:=|:=)\s*&?\s*(?:\\left\s*\\\{{|\\\{{|\\left\s*\\lbrace)?\s*"
    rf"\\begin\s*\{{{ENVIRONMENT}\}}(?:\s*\{{[lcr|@\s]*\}})?(?P<rows>.*)\\end\s*\{{{ENVIRONMENT}\}}\s*(?:\\right\s*\.?)?"
    r"(?:[\s.,;&]|\\(?:nonumber|notag|q?quad|[,;!])(?![A-Za-z])|\\(?:label|tag\*?)\s*\{[^{}]*\})*",
    re.DOTALL,
)
ROW = re.compile(r"\\\\(?:\s*\[[^\]\n]*\])?|\\(?:newline|cr)(?![A-Za-z])")
TEXT = re.compile(r"\\(?:text\w*|mbox|hbox|mathrm|textrm)\s*\{([^{}]*)\}")
SPACE = re.compile(r"\\q?quad(?![A-Za-z])|\\[,;:! ]|~|\$")
LEADING = re.compile(r"\s*(?:if|for|when|where)(?![A-Za-z])")
OTHERWISE = re.compile(r"\s*(?:otherwise|else|elsewhere)[\s.,;]*")
BEHIND = re.compile(r"(?:\s|\\q?quad|\\[,;])*\\(?:text\w*|mbox)\s*\{\s*(?:if|for|when|otherwise|else)\b")
BOTH = re.compile(r"\s+and\s+|\\(?:wedge|land)(?![A-Za-z])")


def is_definition(text: str) -> bool:
    """Whether it is a function of something that is defined by cases."""
    return DEFINITION.fullmatch(text) is not None


def parse(text: str, own: Collection[str], time: str = "t") -> Definition:
    """What a definition by cases says.

    Args:
        text: the definition in LaTeX.
        own: the functions that its page defines.
        time: the letter of the time.

    Raises:
        Wrong: a case is not understood; at a column.
    """
    source = Written(text, tuple(range(len(text))))
    found = DEFINITION.fullmatch(text)
    assert found is not None
    end = found.end("left")
    head = latex.parse(f"{text[:end]}=0", own, time)[0]
    if not isinstance(head, Definition):
        raise Wrong("cases define a function", "write f(x) = ..., and read f(x) in the equation", 0)
    values: list[tuple[Tree, tuple[Comparison, ...]]] = []
    rows = [each for each in _split(source[found.start("rows") : found.end("rows")], ROW) if each.plain.strip()]
    for place, each in enumerate(rows):
        value, condition = _cells(each)
        at = (each.columns or (end,))[0]
        if OTHERWISE.fullmatch(condition.plain):
            if place < len(rows) - 1:
                raise Wrong("a case stands behind the one for all others", "write it before", at)
            values.append((_read(value, lambda part: latex.value(part, own, time)), ()))
            continue
        bare = condition[_leading(condition) :]
        if not bare.plain.strip(" .,;\n"):
            raise Wrong("a case has no condition", r"write x & x > 0 \\ or x & \text{otherwise}", at)
        conditions = tuple(_read(one, lambda part: latex.comparison(part, own, time)) for one in _split(bare, BOTH))
        values.append((_read(value, lambda part: latex.value(part, own, time)), conditions))
    if not values:
        raise Wrong("there is no case", r"write x & x > 0 \\ or x & \text{otherwise}", end)
    body = Cases(tuple(values), place=values[0][0].place.to(values[-1][0].place))
    return replace(head, body=body, place=head.place.to(body.place))


Made = TypeVar("Made", bound=Tree)


def _read(source: Written, reader: Callable[[str], Made]) -> Made:
    """What a reader makes of a part of the text, at its places in the whole text."""
    columns = source.columns
    try:
        made = reader(source.plain)
    except Wrong as wrong:
        at = columns[wrong.column] if wrong.column < len(columns) else (columns or (0,))[-1] + 1
        raise Wrong(wrong.fact, wrong.advice, at) from None
    return shifted(made, columns[0]) if columns else made


def _leading(condition: Written) -> int:
    found = LEADING.match(condition.plain)
    return found.end() if found else 0


def _cells(row: Written) -> tuple[Written, Written]:
    """The value of a case and its condition, in words and formulas."""
    cut = row.plain.find("&")
    behind = cut + 1
    if cut < 0:
        found = BEHIND.search(row.plain)
        cut = behind = found.start() if found else len(row.plain)
    value, condition = row[:cut], row[behind:]
    condition = replaced(replaced(condition, TEXT, lambda found: f" {found[1]} "), SPACE, lambda _: " ")
    return value[: len(value.plain.rstrip(" \n\t,;"))], condition[: len(condition.plain.rstrip(" \n\t,;."))]


def _split(source: Written, sign: re.Pattern[str]) -> Iterator[Written]:
    at = 0
    for found in sign.finditer(source.plain):
        yield source[at : found.start()]
        at = found.end()
    yield source[at:]
