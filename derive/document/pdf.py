"""Blocks to a PDF by way of Typst, which brings its own fonts.

The file follows PDF/UA-1, so it can be read aloud: formulas carry their Unicode form. That standard forbids characters without a glyph,
so a page with letters that no font here has is an error and not a page with gaps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import typst

from derive.document.blocks import Block, Code, Equations, Figure, Folded, Heading, Table, Text
from derive.document.formula import Accent, Fence, Formula, Fraction, Glyph, Marked, Row, Scripts, is_tall, parse
from derive.document.inline import CodeSpan, Math, Plain, Reference, Span, Strong, spans
from derive.document.lines import Line, homes, lines
from derive.document.unicode import plain, unicode
from derive.errors import InputError

SIGNS = {"good": ("✓", "1e7a41"), "bad": ("✗", "b3261e"), "unsure": ("?", "8a6100"), "": ("", "000000")}
HEAD = """\
#set document(title: %(title)s, date: none)
#set page(paper: "a4", margin: (x: 27mm, y: 25mm), numbering: "1")
#set text(font: ("New Computer Modern", "Noto Serif CJK SC", "Noto Sans CJK SC"), size: 10.5pt, lang: "en")
#set par(justify: true, leading: .62em, spacing: .95em)
#let quiet(it) = text(fill: luma(95), size: .86em, it)
#show table: set par(justify: false)
#show raw: set text(font: "DejaVu Sans Mono", size: 7pt)
#show raw.where(block: true): it => block(fill: luma(246), inset: 8pt, radius: 2pt, width: 100%%, it)
#show figure.caption: it => align(start, quiet(it))
#show heading: set text(weight: "semibold")
#show heading.where(level: 2): set block(above: 1.9em, below: .9em)
#show heading.where(level: 1): set block(below: 1.2em)
#show link: set text(fill: rgb("1f618d"))
#let lines(..rows) = block(above: 1.1em, below: 1.1em, context {
  let width = calc.max(..rows.pos().map(row => measure(row.at(0)).width))
  for (left, right, remark, number) in rows.pos() {
    set text(top-edge: "ascender", bottom-edge: "descender")
    block(spacing: .55em, par(justify: false, leading: .25em, hanging-indent: width + 3.2em)[
      #h(.8em)#box(width: width, align(end, left))#h(.28em)#right#h(1fr)#sym.zws#box(width: 1fr)#box[#remark#number]])
  }
})
"""


PICTURE = '#set document(title: "A picture", date: none)\n#set page(width: auto, height: auto, margin: 0pt)\n'


def render(blocks: Sequence[Block]) -> bytes:
    """The file.

    Raises:
        InputError: no font has one of the characters on the page.
    """
    try:
        return compiled(source(blocks))
    except InputError:
        summaries = [Text(f"{each.summary} (The HTML form shows it whole.)") if isinstance(each, Folded) else each for each in blocks]
        return compiled(source(summaries))


def picture(svg: str) -> bytes:
    """A picture alone, as large as it is."""
    return compiled(f'{PICTURE}#image(bytes({quoted(svg)}), format: "svg", alt: "a picture")')


def compiled(markup: str) -> bytes:
    """Typst markup as a PDF.

    Raises:
        InputError: no font has one of its characters.
    """
    try:
        made: bytes = typst.compile(markup.encode(), format="pdf", pdf_standards=["ua-1"])
    except typst.TypstError as error:
        missing = re.findall(r"the text `\"(.+?)\"` could not be displayed", error.diagnostic)
        if not missing:
            raise
        letters = "".join(dict.fromkeys(re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), each) for each in missing))
        advice = "install a font that has them (for Chinese: Debian's fonts-noto-cjk), or write the page as HTML"
        raise InputError(f"no font on this machine has {letters[:12]}", advice=advice) from None
    return made


def source(blocks: Sequence[Block]) -> str:
    """The page as Typst markup."""
    home = homes(blocks)
    headings = [block.text for block in blocks if isinstance(block, Heading)]
    head = HEAD % {"title": quoted(plain(headings[0])) if headings else '"Derivation"'}
    return head + "\n\n".join(_block(place, block, home) for place, block in enumerate(blocks)) + "\n"


def quoted(text: str) -> str:
    """A string of Typst's code mode: nothing in it means anything."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _block(place: int, block: Block, home: Mapping[int, int]) -> str:
    match block:
        case Heading():
            return f"#heading(level: {block.level})[{inline(block.text)}]"
        case Text():
            return inline(block.text)
        case Equations():
            return "#lines(\n" + "".join(f"  {_line(line, home.get(line.number) == place)},\n" for line in lines(block)) + ")"
        case Code():
            return f"#raw({quoted(block.text.rstrip())}, lang: {quoted(block.language)}, block: true)"
        case Figure():
            picture = f'image(bytes({quoted(block.svg)}), format: "svg", alt: {quoted(plain(block.caption))})'
            return f"#figure({picture}, caption: [{inline(block.caption)}], numbering: none, supplement: none)"
        case Table():
            return _table(block)
        case Folded():
            inner = "\n\n".join(_block(place, each, home) for each in (Text(block.summary), *block.blocks))
            return f"#block[\n#set text(size: 8pt)\n{inner}\n]"


def inline(text: str) -> str:
    """The spans of a text."""
    return "".join(map(_span, spans(text)))


def _span(span: Span) -> str:
    match span:
        case Plain(text):
            return f"#{quoted(text)}"
        case Math(latex, display):
            return f"\n\n{formula(latex, block=True)}\n\n" if display else formula(latex)
        case CodeSpan(text):
            return f"#raw({quoted(text)})"
        case Strong(inner):
            return f"#strong[{''.join(map(_span, inner))}]"
        case Reference(label, target):
            return f"#context if query(<{target}>).len() > 0 {{ link(<{target}>, {quoted(label)}) }} else {{ {quoted(label)} }}"


def formula(latex: str, *, block: bool = False, display: bool = False, signed: bool = False) -> str:
    """An equation; a `block` stands on its own line, `display` makes fractions and sums full-sized, a `signed` one goes on from a term."""
    written = ('"" ' if signed else "") + _write(parse(latex))
    body = f"display({written})" if display else written
    return f"#math.equation(block: {str(block).lower()}, alt: {quoted(unicode(latex))}, ${body}$)"


def _line(line: Line, is_home: bool) -> str:
    first, *rest = line.terms
    right = "#sym.zws".join([formula(f"= {first}", display=True), *(formula(each, display=True, signed=True) for each in rest)])
    left = formula(line.left, display=True) if line.left else ""
    remark = f"#quiet[{inline(line.reason)}]" if line.reason else ""
    label = f" <eq-{line.number}>" if is_home else ""
    number = f"#h(1em)#box[({line.number})]{label}" if line.number else "#h(1em)#box(width: 1.6em)[]"
    return f"([{left}], [{right}], [{remark}], [{number}])"


def _table(block: Table) -> str:
    header = ["[]", *(f"[*{inline(cell)}*]" for cell in block.header)] if block.marks else [f"[*{inline(cell)}*]" for cell in block.header]
    rows = []
    for place, row in enumerate(block.rows):
        sign, colour = SIGNS[block.marks[place] if block.marks else ""]
        mark = [f'[#text(fill: rgb("{colour}"), {quoted(sign)})]'] if block.marks else []
        rows.append("  " + ", ".join([*mark, *(f"[{inline(cell)}]" for cell in row)]) + ",")
    columns = f"columns: {len(header)}, stroke: none, align: start, inset: (x: 0pt, y: .38em), column-gutter: 1.4em"
    table = f"table({columns},\n  table.header({', '.join(header)}), table.hline(stroke: .6pt),\n" + "\n".join(rows) + "\n)"
    caption = f"\n#block(above: .6em, quiet[{inline(block.caption)}])" if block.caption else ""
    return f"#block({table}){caption}"


def _write(formula: Formula) -> str:
    match formula:
        case Glyph():
            return _glyph(formula)
        case Row(parts):
            return " ".join(map(_write, parts))
        case Scripts(base, below, above):
            scripts = [f"{name}: {_write(part)}" for name, part in (("b", below), ("t", above)) if part is not None]
            return f"attach({_write(base)}, {', '.join(scripts)})"
        case Fraction(above, below):
            return f"frac({_write(above)}, {_write(below)})"
        case Accent(Glyph(_, "word") as base, "macron"):
            return f"overline({_write(base)})"
        case Accent(base, mark):
            return f"accent({_write(base)}, {mark})"
        case Fence(left, inner, right):
            written = f"\\{left} {_write(inner)} \\{right}"
            return f"lr({written})" if is_tall(inner) else written
        case Marked(inner, _):
            return _write(inner)


def _glyph(glyph: Glyph) -> str:
    match glyph.kind:
        case "letter":
            return glyph.text
        case "word":
            return f"italic({quoted(glyph.text)})"
        case "function":
            return f"op({quoted(glyph.text)})"
        case "bold":
            return f"bold({quoted(glyph.text)})"
        case "upright":
            return quoted(glyph.text)
        case "number" | "large":
            return glyph.text
        case "space":
            return glyph.text
        case _:
            return f"\\{glyph.text}"
