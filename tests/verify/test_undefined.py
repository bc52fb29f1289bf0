"""Cells that have no value at what is drawn: no method says that the code disagrees, and the emitted module's own check fails in one line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import derive
import verify
from derive.algebra import nodes
from tests.derive.cells.covering import covered
from verify.arithmetic import FLOAT
from verify.asked import asked
from verify.methods import methods
from verify.numbers.dual import Dual
from verify.subject import Judged, subject
from verify.trial import Trial
from verify.undefined import undefined
from verify.verdict import Outcome

FUNCTIONS = [
    "sqrt({a})", "log({a})", "({a})^1.5", "1/relu({a})", "{a}/relu({a})", "exp(1000*({a}))", "exp(1000*({a}))/exp(1000*({a}))", "log(relu({a}))",
    "max({a}, log({a}))", "1/sqrt(relu({a}))", "softmax(1/relu({a}))", "log(softmax(1000*({a})))", "log(exp(1000*({a})))", "1/({a}-({a}))",
]  # fmt: skip
PAGES = ["h_t = {f} + U h_{{t-1}}", "h_t = tanh({f}) * h_{{t-1}}", "s_t = {f}\nh_t = tanh(V s_t + U h_{{t-1}})\ny_t = Q h_t\noutput y"]
ARGUMENTS = ["W x_t", "W x_t - 1000"]
CELLS = [page.format(f=f.format(a=a)) for f in FUNCTIONS for page in PAGES for a in ARGUMENTS]
OF_THE_TEXT = [each for each in methods() if each.JUDGES is Judged.TEXT]


@pytest.mark.parametrize("page", covered(CELLS, CELLS[::17]))
def test_no_method_says_that_it_disagrees(page, capfd):
    judged = subject(derive.bptt(derive.read(page)))
    for method in OF_THE_TEXT:
        for each in asked(method, judged):
            assert each.outcome is not Outcome.DISAGREES, each
            assert "Error" not in each.detail, each
    assert "Warning" not in capfd.readouterr().err


@pytest.mark.parametrize("page", [CELLS[0], CELLS[1], CELLS[5 * 6]])
def test_the_check_of_its_module_fails_in_a_line(page, tmp_path):
    file = tmp_path / "cell.py"
    file.write_text(derive.emit(derive.read(page)), encoding="utf-8")
    done = subprocess.run([sys.executable, file, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "no number" in done.stdout
    assert "agrees" not in done.stdout or "is no number" in done.stdout


def test_a_text_that_has_no_number_where_the_equations_have_one_is_wrong():
    own = subject(derive.bptt(derive.cell("rnn")))
    source = own.source.replace("    return Gradients(", "    bbar = bbar * np.nan\n    return Gradients(")
    assert source != own.source
    broken = replace(own, source=source)
    assert undefined(broken, Trial(broken.module), "any") == {}
    found = [each for method in OF_THE_TEXT for each in asked(method, broken)]
    assert {each.subject for each in found if each.outcome is Outcome.DISAGREES} == {"b"}


def test_findings_of_one_kind_are_told_once():
    told = [block.text for block in verify.verify(derive.read("h_t = sqrt(W x_t - 1000) + U h_{t-1}")).blocks() if hasattr(block, "text")]
    assert sum("Taylor on" in each for each in told) == 1


@pytest.mark.parametrize("exponent", ["-1", "-2", "1/2", "3"])
@pytest.mark.parametrize("value", [1e-222, 1e-150, 3.0, 1e150, 1e222])
def test_powers_of_duals_have_the_range_of_floats(exponent, value):
    """The value is that of floats, also where its square overflows; the slope where it is a number."""
    own = Fraction(exponent)
    with np.errstate(all="ignore"):
        found, meant = Dual(np.float64(value), np.float64(value)).power(own), np.float64(value) ** float(own)
        assert found.value == pytest.approx(meant, rel=1e-14)
        assert found.tangent == pytest.approx(float(own) * meant, rel=1e-14)


@pytest.mark.parametrize("function", [each for each in nodes.FUNCTIONS.values() if issubclass(each, nodes.Elementwise)])
def test_a_function_of_no_number_is_none(function):
    with np.errstate(all="ignore"):
        assert np.isnan(FLOAT.function(function)(np.array([[np.nan, 0.5]]))).tolist() == [[True, False]]
