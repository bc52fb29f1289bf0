"""Networks and their gradients as people wrote them down, not as they were derived: what the proof checker must accept."""

from __future__ import annotations

import sympy as sp

from derive.algebra.nodes import (
    Broadcast,
    Expr,
    MatMul,
    OverTime,
    Slice,
    Stack,
    SumRows,
    Transpose,
    add,
    mul,
    neg,
    parameter,
    sequence,
    sigmoid,
    t,
    tanh,
)
from derive.system import System
from tests.verify.building import T, bar, gradients, k, m, n, network, outer, pbar, up

W, U, V, b = map(parameter, "WUVb")
x, h, a, y, c = map(sequence, "xhayc")


def rnn() -> tuple[System, System]:
    """Elman 1990."""
    forward = network(
        {a[t]: add(MatMul(W, x[t]), MatMul(U, h[t - 1]), b), h[t]: tanh(a[t])},
        {"x": (m, 1), "h": (n, 1), "a": (n, 1), "W": (n, m), "U": (n, n), "b": (n, 1)},
    )
    return forward, gradients(
        forward,
        {
            bar("h")[t]: add(up("h")[t], MatMul(Transpose(U), bar("a")[t + 1])),
            bar("h")[0]: MatMul(Transpose(U), bar("a")[1]),
            bar("a")[t]: mul(bar("h")[t], add(1, neg(h[t] ** 2))),
            bar("x")[t]: MatMul(Transpose(W), bar("a")[t]),
            pbar("W"): outer(bar("a")[t], x[t]),
            pbar("U"): outer(bar("a")[t], h[t - 1]),
            pbar("b"): OverTime(bar("a")[t]),
        },
    )


def lstm() -> tuple[System, System]:
    """LSTM with peepholes, forward and backward.

    K. Greff, R. K. Srivastava, J. Koutnik, B. R. Steunebrink, J. Schmidhuber, LSTM: A search space odyssey, IEEE TNNLS 28(10), 2017,
    sections II.A and II.B; the adjoints of gates and of their arguments, which the paper joins, are two equations here.
    """
    gates = {"z": tanh, "i": sigmoid, "f": sigmoid, "o": sigmoid}
    cell = {"i": c[t - 1], "f": c[t - 1], "o": c[t]}
    s = {name: sequence(name) for name in "ziof"}
    p = {f"{q}_{gate}": parameter(f"{q}_{gate}") for q in "WRpb" for gate in gates}
    equations, shapes = {}, {"x": (m, 1), "y": (n, 1), "c": (n, 1)}
    for gate, function in gates.items():
        peephole = [mul(p[f"p_{gate}"], cell[gate])] if gate in cell else []
        argument = sequence(f"a_{gate}")
        equations[argument[t]] = add(MatMul(p[f"W_{gate}"], x[t]), MatMul(p[f"R_{gate}"], y[t - 1]), *peephole, p[f"b_{gate}"])
        equations[s[gate][t]] = function(argument[t])
        shapes |= {gate: (n, 1), f"a_{gate}": (n, 1), f"W_{gate}": (n, m), f"R_{gate}": (n, n), f"b_{gate}": (n, 1)}
        shapes |= {f"p_{gate}": (n, 1)} if gate in cell else {}
    equations[c[t]] = add(mul(s["z"][t], s["i"][t]), mul(c[t - 1], s["f"][t]))
    equations[y[t]] = mul(tanh(c[t]), s["o"][t])
    forward = network(equations, shapes, ("y",))

    d = {gate: bar(f"a_{gate}") for gate in gates}

    def recurrent(now: Expr | int) -> list[Expr]:
        return [MatMul(Transpose(p[f"R_{gate}"]), d[gate][now]) for gate in gates]

    def kept(now: Expr | int) -> list[Expr]:
        return [mul(p["p_i"], d["i"][now]), mul(p["p_f"], d["f"][now]), mul(bar("c")[now], s["f"][now])]

    claims = {
        bar("y")[t]: add(up("y")[t], *recurrent(t + 1)),
        bar("y")[0]: add(*recurrent(1)),
        bar("o")[t]: mul(bar("y")[t], tanh(c[t])),
        bar("c")[t]: add(mul(bar("y")[t], s["o"][t], add(1, neg(tanh(c[t]) ** 2))), mul(p["p_o"], d["o"][t]), *kept(t + 1)),
        bar("c")[0]: add(*kept(1)),
        bar("f")[t]: mul(bar("c")[t], c[t - 1]),
        bar("i")[t]: mul(bar("c")[t], s["z"][t]),
        bar("z")[t]: mul(bar("c")[t], s["i"][t]),
        bar("x")[t]: add(*(MatMul(Transpose(p[f"W_{gate}"]), d[gate][t]) for gate in gates)),
    }
    for gate in gates:
        value = s[gate][t]
        slope = [add(1, neg(value**2))] if gate == "z" else [value, add(1, neg(value))]
        claims[d[gate][t]] = mul(bar(gate)[t], *slope)
        claims[pbar(f"W_{gate}")] = outer(d[gate][t], x[t])
        claims[pbar(f"R_{gate}")] = outer(d[gate][t], y[t - 1])
        claims[pbar(f"b_{gate}")] = OverTime(d[gate][t])
        if gate in cell:
            claims[pbar(f"p_{gate}")] = OverTime(mul(cell[gate], d[gate][t]))
    return forward, gradients(forward, claims)


def gru() -> tuple[System, System]:
    """Cho et al. 2014, with the product r * h inside the equation of the candidate."""
    p = {f"{q}_{gate}": parameter(f"{q}_{gate}") for q in "WU" for gate in "rzn"}
    r, z, q, a_r, a_z, a_n = map(sequence, ("r", "z", "q", "a_r", "a_z", "a_n"))
    forward = network(
        {
            a_r[t]: add(MatMul(p["W_r"], x[t]), MatMul(p["U_r"], h[t - 1])),
            r[t]: sigmoid(a_r[t]),
            a_z[t]: add(MatMul(p["W_z"], x[t]), MatMul(p["U_z"], h[t - 1])),
            z[t]: sigmoid(a_z[t]),
            a_n[t]: add(MatMul(p["W_n"], x[t]), MatMul(p["U_n"], mul(r[t], h[t - 1]))),
            q[t]: tanh(a_n[t]),
            h[t]: add(mul(z[t], h[t - 1]), mul(add(1, neg(z[t])), q[t])),
        },
        {
            "x": (m, 1),
            **dict.fromkeys(("h", "r", "z", "q", "a_r", "a_z", "a_n"), (n, 1)),
            **{name: (n, m if name[0] == "W" else n) for name in p},
        },
    )

    def through_candidate(now: Expr | int) -> Expr:
        return MatMul(Transpose(p["U_n"]), bar("a_n")[now])

    def recurrent(now: Expr | int) -> Expr:
        paths = [MatMul(Transpose(p[f"U_{gate}"]), bar(f"a_{gate}")[now]) for gate in "rz"]
        return add(*paths, mul(r[now], through_candidate(now)), mul(z[now], bar("h")[now]))

    claims = {
        bar("h")[t]: add(up("h")[t], recurrent(t + 1)),
        bar("h")[0]: recurrent(sp.Integer(1)),
        bar("q")[t]: mul(bar("h")[t], add(1, neg(z[t]))),
        bar("a_n")[t]: mul(bar("q")[t], add(1, neg(q[t] ** 2))),
        bar("z")[t]: mul(bar("h")[t], add(h[t - 1], neg(q[t]))),
        bar("a_z")[t]: mul(bar("z")[t], z[t], add(1, neg(z[t]))),
        bar("r")[t]: mul(h[t - 1], through_candidate(t)),
        bar("a_r")[t]: mul(bar("r")[t], r[t], add(1, neg(r[t]))),
        bar("x")[t]: add(*(MatMul(Transpose(p[f"W_{gate}"]), bar(f"a_{gate}")[t]) for gate in "rzn")),
    }
    for gate in "rzn":
        claims[pbar(f"W_{gate}")] = outer(bar(f"a_{gate}")[t], x[t])
        claims[pbar(f"U_{gate}")] = outer(bar(f"a_{gate}")[t], mul(r[t], h[t - 1]) if gate == "n" else h[t - 1])
    return forward, gradients(forward, claims)


def second_lag() -> tuple[System, System]:
    """A recurrence that reads two steps back, with two initial values."""
    forward = network(
        {h[t]: tanh(a[t]), a[t]: add(MatMul(U, h[t - 1]), MatMul(V, h[t - 2]), x[t])},
        {"x": (n, 1), "h": (n, 1), "a": (n, 1), "U": (n, n), "V": (n, n)},
    )
    first, second = (lambda now, P=P: MatMul(Transpose(P), bar("a")[now]) for P in (U, V))
    return forward, gradients(
        forward,
        {
            bar("h")[t]: add(up("h")[t], first(t + 1), second(t + 2)),
            bar("h")[0]: add(first(1), second(2)),
            bar("h")[-1]: second(1),
            bar("a")[t]: mul(bar("h")[t], add(1, neg(h[t] ** 2))),
            bar("x")[t]: bar("a")[t],
            pbar("U"): outer(bar("a")[t], h[t - 1]),
            pbar("V"): outer(bar("a")[t], h[t - 2]),
        },
    )


def both_directions() -> tuple[System, System]:
    """One layer that reads forward in time, one that reads backward, and an output that reads both."""
    g, a_g, R, S = sequence("g"), sequence("a_g"), parameter("R"), parameter("S")
    forward = network(
        {
            a[t]: add(MatMul(W, x[t]), MatMul(U, h[t - 1])),
            h[t]: tanh(a[t]),
            a_g[t]: add(MatMul(R, x[t]), MatMul(S, g[t + 1])),
            g[t]: tanh(a_g[t]),
            y[t]: MatMul(V, Stack(h[t], g[t])),
        },
        {
            "x": (m, 1),
            "h": (n, 1),
            "a": (n, 1),
            "g": (k, 1),
            "a_g": (k, 1),
            "y": (m, 1),
            "W": (n, m),
            "U": (n, n),
            "R": (k, m),
            "S": (k, k),
            "V": (m, n + k),
        },
        ("y",),
    )
    whole = MatMul(Transpose(V), bar("y")[t])
    return forward, gradients(
        forward,
        {
            bar("y")[t]: up("y")[t],
            bar("h")[t]: add(Slice(whole, 0, n), MatMul(Transpose(U), bar("a")[t + 1])),
            bar("h")[0]: MatMul(Transpose(U), bar("a")[1]),
            bar("g")[t]: add(Slice(whole, n, n + k), MatMul(Transpose(S), bar("a_g")[t - 1])),
            bar("g")[T + 1]: MatMul(Transpose(S), bar("a_g")[T]),
            bar("a")[t]: mul(bar("h")[t], add(1, neg(h[t] ** 2))),
            bar("a_g")[t]: mul(bar("g")[t], add(1, neg(g[t] ** 2))),
            bar("x")[t]: add(MatMul(Transpose(W), bar("a")[t]), MatMul(Transpose(R), bar("a_g")[t])),
            pbar("W"): outer(bar("a")[t], x[t]),
            pbar("U"): outer(bar("a")[t], h[t - 1]),
            pbar("R"): outer(bar("a_g")[t], x[t]),
            pbar("S"): outer(bar("a_g")[t], g[t + 1]),
            pbar("V"): outer(bar("y")[t], Stack(h[t], g[t])),
        },
    )


def stacked_gates() -> tuple[System, System]:
    """Two gates in one product of stacked operands, sliced apart."""
    r, q = sequence("r"), sequence("q")
    forward = network(
        {
            a[t]: MatMul(W, Stack(x[t], h[t - 1])),
            r[t]: sigmoid(Slice(a[t], 0, n)),
            q[t]: tanh(Slice(a[t], n, 2 * n)),
            h[t]: mul(r[t], q[t]),
        },
        {"x": (m, 1), "h": (n, 1), "r": (n, 1), "q": (n, 1), "a": (2 * n, 1), "W": (2 * n, n + m)},
    )

    def back(now: Expr | int) -> Expr:
        return MatMul(Transpose(W), bar("a")[now])

    return forward, gradients(
        forward,
        {
            bar("h")[t]: add(up("h")[t], Slice(back(t + 1), m, n + m)),
            bar("h")[0]: Slice(back(1), m, n + m),
            bar("r")[t]: mul(bar("h")[t], q[t]),
            bar("q")[t]: mul(bar("h")[t], r[t]),
            bar("a")[t]: Stack(mul(bar("r")[t], r[t], add(1, neg(r[t]))), mul(bar("q")[t], add(1, neg(q[t] ** 2)))),
            bar("x")[t]: Slice(back(t), 0, m),
            pbar("W"): outer(bar("a")[t], Stack(x[t], h[t - 1])),
        },
    )


def scalar_gate() -> tuple[System, System]:
    """One number at each t that multiplies a whole vector, as in attention with a single weight."""
    s, v = sequence("s"), parameter("v")
    forward = network(
        {s[t]: SumRows(mul(v, h[t - 1])), h[t]: mul(s[t], x[t])},
        {"x": (n, 1), "h": (n, 1), "s": (1, 1), "v": (n, 1)},
    )
    return forward, gradients(
        forward,
        {
            bar("h")[t]: add(up("h")[t], mul(v, bar("s")[t + 1])),
            bar("h")[0]: mul(v, bar("s")[1]),
            bar("s")[t]: SumRows(mul(bar("h")[t], x[t])),
            bar("x")[t]: mul(Broadcast(s[t], n, 1), bar("h")[t]),
            pbar("v"): OverTime(mul(h[t - 1], bar("s")[t])),
        },
    )


ALL = (rnn, lstm, gru, second_lag, both_directions, stacked_gates, scalar_gate)
"""Each gives a forward system and its right gradients."""
