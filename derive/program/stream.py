"""A Derivation to the program of one step at a time: what is the same at all steps, and what is computed at each.

It is the forward system without what only the loss reads. The passes are those of `prepare`; all that changes with t is one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.bptt import Derivation
from derive.program import clocked, fuse
from derive.program.arguments import given, sizes, sources, states
from derive.program.forms import Fixed, varying
from derive.program.layout import Beside, plan
from derive.program.prepare import Part, Program
from derive.program.schedule import Block
from derive.system import Role, System, Variable


def streamed(forward: System) -> System:
    """What a system's outputs need, without those that are its loss, and its states, without those that read other inputs."""
    outputs = tuple(name for name in forward.outputs if name != forward.loss)
    inputs = {name for output in outputs for name in _inputs(forward, output)}
    final = [each.name for each in states(forward) if not forward.loss or _inputs(forward, each.name) <= inputs]
    pruned = fuse.prune(replace(forward, outputs=outputs), [*outputs, *final])
    read = {nodes.name_of(leaf) for equation in pruned.equations for leaf in equation.reads}
    kept = {name for name in forward.variables if name in read or pruned.defines(name) or name in (*outputs, *final)}
    return replace(pruned, variables={name: each for name, each in forward.variables.items() if name in kept}, loss="")


def _inputs(system: System, name: str) -> set[str]:
    """The inputs that a value is computed from."""
    return {each.name for each in system.inputs} & {name, *nx.ancestors(system.dependences, name)}


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
                return f"{equation.name} reads {name} at t + {nodes.offset(leaf)}"
            clock = system[name].clock
            if clock is not None and not clock.is_known_early:
                return f"{equation.name} reads {clock.written('t')}, which takes the number of steps"
        if nodes.T in equation.right.free_symbols:
            return f"{equation.name} takes the number of steps"
    learned = learned_sizes(forward)
    unknown = [size for size in sizes(forward) if size not in learned]
    return f"only an input has the size {unknown[0]}" if unknown else ""


def learned_sizes(system: System) -> dict[sp.Symbol, tuple[Variable, str]]:
    """By size, the array that tells it, an input excepted, and how, in code: as a side or a multiple of one, or as what a side has more."""
    own, arrays = sizes(system), sources(system)
    found = {size: told for size in own if (told := next((each for each in arrays.of(size) if each[0].role is not Role.INPUT), None))}
    for size in own:
        if size not in found and (told := next(_differences(size, system, set(found)), None)):
            found[size] = told
    return found


def _differences(size: sp.Symbol, system: System, known: set[sp.Symbol]) -> Iterator[tuple[Variable, str]]:
    """The parameters of which a side is a size and others that are known."""
    for each in (*system.parameters, *system.constants):
        for axis, side in enumerate(each.shape):
            if (others := side - size).free_symbols <= known:
                yield each, f'np.shape(params["{each.name}"])[{axis}] - {others if others.is_Atom else f"({others})"}'


def stream(derivation: Derivation) -> Program:
    """The program of one step, whose backward part is empty.

    Its blocks are what is computed from parameters alone, what is computed from inputs that are the same at each t, and what is at t.
    """
    system = fuse.common(fuse.hoist(streamed(derivation.forward)))
    nothing = replace(system, equations=())
    system, _ = clocked.guard(system, nothing)
    varies = varying(system, nothing)
    fixed = [each for each in system.order if each.name not in varies]
    still = [each for each in system.order if each.name in varies and not system[each.name].is_sequence]
    moving = [each for each in system.order if system[each.name].is_sequence]
    blocks = (Block(tuple(fixed)), Block(tuple(still)), Block(tuple(moving), 1))
    layout, (statements, _) = plan([(system, blocks), (nothing, ())], [each.name for each in given(derivation.forward)])
    part = Part(system, blocks, tuple(map(tuple, statements)))
    return Program(derivation, part, Part(nothing, (), ()), layout)


def settled(expr: Expr, varying: frozenset[str]) -> Expr:
    """An expression with its largest parts that take work and read nothing that varies in a Fixed."""

    def is_fixed(part: Expr) -> bool:
        has_branches = any(isinstance(each, (clocked.Only, clocked.Where)) for each in nodes.parts(part))
        return not part.is_Number and not has_branches and not any(nodes.name_of(leaf) in varying for leaf in nodes.leaves(part))

    if is_fixed(expr):
        return Fixed(expr) if _is_work(expr) else expr
    if isinstance(expr, sp.Indexed) or not expr.args:
        return expr
    same = [part for part in expr.args if is_fixed(part)] if isinstance(expr, (sp.Add, sp.Mul)) else []
    if len(same) > 1:
        build = nodes.add if isinstance(expr, sp.Add) else nodes.mul
        first = expr.args.index(same[0])
        parts = [part for at, part in enumerate(expr.args) if at == first or part not in same]
        return build(*(Fixed(build(*same)) if part == same[0] else settled(part, varying) for part in parts))
    if isinstance(expr, (nodes.Slice, nodes.Broadcast)):
        return nodes.rebuild(expr, (settled(expr.args[0], varying), *expr.args[1:]))
    return nodes.rebuild(expr, tuple(settled(part, varying) for part in expr.args))


def _is_work(expr: Expr) -> bool:
    """Whether a value takes more than a view of what is there."""
    if isinstance(expr, (nodes.Transpose, nodes.Slice)):
        return _is_work(expr.args[0])
    is_given = isinstance(expr, (sp.Symbol, Beside, nodes.Constant))
    return (not is_given and any(nodes.leaves(expr))) or any(isinstance(part, nodes.Elementwise) for part in nodes.parts(expr))
