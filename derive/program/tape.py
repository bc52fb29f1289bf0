"""How many numbers an emitted module keeps between its two passes."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from derive.program.identifiers import identifier
from derive.program.layout import Layout
from derive.program.storage import Storage


def tape_told(names: Iterable[str], layout: Layout, storage: Storage) -> str:
    """How many numbers a tape of arrays of these names holds, as a formula in T, batch and the sizes."""
    packs = {identifier(pack.name): pack for pack in layout.packs.values()}
    variables = {identifier(name): each for name, each in layout.variables.items()}
    per_step, once = sp.Integer(0), sp.Integer(0)
    for name in names:
        first = layout.variables[packs[name].members[0]] if name in packs else variables.get(name)
        if first is None or first.name not in layout.varying:
            continue
        count = sp.Mul(*first.shape) * (len(packs[name].members) if name in packs else 1)
        per_step, once = (per_step + count, once + count * sum(storage.rows(name))) if first.is_sequence else (per_step, once + count)
    return f"batch * (T * ({per_step}){f' + {once}' if once != 0 else ''})"
