"""What was understood of a page: each symbol with its kind, its size and why, what is asked for, and what is not used.

A proof is one of the system that was read; this says which system that is.
"""

from __future__ import annotations

from collections.abc import Iterator

from derive.document.blocks import Block, Equations, Heading, Table, Text
from derive.evidence import Evidence, Ground
from derive.notation.write import text
from derive.system import Boundary, Role, System, Variable

BOUNDARIES = {
    Boundary.ZERO: "zero before the first step",
    Boundary.GIVEN: "given before the first step",
    Boundary.PARAMETER: "learned before the first step",
}


def understood(system: System) -> Iterator[Block]:
    """The part of a document that says how a page was read."""
    yield Heading("What was read")
    yield Equations(system, system.equations)
    rows = tuple((each["name"], each["role"], each["kind"], each["size"], each["why"]) for each in symbols(system))
    yield Table(("symbol", "role", "kind", "size", "why"), rows)
    yield Text(f"Asked for: {', '.join(system.outputs)}{f'; the loss is {system.loss}' if system.loss else ''}.")


def understanding(system: System) -> dict[str, object]:
    """The same as plain data for JSON."""
    return {
        "equations": [
            {"number": each.number, "line": each.line or None, "name": each.name, "right": text(each.right, system)}
            for each in system.equations
        ],
        "symbols": list(symbols(system)),
        "outputs": list(system.outputs),
        "loss": system.loss or None,
        "unused": [{"line": line, "text": formula} for line, formula, _ in system.unused],
    }


def symbols(system: System) -> Iterator[dict[str, str]]:
    """Each symbol of a system: its name, role, kind, size, boundary and the evidence for them."""
    states = set(system.states)
    for name, each in system.variables.items():
        boundary = BOUNDARIES[each.boundary] if each in states else ""
        role = f"{each.role.value}{f', {boundary}' if boundary else ''}"
        why = str(system.evidence.get(name, _by_role(each)))
        yield {"name": name, "role": role, "kind": kind(each), "size": size(each), "why": why}


def kind(variable: Variable) -> str:
    """What a variable is at each step."""
    rows, columns = (side != 1 for side in variable.shape)
    return "matrix" if rows and columns else "column" if rows else "row" if columns else "number"


def size(variable: Variable) -> str:
    """Its rows and columns, its length if it is a column or a row, "1" if it is a number."""
    rows, columns = map(str, variable.shape)
    return {"matrix": f"{rows} × {columns}", "column": rows, "row": columns, "number": "1"}[kind(variable)]


def _by_role(variable: Variable) -> Evidence:
    return Evidence(Ground.FORCED, "what it is computed from" if variable.role is Role.DEFINED else "")
