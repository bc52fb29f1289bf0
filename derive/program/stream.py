"""A Derivation to the program of one step at a time: what is the same at all steps, and what is computed at each.

It is the forward system without what only the loss reads. The passes are those of `prepare`; the schedule is one block at t, behind what is
computed from parameters alone.
"""

from __future__ import annotations

from dataclasses import replace

from derive.algebra import nodes
from derive.calculus.bptt import Derivation
from derive.program import clocked, fuse
from derive.program.arguments import given, sizes, sources
from derive.program.forms import varying
from derive.program.layout import plan
from derive.program.prepare import Part, Program
from derive.program.schedule import Block
from derive.system import Role, System


def streamed(forward: System) -> System:
    """What a system's outputs need, without those that are its loss."""
    outputs = tuple(name for name in forward.outputs if name != forward.loss)
    pruned = fuse.prune(replace(forward, outputs=outputs), outputs)
    read = {nodes.name_of(leaf) for equation in pruned.equations for leaf in equation.reads}
    kept = {name for name in forward.variables if name in read or pruned.defines(name) or name in outputs}
    return replace(pruned, variables={name: each for name, each in forward.variables.items() if name in kept}, loss="")


def obstacle(forward: System) -> str:
    """Why a system cannot be computed one step at a time, in words; "" if it can."""
    system = streamed(forward)
    if not system.outputs:
        return f"its only output is the loss, {forward.loss}"
    for equation in system.equations:
        if nodes.summed(equation.right):
            return f"{equation.name} reads all steps at once"
        for leaf in equation.reads:
            name = nodes.name_of(leaf)
            if system[name].is_sequence and nodes.offset(leaf) > 0:
                return f"{equation.name} reads the later {name} at t + {nodes.offset(leaf)}"
            clock = system[name].clock
            if clock is not None and not clock.is_known_early:
                return f"{equation.name} reads {clock.written('t')}, which takes the number of steps"
        if nodes.T in equation.right.free_symbols:
            return f"{equation.name} takes the number of steps"
    unknown = [size for size in sizes(forward) if all(each.role is Role.INPUT for each, _ in sources(size, forward))]
    return f"only an input has the size {unknown[0]}" if unknown else ""


def stream(derivation: Derivation) -> Program:
    """The program of one step: its forward part has the block of what is fixed and the one at t, its backward part nothing."""
    system = fuse.hoist(streamed(derivation.forward))
    nothing = replace(system, equations=())
    system, _ = clocked.guard(system, nothing)
    varies = varying(system, nothing)
    fixed = tuple(each for each in system.order if each.name not in varies)
    blocks = (Block(fixed), Block(tuple(each for each in system.order if each.name in varies), 1))
    layout, (statements, _) = plan([(system, blocks), (nothing, ())], [each.name for each in given(system)])
    part = Part(system, blocks, tuple(map(tuple, statements)))
    return Program(derivation, part, Part(nothing, (), ()), layout)
