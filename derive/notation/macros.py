r"""The commands that a page in LaTeX defines for itself: \newcommand, \def, \DeclareMathOperator."""

from __future__ import annotations

import re

from derive.notation.written import Written

DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand\*?|providecommand\*?)\s*(?:\{\s*(\\[A-Za-z]+)\s*\}|(\\[A-Za-z]+))\s*(?:\[([0-9])\])?\s*(?=\{)"
    r"|\\def\s*(\\[A-Za-z]+)\s*((?:#[0-9])*)\s*(?=\{)|\\DeclareMathOperator\*?\s*\{\s*(\\[A-Za-z]+)\s*\}\s*(?=\{)"
)
MOST, LONGEST = 500, 20000
"""How many commands of its own a formula may use, and how long it may get."""


class Macros:
    """The commands that a page defines.

    Args:
        text: the page.
    """

    def __init__(self, text: str) -> None:
        self.table: dict[str, tuple[int, str]] = {}
        for found in DEFINITION.finditer(text):
            body = _braced(text, found.end())
            if body is None:
                continue
            if found[6]:
                self.table[found[6]] = (0, rf"\operatorname{{{body}}}")
            elif name := found[1] or found[2]:
                self.table[name] = (int(found[3] or 0), body)
            else:
                self.table[found[4]] = (found[5].count("#"), body)
        names = "|".join(sorted((re.escape(name) for name in self.table), key=len, reverse=True))
        self.pattern = re.compile(rf"(?:{names})(?![A-Za-z])") if names else None

    def expanded(self, source: Written) -> Written:
        """Mathematics with these commands replaced by what they stand for; its characters come from where the command stands."""
        if self.pattern is None:
            return source
        for _ in range(MOST):
            found = self.pattern.search(source.plain)
            if found is None or len(source.plain) > LONGEST:
                break
            count, body = self.table[found[0]]
            end = found.end()
            for number in range(1, count + 1):
                while source.plain[end : end + 1].isspace():
                    end += 1
                operand = _braced(source.plain, end)
                end += 1 if operand is None else len(operand) + 2
                body = body.replace(f"#{number}", operand if operand is not None else source.plain[end - 1 : end])
            at = source.columns[found.start()]
            source = Written.joined([source[: found.start()], Written.of(f"{body} " if body[-1:].isalpha() else body, at), source[end:]])
        return source


def _braced(text: str, at: int) -> str | None:
    """What stands in the braces that begin there, None if none do."""
    if text[at : at + 1] != "{":
        return None
    depth = 0
    for found in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, at):
        depth += (found[0] == "{") - (found[0] == "}")
        if depth == 0:
            return text[at + 1 : found.start()]
    return None
