import numpy as np


def sigmoid(v):
    return 1.0 / (1.0 + np.exp(-v))


def gru_step_forward(x, h_prev, Wz, Wr, Wn, Uz, Ur, Un):
    z = sigmoid(Wz @ x + Uz @ h_prev)
    r = sigmoid(Wr @ x + Ur @ h_prev)
    n = np.tanh(Wn @ x + Un @ (r * h_prev))
    h = (1 - z) * n + z * h_prev
    return h, (x, h_prev, z, r, n)


def gru_step_backward(dh, cache, Wz, Wr, Wn, Uz, Ur, Un):
    """dh: gradient with respect to h (already including the next step)."""
    x, h_prev, z, r, n = cache

    dz = dh * (n - h_prev)
    dn = dh * (1 - z)

    daz = dz * z * (1 - z)
    dan = dn * (1 - n ** 2)

    drh = Un.T @ dan
    dr = drh * h_prev
    dar = dr * r * (1 - r)

    dWz, dUz = np.outer(daz, x), np.outer(daz, h_prev)
    dWr, dUr = np.outer(dar, x), np.outer(dar, h_prev)
    dWn, dUn = np.outer(dan, x), np.outer(dan, r * h_prev)

    dx = Wz.T @ daz + Wr.T @ dar + Wn.T @ dan
    dh_prev = dh * z + drh * r + Uz.T @ daz + Ur.T @ dar
    return dx, dh_prev, dWz, dWr, dWn, dUz, dUr, dUn
