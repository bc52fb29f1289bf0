"""Backpropagation through time: a System to the system of its gradients.

Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78(10), 1990; here as the transposition of
the linearized recurrence, which holds for every length T.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.calculus.intermediates import name_intermediates
from derive.calculus.linearize import linearize
from derive.calculus.simplify import simplify
from derive.calculus.transpose import transpose
from derive.shown import Shown
from derive.system import System


@dataclass(frozen=True)
class Derivation(Shown):
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


def bptt(system: System) -> Derivation:
    """The gradients of the loss by all parameters, inputs and initial states, as a system of recurrence equations.

    Args:
        system: checked, with `outputs` or `loss` saying where the loss reads it.

    Raises:
        MissingRule: an operation in it has no row in the rule book.
    """
    forward = name_intermediates(system)
    tangent = linearize(forward)
    transposed = transpose(forward, tangent)
    adjoint = simplify(transposed, forward)
    return Derivation(system, forward, tangent, transposed, adjoint)
