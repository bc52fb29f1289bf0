"""What is asked for of a system, and what its values are before the first step: as a page declares it, says it in words, or by default."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.evidence import Evidence, Ground
from derive.notation.meaning.lower import Line
from derive.notation.meaning.repeated import Raw
from derive.system import Boundary, System


def ends(equations: list[Raw]) -> list[str]:
    """The variable that is defined last, or if others are computed from it at the same step, those from which none is."""
    pairs = ((nodes.name_of(left), leaf) for _, left, right in equations for leaf in nodes.leaves(right) if _is_now(leaf))
    read = {name for owner, leaf in pairs if (name := nodes.name_of(leaf)) != owner}
    names = [nodes.name_of(left) for _, left, _ in equations]
    return names[-1:] if names[-1] not in read else [name for name in names if name not in read] or names[-1:]


def _is_now(leaf: Expr) -> bool:
    return not isinstance(leaf, sp.Indexed) or leaf.indices[0] == nodes.t or nodes.t not in leaf.indices[0].free_symbols


def asked(made: System, declared: list[tuple[int, Line]], ends: list[str]) -> System:
    """A system with its outputs, its loss, and what its values are before the first step.

    Args:
        made: the system.
        declared: what is declared on its page or said in words, each with its line.
        ends: the outputs where nothing is said.
    """
    variables = dict(made.variables)
    for each in made.inputs:
        if each.is_sequence and made.reach[each.name][1] > 0:
            variables[each.name] = replace(each, boundary=Boundary.ZERO)
    outputs: list[str] = []
    loss = ""
    for _, line in declared:
        if line.key == "output":
            outputs += list(line.names)
        elif line.key == "loss":
            loss = line.names[0]
        for name in line.names:
            if line.key == "boundary":
                variables[name] = replace(variables[name], boundary=Boundary(line.value))
            elif line.key in ("init", "constant") and line.value is not None:
                variables[name] = replace(variables[name], start=line.value)
            elif line.key == "distribution":
                variables[name] = replace(variables[name], is_distribution=True)
    asked = outputs or ([] if loss else ends)
    return replace(made, variables=variables, outputs=tuple(dict.fromkeys([*asked, *filter(None, [loss])])), loss=loss)


def evidence(
    made: System, declared: Iterable[tuple[int, Line]], in_words: Iterable[tuple[int, Line]], started: Collection[str]
) -> Iterator[tuple[str, Evidence]]:
    """Why these are the outputs, "output", why this is the loss, "loss", and why values are what they are before the first step, "boundary h".

    Args:
        made: the system.
        declared: the declarations of its page, each with its line.
        in_words: those that its sentences make.
        started: the names for which an equation says what they are before the first step.
    """
    grounds: dict[str, Evidence] = {}
    for lines, ground in ((in_words, Ground.SAID), (declared, Ground.DECLARED)):
        for at, line in lines:
            place = at or (made.equation(made.loss).line if line.key == "loss" else 0)
            why = f"line {place}" if place else ""
            keys = (
                [line.key]
                if line.key in ("output", "loss")
                else [f"boundary {name}" for name in line.names]
                if line.key == "boundary"
                else []
            )
            grounds |= dict.fromkeys(keys, Evidence(ground, why))
    if "loss" in grounds:
        yield "loss", grounds["loss"]
    yield "output", grounds.get("output", Evidence(Ground.DEFAULT, "no other value is computed from it at the same step"))
    for each in made.states:
        key = f"boundary {each.name}"
        first = Evidence(Ground.DECLARED, f"an equation for {each.name}_0") if each.name in started else None
        yield key, grounds.get(key) or first or Evidence(Ground.DEFAULT, "nothing is said of it")
