import numpy as np


def lstm_step_backward(dnext_h, dnext_c, cache):
    """
    Backward pass for a single timestep of an LSTM.

    Inputs:
    - dnext_h: Gradients of next hidden state, of shape (N, H)
    - dnext_c: Gradients of next cell state, of shape (N, H)
    - cache: Values from the forward pass
    """
    x, prev_h, prev_c, i, f, o, g, next_c, W = cache
    Wxi, Wxf, Wxo, Wxg, Whi, Whf, Who, Whg = W

    do = np.tanh(next_c) * dnext_h
    dc = dnext_c + o * (1 - next_c ** 2) * dnext_h

    df = prev_c * dc
    dprev_c = f * dc
    di = g * dc
    dg = i * dc

    dai = i * (1 - i) * di
    daf = f * (1 - f) * df
    dao = o * (1 - o) * do
    dag = (1 - g ** 2) * dg

    dx = dai.dot(Wxi.T) + daf.dot(Wxf.T) + dao.dot(Wxo.T) + dag.dot(Wxg.T)
    dprev_h = dai.dot(Whi.T) + daf.dot(Whf.T) + dao.dot(Who.T) + dag.dot(Whg.T)

    dWxi, dWxf, dWxo, dWxg = x.T.dot(dai), x.T.dot(daf), x.T.dot(dao), x.T.dot(dag)
    dWhi, dWhf, dWho, dWhg = prev_h.T.dot(dai), prev_h.T.dot(daf), prev_h.T.dot(dao), prev_h.T.dot(dag)
    dbi, dbf, dbo, dbg = dai.sum(axis=0), daf.sum(axis=0), dao.sum(axis=0), dag.sum(axis=0)

    return dx, dprev_h, dprev_c, (dWxi, dWxf, dWxo, dWxg), (dWhi, dWhf, dWho, dWhg), (dbi, dbf, dbo, dbg)
