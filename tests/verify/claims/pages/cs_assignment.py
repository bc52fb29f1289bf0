import numpy as np

# Assignment 3, rnn_layers.py (my solution)


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h, cache = None, None
    affine = np.dot(x, Wx) + np.dot(prev_h, Wh) + b
    next_h = np.tanh(affine)
    cache = (x, prev_h, Wx, Wh, b, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    dx, dprev_h, dWx, dWh, db = None, None, None, None, None
    x, prev_h, Wx, Wh, b, next_h = cache
    dtanh = dnext_h * (1 - next_h ** 2)
    dx = np.dot(dtanh, Wx.T)
    dWx = np.dot(x.T, dtanh)
    dprev_h = np.dot(dtanh, Wh.T)
    dWh = np.dot(prev_h.T, dtanh)
    db = np.sum(dtanh, axis=0)
    return dx, dprev_h, dWx, dWh, db


def rnn_forward(x, h0, Wx, Wh, b):
    h, cache = None, []
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    state = h0
    for i in range(T):
        state, step_cache = rnn_step_forward(x[:, i, :], state, Wx, Wh, b)
        h[:, i, :] = state
        cache.append(step_cache)
    return h, cache


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx = np.zeros((D, H))
    dWh = np.zeros((H, H))
    db = np.zeros(H)
    dprev_h = np.zeros((N, H))
    for i in range(T - 1, -1, -1):
        dnext_h = dh[:, i, :]
        dx_i, dprev_h, dWx_i, dWh_i, db_i = rnn_step_backward(dnext_h, cache[i])
        dx[:, i, :] = dx_i
        dWx += dWx_i
        dWh += dWh_i
        db += db_i
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db
