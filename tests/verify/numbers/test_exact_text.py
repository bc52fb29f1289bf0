"""The emitted text over exact numbers: what is right passes, each slip in the text is seen, and drawn functions keep their identities."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from random import Random

import mpmath
import numpy as np
import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from tests.derive.cells.covering import covered
from verify.arithmetic import HIGH_PRECISION
from verify.methods import fifty_digits, prime_field
from verify.numbers.degree import Degree
from verify.numbers.functions import Functions
from verify.numbers.residue import PRIME, Drawn, Residue
from verify.numbers.scalars import rational
from verify.numbers.text import Namespace, over
from verify.subject import subject
from verify.verdict import Outcome

METHODS = [prime_field, fifty_digits]
X = Residue(123456789, 1)

SLIPS = [
    ("lstm", "np.multiply(f[t], c[t - 1], out=c[t])", "np.multiply(i[t], c[t - 1], out=c[t])"),
    ("lstm", "np.multiply(i[t], g[t], out=spare)", "spare[:] = g[t]"),
    ("lstm", "s_f = shifted(c, at, -1)", "s_f = c[at]"),
    ("lstm", "flat(shifted(h, at, -1))", "flat(h[at])"),
    ("lstm", "cbar += cbar_next", "cbar -= cbar_next"),
    ("lstm", "np.matmul(U.T, abar[here], out=hbar_next)", "pass"),
    ("lstm", "cbar_next = np.array(final[\"c\"].T, dtype, order=\"C\")", "cbar_next = hbar"),
    ("lstm", "Wbar += flat", "Wbar = flat"),
    ("lstm", "in reversed(chunks(T, batch))", "in chunks(T, batch)"),
    ("lstm", "bbar += total(abar) ", "bbar += total(abar[:, :, :1]) "),
    ("lstm", "initial[\"c\"].T", "initial[\"h\"].T"),
    ("gru", "np.subtract(1, z[t], out=spare)", "np.add(1, z[t], out=spare)"),
    ("gru", "np.multiply(rhbar, r[t], out=spare)", "np.multiply(rhbar, z[t], out=spare)"),
    ("rnn", "1 - h", "1 - 1.0000000000001 * h"),
]  # fmt: skip


@pytest.fixture(scope="module")
def subjects():
    return {name: subject(derive.bptt(derive.cell(name))) for name in ("rnn", "lstm", "gru", "layer_norm_lstm", "gla")}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.NAME)
@pytest.mark.parametrize(("cell", "right", "wrong"), covered(SLIPS, SLIPS[-1:]))
def test_a_slip_in_the_text_is_seen(subjects, method, cell, right, wrong):
    assert right in subjects[cell].source
    verdicts = method.judge(replace(subjects[cell], source=subjects[cell].source.replace(right, wrong)))
    assert Outcome.DISAGREES in {each.outcome for each in verdicts}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.NAME)
def test_a_wrong_output_is_seen_though_all_gradients_are_right(subjects, method):
    right = subjects["rnn"].source
    wrong = right.replace("time_major(h[:T])", "1.0000000000001 * time_major(h[:T])")
    assert wrong != right
    verdicts = method.judge(replace(subjects["rnn"], source=wrong))
    assert Outcome.DISAGREES in {each.outcome for each in verdicts}


@pytest.mark.full
def test_only_the_gradients_that_are_wrong_are_named(subjects):
    source = subjects["lstm"].source.replace("s_f = shifted(c, at, -1)", "s_f = c[at]")
    for method in METHODS:
        verdicts = {each.subject: each for each in method.judge(replace(subjects["lstm"], source=source))}
        assert not verdicts["W_f"].agrees
        assert verdicts["W_f"].witness is not None
        assert verdicts["b_o"].agrees is False
        assert verdicts["x"].agrees is False
    source = subjects["lstm"].source.replace("bbar += total(abar) ", "bbar += total(abar[:, :, :1]) ")
    for method in METHODS:
        wrong = {each.subject for each in method.judge(replace(subjects["lstm"], source=source)) if not each.agrees}
        assert wrong == {"b_f", "b_i", "b_o", "b_g"}


def test_a_method_that_cannot_see_says_so(subjects):
    for cell in ("layer_norm_lstm", "gla"):
        verdicts = prime_field.judge(subjects[cell])
        assert {each.outcome for each in verdicts} == {Outcome.CANNOT_SEE}
        assert {each.subject for each in verdicts} == {each.subject for each in fifty_digits.judge(subjects[cell]) if each.agrees}


@pytest.mark.parametrize("name", [name for name, each in nodes.FUNCTIONS.items() if issubclass(each, nodes.Elementwise)])
def test_drawn_functions_have_the_derivatives_of_their_definitions(name):
    drawn, definition = Functions(Residue, Drawn()), nodes.FUNCTIONS[name].definition
    x = sp.Symbol("x", real=True)
    argument = X.power(Fraction(2)) if name == "sqrt" else X
    value = drawn.elementwise(nodes.FUNCTIONS[name])(np.array([argument], object))[0]
    slope = sp.diff(definition(x), x).replace(sp.Heaviside, lambda a, *_: (1 + sp.sign(a)) / 2)
    slope = slope.rewrite(sp.exp) if slope.has(sp.tanh, sp.sinh, sp.cosh) else slope
    if slope.has(sp.DiracDelta, sp.Derivative, sp.Subs) or name in ("step", "sign"):
        assert value.tangent == 0
    else:
        expected = drawn.value(slope.doit(), Residue(argument.value))
        assert value.tangent == (Residue.own(expected) * argument.tangent).value


def test_drawn_functions_keep_what_their_derivatives_lean_on():
    drawn = Drawn()
    sine, cosine = drawn.sin(X), drawn.cos(X)
    assert drawn.exp(X) * drawn.exp(-X) == 1
    assert sine * sine + cosine * cosine == 1
    assert drawn.sin(-X) == -sine
    assert drawn.cos(-X) == cosine
    assert drawn.exp(Residue(0)) == 1
    assert (X > 0) is not (-X > 0)


def test_literals_are_what_is_written():
    text = "import numpy as np\ndef f(a):\n    return 0.1 * a + (1 / 3) * a ** (1 / 2) + 2.5 ** 0.5\n"
    with mpmath.workdps(50):
        number = HIGH_PRECISION.number
        value = over(text, Namespace({}), number, number).f(HIGH_PRECISION.array([4]))[0]
        assert abs(value - (mpmath.mpf(4) / 10 + mpmath.mpf(2) / 3 + mpmath.sqrt(mpmath.mpf(5) / 2))) < mpmath.mpf(10) ** -48
    assert rational(0.1) == Fraction(1, 10)
    assert rational(sp.Float("0.001")) == Fraction(1, 1000)


def test_degrees_bound_those_of_polynomials():
    x = Degree.variable()
    product = (x * x + x) * (1 / x)
    assert product.value == (2, 1)
    assert (x**3).value == (3, 0)
    assert (x + 1 / x).value == (2, 1)
    assert PRIME % 4 == 3


def test_the_chance_of_an_accident_follows_the_degree():
    """The state is a polynomial of degree 2^T in its start; so is the gradient but for one, times its direction."""
    chances = {}
    for power in (2, 4):
        judged = subject(derive.bptt(derive.read(f"h_t = h_{{t-1}}^{power} + x_t")))
        detail = next(each.detail for each in prime_field.judge(judged))
        chances[power] = float(detail.rpartition(" ")[2])
        assert chances[power] >= power**prime_field.STEPS / PRIME
    assert chances[4] > chances[2]


def test_signs_are_those_of_an_ordered_field_for_products_and_negatives():
    random = Random(0)
    drawn = [Residue(random.randrange(PRIME)) for _ in range(200)]
    assert 60 < sum(each > 0 for each in drawn) < 140
    for one, other in pairwise(drawn):
        assert (-one > 0) is not (one > 0)
        assert (one * other > 0) is ((one > 0) is (other > 0))
        assert (one * Fraction(77, 1000) > 0) is (one > 0)
        assert (Drawn().exp(one) > 1) is (one > 0)
        assert abs(one).root().power(Fraction(2)) == abs(one)


def test_exponentials_above_one_are_drawn_from_all_numbers_with_positive_ones_beside_them():
    drawn = [Drawn(1).above_one(argument) for argument in range(50)]
    assert len(set(drawn)) == 50
    for value in map(Residue, drawn):
        assert value > 0
        assert value + 1 > 0
        assert value - 1 > 0
        c = value.root() + (value + 1).root()
        assert ((c - 1 / c) / 2).power(Fraction(2)) == value


OF_ONE = [name for name, each in nodes.FUNCTIONS.items() if not issubclass(each, nodes.Composite) or each.arity == 1]


@pytest.mark.parametrize("name", covered(OF_ONE, OF_ONE[::5]))
def test_the_gradients_of_each_function_agree(name):
    """A function, its slope and its emitted text take the same branches, whatever the numbers."""
    judged = prime_field.judge(subject(derive.bptt(derive.read(f"h_t = {name}(W x_t + U h_{{t-1}} + b)"))))
    assert Outcome.DISAGREES not in {each.outcome for each in judged}
