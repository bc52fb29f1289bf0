"""What all finders of slips look at: a system, its form, its gates, and the standard cell that it is or nearly is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.critique import wording
from derive.critique.canonical import Form, Token, Unit, form, is_bias, reads, weights
from derive.critique.idle import idle
from derive.critique.recognize import Recognition
from derive.critique.wording import formula
from derive.system import Equation, Role, System

GATES = ("sigmoid", "hard_sigmoid")
CANDIDATES = ("tanh", "hard_tanh", "relu", "softsign")


@dataclass(frozen=True)
class Slip:
    """A finding in one equation."""

    equation: Equation
    fact: str
    advice: str


@dataclass(frozen=True)
class Gate:
    """A squashed sum of weighted values that multiplies others: a gate proper or a candidate.

    Attributes:
        biases, weights: its parameters that stand alone, and all of them.
        inputs: the inputs that it reads.
        lagged: the variables that it reads at another time, and those that it reads by way of a product.
    """

    unit: Unit
    equation: Equation
    biases: tuple[str, ...]
    weights: tuple[str, ...]
    inputs: tuple[str, ...]
    lagged: tuple[tuple[str, int], ...]
    touched: frozenset[str]

    @property
    def name(self) -> str:
        """Its name."""
        return self.unit.name

    @property
    def has_constant(self) -> bool:
        """Whether it adds something that is the same at each t: a bias, a number."""
        return any(not list(reads(factor)) for term in self.unit.terms for factor in term.factors if len(term.factors) == 1)

    @property
    def is_proper(self) -> bool:
        """Whether it is between 0 and 1."""
        return self.unit.head in GATES


class Page:
    """A system under review."""

    def __init__(self, system: System, recognition: Recognition | None = None) -> None:
        self.system, self.recognition = system, recognition

    @cached_property
    def form(self) -> Form:
        """Its form."""
        return form(self.system)

    @property
    def is_standard(self) -> bool:
        """Whether it is a cell of the literature as it stands."""
        return self.recognition is not None and self.recognition.is_exact

    @cached_property
    def gates(self) -> tuple[Gate, ...]:
        """All its gates and candidates that have a name, in order."""
        factors = {
            read[1]
            for unit in self.form.units.values()
            for term in unit.terms
            if len(term.factors) > 1
            for factor in term.factors
            if factor[0] == "read"
            for read in reads(factor)
        }
        units = (unit for name, unit in self.form.units.items() if name in factors and unit.is_named and self._is_weighted(unit))
        return tuple(self._gate(unit) for unit in units if unit.head in (*GATES, *CANDIDATES) and not self._is_state(unit))

    def siblings(self, gate: Gate) -> list[Gate]:
        """The other gates."""
        return [each for each in self.gates if each.name != gate.name]

    def differs(self, gate: Gate, kind: str) -> bool:
        """Whether the standard cell has something else there."""
        found = self.recognition.differences if self.recognition is not None else ()
        return any(each.kind == kind and each.equation.name == gate.equation.name for each in found)

    def text(self, expr: Expr) -> str:
        """An expression in a sentence."""
        return formula(expr, self.system)

    def told(self, equation: Equation) -> str:
        """An equation in a sentence."""
        return wording.equation(equation, self.system)

    def value(self, name: str, offset: int = 0) -> str:
        """A variable in a sentence: h_{t-1}."""
        return self.text(self.system[name].at(nodes.t + offset))

    def complement(self, name: str) -> str:
        """1 minus a variable in a sentence."""
        return self.text(nodes.add(1, nodes.neg(self.system[name].symbol)))

    @cached_property
    def idle(self) -> nx.DiGraph:
        """What reaches no output, with an edge from each variable to those that read it."""
        return idle(self.system)

    @cached_property
    def lags(self) -> dict[str, list[int]]:
        """By sequence, the offsets at which it is read."""
        found: dict[str, list[int]] = {}
        for equation in self.system.equations:
            for leaf in equation.reads:
                found.setdefault(nodes.name_of(leaf), []).append(self.offset(leaf))
        return found

    def offset(self, leaf: Expr) -> int:
        """How far from t a leaf is read, where that is a number."""
        by = nodes.offset(leaf) if isinstance(leaf, sp.Indexed) else sp.Integer(0)
        return int(by) if by.is_Integer else 0

    def _is_state(self, unit: Unit) -> bool:
        """Whether others read it at an earlier step; a gate that does so itself is no state but a slip."""
        readers = self.system.readers.get(unit.name, ())
        return any(self.offset(leaf) < 0 for each, leaf in readers if each.name != unit.name or unit.head in CANDIDATES)

    def _is_weighted(self, unit: Unit) -> bool:
        return any(name for term in unit.terms for factor in term.factors for name in weights(factor))

    def _gate(self, unit: Unit) -> Gate:
        tokens = [read for term in unit.terms for factor in term.factors for read in reads(factor)]
        inputs = {each.name for each in self.system.variables.values() if each.role is Role.INPUT}
        return Gate(
            unit,
            self.system.equation(unit.name),
            tuple(term.factors[0][1] for term in unit.terms if is_bias(term)),
            tuple(name for term in unit.terms for factor in term.factors for name in weights(factor)),
            tuple(read[1] for read in tokens if read[1] in inputs),
            tuple((read[1], read[2]) for read in tokens if read[1] not in inputs and isinstance(read[2], int) and read[2] < 0),
            frozenset(self._touched(tokens)),
        )

    def _touched(self, tokens: list[Token]) -> set[str]:
        """The names that are read, also inside parts without a name."""
        found, pending = set[str](), list(tokens)
        while pending:
            read = pending.pop()
            found.add(read[1])
            if read[1].startswith("("):
                pending += list(self.form.units[read[1]].reads)
        return found


def replaced(equation: Equation, change: Callable[[Expr], Expr | None]) -> Equation:
    """An equation with parts of its right side replaced."""
    return Equation(equation.left, nodes.rewrite(equation.right, change), equation.number, line=equation.line)
