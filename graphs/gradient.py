"""The gradient's way through a graph: an edge against each forward edge that the loss depends on, and where it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from derive.notation.write import equation_text
from derive.system import System
from graphs.labels import name_label
from graphs.operations import OPERATIONS


def add_gradient(made: nx.DiGraph, system: System, adjoint: System | None) -> None:
    """Add edges of kind "gradient", and a node of role "upstream" for each output value where the loss stands outside the system.

    A value on the way gets `adjoint`, the label of its adjoint, and, where the adjoint system is given, `adjoint_equation` and
    `adjoint_text`, its equation's number and text.
    """
    seeds = [node for node, own in made.nodes(data=True) if _is_seed(own, system)]
    reached = _ancestors(made, seeds)
    numbered = _adjoint_equations(adjoint) if adjoint is not None else {}
    for node in reached:
        own = made.nodes[node]
        if own["role"] not in OPERATIONS:
            time = "" if own["time"] is None else str(own["time"])
            number, text = numbered.get((own["name"], own["time"]), numbered.get((own["name"], None), (0, "")))
            own.update(adjoint=name_label(own["name"], time, "bar"), adjoint_equation=number, adjoint_text=text)
    for source, target, edge in [each for each in made.edges(data=True) if each[1] in reached]:
        made.add_edge(target, source, kind="gradient", label="", lag=-edge["lag"])
    if not system.loss:
        top = 1 + max(lane for _, lane in made.nodes(data="lane", default=0))
        for seed in seeds:
            _add_upstream(made, seed, top)


def _is_seed(own: Mapping[str, Any], system: System) -> bool:
    """Whether a node is a value that the loss reads, or the loss of a step."""
    names = (system.loss,) if system.loss else system.outputs
    return own["name"] in names and own["role"] not in OPERATIONS and not own["role"].startswith("initial")


def _ancestors(made: nx.DiGraph, seeds: list[str]) -> dict[str, None]:
    """The seeds and all nodes from which one of them can be reached."""
    reached = dict.fromkeys(seeds)
    pending = list(seeds)
    while pending:
        for before in made.predecessors(pending.pop()):
            if before not in reached:
                reached[before] = None
                pending.append(before)
    return reached


def _adjoint_equations(adjoint: System) -> dict[tuple[str, int | None], tuple[int, str]]:
    """The number and the text of each equation, by the variable whose adjoint it defines and the one time at which it holds, if so."""
    found: dict[tuple[str, int | None], tuple[int, str]] = {}
    for equation in adjoint.equations:
        at = equation.left.indices[0] if equation.is_boundary else None
        if at is None or at.is_Integer:
            found[adjoint[equation.name].of, None if at is None else int(at)] = equation.number, equation_text(equation, adjoint)
    return found


def _add_upstream(made: nx.DiGraph, seed: str, lane: int) -> None:
    """The immediate derivative of the loss by an output value, above all lanes; that of a value without a time has no place of its own."""
    own = made.nodes[seed]
    place = {"lane": lane, "column": own["column"], "over": (seed,)} if "column" in own else {}
    name, label = f"∂L/∂{own['name']}", f"∂L/∂{own['label']}"
    made.add_node(f"∂L/∂{seed}", name=name, time=own["time"], role="upstream", label=label, equation=0, text="", **place)
    made.add_edge(f"∂L/∂{seed}", seed, kind="gradient", label="", lag=0)
