"""What each variable of a System does in its cell, found from the structure of the equations and never from names.

The roles of what is computed:

    gate       a function with values in (0, 1) that is a factor of an elementwise product
               keep gate:  it multiplies a value of another step (forget gate, update gate, reset gate)
               write gate: it multiplies a new value of the same step (input gate)
               read gate:  it multiplies a state or a function of it at the same step (output gate)
    candidate  another function that a gate multiplies
    memory     a state that is carried on elementwise and enters no matrix product with its past (the cell state)
    state      any other variable that is read at another step
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Kind, Role, System

KINDS = {
    Kind.PREACTIVATION: "pre-activation",
    Kind.OPERAND: "value",
    Kind.TANGENT: "tangent",
    Kind.ADJOINT: "adjoint",
    Kind.UPSTREAM: "upstream",
}
GATES = ("keep gate", "write gate", "read gate")
PROBES = tuple(sp.Integer(x) for x in (-20, -3, -1, 0, 1, 3, 20))


@dataclass(frozen=True)
class Use:
    """A leaf of a right side.

    Attributes:
        leaf: the parameter or the read of a sequence.
        weight: the parameter that multiplies it, as it is or transposed, or None.
        is_direct: whether only sums and elementwise products lie between it and the left side.
    """

    leaf: Expr
    weight: Expr | None = None
    is_direct: bool = True


def uses(expr: Expr, values: Collection[str] = ()) -> Iterator[Use]:
    """The leaves of an expression in order, each as often as it is used; names in `values` have no time and are no parameters."""
    pending = [Use(expr)]
    while pending:
        use = pending.pop()
        part = use.leaf
        if isinstance(part, sp.Indexed) or (isinstance(part, sp.Symbol) and not part.is_integer):
            yield use
            continue
        weights = [each for each in part.args if _is_parameter(each, values)]
        weight = weights[0] if weights and isinstance(part, (sp.Mul, nodes.MatMul)) else use.weight
        is_direct = use.is_direct and isinstance(part, (sp.Add, sp.Mul))
        pending.extend(Use(each, None if _is_parameter(each, values) else weight, is_direct) for each in reversed(part.args))


def _is_parameter(factor: Expr, values: Collection[str]) -> bool:
    """Whether a factor is a parameter or a transposed one."""
    bare = factor.args[0] if isinstance(factor, nodes.Transpose) else factor
    return isinstance(bare, sp.Symbol) and not bare.is_integer and str(bare) not in values


@cache
def is_gating(name: str) -> bool:
    """Whether the values of a function lie between 0 and 1, so that a product with one lets a part of the other factor pass."""
    function = nodes.FUNCTIONS[name]
    if not issubclass(function, nodes.Elementwise):
        return function is nodes.softmax
    return all(0 <= function.definition(x) <= 1 for x in PROBES)


def roles(system: System) -> dict[str, str]:
    """The role of each variable, a key of `style.NODES`."""
    states = {each.name for each in system.states}
    gates = _gates(system, states)
    found: dict[str, str] = {}
    for name, variable in system.variables.items():
        if variable.kind in KINDS:
            found[name] = KINDS[variable.kind]
        elif variable.role is not Role.DEFINED:
            found[name] = "input" if variable.is_sequence else "parameter"
        elif name == system.loss:
            found[name] = "loss"
        elif name in states:
            found[name] = "memory" if _is_memory(name, system) else "state"
        else:
            found[name] = gates.get(name, "output" if name in system.outputs else "value")
    return found


def _is_memory(name: str, system: System) -> bool:
    """Whether the past of a state comes back to it elementwise, and nobody multiplies that past by a matrix."""
    own = [use for use in uses(system.equation(name).right) if _is_past(use.leaf, name)]
    others = (part for equation in system.equations for part in nodes.parts(equation.right) if isinstance(part, nodes.MatMul))
    return any(use.is_direct for use in own) and not any(_is_past(leaf, name) for part in others for leaf in nodes.leaves(part))


def _is_past(leaf: Expr, name: str) -> bool:
    return isinstance(leaf, sp.Indexed) and nodes.sequence_name(leaf) == name and nodes.offset(leaf) != 0


def _gates(system: System, states: set[str]) -> dict[str, str]:
    """The gates and candidates, by what they multiply: to keep goes before to write, to write before to read."""
    found: dict[str, str] = {}
    for gate, other, read in _gated(system, states):
        kind = _kind_of_gate(other, read, states)
        found[gate] = min(found.get(gate, kind), kind, key=GATES.index)
    gated = [nodes.sequence_name(read) for _, _, read in _gated(system, states)]
    candidates = {name: "candidate" for name in gated if name not in states and _is_function(name, system)}
    return {**candidates, **found}


def _gated(system: System, states: set[str]) -> Iterator[tuple[str, Expr, sp.Indexed]]:
    """Each gate's name with another factor of a product that it is in, and the value that is read in that factor."""
    for equation in system.equations:
        for product in (part for part in nodes.parts(equation.right) if isinstance(part, sp.Mul)):
            factors = [(factor, read) for factor in product.args if (read := _only_read(factor)) is not None]
            for (factor, own), (other, read) in permutations(factors, 2):
                if _is_gate(factor, own, system, states):
                    yield nodes.sequence_name(own), other, read


def _only_read(factor: Expr) -> sp.Indexed | None:
    """The only read in a factor such as z[t] or 1 - z[t] or tanh(c[t]); None of others."""
    leaves = nodes.leaves(factor)
    return leaves[0] if len(leaves) == 1 and isinstance(leaves[0], sp.Indexed) else None


def _is_function(name: str, system: System) -> bool:
    variable = system[name]
    return variable.role is Role.DEFINED and isinstance(system.equation(name).right, (nodes.Elementwise, nodes.Composite))


def _is_gate(factor: Expr, read: sp.Indexed, system: System, states: set[str]) -> bool:
    name = nodes.sequence_name(read)
    is_affine = all(isinstance(part, (sp.Add, sp.Mul, sp.Indexed)) or part.is_Number for part in nodes.parts(factor))
    return is_affine and name not in states and _is_function(name, system) and is_gating(type(system.equation(name).right).__name__)


def _kind_of_gate(other: Expr, read: sp.Indexed, states: set[str]) -> str:
    if nodes.offset(read) != 0:
        return "keep gate"
    is_of_state = nodes.sequence_name(read) in states or isinstance(other, nodes.Elementwise)
    return "read gate" if is_of_state else "write gate"
