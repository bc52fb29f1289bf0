"""Slips in names: a value that is read under a name that differs from that of a defined one by case, accent or underscore only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.critique.differences import Difference
from derive.critique.page import Page, Slip
from derive.notation.letters import ACCENTS
from derive.system import Role, System, Variable


def lookalikes(system: System) -> Iterator[tuple[Slip, Difference]]:
    """C_{t-1} read as an input where c_t is defined; W_f beside w_f: as a slip, and as what differs from the cell that is meant."""
    page = Page(system)
    for read, meant in twins(page):
        equation = next(each for each in system.equations if read in map(nodes.name_of, each.reads))
        leaf = next(leaf for leaf in equation.reads if nodes.name_of(leaf) == read)
        offset = page.offset(leaf)
        own, other = page.value(read, offset), page.value(meant, offset)
        role = "an input" if system[read].is_sequence else "another parameter"
        fact = f"{own} has no equation and counts as {role}, while {page.value(meant)} is {'defined' if system.defines(meant) else 'there too'}"
        verb = "reads" if system[read].is_sequence else "uses"
        difference = Difference("name", equation, f"{page.text(equation.left)} {verb} {own} in the place of {other}")
        yield Slip(equation, fact, f"did you mean {other}?"), difference


def repaired(system: System) -> System:
    """The system as it was likely meant: with one name in the place of each two that are likely one."""
    meant = dict(twins(Page(system)))
    if not meant:
        return system

    def change(part: Expr) -> Expr | None:
        if nodes.name_of(part) not in meant or not isinstance(part, (sp.Indexed, sp.Symbol)):
            return None
        name = meant[nodes.name_of(part)]
        return nodes.sequence(name)[part.indices[0]] if isinstance(part, sp.Indexed) else nodes.parameter(name)

    equations = tuple(replace(each, right=nodes.rewrite(each.right, change)) for each in system.equations)
    return replace(system, equations=equations, variables={name: each for name, each in system.variables.items() if name not in meant})


def twins(page: Page) -> list[tuple[str, str]]:
    """Names that are read without an equation, each with the name that is likely meant."""
    system = page.system
    inputs = [each for each in system.inputs if each.is_sequence]
    defined = [each for each in system.variables.values() if each.role is Role.DEFINED and each.is_sequence]
    found = [(one.name, other.name) for one in inputs for other in defined if _is_typo(page, one, other)]
    alike: dict[str, list[Variable]] = {}
    for each in system.parameters:
        alike.setdefault(_folded(each.name), []).append(each)
    found += [(two.name, one.name) for group in alike.values() for one, two in combinations(group, 2) if _are_one(one, two)]
    if not found and not any(min(page.lags.get(each.name, [0])) < 0 for each in defined):
        found += [(each.name, system.outputs[0]) for each in inputs if page.lags.get(each.name) and max(page.lags[each.name]) < 0]
    return found


def _is_typo(page: Page, given: Variable, defined: Variable) -> bool:
    """Whether an input is a defined variable under another name."""
    is_idle = defined.name in page.idle
    if _folded(given.name) == _folded(defined.name):
        return is_idle or min(page.lags.get(given.name, [0])) < 0
    (one, accents), (other, others) = _parts(given.name), _parts(defined.name)
    return is_idle and one == other and bool(accents) and bool(others)


def _are_one(one: Variable, two: Variable) -> bool:
    """Whether two parameters whose names are alike are one: matrices by case, others by an underscore."""
    if one.shape != two.shape or one.is_sequence != two.is_sequence:
        return False
    is_matrix = all(side != 1 for side in one.shape)
    return is_matrix or one.name.replace("_", "") == two.name.replace("_", "")


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _parts(name: str) -> tuple[str, frozenset[str]]:
    """A name without its accents, and these."""
    pieces = name.split("_")
    return "_".join(each for each in pieces if each not in (*ACCENTS, "prime")), frozenset(pieces) & {*ACCENTS, "prime"}
