"""Slips against the standard cell that a system is but for a place or two."""

from __future__ import annotations

from collections.abc import Iterator

from derive.algebra import nodes
from derive.critique.page import GATES, Page, Slip

MOST = 2
"""The most differences from a cell at which one of them is likely a slip."""


def unusual_functions(page: Page) -> Iterator[Slip]:
    """tanh in the place of the sigmoid of a gate, or a sigmoid in that of the candidate's tanh."""
    found = page.recognition
    for each in found.differences if found is not None else ():
        if found is not None and each.kind == "function" and {each.own, each.standard} == {"sigmoid", "tanh"}:
            why = "a gate lies between 0 and 1" if each.standard == "sigmoid" else "a candidate lies between -1 and 1"
            yield Slip(each.equation, each.fact, f"in {found.title} it is {each.standard}, as {why}")


def misreadings(page: Page) -> Iterator[Slip]:
    """Another value where gates are put to use, c_t = f_t h_{t-1} + i_t g_t, or in a gate a lagged gate or another lag: W_i x_{t-1}."""
    found = page.recognition
    if found is None or len(found.differences) > MOST:
        return
    gates = {each.name for each in page.gates}
    squashed = {unit.name for unit in page.form.units.values() if unit.head in GATES}
    for each in found.differences:
        if each.kind != "read":
            continue
        read, meant = map(nodes.name_of, each.leaves)
        if page.offset(each.leaves[0]) > 0 or (read == each.equation.name and read in gates):
            continue
        is_use = each.equation.name not in gates and not {nodes.name_of(leaf) for leaf in each.equation.reads}.isdisjoint(gates)
        if is_use or read in squashed or read in (meant, each.equation.name):
            yield Slip(each.equation, each.fact, f"in {found.title} it is {each.standard}")
