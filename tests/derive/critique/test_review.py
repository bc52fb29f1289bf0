"""Remarks: each kind of slip is found where it stands, correct cells get none, and standard cells are recognized under other names."""

from __future__ import annotations

import json
import re

import pytest

import derive
from derive.critique.recognize import recognize
from derive.critique.remarks import KINDS
from tests.bptt.command import bptt
from tests.derive.cells.covering import covered, each_third

LSTM = {
    "f": "f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)",
    "i": "i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)",
    "o": "o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)",
    "g": "g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)",
    "c": "c_t = f_t * c_{t-1} + i_t * g_t",
    "h": "h_t = o_t * tanh(c_t)",
}
GRU = {
    "z": "z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)",
    "r": "r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)",
    "n": "n_t = tanh(W_n x_t + U_n (r_t * h_{t-1}) + b_n)",
    "h": "h_t = z_t * h_{t-1} + (1 - z_t) * n_t",
}
STACKED = {name: re.sub(r"W_(\w) x_t \+ U_\w h_\{t-1\}", r"W_\1 [h_{t-1}; x_t]", each) for name, each in LSTM.items()}
NOTES = r"""# 长短期记忆网络

遗忘门 $f_t$ 决定保留多少旧的记忆：
$$f_t = \sigma(W_f \cdot [f_{t-1}, x_t] + b_f)$$
$$i_t = \sigma(W_i \cdot [h_{t-1}, x_t])$$
$$\tilde{C}_t = \tanh(W_C \cdot [h_{t-1}, x_t] + b_C)$$
$$C_t = f_t * C_{t-1} + i_t * \tilde{C}_t$$
$$o_t = \sigma(W_o [h_{t-1}, x_t] + b_o)$$
$$h_t = o_t * \tanh(C_t)$$
"""


def page(cell: dict[str, str], prose: str = "", output: str = "h", **other: str) -> str:
    """The page of a cell with other equations in the place of its own."""
    return "\n".join(f"    {each}" for each in ({**cell, **other}).values()) + f"\n    output {output}\n\n{prose}\n"


SLIPS = {
    "an output that nobody names": (
        "A_t = rho A_{t-1} + h_t h_t^T\nh_t = tanh(W x_t + A_{t-1} h_{t-1})\nmatrix A",
        ["output (2): nothing says what is asked for, and A_t is taken; if it is h_t, say output h"],
    ),
    "a gate that reads itself": (
        page(STACKED, f="f_t = sigmoid(W_f [f_{t-1}; x_t] + b_f)"),
        ["reads itself (1): f_t reads f_{t-1}, where i_t, o_t and g_t read h_{t-1}; "
         "the standard form is f_t = sigmoid(W_f [h_{t-1}; x_t] + b_f)"],
    ),
    "a gate of a GRU that reads itself": (
        page(GRU, z="z_t = sigmoid(W_z x_t + U_z z_{t-1} + b_z)"),
        ["reads itself (1): z_t reads z_{t-1}, where r_t and n_t read h_{t-1}; "
         "the standard form is z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)"],
    ),
    "a gate without bias": (
        page(STACKED, i="i_t = sigmoid(W_i [h_{t-1}; x_t])"),
        ["no bias (2): i_t has no bias, where its siblings have b_f, b_o and b_g; "
         "the standard form is i_t = sigmoid(W_i [h_{t-1}; x_t] + b_i)"],
    ),
    "a candidate without bias": (
        page(LSTM, g="g_t = tanh(W_g x_t + U_g h_{t-1})"),
        ["no bias (4): g_t has no bias, where its siblings have b_f, b_i and b_o; "
         "the standard form is g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)"],
    ),
    "a gate without input": (
        page(LSTM, f="f_t = sigmoid(U_f h_{t-1} + b_f)"),
        ["no term (1): f_t does not read x_t, as i_t, o_t and g_t do; the standard form has a term W_f x_t"],
    ),
    "a gate without state": (
        page(LSTM, o="o_t = sigmoid(W_o x_t + b_o)"),
        ["no term (3): o_t does not read h_{t-1}, as f_t, i_t and g_t do; the standard form has a term U_o h_{t-1}"],
    ),
    "a gate that is not used": (
        page(GRU, n="n_t = tanh(W_n x_t + U_n h_{t-1} + b_n)"),
        ["unused (2): no output depends on r_t, so that W_r, U_r and b_r influence nothing; "
         "read it, leave it out, or declare it: output h, r"],
    ),
    "a state that is never read": (
        page(LSTM, m="m_t = f_t * m_{t-1} + x_t"),
        ["unused (7): no output depends on the state m_t; read it, leave it out, or declare it: output h, m"],
    ),
    "a memory that is not its own": (
        page(LSTM, c="c_t = f_t * h_{t-1} + i_t * g_t"),
        ["misreading (5): c_t reads h_{t-1} in the place of c_{t-1}; in the LSTM of Gers et al. 2000 it is c_{t-1}"],
    ),
    "a candidate one step late": (
        page(LSTM, c="c_t = f_t * c_{t-1} + i_t * g_{t-1}"),
        ["misreading (5): c_t reads g_{t-1} in the place of g_t; in the LSTM of Gers et al. 2000 it is g_t"],
    ),
    "a complement that is none": (
        page(GRU, h="h_t = z_t * h_{t-1} + z_t * n_t"),
        ["misreading (4): h_t reads z_t in the place of 1 - z_t; in the GRU of Cho et al. 2014 it is 1 - z_t"],
    ),
    "a gate used twice": (
        page(LSTM, h="h_t = i_t * tanh(c_t)"),
        ["unused (3): no output depends on o_t, so that W_o, U_o and b_o influence nothing; "
         "read it, leave it out, or declare it: output h, o",
         "misreading (6): h_t reads i_t in the place of o_t; in the LSTM of Gers et al. 2000 it is o_t"],
    ),
    "another case": (
        page(LSTM, c="c_t = f_t * C_{t-1} + i_t * g_t"),
        ["lookalike (5): C_{t-1} has no equation and counts as an input, while c_t is defined; did you mean c_{t-1}?"],
    ),
    "another case at the same time": (
        page(LSTM, h="h_t = o_t * tanh(C_t)"),
        ["lookalike (6): C_t has no equation and counts as an input, while c_t is defined; did you mean c_t?"],
    ),
    "another case in a gate": (
        page(LSTM, i="i_t = sigmoid(W_i x_t + U_i H_{t-1} + b_i)"),
        ["lookalike (2): H_{t-1} has no equation and counts as an input, while h_t is defined; did you mean h_{t-1}?"],
    ),
    "another accent": (
        page(LSTM, g="g_tilde_t = tanh(W_g x_t + U_g h_{t-1} + b_g)", c="c_t = f_t * c_{t-1} + i_t * g_hat_t"),
        ["lookalike (5): g_hat_t has no equation and counts as an input, while g_tilde_t is defined; did you mean g_tilde_t?"],
    ),
    "a parameter in another case": (
        page(GRU, z="z_t = sigmoid(W_z x_t + U_s h_{t-1} + b_z)", r="r_t = sigmoid(W_r x_t + U_S h_{t-1} + b_r)"),
        ["lookalike (2): U_S has no equation and counts as another parameter, while U_s is there too; did you mean U_s?"],
    ),
    "a borrowed matrix": (
        page(STACKED, i="i_t = sigmoid(W_f [h_{t-1}; x_t] + b_i)"),
        ["borrowed parameter (2): i_t uses W_f, whose index is that of f_t; the standard form has W_i there"],
    ),
    "a borrowed bias": (
        page(GRU, r="r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_z)"),
        ["borrowed parameter (2): r_t uses b_z, whose index is that of z_t; the standard form has b_r there"],
    ),
    "a gate copied from another": (
        page(LSTM, i="i_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)"),
        ["copy (2): i_t equals f_t; the standard form has parameters of its own"],
    ),
    "a gate that reads another": (
        page(LSTM, i="i_t = sigmoid(W_i x_t + U_i f_{t-1} + b_i)"),
        ["misreading (2): i_t reads f_{t-1} in the place of h_{t-1}; in the LSTM of Gers et al. 2000 it is h_{t-1}"],
    ),
    "an input of the step before": (
        page(STACKED, i="i_t = sigmoid(W_i [h_{t-1}; x_{t-1}] + b_i)"),
        ["misreading (2): i_t reads x_{t-1} in the place of x_t; in the LSTM of Gers et al. 2000 it is x_t"],
    ),
    "tanh in a gate": (
        page(LSTM, o="o_t = tanh(W_o x_t + U_o h_{t-1} + b_o)"),
        ["function (3): o_t has tanh in the place of sigmoid; in the LSTM of Gers et al. 2000 it is sigmoid, as a gate lies between 0 and 1"],
    ),
    "a sigmoid in a candidate": (
        page(LSTM, g="g_t = sigmoid(W_g x_t + U_g h_{t-1} + b_g)"),
        ["function (4): g_t has sigmoid in the place of tanh; "
         "in the LSTM of Gers et al. 2000 it is tanh, as a candidate lies between -1 and 1"],
    ),
    "a step that needs the next": (
        page(LSTM, f="f_t = sigmoid(W_f x_t + U_f h_{t+1} + b_f)"),
        ["lead (1): f_t reads h_{t+1}, which itself depends on the steps before; "
         "no order of the steps computes this; h_{t-1} would be the step before"],
    ),
    "exchanged against the text": (
        page(GRU, "The gate z_t admits the candidate, r_t resets."),
        ["swapped (4): the text says that z_t admits the new, by the equation it keeps the old; exchange z_t and 1 - z_t, or change the text"],
    ),
    "exchanged gates": (
        page(LSTM, "遗忘门 $f_t$，输入门 $i_t$，输出门 $o_t$", c="c_t = i_t * c_{t-1} + f_t * g_t"),
        ["swapped (5): the text says that i_t admits the new, by the equation it keeps the old; exchange the gates, or change the text"],
    ),
    "a step that is trained": (
        "    u_t = 0.9 * u_{t-1} + W x_t\n    s_t = step(u_t - b) * x_t\n    y_t = V s_t + (step(u_t) slope 1)\n    output y\n",
        ["no slope (2): the slope of step(u_t - b) is 0, so that no gradient reaches u and b through it; "
         "if it is trained, declare a slope that stands in for it: step(v) slope max(0, 1 - abs(v))"],
    ),
    "a small letter that is a number by convention alone": (
        "h_t = w x_t + U h_{t-1}",
        ["kind (1): w is read as one number, as it is a small letter beside a factor; "
         "if it is something else, declare it: vector w, matrix w or scalar w"],
    ),
    "layers of which nobody says how many there are": (
        "$$h_t^{(l)} = \\tanh(W^{(l)} h_t^{(l-1)} + U^{(l)} h_{t-1}^{(l)} + b^{(l)})$$",
        ["layer (1): the page does not say how many layers there are: one is read, and h_l_minus_1_t is an input; "
         "write l = 1, 2, 3 behind the equation, with the letter of the layer, and what layer 0 is"],
    ),
    "two slips in notes": (
        NOTES,
        ["reads itself (1): f_t reads f_{t-1}, where i_t, C_tilde_t and o_t read h_{t-1}; "
         "the standard form is f_t = sigmoid(W_f [h_{t-1}; x_t] + b_f)",
         "no bias (2): i_t has no bias, where its siblings have b_f, b_C and b_o; "
         "the standard form is i_t = sigmoid(W_i [h_{t-1}; x_t] + b_i)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("slip", covered(SLIPS, [*SLIPS][::2]))
def test_a_slip_gets_one_remark_that_says_where_and_what_is_standard(slip):
    text, expected = SLIPS[slip]
    found = [re.sub(r"^(line \d+, )?equation ", f"{each.kind} ", str(each)) for each in derive.remarks(derive.read(text))]
    assert found == expected


def test_each_kind_of_remark_has_a_slip_above():
    told = {re.split(r" \(\d", each)[0] for _, expected in SLIPS.values() for each in expected}
    assert told == {*KINDS, "lookalike"}


@pytest.mark.parametrize("cell", covered(derive.cell_names(), derive.cell_names()[::9]))
def test_a_built_in_cell_is_recognized_and_gets_no_remark(cell):
    system = derive.cell(cell)
    assert derive.remarks(system) == ()
    assert not derive.review(system)
    found = recognize(system)
    assert found is not None
    assert found.is_exact
    assert found.cell == cell


CORRECT = {
    "no biases at all": page({name: re.sub(r" \+ b_\w\)", ")", each) for name, each in LSTM.items()}),
    "a bias in the forget gate only": page({name: each if name == "f" else re.sub(r" \+ b_\w\)", ")", each) for name, each in LSTM.items()}),
    "a number for a bias": page(LSTM, f="f_t = sigmoid(W_f x_t + U_f h_{t-1} + 1)"),
    "another function": page(LSTM, g="g_t = relu(W_g x_t + U_g h_{t-1} + b_g)", h="h_t = o_t * relu(c_t)"),
    "a residual": page(LSTM, h="h_t = o_t * tanh(c_t) + x_t"),
    "no squashing of the memory": page(LSTM, h="h_t = o_t * c_t"),
    "one peephole": page(LSTM, f="f_t = sigmoid(W_f x_t + U_f h_{t-1} + p * c_{t-1} + b_f)"),
    "gates that see the input only": page({name: re.sub(r" U_\w h_\{t-1\} \+", "", each) for name, each in LSTM.items()}),
    "a gate with a memory of its own": page({
        "g": "g_t = sigmoid(W_g x_t + U_g g_{t-1} + b_g)", "h": "h_t = g_t * h_{t-1} + (1 - g_t) * tanh(W x_t + U h_{t-1} + b)"}),
    "a shared matrix": page(GRU, r="r_t = sigmoid(W_r x_t + U h_{t-1} + b_r)", z="z_t = sigmoid(W_z x_t + U h_{t-1} + b_z)"),
    "gates in a row": page(GRU, n="n_t = tanh(W_n x_t + U_n (u_t * h_{t-1}) + b_n)", u="u_t = sigmoid(W_u x_t + U_u (r_t * h_{t-1}) + b_u)"),
    "a readout and a loss": page(
        LSTM, y="p_t = softmax(V h_t + b_y)", loss="L_t = -sum(target_t * log(p_t))").replace("output h", "loss L"),
    "two layers": page({"u": "u_t = tanh(W_1 x_t + U_1 u_{t-1} + b_1)", "h": "h_t = tanh(W_2 u_t + U_2 h_{t-1} + b_2)"}),
    "both directions": page(
        {"p": "p_t = tanh(W x_t + U p_{t-1} + b)", "q": "q_t = tanh(V x_t + R q_{t+1} + c)", "h": "h_t = [p_t; q_t]"}),
    "two lags": page({"h": "h_t = tanh(W x_t + U_1 h_{t-1} + U_2 h_{t-2} + b)"}),
    "a matrix memory": page(
        {"k": "k_t = W_k x_t", "v": "v_t = W_v x_t", "q": "q_t = W_q x_t", "S": "S_t = S_{t-1} + v_t k_t^T", "h": "h_t = S_t q_t"}),
    "a candidate that is the state": page({
        "a": "a_t = sigmoid(A x_t + P h_{t-1} + k_a)", "b": "b_t = sigmoid(B x_t + Q m_{t-1} + k_b)",
        "m": "m_t = a_t * m_{t-1} + b_t * x_t", "h": "h_t = tanh(M m_t + b_t * h_{t-1})"}),
    "capitals for matrices of data": page({name: re.sub(r"\bx_t", "X_t", each) for name, each in LSTM.items()}),
    "a name in two cases, both defined": page({
        "C": "C_t = tanh(W_C x_t + U_C c_{t-1} + b_C)", "g": "g_t = sigmoid(W_g x_t + U_g c_{t-1} + b_g)",
        "c": "c_t = g_t * c_{t-1} + (1 - g_t) * C_t"}, output="c"),
    "a velocity": page({"v": "v_t = mu * v_{t-1} + s * (W x_t)", "h": "h_t = tanh(U h_{t-1} + v_t)"}),
    "a gate of the step before": page({
        "z": "z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)", "h": "h_t = z_{t-1} * h_{t-1} + (1 - z_{t-1}) * tanh(W x_t + b)"}),
}  # fmt: skip


@pytest.mark.parametrize("cell", each_third(CORRECT))
def test_a_correct_cell_gets_no_remark(cell):
    assert [str(each) for each in derive.remarks(derive.read(CORRECT[cell]))] == []


WORDS = {
    "z keeps the old state, 1 - z admits the candidate n.": True,
    "When $z_t$ is close to 1, the old state is kept.": True,
    "If z_t is near 0, the new candidate is written.": True,
    "The update gate $z_t$ decides how much of the past information is passed along.": True,
    "其中 $\\mathbf{z}_t$ 是更新门，决定保留多少旧状态": True,
    "更新门z_t接近0时，新的候选状态被写入": True,
    "更新门 $z_t$：控制前一时刻的状态信息被带入到当前状态中的程度": True,
    "$1 - z_t$ keeps the old state": False,
    "更新门 $z_t$ 接近 0 时，保留旧状态。": False,
    "$z_t$ 控制写入多少新的候选状态": False,
    "The update gate z controls how much of the new candidate is added.": False,
    "z_t mixes the old state and the new candidate.": None,
    "z_t decides how much of the past to forget.": None,
    "更新门 $z_t$ 用于控制历史信息与新信息的比例": None,
    "A gate may keep the old state, $z_t$ may not.": None,
}


@pytest.mark.parametrize("words", WORDS)
def test_what_the_text_says_of_a_gate_is_held_against_the_equation(words):
    for keeps, mixing in ((True, GRU["h"]), (False, "h_t = (1 - z_t) * h_{t-1} + z_t * n_t")):
        kinds = [each.kind for each in derive.remarks(derive.read(page(GRU, words, h=mixing)))]
        assert kinds == (["swapped"] if WORDS[words] is not None and WORDS[words] != keeps else [])


RENAMED = {
    "lstm": """
        s_t = tanh(m_t) * gamma_t
        m_t = alpha_t * m_{t-1} + tanh(G u_t + H s_{t-1} + k_4) * beta_t
        alpha_t = sigmoid(k_1 + A s_{t-1} + B u_t)
        beta_t = sigmoid(k_2 + C s_{t-1} + D u_t)
        gamma_t = sigmoid(k_3 + E s_{t-1} + F u_t)
        output s""",
    "gru": r"""
$$z_t = \sigma(W_z [h_{t-1}, x_t] + b_z)$$
$$r_t = \sigma(W_r [h_{t-1}, x_t] + b_r)$$
$$\tilde{h}_t = \tanh(W_h [r_t \odot h_{t-1}, x_t] + b_h)$$
$$h_t = (1 - z_t) \odot h_{t-1} + z_t \odot \tilde{h}_t$$""",
    "rnn": "    a_t = W_hh s_{t-1} + W_xh u_t + k\n    s_t = tanh(a_t)\n    o_t = V s_t + c\n    output o",
    "mgu": """
        a_t = V x_t + R s_{t-1} + d
        f_t = sigmoid(a_t)
        s_t = (1 - f_t) * s_{t-1} + f_t * tanh(W x_t + U (f_t * s_{t-1}) + b)
        output s""",
    "gru_reset_after": """
        r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
        z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))
        h_t = (1 - z_t) * n_t + z_t * h_{t-1}
        output h""",
}  # fmt: skip


@pytest.mark.parametrize("cell", RENAMED)
def test_a_standard_cell_is_recognized_under_other_names(cell):
    found = derive.review(derive.read(RENAMED[cell]))
    assert found.recognition is not None
    assert (found.recognition.cell, found.recognition.is_exact, found.remarks) == (cell, True, ())


def test_a_packed_lstm_is_recognized():
    text = """
        p_t = W x_t + U h_{t-1} + b
        f_t = sigmoid(p_t[0:n_h])
        i_t = sigmoid(p_t[n_h:2 n_h])
        o_t = sigmoid(p_t[2 n_h:3 n_h])
        g_t = tanh(p_t[3 n_h:4 n_h])
        c_t = f_t * c_{t-1} + i_t * g_t
        h_t = o_t * tanh(c_t)
        output h"""
    found = recognize(derive.read(text))
    assert found is not None
    assert (found.cell, found.is_exact) == ("lstm", True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (page(LSTM), "This is the LSTM of Gers et al. 2000 (lstm)."),
        (page(LSTM, y="y_t = V h_t", output="y"), "This is the LSTM of Gers et al. 2000 (lstm), read by equation (7)."),
        (page(LSTM, h="h_t = tanh(c_t)"),
         "This is the LSTM of Gers et al. 2000 (lstm), but for: h_t is tanh(c_t) in the place of o_t * tanh(c_t)."),
        (page(GRU, h="h_t = (1 - z_t) * h_{t-1} + z_t * n_t"),
         "This is the GRU of Cho et al. 2014 (gru); z_t is 1 minus the gate of the cell, which is a matter of convention."),
        (CORRECT["no biases at all"], "This is the LSTM of Gers et al. 2000 (lstm), but for: there are no biases."),
        ("h_t = tanh(W x_t + U H_{t-1} + b)",
         "This is the simple recurrent network of Elman 1990 (rnn), but for: h_t reads H_{t-1} in the place of h_{t-1}."),
    ],
)  # fmt: skip
def test_the_sentence_names_the_cell_and_its_differences(text, sentence):
    assert str(derive.review(derive.read(text)).recognition) == sentence


@pytest.mark.parametrize("text", ["h_t = W x_t", "s_t = a * s_{t-1} + (1 - a) * x_t\nf_t = tanh(W x_t + U f_{t-1} + R s_t + b)"])
def test_what_is_no_standard_cell_is_not_called_one(text):
    assert recognize(derive.read(text)) is None


@pytest.mark.full
def test_the_command_line_shows_remarks_and_goes_on(tmp_path):
    target = tmp_path / "notes.md"
    target.write_text(NOTES, encoding="utf-8")
    shown = bptt("derive", str(target), "--format", "markdown")
    assert shown.returncode == 0
    assert shown.stdout.index("## Remarks") < shown.stdout.index("## The equations")
    assert "**Line 4, equation (1):** $f_{t}$ reads $f_{t-1}$" in shown.stdout
    judged = bptt("verify", str(target))
    assert judged.returncode == 0
    assert "Line 5, equation (2): iₜ has no bias" in judged.stdout
    assert "All checks hold" in judged.stdout


@pytest.mark.parametrize("command", ["derive", pytest.param("verify", marks=pytest.mark.full)])
def test_remarks_are_data_too(command):
    data = json.loads(bptt(command, "-", "--json", text=NOTES).stdout)
    assert [(each["kind"], each["equation"], each["line"]) for each in data["remarks"]] == [("reads itself", 1, 4), ("no bias", 2, 5)]
    assert (data["recognized"]["cell"], data["recognized"]["exact"]) == ("lstm", False)
    built_in = json.loads(bptt(command, "rnn", "--json").stdout)
    assert (built_in["recognized"], built_in["remarks"]) == (None, [])


def test_where_there_is_nothing_to_say_there_is_no_section():
    for system in (derive.cell("lstm"), derive.read("h_t = (1 - k) * h_{t-1} + k * tanh(W x_t + U h_{t-1} + b)")):
        assert "Remarks" not in [getattr(each, "text", "") for each in derive.explain(derive.bptt(system))]


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("h_t = tanh(A (B x_t) + U h_{t-1})", "nothing says what the size n_B of `A` is, so that it is for you to choose"),
        (
            "g_t = sigmoid(w^T x_t + b)\nh_t = g_t h_{t-1} + tanh(W x_t)",
            "`g` is one number at each step and not one for each entry, as what it is computed from is one",
        ),
        ("c_t = c_{t-1} + h_t x_t^T\nh_t = tanh(c_{t-1} x_t)", "`c` is a matrix, as what it is computed from is one"),
    ],
)
def test_odd_sizes_are_remarked_on_and_declared_ones_are_not(page, told):
    assert told in [each.fact for each in derive.review(derive.read(page)).remarks]
    name = re.findall("`(.)`", told)[0]
    kind = {"A": "shape A = (h, 5)", "g": "scalar g", "c": "matrix c"}[name]
    assert told not in [each.fact for each in derive.review(derive.read(f"{page}\n{kind}")).remarks]
