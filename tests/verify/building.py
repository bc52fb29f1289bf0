"""Systems and their gradients, made from equations.

`network` makes a forward System, `gradients` its adjoint System: `bar("h")` is the adjoint of h, `up("h")` its upstream gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, MatMul, OverTime, Transpose, parameter, sequence
from derive.soundness import checked
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from verify.proof import Proof
from verify.verdict import Verdict

T = nodes.T
n, m, k = (nodes.size(name) for name in "hxy")
Equations = Mapping[Expr, Expr]


def bar(name: str) -> sp.IndexedBase:
    """The adjoint of a sequence."""
    return sequence(f"{name}bar")


def pbar(name: str) -> sp.Symbol:
    """The adjoint of a parameter."""
    return parameter(f"{name}bar")


def up(name: str) -> sp.IndexedBase:
    """The upstream gradient of an output."""
    return sequence(f"up_{name}")


def network(equations: Equations, shapes: Mapping, outputs: tuple[str, ...] = ("h",), loss: str = "", **changes: dict) -> System:
    """A forward system; what has no equation is an input if it is read at a time, else a parameter.

    `changes` are fields of Variable by its name.
    """
    made = [Equation(left, right, number) for number, (left, right) in enumerate(equations.items(), start=1)]
    defined = {each.name for each in made}
    read = [part for each in made for part in (each.left, *each.reads)]
    sequences = {nodes.sequence_name(part) for part in read if isinstance(part, sp.Indexed)}
    variables = {}
    for name, shape in shapes.items():
        role = Role.DEFINED if name in defined else Role.INPUT if name in sequences else Role.PARAMETER
        rows, columns = (sp.sympify(side) for side in shape)
        variables[name] = Variable(name, role, (rows, columns), name in sequences, **changes.get(name, {}))
    return checked(System("hand-written", tuple(made), variables, outputs, loss))


def gradients(forward: System, equations: Equations) -> System:
    """An adjoint system of a forward one."""
    given = {}
    for name, each in forward.variables.items():
        given[name] = replace(each, role=Role.INPUT if each.role is Role.DEFINED else each.role)
    for name, each in forward.variables.items():
        given[f"{name}bar"] = Variable(f"{name}bar", Role.DEFINED, each.shape, each.is_sequence, Boundary.ZERO, Kind.ADJOINT, name)
    for name in () if forward.loss else forward.outputs:
        given[f"up_{name}"] = Variable(f"up_{name}", Role.INPUT, forward[name].shape, True, Boundary.ZERO, Kind.UPSTREAM, name)
    made = tuple(Equation(left, right, number) for number, (left, right) in enumerate(equations.items(), start=100))
    return System("hand-written gradients", made, given)


def outer(g: Expr, v: Expr) -> Expr:
    """The sum over time of g v^T."""
    return OverTime(MatMul(g, Transpose(v)))


def verdict(proof: Proof, subject: str) -> Verdict:
    return next(each for each in proof.verdicts if each.subject == subject)


def changed(system: System, left: sp.Expr, right: sp.Expr | None) -> System:
    """The system with another right side of an equation, with it added, or without it."""
    kept = [each for each in system.equations if each.left != left]
    return system.with_equations(kept if right is None else [*kept, Equation(left, right, 999)])


def disagreeing(proof: Proof) -> list[str]:
    return [each.subject for each in proof.verdicts if not each.agrees]
