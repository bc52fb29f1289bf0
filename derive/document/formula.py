"""A formula in LaTeX to a tree, which the printers of MathML, Typst and plain Unicode walk.

Takes the LaTeX that `notation.write` prints and that stands in texts of blocks: letters, scripts, fractions, accents, delimiters and the
commands in the tables below; a command that is not among them is a ValueError. All formats so say what the LaTeX says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from derive.notation.letters import GREEK

OPERATORS = {
    "odot": "⊙", "cdot": "⋅", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "approx": "≈", "in": "∈", "to": "→", "mapsto": "↦",
    "pm": "±", "ll": "≪", "gg": "≫", "Rightarrow": "⇒",
}  # fmt: skip
ORDINARY = {"top": "⊤", "partial": "∂", "infty": "∞", "ldots": "…", "cdots": "⋯", "ell": "ℓ", "nabla": "∇"}
DOTLESS = {"imath": "ı", "jmath": "ȷ"}
LARGE = {"sum": "∑", "prod": "∏"}
BRACKETS = {"langle": "⟨", "rangle": "⟩", "lVert": "‖", "rVert": "‖", "{": "{", "}": "}"}
ACCENTS = {
    "bar": "macron", "overline": "macron", "dot": "dot", "hat": "hat", "tilde": "tilde", "ddot": "dot.double",
    "check": "caron", "breve": "breve", "vec": "arrow", "overrightarrow": "arrow", "overleftarrow": "arrow.l"}  # fmt: skip
SPACES = {",": "thin", ";": "thick", ":": "thick", "quad": "quad", " ": "thick"}
SIGNS = (("letter", {**GREEK, **DOTLESS}), ("operator", OPERATORS), ("ordinary", ORDINARY), ("large", LARGE), ("space", SPACES))
FUNCTIONS = ("tanh", "exp", "log", "sin", "cos", "sinh", "cosh", "arctan", "max", "min", "operatorname")
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[^\s\\]")


@dataclass(frozen=True)
class Glyph:
    """A sign: its characters and its kind.

    The kinds: letter (slanted), word (slanted), upright, function, bold, number, operator, ordinary, large, open, close, comma, space.
    """

    text: str
    kind: str


@dataclass(frozen=True)
class Row:
    """Parts one after another."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class Scripts:
    """A base with a subscript, a superscript, or both."""

    base: Formula
    below: Formula | None = None
    above: Formula | None = None


@dataclass(frozen=True)
class Fraction:
    """One over another."""

    above: Formula
    below: Formula


@dataclass(frozen=True)
class Accent:
    """A base with a mark over it: macron, dot, hat, tilde, dot.double, caron, breve, arrow or arrow.l."""

    base: Formula
    mark: str


@dataclass(frozen=True)
class Fence:
    """A part between brackets as tall as it is."""

    left: str
    inner: Formula
    right: str


@dataclass(frozen=True)
class Marked:
    """A part that belongs to the class `name`: what a page may light up together."""

    inner: Formula
    name: str


Formula = Glyph | Row | Scripts | Fraction | Accent | Fence | Marked


@cache
def parse(latex: str) -> Formula:
    """The tree of a formula.

    Raises:
        ValueError: it holds a command that is not in the tables, or its braces do not match.
    """
    reader = _Reader(TOKEN.findall(latex), latex)
    row = reader.row(())
    if reader.rest:
        raise reader.wrong(f"{reader.rest[-1]} closes nothing")
    return row


def is_tall(formula: Formula) -> bool:
    """Whether brackets around it must grow; around all else they keep the size of the letters."""
    match formula:
        case Fraction() | Glyph(_, "large"):
            return True
        case Row(parts):
            return any(map(is_tall, parts))
        case Scripts(base, _, _):
            return is_tall(base)
        case Fence(_, inner, _) | Marked(inner, _):
            return is_tall(inner)
        case _:
            return False


class _Reader:
    def __init__(self, tokens: Sequence[str], latex: str) -> None:
        self.rest = list(reversed(tokens))
        self.latex = latex

    def wrong(self, fact: str) -> ValueError:
        return ValueError(f"{fact} in the formula {self.latex}")

    def next(self) -> str:
        if not self.rest:
            raise self.wrong("something is missing at the end")
        return self.rest.pop()

    def row(self, ends: tuple[str, ...]) -> Formula:
        """The parts up to one of the tokens, which stays, or to the end."""
        parts: list[Formula] = []
        while self.rest and self.rest[-1] not in (*ends, "}"):
            part = self.scripted()
            if parts and _is_function(part) and _is_function(parts[-1]):
                parts.append(Glyph("thin", "space"))
            parts.append(part)
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def scripted(self) -> Formula:
        base = self.atom()
        below = above = None
        while self.rest and self.rest[-1] in ("_", "^", "'"):
            token = self.next()
            if token == "_":
                below = self.atom()
            else:
                above = Glyph("′", "ordinary") if token == "'" else self.atom()
        if isinstance(base, Marked) and isinstance(base.inner, Scripts) and base.inner.above is None and below is None:
            return Marked(Scripts(base.inner.base, base.inner.below, above), base.name)
        return base if below is None and above is None else Scripts(base, below, above)

    def group(self) -> Formula:
        """The rest of a group whose brace was read."""
        inner = self.row(())
        if self.next() != "}":
            raise self.wrong("a brace is missing")
        return inner

    def words(self) -> str:
        """The characters of a group, as they are."""
        if self.next() != "{":
            raise self.wrong("a brace is missing")
        found = []
        while (token := self.next()) != "}":
            found.append(token)
        return "".join(found)

    def atom(self) -> Formula:
        token = self.next()
        if token == "{":
            return self.group()
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return Glyph(token, "number")
        if token.isalpha():
            return Glyph(token, "letter")
        return Glyph({"-": "−", "*": "∗"}.get(token, token), _kind(token))

    def command(self, name: str) -> Formula:
        for kind, table in SIGNS:
            if name in table:
                return Glyph(table[name], kind)
        if name in BRACKETS:
            return Glyph(BRACKETS[name], "close" if name.startswith("r") or name == "}" else "open")
        if name in ACCENTS:
            return Accent(self.atom(), ACCENTS[name])
        if name in FUNCTIONS:
            return Glyph(self.words() if name == "operatorname" else name, "function")
        return self.structure(name)

    def structure(self, name: str) -> Formula:
        match name:
            case "frac" | "tfrac":
                return Fraction(self.atom(), self.atom())
            case "left":
                return self.fence()
            case "mathit":
                word = self.words()
                return Glyph(word, "letter" if len(word) == 1 else "word")
            case "mathbf":
                return Glyph(self.words(), "bold")
            case "mathrm" | "text":
                return Glyph(self.words(), "upright")
            case "mathbin":
                return Glyph(self.words(), "operator")
            case "class":
                return Marked(name=self.words(), inner=self.atom())
        raise self.wrong(f"\\{name} is not among the known commands")

    def fence(self) -> Formula:
        left = self.bracket()
        inner = self.row((r"\right",))
        if self.next() != r"\right":
            raise self.wrong(r"\right is missing")
        return Fence(left, inner, self.bracket())

    def bracket(self) -> str:
        token = self.next()
        return BRACKETS.get(token[1:], token) if token.startswith("\\") else token


def _is_function(part: Formula) -> bool:
    return isinstance(part, Glyph) and part.kind == "function"


def _kind(token: str) -> str:
    if token in "([":
        return "open"
    if token in ")]":
        return "close"
    if token in ",;":
        return "comma"
    return "operator" if token in "+-=*<>:" else "ordinary"
