"""What a page declares of its names: whether that may be said of them, and what it is, by declaration and name."""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import NotationError, RecurrenceError
from derive.notation.lower import Line
from derive.notation.sizing import Declared, extents
from derive.system import Role, Variable

MEANT: dict[str, tuple[str, Callable[[Variable], bool]]] = {
    "output": ("a variable with an equation", lambda each: each.role is Role.DEFINED),
    "loss": ("a variable with an equation", lambda each: each.role is Role.DEFINED),
    "boundary": ("a sequence", lambda each: each.is_sequence),
    "distribution": ("a variable", lambda each: True),
    "init": ("a parameter", lambda each: each.role is Role.PARAMETER),
    "shape": ("a variable", lambda each: True),
    "kind": ("a variable", lambda each: True),
    "constant": ("a name without an index and without an equation", lambda each: each.role is Role.CONSTANT and not each.is_sequence),
    "input": ("a name without an equation", lambda each: each.role is Role.INPUT),
}
"""What may be declared of which variables."""


def refuse_misplaced(variables: dict[str, Variable], declared: list[tuple[int, Line]]) -> None:
    """Refuse what is declared of a name that no equation uses, that is something else, or that has it declared already.

    Raises:
        RecurrenceError: a name is in no equation.
        NotationError: something may not be said of a variable, or is said of it twice.
    """
    seen: set[tuple[str, str]] = set()
    for at, line in declared:
        what, is_meant = MEANT[line.key]
        for name in line.names:
            if name not in variables:
                known = ", ".join(variables)
                raise RecurrenceError(
                    f"{name} is declared and not used in any equation", place=f"line {at}", advice=f"the names are {known}"
                )
            if not is_meant(variables[name]):
                raise NotationError(f"{name} is not {what}", place=f"line {at}", advice=f"{line.key} is said of {what} only")
            if (line.key, name) in seen:
                raise NotationError(f"the {line.key} of {name} is declared a second time", place=f"line {at}", advice="keep one of the two")
            seen.add((line.key, name))


def declared(variables: dict[str, Variable], lines: list[tuple[int, Line]]) -> Declared:
    """What is declared of each name."""
    found: dict[tuple[str, str], object] = {}
    for at, line in lines:
        for name in line.names:
            rows, columns = line.value if line.key == "shape" else (None, None)
            found[line.key, name] = line.value if rows is None else extents(name, rows, columns, variables, f"line {at}")
    return found
