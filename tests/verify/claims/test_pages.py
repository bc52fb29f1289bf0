"""Derivations by hands that had not seen the checker, `pages/NAME.*` beside the network that they are of, `NAME.cell`.

Each has its verdict in `NAME.verdict`, which its author found by finite differences: "right", or "wrong:" and what is.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.notation.read import system
from tests.derive.cells.covering import each_third
from verify.claims.findings import Findings, Judgement

PAGES = Path(__file__).parent / "pages"
NAMES = sorted(each.stem for each in PAGES.glob("*.cell"))
RIGHT = [name for name in NAMES if (PAGES / f"{name}.verdict").read_text().strip() == "right"]
WRONG = [name for name in NAMES if name not in RIGHT]
UNTOLD = {
    "wild_E3": "gradients of the loss of one step, with its number above",
    "ng_formulas": "the formulas of one step, whose gradients have names of several letters",
    "cs_lstm": "caches whose shapes are asked for",
    "peephole_odyssey": "one formula for several gates, by a star",
    "linear_powers": "equations for k where others are for t",
}
"""Right ones of which something cannot be told, and what."""


@cache
def derivation(name: str) -> Derivation:
    return derive.bptt(system((PAGES / f"{name}.cell").read_text(encoding="utf-8"), name))


def judged(name: str) -> Findings:
    page = next(each for each in PAGES.glob(f"{name}.*") if each.suffix in (".md", ".tex", ".txt", ".py"))
    text = page.read_text(encoding="utf-8")
    return (verify.check_function if page.suffix == ".py" else verify.check_gradient)(derivation(name), text)


@pytest.mark.parametrize("name", each_third(RIGHT))
def test_what_is_right_is_not_called_wrong(name):
    found = judged(name)
    assert [each.text for each in found.findings if each.judgement is Judgement.WRONG] == []
    assert found.holds is (name not in UNTOLD)


@pytest.mark.parametrize("name", each_third(WRONG))
def test_what_is_wrong_is_found(name):
    found = judged(name)
    assert not found.holds
    assert [each for each in found.findings if each.judgement is Judgement.WRONG]


def test_where_a_gradient_has_no_value_nothing_but_zero_is_right():
    text = (PAGES / "bidir.md").read_text(encoding="utf-8").replace(r"\beta_0 = 0", r"\beta_0 = 1")
    found = verify.check_gradient(derivation("bidir"), text)
    assert [each.text for each in found.findings if each.judgement is Judgement.WRONG] == ["beta_0 = 1"]
