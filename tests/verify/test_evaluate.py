"""The oracle gives what the equations mean: forward, tangent, adjoint and unrolled, in several kinds of numbers."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import add, mul, parameter, sequence, t
from derive.errors import InputError, RecurrenceError, ShapeError
from derive.system import Boundary, Kind, Role
from tests.verify import hand_written
from tests.verify.building import m, network
from tests.verify.sample import Sample
from verify.arithmetic import COMPLEX, FLOAT, FRACTION, HIGH_PRECISION, Arithmetic
from verify.evaluate import run, run_adjoint
from verify.numbers.functions import Functions
from verify.numbers.residue import PRIME, Drawn, Residue

CELLS = ("rnn", "lstm", "gru")
SCALAR = {"h": (1, 1)}
h = sequence("h")


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.allclose(one[key], other[key], rtol=1e-11, atol=1e-13) for key in one)


def test_a_recurrence_is_run_forward_in_time():
    rng = np.random.default_rng(0)
    W, U, b, x, h0 = (rng.normal(size=shape) for shape in ((3, 2), (3, 3), (3, 1), (5, 2, 1), (3, 1)))
    found = run(hand_written.rnn()[0], 5, {"W": W, "U": U, "b": b, "x": x}, {("h", 0): h0})
    state = h0
    for time in range(5):
        state = np.tanh(W @ x[time] + U @ state + b)
        assert np.allclose(found.value("h", time + 1), state, rtol=1e-14)
    assert found.sequence("h").shape == (5, 3, 1)


def test_a_lead_is_run_backward_in_time():
    forward, _ = hand_written.both_directions()
    sample = Sample(forward)
    found, g = sample.forward(), sample.boundary["g", 5]
    for time in range(4, 0, -1):
        g = np.tanh(sample.given["R"] @ sample.given["x"][time - 1] + sample.given["S"] @ g)
        assert np.allclose(found.value("g", time), g, rtol=1e-14)


@pytest.mark.parametrize("pair", hand_written.ALL, ids=lambda pair: pair.__name__)
def test_hand_written_gradients_are_those_of_complex_steps(pair):
    forward, adjoint = pair()
    sample = Sample(forward)
    assert same(sample.claimed(adjoint), sample.gradients())


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_derived_gradients_are_those_of_complex_steps(name, steps):
    derivation = derive.bptt(derive.cell(name))
    sample = Sample(derivation.forward, steps)
    assert same(sample.claimed(derivation.adjoint), sample.gradients())


@pytest.mark.parametrize("name", CELLS)
def test_a_tangent_system_gives_the_change_of_the_loss(name):
    derivation = derive.bptt(derive.cell(name))
    sample, tangent = Sample(derivation.forward), derivation.tangent
    dots = {v.of: v.name for v in tangent.variables.values() if v.kind is Kind.TANGENT}
    rng = np.random.default_rng(1)
    change = {key: rng.normal(size=array.shape) for key, array in (*sample.given.items(), *sample.boundary.items())}
    values = sample.forward()
    given = {name: values.sequence(name) if v.is_sequence else values.value(name) for name, v in derivation.forward.variables.items()}
    given |= {dots[key]: change[key] for key in sample.given}
    boundary = sample.boundary | {(dots[key[0]], key[1]): change[key] for key in sample.boundary}
    found = run(tangent, sample.steps, given, boundary)
    forward = sum((found.sequence(dots[name]) * weights).sum() for name, weights in sample.weights.items())
    assert forward == pytest.approx(sum((change[key] * gradient).sum() for key, gradient in sample.gradients().items()), rel=1e-10)


@pytest.mark.parametrize("name", CELLS)
def test_an_unrolled_system_has_the_same_values(name):
    derivation = derive.bptt(derive.cell(name))
    sample = Sample(derivation.forward)
    forward = sample.forward()
    flat = run(derive.unroll(derivation.forward, 4), 4, sample.given, sample.boundary)
    backward, flat_backward = (
        sample.backward(derivation.adjoint),
        run_adjoint(derive.unroll(derivation.adjoint, 4), flat, {"dLdh": sample.weights["h"]}),
    )
    for one, other in ((forward, flat), (backward, flat_backward)):
        assert same({**one.values}, {**other.values})


RESIDUES = Arithmetic("residues", Residue.own, object, Functions(Residue, Drawn()).elementwise)


def fibonacci():
    return network({h[t]: add(h[t - 1], h[t - 2])}, SCALAR)


@pytest.mark.parametrize(("arithmetic", "expected"), [(FRACTION, 12586269025), (RESIDUES, 12586269025), (FLOAT, 12586269025.0)])
def test_fibonacci_numbers_are_exact(arithmetic, expected):
    assert run(fibonacci(), 49, {}, {("h", -1): [0], ("h", 0): [1]}, arithmetic).value("h", 49)[0, 0] == expected


def test_quotients_are_exact_in_fractions_and_modulo_a_prime():
    system = network({h[t]: mul(sp.Rational(1, 3), sp.Pow(add(h[t - 1], 1), -1, evaluate=False))}, SCALAR)
    boundary = {("h", 0): [Fraction(1, 2)]}
    exact = run(system, 3, {}, boundary, FRACTION).value("h", 3)[0, 0]
    assert exact == Fraction(1, 3) / (1 + Fraction(1, 3) / (1 + Fraction(2, 9)))
    assert run(system, 3, {}, boundary, RESIDUES).value("h", 3)[0, 0] == exact.numerator * pow(exact.denominator, -1, PRIME) % PRIME


def test_a_function_without_exact_values_is_refused_by_exact_numbers():
    with pytest.raises(InputError, match="tanh has no value"):
        run(network({h[t]: nodes.tanh(h[t - 1])}, SCALAR), 1, {}, {("h", 0): [1]}, FRACTION)


def test_high_precision_agrees_with_floats_and_goes_beyond_them():
    sample = Sample(hand_written.lstm()[0])
    with mpmath.workdps(40):
        precise = run(sample.system, sample.steps, sample.given, sample.boundary, HIGH_PRECISION).value("y", 4)
        assert mpmath.nstr(precise[0, 0], 30) != mpmath.nstr(mpmath.mpf(float(precise[0, 0])), 30)
    assert np.allclose(precise.astype(float), sample.forward().value("y", 4), rtol=1e-14)


ELEMENTWISE = [each for each in nodes.FUNCTIONS.values() if issubclass(each, nodes.Elementwise)]


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda each: each.__name__)
def test_functions_on_floats_are_their_definitions(function):
    values = np.array([[0.3, 0.9, 2.5]])
    expected = [float(each) for each in HIGH_PRECISION.function(function)(HIGH_PRECISION.array(values)).ravel()]
    assert np.allclose(FLOAT.function(function)(values), expected, rtol=1e-14)


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda each: each.__name__)
def test_functions_take_a_complex_step(function):
    x = sp.Symbol("x", real=True)
    slope = float(sp.diff(function.definition(x), x).subs(x, sp.Rational(3, 4)).evalf())
    moved = COMPLEX.function(function)(np.array([[0.75 + 1e-30j]]))
    assert moved.imag[0, 0] / 1e-30 == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize("function", [nodes.sigmoid, nodes.softplus, nodes.tanh])
@pytest.mark.parametrize("value", [-800.0, -40.0, 40.0, 800.0])
@pytest.mark.filterwarnings("error")
def test_functions_do_not_overflow_where_their_definition_does(function, value):
    with mpmath.workdps(400):
        expected = float(HIGH_PRECISION.function(function)(HIGH_PRECISION.array([[value]]))[0, 0])
    for arithmetic in (FLOAT, COMPLEX):
        assert arithmetic.function(function)(arithmetic.array([[value]]))[0, 0] == pytest.approx(expected, rel=1e-13, abs=1e-300)


def test_a_long_sequence_needs_no_recursion():
    assert run(fibonacci(), 3000, {}, {("h", -1): [0], ("h", 0): [1]}, RESIDUES).value("h", 3000) is not None


def test_beyond_a_boundary_of_zeros_a_whole_term_is_zero_even_if_a_factor_has_no_value():
    f = sequence("f")
    system = network({h[t]: add(1, mul(f[t + 1], h[t + 1]))}, {**SCALAR, "f": (1, 1)}, h={"boundary": Boundary.ZERO})
    found = run(system, 2, {"f": [[5], [3]]})
    assert (found.value("h", 2), found.value("h", 1)) == (1, 1 + 3 * 1)


def test_the_adjoint_of_an_initial_value_is_not_read_by_an_equation_for_each_t():
    """With h_t = u h_{t-1} + g_{t+1}, gbar_t reads hbar_{t-1}, which at t = 1 is zero, although hbar_0 has an equation."""
    u, g, x = parameter("u"), sequence("g"), sequence("x")
    forward = network({g[t]: mul(2, x[t]), h[t]: add(mul(u, h[t - 1]), g[t + 1])}, dict.fromkeys("ughx", (1, 1)))
    derivation = derive.bptt(forward)
    sample = Sample(derivation.forward, 3)
    assert same(sample.claimed(derivation.adjoint), sample.gradients())


def test_a_missing_boundary_value_is_named():
    sample = Sample(hand_written.rnn()[0])
    with pytest.raises(InputError, match=r"a at t = 1 reads h\[t - 1\]"):
        run(sample.system, sample.steps, sample.given)


def test_arrays_that_do_not_fit_are_refused():
    sample = Sample(hand_written.rnn()[0])
    with pytest.raises(ShapeError, match="U"):
        run(sample.system, sample.steps, {**sample.given, "U": np.ones((7, 7))}, sample.boundary)
    with pytest.raises(ShapeError, match="x: 3 values are given for 4 steps"):
        run(sample.system, sample.steps, {**sample.given, "x": sample.given["x"][:3]}, sample.boundary)
    with pytest.raises(InputError, match="q"):
        run(sample.system, sample.steps, {**sample.given, "q": np.ones(1)}, sample.boundary)


def test_a_circle_through_lags_and_leads_is_refused():
    g = sequence("g")
    system = network({h[t]: g[t + 1], g[t]: h[t - 1]}, {**SCALAR, "g": (1, 1)})
    with pytest.raises(RecurrenceError, match="depends on itself"):
        run(system, 3, {}, {("h", 0): [1], ("g", 4): [1]})


def test_a_size_is_learned_from_a_sum_of_sizes():
    forward, _ = hand_written.stacked_gates()
    sample = Sample(forward)
    del sample.given["x"]
    system = replace(forward, variables={**forward.variables, "x": replace(forward["x"], role=Role.DEFINED)}).with_equations(
        [*forward.equations, replace(forward.equations[0], left=sequence("x")[t], right=nodes.Zeros(*forward["x"].shape))]
    )
    assert run(system, 4, sample.given, sample.boundary).value("x", 1).shape == (sample.sizes[m], 1)
