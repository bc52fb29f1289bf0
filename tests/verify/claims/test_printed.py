"""The program's own printed derivation is read back, in every format that is text."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest

import derive
import verify
from derive.document import render
from derive.errors import NotationError
from derive.notation.claims.partials import spelled
from derive.notation.claims.printed import unprinted
from derive.notation.page import reading
from tests.derive.cells.covering import covered
from verify.claims import Judgement

FORMATS = ("text", "markdown", "latex", "html")
WHOLE = ("rnn", "lstm", "gru", "mgu", "mamba", "gla", "fast_weights")
"""Cells whose document is right in each line."""
PARTS = (*WHOLE, "lstmn", "mlstm", "slstm", "narx", "lru", "luong_decoder")


@pytest.mark.parametrize(("cell", "form"), covered([(c, f) for c in PARTS for f in FORMATS], [(c, f) for c in ("rnn",) for f in FORMATS]))
def test_a_printed_derivation_is_read_back(cell, form):
    derivation = derive.bptt(derive.cell(cell))
    shown = render(derive.explain(derivation), form)
    found = verify.check_gradient(derivation, shown if isinstance(shown, str) else shown.decode()).findings
    assert Judgement.WRONG not in {each.judgement for each in found}, [each.text for each in found if each.judgement is Judgement.WRONG]
    if cell in WHOLE:
        assert {each.judgement for each in found} == {Judgement.RIGHT}
        assert len(found) >= len(derivation.adjoint.equations)


@pytest.mark.parametrize("form", FORMATS)
def test_a_slip_in_a_printed_derivation_is_found(form):
    derivation = derive.bptt(derive.cell("rnn"))
    shown = str(render(derive.explain(derivation), form))
    pairs = {"text": ("W̄ = ∑ₜ₌₁ᵀ ā_hₜ xₜᵀ", "W̄ = ∑ₜ₌₁ᵀ ā_hₜ xₜ₋₁ᵀ"), "html": ('alttext="∑ₜ₌₁ᵀ ā_hₜ xₜᵀ"', 'alttext="∑ₜ₌₁ᵀ ā_hₜ xₜ₋₁ᵀ"')}
    right, wrong = pairs.get(form, (r"\bar{a}_{h,t} \, x_{t}^{\top}", r"\bar{a}_{h,t} \, x_{t-1}^{\top}"))
    assert shown.count(right) == 1
    found = verify.check_gradient(derivation, shown.replace(right, wrong)).findings
    assert [each.text.partition("=")[0].strip() for each in found if each.judgement is Judgement.WRONG] in (["Wbar"], ["W_bar"])


HOSTILE = ["\\frac{\\partial ", "<math ", "(\\nabla_{", "&& \\text{", "\\dot{", "\\prod_{", "\\tanh'(", "\\[ ", "=", "ā", "<table "]


@pytest.mark.parametrize("part", covered(HOSTILE, HOSTILE[::5]))
@pytest.mark.parametrize("before", ["", "══════\n══════\n  h̄ₜ = ", "$\\alpha = "])
def test_a_page_of_one_part_again_and_again_takes_no_quadratic_time(part, before):
    """A processor-time cap: in quadratic time this would take minutes."""
    start = process_time()
    with suppress(NotationError):
        reading(unprinted(before + part * (200_000 // len(part))), gradients_of={"h"})
    assert process_time() - start < 5


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("1ᵀ(b_t ⊙ c_t) + Uᵀ (M)1 − (V)1", "sum_rows((b_t ⊙ c_t)) + U^T sum_columns((M)) - sum_columns((V))"),
        ("∑ₜ₌₁ᵀ ā_hₜ₊₁ xₜᵀ", "sum_t a_bar_h_{t+1} x_t^T"),
        ("h̅̄̅ₜ + h̅̃̅ₜ₊₁ + n̅e̅t̅ₜ", "h_bar_bar_t + h_tilde_bar_{t+1} + net_bar_t"),
        ("ı̄ₜ ⊙ ṽ̄_hₜ", "i_bar_t ⊙ v_h_tilde_bar_t"),
        ("ṽ̄_h₁ + ṽ_hₜ", "v_h_tilde_bar_1 + v_h_tilde_t"),
    ],
)
def test_letters_as_they_are_printed_are_read(written, plain):
    pieces = reading(f"ȳₜ = {written}", gradients_of={"a_h"}).pieces
    assert [each.plain for each in spelled(pieces, ("h", "h_bar", "h_tilde", "v_h_tilde", "i"))] == [f"y_bar_t = {plain}"]


def test_nothing_of_a_page_in_latex_moves_that_is_read():
    """So what is wrong in it has its column."""
    text = "$$\\bar{h}_t = a \\tag{3}$$ $$\\dot{h}_t = b$$\n$$\\bar{x}_t = c && \\text{(1) reason} \\label{c}$$ of $T = 3$ steps"
    left = unprinted(text)
    assert len(left) == len(text)
    assert all(one in (other, " ") for one, other in zip(left, text.replace("$T = 3$", "T      "), strict=True))
    assert "tag" not in left
    assert "reason" not in left
    assert "dot" not in left
