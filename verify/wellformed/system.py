"""What a well-formed forward system is: rules 1 to 3 of docs/checker.md."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import networkx as nx
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from verify.wellformed.expressions import SCALAR, IllFormed, Scope, is_same, is_size, need, read_time, reads, sizes_of

NAME = re.compile(r"[^\W\d_]\w*")
"""A name: a letter, then letters, digits and underscores of any script."""
TIME_NAMES = ("t", "T")
WRITTEN = (Kind.PRIMAL, Kind.PREACTIVATION, Kind.OPERAND)
"""What a variable of a forward system may be."""


def system_fault(system: System) -> str:
    """Why a forward system is not well formed; "" if it is."""
    try:
        _check_system(system)
    except IllFormed as error:
        return str(error)
    return ""


def _check_system(system: System) -> None:
    symbols = sizes_of(system)
    for symbol in symbols:
        need(isinstance(symbol, sp.Symbol) and symbol == sp.Symbol(symbol.name, integer=True, positive=True), f"{symbol} is no size")
        _check_name(symbol.name)
    need(not (alike := look_alike([*system.variables, *(symbol.name for symbol in symbols)])), alike)
    for key, each in system.variables.items():
        need(key == each.name, f"{each.name} stands under the name {key}")
        _check_variable(each, system, symbols)
    scope = Scope(system.variables, symbols)
    for equation in system.equations:
        variable = system.variables.get(equation.name)
        need(
            variable is not None and variable.role is Role.DEFINED, f"{equation.left} is given, or no variable at all, and has an equation"
        )
        assert variable is not None
        need(equation.left == variable.symbol, f"an equation for {equation.left}, where one for {variable.symbol} must stand")
        check_sides(equation, scope)
        for read, is_in_sum in reads(equation.right):
            if isinstance(read, sp.Indexed):
                need(read_time(read)[0] == "t", f"the equation of {equation.left} reads {read}, at one time")
                need(variable.is_sequence or is_in_sum, f"{equation.left} has no index t and reads {read}")
    counts = Counter(each.name for each in system.equations)
    for each in system.variables.values():
        count = counts[each.name]
        need(count == (each.role is Role.DEFINED), f"{each.name} has {count or 'no'} equations")
    _check_outputs(system)
    need(not (circle := circle_in(system.equations)), circle)


def look_alike(names: Iterable[str]) -> str:
    """Two names that a reader takes for one, as letters of other fonts are; "" if there are none."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFKC", name), name)
        if other != name:
            return f"{other} and {name} look alike"
    return ""


def _check_outputs(system: System) -> None:
    need(system.outputs or system.loss, "there is no output and no loss, so that nothing has a gradient")
    for name in system.outputs:
        need(name in system.variables and system[name].changes, f"the output {name} is no value that changes")
    need(len(set(system.outputs)) == len(system.outputs), "an output twice")
    if system.loss:
        loss = system.variables.get(system.loss)
        need(
            loss is not None and loss.role is Role.DEFINED and loss.shape == SCALAR, f"the loss {system.loss} is no number that is defined"
        )


def _check_variable(each: Variable, system: System, symbols: frozenset[Expr]) -> None:
    """Whether each field of a forward variable is one that its role may have."""
    _check_name(each.name)
    need(each.kind in WRITTEN, f"{each.name} is a {each.kind.value}")
    need((each.of in system.variables) if each.kind is not Kind.PRIMAL else not each.of, f"{each.name} is said to be of {each.of!r}")
    for side in each.shape:
        need(is_size(side, symbols), f"{each.name} has a side of {side}")
        is_computed = each.role in (Role.DEFINED, Role.CLOCK)
        need(is_computed or nodes.T not in side.free_symbols, f"{each.name} is given, and its size {side} depends on the length")
    is_fixed = each.role in (Role.PARAMETER, Role.CONSTANT)
    need(isinstance(each.is_sequence, bool) and not (is_fixed and each.is_sequence), f"{each.name} is a {each.role.value} with an index t")
    need(each.is_sequence or each.boundary is Boundary.GIVEN, f"{each.name} has no index t and a boundary")
    need(each.boundary is not Boundary.PARAMETER or each.role is Role.DEFINED, f"the boundary of {each.name} is a parameter")
    need(each.is_distribution in (False, True), f"{each.name} is neither a distribution nor none")
    need(not each.is_distribution or each.role in (Role.INPUT, Role.CONSTANT), f"{each.name} is taken to sum to 1 and is not given")
    need(each.start is None or (is_fixed and math.isfinite(each.start)), f"{each.name} starts at {each.start}")
    need((each.clock is not None) is (each.role is Role.CLOCK), f"{each.name} is a clock by half")
    if each.clock is not None:
        named = each.clock.name == each.name and each.shape == (each.clock.form.rows, sp.Integer(1))
        need(named and each.is_sequence and each.boundary is Boundary.ZERO, f"{each.name} is not the clock {each.clock.name}")


def is_name(name: str) -> bool:
    """Whether a variable or size may be called so."""
    return bool(NAME.fullmatch(name)) and name not in TIME_NAMES


def _check_name(name: str) -> None:
    need(is_name(name), f"{name[:40]!r} is no name")


def check_sides(equation: Equation, scope: Scope) -> None:
    """Whether the right side fits the left one, or is repeated to fit."""
    left, right = scope.shape(equation.left), scope.shape(equation.right)
    for own, other in zip(left, right, strict=True):
        need(is_same(own, other) or other == 1, f"the left side is ({left[0]}, {left[1]}), the right one ({right[0]}, {right[1]})")


def circle_in(equations: Iterable[Equation]) -> str:
    """Why equations define no values: one needs itself, at the same t or by going on and back; "" if they do.

    They define values if no circle of reads comes back to the step that it began at. So within equations that need each other all circles
    lead back in time, or all lead ahead; and what is summed over time, or read at one time, needs nothing that reads it.
    """
    graph = nx.DiGraph()
    for equation in equations:
        for read, is_in_sum in reads(equation.right):
            name, (origin, offset) = nodes.name_of(read), read_time(read) if isinstance(read, sp.Indexed) else ("t", 0)
            edge = graph.get_edge_data(name, equation.name, {"low": offset, "high": offset, "is_whole": False})
            low, high = min(edge["low"], offset), max(edge["high"], offset)
            graph.add_edge(name, equation.name, low=low, high=high, is_whole=edge["is_whole"] or is_in_sum or origin != "t")
    for component in nx.strongly_connected_components(graph):
        inner = graph.subgraph(component)
        if inner.number_of_edges() and _comes_back(inner):
            return f"{' and '.join(sorted(component)[:4])} depend on their own values"
    return ""


def _comes_back(component: nx.DiGraph) -> bool:
    """Whether a circle in a component may come back to the step that it began at: some lead on or nowhere, and some back or nowhere.

    Offsets are scaled by more than the edges that a circle can have, so that a circle of sum 0 counts as one of the wrong sign.
    """
    if any(is_whole for *_, is_whole in component.edges(data="is_whole")):
        return True
    scale = len(component) + 1
    back, ahead = nx.DiGraph(), nx.DiGraph()
    back.add_weighted_edges_from((one, other, -high * scale - 1) for one, other, high in component.edges(data="high"))
    ahead.add_weighted_edges_from((one, other, low * scale - 1) for one, other, low in component.edges(data="low"))
    return bool(nx.negative_edge_cycle(back) and nx.negative_edge_cycle(ahead))
