"""LaTeX mathematics to the plain notation, with the column that each character came from.

Takes the LaTeX of one equation, gives `Written`. The grammar is `latex.lark`; the plain notation says what is meant, so that both have one
meaning. Of its page it needs to know which functions are defined there.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import lark

from derive.algebra import nodes
from derive.notation import latex_parts as parts
from derive.notation.applied import glued
from derive.notation.latex_checks import check_ends, check_words, end
from derive.notation.latex_parts import FUNCTIONS, Function, Group, Mark, Name, Part, Sign, Value, function_name
from derive.notation.latex_scripts import ARROWS, COMPONENT, Script, attached, number, timed
from derive.notation.letters import ACCENTS, GREEK
from derive.notation.written import Written, Wrong, error

MARKS = {command: name for name, command in ACCENTS.items()} | {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}
"""Accents by command: what a name is called with it."""
OF_ENTRY = re.compile(r"\)_[a-z](?![\w{])(?P<equal> = )?")
"""The index of f(x)_i, which stands on the left side only."""
NUMBERS = {"1": "ones", "0": "number"}
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
READABLE = {
    "RPAR": ")", "RSQB": "]", "RCURLY": r"\}", "RBRACE": "}", "LBRACE": "{", "BAR": "|", "NORM": r"\|", "RBAR": r"\right|",
    "RNORM": r"\rVert", "RANGLE": r"\rangle", "END": r"\end", "LETTER": "a letter", "NUMBER": "a number",
}  # fmt: skip


def translate(text: str, place: str, own: Collection[str] = ()) -> Written:
    r"""An equation in LaTeX in the plain notation: "h_t = \tanh(Wx_t)" is "h_t = tanh(W x_t)".

    Args:
        text: the LaTeX, without dollar signs.
        place: how an error names it, "line 3".
        own: the functions that its page defines.

    Raises:
        NotationError: it cannot be understood; the error carries the line with a caret.
    """
    try:
        return read(text, own)
    except Wrong as wrong:
        raise error(wrong, text, place) from None


def read(text: str, own: Collection[str] = ()) -> Written:
    """As `translate`.

    Raises:
        Wrong: it cannot be understood.
    """
    text = text[: end(text)]
    check_words(text, WORDS)
    try:
        formula: tuple[Part, ...] = _parser().parse(text)  # type: ignore[assignment]
    except lark.exceptions.VisitError as wrong:
        raise wrong.orig_exc from None
    except lark.exceptions.UnexpectedInput as unexpected:
        raise _unexpected(unexpected, text) from None
    made = glued(parts.row(_named(_equation(formula))), own, text)
    check_ends(text, made)
    if misplaced := next((found for found in OF_ENTRY.finditer(made.plain) if not found["equal"]), None):
        raise Wrong("an index belongs to a name", COMPONENT, made.columns[misplaced.start()])
    return made


def _equation(formula: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of the equation without the mark at its end."""
    kept = list(formula)
    while kept and isinstance(kept[-1], Sign) and kept[-1].kind in ("COMMA", "SEMICOLON", "DOT", "NEWLINE", "CELL"):
        kept.pop()
    equals = [part for part in kept if isinstance(part, Sign) and part.kind == "EQUAL"]
    if len(equals) > 1:
        raise Wrong("two equations stand in one", "split it: write each of them on a line of its own, with its left side", equals[1].at)
    _check_left(kept)
    return tuple(kept)


def _named(kept: tuple[Part, ...]) -> tuple[Part, ...]:
    r"""The equation, \sigma_g = \tanh as \sigma_g(x) = \tanh(x)."""
    left, right = kept[:-2], parts.only(kept[-1]) if kept else None
    if len(left) != 1 or not isinstance(right, Function) or not isinstance(parts.only(left[0]), Name) or right.name == "sum":
        return kept
    operand = Group("(", (Name("x", right.at),), right.at)
    return (left[0], operand, kept[1], right, operand)


def _check_left(kept: list[Part]) -> None:
    r"""Refuse letters side by side as what is defined: loss_t is a product in LaTeX."""
    left = parts.split(kept, ("EQUAL",))[0]
    if len(left) > 1 and len(left) < len(kept) and all(isinstance(part, Name) and not part.after.plain for part in left):
        word = "".join(part.base for part in left if isinstance(part, Name))
        last = left[-1]
        assert isinstance(last, Name)
        index = last.plain[len(last.base) :]
        raise Wrong("letters side by side are a product, which cannot be defined", rf"a name of several letters is written \mathrm{{{word}}}{index}",
                    left[0].at)  # fmt: skip


def _unexpected(unexpected: lark.exceptions.UnexpectedInput, text: str) -> Wrong:
    token = getattr(unexpected, "token", None)
    at_end = token is not None and token.type == "$END"
    column = len(text) if at_end or unexpected.pos_in_stream is None else unexpected.pos_in_stream
    found = "the formula ends" if at_end else f"{str(token) if token is not None else text[column]!r} is not expected"
    names = {*(getattr(unexpected, "accepts", None) or getattr(unexpected, "expected", None) or ())}
    bars = [found.start() for found in re.finditer(r"\||\\[vV]ert|‖", text)]
    if at_end and bars and {"BAR", "NORM"} & names and "END" not in names:
        return Wrong("the bar has no partner", r"an absolute value is written |x|, a norm \|x\|", bars[-1])
    wanted = [READABLE[name] for name in sorted(names) if name in READABLE]
    return Wrong(
        f"{found} here", f"expected {' or '.join(wanted[:4])}" if wanted else "an equation reads like h_t = \\tanh(W x_t + b)", column
    )


@cache
def _parser() -> lark.Lark:
    grammar = resources.files(__package__).joinpath("latex.lark").read_text(encoding="utf-8")
    for place, words in (("GREEK_LETTERS", GREEK), ("COMMANDS", COMMANDS), ("WORDS", WORDS), ("ACCENTS", MARKS)):
        grammar = grammar.replace(place, "|".join(sorted(words, key=lambda word: (-len(word), word))))
    return lark.Lark(grammar, parser="lalr", transformer=_Builder())


REFUSED = {
    "prod": "write the factors one by one", "int": "write a sum over the steps", "arg": "write the largest value itself, max(a, b)",
    "oplus": "[a; b] stacks, a + b adds", "ominus": "write a - b", "cup": "[a; b] stacks", "pm": "write + or -", "mp": "write + or -",
    "prec": "write k < t", "neq": "write one equation", "ne": "write one equation",
    "sim": "a System has no random values", "approx": "write =", "propto": "write =, with the factor", "otherwise": "write every(t, P)",
    "in": r"over entries write \sum_i, over steps \sum_{k=1}^{T}",
    "oint": "write a sum over the steps", "bigoplus": "[a; b] stacks", "begin": "write an equation for each case",
    "end": "write an equation for each case",
}  # fmt: skip
"""Commands that are known and cannot be read, and what to write."""
OTHERS = (
    "odot", "circ", "otimes", "cdot", "times", "frac", "sqrt", "sum", "top", "mathbf", "mathrm", "mathit", "text", "operatorname", "left", "right",
    "boldsymbol", "quad", "qquad", "partial", "ell", "leftarrow", "begin", "end", "lVert", "rVert", "langle", "rangle", "intercal", "prime",
)  # fmt: skip
"""Commands of the grammar that a misspelled one may have meant."""

WORDS = [word for word in {*FUNCTIONS, "ReLU", *nodes.FUNCTIONS} if len(word) > 1]
COMMANDS = [word.replace("_", "") for word in WORDS if word not in ("sum", "sqrt")]


@lark.v_args(inline=True)
class _Builder(lark.Transformer[Any, Any]):
    """Makes the parts while parsing, so that nothing recurses over a tree."""

    def start(self, row: tuple[Part, ...]) -> tuple[Part, ...]:
        return row

    def row(self, *made: Part) -> tuple[Part, ...]:
        return timed(made)

    inner = row

    def part(self, made: Part) -> Part:
        return made

    bare = argument = part

    def sign(self, token: lark.Token) -> Part:
        return Sign(token.type, str(token), _at(token))

    plus_or_star = sign

    def letter(self, token: lark.Token) -> Part:
        return Name(str(token), _at(token))

    def number(self, token: lark.Token) -> Part:
        return Value(_of(token), _at(token), "number")

    def scientific(self, token: lark.Token) -> Part:
        digits, _, power = re.sub(r"[\s{}^]", "", token).replace("−", "-").partition("10")
        return Value(Written.of(f"{re.match(r'[0-9.]+', digits)[0]}e{power}", _at(token)), _at(token), "number")  # type: ignore[index]

    def greek(self, token: lark.Token) -> Part:
        name = token[1:].removeprefix("var")
        return Name("λ" if name == "lambda" else name, _at(token), is_spelled=True)

    def special(self, token: lark.Token) -> Part:
        match str(token)[1:]:
            case "ell":
                return Name("ell", _at(token))
            case "imath" | "jmath" as dotless:
                return Name(dotless[0], _at(token))
            case "hbar":
                return Name("h_bar", _at(token))
            case "partial":
                return Value(Written(), _at(token), "partial")
        raise Wrong(f"{token} has no meaning here", "write the equation without it", _at(token))

    def word(self, token: lark.Token) -> Part:
        command, _, inner = re.sub(r"^\{\s*(\\\w+)\s+", r"\1{", token).rstrip("}").partition("{")
        word, at = re.sub(r"[\s-]+", "_", inner.strip().replace(r"\_", "_").replace("\\", "")), _at(token)
        is_upright = not command.startswith((r"\mathcal", r"\mathbb", r"\mathfrak", r"\mathscr", r"\mathit", r"\textit", r"\it"))
        if word in NUMBERS:
            return Value(Written.of(word, at), at, NUMBERS[word])
        if word.isdigit():
            return Value(Written.of(word, at), at, "number")
        if is_upright and (function := function_name(word)):
            return Function(function, at, str(token), word)
        if not re.fullmatch(r"\w+", word):
            raise Wrong(f"{token} is no name", "leave words out of the equation, or write one word", at)
        return Name(word, at, is_word=is_upright)

    def function(self, token: lark.Token) -> Part:
        word = str(token).lstrip("\\")
        return Function(function_name(word), _at(token), str(token), word)

    def sum(self, token: lark.Token) -> Part:
        return Function("sum", _at(token), str(token), index="?")

    def mark(self, token: lark.Token) -> Part:
        return Mark(str(token), _at(token))

    def unknown(self, token: lark.Token) -> Part:
        known = {*GREEK, *COMMANDS, *MARKS, *OTHERS}
        if str(token)[1:] in REFUSED:
            raise Wrong(f"{token} has no plain form", REFUSED[str(token)[1:]], _at(token))
        close = difflib.get_close_matches(str(token)[1:], known, n=1) or difflib.get_close_matches(str(token)[1:].lower(), known, n=1)
        advice = rf"did you mean \{close[0]}?" if close else r"a name of several letters is written \mathrm{name}"
        raise Wrong(f"there is no command {token}", advice, _at(token))

    def group(self, opening: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        kept = tuple(part for part in row if not (isinstance(part, Group) and part.opening == "{" and not part.parts))
        return Group("{", kept if len(kept) == 1 else row, _at(opening))

    def paren(self, opening: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        return Group("(", row, _at(opening))

    def square(self, opening: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        return Group("[", row, _at(opening))

    def angle(self, opening: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        return Group("<", row, _at(opening))

    def absolute(self, opening: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        return Value(_called("abs", parts.row(row), _at(opening)), _at(opening))

    def norm(self, opening: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        return Value(_called("norm", parts.row(row), _at(opening)), _at(opening), "norm")

    def matrix(self, begin: lark.Token, row: tuple[Part, ...], _: lark.Token) -> Part:
        rows = [each for each in parts.split(row, ("NEWLINE",)) if each]
        functions = [_unapplied(each[0]) for each in rows if len(each) == 1]
        if len(functions) == len(rows) > 1 and all(functions):
            return Value(Written.of(f"[{'; '.join(functions)}]", _at(begin)), _at(begin))
        stacked: list[Part] = []
        for each in rows:
            if parts.has(each, "CELL"):
                raise Wrong("blocks side by side have no plain form", r"write the product row by row, or stack with \\ alone", _at(begin))
            stacked += [*([Sign("SEMICOLON", ";", _at(begin))] if stacked else []), *each]
        return Group("[" if len(rows) > 1 else "(", tuple(stacked), _at(begin))

    def font(self, token: lark.Token, argument: Part) -> Part:
        made = parts.only(argument)
        if isinstance(made, Value) and made.kind == "number" and made.written.plain in NUMBERS:
            return replace(made, kind=NUMBERS[made.written.plain])
        if isinstance(made, Name):
            is_word = made.is_word or token.startswith((r"\mathrm", r"\text", r"\operatorname"))
            return replace(made, is_word=is_word, at=_at(token))
        return made

    def accent(self, token: lark.Token, argument: Part) -> Part:
        made = parts.only(argument)
        if isinstance(made, Value) and made.written.plain in NUMBERS:
            return made
        if not isinstance(made, Name) or made.after.plain:
            raise Wrong(f"{token} stands over more than a name", rf"an accent belongs to one name, such as {token}{{h}}_t", _at(token))
        whole = made.whole()
        return replace(whole, base=f"{whole.base}_{MARKS[token[1:]]}", at=_at(token))

    def fraction(self, token: lark.Token, above: Part, below: Part) -> Part:
        derivative = _derivative(parts.inside(above), parts.inside(below), _at(token))
        if derivative is not None:
            return derivative
        over = Written.of(" / ", _at(token))
        inner = Written.joined([parts.operand(above), over, parts.operand(below)])
        return Value(Written.joined([Written.of("(", _at(token)), inner, Written.of(")", inner.columns[-1])]), _at(token), "number"
                     if number(parts.inside(above)) and number(parts.inside(below)) else "")  # fmt: skip

    def fraction_of_digit(self, token: lark.Token, below: Part) -> Part:
        return self.fraction(token, _digit(token, len(token) - 1), below)

    def fraction_of_digits(self, token: lark.Token) -> Part:
        digits = [found.start() for found in re.finditer(r"\d", token)]
        return self.fraction(token, *(_digit(token, at) for at in digits))

    def sqrt(self, token: lark.Token, argument: Part) -> Part:
        return Value(_called("sqrt", parts.row(parts.inside(argument)), _at(token)), _at(token))

    def root(self, token: lark.Token, _: lark.Token, degree: tuple[Part, ...], __: lark.Token, argument: Part) -> Part:
        if not (power := number(degree)).isdigit():
            raise Wrong("the degree of a root has to be a number", r"such as \sqrt[3]{x}", _at(token))
        inner = parts.row(parts.inside(argument)).within("(", ")")
        return Value(Written.joined([inner, Written.of(f"^{{1/{power}}}", _at(token))]), _at(token))

    def overset(self, token: lark.Token, above: Part, base: Part) -> Part:
        made = parts.only(base)
        if isinstance(made, Sign) and made.kind == "EQUAL":
            return made
        if isinstance(made, Name) and isinstance(arrow := parts.only(above), Mark | Sign) and arrow.text.lstrip("\\") in ARROWS:
            return replace(made, base=f"{made.base}_{ARROWS[arrow.text[1:]]}")
        raise Wrong(f"{token} is understood over = only", "write the equation without it", _at(token))

    def below(self, token: lark.Token, argument: Part) -> Script:
        return Script("below", parts.inside(argument), _at(token))

    def above(self, token: lark.Token, argument: Part) -> Script:
        return Script("above", parts.inside(argument), _at(token))

    def primes(self, token: lark.Token) -> Script:
        return Script("prime", (), _at(token), len(token))

    def raised(self, token: lark.Token) -> Script:
        if token in "ᵀ⊤":
            return Script("above", (Mark(r"\top", _at(token)),), _at(token))
        return Script("above", (Value(Written.of(token.translate(RAISED), _at(token)), _at(token), "number"),), _at(token))

    def scripted(self, atom: Part, *scripts: Script) -> Part:
        base = atom
        if isinstance(atom, Group) and atom.opening == "{" and isinstance(inner := parts.only(atom), Name):
            spelled = GREEK.get(inner.base) if inner.is_spelled and not inner.labels and not inner.after.plain else None
            base = replace(inner, base=spelled, is_spelled=False) if spelled else inner.whole()
        if not scripts and not (isinstance(base, Function) and base.index):
            return parts.only(base)
        return attached(base, scripts)


def _unapplied(part: Part) -> str:
    """The name of a function that stands alone, as in a column of functions; "" if it is something else."""
    part = parts.only(part)
    if isinstance(part, Function) and not part.index:
        return part.name
    return "σ" if isinstance(part, Name) and part.plain in ("sigma", "σ") else ""


def _at(token: lark.Token) -> int:
    return token.start_pos or 0


def _of(token: lark.Token) -> Written:
    return Written(str(token), tuple(range(_at(token), _at(token) + len(token))))


def _digit(token: lark.Token, at: int) -> Value:
    return Value(Written.of(token[at], _at(token) + at), _at(token) + at, "number")


def _called(name: str, inner: Written, at: int) -> Written:
    return Written.joined([Written.of(f"{name}(", at), inner, Written.of(")", (inner.columns or (at,))[-1])])


def _derivative(above: Sequence[Part], below: Sequence[Part], at: int) -> Name | None:
    r"""The name of \frac{\partial L}{\partial h_t}, dLdh_t; None for another fraction."""
    if not all(len(each) == 2 and isinstance(each[0], Value) and each[0].kind == "partial" for each in (above, below)):
        return None
    of, by = parts.only(above[1]), parts.only(below[1])
    if not isinstance(of, Name) or not isinstance(by, Name):
        return None
    return replace(by, base=f"d{of.base}d{by.base}", at=at)
