r"""A function by cases in LaTeX to its tree, and a value by cases of the step (`moments.py`).

f(x) = \begin{cases} x & \text{if } x > 0 \\ 0.1 x & \text{otherwise} \end{cases}      f(x) = x if x > 0, 0.1 x otherwise
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import TypeVar

from derive.notation import moments
from derive.notation.latex import parser as latex
from derive.notation.moments import Moment, Threshold
from derive.notation.ticks import ticks
from derive.notation.tree import Call, Cases, Comparison, Definition, Equation, OverIndex, Statement, Tree, parts, shifted
from derive.notation.written import Written, Wrong, replaced

ENVIRONMENT = r"(?:[dr]?cases\*?|array)"
CASES = re.compile(
    rf"(?P<left>[^=:]+?)(?:=|:=|\\(?:long)?leftarrow(?![A-Za-z]))\s*&?\s*(?:\\left\s*\\\{{|\\\{{|\\left\s*\\lbrace)?\s*"
    rf"\\begin\s*\{{{ENVIRONMENT}\}}(?:\s*\{{[lcr|@\s]*\}})?(?P<rows>.*)\\end\s*\{{{ENVIRONMENT}\}}\s*(?:\\right\s*\.?)?"
    r"(?:[\s.,;&]|\\(?:nonumber|notag|q?quad|[,;!])(?![A-Za-z])|\\(?:label|tag\*?)\s*\{[^{}]*\})*",
    re.DOTALL,
)
ROW = re.compile(r"\\\\(?:\s*\[[^\]\n]*\])?|\\(?:newline|cr)(?![A-Za-z])")
TEXT = re.compile(r"\\(?:text\w*|mbox|hbox|mathrm|textrm)\s*\{([^{}]*)\}")
SPACE = re.compile(r"\\q?quad(?![A-Za-z])|\\[,;:! ]|~|\$")
LEADING = re.compile(r"\s*(?:(?:if|for|when|where)(?![A-Za-z])|如果|若|当|对于?)")
TRAILING = re.compile(r"\s*(?:时|的时候)\s*$")
OTHERWISE = re.compile(r"\s*(?:otherwise|else|elsewhere|for all other (?:t|steps|times)|其[他它余](?:情况|时刻)?|否则)[\s.,;。，]*")
BEHIND = re.compile(
    r"(?:\s|\\q?quad|\\[,;])*\\(?:text\w*|mbox)\s*\{\s*(?:if|for|when|otherwise|else)\b|(?:\s|\\q?quad|\\[,;])*\\(?:text\w*|mbox)\s*\{\s*(?:如果|若|当|其[他它余]|否则)"
)
BOTH = re.compile(r"\s+and\s+|\\(?:wedge|land)(?![A-Za-z])")


def are_cases(text: str) -> bool:
    """Whether it is a function, or a value at t, that is defined by cases."""
    return CASES.fullmatch(text) is not None


def parse(text: str, own: Collection[str], time: str = "t") -> tuple[Statement, ...]:
    """What a definition by cases says.

    Args:
        text: the definition in LaTeX.
        own: the functions that its page defines.
        time: the letter of the time.

    Raises:
        Wrong: a case is not understood; at a column.
    """
    source = Written(text, tuple(range(len(text))))
    found = CASES.fullmatch(text)
    assert found is not None
    end = found.end("left")
    head = latex.parse(f"{text[:end]}=0", own, time)[0]
    split = _split(source[found.start("rows") : found.end("rows")], ROW)
    rows = [each[len(each.plain) - len(each.plain.lstrip()) :] for each in split if each.plain.strip()]
    cases: list[tuple[Tree, Written | None]] = []
    for place, each in enumerate(rows):
        value, condition = _cells(each)
        is_other = OTHERWISE.fullmatch(condition.plain) is not None
        if is_other and place < len(rows) - 1:
            raise Wrong("a case stands behind the one for all others", "write it before", (each.columns or (end,))[0])
        bare = condition[_leading(condition) :]
        if not is_other and not bare.plain.strip(" .,;\n"):
            raise Wrong("a case has no condition", r"write x & x > 0 \\ or x & \text{otherwise}", (each.columns or (end,))[0])
        cases.append((_read(value, lambda part: latex.value(part, own, time)), None if is_other else bare))
    if not cases:
        raise Wrong("there is no case", r"write x & x > 0 \\ or x & \text{otherwise}", end)
    if isinstance(head, Definition):
        return (_function(head, cases, lambda part: latex.comparison(part, own, time)),)
    assert isinstance(head, Equation)
    is_simple = not any(isinstance(part, Call | OverIndex) for value, _ in cases for part in parts(value))
    return moments.equations(
        head.left, [(value, None if each is None else _moment(each, own, time, is_simple)) for value, each in cases], end
    )


def _function(head: Definition, cases: list[tuple[Tree, Written | None]], comparison: Callable[[str], Comparison]) -> Definition:
    """A function by cases of its operand."""
    values = tuple((value, tuple(_read(one, comparison) for one in _split(each, BOTH)) if each else ()) for value, each in cases)
    body = Cases(values, place=values[0][0].place.to(values[-1][0].place))
    return replace(head, body=body, place=head.place.to(body.place))


def _moment(condition: Written, own: Collection[str], time: str, is_simple: bool) -> Moment | Threshold:
    """The steps of a case, or the entries; these only where no case has a function, which may have no value where it does not hold.

    Raises:
        Wrong: it is a condition on values that is not understood.
    """
    found: Moment | Threshold | None = ticks(condition.plain, time) or latex.moment(condition.plain, own, time, condition.columns[0])
    if found is None and is_simple:
        found = Threshold.of(_read(condition, lambda part: latex.comparison(part, own, time)))
    if found is None:
        advice = r"write f(a) = \begin{cases} ... \end{cases} of a, and h_t = f(x_t); zeros and ones are a gate, m_t \odot a_t + (1 - m_t) \odot b_t"
        raise Wrong("a case that depends on values belongs to a function", advice, condition.columns[0])
    return found


Made = TypeVar("Made", bound=Tree)


def _read(source: Written, reader: Callable[[str], Made]) -> Made:
    """What a reader makes of a part of the text, at its places in the whole text."""
    columns = source.columns
    try:
        made = reader(source.plain)
    except Wrong as wrong:
        raise wrong.moved(lambda column: columns[column] if column < len(columns) else (columns or (0,))[-1] + 1) from None
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
    condition = replaced(condition[: len(condition.plain.rstrip(" \n\t,;."))], TRAILING, lambda _: "")
    return value[: len(value.plain.rstrip(" \n\t,;"))], condition


def _split(source: Written, sign: re.Pattern[str]) -> Iterator[Written]:
    at = 0
    for found in sign.finditer(source.plain):
        yield source[at : found.start()]
        at = found.end()
    yield source[at:]
