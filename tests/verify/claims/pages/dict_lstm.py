import numpy as np


def lstm_backward(model, cache, p, target):
    """
    cache: dict of per-step dicts x, h, c, f, i, o, g; h[-1] and c[-1] are zeros
    p[t]: softmax probabilities, target[t]: one-hot
    """
    x, h, c = cache['x'], cache['h'], cache['c']
    f, i, o, g = cache['f'], cache['i'], cache['o'], cache['g']
    T = len(x)

    grad = {k: np.zeros_like(v) for k, v in model.items()}
    dh_next = np.zeros_like(h[-1])
    dc_next = np.zeros_like(c[-1])

    for t in reversed(range(T)):
        # softmax loss gradient
        dy = p[t] - target[t]
        grad['Wy'] += np.outer(dy, h[t])
        grad['by'] += dy
        dh = model['Wy'].T @ dy + dh_next

        # h = o * tanh(c)
        do = dh * np.tanh(c[t])
        do = do * o[t] * (1 - o[t])

        dc = dh * o[t] * (1 - np.tanh(c[t]) ** 2) + dc_next

        # c = f * c_old + i * g
        df = dc * c[t-1]
        df = df * f[t] * (1 - f[t])
        di = dc * g[t]
        di = di * i[t] * (1 - i[t])
        dg = dc * i[t]
        dg = dg * (1 - g[t] ** 2)

        grad['Wf'] += np.outer(df, x[t])
        grad['Uf'] += np.outer(df, h[t-1])
        grad['bf'] += df
        grad['Wi'] += np.outer(di, x[t])
        grad['Ui'] += np.outer(di, h[t-1])
        grad['bi'] += di
        grad['Wo'] += np.outer(do, x[t])
        grad['Uo'] += np.outer(do, h[t-1])
        grad['bo'] += do
        grad['Wg'] += np.outer(dg, x[t])
        grad['Ug'] += np.outer(dg, h[t-1])
        grad['bg'] += dg

        dh_next = model['Uf'].T @ df + model['Ui'].T @ di + model['Ug'].T @ dg
        dc_next = f[t] * dc

    return grad
