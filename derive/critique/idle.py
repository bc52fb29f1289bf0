"""What of a system reaches no output."""

from __future__ import annotations

import networkx as nx

from derive.system import Role, System


def idle(system: System) -> nx.DiGraph:
    """The names from which no output and no loss can be reached, with an edge from each to those that read it."""
    graph = nx.DiGraph(system.dependences)
    asked = {name for name in (*system.outputs, system.loss) if name}
    reached = asked.union(*nx.bfs_layers(graph.reverse(copy=False), list(asked)))
    return graph.subgraph(name for name, each in system.variables.items() if name not in reached and each.role is not Role.CLOCK)
