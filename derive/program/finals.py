"""How the gradients by final states enter the backward pass: as what its steps would read behind the last one."""

from __future__ import annotations

from derive.algebra import nodes
from derive.program.arguments import ends
from derive.program.prepare import Program
from derive.system import Kind, Variable


def finals(program: Program) -> dict[str, Variable]:
    """By the name of what carries the adjoint of a state over its greatest lag or lead, the state.

    hbar_t = dLdh_t + hbar_next_{t+1} has all that later steps contribute to h_t in hbar_next, so that hbar_next_{T+1} is the gradient by h_T;
    where h_t reads h_{t+1}, hbar_previous_0 is that by h_1. A state on whose value before no derivative depends is not there.
    """
    forward, adjoint = program.derivation.forward, program.backward.system
    owners = {each.of: each.name for each in adjoint.variables.values() if each.kind is Kind.ADJOINT and adjoint.defines(each.name)}
    found = {}
    for state in ends(forward).values():
        low, high = forward.reach[state.name]
        ahead, owner = -low if low else -high, owners.get(state.name, "")
        for leaf in adjoint.equation(owner).reads if owner else ():
            carried = adjoint[nodes.name_of(leaf)]
            if carried.kind is Kind.OPERAND and carried.of == owner and nodes.offset(leaf) == ahead:
                found[carried.name] = state
    return found
