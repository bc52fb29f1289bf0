"""A match to words: what differs from the cell, in the names of the system.

Takes a `Match` and the two forms, gives a `Difference` for each of the match's differences.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.critique.canonical import Form, Term, Token, Unit, is_bias, reads
from derive.critique.match import Match, Pair
from derive.critique.wording import formula, named
from derive.system import Equation, System


@dataclass(frozen=True)
class Difference:
    """One thing in which a system is not the cell.

    Attributes:
        kind: "function", "whole", "no bias", "bias", "read", "no term", "term", "other term", "shared", "parted", "name".
        equation: the system's equation that it stands in.
        fact: it in words, in the names of the system: "i_t has no bias b_i".
        own, standard: the functions or the reads, where these differ.
        leaves: what is read here and what in the cell, where that differs.
    """

    kind: str
    equation: Equation
    fact: str
    own: str = ""
    standard: str = ""
    leaves: tuple[Expr, ...] = ()


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
        cell, is_other = self.standard.system, pair.own.head != pair.standard.head
        is_whole = pair.own.name == equation.name and cell.defines(pair.standard.name)
        if is_other and is_whole and not (pair.own.head and pair.standard.head):
            right = self._text(self._moved(cell.equation(pair.standard.name).right))
            yield Difference("whole", equation, f"{subject} is {self._text(equation.right)} in the place of {right}")
            return
        if is_other:
            mine, theirs = pair.own.head or "no function", pair.standard.head or "no function"
            yield Difference("function", equation, f"{subject} has {mine} in the place of {theirs}", pair.own.head, pair.standard.head)
        for own, standard in pair.terms:
            yield self._term(equation, subject, own, standard)

    def parameters(self, match: Match) -> Iterator[Difference]:
        """Where parameters are shared or not."""
        firsts = {(unit.name, _bare(mine)): (unit, mine) for unit, mine, _ in reversed(match.shared)}
        for unit, mine in reversed(firsts.values()):
            equation = equation_of(self.own, unit.name)
            yield Difference("shared", equation, f"{self._subject(unit, equation)} shares {named(_bare(mine))} with another equation")
        for unit, mine, _ in match.parted:
            equation = equation_of(self.own, unit.name)
            yield Difference("parted", equation, f"{self._subject(unit, equation)} has {named(_bare(mine))}, where a parameter is shared")

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

    def _term(self, equation: Equation, subject: str, own: Term | None, standard: Term | None) -> Difference:
        """What differs in a term, None where there is none."""
        if own is None and standard is not None:
            return Difference("no bias" if is_bias(standard) else "no term", equation, f"{subject} {self._lacking(standard)}")
        if own is not None and standard is None:
            kind, article = ("bias", "the bias ") if is_bias(own) else ("term", "")
            return Difference(kind, equation, f"{subject} adds {article}{self._text(own.source)}")
        if own is None or standard is None:
            raise AssertionError
        if len(other := self._other_reads(own, standard)) == 1:
            mine, theirs = map(self._text, other[0])
            leaves = tuple(leaf for value in other[0] for leaf in nodes.leaves(value))
            return Difference("read", equation, f"{subject} reads {mine} in the place of {theirs}", mine, theirs, leaves)
        fact = f"{subject} has {self._text(own.source)} in the place of {self._text(self._moved(standard.source))}"
        return Difference("other term", equation, fact)

    def _lacking(self, standard: Term) -> str:
        """That there is no such term."""
        if is_bias(standard):
            return "has no bias"
        read = [self._moved(_value(each)) for factor in standard.factors for each in reads(factor)]
        is_plain = len(standard.factors) == 1 and len(read) == 1 and not _is_unnamed(read[0])
        return f"has no term in {self._text(read[0])}" if is_plain else f"has no {self._text(self._moved(standard.source))}"

    def _other_reads(self, own: Term, standard: Term) -> list[tuple[Expr, Expr]]:
        """The reads that differ where nothing else does; none where they cannot be told by a name."""
        if (own.number, sorted(map(_kind, own.factors))) != (standard.number, sorted(map(_kind, standard.factors))):
            return []
        mine = Counter(_value(each) for factor in own.factors for each in reads(factor))
        theirs = Counter(self._moved(_value(each)) for factor in standard.factors for each in reads(factor))
        other = list(zip((mine - theirs).elements(), (theirs - mine).elements(), strict=False))
        is_told = mine.total() == theirs.total() and not any(_is_unnamed(each) for pair in other for each in pair)
        return other if is_told else []

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
        return formula(expr, self.own.system)


def _is_unnamed(value: Expr) -> bool:
    """Whether what is read has no name."""
    return "(" in str(value.free_symbols)


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
    return formula(equation.left, system)


def _bare(parameter: str) -> str:
    """The name of a parameter without the mark of its block."""
    return re.split(r"[#\[]", parameter)[0]
