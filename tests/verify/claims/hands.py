"""Backward functions in the hands of courses, books and repositories, in our own words: each right, with slips that may be planted in it.

`CELLS` are pages; a hand is the page it is of, the heads on top, the text, and slips as (what stands there, what is put in its place).
"""

from __future__ import annotations

from dataclasses import dataclass

CELLS = {
    "rnn": "h_t = tanh(W_xh x_t + W_hh h_{t-1} + b_h)\noutput h",
    "char": "h_t = tanh(W_xh x_t + W_hh h_{t-1} + b_h)\ny_t = W_hy h_t + b_y\np_t = softmax(y_t)\n"
            "loss_t = -sum(target_t * log_softmax(y_t))\ndistribution target\nloss loss",
    "plain": "h_t = tanh(W_x x_t + W_h h_{t-1} + b)\noutput h",
    "packed": "a_t = W_x x_t + W_h h_{t-1} + b\n[i_t; f_t; o_t; g_t] = a_t\n"
              "c_t = sigmoid(f_t) * c_{t-1} + sigmoid(i_t) * tanh(g_t)\nh_t = sigmoid(o_t) * tanh(c_t)\noutput h",
    "ng": "a_t = tanh(W_ax x_t + W_aa a_{t-1} + b_a)\noutput a",
    "ng lstm": "f_t = sigmoid(W_f [a_{t-1}; x_t] + b_f)\ni_t = sigmoid(W_i [a_{t-1}; x_t] + b_i)\ncc_t = tanh(W_c [a_{t-1}; x_t] + b_c)\n"
               "c_t = f_t * c_{t-1} + i_t * cc_t\no_t = sigmoid(W_o [a_{t-1}; x_t] + b_o)\na_t = o_t * tanh(c_t)\noutput a",
    "gru": "z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)\nr_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)\n"
           "n_t = tanh(W_n x_t + U_n (r_t * h_{t-1}) + b_n)\nh_t = (1 - z_t) * n_t + z_t * h_{t-1}\noutput h",
    "lstm": "f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)\ni_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)\no_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)\n"
            "g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)\nc_t = f_t * c_{t-1} + i_t * g_t\nh_t = o_t * tanh(c_t)\noutput h",
}  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """A text and how it may go wrong.

    Attributes:
        cell: the page in `CELLS`, or a built-in cell.
        text: of a file that is right.
        slips: pairs of what stands in the text once, and what is put in its place.
    """

    cell: str
    text: str
    slips: tuple[tuple[str, str], ...]


HANDS = {
    "min-char-rnn": Hand("char", '''
import numpy as np
data = open('input.txt', 'r').read()
chars = list(set(data))
hidden_size = 100
seq_length = 25
Wxh = np.random.randn(hidden_size, vocab_size) * 0.01

def lossFun(inputs, targets, hprev):
  """
  inputs and targets are lists of integers, hprev is the initial state;
  gives the loss, the gradients and the last state
  """
  xs, hs, ys, ps = {}, {}, {}, {}
  hs[-1] = np.copy(hprev)
  loss = 0
  for t in range(len(inputs)):
    xs[t] = np.zeros((vocab_size, 1))
    xs[t][inputs[t]] = 1
    hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
    ys[t] = np.dot(Why, hs[t]) + by
    ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
    loss += -np.log(ps[t][targets[t], 0])
  dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
  dbh, dby = np.zeros_like(bh), np.zeros_like(by)
  dhnext = np.zeros_like(hs[0])
  for t in reversed(range(len(inputs))):
    dy = np.copy(ps[t])
    dy[targets[t]] -= 1
    dWhy += np.dot(dy, hs[t].T)
    dby += dy
    dh = np.dot(Why.T, dy) + dhnext
    dhraw = (1 - hs[t] * hs[t]) * dh
    dbh += dhraw
    dWxh += np.dot(dhraw, xs[t].T)
    dWhh += np.dot(dhraw, hs[t-1].T)
    dhnext = np.dot(Whh.T, dhraw)
  for dparam in [dWxh, dWhh, dWhy, dbh, dby]:
    np.clip(dparam, -5, 5, out=dparam)
  return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs)-1]

def sample(h, seed_ix, n):
  x = np.zeros((vocab_size, 1))
  x[seed_ix] = 1
  ixes = []
  for t in range(n):
    h = np.tanh(np.dot(Wxh, x) + np.dot(Whh, h) + bh)
    ix = np.random.choice(range(vocab_size), p=h.ravel())
    ixes.append(ix)
  return ixes

n, p = 0, 0
while True:
  n += 1
''', (
        ("dy[targets[t]] -= 1", "dy[targets[t]] += 1"),
        ("np.dot(Why.T, dy) + dhnext", "np.dot(Why.T, dy)"),
        ("(1 - hs[t] * hs[t]) * dh", "(1 - hs[t]) * dh"),
        ("np.dot(dhraw, hs[t-1].T)", "np.dot(dhraw, hs[t].T)"),
        ("dhnext = np.dot(Whh.T, dhraw)", "dhnext = np.dot(Whh, dhraw)"),
        ("dbh += dhraw", "dbh += dh"),
    )),
    "CS231n rnn_step_backward": Hand("plain", '''
import numpy as np

def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(prev_h.dot(Wh) + x.dot(Wx) + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache

def rnn_step_backward(dnext_h, cache):
    """
    Inputs: dnext_h of shape (N, H), cache from the forward pass.
    Returns a tuple of dx (N, D), dprev_h (N, H), dWx (D, H), dWh (H, H), db (H,).
    """
    dx, dprev_h, dWx, dWh, db = None, None, None, None, None
    x, prev_h, Wx, Wh, next_h = cache
    dz = (1 - next_h ** 2) * dnext_h
    dx = dz.dot(Wx.T)
    dprev_h = dz.dot(Wh.T)
    dWx = x.T.dot(dz)
    dWh = prev_h.T.dot(dz)
    db = np.sum(dz, axis=0)
    return dx, dprev_h, dWx, dWh, db

def rnn_forward(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    H = h0.shape[1]
    h, cache = np.zeros((N, T, H)), []
    prev_h = h0
    for t in range(T):
        prev_h, step_cache = rnn_step_forward(x[:, t, :], prev_h, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(step_cache)
    return h, cache

def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    dprev_h = np.zeros((N, H))
    for t in reversed(range(T)):
        dcurrent = dh[:, t, :] + dprev_h
        dx_t, dprev_h, dWx_t, dWh_t, db_t = rnn_step_backward(dcurrent, cache[t])
        dx[:, t, :] = dx_t
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db
''', (
        ("dx = dz.dot(Wx.T)", "dx = dz.dot(Wh.T)"),
        ("dprev_h = dz.dot(Wh.T)", "dprev_h = dz.dot(Wh)"),
        ("dWh = prev_h.T.dot(dz)", "dWh = next_h.T.dot(dz)"),
        ("(1 - next_h ** 2) * dnext_h", "(1 - next_h) * dnext_h"),
        ("dcurrent = dh[:, t, :] + dprev_h", "dcurrent = dh[:, t, :]"),
        ("dWh += dWh_t", "dWh = dWh_t"),
    )),
    "CS231n rnn_step_backward alone": Hand("plain", '''
def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    dtanh = dnext_h * (1 - next_h * next_h)
    dx = dtanh @ Wx.T
    dWx = x.T @ dtanh
    dprev_h = dtanh @ Wh.T
    dWh = prev_h.T @ dtanh
    db = dtanh.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db
''', (
        ("1 - next_h * next_h", "1 + next_h * next_h"),
        ("dWx = x.T @ dtanh", "dWx = x.T @ dnext_h"),
        ("dprev_h = dtanh @ Wh.T", "dprev_h = dtanh @ Wh"),
    )),
    "CS231n lstm_step_backward": Hand("packed", '''
import numpy as np

def sigmoid(x):
    pos_mask = (x >= 0)
    neg_mask = (x < 0)
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[neg_mask] = np.exp(x[neg_mask])
    top = np.ones_like(x)
    top[neg_mask] = z[neg_mask]
    return top / (1 + z)

def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    N, H = prev_h.shape
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H:2*H])
    o = sigmoid(a[:, 2*H:3*H])
    g = np.tanh(a[:, 3*H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)
    return next_h, next_c, cache

def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f
    da = np.hstack((di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)))
    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db
''', (
        ("do = dnext_h * tanh_c", "do = dnext_h * next_c"),
        ("dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)", "dc = dnext_h * o * (1 - tanh_c ** 2)"),
        ("df = dc * prev_c", "df = dc * next_c"),
        ("di = dc * g", "di = dc * i"),
        ("do * o * (1 - o)", "do * o"),
        ("dprev_c = dc * f", "dprev_c = dnext_c * f"),
    )),
    "deeplearning.ai rnn_cell_backward": Hand("ng", '''
import numpy as np

def rnn_cell_backward(da_next, cache):
    (a_next, a_prev, xt, parameters) = cache

    Wax = parameters["Wax"]
    Waa = parameters["Waa"]
    Wya = parameters["Wya"]
    ba = parameters["ba"]
    by = parameters["by"]

    dtanh = (1 - a_next ** 2) * da_next
    dxt = np.dot(Wax.T, dtanh)
    dWax = np.dot(dtanh, xt.T)
    da_prev = np.dot(Waa.T, dtanh)
    dWaa = np.dot(dtanh, a_prev.T)
    dba = np.sum(dtanh, axis=1, keepdims=True)

    gradients = {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients

def rnn_backward(da, caches):
    (caches, x) = caches
    (a1, a0, x1, parameters) = caches[0]

    n_a, m, T_x = da.shape
    n_x, m = x1.shape

    dx = np.zeros((n_x, m, T_x))
    dWax = np.zeros((n_a, n_x))
    dWaa = np.zeros((n_a, n_a))
    dba = np.zeros((n_a, 1))
    da0 = np.zeros((n_a, m))
    da_prevt = np.zeros((n_a, m))

    for t in reversed(range(T_x)):
        gradients = rnn_cell_backward(da[:, :, t] + da_prevt, caches[t])
        dxt, da_prevt, dWaxt, dWaat, dbat = gradients["dxt"], gradients["da_prev"], gradients["dWax"], gradients["dWaa"], gradients["dba"]
        dx[:, :, t] = dxt
        dWax += dWaxt
        dWaa += dWaat
        dba += dbat
    da0 = da_prevt
    gradients = {"dx": dx, "da0": da0, "dWax": dWax, "dWaa": dWaa, "dba": dba}
    return gradients
''', (
        ("(1 - a_next ** 2) * da_next", "(1 - a_next) * da_next"),
        ("da_prev = np.dot(Waa.T, dtanh)", "da_prev = np.dot(Waa, dtanh)"),
        ("dWaa = np.dot(dtanh, a_prev.T)", "dWaa = np.dot(dtanh, a_next.T)"),
        ("da[:, :, t] + da_prevt, caches", "da[:, :, t], caches"),
        ("dWax += dWaxt", "dWax = dWaxt"),
    )),
    "deeplearning.ai lstm_cell_backward": Hand("ng lstm", '''
import numpy as np

def lstm_cell_backward(da_next, dc_next, cache):
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache
    n_x, m = xt.shape
    n_a, m = a_next.shape

    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dcct = (dc_next * it + ot * (1 - np.square(np.tanh(c_next))) * it * da_next) * (1 - np.square(cct))
    dit = (dc_next * cct + ot * (1 - np.square(np.tanh(c_next))) * cct * da_next) * it * (1 - it)
    dft = (dc_next * c_prev + ot * (1 - np.square(np.tanh(c_next))) * c_prev * da_next) * ft * (1 - ft)

    concat = np.concatenate((a_prev, xt), axis=0)
    dWf = np.dot(dft, concat.T)
    dWi = np.dot(dit, concat.T)
    dWc = np.dot(dcct, concat.T)
    dWo = np.dot(dot, concat.T)
    dbf = np.sum(dft, axis=1, keepdims=True)
    dbi = np.sum(dit, axis=1, keepdims=True)
    dbc = np.sum(dcct, axis=1, keepdims=True)
    dbo = np.sum(dot, axis=1, keepdims=True)

    da_prev = np.dot(parameters['Wf'][:, :n_a].T, dft) + np.dot(parameters['Wi'][:, :n_a].T, dit) \\
        + np.dot(parameters['Wc'][:, :n_a].T, dcct) + np.dot(parameters['Wo'][:, :n_a].T, dot)
    dc_prev = dc_next * ft + ot * (1 - np.square(np.tanh(c_next))) * ft * da_next
    dxt = np.dot(parameters['Wf'][:, n_a:].T, dft) + np.dot(parameters['Wi'][:, n_a:].T, dit) \\
        + np.dot(parameters['Wc'][:, n_a:].T, dcct) + np.dot(parameters['Wo'][:, n_a:].T, dot)

    gradients = {"dxt": dxt, "da_prev": da_prev, "dc_prev": dc_prev, "dWf": dWf, "dbf": dbf, "dWi": dWi, "dbi": dbi,
                 "dWc": dWc, "dbc": dbc, "dWo": dWo, "dbo": dbo}
    return gradients
''', (
        ("da_next * np.tanh(c_next) * ot * (1 - ot)", "da_next * np.tanh(c_next) * ot"),
        ("dbi = np.sum(dit, axis=1, keepdims=True)", "dbi = np.sum(dft, axis=1, keepdims=True)"),
        ("dc_prev = dc_next * ft + ot", "dc_prev = dc_next * ft - ot"),
        ("dc_next * c_prev + ot", "dc_next * c_next + ot"),
        ("parameters['Wi'][:, :n_a].T, dit", "parameters['Wf'][:, :n_a].T, dit"),
    )),
    "aliases in loops": Hand("rnn", '''
import numpy as np

def backward(x, h, W_xh, W_hh, h0, dh):
    dW_xh, dW_hh = np.zeros_like(W_xh), np.zeros_like(W_hh)
    db_h = np.zeros(W_hh.shape[0])
    later = np.zeros_like(h0)
    for t in range(len(x) - 1, -1, -1):
        before = h0 if t == 0 else h[t - 1]
        dz = (dh[t] + later) * (1.0 - h[t] ** 2)
        for g, v in ((dW_xh, x[t]), (dW_hh, before)):
            g += np.outer(dz, v)
        db_h += dz
        later = W_hh.T.dot(dz)
    return dict(W_xh=dW_xh, W_hh=dW_hh, b_h=db_h)
''', (
        ("1.0 - h[t] ** 2", "1.0 - h[t]"),
        ("(dW_hh, before)", "(dW_hh, h[t])"),
        ("later = W_hh.T.dot(dz)", "later = W_hh.dot(dz)"),
        ("dh[t] + later", "dh[t] - later"),
    )),
    "aliases by zip and by name": Hand("rnn", '''
import numpy as np

def backward(x, h, Wxh, Whh, h_0, dout):
    grads = {"Wxh": np.zeros_like(Wxh), "Whh": np.zeros_like(Whh), "bh": np.zeros(len(Whh))}
    dh_next = 0
    for t in reversed(range(len(x))):
        h_prev = h[t-1] if t else h_0
        da = (dout[t] + dh_next) * (1 - h[t]**2)
        step = {"Wxh": np.outer(da, x[t]), "Whh": np.outer(da, h_prev), "bh": da}
        for name, g in step.items():
            grads[name] += g
        dh_next = Whh.T @ da
    return {"Wxh": grads["Wxh"], "Whh": grads["Whh"], "bh": grads["bh"]}
''', (
        ("grads[name] += g", "grads[name] = g"),
        ("np.outer(da, h_prev)", "np.outer(da, h[t])"),
        ("dh_next = Whh.T @ da", "dh_next = Whh @ da"),
    )),
    "lists and comprehensions": Hand("rnn", '''
import numpy as np

def bptt(x, h, W_xh, W_hh, h0, dh):
    T = len(x)
    hs = [h0] + [h[t] for t in range(T)]
    deltas = [None] * T
    carry = np.zeros_like(h0)
    for t in reversed(range(T)):
        deltas[t] = (dh[t] + carry) * (1 - hs[t + 1] ** 2)
        carry = deltas[t] @ W_hh
    dW_xh = sum(np.outer(d, u) for d, u in zip(deltas, x))
    dW_hh = sum([np.outer(d, s) for d, s in zip(deltas, hs[:-1])])
    db_h = np.sum(np.array(deltas), axis=0)
    dx = np.array([d @ W_xh for d in deltas])
    return dW_xh, dW_hh, db_h, dx
''', (
        ("zip(deltas, hs[:-1])", "zip(deltas, hs[1:])"),
        ("carry = deltas[t] @ W_hh", "carry = W_hh @ deltas[t]"),
        ("hs[t + 1] ** 2", "hs[t] ** 2"),
        ("np.outer(d, u)", "np.outer(u, d).T * 2"),
    )),
    "from zero, a matrix product at the end": Hand("rnn", '''
import numpy as np

def backward(x, h, Whh, Wxh, dh):
    T, n = h.shape
    delta = np.zeros((T, n))
    for t in range(T - 1, -1, -1):
        err = dh[t].copy()
        if t < T - 1:
            err += Whh.T @ delta[t + 1]
        delta[t] = err * (1 - h[t] ** 2)
    h_before = np.vstack([np.zeros((1, n)), h[:-1]])
    dWhh = delta.T @ h_before
    dWxh = delta.T @ x
    dbh = delta.sum(0)
    return dWhh, dWxh, dbh
''', (
        ("dWhh = delta.T @ h_before", "dWhh = delta.T @ h"),
        ("Whh.T @ delta[t + 1]", "Whh.T @ delta[t]"),
        ("dbh = delta.sum(0)", "dbh = delta.mean(0) * 3.5"),
    )),
    "batches, steps first": Hand("gru", '''
import numpy as np

def gru_backward(x, h, z, r, n, h0, W_z, U_z, W_r, U_r, W_n, U_n, dh):
    T, N, D = x.shape
    dx = np.zeros_like(x)
    dW_z, dU_z, db_z = np.zeros_like(W_z), np.zeros_like(U_z), np.zeros(W_z.shape[0])
    dW_r, dU_r, db_r = np.zeros_like(W_r), np.zeros_like(U_r), np.zeros(W_r.shape[0])
    dW_n, dU_n, db_n = np.zeros_like(W_n), np.zeros_like(U_n), np.zeros(W_n.shape[0])
    dnext = np.zeros_like(h0)
    for t in reversed(range(T)):
        prev = h[t - 1] if t > 0 else h0
        d = dh[t] + dnext
        dn = d * (1 - z[t]) * (1 - n[t] ** 2)
        dz = d * (prev - n[t]) * z[t] * (1 - z[t])
        drh = dn @ U_n
        dr = drh * prev * r[t] * (1 - r[t])
        dW_n += dn.T @ x[t]
        dU_n += dn.T @ (r[t] * prev)
        db_n += dn.sum(axis=0)
        dW_z += dz.T @ x[t]
        dU_z += dz.T @ prev
        db_z += dz.sum(axis=0)
        dW_r += dr.T @ x[t]
        dU_r += dr.T @ prev
        db_r += dr.sum(axis=0)
        dx[t] = dn @ W_n + dz @ W_z + dr @ W_r
        dnext = d * z[t] + drh * r[t] + dz @ U_z + dr @ U_r
    return dx, dnext, dW_z, dU_z, db_z, dW_r, dU_r, db_r, dW_n, dU_n, db_n
''', (
        ("(prev - n[t])", "(n[t] - prev)"),
        ("dU_n += dn.T @ (r[t] * prev)", "dU_n += dn.T @ prev"),
        ("drh * r[t] + dz @ U_z", "drh + dz @ U_z"),
        ("dx[t] = dn @ W_n + dz @ W_z + dr @ W_r", "dx[t] = dn @ W_n + dz @ W_z"),
        ("d * z[t] + drh", "d * (1 - z[t]) + drh"),
    )),
    "one step with the loss in it": Hand("char", '''
import numpy as np

def backward(target, dh_next, h_prev, h, p, x, W_xh, W_hh, W_hy):
    dy = np.copy(p)
    dy -= target
    dW_hy = np.dot(dy, h.T)
    db_y = dy
    dh = np.dot(W_hy.T, dy)
    dh += dh_next
    da = (1 - h * h) * dh
    dW_xh = np.dot(da, x.T)
    dW_hh = np.dot(da, h_prev.T)
    db_h = da
    dh_prev = np.dot(W_hh.T, da)
    return dh_prev, dW_xh, dW_hh, dW_hy, db_h, db_y
''', (
        ("dy -= target", "dy += target"),
        ("dh += dh_next", "dh = dh_next"),
        ("(1 - h * h) * dh", "h * (1 - h) * dh"),
        ("np.dot(da, h_prev.T)", "np.dot(da, h.T)"),
    )),
    "one step of an LSTM, gate by gate": Hand("lstm", '''
import numpy as np

def lstm_backward_step(dh, dc, x, h_prev, c_prev, f, i, o, g, c, params):
    tc = np.tanh(c)
    d_o = dh * tc * o * (1 - o)
    dc = dc + dh * o * (1 - tc**2)
    d_f = dc * c_prev * f * (1 - f)
    d_i = dc * g * i * (1 - i)
    d_g = dc * i * (1 - g**2)
    grads = {}
    for name, d in zip("fiog", (d_f, d_i, d_o, d_g)):
        grads["W_" + name] = np.outer(d, x)
        grads["U_" + name] = np.outer(d, h_prev)
        grads["b_" + name] = d
    dh_prev = params["U_f"].T @ d_f + params["U_i"].T @ d_i + params["U_o"].T @ d_o + params["U_g"].T @ d_g
    dc_prev = dc * f
    grads["dh_prev"], grads["dc_prev"] = dh_prev, dc_prev
    return grads
''', (
        ("d_i = dc * g * i * (1 - i)", "d_i = dc * g * (1 - i)"),
        ("dc_prev = dc * f", "dc_prev = dc * i"),
        ('params["U_o"].T @ d_o', 'params["U_o"] @ d_o'),
    )),
    "a class-free tutorial, sums over steps": Hand("char", '''
import numpy as np

def bptt(x, y, h, p, Whh, Wxh, Why):
    T = len(x)
    dWhh = np.zeros(Whh.shape)
    dWxh = np.zeros(Wxh.shape)
    dWhy = np.zeros(Why.shape)
    delta_o = p - target
    for t in np.arange(T)[::-1]:
        dWhy += np.outer(delta_o[t], h[t])
        delta_t = Why.T.dot(delta_o[t]) * (1 - (h[t] ** 2))
        for bptt_step in np.arange(0, t + 1)[::-1]:
            dWhh += np.outer(delta_t, h[bptt_step - 1])
            dWxh += np.outer(delta_t, x[bptt_step])
            delta_t = Whh.T.dot(delta_t) * (1 - h[bptt_step - 1] ** 2)
    return [dWxh, dWhh, dWhy]
''', (
        ("np.outer(delta_t, h[bptt_step - 1])", "np.outer(delta_t, h[bptt_step])"),
        ("(1 - h[bptt_step - 1] ** 2)", "(1 - h[bptt_step] ** 2)"),
        ("delta_o = p - target", "delta_o = target - p"),
    )),
}  # fmt: skip
"""By name: the cell, a right text, and slips."""
