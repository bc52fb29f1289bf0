"""A formula to plain Unicode characters, for terminals and for readers that cannot see: h̄ₜ = ∂L/∂hₜ + Uᵀ ā_hₜ₊₁."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from derive.document.formula import Accent, Fence, Formula, Fraction, Glyph, Marked, Row, Scripts, parse
from derive.document.inline import Math, Reference, Span, Strong, spans

LOWERED = dict(zip("0123456789+-−=()t", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₜ", strict=True))
BOUNDS = {**LOWERED, "k": "ₖ"}
RAISED = dict(zip("0123456789+-−⊤T′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ᵀᵀ′", strict=True))
COMBINING = {"macron": "\u0304", "dot": "\u0307", "hat": "\u0302", "tilde": "\u0303", "dot.double": "\u0308", "caron": "\u030c",
             "breve": "\u0306", "arrow": "\u20d7", "arrow.l": "\u20d6"}  # fmt: skip
SPACES = {"thin": " ", "thick": " ", "quad": "   "}


def unicode(latex: str) -> str:
    """A formula in LaTeX as characters. A subscript stands below the line if it is a time, W_f and h_T keep the line's own letters."""
    return normalize("NFC", re.sub(r" {2,}", " ", _write(parse(latex))).strip())


def visible(latex: str) -> int:
    """How many characters of a formula are seen, more or less."""
    return len(unicode(latex))


def terms(lines: Sequence[str]) -> list[str]:
    """Terms of a sum, the signs of all but the first set off by a space."""
    return [unicode(lines[0]), *(f"{each[0].replace('-', '−')} {unicode(each[1:])}" for each in lines[1:])]


def plain(text: str) -> str:
    """A text of a block without its marks, its mathematics as characters."""
    return "".join(map(_plain, spans(text)))


def _plain(span: Span) -> str:
    match span:
        case Math(latex, _):
            return unicode(latex)
        case Strong(inner):
            return "".join(map(_plain, inner))
        case Reference(label, _):
            return label
        case _:
            return span.text


def _write(formula: Formula) -> str:
    match formula:
        case Glyph():
            return _glyph(formula)
        case Row(parts):
            return _row(parts)
        case Scripts(Glyph(_, "large") as sign, below, above):
            return sign.text + (_moved(_write(below), BOUNDS, "_") if below else "") + (_raised(above) if above else "") + " "
        case Scripts(base, below, above):
            return _write(base) + (_lowered(below) if below else "") + (_raised(above) if above else "")
        case Fraction(above, below):
            return f"{_grouped(above)}/{_grouped(below)}"
        case Accent(base, mark):
            return _accented(_write(base), mark)
        case Fence(left, inner, right):
            return f"{left}{_write(inner).strip()}{right}"
        case Marked(inner, _):
            return _write(inner)


def _glyph(glyph: Glyph) -> str:
    match glyph.kind:
        case "operator":
            return f" {glyph.text} "
        case "comma":
            return f"{glyph.text} "
        case "space":
            return SPACES[glyph.text]
        case _:
            return glyph.text


def _row(parts: Sequence[Formula]) -> str:
    written = ""
    for part in parts:
        own = _write(part)
        is_sign = isinstance(part, Glyph) and part.text in "+−" and re.search(r"(^|[(\[,=⊙⋅]) *$", written)
        written += own.strip() if is_sign else own
    return written


def _grouped(formula: Formula) -> str:
    written = _write(formula).strip()
    return f"({written})" if " " in written else written


def _accented(written: str, mark: str) -> str:
    if len(written) > 1 and mark == "macron":
        return "".join(f"{each}\u0305" for each in written)
    return written[0] + COMBINING[mark] + written[1:]


def _moved(written: str, table: dict[str, str], sign: str) -> str:
    """Raised or lowered characters where all of them exist, otherwise after the sign: ₜ₊₁, _f, _{T+1}."""
    bare = written.replace(" ", "")
    if all(each in table for each in bare):
        return "".join(table[each] for each in bare)
    return f"{sign}{bare}" if bare.isalnum() else f"{sign}{{{bare}}}"


def _raised(formula: Formula) -> str:
    return _moved(_write(formula), RAISED, "^")


def _lowered(formula: Formula) -> str:
    """A subscript. One of several parts is a name and a time: a_f, then the time below the line."""
    written = _write(formula).replace(" ", "")
    names, _, time = written.rpartition(",")
    if names and all(each in LOWERED for each in time):
        return f"_{names}{_moved(time, LOWERED, '_')}"
    return _moved(written, LOWERED, "_")
