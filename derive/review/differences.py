"""A match to words: what differs from the cell, in the names of the system.

Takes a `Match` and the two forms, gives a `Difference` for each of the match's differences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.notation import write
from derive.review.canonical import Form, Term, Token, Unit, reads
from derive.review.match import Match, Pair, is_bias
from derive.system import Equation, System


@dataclass(frozen=True)
class Difference:
    """One thing in which a system is not the cell.

    Attributes:
        kind: "function", "no bias", "bias", "read", "no term", "term", "other term", "shared", "parted".
        equation: the system's equation that it stands in.
        fact: it in words, in the names of the system: "i_t has no bias b_i".
        own, standard: the functions, where these differ.
    """

    kind: str
    equation: Equation
    fact: str
    own: str = ""
    standard: str = ""


def differences(match: Match, own: Form, standard: Form) -> tuple[Difference, ...]:
    """The differences in the order of the system's equations."""
    wording = _Wording(match, own, standard)
    found = [*(each for pair in match.pairs for each in wording.pair(pair)), *wording.parameters(match)]
    found += [wording.added(own, term) for term in match.extra]
    found += [wording.left_out(term) for term in match.gone]
    return tuple(sorted(found, key=lambda each: each.equation.number))


def equation_of(form: Form, unit: str) -> Equation:
    """The equation of the system in which a unit stands."""
    system = form.system
    readers = [unit]
    for name in readers:
        if system.defines(name):
            return system.equation(name)
        readers += [each.name for each in form.units.values() if any(read[1] == name for read in each.reads) and each.name not in readers]
    return system.equations[0]


class _Wording:
    """Writes parts of the cell in the names of the system."""

    def __init__(self, match: Match, own: Form, standard: Form) -> None:
        self.own, self.standard, self.match = own, standard, match
        merged = {name: into for name, into in standard.inside.items() if name not in standard.units}
        self.names = {name: mine for name, mine in match.names.items() if mine and not mine.startswith("(")}
        self.names |= {name: self.names[into] for name, into in merged.items() if into in self.names and _is_alias(standard, name, into)}

    def pair(self, pair: Pair) -> Iterator[Difference]:
        """What differs in one unit."""
        equation = equation_of(self.own, pair.own.name)
        subject = self._subject(pair.own, equation)
        if pair.own.head != pair.standard.head:
            mine, theirs = pair.own.head or "no function", pair.standard.head or "no function"
            yield Difference("function", equation, f"{subject} has {mine} in the place of {theirs}", pair.own.head, pair.standard.head)
        for own, standard in pair.terms:
            kind, fact = self._term(own, standard)
            yield Difference(kind, equation, f"{subject} {fact}")

    def parameters(self, match: Match) -> Iterator[Difference]:
        """Where parameters are shared or not."""
        for unit, mine, theirs in match.shared:
            equation = equation_of(self.own, unit.name)
            named = self._renamed(theirs)
            other = f", which is {named} there" if named != _bare(mine) else ", which is used elsewhere too"
            yield Difference("shared", equation, f"{self._subject(unit, equation)} uses {_bare(mine)}{other}")
        for unit, mine, _ in match.parted:
            equation = equation_of(self.own, unit.name)
            yield Difference("parted", equation, f"{self._subject(unit, equation)} has {_bare(mine)}, where a parameter is shared")

    def added(self, own: Form, term: Term) -> Difference:
        """A term of a unit that the cell does not have."""
        unit = next(each for each in own.units.values() if term in each.terms)
        equation = equation_of(own, unit.name)
        return Difference("term", equation, f"{_left(equation, own.system)} adds {self._text(term.source)}")

    def left_out(self, term: Term) -> Difference:
        """A term of a unit of the cell that the system does not have."""
        return Difference("no term", self.own.system.equations[-1], f"there is no {self._text(self._moved(term.source))}")

    def _subject(self, unit: Unit, equation: Equation) -> str:
        left = _left(equation, self.own.system)
        if unit.name == equation.name or not unit.head:
            return left
        return f"the {unit.head} in {left}" if unit.name.startswith("(") else left

    def _term(self, own: Term | None, standard: Term | None) -> tuple[str, str]:
        if own is None and standard is not None:
            if is_bias(standard):
                return "no bias", f"has no bias {self._text(self._moved(standard.source))}"
            read = [self._read(each) for factor in standard.factors for each in reads(factor)]
            is_plain = len(standard.factors) == 1 and len(read) == 1 and not read[0].startswith("(")
            return "no term", f"has no term in {read[0]}" if is_plain else f"has no {self._text(self._moved(standard.source))}"
        if own is not None and standard is None:
            kind = "bias" if is_bias(own) else "term"
            return kind, f"adds {'the bias ' if is_bias(own) else ''}{self._text(own.source)}"
        if own is None or standard is None:
            raise AssertionError
        mine = [self._text(_value(each)) for factor in own.factors for each in reads(factor)]
        theirs = [self._read(each) for factor in standard.factors for each in reads(factor)]
        if len(mine) == len(theirs) and [str(own.number), *map(_kind, own.factors)] == [
            str(standard.number),
            *map(_kind, standard.factors),
        ]:
            other = [(a, b) for a, b in zip(mine, theirs, strict=True) if a != b]
            if len(other) == 1 and "(" not in other[0][0] and "(" not in other[0][1]:
                return "read", f"reads {other[0][0]} in the place of {other[0][1]}"
        return "other term", f"has {self._text(own.source)} in the place of {self._text(self._moved(standard.source))}"

    def _read(self, token: Token) -> str:
        return self._text(self._moved(_value(token)))

    def _moved(self, expr: Expr) -> Expr:
        """An expression of the cell in the names of the system."""

        def change(part: Expr) -> Expr | None:
            if isinstance(part, sp.Indexed):
                name = self.names.get(nodes.sequence_name(part), nodes.sequence_name(part))
                moved = nodes.sequence(name)[part.indices[0]]
                return nodes.add(1, nodes.neg(moved)) if name in self.match.flipped else moved
            if isinstance(part, sp.Symbol) and not part.is_integer:
                return nodes.parameter(self._renamed(str(part)))
            return None

        return nodes.rewrite(expr, change)

    def _renamed(self, parameter: str) -> str:
        """The name that a parameter of the cell would have in the system: b_g, where g is called u, is b_u."""
        base, *rest = _bare(parameter).split("_")
        return "_".join([base, *(self.names.get(part, part) for part in rest)])

    def _text(self, expr: Expr) -> str:
        return write.text(expr, self.own.system)


def _is_alias(form: Form, name: str, into: str) -> bool:
    """Whether a variable of the cell is another name of a unit."""
    right = form.system.equation(name).right if form.system.defines(name) else None
    return isinstance(right, sp.Indexed) and nodes.sequence_name(right) == into


def _value(token: Token) -> Expr:
    """The value that is read."""
    name, offset = token[1], token[2]
    if name.startswith("("):
        return nodes.parameter(name)
    value = nodes.sequence(name)[nodes.t + offset] if isinstance(offset, int) else nodes.parameter(f"{name}({offset})")
    return nodes.add(1, nodes.neg(value)) if token[3] else value


def _kind(token: Token) -> str:
    """A factor without the names in it."""
    if token[0] == "dot":
        return f"dot({_kind(token[1])}, {_kind(token[2])})"
    return str(token[0])


def _left(equation: Equation, system: System) -> str:
    return write.text(equation.left, system)


def _bare(parameter: str) -> str:
    """The name of a parameter without the mark of its block."""
    return re.split(r"[#\[]", parameter)[0]
