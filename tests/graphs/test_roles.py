"""Roles come from the structure of the equations: no test here would notice if all names were exchanged."""

import pytest

import derive
from derive.algebra import nodes
from graphs.roles import is_gating, roles, uses
from graphs.style import NODES
from tests.graphs.systems import DRAWN, derivation, system


def found(name):
    return {variable: role for variable, role in roles(system(name)).items() if role not in ("parameter", "input")}


def test_the_lstm():
    expected = {"f": "keep gate", "i": "write gate", "o": "read gate", "g": "candidate", "c": "memory", "h": "state"}
    assert found("lstm") == expected


def test_the_gru():
    assert found("gru") == {"r": "keep gate", "z": "keep gate", "n": "candidate", "h": "state"}


def test_the_roles_do_not_hang_on_the_names():
    page = """
    u_t = tanh(W_u x_t + U_u q_{t-1})
    v_t = sigmoid(W_v x_t + U_v q_{t-1})
    w_t = sigmoid(W_w x_t + U_w q_{t-1})
    s_t = sigmoid(W_s x_t + U_s q_{t-1})
    m_t = w_t * m_{t-1} + v_t * u_t
    q_t = s_t * tanh(m_t)
    """
    renamed = roles(derive.read(page))
    assert [renamed[each] for each in "uvwsmq"] == ["candidate", "write gate", "keep gate", "read gate", "memory", "state"]


def test_a_gate_may_stand_as_one_minus_itself_only():
    coupled = derive.read("z_t = sigmoid(W x_t)\nh_t = (1 - z_t) * h_{t-1} + tanh(V x_t)")
    assert roles(coupled)["z"] == "keep gate"


def test_a_sigmoid_that_multiplies_nothing_is_no_gate():
    assert roles(derive.read("h_t = sigmoid(W x_t + U h_{t-1})\ny_t = sigmoid(V h_t)\noutput y"))["y"] == "output"


def test_a_state_whose_past_enters_a_matrix_product_is_no_memory():
    assert found("gru")["h"] == "state"
    peeping = derive.read("f_t = sigmoid(W x_t + P c_{t-1})\nc_t = f_t * c_{t-1} + tanh(V x_t)")
    assert roles(peeping)["c"] == "state"
    assert found("peephole")["c"] == "memory"


def test_loss_and_output():
    assert found("rnn, readout, softmax_cross_entropy") == {"h": "state", "y": "value", "p": "output", "loss": "loss"}


@pytest.mark.parametrize(("name", "expected"), [("sigmoid", True), ("step", True), ("softmax", True), ("tanh", False), ("relu", False),
                                                ("exp", False), ("sin", False), ("cos", False), ("log_softmax", False)])  # fmt: skip
def test_gating_functions_are_those_with_values_between_0_and_1(name, expected):
    assert is_gating(name) is expected


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("part", ["forward", "tangent", "transposed", "adjoint"])
def test_every_variable_of_every_system_has_a_role_with_a_look(name, part):
    whole = getattr(derivation(name), part)
    assert set(roles(whole).values()) <= set(NODES)
    assert list(roles(whole)) == list(whole.variables)


def test_the_uses_of_a_right_side_know_their_weights():
    right = system("stacked").equation("h").right
    assert [(str(use.leaf), str(use.weight)) for use in uses(right)] == [("W", "None"), ("h[t - 1]", "W"), ("x[t]", "W"), ("b", "None")]
    assert isinstance(
        next(u for u in uses(derivation("rnn").adjoint.equation("xbar").right) if u.weight is not None).weight, nodes.Transpose
    )
