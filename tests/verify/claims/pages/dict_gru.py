import numpy as np


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gru_forward(model, xs):
    """xs: list of vectors. Returns dicts over time, index -1 holds the initial state."""
    h, z, r, hh = {}, {}, {}, {}
    h[-1] = np.zeros(model['bh'].shape)
    for t in range(len(xs)):
        z[t] = sigmoid(model['Wz'] @ xs[t] + model['Uz'] @ h[t-1] + model['bz'])
        r[t] = sigmoid(model['Wr'] @ xs[t] + model['Ur'] @ h[t-1] + model['br'])
        hh[t] = np.tanh(model['Wh'] @ xs[t] + model['Uh'] @ (r[t] * h[t-1]) + model['bh'])
        h[t] = (1 - z[t]) * h[t-1] + z[t] * hh[t]
    return {'x': xs, 'h': h, 'z': z, 'r': r, 'hh': hh}


def gru_backward(model, cache, dh_top):
    """dh_top[t] is the gradient that the rest of the network puts on h[t]."""
    x, h, z, r, hh = cache['x'], cache['h'], cache['z'], cache['r'], cache['hh']
    grad = {k: np.zeros_like(v) for k, v in model.items()}
    dhnext = np.zeros_like(h[-1])
    for t in reversed(range(len(x))):
        dh = dh_top[t] + dhnext

        dhh = dh * z[t]
        dz = dh * (hh[t] - h[t-1])
        dhprev = dh * (1 - z[t])

        dhh_raw = dhh * (1 - hh[t] ** 2)
        grad['Wh'] += np.outer(dhh_raw, x[t])
        grad['Uh'] += np.outer(dhh_raw, r[t] * h[t-1])
        grad['bh'] += dhh_raw
        drh = model['Uh'].T @ dhh_raw
        dr = drh * h[t-1]
        dhprev += drh * r[t]

        dr_raw = dr * r[t] * (1 - r[t])
        grad['Wr'] += np.outer(dr_raw, x[t])
        grad['Ur'] += np.outer(dr_raw, h[t-1])
        grad['br'] += dr_raw
        dhprev += model['Ur'].T @ dr_raw

        dz_raw = dz * z[t] * (1 - z[t])
        grad['Wz'] += np.outer(dz_raw, x[t])
        grad['Uz'] += np.outer(dz_raw, h[t-1])
        grad['bz'] += dz_raw
        dhprev += model['Uz'].T @ dz_raw

        dhnext = dhprev
    return grad
