"""A system to its updates: by state and output one expression in parameters, inputs and states, however its author cut it into equations.

A variable that is read at t only is replaced by the right side of its equation. A variable that is read at another time is a state and
stays one, since its equation does not hold outside 1..T; where it is read at t itself it stays too, or is replaced as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Equation, Role, System
from verify.equivalence.symmetry import centre
from verify.proof.normal_form import Undecided


@dataclass(frozen=True)
class Updates:
    """The updates of a system.

    Attributes:
        system: as it was written.
        rights: by state and output, its update.
        keeps_states: whether a read of a state at t was left standing.
    """

    system: System
    rights: dict[str, Expr]
    keeps_states: bool

    @cached_property
    def short(self) -> System:
        """The system of the updates alone; it gives the outputs of the written one."""
        made = (replace(self.system.equation(name), right=right) for name, right in self.rights.items())
        return replace(self.system, equations=tuple(made))

    def mirrored(self, functions: frozenset[Expr]) -> Updates:
        """The same updates with f(a) written as c - f(-a) for these functions, which have such a centre of symmetry."""

        def change(part: Expr) -> Expr | None:
            middle = centre(type(part).__name__) if part in functions else None
            if middle is None:
                return None
            inner = nodes.rewrite(part.args[0], change)
            return nodes.add(2 * middle, nodes.neg(type(part)(nodes.neg(inner))))

        return replace(self, rights={name: nodes.rewrite(right, change) for name, right in self.rights.items()})

    def mirrors(self) -> list[Expr]:
        """The functions with a centre of symmetry whose arguments have parameters, those first whose centre is not at zero."""
        parts = dict.fromkeys(part for right in self.rights.values() for part in nodes.parts(right))
        found = [part for part in parts if isinstance(part, nodes.Elementwise) and centre(type(part).__name__) is not None]
        own = [part for part in found if any(self.is_parameter(leaf) for leaf in nodes.leaves(part))]
        return sorted(own, key=lambda part: centre(type(part).__name__) == 0)

    def is_parameter(self, leaf: Expr) -> bool:
        """Whether a leaf is a parameter."""
        return isinstance(leaf, sp.Symbol) and self.system[str(leaf)].role is Role.PARAMETER

    def dependences(self) -> Iterator[tuple[str, str, int]]:
        """(what is read, what reads it, the offset) for the states; a sum over time reads at 0, as it comes after all of it."""
        for name, right in self.rights.items():
            in_sums = nodes.summed(right)
            for read in nodes.leaves(right):
                if isinstance(read, sp.Indexed) and nodes.sequence_name(read) in self.rights:
                    by = 0 if read in in_sums else nodes.offset(read)
                    if not sp.sympify(by).is_Integer:
                        raise Undecided(f"a read of {read.base} at a single time")
                    yield nodes.sequence_name(read), name, int(by)


def updates(system: System, keeps_states: bool) -> Updates:
    """The updates of a system.

    Args:
        system: checked.
        keeps_states: whether a read of a state at t stays, or its update is put there.
    """
    if any(each.is_boundary for each in system.equations):
        raise Undecided(f"{system.name} has equations for single times")
    rights = inlined(system, keeps_states)
    results = dict.fromkeys([*system.outputs, *([system.loss] if system.loss else []), *(each.name for each in system.states)])
    return _reached(system, {name: rights[name] for name in results if name in rights}, keeps_states)


def inlined(system: System, keeps_states: bool) -> dict[str, Expr]:
    """The right sides of all variables in parameters, inputs and states."""
    kept = {each.name for each in system.states} if keeps_states else set()
    rights: dict[str, Expr] = {}
    for equation in system.order:
        rights[equation.name] = _inlined(equation, rights, kept)
    return rights


def _inlined(equation: Equation, rights: dict[str, Expr], kept: set[str]) -> Expr:
    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed):
            name = nodes.sequence_name(part)
            return rights[name] if nodes.offset(part) == 0 and name in rights and name not in kept else None
        return rights.get(str(part)) if isinstance(part, sp.Symbol) and not part.is_integer else None

    return nodes.rewrite(equation.right, change)


def _reached(system: System, rights: dict[str, Expr], keeps_states: bool) -> Updates:
    """The updates without those of states that no output needs."""
    made = Updates(system, rights, keeps_states)
    graph = nx.DiGraph()
    graph.add_nodes_from(rights)
    graph.add_edges_from((read, reader) for read, reader, _ in made.dependences())
    wanted = [name for name in (*system.outputs, system.loss) if name in graph]
    needed = set(wanted).union(*(nx.ancestors(graph, name) for name in wanted))
    return Updates(system, {name: right for name, right in rights.items() if name in needed}, keeps_states)
