"""A System to a networkx graph of its values over T steps.

Node ids are the values' names: "h[3]" for h at t = 3, "W" for a parameter, "h[3]#2" for the second operation of the equation of h at 3.

    node attributes    name, time (None for a parameter), role (a key of `style.NODES`), label (Unicode), equation (its number, 0 for a
                       given value), text (the equation, for every t); lane, column and over (its place in its step, see `lanes`);
                       with the gradient also those of `gradient.add_gradient`
    edge attributes    kind: data, state (the way of a state to its next value), parameter or gradient; label; lag (steps that it spans)
"""

from __future__ import annotations

from collections.abc import Collection

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.calculus.bptt import Derivation
from derive.calculus.unroll import unroll
from derive.errors import InputError
from derive.given import HasSystem, system_of
from derive.limits import STEPS
from derive.notation.write import equation_text
from derive.system import Equation, Kind, Role, System
from graphs.clocks import with_known_clocks
from graphs.gradient import add_gradient
from graphs.labels import value_label
from graphs.lanes import template, whole
from graphs.operations import OPERATIONS, add_operations, connect, key
from graphs.roles import GATES, roles, uses

DETAILS = ("cell", "operations")
INSIDE = (Kind.PREACTIVATION, Kind.OPERAND)


def graph(source: System | HasSystem, steps: int = 3, backward: bool = False, detail: str = "cell") -> nx.DiGraph:
    """What `graphs.graph` gives, as a plain graph.

    Raises:
        InputError: as `graphs.graph`.
    """
    if detail not in DETAILS:
        raise InputError(f"there is no detail {detail!r}", advice=f"give one of {', '.join(DETAILS)}")
    system, adjoint = system_of(source), source.adjoint if isinstance(source, Derivation) else None
    STEPS.check(steps, system.name)
    finite = with_known_clocks(unroll(system, steps), steps)
    made = nx.DiGraph(name=system.name, steps=steps, detail=detail, backward=backward)
    _add_values(made, system, finite)
    values = {name for name, each in system.variables.items() if not each.is_sequence and made.nodes.get(name, {}).get("time") is not None}
    for equation in finite:
        if detail == "cell":
            _add_reads(made, equation, values)
        else:
            add_operations(made, equation, system)
    _mark_state_paths(made, system)
    if backward:
        add_gradient(made, system, adjoint)
    return made


def _add_values(made: nx.DiGraph, system: System, finite: System) -> None:
    """A node for each value: those with an equation in the equations' order, before each the given ones that it reads."""
    role = roles(system)
    places = template(system, role)
    late = whole(system, places)
    role |= {name: "input" for name in late if role[name] == "parameter"}
    equations = {each.left: each for each in finite}
    texts = {(each.name, each.number): equation_text(each, system) for each in system}
    for value in dict.fromkeys(each for equation in finite for each in (*equation.reads, equation.left)):
        is_sequence = isinstance(value, sp.Indexed)
        name = nodes.sequence_name(value) if is_sequence else str(value)
        if made.graph["detail"] == "cell" and name in system.variables and system[name].role is Role.CLOCK:
            continue
        after = made.graph["steps"] + 1 if name in late else None
        time = int(value.indices[0]) if is_sequence else after
        equation = equations.get(value)
        is_given = equation is None and role[name] not in ("input", "parameter", "upstream")
        made.add_node(
            key(value),
            name=name,
            time=time,
            role=f"initial {role[name]}" if is_given else role[name],
            label=value_label(name, str(time) if is_sequence else "", system.variables),
            equation=equation.number if equation else 0,
            text=texts[name, equation.number] if equation else "",
        )
        if is_sequence:
            place = places[name]
            over = tuple(f"{each}[{time}]" for each in place.over)
            made.nodes[key(value)].update(lane=place.lane, column=place.column, over=over)
        elif name in late:
            made.nodes[key(value)].update(lane=late[name].lane, column=late[name].column, over=())


def _add_reads(made: nx.DiGraph, equation: Equation, values: Collection[str]) -> None:
    """The edges from the values that an equation reads to the one that it defines, labelled with the parameters that multiply them.

    `values` are the names without a time that are values and no parameters.
    """
    target = key(equation.left)
    labels: dict[str, dict[str, None]] = {}
    for use in uses(equation.right, values):
        if key(use.leaf) not in made:
            continue
        shown = labels.setdefault(key(use.leaf), {})
        if use.weight is not None and made.nodes[key(use.leaf)]["role"] not in GATES:
            is_transposed = isinstance(use.weight, nodes.Transpose)
            weight = key(use.weight.args[0] if is_transposed else use.weight)
            shown[made.nodes[weight]["label"] + "ᵀ" * is_transposed] = None
    for source, shown in labels.items():
        connect(made, source, target, " ".join(shown))


def _mark_state_paths(made: nx.DiGraph, system: System) -> None:
    """Set the kind of the edges that lead from a state's value to its next one within the state's own equations."""
    owner = {name: each.of if each.kind in INSIDE else name for name, each in system.variables.items()}
    carrying: set[str] = set()
    for node in nx.topological_sort(made):
        own = made.nodes[node]
        for _, target, edge in made.out_edges(node, data=True):
            is_own = owner[own["name"]] == owner[made.nodes[target]["name"]] and edge["kind"] == "data"
            if is_own and (node in carrying or (edge["lag"] != 0 and own["name"] == owner[own["name"]])):
                edge["kind"] = "state"
                if made.nodes[target]["name"] != owner[own["name"]] or made.nodes[target]["role"] in OPERATIONS:
                    carrying.add(target)
