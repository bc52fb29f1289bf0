"""A Derivation to a Program: the passes of `fuse`, the schedule and the layout, in order."""

from __future__ import annotations

from dataclasses import dataclass

from derive.algebra import nodes
from derive.calculus.bptt import Derivation
from derive.program import clocked, fuse
from derive.program.arguments import ends
from derive.program.layout import Layout, Statement, plan
from derive.program.numbers import refuse_undefined
from derive.program.schedule import Block, schedule
from derive.system import Kind, System


@dataclass(frozen=True)
class Part:
    """A system that is ready to run: its blocks in order, and the statements of each."""

    system: System
    blocks: tuple[Block, ...]
    statements: tuple[tuple[Statement, ...], ...]


@dataclass(frozen=True)
class Program:
    """The forward and the backward part, and the layout that they share."""

    derivation: Derivation
    forward: Part
    backward: Part
    layout: Layout


def farthest(derivation: Derivation) -> dict[str, int]:
    """By the adjoint of a state that has a value at the end, how far from t the last step is that reads it: t + 2 for a lag of two."""
    forward, adjoint = derivation.forward, derivation.adjoint
    owners = {each.of: each.name for each in adjoint.variables.values() if each.kind is Kind.ADJOINT and adjoint.defines(each.name)}
    reach = {each.name: forward.reach[each.name] for each in ends(forward).values()}
    return {owners[name]: -low if low else -high for name, (low, high) in reach.items() if name in owners}


def prepare(derivation: Derivation) -> Program:
    """The program that computes a derivation's values and gradients.

    Raises:
        MissingRule, InputError: an equation has no form in a program, or no value.
    """
    refuse_undefined(derivation.forward)
    forward, adjoint = fuse.share(derivation.forward, fuse.carry(derivation.adjoint, farthest(derivation)))
    given = {each.name for each in (*forward.inputs, *forward.parameters)}
    gradients = [each.name for each in adjoint.variables.values() if each.kind is Kind.ADJOINT and each.of in given]
    adjoint = fuse.collect(fuse.inline(fuse.prune(adjoint, [name for name in gradients if adjoint.defines(name)])))
    forward, adjoint = (fuse.common(fuse.hoist(fuse.invariant(each))) for each in (forward, adjoint))
    adjoint = fuse.apart(fuse.factor(adjoint))
    read_back = {nodes.name_of(leaf) for equation in adjoint.equations for leaf in equation.reads}
    kept = [each.name for each in (*forward.states, *forward.variables.values()) if each.name in read_back or each in forward.states]
    forward = fuse.prune(forward, [*forward.outputs, *kept])
    forward, adjoint = clocked.guard(forward, adjoint)
    scheduled = [(forward, schedule(forward)), (adjoint, schedule(adjoint))]
    layout, statements = plan(scheduled, [each.name for each in derivation.forward.states])
    parts = [Part(system, blocks, tuple(map(tuple, own))) for (system, blocks), own in zip(scheduled, statements, strict=True)]
    return Program(derivation, parts[0], parts[1], layout)
