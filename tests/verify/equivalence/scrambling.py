"""The same system written another way: other names and sizes, terms, factors and equations in another order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.soundness import checked
from derive.system import System


def scrambled(system: System, seed: int) -> System:
    """A copy that computes the same."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(system.variables))
    names = {name: f"v{place}" for name, place in zip(system.variables, order, strict=True)}
    symbols = sorted({s for v in system.variables.values() for side in v.shape for s in side.free_symbols} - {nodes.T}, key=str)
    sizes = {s: nodes.size(f"s{place}") for s, place in zip(symbols, rng.permutation(len(symbols)), strict=True)}

    def change(part: Expr) -> Expr | None:
        if isinstance(part, sp.Indexed):
            return nodes.sequence(names[nodes.sequence_name(part)])[part.indices[0]]
        if isinstance(part, sp.Symbol):
            return sizes.get(part, part) if part.is_integer else nodes.parameter(names[str(part)])
        if isinstance(part, (sp.Add, sp.Mul)):
            inner = [nodes.rewrite(part.args[place], change) for place in rng.permutation(len(part.args))]
            return nodes.add(*inner) if isinstance(part, sp.Add) else nodes.mul(*inner)
        return None

    variables = {}
    for name in [list(system.variables)[place] for place in rng.permutation(len(system.variables))]:
        rows, columns = (sp.sympify(side).xreplace(sizes) for side in system[name].shape)
        variables[names[name]] = replace(system[name], name=names[name], shape=(rows, columns))
    equations = [replace(e, left=nodes.rewrite(e.left, change), right=nodes.rewrite(e.right, change)) for e in system.equations]
    made = replace(
        system,
        name=f"{system.name}, scrambled",
        equations=tuple(equations[place] for place in rng.permutation(len(equations))),
        variables=variables,
        outputs=tuple(names[name] for name in system.outputs),
        loss=names.get(system.loss, ""),
    )
    return checked(made)
