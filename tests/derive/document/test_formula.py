"""Formulas: from LaTeX to plain characters and to MathML, and what is outside the tables."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from derive.document.blocks import Text
from derive.document.formula import parse
from derive.document.mathml import mathml
from derive.document.unicode import unicode
from tests.derive.document.pages import every_page, page_of


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\bar{a}_{f,t+1}", "ā_fₜ₊₁"),
        (r"h_{t-1}^{\top}", "hₜ₋₁ᵀ"),
        (r"W_{xh}^{2}", "W_xh²"),
        (r"n_{h} \times 1", "n_h × 1"),
        (r"\sum_{t=1}^{T} \bar{a}_{t} \, x_{t}^{\top}", "∑ₜ₌₁ᵀ āₜ xₜᵀ"),
        (r"-\left(1 - z_{t}\right) \odot \left(-h_{T+1}\right)", "−(1 − zₜ) ⊙ (−h_{T+1})"),
        (r"\frac{\partial L}{\partial h_{t}}", "∂L/∂hₜ"),
        (r"\frac{1}{1 + e^{-a}}", "1/(1 + e^{−a})"),
        (r"\overline{\mathit{loss}}_{t}", "l̅o̅s̅s̅ₜ"),
        (r"\log\operatorname{softmax}\left(y\right)", "log softmax(y)"),
        (r"{h'}_{t-1}^{\top}", "h′ₜ₋₁ᵀ"),
        (r"\class{use-3}{h_{t}}^{\top}", "hₜᵀ"),
    ],
)
def test_a_formula_in_plain_characters(latex: str, expected: str) -> None:
    assert unicode(latex) == expected


@pytest.mark.parametrize("latex", [r"\unknown{x}", r"\frac{a}", "{a", r"\left( a", "a}"])
def test_a_formula_outside_the_tables_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match="in the formula"):
        parse(latex)


@every_page
def test_each_formula_is_well_formed_mathml(name: str) -> None:
    for latex in re.findall(r"\$([^$]+)\$", "".join(block.text for block in page_of(name) if isinstance(block, Text))):
        math = ElementTree.fromstring(mathml(latex))
        for element in math.iter():
            count = {"mfrac": 2, "msub": 2, "msup": 2, "mover": 2, "munder": 2, "msubsup": 3, "munderover": 3}.get(element.tag)
            assert count is None or len(element) == count, latex


def test_a_marked_value_keeps_its_scripts_together() -> None:
    assert "<msubsup>" in mathml(r"\class{use-3}{h_{t-1}}^{\top}")
