"""A convention is one of a whole backward pass: what all gradients have is right, and what one alone has is a slip."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from tests.verify.claims.published_slips import RIGHT
from verify.claims import Finding, Judgement
from verify.claims.conventions import PLAIN, agreed

CONVENTION, PLAINLY, WRONG = Judgement.CONVENTION, Judgement.RIGHT, Judgement.WRONG
PAGE = {
    "delta": "delta_t = (1 - h_t^2) * (dLdh_t + U^T delta_{t+1})",
    "dW": "dW = sum_t delta_t x_t^T",
    "dU": "dU = sum_t delta_t h_{t-1}^T",
    "db": "db = sum_t delta_t",
}
OTHERWISE = {
    "minus": {"dW": "dW = -sum_t delta_t x_t^T", "dU": "dU = -sum_t delta_t h_{t-1}^T", "db": "db = -sum_t delta_t"},
    "mean": {"dW": "dW = sum_t delta_t x_t^T / T", "dU": "dU = sum_t delta_t h_{t-1}^T / T", "db": "db = sum_t delta_t / T"},
    "transposed": {"dW": "dW = sum_t x_t delta_t^T", "dU": "dU = sum_t h_{t-1} delta_t^T"},
}
FUNCTION = """
def backward(x, h, W, U, h_0, dh):
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(h_0)
    later = np.zeros_like(h_0)
    for t in reversed(range(len(x))):
        before = h[t - 1] if t > 0 else h_0
        dz = (dh[t] + later) * (1 - h[t] ** 2)
        dW += np.outer(dz, x[t])
        dU += np.outer(dz, before)
        db += dz
        later = U.T @ dz
    return dW, dU, db
"""
STEP = """
def step_backward(dh, h_prev, h, U):
    dz = (1 - h ** 2) * dh
    dU = np.outer(dz, h_prev)
    dh_prev = U @ dz
    return dU, dh_prev
"""


@cache
def derivation() -> Derivation:
    return derive.bptt(derive.cell("rnn"))


def of_page(page: dict[str, str]) -> dict[str, Finding]:
    found = verify.check_gradient(derivation(), "\n".join(page.values())).findings
    return dict(zip(page, found, strict=True))


def of_function(text: str, *changes: tuple[str, str]) -> dict[str, Finding]:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return {each.text: each for each in verify.check_function(derivation(), text, "mine.py").findings}


def judgements(found: dict[str, Finding], *names: str) -> list[Judgement]:
    return [found[name].judgement for name in names]


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_all_equations_have_is_a_convention(name):
    found = of_page(PAGE | OTHERWISE[name])
    assert judgements(found, *OTHERWISE[name]) == [CONVENTION] * len(OTHERWISE[name])
    assert len({found[each].detail for each in OTHERWISE[name]}) == 1
    assert found["delta"].judgement is PLAINLY


@pytest.mark.parametrize(("name", "own"), [(name, own) for name, texts in OTHERWISE.items() for own in texts])
def test_an_equation_that_has_it_alone_is_wrong_and_is_mended(name, own):
    found = of_page(PAGE | {own: OTHERWISE[name][own]})
    assert {each for each in found if found[each].judgement is not PLAINLY} == {own}
    assert found[own].judgement is WRONG
    assert {"minus": "minus the gradient", "mean": "1/T of it", "transposed": "the transposed gradient"}[name] in found[own].detail
    assert ", where th" in found[own].detail
    assert of_page(PAGE | {own: found[own].nearest})[own].judgement is PLAINLY


@pytest.mark.parametrize(("name", "own"), [("minus", "db"), ("mean", "dU")])
def test_an_equation_that_alone_has_it_not_is_wrong_and_is_mended(name, own):
    page = PAGE | OTHERWISE[name]
    found = of_page(page | {own: PAGE[own]})
    assert {each for each in found if found[each].judgement is WRONG} == {own}
    assert of_page(page | {own: found[own].nearest})[own].judgement is CONVENTION
    assert float(found[own].witness["claimed"]) != float(found[own].witness["right"])


def test_where_no_two_agree_the_gradient_itself_is_meant():
    found = of_page({"delta": PAGE["delta"], "dW": OTHERWISE["mean"]["dW"], "db": OTHERWISE["minus"]["db"]})
    assert judgements(found, "dW", "db") == [WRONG, WRONG]


def test_rows_are_named():
    cell, page, _ = RIGHT["derivatives as rows"]
    found = verify.check_gradient(derive.bptt(derive.cell(cell)), page).findings
    assert [each.detail for each in found[1:]] == ["it is the transposed gradient"] * 2


ROWS = (
    ("np.zeros_like(W)", "np.zeros((x.shape[1], len(h_0)))"), ("np.outer(dz, x[t])", "np.outer(x[t], dz)"),
    ("np.outer(dz, before)", "np.outer(before, dz)"), ("U.T @ dz", "U @ dz"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("own", "changes"),
    [
        ("dU", [("np.outer(dz, before)", "np.outer(before, dz)")]),
        ("dW", ROWS[:2]),
        ("db", [("db += dz", "db -= dz")]),
        ("dU", [("dU += np", "dU -= np")]),
        pytest.param("dW", [("    return", "    dW /= len(x)\n    return")], marks=pytest.mark.full),
        ("db", [("    return", "    db = db / len(x)\n    return")]),
        ("db", [("dW += np", "dW -= np"), ("dU += np", "dU -= np")]),
    ],
)
def test_what_one_result_has_alone_is_a_slip_at_its_line(own, changes):
    found = of_function(FUNCTION, *changes)
    assert {each for each in found if found[each].judgement is WRONG} == {own}
    assert found[own].line == max(
        place for place, line in enumerate(found_text(changes).splitlines(), 1) if line.strip().startswith(own + " ")
    )


def found_text(changes: list[tuple[str, str]]) -> str:
    text = FUNCTION
    for old, new in changes:
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("dW += np", "dW -= np"), ("dU += np", "dU -= np"), ("db += dz", "db -= dz")], "minus the gradient"),
        ([("return dW, dU, db", "return dW / len(x), dU / len(x), db / len(x)")], "1/T of it"),
    ],
)
def test_what_all_results_have_is_a_convention(changes, told):
    found = of_function(FUNCTION, *changes)
    assert judgements(found, "dW", "dU", "db") == [CONVENTION] * 3
    assert all(told in each.detail for each in found.values())


def test_matrices_that_are_transposed_wherever_they_stand_are_right_and_that_is_told():
    found = of_function(FUNCTION, *ROWS)
    assert judgements(found, "dW", "dU", "db") == [PLAINLY] * 3
    assert all("taken as transposed" in each.detail for each in found.values())
    other = of_function(FUNCTION, *ROWS[:2], ROWS[3], ("dU += np.outer(dz, before)", "dU -= np.outer(before, dz)"))["dU"]
    assert other.detail.startswith(
        "it is minus the transposed gradient, the direction of descent, where those by W, b are the transposed gradient"
    )


def test_matrices_that_are_transposed_where_they_are_read_and_nowhere_else_are_a_slip_there():
    found = of_function(FUNCTION, ROWS[3])
    assert judgements(found, "dW", "dU", "db") == [WRONG] * 3
    assert {(each.line, each.nearest) for each in found.values()} == {(11, "later = U.T @ dz")}


def test_gradients_that_are_transposed_where_the_matrices_are_not_are_wrong():
    found = of_function(FUNCTION, *ROWS[:3])
    assert judgements(found, "dW", "dU", "db") == [WRONG, WRONG, PLAINLY]


def test_one_step_without_a_transposition_has_no_layout_that_makes_it_right():
    found = of_function(STEP)
    assert judgements(found, "dU", "dh_prev") == [PLAINLY, WRONG]
    assert found["dh_prev"].nearest == "dh_prev = U.T @ dz"
    assert set(judgements(of_function(STEP, ("np.outer(dz, h_prev)", "np.outer(h_prev, dz)")), "dU", "dh_prev")) == {PLAINLY}


def test_a_layout_of_which_no_gradient_says_anything_is_told():
    found = of_function(FUNCTION, ROWS[3], ("dW += np.outer(dz, x[t])", "pass"), ("return dW, dU, db", "return db"))["db"]
    assert found.judgement is CONVENTION
    assert "taken as transposed" in found.detail
    assert of_function(FUNCTION, ("return dW, dU, db", "return db"))["db"].detail == "it is the gradient of the loss by b"


def test_more_than_half_agree():
    assert agreed([[1], [2], [2]], 0) == 2
    assert agreed([[1], [2]], 0) == 0
    assert agreed([[0, 1], [0, 1]], 0) == 0
    assert agreed([], PLAIN) == PLAIN


PARTS = """
def errors(h, U, dh):
    found, later = [], np.zeros_like(h[0])
    for t in range(len(h))[::-1]:
        found.insert(0, (dh[t] + later) * (1 - h[t] ** 2))
        later = U.T @ found[0]
    return found

def grad_inputs(x, h, U, dh):
    dW = sum(np.outer(d, v) for d, v in zip(errors(h, U, dh), x))
    return dW

def grad_states(h, h_0, U, dh):
    before = [h_0] + [h[t] for t in range(len(h) - 1)]
    dU = sum(np.outer(d, v) for d, v in zip(errors(h, U, dh), before))
    return dU

def grad_biases(h, U, dh):
    db = sum(errors(h, U, dh))
    return db
"""


def test_functions_of_a_file_have_one_convention():
    assert {each.judgement for each in of_function(PARTS).values()} == {PLAINLY}
    for new in ("-sum(errors(h, U, dh))", "sum(errors(h, U, dh)) / len(h)"):
        found = of_function(PARTS, ("sum(errors(h, U, dh))", new))
        assert {name for name, each in found.items() if each.judgement is WRONG} == {"grad_biases: db"}


def test_a_function_that_another_one_calls_may_give_another_scale():
    text = (
        FUNCTION.replace("def backward", "def grads")
        + """
def mean_backward(x, h, W, U, h_0, dh):
    dW, dU, db = grads(x, h, W, U, h_0, dh)
    return dW / len(x), dU / len(x), db / len(x)
"""
    )
    found = of_function(text)
    assert {each.judgement for name, each in found.items() if name.startswith("grads")} <= {PLAINLY}
    assert {each.judgement for name, each in found.items() if not name.startswith("grads")} == {CONVENTION}


def test_a_wrong_function_that_fits_two_layouts_at_some_numbers_is_judged_in_the_one_that_fits_at_all():
    """With as many sequences as steps (N, T, rows) goes for (T, N, rows)."""
    text = """
def backward(x, h, h0, W, U, dh):
    N, T, D = x.shape
    dU, carry = np.zeros_like(U), np.zeros_like(h0)
    for t in reversed(range(T)):
        before = h[:, t - 1] if t > 0 else h0
        dz = (dh[:, t] + carry) * (1 - h[:, t])
        dU += dz.T @ before
        carry = dz @ U
    return dU
"""
    found = of_function(text)["dU"]
    assert (found.judgement, found.line) == (WRONG, 7)
    assert found.nearest.endswith("(1 - h[:, t] ** 2)")
