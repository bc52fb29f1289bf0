r"""Formulas about derivatives of one value by another: \frac{\partial h_t}{\partial h_{t-1}}, \prod_{j=k+1}^{t}, \sum_{k=1}^{3}, in LaTeX or plain.

A formula is a chain if it has a derivative of something else than a loss, a product over steps, or a sum whose ends are not those of the sequence.
Chains are taken out of a page; what is left has its lines where they were.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from derive.notation.claims.derivations import formulas, sides_of
from derive.notation.claims.partials import ACCENT, BY, INDEX, INNER, LETTER, LOSS, value_of


@dataclass(frozen=True)
class When:
    """A step: base + offset, where base is a letter, T or nothing."""

    base: str
    offset: int = 0


@dataclass(frozen=True)
class Ref:
    """A value of the cell, the loss (name ""), or a name of the author's, at a step or at none."""

    name: str
    when: When | None = None


@dataclass(frozen=True)
class Partial:
    """The derivative of one value by another."""

    top: Ref
    bottom: Ref


@dataclass(frozen=True)
class Over:
    """A sum or a product over steps, from low to high."""

    is_product: bool
    index: str
    low: When
    high: When
    body: Node


@dataclass(frozen=True)
class Call:
    """A function of one argument; diag and transpose are functions too."""

    name: str
    argument: Node


@dataclass(frozen=True)
class Binary:
    """Two parts with a sign between them: + - . (a product) * (entry by entry) x (outer) / ^."""

    sign: str
    left: Node
    right: Node


Node = Ref | Partial | Over | Call | Binary | float


@dataclass(frozen=True)
class Chain:
    """One such formula.

    Attributes:
        line: on the page, from 1.
        text: as it is written.
        left, right: its sides.
        error: why it cannot be read; "" if it can.
    """

    line: int
    text: str
    left: Node
    right: Node
    error: str = ""


class Unread(Exception):
    """What cannot be read, in words."""


FRACTION = re.compile(rf"\\[dtc]?frac\s*\{{\s*{BY}\s*\^?\+?\s*(?P<top>{INNER})\}}\s*\{{\s*{BY}\s*(?P<bottom>{INNER})\}}")
PLAIN_NAME = r"[^\W\d_]\w*?(?:_\{[^{}]*\}|_[A-Za-z0-9]+)?"
QUOTIENT = re.compile(rf"(?:∂|(?<![A-Za-z])d)\s*(?P<top>{PLAIN_NAME})\s*/\s*(?:∂|d)\s*(?P<bottom>{PLAIN_NAME})(?![\w{{])")
LOW, HIGH = r"(?:\{(?P<low>[^{}]*)\}|(?P<index>\w))", r"(?:\{(?P<high>[^{}]*)\}|(?P<letter>\w))"
OVER = re.compile(rf"\\(?P<kind>prod|sum)\s*(?:\\limits)?\s*_\s*{LOW}\s*(?:\^\s*{HIGH})?")
NAME = re.compile(rf"(?:\\(?:{ACCENT})\s*(?:\{{{INNER}\}}|{LETTER})|{LETTER}){INDEX}*")
NABLA = re.compile(rf"\\nabla\s*_\s*(?:\{{(?P<bottom>{INNER})\}}|(?P<letter>{LETTER}))\s*{LOSS}(?P<step>{INDEX}?)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
WORDS = re.compile(
    r"\\(?:operatorname|mathrm|text|mathit|mathop)\s*\{\s*(?P<braced>diag|Diag|tanh|sigmoid)\s*\}"
    r"|\\(?P<bare>tanh|sigma|diag|sin|cos|exp)(?![A-Za-z])|(?P<plain>diag|tanh)\b"
)
LETTERS = rf"\\(?:{ACCENT})\s*(?:\{{(?P<inner>{INNER})\}}|(?P<letter>{LETTER}))|{LETTER}\w*?(?=_|\^|$)|{LETTER}"
BODY = re.compile(rf"(?P<base>{LETTERS})(?P<rest>.*)$")
WHOLE = re.compile(rf"^{LOSS}(?P<step>{INDEX}?)$")
SKIP = re.compile(r"(?:\\left|\\right|\\[Bb]ig+[lr]?|\\[,;:! ]|\\q?quad|~|&|\s)+")
SIGNS = ((r"\odot", "*"), (r"\circ", "*"), (r"\otimes", "x"), (r"\cdot", "."), (r"\times", "."), ("⊙", "*"), ("∘", "*"), ("⊗", "x"), ("·", "."),
         ("*", "*"), ("@", "."), ("×", "."))  # fmt: skip
TRANSPOSED = re.compile(r"\^\s*(?:\{\s*(?:\\top|T|\\intercal|\\mathsf\{T\})\s*\}|\\top|\\intercal|T|⊤)|[ᵀ⊤]|'")
POWER = re.compile(r"\^\s*(?:\{\s*(\d)\s*\}|(\d))|²")
STEPPED = re.compile(r"[_^]\s*[{(]?[^{}]*(?<![A-Za-z])[a-zT](?![A-Za-z])|[_^]\s*\{?\d")
"""What has an index that may be a step."""
TIME = re.compile(r"^(?P<base>[A-Za-z]?)\s*(?P<offset>[-+]\s*\d+|\d+)?$")


def chains(text: str, known: Collection[str]) -> tuple[str, list[Chain]]:
    """A page without its chains, and these.

    Args:
        text: a page whose formulas have two sides each.
        known: the names of the values of the cell.
    """
    found: list[Chain] = []
    rest: list[str] = []
    line = 1
    is_latex = "\\" in text
    for part, is_formula in formulas(text) if is_latex else _lines(text):
        chain = _chain(part, line + _leading(part), known) if is_formula and _is_chain(part, is_latex) else None
        rest.append("\n" * part.count("\n") if chain else part)
        found += [chain] if chain else []
        line += part.count("\n")
    return "".join(rest), found


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    yield from ((line, True) for line in text.splitlines(keepends=True))


def _leading(part: str) -> int:
    return part[: len(part) - len(part.lstrip())].count("\n")


def _is_chain(part: str, is_latex: bool) -> bool:
    """Whether a formula is one that is read here."""
    if len(sides_of(part)) != 2:
        return False
    derivatives = [found["top"] for found in (FRACTION if is_latex else QUOTIENT).finditer(part)]
    if any(not WHOLE.match(re.sub(r"[\s]", "", each)) for each in derivatives):
        return True
    left = (FRACTION if is_latex else QUOTIENT).fullmatch(SKIP.sub("", sides_of(part)[0]))
    if left and (whole := WHOLE.match(re.sub(r"\s", "", left["top"]))) and whole["step"]:
        return True
    if any((whole := WHOLE.match(top)) and whole["step"] and not STEPPED.search(bottom) for top, bottom in _derivatives(part, is_latex)):
        return True
    if left and re.search(r"\\otimes|⊗", part) and not STEPPED.search(left["bottom"]):
        return True
    sums = [found for found in OVER.finditer(part) if found["kind"] == "sum"]
    inner = [found for found in sums if (found["low"] or "").partition("=")[0].strip() not in ("", "t")]
    return r"\prod" in part or bool(derivatives and (inner or any((found["high"] or "T").strip() != "T" for found in sums)))


def _derivatives(part: str, is_latex: bool) -> Iterator[tuple[str, str]]:
    yield from ((re.sub(r"\s", "", found["top"]), found["bottom"]) for found in (FRACTION if is_latex else QUOTIENT).finditer(part))


def _chain(part: str, line: int, known: Collection[str]) -> Chain:
    text = re.sub(r"\s+", " ", part).strip().strip(",.;").strip()
    left, right = sides_of(text)
    try:
        return Chain(line, text, _Parser(left, known).whole(), _Parser(right, known).whole())
    except Unread as error:
        return Chain(line, text, 0.0, 0.0, str(error))


class _Parser:
    """Reads one side of a formula from left to right."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self.text, self.at, self.known = text.strip().rstrip(".,;"), 0, known
        self.depth = 0

    def whole(self) -> Node:
        found = self.sum()
        self.skip()
        if self.at < len(self.text):
            raise Unread(f"{self.text[self.at : self.at + 20]} is not understood there")
        return found

    def skip(self) -> None:
        if found := SKIP.match(self.text, self.at):
            self.at = found.end()

    def peek(self, *signs: str) -> str:
        self.skip()
        return next((each for each in signs if self.text.startswith(each, self.at)), "")

    def taken(self, *signs: str) -> str:
        found = self.peek(*signs)
        self.at += len(found)
        return found

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > 30:
            raise Unread("it is nested too deep")
        sign = self.taken("-", "−", "+")
        found: Node = self.product()
        found = Binary(".", -1.0, found) if sign in ("-", "−") else found
        while sign := self.taken("+", "-", "−"):
            found = Binary("+" if sign == "+" else "-", found, self.product())
        self.depth -= 1
        return found

    def product(self) -> Node:
        found = self.factor()
        while True:
            self.skip()
            sign = next((own for written, own in SIGNS if self.taken(written)), "")
            if not sign and (self.at >= len(self.text) or self.peek(")", "]", "+", "-", "−", "}")):
                return found
            found = Binary("/" if self.taken("/") else sign or ".", found, self.factor())

    def factor(self) -> Node:
        found = self.base()
        while True:
            self.skip()
            if match := TRANSPOSED.match(self.text, self.at):
                found = Call("transpose", found)
            elif match := POWER.match(self.text, self.at):
                found = Binary("^", found, float(match[1] or match[2] or 2))
            else:
                return found
            self.at = match.end()

    def base(self) -> Node:
        self.skip()
        if match := OVER.match(self.text, self.at):
            return self.over(match)
        for pattern in (FRACTION, QUOTIENT):
            if match := pattern.match(self.text, self.at):
                self.at = match.end()
                return Partial(self.named(match["top"]), self.named(match["bottom"]))
        if match := NABLA.match(self.text, self.at):
            self.at = match.end()
            return Partial(Ref("", _step(match["step"])), self.named(match["bottom"] or match["letter"]))
        if match := WORDS.match(self.text, self.at):
            self.at = match.end()
            return self.call(match)
        if self.taken("(", "["):
            found = self.sum()
            if not self.taken(")", "]"):
                raise Unread("a bracket is not closed")
            return found
        if match := NUMBER.match(self.text, self.at):
            self.at = match.end()
            return float(match[0])
        if match := NAME.match(self.text, self.at):
            self.at = match.end()
            return self.value(self.named(match[0]))
        raise Unread(f"{self.text[self.at : self.at + 20] or 'the end'} is not understood there")

    def call(self, match: re.Match[str]) -> Node:
        name = (match["braced"] or match["bare"] or match["plain"]).lower().replace("sigma", "sigmoid")
        power = POWER.match(self.text, self.at)
        if power:
            self.at = power.end()
        if not self.taken("(", "[", "\\{"):
            raise Unread(f"{name} has no brackets")
        inner = self.sum()
        if not self.taken(")", "]", "\\}"):
            raise Unread("a bracket is not closed")
        found = Call(name, inner)
        return Binary("^", found, float(power[1] or power[2] or 2)) if power else found

    def over(self, match: re.Match[str]) -> Node:
        """A sum or a product; it reaches to the end of the product that it stands in."""
        self.at = match.end()
        index, _, low = (match["low"] or match["index"]).partition("=")
        high = match["high"] or match["letter"] or "T"
        for written in ("<=", r"\leq", r"\le"):
            if written in index:
                index, _, high = index.partition(written)
                low = "1"
        if ">" in index or "<" in index or "," in index:
            raise Unread("this range is not understood")
        return Over(match["kind"] == "prod", index.strip(), _when(low or "1"), _when(high), self.product())

    def value(self, ref: Ref) -> Node:
        """A name; that of a gradient is the derivative of the loss."""
        if ref.name not in self.known and (of := value_of(ref.name, self.known)):
            return Partial(Ref(""), Ref(of, ref.when))
        return ref

    def named(self, text: str) -> Ref:
        """A name with its step."""
        text = re.sub(r"\\(?:left|right)|[()]|\\langle|\\rangle", lambda found: "" if found[0] not in "()" else found[0], text).strip()
        if whole := WHOLE.match(text.replace(" ", "")):
            return Ref("", _step(whole["step"]))
        body = BODY.match(text)
        if body is None:
            raise Unread(f"{text} is no name")
        accent = re.match(rf"\\({ACCENT})", body["base"])
        name = (body["inner"] or body["letter"] or body["base"]).strip().lstrip("\\")
        if accent and accent[1] in ("tilde", "hat"):
            name = f"{name}_{accent[1]}"
        labels: list[str] = []
        when = None
        for part in re.findall(INDEX, body["rest"]):
            inner = part[1:].strip("{}() ")
            if inner in ("T", r"\top") and part.startswith("^"):
                raise Unread("a transposition stands within a derivative")
            if "_".join([name, *labels, inner]) in self.known or (time := _time(inner)) is None:
                labels.append(re.sub(r"\\mathrm|\\text|[{}\\]", "", inner))
            else:
                when = time
        return Ref("_".join([name, *labels]), when)


def _step(text: str) -> When | None:
    return _when(text.strip("_^{}() ")) if text else None


def _when(text: str) -> When:
    found = _time(text.strip())
    if found is None:
        raise Unread(f"{text} is no step")
    return found


def _time(text: str) -> When | None:
    found = TIME.match(text.replace("−", "-"))
    if not found or not text:
        return None
    offset = int((found["offset"] or "0").replace(" ", ""))
    return When(found["base"], offset)
