"""What a well-formed claim is: rules 4 to 6 of docs/checker.md.

They give each left side and each read one meaning: an adjoint has values at t = 1..T and is zero outside; what the loss changes by with a value
given outside 1..T is a result, which nothing reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.system import Boundary, Equation, Kind, Role, System, Variable
from verify.wellformed.expressions import IllFormed, Scope, need, read_time, reads, sizes_of
from verify.wellformed.system import check_sides, is_name, look_alike


@dataclass(frozen=True)
class Fault:
    """What is wrong with a claim.

    Attributes:
        subject: the forward variable whose gradient is concerned, "" where it is the whole claim.
        left: the left side of the equation concerned, None where it is no equation.
        reason: what is wrong.
    """

    subject: str
    left: Expr | None
    reason: str


def claim_faults(forward: System, adjoint: System) -> list[Fault]:
    """What a claim about a well-formed forward system has that it may not have, or lacks, whatever its equations are."""
    faults = [Fault("", None, reason) for reason in _strangers(forward, adjoint)]
    gradients: dict[str, list[Variable]] = {}
    for each in adjoint.variables.values():
        if each.name not in forward.variables:
            gradients.setdefault(each.of, []).append(each)
    for name, variable in forward.variables.items():
        faults += [Fault(name, None, reason) for reason in _misfits(variable, forward, adjoint, gradients.get(name, []))]
    return faults


def _strangers(forward: System, adjoint: System) -> Iterator[str]:
    """What a claim has that no claim may have."""
    if alike := look_alike([*forward.variables, *adjoint.variables]):
        yield alike
    if adjoint.outputs or adjoint.loss:
        yield "a claim has no outputs and no loss of its own"
    for key, each in adjoint.variables.items():
        if key != each.name:
            yield f"{each.name} stands under the name {key}"
        elif key not in forward.variables:
            is_gradient = each.kind in (Kind.ADJOINT, Kind.UPSTREAM) and each.of in forward.variables
            if not is_gradient or not is_name(key):
                yield f"{key} is neither a variable of the forward system nor a gradient by one"
    for equation in adjoint.equations:
        variable = adjoint.variables.get(equation.name)
        if variable is None or variable.kind is not Kind.ADJOINT or variable.name in forward.variables:
            yield f"{equation.name} has an equation but is no adjoint"


def _misfits(variable: Variable, forward: System, adjoint: System, gradients: Sequence[Variable]) -> Iterator[str]:
    """How the variables of a claim do not fit a forward variable, of which it has these gradients."""
    name, given = variable.name, adjoint.variables.get(variable.name)
    if given is not None and _nature(given) != (_given(variable), *_nature(variable)[1:]):
        yield f"{name} must be given to the adjoint system as it is in the forward one"
    adjoints, upstream = ([each for each in gradients if each.kind is kind] for kind in (Kind.ADJOINT, Kind.UPSTREAM))
    is_seen = name in forward.outputs and not forward.loss
    if len(upstream) != is_seen:
        how = "is missing" if is_seen and not upstream else "is given twice" if is_seen else "is given, and no loss reads it"
        yield f"the upstream gradient of {'the output ' if is_seen else ''}{name} {how}"
    if len(adjoints) != variable.changes:
        yield f"{name} has {len(adjoints) or 'no'} adjoint{'s' if len(adjoints) > 1 else ''}" + (
            "" if variable.changes else " and never changes"
        )
    for each, role in [*((each, Role.INPUT) for each in upstream), *((each, Role.DEFINED) for each in adjoints)]:
        wanted = Variable(each.name, role, variable.shape, variable.is_sequence, Boundary.ZERO, each.kind, name)
        if each != wanted:
            yield f"{each.name} must have the shape and the times of {name}, be zero outside 1..T and say no more"


def _nature(variable: Variable) -> tuple[object, ...]:
    """What must be the same of a variable in both systems."""
    return (
        variable.role, variable.shape, variable.is_sequence, variable.boundary, variable.kind, variable.of, variable.is_distribution,
        variable.start, variable.clock,
    )  # fmt: skip


def _given(variable: Variable) -> Role:
    """The role that a forward variable has in an adjoint system."""
    return Role.INPUT if variable.role is Role.DEFINED else variable.role


def times_of(forward: System, variable: Variable) -> list[Expr]:
    """The times for which the adjoint of a variable must have an equation: each t, and those outside 1..T at which it is read and given."""
    if not variable.is_sequence or variable.boundary is Boundary.ZERO:
        return [nodes.t]
    low, high = forward.reach[variable.name]
    return [nodes.t, *map(sp.Integer, range(0, low, -1)), *(nodes.T + beyond for beyond in range(1, high + 1))]


def equation_faults(forward: System, adjoint: System) -> Iterator[Fault]:
    """The equations of a claim that are missing, in excess or not well formed."""
    counts, scope = Counter(each.left for each in adjoint.equations), Scope(adjoint.variables, sizes_of(forward))
    wanted: set[Expr] = set()
    for own in adjoint.variables.values():
        if own.kind is Kind.ADJOINT and own.of in forward.variables:
            lefts = [own.at(time) for time in times_of(forward, forward[own.of])]
            wanted.update(lefts)
            for left in lefts:
                if (count := counts[left]) != 1:
                    yield Fault(own.of, None, f"{left} has {count or 'no'} equation{'s' if count else ''}")
    for equation in adjoint.equations:
        subject = adjoint[equation.name].of if equation.name in adjoint.variables else ""
        if equation.left not in wanted:
            yield Fault(subject, equation.left, f"{equation.left} is no gradient, so it can have no equation")
            continue
        try:
            _check_claimed(equation, scope, forward)
        except IllFormed as error:
            yield Fault(subject, equation.left, f"the equation of {equation.left} is not well formed: {error}")


def _check_claimed(equation: Equation, scope: Scope, forward: System) -> None:
    """Whether the right side of a claimed equation has a value wherever the left one has."""
    need(equation.left not in equation.reads, f"{equation.left} depends on itself")
    check_sides(equation, scope)
    is_sequence = isinstance(equation.left, sp.Indexed)
    is_general = is_sequence and not equation.is_boundary
    for read, is_in_sum in reads(equation.right):
        if not isinstance(read, sp.Indexed):
            continue
        origin, offset = read_time(read)
        if origin == "t":
            need(is_in_sum or is_general, f"it is for one time and reads {read}")
            continue
        need(not is_general, f"it is for each t and reads {read}, at one time")
        first, last = _times_of_values(forward, nodes.sequence_name(read))
        need(offset >= first if origin == "0" else offset <= last, f"it reads {read}, which is no value")


def _times_of_values(forward: System, name: str) -> tuple[int, int]:
    """The first time, and the last one counted from T, at which a sequence has values; gradients have them at 1..T."""
    if name not in forward.variables or forward[name].boundary is Boundary.ZERO:
        return 1, 0
    low, high = forward.reach[name]
    return 1 + low, high
