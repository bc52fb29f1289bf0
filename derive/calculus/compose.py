"""Networks from parts: a System on top of another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.system import System, Variable


def follow(lower: System, upper: System) -> System:
    """The network in which the first input of `upper` is the first output of `lower`; its outputs are those of `upper`.

    A name of `upper` that `lower` has too is replaced by a new one. The sizes of both become one: where `lower` says n_h, `upper` does too.
    """
    joined, entry = lower.outputs[0], upper.inputs[0].name
    names = {entry: joined}
    taken = list(lower.variables)
    for name in upper.variables:
        if name != entry:
            names[name] = fresh(name, taken)
            taken.append(names[name])
    sizes = {upper[entry].shape[0]: lower[joined].shape[0]}
    for name, each in upper.variables.items():
        rows = each.shape[0]
        if rows == nodes.size(name):
            sizes.setdefault(rows, nodes.size(names[name]))
    renamed = _renamer(names)
    first = max(equation.number for equation in lower.equations)
    equations = [
        replace(e, left=renamed(e.left), right=renamed(e.right), number=first + place, line=0) for place, e in enumerate(upper.equations, 1)
    ]
    variables = {names[v.name]: _moved(v, names, sizes) for v in upper.variables.values() if v.name != entry}
    return replace(
        lower,
        equations=(*lower.equations, *equations),
        variables={**lower.variables, **variables},
        outputs=tuple(names[name] for name in upper.outputs),
        loss=names[upper.loss] if upper.loss else "",
    )


def _moved(variable: Variable, names: Mapping[str, str], sizes: Mapping[Expr, Expr]) -> Variable:
    rows, columns = (side.xreplace(dict(sizes)) for side in variable.shape)
    return replace(variable, name=names[variable.name], shape=(rows, columns), of=names.get(variable.of, ""))


def _renamer(names: Mapping[str, str]) -> Callable[[Expr], Expr]:
    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed):
            return nodes.sequence(names[nodes.sequence_name(part)])[part.indices[0]]
        if isinstance(part, sp.Symbol) and not part.is_integer:
            return nodes.parameter(names[str(part)])
        return None

    return lambda expr: nodes.rewrite(expr, change)
