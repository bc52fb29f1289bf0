"""Which gradients of a system rest on slopes that are declared: taken from the page, and neither derived nor to be proved."""

from __future__ import annotations

import networkx as nx

from derive.algebra import nodes
from derive.algebra.nodes import Declared
from derive.system import System


def declared(system: System) -> dict[str, tuple[Declared, ...]]:
    """By variable, the functions with a declared slope that its gradient passes through, in the order of the equations.

    The names of those variables alone whose gradients do. A function that nothing asked for is computed from is passed through by none.
    """
    leading = set(system.outputs) | ({system.loss} if system.loss else set())
    leading |= {name for output in tuple(leading) for name in nx.ancestors(system.dependences, output)}
    found: dict[str, dict[Declared, None]] = {}
    for equation in system.equations:
        for part in nodes.parts(equation.right):
            if isinstance(part, Declared) and equation.name in leading:
                read = {nodes.name_of(leaf) for leaf in nodes.leaves(part.argument)}
                for name in read.union(*(nx.ancestors(system.dependences, each) for each in read)):
                    found.setdefault(name, {})[part] = None
    return {name: tuple(found[name]) for name in system.variables if name in found}


def without(system: System) -> System:
    """The same values by equations without declared slopes, for those who compute them and no derivative."""

    def change(part: nodes.Expr) -> nodes.Expr | None:
        return without_slopes(part.value) if isinstance(part, Declared) else None

    def without_slopes(expr: nodes.Expr) -> nodes.Expr:
        return nodes.rewrite(expr, change)

    if not any(isinstance(part, Declared) for each in system.equations for part in nodes.parts(each.right)):
        return system
    return system.with_equations(each.with_right(without_slopes(each.right)) for each in system.equations)
