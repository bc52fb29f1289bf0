import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def lstm_step_forward(x, prev_h, prev_c, params):
    i = sigmoid(x.dot(params['Wxi']) + prev_h.dot(params['Whi']) + params['bi'])
    f = sigmoid(x.dot(params['Wxf']) + prev_h.dot(params['Whf']) + params['bf'])
    o = sigmoid(x.dot(params['Wxo']) + prev_h.dot(params['Who']) + params['bo'])
    g = np.tanh(x.dot(params['Wxg']) + prev_h.dot(params['Whg']) + params['bg'])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (x, prev_h, prev_c, i, f, o, g, next_c, params)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, i, f, o, g, next_c, params = cache
    tanh_c = np.tanh(next_c)

    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    df = dc * prev_c
    di = dc * g
    dg = dc * i
    dprev_c = dc * f

    dai = di * i * (1 - i)
    daf = df * f * (1 - f)
    dao = do * o * (1 - o)
    dag = dg * (1 - g ** 2)

    grads = {}
    dx = np.zeros_like(x)
    dprev_h = np.zeros_like(prev_h)
    for k, da in (('i', dai), ('f', daf), ('o', dao), ('g', dag)):
        grads['Wx' + k] = x.T.dot(da)
        grads['Wh' + k] = prev_h.T.dot(da)
        grads['b' + k] = da.sum(axis=0)
        dx += da.dot(params['Wx' + k].T)
        dprev_h += da.dot(params['Wh' + k].T)
    return dx, dprev_h, dprev_c, grads


def lstm_backward(dh, caches):
    N, T, H = dh.shape
    D = caches[0][0].shape[1]
    dx = np.zeros((N, T, D))
    total = {}
    dprev_h = np.zeros((N, H))
    dprev_c = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t, :], dprev_h, dprev_c, grads = lstm_step_backward(dh[:, t, :] + dprev_h, dprev_c, caches[t])
        for name in grads:
            total[name] = total.get(name, 0) + grads[name]
    return dx, dprev_h, total
