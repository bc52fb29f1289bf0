"""Evidence that a system of one kind is none of another kind, whatever the weights and the correspondence between states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.system import System
from verify.equivalence.correspondence import Correspondence
from verify.equivalence.dimension import dimension, length
from verify.equivalence.samples import symbols
from verify.equivalence.sizes import symbol
from verify.proof.functions import definition

CLEAR, FAINT = 1e-6, 1e-12
"""A direction of the source has to be clear to count; one of the target counts already if it is faint."""


def is_smooth(system: System) -> bool:
    """Whether a system has no function with a kink, so that its dimension is the same at nearly all weights."""
    names = {type(part).__name__ for each in system.equations for part in nodes.parts(each.right) if isinstance(part, nodes.Elementwise)}
    kinks = sp.Max, sp.Min, sp.Abs, sp.Piecewise, sp.sign
    return not any(isinstance(part, (nodes.maximum, nodes.minimum)) for e in system.equations for part in nodes.parts(e.right)) and not any(
        definition(name).has(*kinks) for name in names
    )


def choices(system: System) -> Iterator[dict[Expr, int]]:
    """All sizes 1, then some of them 2, the smallest first."""
    own = symbols(system)
    pairs = sorted(product((1, 2), repeat=len(own)), key=lambda each: (sum(each), each[::-1]))
    yield from (dict(zip(own, each, strict=True)) for each in (pairs if len(own) < 5 else [pairs[0], pairs[-1]]))


def sizes_of_target(claim: Correspondence, sizes: Mapping[Expr, int]) -> dict[Expr, int]:
    """The same sizes for the target; one that has no counterpart is 1."""
    back = {other: sizes[symbol(own)] for own, other in claim.sizes.items() if symbol(own) in sizes}
    return {each: back.get(str(each), 1) for each in symbols(claim.target)}


def open_sizes(claim: Correspondence) -> list[str]:
    """The sizes of the target that correspond to none of the source and that no slices give: it may be as large as it likes there."""
    parts = [part for each in claim.target.equations for part in nodes.parts(each.right) if isinstance(part, nodes.Slice)]
    sliced = {claim.target.shape(part.args[0])[0] for part in parts}
    return [str(each) for each in symbols(claim.target) if str(each) not in claim.sizes.values() and each not in sliced]


def evidence(claim: Correspondence) -> str:
    """Why some system of the source's kind is none of the target's kind, in one sentence; "" if that is not shown.

    It is shown where the source's kind has more dimensions than the target's has weights, or dimensions.
    """
    if open_sizes(claim):
        return ""
    try:
        return _by_dimension(claim)
    except (InputError, ValueError, np.linalg.LinAlgError):
        return ""


def _by_dimension(claim: Correspondence) -> str:
    source, target = claim.source, claim.target
    for sizes in choices(source):
        for steps in (length(source, target), 1, 2):
            own, _ = dimension(source, sizes, steps, CLEAR)
            other, count = dimension(target, sizes_of_target(claim, sizes), steps, FAINT)
            if own > count or (own > other and is_smooth(target)):
                reason = (
                    f"{target.name} has {count} weights and starting values"
                    if own > count
                    else f"the {count} weights and starting values of {target.name} have only {other} at random weights"
                )
                return (
                    f"at {_told(sizes)}, T = {steps}, the outputs of {source.name} depend on its weights in {own} independent "
                    f"directions, and {reason}; so whatever the weights, it cannot make all of them"
                )
    return ""


def _told(sizes: Mapping[Expr, int]) -> str:
    return ", ".join(f"{each} = {number}" for each, number in sizes.items()) or "any sizes"
