"""The emitted text of each target before the methods: what is right agrees, a mistake in it is refused, what cannot be done is a verdict."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

import derive
import verify
from derive.errors import InputError
from tests.derive.cells.covering import covered
from tests.verify.targets.across import Reference
from verify.asked import EMITTED_CODE, asked, verdicts
from verify.kill_table import teeth
from verify.methods import complex_step, dot_product, fifty_digits, finite_difference, methods, prime_field, taylor
from verify.source_mutations import source_mutations
from verify.subject import Judged, subject
from verify.targets import TARGETS
from verify.targets.ragged import drawn
from verify.verdict import Outcome, overall

HERE = [name for name in TARGETS if name not in ("torch", "jax") or find_spec(name)]
WITH_GRADIENTS = [name for name in HERE if TARGETS[name].has_gradients]
PAGE = """
    g_t = sigmoid(V x_t + u * c_{t-2} + b)
    c_t = g_t * tanh(U c_{t-1})
    y_t = R c_t
    output y
"""
EXACT = (prime_field, fifty_digits)


@pytest.fixture(scope="module")
def derivation():
    return derive.bptt(derive.read(PAGE))


@pytest.mark.parametrize("name", HERE)
def test_what_is_right_agrees_and_what_cannot_be_seen_is_said(derivation, name):
    judged = subject(derivation, name)
    found = {each.NAME: asked(each, judged) for each in (dot_product, complex_step, *EXACT)}
    assert overall(found[dot_product.NAME]) is Outcome.AGREES
    for method in EXACT:
        assert overall(found[method.NAME]) is (Outcome.CANNOT_SEE if TARGETS[name].floats_only else Outcome.AGREES)
    if TARGETS[name].has_gradients:
        assert overall(found[complex_step.NAME]) is (Outcome.CANNOT_SEE if TARGETS[name].floats_only else Outcome.AGREES)
        assert {each.subject for each in found[dot_product.NAME]} == {"V", "x", "u", "b", "U", "R", "c_0"}
    else:
        assert [each.subject for each in found[dot_product.NAME]] == ["y"]
        assert found[complex_step.NAME] == []


@pytest.mark.full
@pytest.mark.parametrize("name", HERE)
@pytest.mark.parametrize("cell", ["lstm", "mlstm", "clockwork", "narx", "gru_d", "stack(bidirectional(gru), readout)"])
def test_built_in_cells_agree(cell, name):
    judged = subject(derive.bptt(derive.cell(cell)), name)
    found = [each for own in verdicts(judged).values() for each in own]
    assert not [each for each in found if each.outcome is Outcome.DISAGREES]
    assert judged.obstacle or any(each.agrees for each in found if each.method != "proof")


def _refused(judged) -> bool:
    order = (dot_product, finite_difference, prime_field, fifty_digits, complex_step, taylor)
    return any(each.outcome is Outcome.DISAGREES for method in order for each in asked(method, judged))


def _mistakes(derivation, name, every):
    """Texts with a mistake that changes what the module gives, or with which it does not run."""
    judged = subject(derivation, name)
    references = [Reference(derivation, 5, 3)]
    for each in references:
        each.final = {}
    right = [[each.results(run.module) for run in judged.runs] for each in references]
    for mistake in list(source_mutations(judged.source, judged.target.functions))[::every]:
        wrong = replace(judged, source=mistake.source)
        try:
            with np.errstate(all="ignore"):
                found = [[each.results(run.module) for run in wrong.runs] for each in references]
        except Exception:
            yield mistake.name, wrong
            continue
        pairs = [(own, other) for some, others in zip(found, right, strict=True) for own, other in zip(some, others, strict=True)]
        if any(
            key not in own or own[key].shape != other[key].shape or not np.allclose(own[key], other[key], 1e-6, 1e-9)
            for own, other in pairs
            for key in other
        ):
            yield mistake.name, wrong


@pytest.mark.parametrize("name", covered([each for each in HERE if each not in ("numpy", "jax")], []))
def test_a_mistake_in_the_text_of_a_target_is_refused(derivation, name):
    count = len(list(source_mutations(subject(derivation, name).source, TARGETS[name].functions)))
    found = list(_mistakes(derivation, name, max(1, count // 6)))
    assert len(found) >= 2
    assert [told for told, wrong in found if not _refused(wrong)] == []


@pytest.mark.full
@pytest.mark.parametrize("name", [each for each in HERE if each not in ("numpy", "jax")])
def test_nearly_each_mistake_in_the_text_of_a_target_is_refused(derivation, name):
    found = list(_mistakes(derivation, name, 3))
    assert [told for told, wrong in found if not _refused(wrong)] == []


@pytest.mark.full
def test_mistakes_of_ragged_text_are_counted_as_those_of_numpy(derivation):
    found = teeth(subject(derivation, "ragged"), every=90)
    assert found.survivors == []
    assert {each.where for each in found.mutants} == {"system", "text"}
    with pytest.raises(InputError, match="cannot be run one step at a time"):
        teeth(subject(derive.bptt(derive.cell("bidirectional(rnn)")), "step"))


AHEAD = "h_t = tanh(u * h_{t+1} + x_t)"
EQUATIONS = {each.NAME: [] for each in methods() if each.JUDGES is Judged.EQUATIONS}


@pytest.mark.parametrize(
    ("cell", "name"), [("self_attention", "ragged"), ("self_attention", "segments"), ("self_attention", "step"), ("clockwork", "segments")]
)
def test_what_a_target_cannot_do_is_its_one_verdict(cell, name):
    found = verdicts(subject(derive.bptt(derive.cell(cell)), name), known=EQUATIONS)
    assert found.keys() == {*EQUATIONS, EMITTED_CODE}
    (verdict,) = found[EMITTED_CODE]
    assert (verdict.subject, verdict.outcome) == (name, Outcome.CANNOT_SEE)
    assert len(verdict.detail) > 30


@pytest.mark.skipif(bool(find_spec("jax")), reason="JAX is installed")
def test_a_package_that_is_not_installed_is_told(derivation):
    (verdict,) = verdicts(subject(derivation, "jax"), known=EQUATIONS)[EMITTED_CODE]
    assert verdict.detail == "jax is not installed; pip install jax"


@pytest.mark.parametrize(
    ("change", "outcome", "told"),
    [
        (("def backward(", "def backward(("), Outcome.DISAGREES, "does not load: SyntaxError"),
        (("T, batch = ", "T, batch = 1, "), Outcome.DISAGREES, "the emitted code fails"),
        (("return Gradients(", "return missing_name("), Outcome.DISAGREES, "missing_name"),
    ],
)
def test_a_text_that_fails_is_refused_by_each_method_and_raises_nothing(derivation, change, outcome, told):
    judged = subject(derivation)
    wrong = replace(judged, source=judged.source.replace(*change, 1))
    assert wrong.source != judged.source
    for method in (each for each in methods() if each.JUDGES is Judged.TEXT):
        found = asked(method, wrong)
        assert found, method.NAME
        if method not in EXACT:
            assert {each.outcome for each in found} == {outcome}, method.NAME
            assert told in found[0].detail


def test_a_method_that_fails_cannot_see(derivation, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("of its own\nmaking")

    monkeypatch.setattr(dot_product, "judge", fails)
    found = asked(dot_product, subject(derivation))
    assert {each.outcome for each in found} == {Outcome.CANNOT_SEE}
    assert found[0].detail == "the method fails: ZeroDivisionError: of its own making"


def test_a_final_state_at_lengths_below_its_lag_is_judged(derivation):
    judged = subject(derivation)
    line = next(each for each in judged.source.split("\n") if '"c_T": ' in each)
    found = dot_product.judge(replace(judged, source=judged.source.replace(line, line.replace('"c_T": ', '"c_T": 2 * '))))
    assert {each.subject for each in found if each.outcome is Outcome.DISAGREES} == {"c_T"}
    found = dot_product.judge(replace(judged, source=judged.source.replace(line, "")))
    assert [each.detail for each in found if not each.agrees] == ["the emitted code does not give c_T"]


def test_drawn_lengths_differ_and_stay():
    for steps in range(2, 9):
        for batch in range(2, 6):
            lengths = drawn(steps, batch)
            assert lengths == drawn(steps, batch)
            assert len(lengths) == batch
            assert 1 <= min(lengths) < max(lengths) <= steps


def test_targets_share_the_judgement_of_the_equations_and_none_stands_for_another():
    derivation = derive.bptt(derive.read(AHEAD))
    reports = verify.by_target(derivation, ("ragged", "step"))
    assert reports["step"].verdicts["proof"] is reports["ragged"].verdicts["proof"]
    assert reports["ragged"].holds
    assert reports["ragged"].has_text
    assert not reports["step"].holds
    assert not reports["step"].has_text
    assert list(reports["step"].of_the_text.verdicts) == [EMITTED_CODE]
    with pytest.raises(InputError, match="there is no target 'nonsense'"):
        verify.verify(derivation, "nonsense")
