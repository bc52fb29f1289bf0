"""Documents that hold a cell and its derivation: the cell is read without the derivation, and each line of the derivation is judged."""

from __future__ import annotations

import pytest

import derive
import verify
from verify.claims import Findings, Judgement

RIGHT, WRONG, CONVENTION = Judgement.RIGHT, Judgement.WRONG, Judgement.CONVENTION

CELL = r"""
$$h_t = \tanh(W x_t + U h_{t-1})$$
$$o_t = V h_t$$
$$p_t = \mathrm{softmax}(o_t)$$
The loss is
$$L = -\sum_t \log p_t[y_t]$$

## Backward pass

$$e_t = \frac{\partial L}{\partial o_t} = p_t - \mathbf{1}_{y_t}$$

| parameter | gradient |
|---|---|
| $V$ | $\sum_t e_t h_t^\top$ |
"""

NET = r"""
$$z_t = W x_t + U h_{t-1}$$
$$h_t = \tanh(z_t)$$
$$\hat y = V h_T$$
The loss is $J = \frac12 \|\hat y - y\|^2$.

With $\delta_t = \partial J / \partial z_t$,
$$\delta_T = (V^\top (\hat y - y)) \odot (1 - h_T^2)$$
$$\delta_t = (U^\top \delta_{t+1}) \odot (1 - h_t^2), \quad t < T$$
$$\frac{\partial J}{\partial U} = \sum_t \delta_t h_{t-1}^\top$$
"""


def found(page: str) -> Findings:
    return verify.check_gradient(derive.bptt(derive.read(page)), page)


def judgements(page: str) -> dict[int, set[Judgement]]:
    lines: dict[int, set[Judgement]] = {}
    for each in found(page).findings:
        lines.setdefault(each.line, set()).add(each.judgement)
    return lines


def test_the_cell_is_that_without_its_derivation() -> None:
    system = derive.read(CELL)
    assert [each.name for each in system.equations] == ["h", "o", "p", "L"]
    assert system.loss == "L"


def test_table_of_gradients_is_judged() -> None:
    assert judgements(CELL) == {10: {RIGHT}, 14: {RIGHT}}


def test_table_without_a_rule_is_none_of_gradients() -> None:
    assert judgements(CELL.replace("|---|---|", "")) == {10: {RIGHT}}


def test_slip_in_a_table_is_found_alone() -> None:
    assert judgements(CELL.replace("e_t h_t^", "e_t h_{t-1}^")) == {10: {RIGHT}, 14: {WRONG}}


def test_one_hot_index_is_not_one() -> None:
    assert judgements(CELL.replace(r"\mathbf{1}_{y_t}", r"\mathbf{1}"))[10] >= {WRONG}


def test_delta_that_a_sentence_defines() -> None:
    assert all(each == {RIGHT} for each in judgements(NET).values())


@pytest.mark.parametrize(
    ("slip", "line"), [((r"U^\top \delta_{t+1}", r"U \delta_{t+1}"), 9), ((r"\delta_t h_{t-1}", r"\delta_t h_{t}"), 10), (("V^", "-V^"), 8)]
)
def test_slip_is_found_at_its_line(slip: tuple[str, str], line: int) -> None:
    wrong = [place for place, each in judgements(NET.replace(*slip)).items() if WRONG in each]
    assert line in wrong


def test_target_of_the_last_step_may_be_a_distribution() -> None:
    page = (
        "$$h_t = \\tanh(W x_t + U h_{t-1})$$\nClassify by $p = \\mathrm{softmax}(V h_T)$, with $L = -\\sum_k y_k \\log p_k$.\n\n"
        "$$\\frac{\\partial L}{\\partial V} = (p - y) h_T^\\top$$\n"
    )
    assert [each.judgement for each in found(page).findings] == [CONVENTION]
    assert [each.judgement for each in found(page.replace("(p - y)", "(p + y)")).findings] == [WRONG]


def test_number_of_layers_by_its_letter() -> None:
    page = "$$h_t^{(l)} = \\tanh(W^{(l)} h_t^{(l-1)} + U^{(l)} h_{t-1}^{(l)}), \\quad h_0^{(l)} = 0$$\n$$p_t = \\mathrm{softmax}(V h_t^{(N)})$$\n"
    system = derive.read(page)
    assert {"h_l", "V"} <= {each.name for each in system.variables.values()}
    assert "h_N" not in system.variables
    assert system["h_l"].boundary is derive.system.Boundary.ZERO
