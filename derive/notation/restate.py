"""A System to a page in the plain notation that reads back to it: its equations, and declarations of what they do not say."""

from __future__ import annotations

from collections.abc import Iterator

from derive.notation.write import equation_text
from derive.system import Boundary, Role, System, Variable


def page(system: System) -> str:
    """The page of a system that was read from one."""
    return "\n".join([*(equation_text(each, system) for each in system.equations), *declarations(system)]) + "\n"


def declarations(system: System) -> Iterator[str]:
    """A line for each thing that is declared."""
    if len(system.inputs) > 1 or any(not each.is_sequence for each in system.inputs):
        yield f"input {', '.join(each.name for each in system.inputs)}"
    for each in system.variables.values():
        if each.role is Role.CONSTANT:
            yield f"constant {each.name}" + (f" = {each.start!r}" if each.start is not None else "")
        elif each.start is not None:
            yield f"init {each.name} = {each.start!r}"
        if each.role in (Role.PARAMETER, Role.CONSTANT) or (each.role is Role.INPUT and each.shape[0].is_Integer):
            yield shape(each)
        if each.is_distribution:
            yield f"distribution {each.name}"
        is_ahead = each.is_sequence and each.role is Role.INPUT and system.reach[each.name][1] > 0
        if each.role is not Role.CLOCK and each.boundary is not (Boundary.ZERO if is_ahead else Boundary.GIVEN):
            yield f"boundary {each.name} = {each.boundary.value}"
    yield f"output {', '.join(system.outputs)}"
    if system.loss:
        yield f"loss {system.loss}"


def shape(variable: Variable) -> str:
    """The declaration of its size."""
    return f"shape {variable.name} = ({variable.shape[0]}, {variable.shape[1]})"
