"""Kinds, sizes and outputs that go against a convention, or rest on a default where another one would have been read as well."""

from __future__ import annotations

from collections.abc import Iterator

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.critique.page import Page, Slip
from derive.evidence import NUMBERS_ALONE, Ground
from derive.system import Equation, Role, System, Variable


def weakly_decided(page: Page) -> Iterator[Slip]:
    """Each name whose kind or size the page leaves open or makes an odd one, where it is first read or defined; none of a standard cell."""
    if page.is_standard:
        return
    system = page.system
    alone = [name for name, each in system.evidence.items() if each.why == NUMBERS_ALONE]
    yield from _numbers_alone(system, [name for name in alone if system[name].is_sequence])
    readers: dict[str, Equation] = {}
    for equation in system.equations:
        for read in equation.reads:
            readers.setdefault(nodes.name_of(read), equation)
    own = {equation.name: equation for equation in system.equations}
    for name, each in system.variables.items():
        first = readers.get(name, own.get(name))
        if first is not None and name not in alone and (fact := _fact(system, name, each)):
            is_computed = each.role is Role.DEFINED and system.evidence[name].ground is not Ground.DEFAULT
            declared = f"if it is something else, declare it: `vector {name}`, `matrix {name}` or `scalar {name}`"
            yield Slip(first, fact, "if that is not meant, look at what its equation multiplies" if is_computed else declared)
    for size, names in _free_sizes(system).items():
        told = f"nothing says what the size {size} of `{names[0]}` is, so that it is for you to choose"
        advice = f"if it is that of another value, declare it: `shape {names[0]} = (..., ...)`"
        yield Slip(next(readers[name] for name in names if name in readers), told, advice)


def asked_by_default(page: Page) -> Iterator[Slip]:
    """Outputs that are states, where nothing says what is asked for and another state is defined behind them."""
    system = page.system
    why = system.roles.get("output")
    if page.is_standard or system.loss or why is None or why.ground is not Ground.DEFAULT:
        return
    states = {each.name for each in system.states}
    last = system.equations[-1]
    if last.name in states and last.name not in system.outputs and states.issuperset(system.outputs):
        told = ", ".join(map(page.value, system.outputs))
        yield Slip(
            last, f"nothing says what is asked for, and {told} is taken", f"if it is {page.value(last.name)}, say `output {last.name}`"
        )


def one_layer(page: Page) -> Iterator[Slip]:
    """An input that is the value of the layer below, where the page does not say how many layers there are."""
    below = next((each.name for each in page.system.inputs if each.name.endswith("_minus_1")), "")
    reader = next((each for each in page.system.equations if below in map(nodes.name_of, each.reads)), None) if below else None
    if reader is not None:
        fact = f"the page does not say how many layers there are: one is read, and {page.value(below)} is an input"
        yield Slip(reader, fact, "write l = 1, 2, 3 behind the equation, with the letter of the layer, and what layer 0 is")


MOST = 6
"""How many names are told."""


def _numbers_alone(system: System, names: list[str]) -> Iterator[Slip]:
    """That sequences are read as numbers, as nothing tells of a vector."""
    if names:
        told = f"{', '.join(f'`{name}`' for name in names[:MOST])}{' and others' * (len(names) > MOST)}"
        fact = f"{told} {'is' if len(names) == 1 else 'are'} read as one number at each step, as {NUMBERS_ALONE}"
        yield Slip(system.equations[0], fact, f"if there are entries, declare it: `vector {names[0]}`")


def _fact(system: System, name: str, variable: Variable) -> str:
    """What is to be said of a name, "" if nothing is."""
    evidence = system.evidence.get(name)
    if evidence is None or variable.role is Role.CLOCK or evidence.ground in (Ground.DECLARED, Ground.SAID):
        return ""
    rows, columns = (side != 1 for side in variable.shape)
    is_number, is_column = not rows and not columns, rows and not columns
    is_latin = name[0].isascii() and (len(name) == 1 or name[1] == "_")
    if (
        evidence.ground is Ground.CONVENTION
        and is_number
        and variable.role is Role.PARAMETER
        and is_latin
        and "small letter" in evidence.why
    ):
        return f"`{name}` is read as one number, as it is a small letter beside a factor"
    if evidence.ground is Ground.CONVENTION and "as a loss" in evidence.why:
        return f"`{name}` is read as {evidence.why}"
    if evidence.ground is Ground.DEFAULT:
        return f"`{name}` is read as a vector, as nothing says what it is"
    if name[0].isupper() and rows != columns and variable.role is Role.PARAMETER:
        return f"`{name}` is read as one {'column' if is_column else 'row'}, as its product is one of that size"
    if is_latin and name[0].islower() and rows and columns:
        return f"`{name}` is a matrix, as what it is computed from is one"
    is_computed = variable.is_sequence and variable.role is Role.DEFINED
    if is_number and is_computed and (variable in system.states or isinstance(system.equation(name).right, nodes.sigmoid)):
        return f"`{name}` is one number at each step and not one for each entry, as what it is computed from is one"
    return ""


def _free_sizes(system: System) -> dict[Expr, list[str]]:
    """The sizes of parameters that no other value has, with the names of these."""
    found: dict[Expr, list[str]] = {}
    fixed: set[Expr] = set()
    for name, each in system.variables.items():
        sizes = {symbol for side in each.shape for symbol in side.free_symbols}
        is_open = each.role is Role.PARAMETER and getattr(system.evidence.get(name), "ground", None) not in (Ground.DECLARED, Ground.SAID)
        if not is_open:
            fixed |= sizes
        for size in sizes if is_open else ():
            found.setdefault(size, []).append(name)
    owners = {size: str(size).removeprefix("n_").removesuffix("_columns") for size in found}
    return {size: names for size, names in found.items() if size not in fixed and owners[size] in system.variables}
