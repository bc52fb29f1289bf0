"""Each method accepts what is right, refuses what is wrong, and says when it cannot see."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import derive
from derive.algebra import nodes
from derive.errors import InputError
from tests.derive.cells.covering import covered
from tests.derive.derivations import derivation
from verify.methods import complex_step, directions, dot_product, fifty_digits, finite_difference, methods, prime_field, taylor, unrolled
from verify.report import report
from verify.subject import Subject, subject
from verify.trial import Trial, large
from verify.verdict import Outcome

NUMERIC = [finite_difference, complex_step, directions, dot_product, taylor]
BY_ENTRY = [finite_difference, complex_step]


@pytest.fixture(scope="module")
def lstm() -> Subject:
    return subject(derive.bptt(derive.cell("lstm")))


def vanishing(module) -> Trial:
    """A tanh RNN whose loss reads the last of 20 steps, with small weights: dL/dh_0 is around 1e-15."""
    return Trial(module, steps=20, scale=0.15, last_only=True)


@cache
def gru(heads: tuple[str, ...]) -> Subject:
    system = derive.cell("gru")
    for name in heads:
        system = derive.follow(system, derive.head(name))
    return subject(derive.bptt(system))


class Wrong:
    """An emitted module whose gradients were changed afterwards."""

    def __init__(self, module, change):
        self.module, self.change = module, change

    def __getattr__(self, name):
        return getattr(self.module, name)

    def backward(self, *arguments):
        grads = self.module.backward(*arguments)
        return grads._replace(**{
            kind: {name: self.change(array) for name, array in getattr(grads, kind).items()} for kind in ("params", "inputs", "initial")
        })  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("method", methods(), ids=lambda method: method.__name__.split(".")[-1])
@pytest.mark.parametrize(
    "heads",
    [(), *(("readout", each) for each in ("softmax_cross_entropy", "squared_error"))],
    ids="+".join,
)
def test_every_method_accepts_the_derived_gradients(method, heads):
    verdicts = method.judge(gru(heads))
    assert verdicts
    assert [each for each in verdicts if not each.agrees] == []


COARSE = {"zero": np.zeros_like, "negated": np.negative, "doubled": lambda g: 2 * g, "moved": lambda g: np.roll(g, 1, axis=-1)}
FINE = {"one part in a million": lambda g: g * (1 + 1e-6), "shifted": lambda g: g + 1e-6}


@pytest.mark.parametrize(
    ("method", "change"),
    [
        pytest.param(method, change, id=f"{method.NAME}: {name}")
        for method in NUMERIC
        for name, change in {**COARSE, **({} if method is taylor else FINE)}.items()
    ],
)
@pytest.mark.parametrize("cell", covered(("rnn", "lstm"), ("rnn",)))
def test_numeric_methods_refuse_changed_gradients_of_every_array(method, change, cell):
    right = subject(derivation(cell))
    claim = replace(right)
    claim.__dict__["module"] = Wrong(right.module, change)
    verdicts = method.judge(claim)
    assert {each.outcome for each in verdicts} == {Outcome.DISAGREES}
    assert all(each.witness for each in verdicts)
    assert all(method not in BY_ENTRY or "entry" in each.witness for each in verdicts)


@pytest.mark.parametrize("method", [directions, taylor])
def test_methods_along_directions_judge_runs_of_any_size(method, lstm):
    """One entry of a large matrix is off; and T and the batch are those that were asked for."""

    def slightly(gradient):
        return gradient + 0.1 * (np.arange(gradient.size) == 5).reshape(gradient.shape)

    trial = large(lstm.module, n_h=60, T=9, batch=3)
    assert trial.values[0]["U_f"].shape == (60, 60)
    assert trial.values[1]["x"].shape == (9, 3, 36)
    assert {each.outcome for each in method.judge(lstm, trial)} == {Outcome.AGREES}
    assert {each.outcome for each in method.judge(lstm, replace(trial, module=Wrong(lstm.module, slightly)))} == {Outcome.DISAGREES}
    with pytest.raises(InputError, match="no size n_q; the sizes are T, batch, n_x, n_h"):
        large(lstm.module, n_q=3)


def test_the_taylor_test_says_that_kinks_are_close_by():
    """Four directions of a network with thousands of kinks, at steps that are not small."""
    claim = subject(derive.bptt(derive.cell("irnn")))
    right = taylor.judge(claim, large(claim.module, T=60, n_h=60))
    assert {each.outcome for each in right} <= {Outcome.AGREES, Outcome.CANNOT_SEE}
    wrong = taylor.judge(claim, large(Wrong(claim.module, lambda g: 1.1 * g), T=60, n_h=60))
    assert {each.outcome for each in wrong} == {Outcome.DISAGREES}


@pytest.mark.parametrize("change", [lambda g: g, np.zeros_like, np.negative], ids=["right", "zero", "negated"])
def test_differences_say_that_they_cannot_see_a_gradient_below_the_rounding_of_the_loss(change):
    module = subject(derive.bptt(derive.cell("rnn"))).module
    trial = vanishing(Wrong(module, change))
    largest = np.abs(vanishing(module).gradients()["h_0"]).max()
    assert 1e-18 < largest < 1e-12
    verdict = {each.subject: each for each in finite_difference.judge(subject(derive.bptt(derive.cell("rnn"))), trial)}["h_0"]
    assert verdict.outcome is Outcome.CANNOT_SEE
    assert "opposite sign" in verdict.detail


FAULTS = [(factor, entry) for factor in (0.0, -1.0, 1.0 + 1e-7) for entry in range(3)]
SPAN = """shape b = (3, 1)
s_t = tanh(b * x_t)
y_t = [1e290 * s_t[0:1]; s_t[1:2]; 1e-290 * s_t[2:3]]"""


@pytest.mark.parametrize(("factor", "entry"), covered(FAULTS, FAULTS[::8]))
@pytest.mark.parametrize("method", [complex_step, dot_product, fifty_digits, prime_field], ids=lambda method: method.NAME)
def test_a_wrong_entry_is_found_beside_entries_that_are_580_decimals_larger_or_smaller(method, factor, entry):
    claim = subject(derive.bptt(derive.read(SPAN)))
    sizes = np.abs(Trial(claim.module).gradients()["b"])
    assert sizes[0] > 1e285
    assert sizes[2] < 1e-285
    wrong = replace(claim, source=claim.source.replace("return Gradients(", f"bbar[{entry}] *= {factor!r}\n    return Gradients("))
    assert wrong.source != claim.source
    assert {each.outcome for each in method.judge(claim)} == {Outcome.AGREES}
    found = {each.subject: each for each in method.judge(wrong)}
    assert {name: each.outcome for name, each in found.items()} == {"b": Outcome.DISAGREES, "x": Outcome.AGREES}
    assert method is dot_product or found["b"].witness["entry"] == [entry]


def test_differences_tell_how_many_entries_they_do_not_resolve():
    found = {each.subject: each for each in finite_difference.judge(subject(derive.bptt(derive.read(SPAN))))}
    assert "2 of 3 entries are below what differences resolve" in found["b"].detail


KINKS = """m_t = max(W x_t)
C_t = m_t C_{t-1} / max(abs(C_{t-1})) + x_t k_t^T
k_t = min(b) * V x_t
h_t = tanh(C_t k_t) * max(hard_tanh(x_t)) + min_rows(C_t)^T"""


@pytest.mark.parametrize(("change", "outcome"), [(lambda g: g, True), (lambda g: 1.01 * g, False)])
def test_differences_step_around_kinks(change, outcome):
    """The first step goes over one: without finer ones the right gradient is refused."""
    claim = subject(derive.bptt(derive.read(KINKS)))
    assert all(each.agrees for each in finite_difference.judge(claim, Trial(Wrong(claim.module, change)))) is outcome


@pytest.mark.parametrize(
    ("change", "outcome"), [(lambda g: g, Outcome.AGREES), (np.zeros_like, Outcome.DISAGREES), (np.negative, Outcome.DISAGREES)]
)
def test_the_complex_step_sees_a_gradient_far_below_the_rounding_of_the_loss(change, outcome):
    own = subject(derive.bptt(derive.cell("rnn")))
    verdict = {each.subject: each for each in complex_step.judge(own, vanishing(Wrong(own.module, change)))}["h_0"]
    assert verdict.outcome is outcome


@pytest.mark.parametrize("largest", [unrolled.LARGEST, 0])
@pytest.mark.parametrize("cell", covered(("rnn", "lstm"), ("rnn",)))
def test_the_unrolled_graph_refuses_each_equation_with_a_flipped_sign(cell, monkeypatch, largest):
    """Symbol by symbol, and at random points as large expressions are."""
    monkeypatch.setattr(unrolled, "LARGEST", largest)
    right = subject(derivation(cell))
    assert all(each.agrees for each in unrolled.judge(right, lengths=(2,)))
    for equation in right.adjoint.equations:
        flipped = tuple(replace(each, right=nodes.neg(each.right)) if each is equation else each for each in right.adjoint.equations)
        wrong = replace(right, adjoint=replace(right.adjoint, equations=flipped))
        assert any(each.outcome is Outcome.DISAGREES for each in unrolled.judge(wrong, lengths=(2,))), equation.number


def test_a_report_does_not_hold_when_one_method_disagrees():
    claim = subject(derivation("rnn"))
    assert report(claim).holds
    wrong = report(replace(claim, source=claim.source.replace("flat(shifted(h, at, -1))", "flat(h[at])")))
    assert not wrong.holds
    assert {each.subject for each in wrong.verdicts["complex step"] if not each.agrees} == {"U"}
    assert all(each.agrees for each in wrong.verdicts["proof"])


def test_the_trial_can_see(lstm):
    params, inputs, initial = Trial(lstm.module).values
    sizes = [*params["W_f"].shape, *inputs["x"].shape[:2]]
    assert len(set(sizes)) == len(sizes)
    assert inputs["x"].shape[0] >= 3
    assert all(np.abs(each).min() > 0 for each in initial.values())
    assert not np.allclose(params["U_f"], params["U_f"].T)


def test_a_loss_of_the_last_step_reads_one_value_of_every_sequence_of_the_batch():
    module = subject(derive.bptt(derive.cell("stack(rnn, last)"))).module
    assert np.all(Trial(module, last_only=True).weights["y"] != 0)


@pytest.mark.parametrize("method", [complex_step, finite_difference], ids=lambda method: method.NAME)
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("np.matmul(U, h[t - 1]", "np.matmul(U, h[t]"),
        ("np.matmul(U, h[t - 1]", "np.matmul(U, h[t + 1]"),
        ("np.tanh(a_h, out=h[t])", "np.tanh(a_h, out=h[t - 1])"),
        ("in counted(at):", "in counted(at)[:-1]:"),
    ],
)
def test_a_text_that_reads_what_was_never_written_is_refused(method, right, wrong):
    """Its values change from run to run, which is not rounding."""
    claim = subject(derive.bptt(derive.cell("rnn")))
    assert right in claim.source
    with np.errstate(all="ignore"):
        judged = method.judge(replace(claim, source=claim.source.replace(right, wrong)))
    assert Outcome.DISAGREES in {each.outcome for each in judged}


@pytest.mark.parametrize("value", ["np.nan", "np.inf"])
@pytest.mark.parametrize("method", [*NUMERIC, fifty_digits], ids=lambda method: method.NAME)
def test_an_entry_that_is_no_number_is_refused(method, value):
    right = subject(derive.bptt(derive.cell("rnn")))
    wrong = right.source.replace('"W": Wbar,', f'"W": np.where(np.arange(Wbar.size).reshape(Wbar.shape) == 3, {value}, Wbar),')
    with np.errstate(invalid="ignore"):
        found = {each.subject: each.outcome for each in method.judge(replace(right, source=wrong))}
    assert {name for name, outcome in found.items() if outcome is Outcome.DISAGREES} == {"W"}
