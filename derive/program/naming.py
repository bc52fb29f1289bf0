"""Names for parts of the equations of a system that a pass takes out of them, each defined before the equation that first reads it."""

from __future__ import annotations

from dataclasses import replace

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.system import Equation, Role, System, Variable


class Naming:
    """Equations that give names to what others read, each before the one that first reads it, and other right sides of these."""

    def __init__(self, whole: System) -> None:
        self.whole = whole
        self.taken = {*whole.variables}
        self.added: list[Variable] = []
        self.known: dict[Expr, Expr] = {}
        self.before: dict[str, list[Equation]] = {}
        self.rights: dict[str, Expr] = {}

    def name(self, value: Expr, wanted: str, reader: Equation) -> Expr:
        """The name of a value, which is given one, before its reader, if it has none."""
        if value not in self.known:
            name = fresh(wanted, self.taken)
            self.taken.add(name)
            self.added.append(Variable(name, Role.DEFINED, self.whole.shape(value), nodes.is_sequence(value)))
            self.known[value] = self.added[-1].symbol
            self.before.setdefault(reader.name, []).insert(0, Equation(self.known[value], value, reader.number))
        return self.known[value]

    def change(self, equation: Equation, right: Expr) -> None:
        """Give an equation another right side."""
        self.rights[equation.name] = right

    @property
    def system(self) -> System:
        """The system with all that was named and changed."""
        equations: list[Equation] = []
        for each in self.whole.equations:
            if not each.is_boundary:
                equations += self.before.get(each.name, ())
                each = replace(each, right=self.rights[each.name]) if each.name in self.rights else each
            equations.append(each)
        return self.whole.with_equations(equations, self.added)
