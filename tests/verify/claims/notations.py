r"""Right derivations in the notations of books, courses and notes, in our own words, and slips that may be planted in them.

By name: the page of the cell (of `PAGES`, or a built-in one), the derivation, and slips as (what stands there once, what is put in its place).
"""

from __future__ import annotations

from dataclasses import dataclass

PAGES = {
    "h": "h_t = tanh(W x_t + U h_{t-1} + b)\noutput h",
    "z": "z_t = W x_t + U h_{t-1} + b\nh_t = tanh(z_t)\noutput h",
    "goodfellow": "a_t = b + W h_{t-1} + U x_t\nh_t = tanh(a_t)\no_t = c + V h_t\np_t = softmax(o_t)\nloss_t = -sum(y_t * log_softmax(o_t))\n"
    "distribution y\nloss loss",
    "wildml": "s_t = tanh(U x_t + W s_{t-1})\nz_t = V s_t\np_t = softmax(z_t)\nloss_t = -sum(y_t * log(p_t))\ndistribution y\nloss loss",
    "undeclared": "h_t = tanh(W_{xh} x_t + W_{hh} h_{t-1} + b_h)\ny_t = softmax(W_{hy} h_t + b_y)\nloss_t = -sum(d_t * log(y_t))\nloss loss",
    "scalar readout": "h_t = tanh(W x_t + U h_{t-1})\ny_t = V h_t\noutput y",
}


@dataclass(frozen=True)
class Notation:
    """A derivation and how it may go wrong."""

    cell: str
    text: str
    slips: tuple[tuple[str, str], ...] = ()


NOTATIONS = {
    "plain, dL/dh beside its own sum": Notation("h", """
dh_t = dL/dh_t + U^T dz_{t+1}
dz_t = dh_t * (1 - h_t^2)
dW = sum_t dz_t x_t^T
dU = sum_t dz_t h_{t-1}^T
db = sum_t dz_t
""", (("U^T dz_{t+1}", "U dz_{t+1}"), ("dh_t * (1 - h_t^2)", "dh_t * (1 - h_t)"), ("dz_t h_{t-1}^T", "dz_t h_t^T"))),
    "latex, the same": Notation("h", r"""
$$dh_t = \frac{\partial L}{\partial h_t} + U^\top dz_{t+1}$$
$$dz_t = dh_t \odot (1 - h_t^2)$$
$$dW = \sum_t dz_t x_t^\top$$
""", ((r"U^\top dz_{t+1}", r"U dz_{t+1}"), ("(1 - h_t^2)", "(1 + h_t^2)"))),
    "a definition beside its recursion": Notation("z", r"""
$$\delta_t = \frac{\partial L}{\partial z_t}$$
$$\delta_t = (1 - h_t^2) \odot \left(\frac{\partial L_t}{\partial h_t} + U^\top \delta_{t+1}\right)$$
$$\frac{\partial L}{\partial W} = \sum_t \delta_t x_t^\top, \quad \frac{\partial L}{\partial U} = \sum_t \delta_t h_{t-1}^\top$$
""", ((r"U^\top \delta_{t+1}", r"U \delta_{t+1}"), (r"\delta_t h_{t-1}^\top", r"\delta_t h_t^\top"), ("(1 - h_t^2)", "(1 - h_t)"))),
    "a definition in plain text": Notation("z", """
delta_t = dL/dz_t
delta_t = (1 - h_t^2) * (dL_t/dh_t + U^T delta_{t+1})
dL/dU = sum_t delta_t h_{t-1}^T
dL/dW = sum_t delta_t x_t^T
""", (("U^T delta_{t+1}", "U^T delta_{t-1}"), ("delta_t x_t^T", "delta_t x_{t-1}^T"))),
    "a definition := with \\equiv": Notation("z", r"""
$$\delta_t \equiv \frac{\partial L}{\partial z_t}$$
$$\delta_t = (1 - h_t^2) \odot \frac{\partial L}{\partial h_t}$$
$$\frac{\partial L}{\partial b} = \sum_t \delta_t$$
""", ((r"= (1 - h_t^2) \odot", r"= (1 - h_t) \odot"),)),
    "Goodfellow, gradients as nablas": Notation("goodfellow", r"""
$$(\nabla_{o^{(t)}} L)= \hat{y}^{(t)} - y^{(t)}$$
$$\nabla_{h^{(t)}} L = W^\top \operatorname{diag}\left(1 - (h^{(t+1)})^2\right) (\nabla_{h^{(t+1)}} L) + V^\top (\nabla_{o^{(t)}} L)$$
$$\nabla_c L = \sum_t \nabla_{o^{(t)}} L$$
$$\nabla_b L = \sum_t \operatorname{diag}\left(1 - (h^{(t)})^2\right) \nabla_{h^{(t)}} L$$
$$\nabla_V L = \sum_t (\nabla_{o^{(t)}} L) h^{(t)\top}$$
$$\nabla_W L = \sum_t \operatorname{diag}\left(1 - (h^{(t)})^2\right) (\nabla_{h^{(t)}} L) h^{(t-1)\top}$$
$$\nabla_U L = \sum_t \operatorname{diag}\left(1 - (h^{(t)})^2\right) (\nabla_{h^{(t)}} L) x^{(t)\top}$$
""".replace(r"\hat{y}", "p"), ((r"h^{(t-1)\top}", r"h^{(t)\top}"), (r"V^\top (\nabla_{o^{(t)}} L)", r"V (\nabla_{o^{(t)}} L)"), ("p^{(t)} - y^{(t)}", "y^{(t)} - p^{(t)}"))),
    "Goodfellow, bold": Notation("goodfellow", r"""
$$\nabla_{\boldsymbol{h}^{(t)}} L = \boldsymbol{W}^{\top} \left(\nabla_{\boldsymbol{h}^{(t+1)}} L\right) \odot 1 + \boldsymbol{V}^{\top} \nabla_{\boldsymbol{o}^{(t)}} L$$
""".replace(r"\left(\nabla_{\boldsymbol{h}^{(t+1)}} L\right) \odot 1", r"\mathrm{diag}(1 - (\boldsymbol{h}^{(t+1)})^2) \left(\nabla_{\boldsymbol{h}^{(t+1)}} L\right)")),
    "an undeclared distribution": Notation("undeclared", """
dW_hy = sum_t (y_t - d_t) h_t^T
db_y = sum_t (y_t - d_t)
dh_t = W_hy^T (y_t - d_t) + W_hh^T da_{t+1}
da_t = (1 - h_t^2) * dh_t
dW_hh = sum_t da_t h_{t-1}^T
""", (("sum_t (y_t - d_t) h_t^T", "sum_t (d_t + y_t) h_t^T"), ("da_t h_{t-1}^T", "da_t h_t^T"))),
    "+= in a loop": Notation("h", """
dz_t = (1 - h_t^2) * dh_t
dW += dz_t x_t^T
dU += dz_t h_{t-1}^T
db += dz_t
""", (("dz_t x_t^T", "x_t dz_t^T * 2"), ("dU += dz_t h_{t-1}^T", "dU += dz_t h_t^T"))),
    "+= in latex": Notation("h", r"""
\begin{align}
\delta_t &= (1 - h_t \odot h_t) \odot \left(\frac{\partial L_t}{\partial h_t} + U^T \delta_{t+1}\right) \\
\frac{\partial L}{\partial W} &\mathrel{+}= \delta_t x_t^T \\
\frac{\partial L}{\partial U} &+= \delta_t h_{t-1}^T
\end{align}
""", ((r"\delta_t h_{t-1}^T", r"\delta_t h_{t}^T"),)),
    "+= of the step before": Notation("h", """
dh_{t-1} += U^T ((1 - h_t^2) * dh_t)
dW += ((1 - h_t^2) * dh_t) x_t^T
""", (("U^T ((1", "U ((1"),)),
    "a Jacobian and a chain": Notation("h", r"""
$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1 - h_t^2) U$$
$$\frac{\partial L}{\partial h_t} = \frac{\partial L_t}{\partial h_t} + \left(\frac{\partial h_{t+1}}{\partial h_t}\right)^\top \frac{\partial L}{\partial h_{t+1}}$$
""", ((r"\operatorname{diag}(1 - h_t^2) U", r"\operatorname{diag}(1 - h_t^2) U^\top"), (r"(1 - h_t^2)", r"(1 - h_{t-1}^2)"))),
    "a product of Jacobians": Notation("h", r"""
$$\frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}} = \prod_{j=k+1}^{t} \operatorname{diag}(1 - h_j^2) U$$
""", ((r"diag}(1 - h_j^2) U", r"diag}(1 - h_j^2) U^\top"), (r"\operatorname{diag}(1 - h_j^2)", r"\operatorname{diag}(1 - h_{j-1}^2)"))),
    "the sum over k": Notation("wildml", r"""
$$\frac{\partial E_3}{\partial W} = \sum_{k=1}^{3} \frac{\partial E_3}{\partial z_3} \frac{\partial z_3}{\partial s_3} \left(\prod_{j=k+1}^{3} \frac{\partial s_j}{\partial s_{j-1}}\right) \frac{\partial s_k}{\partial W}$$
""", (("j=k+1", "j=k"), (r"\sum_{k=1}^{3}", r"\sum_{k=2}^{3}"))),
    "the sum over k of dE_3/dV": Notation("wildml", r"""
$$\frac{\partial E_3}{\partial V} = \frac{\partial E_3}{\partial p_3} \frac{\partial p_3}{\partial V} = \frac{\partial E_3}{\partial p_3} \frac{\partial p_3}{\partial z_3} \frac{\partial z_3}{\partial V} = (p_3 - y_3) \otimes s_3$$
""", (("(p_3 - y_3)", "(y_3 - p_3)"),)),
    "the sum over t and k": Notation("wildml", r"""
$$\frac{\partial E}{\partial W} = \sum_{t=1}^{T} \sum_{k=1}^{t} \frac{\partial E_t}{\partial z_t} \frac{\partial z_t}{\partial s_t} \frac{\partial s_t}{\partial s_k} \frac{\partial s_k}{\partial W}$$
""", ((r"\frac{\partial s_k}{\partial W}", r"\frac{\partial s_t}{\partial W}"),)),
    "bars": Notation("h", r"""
$$\bar{h}_t = \bar{y}_t + U^\top \bar{a}_{t+1}$$
$$\bar{a}_t = \bar{h}_t \circ (1 - h_t^2)$$
$$\bar{W} = \sum_{t=1}^{T} \bar{a}_t x_t^\top$$
""".replace(r"\bar{y}_t", r"\frac{\partial L_t}{\partial h_t}"), ((r"U^\top \bar{a}_{t+1}", r"U^\top \bar{a}_{t}"),)),
    "Unicode": Notation("h", """
δ_t = (1 − h_t²) ⊙ (∂L_t/∂h_t + Uᵀ δ_{t+1})
∂L/∂W = Σ_t δ_t x_tᵀ
∂L/∂U = Σ_t δ_t h_{t−1}ᵀ
∂L/∂b = Σ_t δ_t
""", (("h_{t−1}ᵀ", "h_tᵀ"), ("Uᵀ δ", "U δ"))),
    "derivatives with tfrac": Notation("z", r"""
$$\tfrac{dL}{dz_t} = \tfrac{dL}{dh_t} \odot (1 - h_t^2),\qquad \tfrac{dL}{dx_t} = W^\top \tfrac{dL}{dz_t}$$
""", ((r"W^\top \tfrac", r"W \tfrac"),)),
    "a cost J": Notation("z", r"""
$$\frac{\partial J}{\partial z_t} = \frac{\partial J}{\partial h_t} \odot (1 - h_t^2)$$
$$\frac{\partial J}{\partial U} = \sum_{t=1}^{T} \frac{\partial J}{\partial z_t} h_{t-1}^{T}$$
""", (("h_{t-1}^{T}", "h_{t}^{T}"),)),
    "the chain rule written out before its value": Notation("z", r"""
$$\frac{\partial L}{\partial z_t} = \frac{\partial L}{\partial h_t} \frac{\partial h_t}{\partial z_t} = \frac{\partial L}{\partial h_t} \odot (1 - h_t^2)$$
$$\frac{\partial L}{\partial U} = \sum_t \frac{\partial L}{\partial z_t} \frac{\partial z_t}{\partial U} = \sum_t \frac{\partial L}{\partial z_t} h_{t-1}^\top$$
""", ((r"\odot (1 - h_t^2)", r"\odot (1 - h_t)"),)),
    "sums from T down": Notation("h", r"""
$$\delta_T = (1 - h_T^2) \odot \frac{\partial L_T}{\partial h_T}$$
$$\delta_t = (1 - h_t^2) \odot \left(\frac{\partial L_t}{\partial h_t} + U^\top \delta_{t+1}\right)$$
$$\frac{\partial L}{\partial U} = \sum_{t=1}^{T} \delta_t h_{t-1}^\top$$
""", ((r"(1 - h_T^2)", r"(1 + h_T^2)"),)),
    "the LSTM by Ng": Notation("lstm", r"""
$$d\Gamma_o^{\langle t \rangle} = dh_t * \tanh(c_t) * o_t * (1 - o_t)$$
$$dc_t = dh_t * o_t * (1 - \tanh(c_t)^2) + dc_{t+1} * f_{t+1}$$
$$df_t = dc_t * c_{t-1} * f_t * (1 - f_t)$$
$$dW_f = \sum_t df_t x_t^T$$
""".replace(r"d\Gamma_o^{\langle t \rangle}", "do_t"), (("c_{t-1} * f_t", "c_t * f_t"), ("o_t * (1 - o_t)", "f_t * (1 - f_t)"), (" + dc_{t+1} * f_{t+1}", ""))),
    "Ng's angle brackets": Notation("lstm", r"""
$$do^{\langle t \rangle} = dh^{\langle t \rangle} * \tanh(c^{\langle t \rangle}) * o^{\langle t \rangle} * (1 - o^{\langle t \rangle})$$
$$dW_o = \sum_t do^{\langle t \rangle} x^{\langle t \rangle T}$$
""", (("x^{\\langle t \\rangle T}", "x^{\\langle t-1 \\rangle T}"),)),
    "da_next and da_prev": Notation("h", """
dtanh_t = (1 - h_t^2) * dh_next_t
dx_t = W^T dtanh_t
dW = sum_t dtanh_t x_t^T
dh_prev_t = U^T dtanh_t
""".replace("dh_next_t", "dh_t")),
    "a Chinese note": Notation("h", r"""
# 反向传播

记 $\delta_t$ 为误差项，则

$$\delta_t = (1 - h_t^2) \odot \left(\frac{\partial L_t}{\partial h_t} + U^T \delta_{t+1}\right)$$

于是权重的梯度为

$$\frac{\partial L}{\partial W} = \sum_{t=1}^T \delta_t x_t^T$$
""", ((r"\delta_t x_t^T", r"\delta_{t+1} x_t^T"),)),
    "rows": Notation("h", r"""
$$\frac{\partial L}{\partial h_t} = \frac{\partial L}{\partial h_{t+1}} \frac{\partial h_{t+1}}{\partial h_t} + \frac{\partial L_t}{\partial h_t}$$
""", ((r" + \frac{\partial L_t}{\partial h_t}", ""),)),
    "aligned steps": Notation("z", r"""
$$\begin{aligned}
\frac{\partial L}{\partial z_t} &= \frac{\partial L}{\partial h_t} \odot (1 - h_t^2) \\
\frac{\partial L}{\partial W} &= \sum_t \frac{\partial L}{\partial z_t} x_t^\top \\
\frac{\partial L}{\partial x_t} &= W^\top \frac{\partial L}{\partial z_t}
\end{aligned}$$
""", ((r"W^\top \frac{\partial L}{\partial z_t}", r"W^\top \frac{\partial L}{\partial h_t}"),)),
    "names with grad": Notation("h", """
grad_a_t = grad_h_t * (1 - h_t^2)
grad_h_t = dLdh_t + U^T grad_a_{t+1}
grad_W = sum_t grad_a_t x_t^T
""", (("U^T grad_a_{t+1}", "U^T grad_h_{t+1}"),)),
    "an error e of the output": Notation("scalar readout", """
dV = sum_t e_t h_t^T
delta_t = (1 - h_t^2) * (V^T e_t + U^T delta_{t+1})
dW = sum_t delta_t x_t^T
dU = sum_t delta_t h_{t-1}^T
""", (("V^T e_t", "V e_t"), ("dW = sum_t delta_t x_t^T", "dW = sum_t delta_t h_t^T"))),
    "the slope as a prime": Notation("z", r"""
$$\delta_t := \frac{\partial L}{\partial z_t}, \qquad \delta_t = \tanh'(z_t) \odot \left( U^\top \delta_{t+1} + \frac{\partial L_t}{\partial h_t}\right)$$
""", ((r"U^\top \delta", r"U \delta"),)),
    "paths along the memory of an LSTM": Notation("lstm", r"""
$$\frac{\partial c_t}{\partial c_{t-1}} = f_t$$
$$\frac{\partial c_t}{\partial c_k} = \prod_{j=k+1}^t \mathrm{diag}(f_j)$$
$$\frac{\partial h_t}{\partial c_t} = o_t \odot (1-\tanh^2(c_t))$$
$$\frac{\partial c_t}{\partial f_t} = c_{t-1}$$
""", (("diag}(f_j)", "diag}(i_j)"), ("= f_t", "= f_{t-1}"), (r"= c_{t-1}", "= c_t"))),
    "small and large deltas": Notation("lstm", r"""
$$\delta h_t = \Delta_t + \Delta h_t$$
$$\Delta h_{t-1} = U_f^\top \delta f_t + U_i^\top \delta i_t + U_o^\top \delta o_t + U_g^\top \delta g_t$$
$$\delta o_t = \delta h_t \odot \tanh(c_t) \odot o_t \odot (1-o_t)$$
$$\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2(c_t)) + \delta c_{t+1} \odot f_{t+1}$$
""", ((r"\delta c_{t+1} \odot f_{t+1}", r"\delta c_{t+1} \odot f_t"),)),
    "from k = 0, and sums of the losses of steps": Notation("wildml", r"""
$$\frac{\partial E_t}{\partial W} = \sum_{k=0}^{t} \frac{\partial E_t}{\partial p_t}\frac{\partial p_t}{\partial s_t}\frac{\partial s_t}{\partial s_k}\frac{\partial s_k}{\partial W}$$
$$\frac{\partial E}{\partial W} = \sum_t \frac{\partial E_t}{\partial W}$$
$$\frac{\partial E}{\partial V} = \sum_t (p_t - y_t) \otimes s_t$$
$$\frac{\partial E_t}{\partial s_t} = V^\top (p_t - y_t)$$
""", ((r"\otimes s_t", r"\otimes s_{t-1}"), (r"V^\top (p_t - y_t)", r"V^\top (p_t + y_t)"))),
    "a loop in words": Notation("h", """
for t = T..1:
    da_t = (1 - h_t^2) * dh_t
    dW += da_t x_t^T
""", (("(1 - h_t^2)", "(1 + h_t^2)"),)),
    "chains in plain text": Notation("h", """
∂h_t/∂h_{t-1} = diag(1 - h_t^2) U
∂L/∂h_{t-1} = (∂h_t/∂h_{t-1})^T ∂L/∂h_t + ∂L_{t-1}/∂h_{t-1}
""", (("diag(1 - h_t^2) U", "U diag(1 - h_t^2)"), ("(∂h_t/∂h_{t-1})^T", "2 (∂h_t/∂h_{t-1})^T"))),
    "truncated sums and immediate derivatives": Notation("h", r"""
$$\frac{\partial L}{\partial W} = \sum_{t=1}^{T}\sum_{k=1}^{t} \frac{\partial L_t}{\partial h_t} \left(\prod_{i=k+1}^{t} \frac{\partial h_i}{\partial h_{i-1}}\right) \frac{\partial^+ h_k}{\partial W}$$
""", (("i=k+1", "i=k+2"),)),
}  # fmt: skip
