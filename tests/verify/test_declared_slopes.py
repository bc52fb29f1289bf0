"""A function whose slope is declared: it is used as it is said, marked wherever it counts, and never passed off as derived."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

import derive
import verify
from derive.algebra import nodes
from derive.algebra.nodes import Declared, add, mul, neg, parameter, sequence, step, t
from derive.document import render
from derive.errors import NotationError, ShapeError
from derive.slopes import declared, without
from tests.derive.cells.covering import covered
from tests.verify.building import bar, gradients, n, network, pbar, up, verdict
from verify.asked import asked
from verify.certificate import check, save
from verify.evidence import Evidence
from verify.kill_table import OF_THE_TEXT
from verify.methods import complex_step, dot_product, methods, prime_field, unrolled
from verify.mutations import mutations
from verify.proof import prove
from verify.report import report
from verify.subject import Judged, subject
from verify.targets import TARGETS
from verify.verdict import Outcome, overall

SPIKING = """
    u_t = 0.9 * u_{t-1} + W x_t + U s_{t-1}
    s_t = step(u_t - θ) slope max(0, 1 - abs(u_t - θ))
    y_t = V s_t + P x_t
    output y
"""
LAYERS = """
    spike(v) = step(v) slope 1 / (1 + abs(v))^2
    u_t = 0.9 * u_{t-1} ⊙ (1 - spike(u_{t-1} - b)) + W x_t
    z_t = step(2 * u_t) slope exp(-u_t^2) by u_t
    loss_t = sum((V spike(z_t * x_t + spike(u_t)) - d_t)^2)
    loss loss
"""
HERE = [name for name in TARGETS if name not in ("torch", "jax") or find_spec(name)]
THROUGH = {"u", "W", "x", "U", "s", "θ"}
"""What the gradients of `SPIKING` by are through the spikes."""
h, x, v = (*map(sequence, ("h", "x")), parameter("v"))


def of(page: str) -> derive.Derivation:
    return derive.bptt(derive.read(page))


@pytest.mark.parametrize("page", [SPIKING, LAYERS], ids=["spiking", "layers"])
def test_gradients_are_proved_with_the_word_and_only_where_it_counts(page):
    derivation = of(page)
    proof = prove(derivation.forward, derivation.adjoint)
    assert proof.outcome is Outcome.AGREES, proof.text()
    resting = set(declared(derivation.forward))
    for each in proof.verdicts:
        assert (each.subject in resting) == bool(each.premise) == ("declared slope" in each.detail)
    assert overall(unrolled.judge(subject(derivation), lengths=(1, 2, 3))) is Outcome.AGREES


def test_what_rests_on_a_declared_slope_is_what_leads_to_it_and_nothing_else():
    assert set(declared(derive.read(SPIKING))) == THROUGH
    assert set(declared(derive.read("y_t = V step(x_t)\noutput y"))) == set()
    idle = "s_t = step(U x_t) slope 1\ny_t = V x_t\noutput y"
    assert set(declared(derive.read(idle))) == set()
    assert without(derive.read(SPIKING)).equation("s").right == step(derive.read(SPIKING).equation("s").right.argument)


def test_wrong_gradients_are_refused_all_the_same():
    derivation = of(SPIKING)
    wrong = [each for each in mutations(derivation.adjoint) if each.equation in ("a_sbar[t]", "ubar[t]")]
    assert len(wrong) > 10
    for each in wrong:
        assert prove(derivation.forward, each.system).outcome is not Outcome.AGREES, each.name


def test_a_slope_is_taken_as_it_is_declared_and_not_as_the_function_has_it():
    """h_t = tanh(x_t + v), declared to have the slope 1: that is claimed right, and the derivative of tanh wrong."""
    argument = add(x[t], v)
    forward = network({h[t]: Declared(nodes.tanh(argument), argument, mul(1))}, {"h": (n, 1), "x": (n, 1), "v": (n, 1)})

    def claimed(slope):
        back = mul(bar("h")[t], slope)
        return gradients(forward, {bar("h")[t]: up("h")[t], bar("x")[t]: back, pbar("v"): nodes.OverTime(back)})

    right, own = prove(forward, claimed(1)), prove(forward, claimed(add(1, neg(nodes.tanh(argument) ** 2))))
    assert right.outcome is Outcome.AGREES
    assert all(each.premise for each in right.verdicts if each.subject in ("x", "v"))
    assert verdict(own, "x").outcome is verdict(own, "v").outcome is Outcome.DISAGREES


@pytest.mark.parametrize("name", covered(HERE, [*HERE][:1]))
def test_no_method_calls_it_wrong_and_two_see_that_the_text_is_right(name):
    judged = subject(of(SPIKING), name)
    assert not judged.obstacle
    for method in methods():
        if method.JUDGES is Judged.TEXT:
            found = {each.subject: each for each in asked(method, judged)}
            assert not [each for each in found.values() if each.outcome is Outcome.DISAGREES], method.NAME
            if method not in (dot_product, prime_field) and TARGETS[name].has_gradients and not TARGETS[name].floats_only:
                assert {label.removesuffix("_0") for label, each in found.items() if "declared slope" in each.detail} == THROUGH
            if method in (dot_product, prime_field) and not TARGETS[name].floats_only:
                assert all(each.agrees for each in found.values())


def test_a_text_with_another_slope_is_refused():
    judged = subject(of(SPIKING))
    slipped = replace(judged, source=judged.source.replace("1 - absolute(a_s", "2 - absolute(a_s"))
    assert slipped.source != judged.source
    for method in (dot_product, prime_field):
        wrong = {each.subject for each in asked(method, slipped) if each.outcome is Outcome.DISAGREES}
        assert {"W", "U", "θ"} <= wrong <= {*THROUGH, "u_0", "s_0"}


@pytest.mark.full
def test_methods_that_see_values_alone_refuse_no_mistake_in_what_they_cannot_see():
    """They would refuse the right text too, and so every wrong one."""
    judged = subject(of(SPIKING))
    slipped = replace(judged, source=judged.source.replace("1 - absolute(a_s", "2 - absolute(a_s"))
    for name, judge in OF_THE_TEXT.items():
        assert any(each.outcome is Outcome.DISAGREES for each in judge(slipped)) is (name in (dot_product.NAME, prime_field.NAME))
        assert not any(each.outcome is Outcome.DISAGREES for each in judge(judged))


def test_a_text_that_fails_is_wrong_and_not_unseen():
    judged = replace(subject(of(SPIKING)), source="raise ValueError('no')")
    assert all(each.outcome is Outcome.DISAGREES for each in asked(complex_step, judged))


def test_the_report_says_it_in_every_row_and_in_its_conclusion():
    made = report(subject(of(SPIKING)))
    assert made.holds
    kinds = {name: own[Judged.EQUATIONS] for name, own in made.evidence.items()}
    assert {name.removesuffix("_0") for name, kind in kinds.items() if kind is Evidence.DECLARED} == {*THROUGH, "a_s"}
    assert {kinds["V"], kinds["P"]} == {Evidence.PROVED}
    told = " ".join(render(made.blocks(), "text").split())
    assert "proved, declared slope" in told
    assert "Taken as declared, not derived" in told
    assert "the declared slope of step(a_s[t])" in told
    data = made.to_dict()
    assert data["evidence"]["W"]["equations"] == "proved, declared slope"
    assert all(each["premise"] for each in data["methods"]["proof"] if each["subject"] == "W")


def test_a_certificate_carries_it_and_says_so(tmp_path):
    derivation, path = of(SPIKING), tmp_path / "certificate.json"
    save(path, derivation.forward, derivation.adjoint)
    assert any(each[1][0] == "Declared" for each in json.loads(path.read_text())["forward"]["equations"])
    found = check(path)
    told = " ".join(render(found.blocks(), "text").split())
    assert found.holds
    assert "The slope of step(a_s[t]) is declared, not derived" in told
    assert "right for every length and all sizes, with the slopes that are declared" in told
    other = path.read_text().replace('"Declared"', '"hidden"')
    path.write_text(other)
    with pytest.raises(derive.errors.InputError, match="no operation hidden"):
        check(path)


def _forged(path, change):
    data = json.loads(path.read_text())
    right = next(each for _, each in data["forward"]["equations"] if each[0] == "Declared")
    right[:] = change(right)
    path.write_text(json.dumps(data))
    return data


FORGED = {
    "another slope": lambda own: [*own[:3], ["number", 1, 1]],
    "no slope at all": lambda own: own[1],
    "of another argument": lambda own: [own[0], own[1], ["at", "u", ["size", "t"]], own[3]],
    "a value that reads more": lambda own: [own[0], ["+", own[1], ["matrix", "θ"]], *own[2:]],
    "two operands": lambda own: own[:3],
    "four operands": lambda own: [*own, ["number", 1, 1]],
    "a slope of another shape": lambda own: [*own[:3], ["matrix", "U"]],
    "no function of each entry": lambda own: [own[0], ["softmax", own[2]], *own[2:]],
    "a sum": lambda own: [own[0], ["SumRows", own[1]], *own[2:]],
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_forged_slope_does_not_pass(tmp_path, change):
    derivation, path = of(SPIKING), tmp_path / "certificate.json"
    save(path, derivation.forward, derivation.adjoint)
    _forged(path, change)
    with suppress(derive.errors.InputError):
        assert not check(path).holds


def test_the_module_says_it_and_its_own_check_leaves_these_gradients_out(tmp_path):
    path = tmp_path / "spiking.py"
    source = derive.emit(of(SPIKING))
    path.write_text(source)
    head = " ".join(source.split('"""')[1].split())
    assert "Slopes that are declared, not derived: that of step(u_t - θ) is max(0, 1 - abs(u_t - θ))." in head
    assert "The gradients by u, W, x, U, s, θ rest on them." in head
    made = subprocess.run([sys.executable, str(path), "--check"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout
    lines = dict(line.split(maxsplit=1) for line in made.stdout.splitlines())
    assert {name for name, told in lines.items() if "declared slope" in told} == THROUGH
    assert lines["V"].startswith("agrees")
    broken = source.replace("grads = backward(params, tape, weights)", "grads = backward(params, tape, weights); grads.params['V'] *= 2")
    path.write_text(broken)
    assert subprocess.run([sys.executable, str(path), "--check"], capture_output=True, text=True, check=False).returncode == 1


@pytest.mark.parametrize("format", ["text", "latex", "markdown", "html"])
def test_the_document_says_it_where_the_function_stands_and_where_its_slope_is_used(format):
    told = " ".join(str(render(derive.explain(of(SPIKING)), format)).split())
    assert told.count("declared") >= 3
    assert re.search(r"declared, not\s+derived", re.sub(r"\*\*|</?strong>|\\textbf\{|\}", "", told))


def test_forward_values_are_those_of_the_function():
    with_slope, bare = (of(page) for page in (SPIKING, SPIKING.replace(" slope max(0, 1 - abs(u_t - θ))", "")))
    made = [subject(each).module for each in (with_slope, bare)]
    params, inputs, initial = made[0].example(4, 2, np.random.default_rng(0))
    one, two = (each.forward(params, inputs, initial)[0]["y"] for each in made)
    assert np.array_equal(one, two)


def test_cells_are_compared_by_values_and_it_is_said():
    other = derive.read(SPIKING.replace("max(0, 1 - abs(u_t - θ))", "1"))
    found = verify.compare(derive.read(SPIKING), other)
    assert found.outcome is Outcome.AGREES
    assert "slopes that are declared are not compared" in found.reason


SAME = [
    ("s_t = spike(u_t)\nspike(v) = step(v) slope max(0, 1 - abs(v))", "s_t = step(u_t) slope max(0, 1 - abs(u_t))"),
    ("s_t = spike(u_t)\nspike(v) = 1 if v > 0 else 0 slope 1", "s_t = step(u_t) slope 1"),
    ("s_t = spike(u_t)\nspike(v) = step(v - 1) slope exp(-v^2)", "s_t = step(u_t - 1) slope exp(-u_t^2)"),
    ("s_t = spike(u_t)\nspike(v) = 2 * step(v) slope g(v)\ng(v) = v^2", "s_t = 2 * step(u_t) slope u_t^2 by u_t"),
    ("s_t = relu(u_t)\nrelu(v) = max(0, v) slope 1", "s_t = max(0, u_t) slope 1 by u_t"),
    ("s_t = step(u_t) slope 1", "s_t = step(u_t) slope 1 by u_t"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_ways_to_declare_the_same_slope(one, other):
    read = [derive.read(f"u_t = W x_t\n{each}").equation("s").right for each in (one, other)]
    assert isinstance(read[0], Declared)
    assert read[0] == read[1]


REFUSED = {
    "s_t = u_t slope 1": "by what this slope is a derivative is not clear",
    "s_t = 2 * step(u_t) slope 1": "by what this slope is a derivative is not clear",
    "s_t = max(u_t, x_t) slope 1": "by what this slope is a derivative is not clear",
    "s_t = f(u_t)\nf(v) = step(2 * v) slope 1": "by what this slope is a derivative is not clear",
    "s_t = f(u_t, x_t)\nf(v, w) = 2 * step(v) slope 1": "by what this slope is a derivative is not clear",
    "s_t = f(u_t)\nf(v) = step(v) + b slope 1": "a derivative by b would be lost",
    "s_t = step(u_t) + b slope 1 by u_t": "a derivative by b would be lost",
    "s_t = softmax(u_t) slope 1": "a slope is declared of what is no function of each entry",
    "s_t = sum(step(u_t)) slope 1": "a slope is declared of what is no function of each entry",
    "s_t = step(u_t) slope": "the line ends here",
    "s_t = step(u_t) slope 1 slope 2": "'slope' is not expected here",
}


@pytest.mark.parametrize("page", REFUSED)
def test_what_is_not_clear_is_refused_in_one_line(page):
    with pytest.raises(NotationError) as raised:
        derive.read(f"u_t = W x_t\n{page}")
    assert REFUSED[page] in str(raised.value)
    assert raised.value.place.startswith("line 2") or raised.value.place.startswith("line 3")


def test_a_slope_of_another_size_is_refused():
    with pytest.raises(ShapeError, match="the slope differ in size"):
        derive.read("u_t = W x_t\ns_t = step(u_t) slope b\nshape W = (3, 2)\nshape b = (4, 1)")


def test_slope_and_by_name_variables_where_no_slope_can_stand():
    made = derive.read("h_t = by * x_t + slope * U h_{t-1} + slope_in")
    assert {"by", "slope", "slope_in"} <= set(made.variables)
