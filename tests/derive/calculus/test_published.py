"""Derivations against equations that others published, and emitted code against torch's automatic differentiation."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.notation.write import equation_text
from verify.subject import Subject, subject

PEEPHOLE = """
    z_t = tanh(W_z x_t + R_z y_{t-1} + b_z)
    i_t = sigmoid(W_i x_t + R_i y_{t-1} + p_i * c_{t-1} + b_i)
    f_t = sigmoid(W_f x_t + R_f y_{t-1} + p_f * c_{t-1} + b_f)
    c_t = z_t * i_t + c_{t-1} * f_t
    o_t = sigmoid(W_o x_t + R_o y_{t-1} + p_o * c_t + b_o)
    y_t = tanh(c_t) * o_t
    output y
"""
RESET_AFTER = """
    r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)
    z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)
    n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}
    output h
"""


def own(text: str) -> Subject:
    return subject(derive.bptt(derive.read(text)))


def equations(cell: str) -> list[str]:
    adjoint = derive.bptt(derive.cell(cell)).adjoint
    return [equation_text(each, adjoint) for each in adjoint.equations]


def test_the_simple_network_as_in_textbooks():
    """Goodfellow, Bengio and Courville, Deep Learning, 2016, equations (10.19) to (10.26)."""
    assert equations("rnn") == [
        "hbar_t = dLdh_t + U^T abar_h_{t+1}",
        "hbar_0 = U^T abar_h_1",
        "abar_h_t = hbar_t * (1 - h_t^2)",
        "xbar_t = W^T abar_h_t",
        "Wbar = sum_t abar_h_t x_t^T",
        "Ubar = sum_t abar_h_t h_{t-1}^T",
        "bbar = sum_t abar_h_t",
    ]


def test_the_lstm_as_in_greff_et_al():
    """K. Greff et al., LSTM: a search space odyssey, IEEE TNNLS 28(10), 2017, section III-B, without peepholes."""
    found = equations("lstm")
    for expected in [
        "hbar_t = dLdh_t + U_f^T abar_f_{t+1} + U_i^T abar_i_{t+1} + U_o^T abar_o_{t+1} + U_g^T abar_g_{t+1}",
        "cbar_t = hbar_t * o_t * (1 - tanh(c_t)^2) + cbar_{t+1} * f_{t+1}",
        "obar_t = hbar_t * tanh(c_t)",
        "abar_o_t = obar_t * o_t * (1 - o_t)",
        "fbar_t = cbar_t * c_{t-1}",
        "ibar_t = cbar_t * g_t",
        "gbar_t = cbar_t * i_t",
        "abar_g_t = gbar_t * (1 - g_t^2)",
        "xbar_t = W_f^T abar_f_t + W_i^T abar_i_t + W_o^T abar_o_t + W_g^T abar_g_t",
        "Ubar_f = sum_t abar_f_t h_{t-1}^T",
        "bbar_o = sum_t abar_o_t",
    ]:
        assert expected in found, expected


def test_the_lstm_with_peepholes_computes_what_greff_et_al_wrote():
    """Section III-B, written out by hand from the paper as a loop over one sequence."""
    module = own(PEEPHOLE).module
    rng = np.random.default_rng(3)
    params, inputs, initial = module.example(5, 1, rng)
    delta = rng.normal(size=(5, 1, 4))
    _, tape = module.forward(params, inputs, initial)
    grads = module.backward(params, tape, {"y": delta})
    expected = greff(params, inputs["x"][:, 0], initial["y"][0], initial["c"][0], delta[:, 0])
    assert set(expected) == set(grads.params)
    for name, value in expected.items():
        assert np.allclose(grads.params[name], value, rtol=1e-11, atol=1e-12), name


def greff(p, x, y0, c0, upstream):
    """The deltas of section III-B and the gradients of the weights."""
    T, sig = len(x), lambda a: 1 / (1 + np.exp(-a))
    y, c = {-1: y0}, {-1: c0}
    z, i, f, o = {}, {}, {}, {}
    for t in range(T):
        z[t] = np.tanh(p["W_z"] @ x[t] + p["R_z"] @ y[t - 1] + p["b_z"])
        i[t] = sig(p["W_i"] @ x[t] + p["R_i"] @ y[t - 1] + p["p_i"] * c[t - 1] + p["b_i"])
        f[t] = sig(p["W_f"] @ x[t] + p["R_f"] @ y[t - 1] + p["p_f"] * c[t - 1] + p["b_f"])
        c[t] = z[t] * i[t] + c[t - 1] * f[t]
        o[t] = sig(p["W_o"] @ x[t] + p["R_o"] @ y[t - 1] + p["p_o"] * c[t] + p["b_o"])
        y[t] = np.tanh(c[t]) * o[t]
    zero = np.zeros_like(y0)
    d = {gate: {T: zero} for gate in "ziof"}
    dc, f[T] = {T: zero}, zero
    for t in reversed(range(T)):
        dy = upstream[t] + sum(p[f"R_{gate}"].T @ d[gate][t + 1] for gate in "ziof")
        d["o"][t] = dy * np.tanh(c[t]) * o[t] * (1 - o[t])
        dc[t] = dy * o[t] * (1 - np.tanh(c[t]) ** 2) + p["p_o"] * d["o"][t]
        dc[t] = dc[t] + p["p_i"] * d["i"][t + 1] + p["p_f"] * d["f"][t + 1] + dc[t + 1] * f[t + 1]
        d["f"][t] = dc[t] * c[t - 1] * f[t] * (1 - f[t])
        d["i"][t] = dc[t] * z[t] * i[t] * (1 - i[t])
        d["z"][t] = dc[t] * i[t] * (1 - z[t] ** 2)
    found = {}
    for gate in "zifo":
        found[f"W_{gate}"] = sum(np.outer(d[gate][t], x[t]) for t in range(T))
        found[f"R_{gate}"] = sum(np.outer(d[gate][t], y[t - 1]) for t in range(T))
        found[f"b_{gate}"] = sum(d[gate][t] for t in range(T))
    found["p_i"] = sum(c[t - 1] * d["i"][t] for t in range(T))
    found["p_f"] = sum(c[t - 1] * d["f"][t] for t in range(T))
    found["p_o"] = sum(c[t] * d["o"][t] for t in range(T))
    return found


def test_the_gated_unit_by_hand():
    found = equations("gru")
    assert "hbar_t = dLdh_t + U_r^T abar_r_{t+1} + U_z^T abar_z_{t+1} + rhbar_{t+1} * r_{t+1} + hbar_{t+1} * z_{t+1}" in found
    assert "rhbar_t = U_n^T abar_n_t" in found
    assert "rbar_t = rhbar_t * h_{t-1}" in found
    assert "zbar_t = hbar_t * (h_{t-1} - n_t)" in found
    assert "Ubar_n = sum_t abar_n_t rh_t^T" in found


TORCH = {
    "rnn": (None, "RNN", [("W", "U", "b", None)]),
    "lstm": (
        None,
        "LSTM",
        [("W_i", "U_i", "b_i", None), ("W_f", "U_f", "b_f", None), ("W_g", "U_g", "b_g", None), ("W_o", "U_o", "b_o", None)],
    ),
    "gru, reset after": (RESET_AFTER, "GRU", [("W_r", "U_r", "b_r", None), ("W_z", "U_z", "b_z", None), ("W_n", "U_n", "b_n", "c_n")]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", list(TORCH))
def test_outputs_and_gradients_are_those_of_torch(cell, dtype):
    torch = pytest.importorskip("torch", reason="torch is not installed: emitted code is not compared with its automatic differentiation")
    page, kind, gates = TORCH[cell]
    module = own(page).module if page else subject(derive.bptt(derive.cell(cell))).module
    rng = np.random.default_rng(0)
    params = {name: (0.3 * rng.normal(size=a.shape)).astype(dtype) for name, a in module.init({"x": 3, "h": 5}).items()}
    x, upstream = rng.normal(size=(6, 2, 3)).astype(dtype), rng.normal(size=(6, 2, 5)).astype(dtype)
    initial = {name: rng.normal(size=(2, 5)).astype(dtype) for name in module.STATES}
    outputs, tape = module.forward(params, {"x": x}, initial)
    grads = module.backward(params, tape, {"h": upstream})

    net = getattr(torch.nn, kind)(3, 5).to(getattr(torch, dtype))
    with torch.no_grad():
        for target, place in (("weight_ih_l0", 0), ("weight_hh_l0", 1), ("bias_ih_l0", 2)):
            getattr(net, target).copy_(torch.tensor(np.concatenate([params[gate[place]] for gate in gates])))
        second = [params[gate[3]] if gate[3] else np.zeros(5, dtype) for gate in gates]
        net.bias_hh_l0.copy_(torch.tensor(np.concatenate(second)))
    leaf = torch.tensor(x, requires_grad=True)
    states = [torch.tensor(initial[name][None], requires_grad=True) for name in module.STATES]
    theirs, _ = net(leaf, tuple(states) if len(states) > 1 else states[0])
    theirs.backward(torch.tensor(upstream))

    close = {"rtol": 1e-4, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-11, "atol": 1e-12}
    assert outputs["h"].dtype == grads.params[gates[0][0]].dtype == np.dtype(dtype)
    assert np.allclose(outputs["h"], theirs.detach().numpy(), **close)
    assert np.allclose(grads.inputs["x"], leaf.grad.numpy(), **close)
    for name, state in zip(module.STATES, states, strict=True):
        assert np.allclose(grads.initial[name], state.grad.numpy()[0], **close)
    for at, gate in enumerate(gates):
        rows = slice(5 * at, 5 * at + 5)
        assert np.allclose(grads.params[gate[0]], net.weight_ih_l0.grad.numpy()[rows], **close)
        assert np.allclose(grads.params[gate[1]], net.weight_hh_l0.grad.numpy()[rows], **close)
        assert np.allclose(grads.params[gate[2]], net.bias_ih_l0.grad.numpy()[rows], **close)
