"""Kinds of names that rest on a convention or a default where another one would have been read as well."""

from __future__ import annotations

from collections.abc import Iterator

from derive.algebra import nodes
from derive.critique.page import Page, Slip
from derive.evidence import Ground
from derive.system import Equation, Role, System, Variable


def weakly_decided(page: Page) -> Iterator[Slip]:
    """Each parameter that is a number by convention or a column beside one, and each value that is a vector by default, where it is first read."""
    system = page.system
    readers: dict[str, Equation] = {}
    for equation in system.equations:
        for read in equation.reads:
            readers.setdefault(nodes.name_of(read), equation)
    for name, each in system.variables.items():
        first = readers.get(name)
        if first is not None and (fact := _fact(system, name, each)):
            yield Slip(first, fact, f"if it is something else, declare it: `vector {name}`, `matrix {name}` or `scalar {name}`")


def _fact(system: System, name: str, variable: Variable) -> str:
    """What is to be said of a name, "" if nothing is."""
    evidence = system.evidence.get(name)
    if evidence is None or variable.role is Role.CLOCK or evidence.ground in (Ground.DECLARED, Ground.SAID):
        return ""
    is_number, is_column = variable.shape == (1, 1), variable.shape[1] == 1 != variable.shape[0]
    is_latin = name[0].isascii() and (len(name) == 1 or name[1] == "_")
    if (
        evidence.ground is Ground.CONVENTION
        and is_number
        and variable.role is Role.PARAMETER
        and is_latin
        and "small letter" in evidence.why
    ):
        return f"`{name}` is read as one number, as it is a small letter beside a factor"
    if evidence.ground is Ground.DEFAULT:
        return f"`{name}` is read as a vector, as nothing says what it is"
    if is_column and name[0].isupper() and variable.role is Role.PARAMETER:
        return f"`{name}` is read as one column, as its product is one of that size"
    return ""
