"""Blocks to one HTML page that needs nothing beside it: no script, no other file, no network.

Mathematics is MathML with the embedded fonts (STIX Two, SIL Open Font License, see `fonts/OFL.txt`). Equation n is the element `eq-n`; what
defines a value and where it is used light up together under the pointer.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources

import sympy as sp
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from derive.document.blocks import Block, Code, Equations, Figure, Folded, Heading, Table, Text
from derive.document.inline import CodeSpan, Math, Plain, Reference, Span, Strong, spans
from derive.document.lines import Line, homes, lines
from derive.document.mathml import mathml
from derive.document.unicode import plain
from derive.notation.write import Latex
from derive.system import Variable

FONTS = (
    ("STIX Two Math", 400, "stix-two-math.woff2"),
    ("STIX Two Text", 400, "stix-two-text.woff2"),
    ("STIX Two Text", 600, "stix-two-text-semibold.woff2"),
)
SIGNS = {"good": "✓", "bad": "✗", "unsure": "?", "": ""}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main class="derivation">
{body}
</main>
</body>
</html>
"""


def render(blocks: Sequence[Block]) -> str:
    """The page."""
    page = _Page(blocks)
    headings = [block.text for block in blocks if isinstance(block, Heading)]
    title = plain(headings[0]) if headings else "Derivation"
    style = _fonts() + _sheet("blocks.css") + _sheet("page.css") + page.lights()
    return PAGE.format(title=escape(title), style=style, body=page.body())


def fragment(blocks: Sequence[Block]) -> str:
    """The blocks as an element of another page, such as a notebook; with their own style, in the fonts of that page."""
    return f'<div class="derivation">\n<style>\n{_sheet("blocks.css")}</style>\n{_Page(blocks).body()}\n</div>'


class _Linked(Latex):
    """LaTeX in which each value belongs to the class of the equation that defines it."""

    def __init__(self, variables: Mapping[str, Variable], numbers: Mapping[str, int]) -> None:
        super().__init__(variables)
        self.numbers = numbers

    def read(self, name: str, time: sp.Expr | None) -> str:
        written = super().read(name, time)
        return rf"\class{{use-{self.numbers[name]}}}{{{written}}}" if name in self.numbers else written


class _Page:
    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.homes = homes(blocks)
        shown = (equation for block in blocks if isinstance(block, Equations) for equation in block.equations)
        self.numbers = {equation.name: equation.number for equation in shown if equation.number and not equation.is_boundary}

    def body(self) -> str:
        return "\n".join(self.block(place, block) for place, block in enumerate(self.blocks))

    def lights(self) -> str:
        """The part of the style sheet by which an equation and its uses light up together."""
        rules = []
        for number in self.homes:
            over = f'body:has(.use-{number}:hover, a[href="#eq-{number}"]:hover)'
            places = f"{over} #eq-{number}, {over} .use-{number}, body:has(#eq-{number}:hover) .use-{number}"
            rules.append(f"{places} {{ background: var(--light); }}\n")
        return "".join(rules)

    def block(self, place: int, block: Block) -> str:
        match block:
            case Heading():
                return self.heading(place, block)
            case Text():
                return _paragraph(block)
            case Equations():
                return self.equations(place, block)
            case Code():
                return _code(block)
            case Figure():
                return _figure(place, block)
            case Table():
                return _table(block)
            case Folded():
                inner = "\n".join(self.block(place, each) for each in block.blocks)
                return f"<details>\n<summary>{inline(block.summary)}</summary>\n{inner}\n</details>"

    def heading(self, place: int, block: Heading) -> str:
        written = f'<h{block.level} id="part-{place}">{inline(block.text)}</h{block.level}>'
        return written + self.contents() if block.level == 1 and place == 0 else written

    def contents(self) -> str:
        """Links to the parts of the page."""
        parts = [(place, block) for place, block in enumerate(self.blocks) if isinstance(block, Heading) and block.level == 2]
        if len(parts) < 3:
            return ""
        links = " ".join(f'<a href="#part-{place}">{inline(block.text)}</a>' for place, block in parts)
        return f"\n<nav>{links}</nav>"

    def equations(self, place: int, block: Equations) -> str:
        writer = _Linked(block.system.variables, self.numbers)
        shown = "\n".join(self.line(place, line) for line in lines(block, writer))
        return f'<div class="equations">\n{shown}\n</div>'

    def line(self, place: int, line: Line) -> str:
        own = f' id="eq-{line.number}"' if self.homes.get(line.number) == place else ""
        first, *rest = line.terms
        right = " ".join([mathml(first, display=True), *(mathml(each, display=True, signed=True) for each in rest)])
        cells = [
            f'<span class="left">{mathml(line.left, display=True) if line.left else ""}</span>',
            f'<span class="right"><math><mo>=</mo></math> {right}</span>',
            f'<span class="reason">{inline(line.reason)}</span>',
            f'<a class="number" href="#eq-{line.number}">({line.number})</a>' if line.number else '<span class="number"></span>',
        ]
        return f'<div class="line"{own}>{"".join(cells)}</div>'


def inline(text: str) -> str:
    """The spans of a text; a formula and the punctuation after it stay on one line."""
    written = "".join(_span(span) for span in spans(text))
    return re.sub(r"(<math(?:(?!</math>).)*</math>[,.;:)]+)", r'<span class="whole">\1</span>', written)


def _span(span: Span) -> str:
    match span:
        case Plain(text):
            return escape(text, quote=False)
        case Math(latex, display):
            return f'<div class="display">{mathml(latex, display=True)}</div>' if display else mathml(latex)
        case CodeSpan(text):
            return f"<code>{escape(text, quote=False)}</code>"
        case Strong(inner):
            return f"<strong>{''.join(map(_span, inner))}</strong>"
        case Reference(label, target):
            return f'<a href="#{escape(target)}">{escape(label, quote=False)}</a>'


def _paragraph(block: Text) -> str:
    """A paragraph; displayed formulas stand between its parts."""
    pieces = re.split(r'(<div class="display">.*?</div>)', inline(block.text))
    return "\n".join(piece if piece.startswith("<div") else f"<p>{piece.strip()}</p>" for piece in pieces if piece.strip())


def _code(block: Code) -> str:
    try:
        lexer = get_lexer_by_name(block.language)
    except ClassNotFound:
        return f"<pre><code>{escape(block.text, quote=False)}</code></pre>"
    return f"<pre><code>{highlight(block.text, lexer, HtmlFormatter(nowrap=True)).rstrip()}</code></pre>"


def _figure(place: int, block: Figure) -> str:
    picture = own_names(bare_svg(block.svg), f"figure-{place}")
    return f'<figure><div class="picture">{picture}</div>\n<figcaption>{inline(block.caption)}</figcaption></figure>'


def bare_svg(svg: str) -> str:
    """The `svg` element of an SVG file."""
    return svg[svg.index("<svg") :].strip()


def own_names(svg: str, prefix: str) -> str:
    """The picture with `prefix-` before each id, and each use of one, so that two pictures on a page do not share names."""
    svg = re.sub(r'(?<=\sid=")([^"]*)(?=")', rf"{prefix}-\1", svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}-", svg)


def _table(block: Table) -> str:
    marked = '<th class="mark"></th>' if block.marks else ""
    header = marked + "".join(f"<th>{inline(cell)}</th>" for cell in block.header)
    rows = []
    for place, row in enumerate(block.rows):
        mark = block.marks[place] if block.marks else ""
        first = f'<td class="mark">{SIGNS[mark]}</td>' if block.marks else ""
        own = f' class="{mark}"' if mark else ""
        cells = "".join(f"<td>{inline(cell)}</td>" for cell in row)
        rows.append(f"<tr{own}>{first}{cells}</tr>\n")
    caption = f"\n<figcaption>{inline(block.caption)}</figcaption>" if block.caption else ""
    table = f"<table><thead><tr>{header}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody></table>"
    return f'<figure class="table">{table}{caption}</figure>'


def _sheet(name: str) -> str:
    return resources.files("derive.document").joinpath(name).read_text(encoding="utf-8")


@cache
def _fonts() -> str:
    """The embedded fonts."""
    faces = []
    for family, weight, name in FONTS:
        data = b64encode(resources.files("derive.document").joinpath("fonts", name).read_bytes()).decode()
        source = f'url(data:font/woff2;base64,{data}) format("woff2")'
        faces.append(f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: {source}; }}\n')
    return "".join(faces)
