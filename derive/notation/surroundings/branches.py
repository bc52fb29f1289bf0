"""Equations by cases over several lines, each as one equation: under `if t mod 4 == 0:` and `else:`, and with `= ... otherwise` below."""

from __future__ import annotations

import re
from collections.abc import Iterable

from derive.notation.written import Written, Wrong, replaced

IF = re.compile(
    r"\s*if\s+(?P<when>[^:]*?(?:\w\s*(?:mod|%|[=<>!≤≥≠])|t\s+is\s+(?:a\s+multiple|divisible))[^:]*?)\s*(?:then)?\s*:?\s*", re.IGNORECASE
)
MULTIPLE = re.compile(r"t\s+is\s+(?:a\s+multiple\s+of|divisible\s+by)\s+(?P<period>[0-9]+)", re.IGNORECASE)
ELSE = re.compile(r"\s*(?:else|otherwise)\s*:?\s*", re.IGNORECASE)
LONGEST = 1000
"""How many characters two lines of an equation by cases have at most."""
OTHERWISE = re.compile(r"\s*(?:=\s*)?(?P<right>\S.*?)\s*,?\s+(?:otherwise|else)\s*[.,;]?\s*", re.IGNORECASE)
"""A second line of an equation that says what holds at all other steps."""
WITH_CASE = re.compile(r"(?P<first>[^=]*(?<![<>!:=])=(?!=).*\sif\s.*?)\s*[.,;]?\s*")
EQUATION = re.compile(r"\s*(?P<left>[^=<>!:]+?)\s*(?:(?<![<>!:=])=(?!=)|:=|←)\s*(?P<right>\S.*?)\s*")


def joined(lines: Iterable[Written]) -> list[Written]:
    """The lines, those of two branches as one equation for each name that both define.

    Raises:
        Wrong: a branch has an equation that the other one lacks; at an offset.
    """
    pending = list(lines)
    kept: list[Written] = []
    while pending:
        is_short = "if" in pending[0].plain and len(pending) > 1 and len(pending[0].plain) + len(pending[1].plain) < LONGEST
        first = WITH_CASE.fullmatch(pending[0].plain) if is_short else None
        second = OTHERWISE.fullmatch(pending[1].plain) if first else None
        if first and second:
            value = pending[1][second.start("right") : second.end("right")]
            if (again := EQUATION.fullmatch(value.plain)) and again["left"] == _left(pending[0]):
                value = value[again.start("right") : again.end("right")]
            own = replaced(pending[0][: first.end("first")], MULTIPLE, lambda found: f"t mod {found['period']} = 0")
            kept.append(Written.joined([own, Written.of(" else ", own.columns[-1]), value]))
            pending = pending[2:]
            continue
        found = IF.fullmatch(pending[0].plain)
        then, rest = _block(pending[0], pending[1:]) if found else ([], pending)
        is_else = bool(then) and bool(rest) and ELSE.fullmatch(rest[0].plain) is not None
        other, behind = _block(rest[0], rest[1:]) if is_else else ([], rest)
        table = {_left(each): each for each in other}
        if not found or not then:
            kept.append(pending.pop(0))
            continue
        if alone := {_left(each) for each in then} ^ set(table):
            raise Wrong(f"{min(alone)} is defined in one branch alone", "say in both what it is, `else` for all other steps: h_t = h_{t-1}",
                        pending[0].columns[0] + found.start("when"))  # fmt: skip
        when = _moment(pending[0][found.start("when") : found.end("when")])
        kept += [_by_cases(each, when, table[_left(each)]) for each in then]
        pending = behind
    return kept


def _block(head: Written, lines: list[Written]) -> tuple[list[Written], list[Written]]:
    """The equations that are indented below a line, and the other lines behind it."""
    count = 0
    while count < len(lines) and _indent(lines[count]) > _indent(head) and EQUATION.fullmatch(lines[count].plain):
        count += 1
    return lines[:count], lines[count:]


def _moment(when: Written) -> Written:
    """A condition as the notation has it: t mod 4 = 0 for "t is a multiple of 4"."""
    found = MULTIPLE.fullmatch(when.plain)
    if found is None:
        return when
    period = when[found.start("period") : found.end("period")]
    return Written.joined([Written.of("t mod ", when.columns[0]), period, Written.of(" = 0", period.columns[-1])])


def _indent(line: Written) -> int:
    return len(line.plain) - len(line.plain.lstrip())


def _left(line: Written) -> str:
    found = EQUATION.fullmatch(line.plain)
    return found["left"] if found else ""


def _by_cases(then: Written, when: Written, other: Written) -> Written:
    """The two equations of a name as one."""
    first, second = EQUATION.fullmatch(then.plain), EQUATION.fullmatch(other.plain)
    assert first is not None
    assert second is not None
    at = then.columns[first.end("right") - 1]
    value = other[second.start("right") : second.end("right")]
    return Written.joined([then[: first.end("right")], Written.of(" if ", at), when, Written.of(" else ", at), value])
