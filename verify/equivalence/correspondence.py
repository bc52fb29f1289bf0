"""A correspondence between two systems, as a claim that can be proved or refuted, and the second system in the names of the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Equation, System, Variable
from verify.equivalence.sizes import resized, symbol
from verify.equivalence.weights import Block
from verify.proof.normal_form import Form


@dataclass(frozen=True)
class Correspondence:
    """The claim that a system, the source, is another one, the target, with these weights.

    Attributes:
        source, target: the systems.
        names: by input, constant, clock, state and output of the source, that of the target.
        sizes: the same for sizes.
        blocks: the blocks of the target's parameters, in parameters and sizes of the source; one that is not there is zero.
    """

    source: System
    target: System
    names: Mapping[str, str]
    sizes: Mapping[str, str]
    blocks: Mapping[Block, Form]

    def turned(self) -> Correspondence:
        """The claim about the two systems the other way round, with the same blocks: they are those of the source, in parameters of the target."""
        names, sizes = ({two: one for one, two in table.items()} for table in (self.names, self.sizes))
        return Correspondence(self.target, self.source, names, sizes, self.blocks)

    def renamed(self) -> System:
        """The target in the names and sizes of the source; a name that has no counterpart gets a prime."""
        back = {other: own for own, other in self.names.items()}
        table = {name: back.get(name, primed(name)) for name in self.target.variables}
        return _renamed(self.target, table, self.resizing)

    @property
    def resizing(self) -> dict[str, str]:
        """By size of the target, that of the source."""
        back = {other: own for own, other in self.sizes.items()}
        found = sorted({str(each) for each in _sizes(self.target)})
        return {name: back.get(name, primed(name)) for name in found}

    @property
    def weights(self) -> dict[Block, Form]:
        """The blocks by the names and sizes that the renamed target has."""
        table = self.resizing
        return {(primed(name), resized(row, table), resized(column, table)): form for (name, row, column), form in self.blocks.items()}


def primed(name: str) -> str:
    """A name that no author writes."""
    return f"{name}'"


def _sizes(system: System) -> set[Expr]:
    """The size symbols of a system, without T."""
    shaped = {each for v in system.variables.values() for side in v.shape for each in side.free_symbols}
    read = {each for e in system.equations for each in e.right.free_symbols if each.is_integer and each != nodes.t}
    return {each for each in shaped | read if each != nodes.T and isinstance(each, sp.Symbol)}


def _renamed(system: System, names: Mapping[str, str], sizes: Mapping[str, str]) -> System:
    """A system with other names and sizes."""
    table = {symbol(one): symbol(two) for one, two in sizes.items()}

    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed):
            return nodes.sequence(names[nodes.sequence_name(part)])[part.indices[0]]
        if isinstance(part, sp.Symbol):
            return table.get(part, part) if part.is_integer else nodes.parameter(names[str(part)])
        return None

    def moved(variable: Variable) -> Variable:
        rows, columns = (sp.sympify(side).xreplace(table) for side in variable.shape)
        return replace(variable, name=names[variable.name], of=names.get(variable.of, ""), shape=(rows, columns))

    def rewritten(equation: Equation) -> Equation:
        return replace(equation, left=nodes.rewrite(equation.left, change), right=nodes.rewrite(equation.right, change), steps=())

    return replace(
        system,
        equations=tuple(map(rewritten, system.equations)),
        variables={names[name]: moved(each) for name, each in system.variables.items()},
        outputs=tuple(names[name] for name in system.outputs),
        loss=names.get(system.loss, ""),
    )
