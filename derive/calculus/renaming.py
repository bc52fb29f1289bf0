"""A System with other names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Equation, Role, System, Variable


def labelled(system: System, label: str, kept: Collection[str] = ()) -> System:
    """The system with a label on all its names but those of clocks and those that are kept."""
    names = {name: f"{name}_{label}" for name, each in system.variables.items() if name not in kept and each.role is not Role.CLOCK}
    free = {str(each)[2:] for each in sizes_of(system)} - set(system.variables)
    return renamed(system, {**names, **{name: f"{name}_{label}" for name in free}})


def renamed(system: System, names: Mapping[str, str]) -> System:
    """The system with other names of variables; the sizes n_h follow. A size that is no variable's may be renamed too."""
    sizes = {size: nodes.size(names.get(str(size)[2:], str(size)[2:])) for size in sizes_of(system)}

    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed):
            name = nodes.sequence_name(part)
            return nodes.sequence(names.get(name, name))[part.indices]
        if isinstance(part, sp.Symbol):
            return sizes.get(part, part) if part.is_integer else nodes.parameter(names.get(str(part), str(part)))
        return None

    def moved(each: Variable) -> Variable:
        rows, columns = (side.xreplace(sizes) for side in each.shape)
        return replace(each, name=names.get(each.name, each.name), shape=(rows, columns), of=names.get(each.of, each.of))

    return replace(
        system,
        equations=tuple(rewritten(each, change) for each in system.equations),
        variables={each.name: each for each in map(moved, system.variables.values())},
        outputs=tuple(names.get(name, name) for name in system.outputs),
        loss=names.get(system.loss, system.loss),
    )


def rewritten(equation: Equation, change: Callable[[Expr], Expr | None]) -> Equation:
    """The equation with each part of both sides replaced, as `nodes.rewrite` does."""
    return replace(equation, left=nodes.rewrite(equation.left, change), right=nodes.rewrite(equation.right, change))


def sizes_of(system: System) -> list[sp.Symbol]:
    """The symbols for sizes, in order of first appearance."""
    sides = [side for each in system.variables.values() for side in each.shape]
    bounds = [part for each in system.equations for part in nodes.parts(each.right) if isinstance(part, sp.Symbol) and part.is_integer]
    found = [symbol for side in (*sides, *bounds) for symbol in sorted(side.free_symbols, key=str)]
    return [each for each in dict.fromkeys(found) if each not in (nodes.t, nodes.T)]
