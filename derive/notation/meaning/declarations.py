"""What a page declares of its names: whether that may be said of them, and what it is, by declaration and name."""

from __future__ import annotations

from collections.abc import Callable

from derive.errors import Gathered, NotationError, RecurrenceError
from derive.notation.meaning.lower import Line
from derive.notation.meaning.sizing import Declared, extents
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
    wrong = Gathered()
    for at, line in declared:
        for name in line.names:
            with wrong.going_on():
                _refuse_misplaced(name, line.key, f"line {at}", variables, seen)
            seen.add((line.key, name))
    wrong.raise_all()


def _refuse_misplaced(name: str, key: str, place: str, variables: dict[str, Variable], seen: set[tuple[str, str]]) -> None:
    what, is_meant = MEANT[key]
    if name not in variables:
        known = ", ".join(variables)
        raise RecurrenceError(f"{name} is declared and not used in any equation", place=place, advice=f"the names are {known}")
    if not is_meant(variables[name]):
        raise NotationError(f"{name} is not {what}", place=place, advice=f"{key} is said of {what} only")
    if (key, name) in seen:
        raise NotationError(f"the {key} of {name} is declared a second time", place=place, advice="keep one of the two")


def declared(variables: dict[str, Variable], lines: list[tuple[int, Line]]) -> Declared:
    """What is declared of each name.

    Raises:
        NotationError: what stands in the place of a size is none.
    """
    found: dict[tuple[str, str], object] = {}
    wrong = Gathered()
    for at, line in lines:
        for name in line.names:
            rows, columns = line.value if line.key == "shape" else (None, None)
            with wrong.going_on():
                found[line.key, name] = line.value if rows is None else extents(name, rows, columns, variables, f"line {at}")
    wrong.raise_all()
    return found
