"""Backpropagation through time: a System to the system of its gradients.

Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78(10), 1990; here as the transposition of
the linearized recurrence, which holds for every length T.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.calculus.intermediates import name_intermediates
from derive.calculus.keeping import keeping_all
from derive.calculus.linearize import linearize
from derive.calculus.simplify import simplify
from derive.calculus.transpose import transpose
from derive.given import system_of
from derive.shown import ShownAsFormula
from derive.system import System


@dataclass(frozen=True, repr=False)
class Derivation(ShownAsFormula):
    """A system and what was derived from it, in the order of the derivation.

    Attributes:
        system: as it was written.
        forward: the same with its intermediates named.
        tangent: how a change spreads forward.
        transposed: how the loss's derivatives spread backward, as the rules give it.
        adjoint: the same, simplified: the gradients.
    """

    system: System
    forward: System
    tangent: System
    transposed: System
    adjoint: System

    @property
    def summary(self) -> str:
        """Of which system, and how many equations it has."""
        return f"of {self.system.name}: {len(self.forward)} equations forward, {len(self.adjoint)} of gradients"


def bptt(system: System | Derivation) -> Derivation:
    """The gradients of the loss by all parameters, inputs and initial states, as a system of recurrence equations.

    So whatever works with a derivation takes a system too.

    Args:
        system: checked, with `outputs` or `loss` saying where the loss reads it. A derivation is given back as it is.

    Raises:
        InputError: it is neither.
        MissingRule: an operation in it has no row in the rule book.

    Example:
        >>> import derive
        >>> derive.bptt(derive.cell("rnn"))
        <Derivation of rnn: 2 equations forward, 7 of gradients>
    """
    if isinstance(system, Derivation):
        return system
    system = system_of(system)
    with keeping_all():
        forward = name_intermediates(system)
        tangent = linearize(forward)
        transposed = transpose(forward, tangent)
        adjoint = simplify(transposed, forward)
        return Derivation(system, forward, tangent, transposed, adjoint)
