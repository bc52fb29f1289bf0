"""Slips in what depends on what: values that reach no output, and steps that need the step after them."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from derive.critique.page import Page, Slip
from derive.critique.wording import listed, named


def unused(page: Page) -> Iterator[Slip]:
    """A state or another value that is computed and reaches no output."""
    system, idle = page.system, page.idle
    parts = nx.condensation(idle)
    for part in parts.nodes:
        members = parts.nodes[part]["members"]
        names = [name for name in system.variables if name in members and system.defines(name)]
        if parts.out_degree(part) or not names:
            continue
        given = [name for name in system.variables if name in nx.ancestors(idle, names[0]) and not system.defines(name)]
        effect = f", so that {listed([*map(named, given)])} influence{'s' * (len(given) == 1)} nothing" if given else ""
        kind = "the state " if any(min(page.lags.get(name, [0])) < 0 for name in names) else ""
        fact = f"no output depends on {kind}{listed([page.value(name) for name in names])}{effect}"
        declared = f"output {', '.join([*(name for name in system.outputs if name != system.loss), names[0]])}"
        yield Slip(system.equation(names[0]), fact, f"read it, leave it out, or declare it: `{declared}`")


def leads(page: Page) -> Iterator[Slip]:
    """A value that needs both the step before and the step after: h_{t+1} in a recurrence that runs forward."""
    system = page.system
    graph = system.dependences
    parts = list(nx.strongly_connected_components(nx.DiGraph(graph)))
    place = {name: at for at, part in enumerate(parts) for name in part}
    edges: list[list[tuple[str, str, int]]] = [[] for _ in parts]
    for a, b, by in graph.edges(data="offset"):
        if place[a] == place[b]:
            edges[place[a]].append((a, b, by))
    for inside in edges:
        if not any(by < 0 for _, _, by in inside):
            continue
        for read, reader, by in (edge for edge in inside if edge[2] > 0):
            ahead, behind = page.value(read, by), page.value(read, -by)
            fact = f"{page.value(reader)} reads {ahead}, which itself depends on the steps before"
            yield Slip(system.equation(reader), fact, f"no order of the steps computes this; {behind} would be the step before")
