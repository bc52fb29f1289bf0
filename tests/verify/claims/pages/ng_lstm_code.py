import numpy as np


def lstm_cell_backward(da_next, dc_next, cache):
    """
    Backward pass for one LSTM step.

    da_next -- gradient of the next hidden state, shape (n_a, m)
    dc_next -- gradient of the next cell state, shape (n_a, m)
    cache -- stored by the forward pass
    """
    (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters) = cache

    Wf, Wi, Wc, Wo = parameters["Wf"], parameters["Wi"], parameters["Wc"], parameters["Wo"]
    Uf, Ui, Uc, Uo = parameters["Uf"], parameters["Ui"], parameters["Uc"], parameters["Uo"]

    # gates
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dcct = (dc_next * it + ot * (1 - np.square(np.tanh(c_next))) * it * da_next) * (1 - np.square(cct))
    dit = (dc_next * cct + ot * (1 - np.square(np.tanh(c_next))) * cct * da_next) * it * (1 - it)
    dft = (dc_next * c_next + ot * (1 - np.square(np.tanh(c_next))) * c_next * da_next) * ft * (1 - ft)

    # parameters
    dWf = np.dot(dft, xt.T)
    dWi = np.dot(dit, xt.T)
    dWc = np.dot(dcct, xt.T)
    dWo = np.dot(dot, xt.T)
    dUf = np.dot(dft, a_prev.T)
    dUi = np.dot(dit, a_prev.T)
    dUc = np.dot(dcct, a_prev.T)
    dUo = np.dot(dot, a_prev.T)
    dbf = np.sum(dft, axis=1, keepdims=True)
    dbi = np.sum(dit, axis=1, keepdims=True)
    dbc = np.sum(dcct, axis=1, keepdims=True)
    dbo = np.sum(dot, axis=1, keepdims=True)

    # previous states and input
    da_prev = np.dot(Uf.T, dft) + np.dot(Ui.T, dit) + np.dot(Uc.T, dcct) + np.dot(Uo.T, dot)
    dc_prev = dc_next * ft + ot * (1 - np.square(np.tanh(c_next))) * ft * da_next
    dxt = np.dot(Wf.T, dft) + np.dot(Wi.T, dit) + np.dot(Wc.T, dcct) + np.dot(Wo.T, dot)

    return {"dxt": dxt, "da_prev": da_prev, "dc_prev": dc_prev,
            "dWf": dWf, "dbf": dbf, "dWi": dWi, "dbi": dbi,
            "dWc": dWc, "dbc": dbc, "dWo": dWo, "dbo": dbo,
            "dUf": dUf, "dUi": dUi, "dUc": dUc, "dUo": dUo}
