"""What each construct of LaTeX is made into while it is parsed, a row of parts; the grammar is `latex.lark`."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

import lark

from derive.algebra import nodes
from derive.notation import tree
from derive.notation.derivation import IN_DERIVATION
from derive.notation.latex import parts
from derive.notation.latex.applied import UNSAID, called
from derive.notation.latex.bars import Bar, paired, stacked
from derive.notation.latex.indices import ARROWS, number
from derive.notation.latex.parts import FUNCTIONS, UPRIGHT, Function, Group, Mark, Name, Part, Sign, Value, function_name
from derive.notation.latex.rows import row
from derive.notation.latex.scripts import Script, attached
from derive.notation.letters import ACCENTS, GREEK
from derive.notation.plain.names import COMBINING, LOW, TIME, VARIANTS, accented
from derive.notation.tree import Bracketed, Operator, Place, Product, Tree
from derive.notation.written import Wrong

MARKS = {command: name for name, command in ACCENTS.items()} | {"widehat": "hat", "widetilde": "tilde", "overline": "bar"}
"""Accents by command: what a name is called with it."""
FONTS = {
    **dict.fromkeys(("mathbf", "boldsymbol", "bm", "pmb", "textbf"), "bold"), "mathcal": "calligraphic", "mathscr": "script",
    "mathfrak": "fraktur", **dict.fromkeys(("mathbb", "mathbbm"), "blackboard"), "mathsf": "sans", "mathtt": "typewriter",
}  # fmt: skip
"""Fonts that make another letter of one; upright and italic are taken for the same."""
CALLIGRAPHIC = frozenset({"calligraphic", "script", "fraktur", "blackboard"})
"""Fonts in which many write functions."""
NUMBERS = {"1": "ones", "0": "number"}
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


@cache
def parser() -> lark.Lark:
    """The parser of formulas, which gives the parts of a row."""
    grammar = resources.files(__package__).joinpath("latex.lark").read_text(encoding="utf-8")
    for place, words in (
        ("GREEK_LETTERS", GREEK),
        ("COMMANDS", COMMANDS),
        ("WORDS", WORDS),
        ("ACCENTS", MARKS),
        ("LOWERED_SIGNS", LOW),
        ("COMBINING_SIGNS", COMBINING),
    ):
        grammar = grammar.replace(place, "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word))))
    return lark.Lark(grammar, parser="lalr", transformer=Builder())


COMPLEX = "complex values are written as pairs of real ones, a_t and b_t, each with an equation of its own"
CASES = r"cases are all that the right side says, h_t = \begin{cases} ... \end{cases}: give the value a name of its own, and read that name"
REFUSED = {
    "prod": "write the factors one by one", "int": "write a sum over the steps", "arg": "write the largest value itself, max(a, b)",
    "ominus": "write a - b", "cup": "[a; b] stacks", "pm": "write + or -", "mp": "write + or -",
    "prec": "write k < t",
    "sim": "a System has no random values", "approx": "write =", "propto": "write =, with the factor", "otherwise": "write every(t, P)",
    "in": r"over entries write \sum_i, over steps \sum_{k=1}^{T}",
    "oint": "write a sum over the steps", "begin": CASES, "end": CASES, "Re": COMPLEX, "Im": COMPLEX,
}  # fmt: skip
"""Commands that are known and cannot be read, and what to write."""
OTHERS = (
    "odot", "circ", "otimes", "oplus", "cdot", "times", "frac", "sqrt", "sum", "top", "mathbf", "mathrm", "mathit", "text", "operatorname", "left",
    "right", "boldsymbol", "quad", "qquad", "partial", "ell", "leftarrow", "begin", "end", "lVert", "rVert", "langle", "rangle", "intercal", "prime",
)  # fmt: skip
"""Commands of the grammar that a misspelled one may have meant."""

WORDS = [word for word in {*FUNCTIONS, "ReLU", *nodes.FUNCTIONS} if len(word) > 1]
COMMANDS = [word.replace("_", "") for word in WORDS if word not in ("sum", "sqrt")]


@lark.v_args(inline=True)
class Builder(lark.Transformer[Any, Any]):
    """Makes the parts while parsing, so that nothing recurses over a tree."""

    def start(self, made: tuple[Part, ...]) -> tuple[Part, ...]:
        return made

    def row(self, *made: Part | Bar) -> tuple[Part, ...]:
        return paired(made)

    def part(self, made: Part) -> Part:
        return made

    bare = argument = part

    def sign(self, token: lark.Token) -> Part:
        return Sign(token.type, str(token), _place(token))

    plus_or_star = sign

    def bar(self, token: lark.Token, *scripts: Script) -> Bar:
        return Bar(token.type, str(token), _place(token), scripts)

    def braced(self, token: lark.Token, _: lark.Token, made: tuple[Part, ...], *closing: lark.Token) -> Part:
        return parts.only(Group("{", made, _between(token, closing[-1])))

    def letter(self, token: lark.Token) -> Part:
        if token == "ℓ":
            return Name("ell", _place(token))
        own = unicodedata.normalize("NFKC", token[0])
        letter = VARIANTS.get(token, "" if own == token[0] else str(token))
        base = f"{own}_{COMBINING[token[1]]}" if len(token) > 1 else accented(own)
        return Name(base, _place(token), spelling=replace(UPRIGHT, letter=letter))

    def number(self, token: lark.Token) -> Part:
        whole, _, behind = token.partition("{,}")
        if behind and len(behind) == 3 and whole.strip("0"):
            place, readings = _place(token), (f"{whole}.{behind}", f"{whole}{behind}")
            raise Wrong(f"{token} may be {' or '.join(readings)}", f"write {' or '.join(readings)}", place.start,
                        remedies=tuple(((place.start, place.stop, each),) for each in readings))  # fmt: skip
        return _number(token.replace("{,}", "."), _place(token))

    def scientific(self, token: lark.Token) -> Part:
        digits, _, power = re.sub(r"[\s{}^]", "", token).replace("−", "-").partition("10")
        found = re.match(r"[0-9.]+", digits)
        return _number(f"{found[0] if found else 1}e{power}", _place(token))

    def greek(self, token: lark.Token) -> Part:
        name = token[1:].removeprefix("var")
        spelling = replace(UPRIGHT, letter=token[1:], is_command=True)
        return Name("λ" if name == "lambda" else name, _place(token), is_spelled=True, spelling=spelling)

    def special(self, token: lark.Token) -> Part:
        match {"∂": "partial" if IN_DERIVATION.get() else "", "∇": "nabla"}.get(token, token[1:]):
            case "ell":
                return Name("ell", _place(token))
            case "imath" | "jmath" as dotless:
                return Name(dotless[0], _place(token))
            case "hbar":
                return Name("h_bar", _place(token))
            case "partial":
                return Value(tree.Name("d", place=_place(token)), _place(token), "partial")
            case "nabla" if IN_DERIVATION.get():
                return Value(tree.Name("nabla", place=_place(token)), _place(token), "nabla")
        raise Wrong(f"{token} has no meaning here", "write the equation without it", _place(token).start)

    def word(self, token: lark.Token) -> Part:
        command, _, inner = re.sub(r"^\{\s*(\\\w+)\s+", r"\1{", token).rstrip("}").partition("{")
        word, place = re.sub(r"[\s-]+", "_", inner.strip().replace(r"\_", "_").replace("\\", "")), _place(token)
        is_upright = not command.startswith((r"\mathcal", r"\mathbb", r"\mathfrak", r"\mathscr", r"\mathit", r"\textit", r"\it"))
        if word.isdigit():
            return _number(word, place, NUMBERS.get(word, "number"))
        if is_upright and (function := function_name(word)):
            return Function(function, place, str(token), word)
        if not re.fullmatch(r"\w+", word):
            raise Wrong(f"{token} is no name", "leave words out of the equation, or write one word", place.start)
        return Name(word, place, is_word=is_upright, spelling=replace(UPRIGHT, fonts=_font(command.strip())))

    def function(self, token: lark.Token) -> Part:
        word = str(token).lstrip("\\")
        return Function(function_name(word), _place(token), str(token), word)

    def sum(self, token: lark.Token) -> Part:
        return Function("sum", _place(token), str(token), over=UNSAID)

    def prod(self, token: lark.Token) -> Part:
        if not IN_DERIVATION.get():
            raise Wrong(f"{token} has no plain form", REFUSED["prod"], _place(token).start)
        return Function("prod", _place(token), str(token), over=UNSAID)

    def mark(self, token: lark.Token) -> Part:
        return Mark(str(token), _place(token))

    def unknown(self, token: lark.Token) -> Part:
        known = {*GREEK, *COMMANDS, *MARKS, *OTHERS}
        at = _place(token).start
        if str(token)[1:] in REFUSED:
            raise Wrong(f"{token} has no plain form", REFUSED[str(token)[1:]], at)
        close = difflib.get_close_matches(str(token)[1:], known, n=1) or difflib.get_close_matches(str(token)[1:].lower(), known, n=1)
        advice = rf"did you mean \{close[0]}?" if close else r"a name of several letters is written \mathrm{name}"
        raise Wrong(f"there is no command {token}", advice, at)

    def group(self, opening: lark.Token, made: tuple[Part, ...], closing: lark.Token) -> Part:
        kept = tuple(part for part in made if not (isinstance(part, Group) and part.opening == "{" and not part.parts))
        return Group("{", kept if len(kept) == 1 else made, _between(opening, closing))

    def paren(self, opening: lark.Token, made: tuple[Part, ...], closing: lark.Token) -> Part:
        return Group("(", made, _between(opening, closing))

    def square(self, opening: lark.Token, made: tuple[Part, ...], closing: lark.Token) -> Part:
        place = _between(opening, closing)
        return Group("[", stacked(made, place), place)

    def angle(self, opening: lark.Token, made: tuple[Part, ...], closing: lark.Token) -> Part:
        return Group("<", made, _between(opening, closing))

    def absolute(self, opening: lark.Token, made: tuple[Part, ...], closing: lark.Token) -> Part:
        place = _between(opening, closing)
        return Value(called("abs", row(made), place=place), place)

    def norm(self, opening: lark.Token, made: tuple[Part, ...], closing: lark.Token) -> Part:
        place = _between(opening, closing)
        return Value(called("norm", row(made), place=place), place, "norm")

    def matrix(self, begin: lark.Token, made: tuple[Part, ...], end_: lark.Token) -> Part:
        place = _between(begin, end_)
        rows = [each for each in parts.split(made, ("NEWLINE",)) if each]
        functions = [_unapplied(each[0]) for each in rows if len(each) == 1]
        if len(functions) == len(rows) > 1 and all(functions):
            return Value(tree.Listed(tuple(each for each in functions if each), is_stack=True, place=place), place)
        stacked: list[Part] = []
        for each in rows:
            if parts.has(each, "CELL"):
                raise Wrong("blocks side by side have no plain form", r"write the product row by row, or stack with \\ alone", place.start)
            stacked += [*([Sign("SEMICOLON", ";", place)] if stacked else []), *each]
        return Group("[" if len(rows) > 1 else "(", tuple(stacked), place)

    def font(self, token: lark.Token, argument: Part) -> Part:
        made = parts.only(argument)
        place = _place(token).to(argument.place)
        if isinstance(made, Value) and isinstance(made.tree, tree.Number) and made.tree.text in NUMBERS:
            return replace(made, kind=NUMBERS[made.tree.text], place=place)
        if isinstance(made, Name):
            is_word = made.is_word or token.startswith((r"\mathrm", r"\text", r"\operatorname"))
            spelling = replace(made.spelling, fonts=(made.spelling.fonts or frozenset()) | _font(str(token)))
            return replace(made, is_word=is_word, spelling=spelling, place=place)
        return made

    def accent(self, token: lark.Token, argument: Part) -> Part:
        made = parts.only(argument)
        place = _place(token).to(argument.place)
        if isinstance(made, Value) and isinstance(made.tree, tree.Number) and made.tree.text in NUMBERS:
            return made
        if not isinstance(made, Name) or made.after:
            raise Wrong(f"{token} stands over more than a name", rf"an accent belongs to one name, such as {token}{{h}}_t", place.start)
        whole = made.joined()
        return replace(whole, base=f"{whole.base}_{MARKS[token[1:]]}", place=place)

    def fraction(self, token: lark.Token, above: Part, below: Part) -> Part:
        place = _place(token).to(below.place)
        if (derived := _derivative(parts.inside(above), parts.inside(below), place)) is not None:
            return derived
        over, under = (row(parts.inside(each)) for each in (above, below))
        quotient = Product(_whole(over), ((Operator.OVER, _whole(under)),), place=place)
        return Value(
            Bracketed(quotient, place=place), place, "number" if number(parts.inside(above)) and number(parts.inside(below)) else ""
        )

    def fraction_of_digit(self, token: lark.Token, below: Part) -> Part:
        return self.fraction(token, _digit(token, len(token) - 1), below)

    def fraction_of_digits(self, token: lark.Token) -> Part:
        digits = [found.start() for found in re.finditer(r"\d", token)]
        return self.fraction(token, *(_digit(token, at) for at in digits))

    def sqrt(self, token: lark.Token, argument: Part) -> Part:
        place = _place(token).to(argument.place)
        return Value(called("sqrt", row(parts.inside(argument)), place=place), place)

    def root(self, token: lark.Token, _: lark.Token, degree: tuple[Part, ...], __: lark.Token, argument: Part) -> Part:
        place = _place(token).to(argument.place)
        if not (power := number(degree)).isdigit() or not int(power):
            raise Wrong("the degree of a root has to be a number", r"such as \sqrt[3]{x}", place.start)
        return Value(tree.Power(_whole(row(parts.inside(argument))), Fraction(1, int(power)), place=place), place)

    def overset(self, token: lark.Token, above: Part, base: Part) -> Part:
        made = parts.only(base)
        if isinstance(made, Sign) and made.kind == "EQUAL":
            return made
        if isinstance(made, Name) and isinstance(arrow := parts.only(above), Mark | Sign) and arrow.text.lstrip("\\") in ARROWS:
            return replace(made, base=f"{made.base}_{ARROWS[arrow.text[1:]]}", place=_place(token).to(base.place))
        raise Wrong(f"{token} is understood over = only", "write the equation without it", _place(token).start)

    def below(self, token: lark.Token, argument: Part) -> Script:
        return Script("below", parts.inside(argument), _place(token).to(argument.place))

    def above(self, token: lark.Token, argument: Part) -> Script:
        return Script("above", parts.inside(argument), _place(token).to(argument.place))

    def primes(self, token: lark.Token) -> Script:
        return Script("prime", (), _place(token), len(token))

    def lowered(self, token: lark.Token) -> Script:
        place = _place(token)
        label, by = re.fullmatch(rf"(.*?)(?:{TIME.get()}([+-][0-9]+)?)?", "".join(LOW[each] for each in token)).groups()  # type: ignore[union-attr]
        made: list[Part] = [Name(label, place)] if label else []
        if len(token) > len(label):
            made += [*([Sign("COMMA", ",", place)] if label else []), Name(TIME.get(), place)]
            made += [Sign("PLUS", "+", place), _number(by, place)] if by else []
        return Script("below", tuple(made), place)

    def raised(self, token: lark.Token) -> Script:
        place = _place(token)
        if token in "ᵀ⊤":
            return Script("above", (Mark(r"\top", place),), place)
        return Script("above", (_number(token.translate(RAISED), place),), place)

    def scripted(self, atom: Part, *scripts: Script) -> Part:
        base = atom
        if isinstance(atom, Group) and atom.opening == "{" and isinstance(inner := parts.only(atom), Name):
            spelled = GREEK.get(inner.base) if inner.is_spelled and not inner.labels and not inner.after else None
            base = replace(inner, base=spelled, is_spelled=False) if spelled else inner.joined()
        if not scripts:
            return parts.only(base)
        return attached(base, scripts)


def _unapplied(part: Part) -> tree.Name | None:
    """A function that stands alone, as in a column of functions; None if it is something else."""
    part = parts.only(part)
    if isinstance(part, Function) and not part.over:
        return tree.Name(part.name, place=part.place)
    is_sigma = isinstance(part, Name) and part.whole in ("sigma", "σ") and not part.has_index
    return tree.Name("σ", place=part.place) if is_sigma else None


def _place(token: lark.Token) -> Place:
    return Place(token.start_pos or 0, token.end_pos or 0)


def _between(opening: lark.Token, closing: lark.Token) -> Place:
    return _place(opening).to(_place(closing))


def _font(command: str) -> frozenset[str]:
    """The font of a command, if it makes another letter of one."""
    font = FONTS.get(command.lstrip("\\").rstrip("*"))
    return frozenset({font} if font else ())


def _number(text: str, place: Place, kind: str = "number") -> Value:
    return Value(tree.Number(text, place=place), place, kind)


def _digit(token: lark.Token, at: int) -> Value:
    start = _place(token).start + at
    return _number(token[at], Place(start, start + 1))


def _whole(made: Tree) -> Tree:
    """A side of a fraction, in parentheses if it is more than one value."""
    is_more = isinstance(made, tree.Sum | tree.Product | tree.Row | tree.Negative | tree.OverIndex)
    return Bracketed(made, place=made.place) if is_more else made


def _derivative(above: Sequence[Part], below: Sequence[Part], place: Place) -> Name | Value | None:
    r"""\frac{\partial L}{\partial h_t}, on the page of a cell by its name, dLdh_t; None for another fraction."""
    if not all(len(each) == 2 and parts.is_differential(parts.only(each[0])) for each in (above, below)):
        return None
    of, by = parts.only(above[1]), parts.only(below[1])
    if IN_DERIVATION.get():
        return Value(parts.derivative(of, by, place), place)
    if not isinstance(of, Name) or not isinstance(by, Name):
        return None
    return replace(by, base=f"d{of.base}d{by.base}", place=place)
