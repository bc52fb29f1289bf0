"""What authors carry from step to step in the place of a gradient: dc_next and dh_next, what the steps after give to it, and dc_prev, what it
gives to the step before.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, add
from derive.system import Boundary, Kind, Role, System, Variable


@dataclass(frozen=True)
class Carried:
    """A part of a gradient.

    Attributes:
        variable: that stands for it.
        gradient: whose part it is, by its name in the adjoint system.
        rest: the other terms of that gradient at t.
        later: it, as a part of that gradient at t.
        lead: how many steps later it is that of the gradient at t: 0, or 1 if it is meant as what is given to the step before.
        told: what it is, in words.
    """

    variable: Variable
    gradient: str
    rest: Expr
    later: Expr
    lead: int
    told: str

    @property
    def expr(self) -> Expr:
        """It, over the values and gradients of the cell at t."""
        return nodes.shift(self.later, -self.lead)

    def written_out(self, leaf: Expr) -> Expr:
        """It at the time at which it is read."""
        return nodes.shift(self.expr, nodes.offset(leaf))

    def completed(self, claimed: Expr) -> Expr:
        """The gradient at t, if what is claimed of the part at t is right."""
        return add(self.rest, nodes.shift(claimed, self.lead))


def carried(adjoint: System) -> dict[str, Carried]:
    """By name, what each gradient has from the steps after; the same one step earlier is what a step gives to the one before."""
    found: dict[str, Carried] = {}
    for each in (each for each in adjoint.equations if not each.is_boundary and adjoint[each.name].is_sequence):
        terms = each.right.args if isinstance(each.right, sp.Add) else (each.right,)
        later = [term for term in terms if any(isinstance(leaf, sp.Indexed) and _is_later(leaf) for leaf in nodes.leaves(term))]
        if not 0 < len(later) < len(terms):
            continue
        rest, of = add(*(term for term in terms if term not in later)), adjoint[each.name].of
        for lead, told in ((0, f"what the steps after give to the gradient of the loss by {of}"),
                           (1, f"what each step gives to the gradient of the loss by {of} of the step before")):  # fmt: skip
            name = f"{each.name}.{lead}"  # no page has such a name
            variable = Variable(name, Role.DEFINED, adjoint[each.name].shape, boundary=Boundary.ZERO, kind=Kind.OPERAND, of=of)
            found[name] = Carried(variable, each.name, rest, add(*later), lead, told)
    return found


def _is_later(leaf: Expr) -> bool:
    by = nodes.offset(leaf)
    return bool(by.is_Integer and by > 0)
