"""Names to the labels of a picture: h at t = 3 to h₃, the adjoint of W_f to W̄_f, the upstream gradient of h to ∂L/∂h₃.

Unicode has few letters as subscripts; what it lacks stands after an underscore, which the SVG typesets as a subscript (`svg.typeset`).
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.notation.letters import ACCENTS, GREEK
from derive.system import Kind, Variable

SUBSCRIPTS = dict(zip("0123456789+-aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
COMBINING = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c",
             "breve": "\u0306", "vec": "\u20d7", "fwd": "\u20d7", "bwd": "\u20d6"}  # fmt: skip
MARKS = {Kind.ADJOINT: "bar", Kind.TANGENT: "dot"}
GREEK_LETTERS = dict(
    zip(GREEK, "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", strict=True),
)


def subscript(text: str) -> str:
    """The text as a subscript, in Unicode's characters where there are some for all of it."""
    if not text:
        return ""
    return "".join(SUBSCRIPTS[c] for c in text) if all(c in SUBSCRIPTS for c in text) else f"_{text}"


def name_label(name: str, time: str = "", mark: str = "") -> str:
    """A name with its accents, subscripts and time: name_label("W_f", mark="bar") is W̄_f."""
    letters, *rest = name.split("_")
    accents = [part for part in rest if part in ACCENTS] + ([mark] if mark else [])
    below = [GREEK_LETTERS.get(part, part) for part in rest if part not in ACCENTS] + ([time] if time else [])
    base = GREEK_LETTERS.get(letters, letters)
    return base + "".join(COMBINING[each] for each in accents) + subscript(",".join(below))


def value_label(name: str, time: str, variables: Mapping[str, Variable]) -> str:
    """The label of a value: its name, styled by what the variable is, and its time."""
    variable = variables.get(name)
    if variable is None or variable.kind not in (*MARKS, Kind.UPSTREAM):
        return name_label(name, time)
    if variable.kind is Kind.UPSTREAM:
        return f"∂L/∂{value_label(variable.of, time, variables)}"
    return name_label(variable.of, time, MARKS[variable.kind])
