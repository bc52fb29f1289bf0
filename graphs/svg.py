"""Graphviz's SVG to one for a page: scales with it, speaks for itself, and sets subscripts and italics.

The text labels of the DOT source are plain Unicode (h₃, W_f); here single letters become italic and what follows "_" a subscript.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from graphs.labels import SUBSCRIPTS
from graphs.style import FONT, text_width

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
PLAIN = {subscript: character for character, subscript in SUBSCRIPTS.items()}
BELOW = "".join(PLAIN)
NAME = re.compile(rf"([^\W\d_{BELOW}ᵀ]+[\u0300-\u036f\u20d0-\u20ff]*\d*)([{BELOW}]+|_(?:(?!ᵀ)[\w,−+-])+)?")
SUBSCRIPT_SIZE, SUBSCRIPT_DROP = 0.7, 0.22
"""In parts of the size of the letters."""
ARROWS = {"\u20d7": "→", "\u20d6": "←"}
"""Combining arrows, and the sign that is set over the letter in the place of each."""
ARROW_SIZE, ARROW_RISE = 0.6, 0.58
"""The size of such a sign and how far above the line it stands, in parts of the size of the letters."""
UPRIGHT = ("function",)
"""The classes of nodes whose labels are words."""


def tidy(svg: str, title: str) -> str:
    """The SVG without a fixed size, with tooltips that browsers show, a title, and its labels typeset."""
    ET.register_namespace("", SVG)
    root = ET.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", svg))
    for side in ("width", "height"):
        root.attrib.pop(side, None)
    root.attrib.update({"role": "img", "aria-label": title, "font-family": FONT})
    for group in list(root.iter(f"{{{SVG}}}g")):
        _lift_tooltip(group)
        is_upright = any(each in group.get("class", "").split() for each in UPRIGHT)
        for text in group.findall(f"{{{SVG}}}text"):
            typeset(text, is_upright)
    for element in root.iter():
        if element.get("stroke") == "transparent":
            element.set("stroke", "none")
    top = root.find(f"{{{SVG}}}g/{{{SVG}}}title")
    if top is not None:
        top.text = title
    return ET.tostring(root, encoding="unicode") + "\n"


def _lift_tooltip(group: ET.Element) -> None:
    """Make a tooltip the title of its node or edge: browsers show that one."""
    for wrapped in group.findall(f"{{{SVG}}}g"):
        link = wrapped.find(f"{{{SVG}}}a")
        title = group.find(f"{{{SVG}}}title")
        if link is not None and title is not None:
            title.text = link.get(f"{{{XLINK}}}title", "")
            place = list(group).index(wrapped)
            group.remove(wrapped)
            for part in reversed(list(link)):
                group.insert(place, part)


def typeset(text: ET.Element, is_upright: bool) -> None:
    """Set the names in a text element: single letters italic, what stands as a subscript small and low."""
    label, size = text.text or "", float(text.get("font-size", "14"))
    for attribute in ("{http://www.w3.org/XML/1998/namespace}space", "font-family"):
        text.attrib.pop(attribute, None)
    text.text = ""
    last, drop = 0, 0.0
    for found in NAME.finditer(label):
        drop = _append(text, label[last : found.start()], size, drop, 0.0, False)
        base, below = found.group(1), (found.group(2) or "").lstrip("_")
        letters = re.sub(r"[\u0300-\u036f\u20d0-\u20ff\d]", "", base)
        arrow = next((sign for mark, sign in ARROWS.items() if mark in base), "")
        bare = re.sub("|".join(ARROWS), "", base)
        drop = _append(text, bare, size, drop, 0.0, len(letters) == 1 and not is_upright)
        if arrow:
            drop = _arrow(text, arrow, text_width(bare, size), size, drop)
        for part in re.findall(r"\D|\d+", "".join(PLAIN.get(c, c) for c in below)) if below else []:
            drop = _append(text, part, size, drop, SUBSCRIPT_DROP * size, part.isalpha() and len(below) <= 3)
        last = found.end()
    _append(text, label[last:], size, drop, 0.0, False)


def _arrow(text: ET.Element, arrow: str, width: float, size: float, drop: float) -> float:
    """Set an arrow over the letters before it, which have that width: fonts lack it as an accent; the drop after it."""
    own = ARROW_SIZE * size
    drop = _append(text, arrow, size, drop, -ARROW_RISE * size, False)
    text[-1].set("font-size", f"{ARROW_SIZE * size:.2f}")
    text[-1].set("dx", f"{-(width + own) / 2:.2f}")
    drop = _append(text, "\u200b", size, drop, 0.0, False)
    text[-1].set("dx", f"{(width - own) / 2:.2f}")
    return drop


def _append(text: ET.Element, run: str, size: float, drop: float, wanted: float, is_italic: bool) -> float:
    """Append a run of characters at so much below the line; the drop after it."""
    if not run:
        return drop
    span = ET.SubElement(text, f"{{{SVG}}}tspan")
    span.text = run
    if wanted != drop:
        span.set("dy", f"{wanted - drop:.2f}")
    if wanted:
        span.set("font-size", f"{SUBSCRIPT_SIZE * size:.2f}")
    if is_italic:
        span.set("font-style", "italic")
    return wanted
