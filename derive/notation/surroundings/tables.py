r"""Gradients that a derivation lists in a table, | $V$ | $\sum_t e_t h_t^\top$ | under "parameter" and "gradient", as equations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derive.notation.surroundings.regions import Region
from derive.notation.written import Written

HEADER = re.compile(r"\bgradients?\b|\bderivatives?\b|梯度|导数|\\partial|∂", re.IGNORECASE)
"""What the header of a table of gradients says."""
RULE = frozenset("|:- \t\r\n")
"""The characters of the line below the header of a table."""
CELL = re.compile(r"\s*\$(?P<inner>[^$]+)\$\s*")


def gradients(text: str, marked: Sequence[Region]) -> Iterator[Written]:
    r"""The rows of tables of gradients, each as \frac{\partial L}{\partial V} = ...

    Args:
        text: the page.
        marked: its mathematics; that of a row is two formulas in cells of their own.
    """
    inline = {each.source.columns[0]: each.source for each in marked if each.is_inline and each.source.columns}
    lines = text.splitlines(keepends=True)
    at, is_inside = 0, False
    for place, line in enumerate(lines):
        is_row = line.lstrip().startswith("|")
        if "--" in line and RULE.issuperset(line) and place and HEADER.search(lines[place - 1]):
            is_inside = True
        elif is_inside and is_row:
            inner = [source for start, source in sorted(inline.items()) if at <= start < at + len(line)]
            cells = [each for each in line.strip().strip("|").split("|") if each.strip()]
            if (
                len(inner) == len(cells) == 2
                and "=" not in re.sub(r"_\{[^{}]*\}", "", inner[0].plain + inner[1].plain)
                and all(map(CELL.fullmatch, cells))
            ):
                yield _equation(*inner)
        elif not is_row:
            is_inside = False
        at += len(line)


def _equation(value: Written, gradient: Written) -> Written:
    """The gradient by a value as an equation."""
    start, stop = value.columns[0], value.columns[-1]
    return Written.joined([Written.of(r"\frac{\partial L}{\partial ", start), value, Written.of("} = ", stop), gradient])
