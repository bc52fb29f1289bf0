"""Into which function the values of a variable go."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

import sympy as sp

from derive.algebra import nodes
from derive.program.clocked import Only
from derive.system import System


def function_of(name: str, system: System) -> str:
    """The elementwise function into which a value goes, through sums."""
    queue = [*_places(name, -1, system)]
    heapify(queue)
    while queue:
        at = heappop(queue)
        equation = system.order[at]
        right = equation.right.args[1] if isinstance(equation.right, Only) else equation.right
        if isinstance(right, nodes.Elementwise):
            return type(right).__name__
        if isinstance(right, sp.Add):
            for place in _places(equation.name, at, system):
                heappush(queue, place)
    return ""


def _places(name: str, after: int, system: System) -> Iterator[int]:
    """Where the equations stand, in order and behind a place, that read a sequence."""
    for reader, leaf in system.readers.get(name, ()):
        if isinstance(leaf, sp.Indexed) and not reader.is_boundary and system.place[reader.name] > after:
            yield system.place[reader.name]
