"""Slips in backward passes that were published or reported, restated in the names of the cells here.

`WHOLE` are derivations as they were read in their sources, equation by equation, with all that is wrong in them: ten equations of three sources.
`SLIPS` are single equations of eight more, each in an otherwise right backward pass, and of three kinds: mistakes in a text or in code; what a
reader reports as one, by his word alone (qixianbiao); and corrections that readers proposed and that are themselves wrong
(deep-learning-from-scratch-2, julia-lstm). That of nn-from-scratch is of a feed-forward network.
"""

LSTM = """dh_t = dLdh_t + U_f^T df_{t+1} + U_i^T di_{t+1} + U_o^T do_{t+1} + U_g^T dg_{t+1}
do_t = dh_t * tanh(c_t) * o_t * (1 - o_t)
dc_t = dh_t * o_t * (1 - tanh(c_t)^2) + dc_{t+1} * f_{t+1}
df_t = dc_t * c_{t-1} * f_t * (1 - f_t)
di_t = dc_t * g_t * i_t * (1 - i_t)
dg_t = dc_t * i_t * (1 - g_t^2)
dW_f = sum_t df_t x_t^T
dU_o = sum_t do_t h_{t-1}^T
db_f = sum_t df_t
db_i = sum_t di_t
db_o = sum_t do_t
"""
RNN = """dh_t = dLdh_t + U^T draw_{t+1}
draw_t = (1 - h_t^2) * dh_t
dW = sum_t draw_t x_t^T
dU = sum_t draw_t h_{t-1}^T
db = sum_t draw_t
"""

PAGES = {"lstm": LSTM, "rnn": RNN}

SLIPS = {
    "github.com/CaptainE/RNN-LSTM-in-numpy/issues/1: the forget gate's value for its slope": ("lstm", "df_t = dc_t * c_{t-1} * sigmoid(f_t)"),
    "github.com/CaptainE/RNN-LSTM-in-numpy/issues/1: dh_next is not carried": ("lstm", "dh_t = dLdh_t"),
    "github.com/nicklashansen/rnn_lstm_from_scratch/issues/1: the slope of what is activated already": (
        "lstm", "dc_t = dh_t * o_t * (1 - tanh(tanh(c_t))^2) + dc_{t+1} * f_{t+1}"),
    "github.com/ehknight/julia-lstm/issues/1: half of the sum of the two paths": (
        "lstm", "dc_t = 0.5 * (dh_t * o_t * (1 - tanh(c_t)^2) + dc_{t+1} * f_{t+1})"),
    "github.com/qixianbiao/RNN/issues/2: the error of h is not passed to the step before": ("rnn", "dh_t = dLdh_t"),
    "github.com/VikParuchuri/zero_to_gpt/issues/9: h_t for h_{t-1}": ("rnn", "dU = sum_t draw_t h_t^T"),
    "github.com/oreilly-japan/deep-learning-from-scratch-2/issues/26: one over the slope": ("rnn", "draw_t = dh_t / (1 - h_t^2)"),
    "github.com/dennybritz/nn-from-scratch/pull/3: the slope at another layer's argument": ("rnn", "draw_t = (1 - tanh(h_t)^2) * dh_t"),
}  # fmt: skip
"""By source and slip: the cell whose right backward pass is `PAGES[cell]`, and the slip in the place of the equation that defines the same."""

TO_H = "dh_t = dLdh_t + U_f^T df_{t+1} + U_i^T di_{t+1} + U_o^T do_{t+1} + U_g^T dg_{t+1}"
TO_X = "dx_t = W_f^T df_t + W_i^T di_t + W_o^T do_t + W_g^T dg_t"

WHOLE = {
    "Coursera, Sequence Models, week 1, Building your Recurrent Neural Network - Step by Step, (7) to (17), as it was in 2018; reported in "
    "github.com/jinzishuai/learn2deeplearn/issues/44": (f"""
        carried_t = f_{{t+1}} * (carried_{{t+1}} + o_{{t+1}} * (1 - tanh(c_{{t+1}})^2) * dh_{{t+1}})
        do_t = dh_t * tanh(c_t) * o_t * (1 - o_t)
        dg_t = carried_t * i_t + o_t * (1 - tanh(c_t)^2) * i_t * dh_t * g_t * (1 - tanh(g_t)^2)
        di_t = carried_t * g_t + o_t * (1 - tanh(c_t)^2) * g_t * dh_t * i_t * (1 - i_t)
        df_t = carried_t * c_{{t-1}} + o_t * (1 - tanh(c_t)^2) * c_{{t-1}} * dh_t * f_t * (1 - f_t)
        dW_f = sum_t df_t x_t^T
        dU_f = sum_t df_t h_{{t-1}}^T
        db_o = sum_t do_t
        {TO_H}
        {TO_X}""", {"dg_t", "di_t", "df_t"}, set()),
    "github.com/hanbt/learn_dl, lstm.py at eff712e, calc_delta_k and calc_gradient_t; the biases are reported in issue 53": (f"""
        do_t = dh_t * tanh(c_t) * o_t * (1 - o_t)
        df_t = dh_t * o_t * (1 - tanh(c_t) * tanh(c_t)) * c_{{t-1}} * f_t * (1 - f_t)
        di_t = dh_t * o_t * (1 - tanh(c_t) * tanh(c_t)) * g_t * i_t * (1 - i_t)
        dg_t = dh_t * o_t * (1 - tanh(c_t) * tanh(c_t)) * i_t * (1 - g_t^2)
        {TO_H}
        dU_f = sum_t df_t h_{{t-1}}^T
        db_f = sum_t df_t
        dU_i = sum_t di_t h_{{t-1}}^T
        db_i = sum_t df_t
        dU_o = sum_t do_t h_{{t-1}}^T
        db_o = sum_t df_t
        dU_g = sum_t dg_t h_{{t-1}}^T
        db_g = sum_t dg_t""", {"df_t", "di_t", "dg_t", "db_i", "db_o"}, set()),
    "github.com/microsoft/ai-edu, 20.1 at b8d3380, (16) to (38), which has rows for columns": (f"""
        dh_t = dLdh_t
        do_t = dh_t * tanh(c_t) * o_t * (1 - o_t)
        dc_t = dh_t * o_t * (1 - tanh(c_t)^2)
        dg_t = dc_t * i_t * (1 - g_t^2)
        di_t = dc_t * g_t * i_t * (1 - i_t)
        df_t = dc_t * c_{{t-1}} * f_t * (1 - f_t)
        dU_o = sum_t h_{{t-1}} do_t^T
        dW_o = sum_t x_t do_t^T
        db_o = sum_t do_t
        dU_g = sum_t h_{{t-1}} dg_t^T
        dW_i = sum_t x_t di_t^T
        db_f = sum_t df_t
        {TO_X}""", {"dh_t", "dc_t"}, {"dU_o", "dW_o", "dU_g", "dW_i"}),
}  # fmt: skip
"""By source: a backward pass of the LSTM, the left sides that are wrong, and those that are transposed."""

RIGHT = {
    "the simple recurrent network": ("rnn", RNN, ()),
    "the LSTM, errors of the gates' arguments": ("lstm", LSTM, ()),
    "the LSTM, errors of the gates and of their arguments": ("lstm", """
        hbar_t = dLdh_t + U_f^T abar_f_{t+1} + U_i^T abar_i_{t+1} + U_o^T abar_o_{t+1} + U_g^T abar_g_{t+1}
        obar_t = hbar_t * tanh(c_t)
        cbar_t = hbar_t * o_t * (1 - tanh(c_t)^2) + cbar_{t+1} * f_{t+1}
        fbar_t = cbar_t * c_{t-1}
        abar_f_t = fbar_t * f_t * (1 - f_t)
        abar_o_t = obar_t * o_t * (1 - o_t)
        Wbar_f = sum_t abar_f_t x_t^T""", ()),
    "the LSTM, in fractions": ("lstm", r"""
        $$\frac{\partial L}{\partial c_t} = \frac{\partial L}{\partial h_t} \odot o_t \odot (1 - \tanh^2(c_t))
            + \frac{\partial L}{\partial c_{t+1}} \odot f_{t+1}$$
        $$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t), \quad
            \frac{\partial L}{\partial i_t} = \frac{\partial L}{\partial c_t} \odot g_t$$
        $$\frac{\partial L}{\partial b_i} = \sum_{t=1}^{T} \frac{\partial L}{\partial i_t} \odot i_t \odot (1 - i_t)$$""", ()),
    "the GRU": ("gru", """
        dh_t = dLdh_t + U_z^T da_z_{t+1} + U_r^T da_r_{t+1} + (U_n^T da_n_{t+1}) * r_{t+1} + dh_{t+1} * z_{t+1}
        da_n_t = dh_t * (1 - z_t) * (1 - n_t^2)
        da_z_t = dh_t * (h_{t-1} - n_t) * z_t * (1 - z_t)
        da_r_t = (U_n^T da_n_t) * h_{t-1} * r_t * (1 - r_t)
        dW_z = sum_t da_z_t x_t^T
        dU_n = sum_t da_n_t (r_t * h_{t-1})^T
        db_r = sum_t da_r_t""", ()),
    "the GRU with reset after the product": ("gru_reset_after", """
        dn_t = dh_t * (1 - z_t) * (1 - n_t^2)
        dr_t = dn_t * (U_n h_{t-1} + c_n) * r_t * (1 - r_t)
        dc_n = sum_t dn_t * r_t
        dU_n = sum_t (dn_t * r_t) h_{t-1}^T""", ()),
    "the step before in the place of the step": ("rnn", r"""
        $$\frac{\partial L}{\partial h_{t-1}} = \frac{\partial L_{t-1}}{\partial h_{t-1}} + U^\top \delta_t$$
        $$\delta_t = \frac{\partial L}{\partial h_t} \odot (1 - h_t \odot h_t)$$
        $$\nabla_{W} L = \sum_{t} \delta_t x_t^T$$""", ()),
    "one error that is carried by itself": ("rnn", """
        delta_t = (1 - h_t^2) * (dLdh_t + U^T delta_{t+1})
        dL/dU = sum_t delta_t h_{t-1}^T
        dL/dx_t = W^T delta_t""", ()),
    "min-char-rnn, with softmax and cross-entropy": ("rnn", """
        dy_t = p_t - target_t
        dV = sum_t dy_t h_t^T
        dh_t = V^T dy_t + dhnext_{t+1}
        draw_t = (1 - h_t^2) * dh_t
        dhnext_t = U^T draw_t
        dW = sum_t draw_t x_t^T""", ("readout", "softmax_cross_entropy")),
    "derivatives as rows": ("rnn", """
        delta_t = (1 - h_t^2) * dh_t
        dW = sum_t x_t delta_t^T
        dU = sum_t h_{t-1} delta_t^T""", ()),
    "the mean over the steps": ("rnn", """
        delta_t = (1 - h_t^2) * dh_t
        dW = sum_t delta_t x_t^T / T
        db = sum_t delta_t / T""", ()),
    "the direction of descent": ("rnn", """
        delta_t = (1 - h_t^2) * dh_t
        dW = -sum_t delta_t x_t^T
        db = -sum_t delta_t""", ()),
    "the independent recurrence": ("indrnn", """
        delta_t = step(h_t) * dh_t
        dW = sum_t delta_t x_t^T
        du = sum_t delta_t * h_{t-1}""", ()),
}  # fmt: skip
"""By name: the cell, a right backward pass of it, and the heads on top."""
