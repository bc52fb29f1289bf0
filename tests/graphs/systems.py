"""The systems that are drawn in these tests, by name."""

from functools import cache

import derive

CELLS = ("rnn", "lstm", "gru")

WRITTEN = {
    "window": "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2} + b)",
    "both ways": """
        f_t = tanh(W_f x_t + U_f f_{t-1} + b_f)
        g_t = tanh(W_b x_t + U_b g_{t+1} + b_b)
        y_t = V_f f_t + V_b g_t + c
        output y""",
    "scalar": """
        h_t = tanh(W * x_t + U * h_{t-1})
        loss_t = sum(h_t^2)
        shape x = (1, 1)
        shape h = (1, 1)
        output h
        loss loss""",
    "minimal gated": """
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
        n_t = tanh(W_n x_t + U_n (f_t * h_{t-1}) + b_n)
        h_t = (1 - f_t) * h_{t-1} + f_t * n_t""",
    "peephole": """
        f_t = sigmoid(W_f x_t + U_f h_{t-1} + p_f * c_{t-1})
        i_t = sigmoid(W_i x_t + U_i h_{t-1} + p_i * c_{t-1})
        g_t = tanh(W_g x_t + U_g h_{t-1})
        c_t = f_t * c_{t-1} + i_t * g_t
        o_t = sigmoid(W_o x_t + U_o h_{t-1} + p_o * c_t)
        h_t = o_t * tanh(c_t)
        output h""",
    "stacked": """
        h_t = tanh(W [h_{t-1}; x_t] + b)
        y_t = softmax(V h_t)
        output y""",
    "chinese": "状态_t = tanh(W x_t + U 状态_{t-1})",
}


@cache
def system(name):
    """A system by name: a built-in cell, one of the above, or cells and heads on top of each other, as in "rnn, rnn, readout"."""
    if name in WRITTEN:
        return derive.read("\n".join(line.strip() for line in WRITTEN[name].splitlines()), name.replace(" ", "-"))
    first, *others = name.split(", ")
    made = derive.cell(first)
    for other in others:
        made = derive.follow(made, derive.cell(other) if other in CELLS else derive.head(other))
    return made


@cache
def derivation(name):
    """The gradients of a system by name."""
    return derive.bptt(system(name))


DRAWN = [
    "rnn",
    "lstm",
    "gru",
    "rnn, readout, softmax_cross_entropy",
    "lstm, readout, softmax_cross_entropy",
    "rnn, rnn, readout",
    "lstm, lstm, readout",
    *WRITTEN,
]
"""Names for `system`, all kinds of forward systems."""
