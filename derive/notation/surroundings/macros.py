r"""The commands that a page in LaTeX defines for itself: \newcommand, \def, \DeclareMathOperator; and those that papers take from their styles."""

from __future__ import annotations

import re

from derive.limits import COMMANDS, EXPANDED
from derive.notation.letters import GREEK
from derive.notation.written import Written, Wrong

DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand\*?|providecommand\*?)\s*(?:\{\s*(\\[A-Za-z]+)\s*\}|(\\[A-Za-z]+))\s*(?:\[([0-9])\])?\s*(?=\{)"
    r"|\\def\s*(\\[A-Za-z]+)\s*((?:#[0-9])*)\s*(?=\{)|\\DeclareMathOperator\*?\s*\{\s*(\\[A-Za-z]+)\s*\}\s*(?=\{)"
)
BOLD = re.compile(rf"\\(?:bs|rv|[vmBb])(?P<letter>[A-Za-z]|{'|'.join(GREEK)})(?![A-Za-z])")
r"""What styles call bold letters: \vx, \mW, \rvh (math_commands of Goodfellow, Bengio and Courville), \Bx, \bsW."""
OTHER = frozenset({r"\mu", r"\mp", r"\bf", r"\bm", r"\vr"})
"""Commands of LaTeX that look like these."""
FORMULA = re.compile(r"\$[^$\n]{1,200}\$")
SIGN = re.compile(r"\\.|[{}]", re.DOTALL)


class Macros:
    """The commands that a page defines.

    Args:
        text: the page.
    """

    def __init__(self, text: str) -> None:
        self.table: dict[str, tuple[int, str]] = {}
        self.used = 0
        ends = _ends(text) if DEFINITION.search(text) else {}
        for found in DEFINITION.finditer(text):
            end = ends.get(found.end())
            body = None if end is None else text[found.end() + 1 : end]
            if body is None:
                continue
            if found[6]:
                self.table[found[6]] = (0, rf"\operatorname{{{body}}}")
            elif name := found[1] or found[2]:
                self.table[name] = (int(found[3] or 0), body)
            else:
                self.table[found[4]] = (found[5].count("#"), body)
        for found in BOLD.finditer(text):
            if found[0] not in OTHER and found[0][1:] not in GREEK:
                letter = found["letter"] if len(found["letter"]) == 1 else rf"\{found['letter']}"
                self.table.setdefault(found[0], (0, rf"\boldsymbol{{{letter}}}"))
        names = "|".join(sorted((re.escape(name) for name in self.table), key=len, reverse=True))
        self.pattern = re.compile(rf"(?:{names})(?![A-Za-z])") if names else None

    def expanded(self, source: Written) -> Written:
        """Mathematics with these commands replaced by what they stand for; its characters come from where the command stands.

        Raises:
            Wrong: commands stand for too much, or for themselves; at an offset.
        """
        if self.pattern is None:
            return source
        begin = source.columns[0] if source.columns else 0
        at = 0
        while found := self.pattern.search(source.plain, at):
            self.used += 1
            for limit, number in ((COMMANDS, self.used), (EXPANDED, len(source.plain))):
                if number > limit.most:
                    raise Wrong(limit.fact, limit.advice, begin)
            at = found.start()
            count, body = self.table[found[0]]
            end = found.end()
            for number in range(1, count + 1):
                while source.plain[end : end + 1].isspace():
                    end += 1
                operand = _braced(source.plain, end)
                end += 1 if operand is None else len(operand) + 2
                body = body.replace(f"#{number}", operand if operand is not None else source.plain[end - 1 : end])
            made = Written.of(f"{body} " if body[-1:].isalpha() else body, source.columns[at])
            source = Written.joined([source[:at], made, source[end:]])
        return source

    def expanded_in_words(self, words: str) -> str:
        """Prose with the commands in its formulas, $...$, replaced."""
        if self.pattern is None:
            return words
        return FORMULA.sub(lambda found: self.expanded(Written.of(found[0], 0)).plain, words)


def _ends(text: str) -> dict[int, int]:
    """By the offset of each opening brace, that of the brace that closes it."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for sign in SIGN.finditer(text):
        if sign[0] == "{":
            opened.append(sign.start())
        elif sign[0] == "}" and opened:
            found[opened.pop()] = sign.start()
    return found


def _braced(text: str, at: int) -> str | None:
    """What stands in the braces that begin there, None if none do."""
    if text[at : at + 1] != "{":
        return None
    depth = 0
    for found in SIGN.finditer(text, at):
        depth += (found[0] == "{") - (found[0] == "}")
        if depth == 0:
            return text[at + 1 : found.start()]
    return None
