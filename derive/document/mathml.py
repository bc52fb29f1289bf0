"""A formula to MathML Core, which browsers typeset themselves.

Slanted letters are written as the characters of Unicode's mathematical alphabet, as MathML Core has no other way to slant a word.
"""

from __future__ import annotations

from html import escape

from derive.document.formula import Accent, Fence, Formula, Fraction, Glyph, Marked, Row, Scripts, is_tall, parse
from derive.document.unicode import unicode

OVERLINE = "‾"
MARKS = {"macron": "¯", "dot": "˙", "hat": "^", "tilde": "~", "dot.double": "¨", "caron": "ˇ", "breve": "˘", "arrow": "→", "arrow.l": "←"}
SPACES = {"thin": "0.17em", "thick": "0.28em", "quad": "1em"}
TIGHT = ' lspace="0" rspace="0"'
SIGN = {"prefix": ' form="prefix"', "infix": ' form="infix"', "leading": ' form="infix" lspace="0"'}
MEDIUM = ' lspace="0.22em" rspace="0.22em"'
SLANTED, BOLD, BOLD_DIGIT = 0x1D434, 0x1D400, 0x1D7CE


def mathml(latex: str, *, display: bool = False, signed: bool = False) -> str:
    """A `math` element for a formula in LaTeX.

    Args:
        latex: the formula.
        display: whether its fractions and sums are full-sized.
        signed: whether it begins with the sign between it and a term before it.
    """
    style = ' displaystyle="true"' if display else ""
    tree = parse(latex)
    return f'<math{style} alttext="{escape(unicode(latex))}">{_write(tree, signed, isinstance(tree, Glyph))}</math>'


def _write(formula: Formula, signed: bool = False, tight: bool = False) -> str:
    """MathML of a formula; a `tight` one is a script, where signs have no space around them."""
    match formula:
        case Glyph():
            return _glyph(formula, tight)
        case Row(parts):
            first = "leading" if signed else "prefix"
            return f"<mrow>{''.join(_part(part, 'infix' if place else first, tight) for place, part in enumerate(parts))}</mrow>"
        case Scripts():
            return _scripts(formula)
        case Fraction(above, below):
            return f"<mfrac>{_write(above)}{_write(below)}</mfrac>"
        case Accent(base, mark):
            is_wide = isinstance(base, Glyph) and base.kind == "word" and mark == "macron"
            sign = f'<mo stretchy="true">{OVERLINE}</mo>' if is_wide else f'<mo stretchy="false">{MARKS[mark]}</mo>'
            return f'<mover accent="true">{_write(base)}{sign}</mover>'
        case Fence(left, inner, right):
            tall = "true" if is_tall(inner) else "false"
            before = f'<mo form="prefix" stretchy="{tall}">{escape(left)}</mo>'
            after = f'<mo form="postfix" stretchy="{tall}">{escape(right)}</mo>'
            return f"<mrow>{before}{_write(inner)}{after}</mrow>"
        case Marked(inner, name):
            return f'<mrow class="{escape(name)}">{_write(inner)}</mrow>'


def _part(part: Formula, form: str, tight: bool) -> str:
    if isinstance(part, Glyph) and part.kind == "operator" and part.text in "+−":
        return f"<mo{SIGN[form] if not tight else TIGHT}>{part.text}</mo>"
    return _write(part, tight=tight)


def _scripts(formula: Scripts) -> str:
    is_large = isinstance(formula.base, Glyph) and formula.base.kind == "large"
    found = [part for part in (formula.below, formula.above) if part is not None]
    if len(found) == 2:
        name = "munderover" if is_large else "msubsup"
    elif formula.below is not None:
        name = "munder" if is_large else "msub"
    else:
        name = "mover" if is_large else "msup"
    scripts = "".join(_write(part, tight=True) for part in found)
    return f"<{name}>{_write(formula.base)}{scripts}</{name}>"


def _glyph(glyph: Glyph, tight: bool) -> str:
    text = escape(glyph.text)
    match glyph.kind:
        case "letter" | "function":
            return f"<mi>{text}</mi>"
        case "word":
            return f"<mi>{escape(slanted(glyph.text))}</mi>"
        case "upright":
            return f"<mtext>{text}</mtext>"
        case "bold":
            return f"<mi>{escape(bold(glyph.text))}</mi>"
        case "number":
            return f"<mn>{text}</mn>"
        case "ordinary":
            return f'<mi mathvariant="normal">{text}</mi>'
        case "open" | "close":
            return f'<mo form="{"prefix" if glyph.kind == "open" else "postfix"}" stretchy="false">{text}</mo>'
        case "comma":
            return f'<mo separator="true"{TIGHT if tight else ""}>{text}</mo>'
        case "space":
            return f'<mspace width="{SPACES[glyph.text]}"></mspace>'
        case _:
            return f"<mo{TIGHT if tight else MEDIUM if glyph.text in '⊙⋅' else ''}>{text}</mo>"


def slanted(text: str) -> str:
    """The characters that the mathematical alphabet has in italics, in italics."""
    return "".join(_shifted(each, SLANTED) if each != "h" else "ℎ" for each in text)


def bold(text: str) -> str:
    """The characters that the mathematical alphabet has in bold, in bold."""
    return "".join(chr(BOLD_DIGIT + int(each)) if each in "0123456789" else _shifted(each, BOLD) for each in text)


def _shifted(letter: str, start: int) -> str:
    if "A" <= letter <= "Z":
        return chr(start + ord(letter) - ord("A"))
    return chr(start + 26 + ord(letter) - ord("a")) if "a" <= letter <= "z" else letter
