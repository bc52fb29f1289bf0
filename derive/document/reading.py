"""What was understood of a page: each symbol with its kind, its size and why, what is asked for, and what is not used.

A proof is one of the system that was read; this says which system that is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from derive.document.blocks import Block, Equations, Folded, Heading, Table, Text
from derive.document.inline import literal, reference
from derive.document.products import products
from derive.document.sentences import fill, sentences
from derive.evidence import Evidence, Ground
from derive.notation.letters import latex_name
from derive.notation.write import latex, text
from derive.system import Boundary, Role, System, Variable

BOUNDARIES = {
    Boundary.ZERO: "zero before the first step",
    Boundary.GIVEN: "given before the first step",
    Boundary.PARAMETER: "learned before the first step",
}


def understood(system: System, language: str = "english") -> Iterator[Block]:
    """The part of a document that says how a page was read."""
    yield Heading(sentences(language)["what was read"])
    yield Equations(system, system.equations)
    yield from _tables(system, language)


def folded(system: System, language: str = "english") -> Folded:
    """The same in a document that shows the equations elsewhere: a line that sums it up, which opens."""
    table = sentences(language)
    grounds = Counter(_evidence(system, name).ground for name in system.variables)
    symbols = ", ".join(
        fill(table["symbols by ground"], {"count": str(grounds[each]), "ground": each.value}) for each in Ground if grounds[each]
    )
    counts = {"products": sum(1 for _ in products(system)), "unused": len(system.unused)}
    told = {key: fill(table[f"count of {key}"], {"count": str(count), "s": "" if count == 1 else "s"}) for key, count in counts.items()}
    return Folded(
        fill(table["how it was read"], {"count": str(len(system.variables)), "symbols": symbols, **told}), tuple(_tables(system, language))
    )


def _tables(system: System, language: str) -> Iterator[Text | Table]:
    """The symbols, the products, what is asked for, and what is not used."""
    table = sentences(language)

    def header(*columns: str) -> tuple[str, ...]:
        return tuple(table[f"column {each}"] for each in columns)

    rows = tuple(
        (f"${latex_name(each['name'])}$", each["role"], each["kind"], _latex_size(system, each["name"]), literal(each["why"]))
        for each in symbols(system)
    )
    yield Table(header("symbol", "role", "kind", "size", "why"), rows)
    found = tuple((f"${latex(each.expr, system)}$", table[each.kind], reference(each.equation)) for each in products(system))
    if found:
        yield Table(header("product", "meaning", "equation"), found)
    asked = "asked for with loss" if system.loss else "asked for"
    why = system.roles.get("output", Evidence(Ground.DEFAULT))
    if system.outputs == (system.loss,):
        why = system.roles.get("loss", why)
    yield Text(fill(table[asked], {"outputs": literal(", ".join(system.outputs)), "loss": literal(system.loss), "why": literal(str(why))}))
    for line, formula, advice, is_said in system.unused:
        shown = literal(formula) if is_said else formula.replace("`", "'")
        yield Text(fill(table["said in vain" if is_said else "not used"], {"line": str(line), "formula": shown, "advice": literal(advice)}))


def understanding(system: System) -> dict[str, object]:
    """The same as plain data for JSON."""
    return {
        "equations": [
            {"number": each.number, "line": each.line or None, "name": each.name, "right": text(each.right, system)}
            for each in system.equations
        ],
        "symbols": list(symbols(system)),
        "products": [
            {"equation": each.equation, "product": text(each.expr, system), "which": sentences()[each.kind]} for each in products(system)
        ],
        "outputs": list(system.outputs),
        "why outputs": str(system.roles.get("output", "")),
        "loss": system.loss or None,
        "why loss": str(system.roles.get("loss", "")),
        "said in vain": [{"line": each.line, "text": each.text} for each in system.unused if each.is_said],
        "unused": [{"line": each.line, "text": each.text} for each in system.unused if not each.is_said],
    }


def symbols(system: System) -> Iterator[dict[str, str]]:
    """Each symbol of a system: its name, role, kind, size, boundary and the evidence for them."""
    states = set(system.states)
    for name, each in system.variables.items():
        start = system.roles.get(f"boundary {name}")
        boundary = f", {BOUNDARIES[each.boundary]}{f' ({start.ground.value})' if start else ''}" if each in states else ""
        role = f"{each.role.value}{boundary}"
        why = str(_evidence(system, name))
        yield {"name": name, "role": role, "kind": kind(each), "size": size(each), "why": why}


def kind(variable: Variable) -> str:
    """What a variable is at each step."""
    rows, columns = (side != 1 for side in variable.shape)
    return "matrix" if rows and columns else "column" if rows else "row" if columns else "number"


def size(variable: Variable) -> str:
    """Its rows and columns, its length if it is a column or a row, "1" if it is a number."""
    rows, columns = (f"({side})" if side.is_Add else str(side) for side in variable.shape)
    return {"matrix": f"{rows} × {columns}", "column": rows, "row": columns, "number": "1"}[kind(variable)]


def _latex_size(system: System, name: str) -> str:
    """The rows and columns of a variable, as `size` has them."""
    rows, columns = (f"({latex(side, system)})" if side.is_Add else latex(side, system) for side in system[name].shape)
    return f"${rows} \\times {columns}$"


def _evidence(system: System, name: str) -> Evidence:
    """What decided the kind of a name; its equations, if nothing else is known."""
    by_equations = Evidence(Ground.FORCED, "what it is computed from" if system[name].role is Role.DEFINED else "")
    return system.evidence.get(name, by_equations)
