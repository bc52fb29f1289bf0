"""Weights of one kind of layer as those of another one, where the two compute the same: decided by their equations, parameter by name.

A parameter that only the other layer has is zero. A bias c_i that only this layer has is added to b_i, if it always stands beside it in a sum.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.layers import page
from derive.layers.layer import Layer
from derive.layers.weights import Arrays
from derive.system import System


@dataclass(frozen=True)
class _Plan:
    """What becomes of the parameters: those that are added to others, and those that are new."""

    added: dict[str, str]
    new: tuple[str, ...]


def convert(layer: Layer, params: Arrays, name: str, attributes: Mapping[str, Any]) -> tuple[Layer, Arrays]:
    """The parameters of `layer` as those of a layer of the kind `name`, as deep and in the same directions.

    Raises:
        InputError: the two do not compute the same.
    """
    kind = page.load(name)
    own = layer.page.system(layer.settings)
    given = {each.name for each in own.parameters}
    conditions = {each.condition: False for each in kind.entries if each.condition}
    for entry in kind.entries:
        if entry.condition and given & set(entry.blocks.names):
            conditions[entry.condition] = True
    settings = kind.settings({**conditions, **attributes})
    target = Layer(kind, kind.layer_names(len(layer.names), layer.direction), layer.direction, settings)
    plan = _plan(own, kind.system(settings), layer.page.name, name)
    made: Arrays = {}
    for part in layer.parts:
        made |= {each + part.label: params[each + part.label] for each in given if each not in plan.added}
        for each, other in plan.added.items():
            made[other + part.label] = made[other + part.label] + params[each + part.label]
    sizes = _sizes(layer, params)
    for new in target.system.parameters:
        if new.name not in made:
            made[new.name] = np.zeros(int(new.shape[0].subs(sizes)), next(iter(params.values())).dtype)
    return target, {each.name: made[each.name] for each in target.system.parameters}


def _plan(own: System, other: System, source: str, target: str) -> _Plan:
    names, wanted = ({each.name for each in system.parameters} for system in (own, other))
    added = {each: re.sub("^c", "b", each) for each in sorted(names - wanted)}
    new = tuple(sorted(wanted - names))
    for each, beside in added.items():
        if beside == each or beside not in names & wanted or not _always_beside(own, each, beside):
            raise _different(source, target, f"{target} has no {each}")
    for each in new:
        if other[each].shape[1] != 1:
            raise _different(source, target, f"{source} has no {each}")
    here, there = _equations(page.without(own, added)), _equations(page.without(other, new))
    for name in {**here, **there}:
        if here.get(name) != there.get(name):
            raise _different(source, target, f"they have another equation for {name}")
    return _Plan(added, new)


def _different(source: str, target: str, fact: str) -> InputError:
    return InputError(f"{source} and {target} do not compute the same: {fact}", advice="convert to a layer with the same equations")


def _always_beside(system: System, name: str, other: str) -> bool:
    """Whether each sum that has the one as a term has the other one too, and it stands nowhere else."""
    one, two = nodes.parameter(name), nodes.parameter(other)
    parts = [part for each in system.equations for part in nodes.parts(each.right)]
    sums = [part for part in parts if isinstance(part, sp.Add) and one in part.args]
    return len(sums) == parts.count(one) and all(two in each.args for each in sums)


def _equations(system: System) -> dict[str, str]:
    """The right side by name, with terms and factors in an order of their own."""
    return {each.name: _sorted(each.right) for each in system.equations}


def _sorted(expr: Expr) -> str:
    if isinstance(expr, sp.Indexed) or not expr.args:
        return str(expr)
    parts = [_sorted(each) for each in expr.args]
    return f"{expr.func.__name__}({', '.join(sorted(parts) if isinstance(expr, (sp.Add, sp.Mul)) else parts)})"


def _sizes(layer: Layer, params: Arrays) -> dict[Expr, int]:
    """The sizes of the system's variables."""
    shapes: Collection[tuple[Expr, int]] = [
        (side, count) for each in layer.system.parameters for side, count in zip(each.shape, params[each.name].shape, strict=False)
    ]
    return {side: count for side, count in shapes if isinstance(side, sp.Symbol)}
