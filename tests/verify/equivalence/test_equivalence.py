"""Two definitions of one kind are proved to be the same, with the map of weights; others are not, and numbers show it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import derive
from derive.errors import InputError
from derive.soundness import checked
from tests.bptt.command import bptt
from tests.derive.cells.covering import covered, each_third
from tests.verify.equivalence.scrambling import scrambled
from verify.equivalence import compare
from verify.equivalence.counterexample import weights_of_target
from verify.equivalence.dimension import dimension
from verify.equivalence.evidence import sizes_of_target
from verify.equivalence.samples import sample, symbols
from verify.equivalence.search import best
from verify.equivalence.simulation import simulate
from verify.equivalence.symmetry import centre
from verify.evaluate import run
from verify.mutations import mutations
from verify.verdict import Outcome

PAGES = {
    "lstm_packed": """
        a_t = W x_t + U h_{t-1} + b
        i_t = σ(a_t[0:n_h])
        f_t = σ(a_t[n_h:2 n_h])
        g_t = tanh(a_t[2 n_h:3 n_h])
        o_t = σ(a_t[3 n_h:4 n_h])
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)
        output h""",
    "lstm_concatenated": """
        f_t = σ(W_f [h_{t-1}, x_t] + b_f)
        i_t = σ(W_i [h_{t-1}, x_t] + b_i)
        o_t = σ(W_o [h_{t-1}, x_t] + b_o)
        C̃_t = tanh(W_C [h_{t-1}, x_t] + b_C)
        C_t = f_t * C_{t-1} + i_t * C̃_t
        h_t = o_t * tanh(C_t)""",
    "lstm_in_steps": """
        o_t = sigmoid(b_o + U_o h_{t-1} + W_o x_t)
        g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
        i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
        kept_t = f_t * c_{t-1}
        new_t = g_t * i_t
        c_t = new_t + kept_t
        s_t = tanh(kept_t + new_t)
        h_t = s_t * o_t
        output h""",
    "lstm_negated": """
        f_t = 1 - sigmoid(W_f x_t + U_f h_{t-1} - b_f)
        i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i + 1)
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
        g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
        c_t = f_t * c_{t-1} - i_t * g_t
        h_t = o_t * tanh(c_t)
        output h""",
    "gru_two_biases": """
        r_t = σ(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
        z_t = σ(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))
        h_t = (1 - z_t) * n_t + z_t * h_{t-1}""",
    "gru_swapped": """
        z_t = σ(W_z x_t + U_z h_{t-1} + b_z)
        r_t = σ(W_r x_t + U_r h_{t-1} + b_r)
        n_t = tanh(W_n x_t + U_n (r_t * h_{t-1}) + b_n)
        h_t = (1 - z_t) * h_{t-1} + z_t * n_t""",
    "gru_after_one_bias": """
        r_t = σ(W_r x_t + U_r h_{t-1} + b_r)
        z_t = σ(W_z x_t + U_z h_{t-1} + b_z)
        n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1}))
        h_t = (1 - z_t) * n_t + z_t * h_{t-1}""",
    "rnn_exponential": "h_t = 1 - 2 / (1 + exp(2 * (W x_t + U h_{t-1} + b)))",
    "rnn_transposed": "h_t = tanh(x_t^T W)^T",
    "rnn_relu": "h_t = relu(W x_t + U h_{t-1} + b)",
    "rnn_two_steps_back": "h_t = tanh(W x_t + U h_{t-2} + b)",
    "rnn_without_bias": "h_t = tanh(W x_t + U h_{t-1})",
    "rnn_low_rank": "h_t = tanh(W x_t + U (V h_{t-1}) + b)",
}


@cache
def system(name: str):
    return derive.read("\n".join(line.strip() for line in PAGES[name].splitlines()), name) if name in PAGES else derive.cell(name)


@cache
def comparison(one: str, two: str):
    return compare(system(one), system(two))


def weights(one: str, two: str) -> dict:
    """The weights of the second system in those of the first."""
    return dict(comparison(one, two).directions[0].weights)


def assert_the_map_is_right(one, two):
    """Both systems give the same numbers with the weights of the map, at sizes that are all different."""
    for claim in best(one, two).claims():
        sizes = {symbol: 2 + place for place, symbol in enumerate(symbols(claim.source))}
        for seed in range(3):
            source = sample(claim.source, sizes, 3, 1, False, seed).shortened(3)
            made = weights_of_target(claim, source, sizes_of_target(claim, sizes))
            given = {claim.names[name]: array for name, array in source.given.items() if name in claim.names}
            start = {(claim.names[name], time): array for (name, time), array in source.boundary.items() if name in claim.names}
            target = run(claim.target, 3, {**made, **given}, start)
            for name in claim.source.outputs:
                np.testing.assert_allclose(target.sequence(claim.names[name]), source.run.sequence(name), rtol=1e-9, atol=1e-12)


EQUIVALENT = [
    ("lstm", "lstm_packed"),
    ("lstm_packed", "lstm_concatenated"),
    ("lstm", "lstm_in_steps"),
    ("lstm_in_steps", "lstm_packed"),
    ("lstm", "lstm_negated"),
    ("lstm", "lstm_np"),
    ("gru", "gru_swapped"),
    ("gru_reset_after", "gru_two_biases"),
    ("gru_two_biases", "gru_reset_after"),
]


@pytest.mark.parametrize(("one", "two"), each_third(EQUIVALENT))
def test_equivalent(one, two):
    found = comparison(one, two)
    assert found.outcome is Outcome.AGREES, found.reason
    assert all(each.holds and each.simulation.steps for each in found.directions)
    assert_the_map_is_right(system(one), system(two))


def test_the_map_says_which_weights_are_which():
    assert weights("lstm", "lstm_packed")["U[n_h:2 n_h]"] == "U_f"
    assert weights("lstm_packed", "lstm_concatenated")["W_C[:, n_h:n_h + n_x]"] == "W[2 n_h:3 n_h]"
    assert weights("gru", "gru_swapped") | {"W_z": "", "U_z": "", "b_z": ""} == {
        **{name: name for name in ("W_r", "U_r", "b_r", "W_n", "U_n", "b_n")}, "W_z": "", "U_z": "", "b_z": "",
    }  # fmt: skip
    assert [weights("gru", "gru_swapped")[name] for name in ("W_z", "U_z", "b_z")] == ["-W_z", "-U_z", "-b_z"]
    assert weights("gru_two_biases", "gru_reset_after")["b_r"] == "b_hr + b_ir"
    assert weights("gru_reset_after", "gru_two_biases")["b_hn"] == "c_n"
    both = {weights("gru_reset_after", "gru_two_biases")[name] for name in ("b_ir", "b_hr")}
    assert both == {"0", "b_r"}, "of two biases that are only added one is enough"


def test_a_function_is_taken_by_its_definition():
    """No search finds that tanh is a quotient of exponentials: equal names are enough for the proof, which knows what tanh means."""
    one, two = system("rnn"), system("rnn_exponential")
    claim = best(one, one).claims()[0]
    assert simulate(replace(claim, target=two), True).holds
    wrong = derive.read("h_t = 1 - 2 / (1 + exp(W x_t + U h_{t-1} + b))", "wrong")
    assert not simulate(replace(claim, target=wrong), True).holds


def test_a_claim_that_is_wrong_is_not_proved():
    """The proof does not trust who made the map."""
    claim = best(system("lstm"), system("lstm_packed")).claims()[0]
    assert simulate(claim, True).holds
    swapped = dict(claim.blocks)
    first, second = ("U", "0", "0"), ("U", "n_h", "0")
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert not simulate(replace(claim, blocks=swapped), True).holds
    assert not simulate(replace(claim, blocks={key: form for key, form in claim.blocks.items() if key != first}), True).holds
    assert not simulate(replace(claim, names={"h": "c", "c": "h", "x": "x"}), True).holds
    assert not simulate(replace(claim, names={"h": "h", "c": "c"}), True).holds


NOT_EQUIVALENT = [
    ("gru", "gru_reset_after"),
    ("gru", "gru_after_one_bias"),
    ("lstm", "peephole_lstm"),
    ("lstm", "gru"),
    ("gru", "mgu"),
    ("rnn", "rnn_two_steps_back"),
    ("rnn", "rnn_without_bias"),
]


@pytest.mark.parametrize(("one", "two"), covered(NOT_EQUIVALENT, NOT_EQUIVALENT[-1:]))
def test_not_equivalent(one, two):
    found = comparison(one, two)
    assert found.outcome is Outcome.DISAGREES, found.reason
    assert any(each.evidence for each in found.directions)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru(p, x, h, after: bool):
    """One step of a GRU in NumPy."""
    p = {name: np.array(value, dtype=float).reshape((len(h), -1) if name[0] in "WU" else -1) for name, value in p.items()}
    r = sigmoid(p["W_r"] @ x + p["U_r"] @ h + p["b_r"])
    z = sigmoid(p["W_z"] @ x + p["U_z"] @ h + p["b_z"])
    product = r * (p["U_n"] @ h + p["c_n"]) if after else p["U_n"] @ (r * h)
    return z * h + (1 - z) * np.tanh(p["W_n"] @ x + p["b_n"] + product)


@pytest.mark.full
@pytest.mark.parametrize("place", covered((0, 1), (1,)))
def test_the_counterexample_of_the_gru(place):
    """Without the inner bias the two agree at n_h = 1: r U h is U (r h) there. With it, one unit is enough."""
    example = comparison("gru", "gru_reset_after").directions[place].counterexample
    own, other = ({name: value for name, value in each.items() if name[0] in "WUbc"} for each in (example.given, example.weights))
    assert example.sizes["T"] == example.time == 1
    assert example.sizes["n_h"] == (2 if place == 0 else 1)
    h, x = np.atleast_1d(example.start["h_0"]).astype(float), np.atleast_1d(example.given["x"][0]).astype(float)
    made = [gru(own, x, h, example.source == "gru_reset_after"), gru(other, x, h, example.target == "gru_reset_after")]
    np.testing.assert_allclose(made[0], np.atleast_1d(example.values[0]), atol=2e-4)
    np.testing.assert_allclose(made[1], np.atleast_1d(example.values[1]), atol=2e-4)
    assert abs(made[0] - made[1]).max() > 1e-3


def test_the_terms_that_differ():
    (product, bias) = comparison("gru", "gru_reset_after").terms
    assert (product.first, product.second) == ("sum_k U_n[i,k] h[t-1][k] r[t][k]", "sum_k U_n[i,k] h[t-1][k] r[t][i]")
    assert (bias.first, bias.second) == ("", "c_n[i] r[t][i]")


@pytest.mark.full
def test_all_terms_that_one_has_and_the_other_has_not():
    peepholes = comparison("lstm", "peephole_lstm").terms
    assert sorted(each.second for each in peepholes) == ["c[t-1][i] p_f[i]", "c[t-1][i] p_i[i]", "c[t][i] p_o[i]"]
    assert not any(each.first for each in peepholes)


def test_what_is_contained_is_said():
    """Each LSTM is one with peepholes, all of them zero; not the other way round."""
    there, back = comparison("lstm", "peephole_lstm").directions
    assert there.holds
    assert not back.holds
    assert {dict(there.weights)[name] for name in ("p_i", "p_f", "p_o")} == {"0"}
    assert "17" in back.evidence
    assert "14" in back.evidence


def test_a_low_rank_is_not_all():
    """U V is any matrix of its rank; nothing is claimed of matrices that are not of it."""
    assert comparison("rnn", "rnn_low_rank").outcome is not Outcome.AGREES


def test_a_size_that_may_be_any_is_no_evidence():
    """A readout hides how large its state is: what one unit of an RNN cannot do, two may."""
    one, two = derive.cell("stack(rnn, readout)"), derive.cell("stack(gru, readout)")
    assert compare(one, two).outcome is Outcome.CANNOT_SEE
    assert compare(one, scrambled(one, seed=3)).outcome is Outcome.AGREES


def test_dimensions_count_what_can_be_told_apart():
    """Two biases that are added are one; so they are here, where 13 numbers make 11 dimensions."""
    one = dict.fromkeys(symbols(system("gru_two_biases")), 1)
    assert dimension(system("gru_two_biases"), one, 4, 1e-6) == (11, 13)
    assert dimension(system("gru_reset_after"), one, 4, 1e-6) == (11, 11)
    assert dimension(system("gru"), one, 4, 1e-6) == (10, 10)


def test_which_functions_have_a_centre():
    assert centre("sigmoid") * 2 == 1
    assert centre("tanh") == 0
    assert [centre(name) for name in ("relu", "exp", "softplus", "silu", "softmax")] == [None] * 5


STRIDES = {"rnn": 1, "gru": 4, "lstm": 5}


@cache
def mistakes(name: str) -> dict:
    return {each.name: each for each in list(mutations(system(name)))[:: STRIDES[name]]}


MISTAKES = [(cell, name) for cell in STRIDES for name in mistakes(cell)]


@pytest.mark.parametrize(("cell", "name"), covered(MISTAKES, MISTAKES[::18]))
def test_a_mistake_is_only_called_equivalent_where_numbers_agree(cell, name):
    """A mistake such as a wrong sign may be made good by other weights; then the map is right on numbers."""
    try:
        wrong = checked(mistakes(cell)[name].system)
    except (InputError, KeyError):
        return
    found = best(system(cell), wrong)
    if found is None:
        return
    proved = [simulate(claim, found.keeps_states).holds for claim in found.claims()]
    if all(proved):
        assert_the_map_is_right(system(cell), wrong)
    else:
        assert ": sign of b" not in name, "a bias with the other sign is a bias"


@pytest.mark.parametrize("name", covered(derive.cell_names(), ("bidirectional_rnn", "gru", "mlstm")))
def test_each_cell_is_itself_in_other_names_and_another_order(name):
    own = system(name)
    found = compare(own, scrambled(own, seed=7))
    assert found.outcome is Outcome.AGREES, found.reason


def test_the_command(tmp_path):
    page = tmp_path / "swapped.md"
    page.write_text("# Swapped\n\n" + "\n".join(f"    {line.strip()}" for line in PAGES["gru_swapped"].strip().splitlines()))
    same = bptt("compare", "gru", str(page), "--json")
    assert same.returncode == 0, same.stderr
    assert json.loads(same.stdout)["outcome"] == "equivalent"
    other = bptt("compare", "rnn", "gru")
    assert other.returncode == 1
    assert "not equivalent" in other.stdout
    unlike = bptt("compare", "rnn", "irnn")
    assert unlike.returncode == 1
    assert "cannot tell" in unlike.stdout
    assert "tanh" in unlike.stdout
    missing = bptt("compare", "rnn", "no such cell")
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr


@pytest.mark.parametrize(
    ("one", "two"),
    each_third(
        [
            ("h_t = relu(W x_t + U h_{t-1})\ny_t = V h_t\noutput y", "h_t = 2 * relu(W x_t + U h_{t-1})\ny_t = V h_t\noutput y"),
            ("h_t = tanh(W x_t + U h_{t-1})\ny_t = V h_t\noutput y", "h_t = 2 * tanh(W x_t + U h_{t-1})\ny_t = V h_t\noutput y"),
            ("h_t = cos(W x_t + U h_{t-1} + b)", "h_t = sin(W x_t + U h_{t-1} + b)"),
            ("h_t = sigmoid(W x_t + U h_{t-1} + b)", "h_t = 0.5 * (1 + tanh(W x_t + U h_{t-1} + b))"),
            ("h_t = tanh(W x_t + U h_{t-1} + b)", "h_t = tanh(A B x_t + U h_{t-1} + b)"),
        ]
    ),
)
def test_what_is_the_same_by_a_map_that_is_not_looked_for_is_not_called_different(one, two):
    assert compare(derive.read(one), derive.read(two)).outcome is not Outcome.DISAGREES


def test_constants_of_other_values_are_not_the_same():
    one, two = (derive.read(f"h_t = k * h_{{t-1}} + tanh(W x_t + b)\nconstant k = {value}") for value in (0.5, 0.25))
    assert compare(one, one).outcome is Outcome.AGREES
    assert compare(one, two).outcome is not Outcome.AGREES
