"""What a formula in LaTeX is made of, and how its indices, powers and rows are written in the plain notation.

A row of parts is written from left to right; only here is known what stands beside what: a function and its operand, a name and a
parenthesis, two factors. `latex.py` makes the parts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from derive.algebra import nodes
from derive.notation.letters import GREEK_NAMES
from derive.notation.written import NOTHING, Written, Wrong

FUNCTIONS = {
    **{name.replace("_", "").lower(): name for name in nodes.FUNCTIONS},
    **{name: name for name in ("sum", "mean", "norm", "dot", "outer", "concat", "std", "cumsum", "revcumsum", "logsumexp", "diag", "inv", "solve")},
    "sigm": "sigmoid", "logistic": "sigmoid", "hardsigm": "hard_sigmoid", "ln": "log", "swish": "silu", "cat": "concat",
    "lse": "logsumexp", "atan": "arctan", "hardsilu": "hard_swish",
}  # fmt: skip
"""Functions by their name in small letters."""
FUNCTION_LETTERS = frozenset({"sigma", "phi", "psi", "rho", "Phi", "Psi", "f", "g"})
"""Letters that are functions before a parenthesis; another letter there is a factor."""
SIGNS = {
    "EQUAL": " = ", "PLUS": " + ", "MINUS": " - ", "ELEMENTWISE": " ⊙ ", "TIMES": " * ", "OVER": " / ", "COMMA": ", ", "SEMICOLON": "; ",
    "COLON": ":", "LESS": " < ", "MORE": " > ", "UP_TO": " <= ",
    "FROM": " >= ",
}  # fmt: skip
"""Signs between parts as the plain notation has them."""
ENDS = ("EQUAL", "COMMA", "SEMICOLON", "COLON", "ELEMENTWISE", "TIMES", "OVER", "LESS", "MORE", "UP_TO", "FROM")
"""Signs after which a minus belongs to what follows."""


@dataclass(frozen=True)
class Sign:
    """A sign between parts: the name of its terminal, and the text."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Mark:
    r"""What stands in a script only: \top, \prime, \star, an arrow, or dots."""

    text: str
    at: int


@dataclass(frozen=True)
class Name:
    """A name: its letters with accents, its labels, its time, its second index, and the powers of it.

    Attributes:
        base: "C_tilde"; for an upright word the word.
        is_word: whether it is set upright.
        is_spelled: whether it is a Greek letter by its command, which is spelled in the plain notation.
        after: what follows the name: "^T", "^2".
    """

    base: str
    at: int
    labels: tuple[str, ...] = ()
    time: str = ""
    second: str = ""
    is_word: bool = False
    is_spelled: bool = False
    after: Written = NOTHING

    @property
    def plain(self) -> str:
        """The name in the plain notation."""
        inner = ",".join(filter(None, (*self.labels, self.time, self.second)))
        if not inner:
            return self.base
        return f"{self.base}_{inner}" if len(inner) == 1 else f"{self.base}_{{{inner}}}"

    @property
    def bare(self) -> str:
        """The name as part of an index of another one."""
        return re.sub(r"\W", "", "".join((self.base, *self.labels, self.time, self.second)))

    def whole(self) -> Name:
        """The name with its labels as part of its letters, so that what comes next belongs to all of it."""
        return replace(self, base="_".join((self.base, *self.labels)), labels=())


@dataclass(frozen=True)
class Value:
    r"""What is written already: a number, a fraction, a call.

    Attributes:
        kind: "number", "ones" for \mathbf{1}, "ones^T", "norm", "partial" or "".
    """

    written: Written
    at: int
    kind: str = ""


@dataclass(frozen=True)
class Function:
    """A function that waits for its operand.

    Attributes:
        word: its name as it is written.
        index: "_k" in softmax_k.
        after: the powers, which follow the operand.
    """

    name: str
    at: int
    text: str
    word: str = ""
    index: str = ""
    after: Written = NOTHING


@dataclass(frozen=True)
class Over:
    """A sum over an index, which stands before what is summed."""

    written: Written
    at: int


@dataclass(frozen=True)
class Group:
    """Parts in brackets: "{", "(", "[" or "<"."""

    opening: str
    parts: tuple[Part, ...]
    at: int
    after: Written = NOTHING


Part = Sign | Mark | Name | Value | Function | Over | Group


def only(part: Part) -> Part:
    """What a group of braces holds, if it is one part."""
    while isinstance(part, Group) and part.opening == "{" and len(part.parts) == 1 and not part.after.plain:
        part = part.parts[0]
    return part


def inside(part: Part) -> tuple[Part, ...]:
    """The parts that an argument consists of."""
    part = only(part)
    return part.parts if isinstance(part, Group) and part.opening == "{" and not part.after.plain else (part,)


def split(parts: Sequence[Part], kinds: Collection[str]) -> list[list[Part]]:
    """The parts between signs of these kinds."""
    found: list[list[Part]] = [[]]
    for each in parts:
        if isinstance(each, Sign) and each.kind in kinds:
            found.append([])
        else:
            found[-1].append(each)
    return found


def row(parts: Sequence[Part]) -> Written:
    """The parts in the plain notation.

    Raises:
        Wrong: the parts do not make an expression.
    """
    return _Row(parts).written()


class _Row:
    """Writes parts from left to right."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts, self.place = parts, 0
        self.out: list[Written] = []
        self.is_behind_value = False

    def written(self) -> Written:
        while (part := self.peek()) is not None:
            function = self.function()
            self.place += 1
            if function is not None:
                self.value(self.call(function))
            elif isinstance(part, Sign):
                self.sign(part)
            elif isinstance(part, Mark):
                raise _misplaced(part)
            elif isinstance(part, Over):
                self.value(Written.joined([part.written, Written.of(" ", part.at)]))
                self.is_behind_value = False
            else:
                self.factor(part)
        return Written.joined(self.out)

    def peek(self, ahead: int = 0) -> Part | None:
        """The part that comes next, or one behind it; without braces around it."""
        place = self.place + ahead
        return only(self.parts[place]) if place < len(self.parts) else None

    def sign(self, sign: Sign) -> None:
        if sign.kind in ("CELL", "NEWLINE"):
            return
        if sign.kind not in SIGNS:
            raise Wrong(f"{sign.text} is not expected here", "write one equation, such as h_t = \\tanh(W x_t + U h_{t-1} + b)", sign.at)
        text = SIGNS[sign.kind]
        if not self.is_behind_value and sign.kind in ("PLUS", "MINUS"):
            text = "-" if sign.kind == "MINUS" else ""
        self.out.append(Written.of(text, sign.at))
        self.is_behind_value = False

    def value(self, written: Written) -> None:
        """One more factor."""
        if not written.plain:
            return
        if self.is_behind_value:
            self.out.append(Written.of(" ", written.columns[0]))
        self.out.append(written)
        self.is_behind_value = True

    def factor(self, part: Part) -> None:
        """One more factor that is no call."""
        kind = part.kind if isinstance(part, Value) else ""
        if isinstance(part, Group) and part.opening == "[" and self.is_behind_value and has(part.parts, "COLON"):
            inner = row(part.parts)
            self.out.append(
                Written.joined([Written.of("[", part.at), inner, Written.of("]", (inner.columns or (part.at,))[-1]), part.after])
            )
        elif kind == "ones^T" and isinstance(self.peek(), Name | Value | Group | Function):
            self.value(self.call(Function("sum", part.at, r"\mathbf{1}^\top")))
        elif kind == "ones" and self.is_behind_value:
            summed = self.out.pop()
            self.out.append(Written.joined([Written.of("sum_columns", part.at), _parenthesized(summed)]))
        else:
            self.value(written(part))

    def function(self) -> Function | None:
        """The function that comes next: one by its own right, or a name before a bracket."""
        part, bracket = self.peek(), self.peek(1)
        if isinstance(part, Function):
            return part
        if not isinstance(part, Name) or part.time or part.second:
            return None
        if part.plain == "sigma" and isinstance(bracket, Name) and not part.after.plain:
            advice = rf"put what it is applied to in parentheses, {part.base}(...), or write {part.base} \cdot for a number of that name"
            raise Wrong(r"how far \sigma reaches is not clear", advice.replace("sigma", r"\sigma"), part.at)
        if not isinstance(bracket, Group) or not bracket.parts or has(bracket.parts, "COLON"):
            return None
        letter, *rest = part.base.split("_")
        letter = GREEK_NAMES.get(letter, letter)
        is_defined = self.place == 0 and bracket.opening == "(" and _is_left_side(bracket, self.parts[2:])
        is_word = part.is_word and len(part.base) > 1 and not part.labels and bracket.opening == "("
        known = "" if part.labels or len(part.base) == 1 else function_name(part.base)
        is_function = is_defined or is_word or bool(known) or letter in FUNCTION_LETTERS
        if is_function and rest and set(rest) == {"prime"}:
            raise Wrong(f"a derivative of {letter} cannot be written", "write it as an expression of the function's value", part.at)
        name = "sigmoid" if part.plain in ("sigma", "σ") and not is_defined else known or part.plain
        return Function(name, part.at, part.base, after=part.after) if is_function else None

    def call(self, function: Function) -> Written:
        """The function, or several after one another, of what comes next."""
        chain = [function]
        while (another := self.function()) is not None:
            self.place += 1
            chain.append(another)
        chain = _merged(chain)
        last, part = chain[-1], self.peek()
        if part is None or isinstance(part, Sign | Mark | Over):
            raise Wrong(f"{last.text} is applied to nothing", f"write {last.text}(...)", last.at)
        self.place += 1
        powers = NOTHING
        if isinstance(part, Group):
            inner, powers = row(part.parts), part.after
            if part.opening == "[" and has(part.parts, "COMMA", "SEMICOLON"):
                inner = inner.within("[", "]")
        else:
            inner = written(part)
            if isinstance(self.peek(), Name | Value | Group | Function):
                advice = f"put what it is applied to in parentheses, {last.text}(...)"
                raise Wrong(f"how far {last.text} reaches is not clear", advice, last.at)
        for each in reversed(chain):
            opening = Written.of(f"{each.name}{each.index}(", each.at)
            closing = Written.of(")", (inner.columns or (each.at,))[-1])
            inner, powers = Written.joined([opening, inner, closing, each.after, powers]), NOTHING
        return inner


def function_name(word: str) -> str:
    """The function of that name, however it is spelled; "" if there is none."""
    return "layer_norm" if word == "LN" else FUNCTIONS.get(word.replace("_", "").lower(), "")


def _merged(chain: list[Function]) -> list[Function]:
    """The functions with log softmax as the one that it is."""
    for place, (first, second) in enumerate(zip(chain, chain[1:], strict=False)):
        if (first.name, second.name) == ("log", "softmax") and not (first.after.plain or second.after.plain or second.index):
            return _merged([*chain[:place], replace(first, name="log_softmax"), *chain[place + 2 :]])
    return chain


def has(parts: Sequence[Part], *kinds: str) -> bool:
    """Whether one of these signs is among the parts."""
    return any(isinstance(part, Sign) and part.kind in kinds for part in parts)


def written(part: Part) -> Written:
    """One part as a factor.

    Raises:
        Wrong: it cannot stand alone.
    """
    if isinstance(part, Name):
        return Written.joined([Written.of(part.plain, part.at), part.after])
    if isinstance(part, Value | Over):
        return part.written
    if isinstance(part, Group):
        inner = row(part.parts)
        if part.opening == "{" and not part.after.plain:
            return inner
        if part.opening == "<":
            return Written.joined([Written.of("dot(", part.at), inner, Written.of(")", part.at), part.after])
        pair = "[]" if part.opening == "[" or has(part.parts, "COMMA", "SEMICOLON") else "()"
        ends = Written.of(pair[0], part.at), Written.of(pair[1], (inner.columns or (part.at,))[-1])
        return Written.joined([ends[0], inner, ends[1], part.after])
    if isinstance(part, Function):
        raise Wrong(f"{part.text} is applied to nothing", f"write {part.text}(...)", part.at)
    raise _misplaced(part)


def operand(part: Part) -> Written:
    """An argument of a fraction, in parentheses unless it is a single value."""
    parts = inside(part)
    result = row(parts)
    is_single = len(parts) == 1 and (isinstance(parts[0], Name | Value) or (isinstance(parts[0], Group) and parts[0].opening != "{"))
    return result if is_single else _parenthesized(result)


def _parenthesized(inner: Written) -> Written:
    """The text in parentheses, unless it is a call or in parentheses already."""
    begin = re.match(r"\w*\(", inner.plain)
    depth = 0
    for place, character in enumerate(inner.plain):
        depth += (character == "(") - (character == ")")
        if depth == 0 and begin and place >= begin.end() - 1:
            return inner if place == len(inner.plain) - 1 else inner.within("(", ")")
    return inner.within("(", ")")


def _is_left_side(bracket: Group, rest: Sequence[Part]) -> bool:
    """Whether f(x) = ... defines a function."""
    operands = split(bracket.parts, ("COMMA",))
    is_bare = all(len(each) == 1 and isinstance(each[0], Name) and not each[0].after.plain for each in operands)
    return is_bare and bool(rest) and isinstance(rest[0], Sign) and rest[0].kind == "EQUAL"


def _misplaced(part: Sign | Mark) -> Wrong:
    if "dots" in part.text:
        return Wrong(f"{part.text} does not say what stands there", "write all terms, or a sum over an index", part.at)
    return Wrong(f"{part.text} is not expected here", "an equation reads like h_t = \\tanh(W x_t + U h_{t-1} + b)", part.at)
