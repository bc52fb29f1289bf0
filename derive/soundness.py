"""Whether the equations of a system define its variables, and whether its shapes fit."""

from __future__ import annotations

import networkx as nx
import sympy as sp

from derive.algebra import nodes, shapes
from derive.algebra.nodes import Expr
from derive.errors import Gathered, RecurrenceError, ShapeError
from derive.system import Equation, System


def checked(system: System) -> System:
    """The system, if its equations define its variables and its shapes fit.

    Raises:
        RecurrenceError: a variable has no equation, has two, or reads itself at the same t.
        ShapeError: two sizes do not fit.
    """
    check_definitions(system)
    check_shapes(system)
    return system


def check_shapes(system: System) -> None:
    """Whether the two sides of each equation have the same shape, or the right one is broadcast, and the loss is a number.

    Raises:
        ShapeError: two sizes do not fit, or the loss has rows or columns.
    """
    wrong = Gathered()
    for equation in system.equations:
        with wrong.going_on():
            _check_shape(system, equation)
    wrong.raise_all()
    if system.loss and system[system.loss].shape != shapes.SCALAR:
        raise ShapeError(f"the loss is {shapes.told(system[system.loss].shape)} and not a number",
                         place=f"{system.equation(system.loss).where}, {system.loss}", advice="sum over its entries, sum(...)")  # fmt: skip


def check_definitions(system: System) -> None:
    """Whether each variable is defined once, and none by its own value at the same t.

    Raises:
        RecurrenceError: one is not.
    """
    wrong = Gathered()
    seen: set[Expr] = set()
    for equation in system.equations:
        with wrong.going_on():
            _check_definition(system, equation, seen)
        seen.add(equation.left)
    wrong.raise_all()
    _check_sums(system, wrong)
    order = {equation.name: place for place, equation in enumerate(system.equations)}
    at_once = ((a, b) for a, b, offset in system.reads_at if offset == 0 and a in order and b in order)
    reads = sorted(at_once, key=lambda each: (order[each[0]], order[each[1]]))
    for circle in sorted(nx.strongly_connected_components(nx.DiGraph(reads)), key=lambda names: min(order[name] for name in names)):
        with wrong.going_on():
            _check_circle(system, nx.DiGraph([(a, b) for a, b in reads if a in circle and b in circle]))
    wrong.raise_all()


def _check_circle(system: System, now: nx.DiGraph[str]) -> None:
    if nx.is_directed_acyclic_graph(now):
        return
    names = [a for a, _ in nx.find_cycle(now)]
    way = " -> ".join([*names, names[0]])
    raise RecurrenceError(
        f"{names[0]} depends on its own value at the same t ({way})",
        place=system.equation(names[0]).where,
        advice=f"read one of them a step before, such as {names[-1]}_{{t-1}}",
    )


def _check_definition(system: System, equation: Equation, seen: set[Expr]) -> None:
    if equation.left in seen:
        raise RecurrenceError(f"{equation.name} is defined a second time", place=equation.where, advice="give one of the two another name")
    if not isinstance(equation.left, sp.Indexed) and nodes.shift(equation.right, 1) != equation.right:
        raise RecurrenceError(
            f"{equation.name} has no index t and reads what has one",
            place=equation.where,
            advice=f"write {equation.name}_t for its value at t",
        )
    missing = next((name for read in equation.reads if (name := nodes.name_of(read)) not in system.variables), None)
    if missing is not None:
        raise RecurrenceError(f"{missing} is not defined", place=equation.where, advice=f"add an equation for {missing}")


def _check_sums(system: System, wrong: Gathered) -> None:
    summing = [(each, read) for each in system.equations if not each.is_boundary for read in nodes.summed(each.right)]
    circles = list(nx.strongly_connected_components(system.dependences)) if summing else []
    circle = {name: at for at, names in enumerate(circles) for name in names}
    for equation, read in summing:
        name = nodes.sequence_name(read)
        with wrong.going_on():
            if circle[equation.name] == circle[name]:
                raise RecurrenceError(
                    f"{equation.name} sums {name} over all t, and {name} is computed from {equation.name}",
                    place=equation.where,
                    advice=f"sum over what does not need {equation.name}, or add up step by step, s_t = s_{{t-1}} + {name}_t",
                )


def _check_shape(system: System, equation: Equation) -> None:
    left, right = system.shape(equation.left), system.shape(equation.right)
    for own, other in zip(left, right, strict=True):
        if sp.expand(own - other) != 0 and other != 1:
            raise ShapeError(
                f"the left side is {shapes.told(left)}, the right side {shapes.told(right)}",
                place=f"{equation.where}, {equation.name}",
                advice="see which of its terms should have another size",
            )
