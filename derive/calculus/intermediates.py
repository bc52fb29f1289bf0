"""Names for intermediates: a System to an equal one in which each function and each product is applied to named values.

    h_t = tanh(W x_t + U h_{t-1} + b)    becomes    a_h_t = W x_t + U h_{t-1} + b,  h_t = tanh(a_h_t)

So each adjoint of the derivation has a name (abar_h_t), and what two terms share is computed once. In a sum over time all reads are at t,
and sums over time stand in equations of what has no t: what a sum does to the adjoint of a value is the same at each t then.
"""

from __future__ import annotations

import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.system import Equation, Kind, Role, Step, System, Variable

NAMED = (nodes.Composite, nodes.Solve, nodes.Declared)
"""The operations that stand in equations of their own."""


def name_intermediates(system: System) -> System:
    """The system with the arguments of functions and the operands of products named; the author's equations keep their numbers."""
    naming = _Naming(system)
    equations = [each for equation in system.equations for each in naming.split(equation)]
    return system.with_equations(equations, naming.added)


class _Naming:
    def __init__(self, system: System) -> None:
        self.system = system
        self.added: list[Variable] = []
        self.known: dict[Expr, Expr] = {}
        self.shapes = {**system.shapes}
        self.number = max(equation.number for equation in system.equations)

    def split(self, equation: Equation) -> list[Equation]:
        """The equation and, before it, those of the intermediates that it needs."""
        self.before: list[Equation] = []
        self.owner, self.is_at_each_t = equation, isinstance(equation.left, sp.Indexed)
        is_columnwise = isinstance(equation.right, NAMED)
        right = self._inside(equation.right) if is_columnwise else self._named(equation.right)
        if right != equation.right:
            step = Step("name the intermediates", before=equation.right, after=right)
            equation = Equation(equation.left, right, equation.number, (*equation.steps, step), equation.line)
        return [*self.before, equation]

    def _named(self, expr: Expr) -> Expr:
        """The expression over named values, from the leaves up."""
        inside = self._inside(expr)
        return self._name(inside, Kind.OPERAND) if isinstance(inside, NAMED) else inside

    def _inside(self, expr: Expr) -> Expr:
        if isinstance(expr, sp.Indexed) or not expr.args:
            return expr
        if isinstance(expr, nodes.OverTime):
            return self._sum(expr)
        if isinstance(expr, nodes.Declared):
            named = self._name(self._named(expr.argument), Kind.PREACTIVATION)
            return nodes.rebuild(expr, tuple(nodes.replace(each, {expr.argument: named}) for each in expr.args))
        operands = tuple(self._named(each) for each in expr.args)
        if isinstance(expr, (nodes.Elementwise, nodes.Composite)):
            operands = tuple(self._name(each, Kind.PREACTIVATION) for each in operands)
        elif isinstance(expr, (nodes.MatMul, nodes.Solve)):
            operands = tuple(self._name(each, Kind.OPERAND) for each in operands)
        elif isinstance(expr, sp.Mul) and sum(not each.is_Number for each in operands) > 1:
            operands = tuple(self._name(each, Kind.OPERAND) if self._is_work(each) else each for each in operands)
        return nodes.rebuild(expr, operands)

    def _is_work(self, expr: Expr) -> bool:
        """Whether a factor is a column that takes a matrix product, which the adjoints of the other factors want too."""
        return any(isinstance(part, nodes.MatMul) for part in nodes.parts(expr)) and self._shape(expr)[1] == 1

    def _sum(self, expr: Expr) -> Expr:
        """A sum over time, of values at t; one that is wanted at each t is named, so that it stands in an equation without t."""
        outside, self.is_at_each_t = self.is_at_each_t, True
        inner = nodes.rewrite(self._named(expr.args[0]), lambda part: self._defined(part, Kind.OPERAND) if _is_moved(part) else None)
        self.is_at_each_t = outside
        made = nodes.rebuild(expr, (inner,))
        return self._name(made, Kind.OPERAND) if outside else made

    def _name(self, expr: Expr, kind: Kind) -> Expr:
        if isinstance(expr, nodes.Transpose):
            return nodes.rebuild(expr, (self._name(expr.args[0], kind),))
        if isinstance(expr, (sp.Indexed, sp.Symbol, nodes.Constant)) or expr.is_Number:
            return expr
        return self._defined(expr, kind)

    def _defined(self, expr: Expr, kind: Kind) -> Expr:
        """The name of an expression, which is given one if it has none."""
        if expr not in self.known:
            self.known[expr] = self._define(expr, kind)
        return self.known[expr]

    def _define(self, expr: Expr, kind: Kind) -> Expr:
        name = fresh(self._wanted(expr, kind), self.shapes)
        variable = Variable(name, Role.DEFINED, self._shape(expr), nodes.is_sequence(expr), kind=kind, of=self.owner.name)
        self.added.append(variable)
        self.shapes[name] = variable.shape
        self.number += 1
        step = Step(f"name the {kind.value}", after=expr)
        self.before.append(Equation(variable.symbol, expr, self.number, (step,), self.owner.line))
        return variable.symbol

    def _shape(self, expr: Expr) -> tuple[Expr, Expr]:
        return shapes.shape(expr, self.shapes)

    def _wanted(self, expr: Expr, kind: Kind) -> str:
        """a_h for the argument of the function that gives h; rh for the operand r_t * h_{t-1}; v_h for another operand."""
        if kind is Kind.PREACTIVATION:
            return f"a_{self.owner.name}"
        reads = nodes.leaves(expr)
        if isinstance(expr, sp.Mul) and len(reads) <= 3 and set(reads) == set(expr.args):
            return _joined([nodes.name_of(r) for r in reads])
        return f"v_{self.owner.name}"


def _joined(names: list[str]) -> str:
    """The names of factors as one; what they all end with stands at its end: rh, rh_1 for r_1 and h_1."""
    pieces = [name.split("_") for name in names]
    shared = 0
    while all(len(each) > shared + 1 for each in pieces) and len({each[-shared - 1] for each in pieces}) == 1:
        shared += 1
    heads = ["_".join(each[: len(each) - shared]) for each in pieces]
    return "_".join(["".join(heads), *pieces[0][len(pieces[0]) - shared :]])


def _is_moved(part: Expr) -> bool:
    """Whether a part reads a sequence at another time than t."""
    return isinstance(part, sp.Indexed) and nodes.offset(part) != 0
