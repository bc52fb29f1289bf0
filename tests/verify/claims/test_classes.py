"""Backward passes that are methods of a class, or read tables, loops and names as people write them."""

from __future__ import annotations

from functools import cache

import pytest

import derive
import verify
from derive.calculus.bptt import Derivation
from derive.errors import InputError
from derive.notation.read import system
from verify.claims import Finding, Judgement
from verify.claims.arrays import judge_source
from verify.claims.interpret import Function
from verify.claims.source import Source

RIGHT, WRONG = Judgement.RIGHT, Judgement.WRONG
NG = """f_t = sigmoid(W_f [a_{t-1}; x_t] + b_f)
Gamma_o_t = sigmoid(W_o [a_{t-1}; x_t] + b_o)
c_tilde_t = tanh(W_c [a_{t-1}; x_t] + b_c)
c_t = f_t * c_{t-1} + c_tilde_t
a_t = Gamma_o_t * tanh(c_t)
output a"""
CACHES = """
class RNN:
    def __init__(self, n_in, n_hid, slope=2):
        self.W = np.random.randn(n_hid, n_in) * 0.1
        self.U = np.random.randn(n_hid, n_hid) * 0.1
        self.b = np.zeros(n_hid)
        self.slope = slope
        self.caches = []

    def forward(self, x, h0):
        self.caches = []
        h, hs = h0, []
        for t in range(len(x)):
            h_prev = h
            h = np.tanh(self.W @ x[t] + self.U @ h_prev + self.b)
            self.caches.append((x[t], h_prev, h))
            hs.append(h)
        return np.stack(hs)

    def backward(self, dh):
        self._clear()
        later = np.zeros_like(self.b)
        t = len(self.caches) - 1
        while t >= 0:
            x, h_prev, h = self.caches[t]
            dz = (dh[t] + later) * self._at(h)
            self.dW += np.outer(dz, x)
            self.dU += np.outer(dz, h_prev)
            self.db += dz
            later = self.U.T @ dz
            t -= 1
        return self.dW, self.dU, self.db

    def _clear(self):
        self.dW, self.dU, self.db = np.zeros_like(self.W), np.zeros_like(self.U), np.zeros_like(self.b)

    def _at(self, h):
        return 1 - h ** self.slope
"""
TABLES = """
class Cell:
    def __init__(self, n_x, n_h):
        self.params = {}
        self.params["W"] = np.random.randn(n_h, n_x)
        self.params["U"] = np.random.randn(n_h, n_h)
        self.params["b"] = np.zeros(n_h)
        self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}

    def forward(self, xs, h0):
        self.xs, self.hs = xs, {-1: h0}
        for t in range(len(xs)):
            self.hs[t] = np.tanh(self.params["W"] @ xs[t] + self.params["U"] @ self.hs[t - 1] + self.params["b"])
        return self.hs[len(xs) - 1]

    def backward(self, dh):
        carry = np.zeros_like(self.params["b"])
        for t in reversed(range(len(self.xs))):
            dz = (dh[t] + carry) * (1 - self.hs[t] ** 2)
            self.grads["W"] += np.outer(dz, self.xs[t])
            self.grads["U"] += np.outer(dz, self.hs[t - 1])
            self.grads["b"] += dz
            carry = self.params["U"].T @ dz
        return self.grads
"""
STEP = """
class Step:
    def backward(self, dh):
        dz = dh * (1 - self.h ** 2)
        self.dW = np.outer(dz, self.x)
        self.db = dz
"""


@cache
def derivation(cell: str) -> Derivation:
    return derive.bptt(system(cell, "mine") if "=" in cell else derive.cell(cell))


def judged(text: str, cell: str = "rnn") -> dict[str, Finding]:
    return {each.text: each for each in verify.check_function(derivation(cell), text, "mine.py").findings}


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.parametrize(("text", "names"), [(CACHES, {"dW", "dU", "db"}), (TABLES, {"W", "U", "b"}), (STEP, {"dW", "db"})])
def test_methods_are_read_with_the_parts_of_their_object(text, names):
    found = judged(text)
    assert set(found) == names
    assert {each.judgement for each in found.values()} == {RIGHT}


@pytest.mark.parametrize(
    ("text", "old", "new", "wrong"),
    [
        (CACHES, "np.outer(dz, h_prev)", "np.outer(dz, h)", {"dU"}),
        pytest.param(CACHES, "(x[t], h_prev, h))", "(x[t], h, h))", {"dU"}, marks=pytest.mark.full),
        pytest.param(CACHES, "slope=2", "slope=1", {"dW", "dU", "db"}, marks=pytest.mark.full),
        (TABLES, "self.hs[t - 1])\n            self.grads", "self.hs[t])\n            self.grads", {"U"}),
        (TABLES, '["U"].T @ dz', '["U"] @ dz', {"W", "U", "b"}),
        (STEP, "self.db = dz", "self.db = dh", {"db"}),
    ],
)
def test_a_slip_in_a_method_is_found(text, old, new, wrong):
    found = judged(changed(text, old, new))
    assert {name for name, each in found.items() if each.judgement is WRONG} == wrong


def test_the_line_of_a_slip_in_a_method_is_named_as_it_is_written():
    found = judged(changed(CACHES, "self.dU += np.outer(dz, h_prev)", "self.dU += np.outer(dz, h)"))["dU"]
    line = CACHES[: CACHES.index("self.dU +=")].count("\n") + 1
    assert (found.line, found.nearest) == (line, "self.dU += np.outer(dz, h_prev)")
    assert "self.dU += np.outer(dz, h)" in found.detail


def test_a_forward_method_of_another_cell_is_no_part_of_the_cell():
    assert {RIGHT} != {each.judgement for each in judged(changed(CACHES, "np.tanh(self.W", "np.sin(self.W")).values()}


def test_a_class_without_a_method_that_can_be_read_is_named():
    with pytest.raises(InputError, match="its class RNN has no method that can be read; define a function: def backward"):
        judged("class RNN:\n    W = 1")


def test_parts_that_are_made_of_one_another_end():
    first = "\n".join(f"        self.a{i} = self.a{i + 1} + self.a{i + 1}" for i in range(300))
    with pytest.raises(InputError) as caught:
        judged(f"class A:\n    def __init__(self):\n{first}\n    def backward(self, dh):\n        dW = self.a0 * dh\n        return dW")
    assert len(str(caught.value)) < 400


def test_a_method_that_fails_is_tried_once(monkeypatch):
    monkeypatch.setattr("verify.claims.budget.STEPS", 20_000)
    monkeypatch.setattr("verify.claims.arrays.MOST", 60_000)
    loop = "        for t in range(900):\n            s = [t * 2 + t]\n"
    others = "".join(f"    def m{i}(self):\n{loop * 9}        self.z = 1\n" for i in range(30))
    text = "class A:\n    def backward(self, dh):\n        for t in range(200):\n            self.help()\n        dW = self.z\n        return dW\n"
    source = Source(text + "    def help(self):\n        return self.z\n" + others, "mine.py")
    spent: list[int] = []
    monkeypatch.setattr("verify.claims.interpret._Run.__init__", _counted(spent))
    with pytest.raises(InputError):
        judge_source(verify._cell(derivation("rnn")), source)
    assert len(spent) < 200


def _counted(runs: list[int]):
    from verify.claims.expressions import Expressions

    def begun(self, *arguments):
        runs.append(1)
        Expressions.__init__(self, *arguments)

    return begun


STEP_OF_H = """
def rnn_step_backward(dh_next, cache):
    x, h, h_next, W, U = cache
    dz = (1 - h_next ** 2) * dh_next
    dU = np.outer(dz, h)
    dh = U.T @ dz
    return dh, dU
"""


def test_beside_the_state_after_a_step_the_state_is_that_before():
    assert {each.judgement for each in judged(STEP_OF_H).values()} == {RIGHT}
    assert {each.judgement for each in judged(STEP_OF_H.replace("h_next", "h_new")).values()} == {RIGHT}
    forward = "def rnn_step_forward(x, h, W, U, b):\n    h_next = np.tanh(W @ x + U @ h + b)\n    return h_next, (x, h, h_next, W, U)\n"
    assert {each.judgement for each in judged(forward + STEP_OF_H).values()} == {RIGHT}
    assert judged(changed(STEP_OF_H, "np.outer(dz, h)", "np.outer(dz, h_next)"))["dU"].judgement is WRONG


def test_beside_the_state_before_a_step_the_state_is_that_after():
    text = STEP_OF_H.replace("h_next, W", "h_prev, W").replace("h_next ** 2", "h ** 2").replace("np.outer(dz, h)", "np.outer(dz, h_prev)")
    assert {each.judgement for each in judged(text.replace("dh = U", "dh_prev = U").replace("return dh,", "return dh_prev,")).values()} == {
        RIGHT
    }


TABLE = """
def backward(x, h_prev, h, dh, params):
    grads = {k: np.zeros_like(v) for k, v in params.items()}
    for k in params:
        grads[k] += np.zeros_like(params[k])
    dz = dh * (1 - h ** 2)
    for k, v in zip("WU", (x, h_prev)):
        grads[f"{k}"] += np.outer(dz, v)
    grads["b"] += dz
    return grads
"""


def test_a_table_of_parameters_is_gone_through_by_its_names():
    found = judged(TABLE)
    assert set(found) == {"W", "U", "b"}
    assert {each.judgement for each in found.values()} == {RIGHT}
    assert judged(changed(TABLE, "(x, h_prev)", "(x, h)"))["U"].judgement is WRONG


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("n, s = 3, 0\nwhile n > 0:\n    n -= 1\n    if n == 1:\n        continue\n    s += n\nreturn {'a': s}", 2),
        ("n = 0\nwhile True:\n    n += 1\n    if n > 4:\n        break\nreturn {'a': n}", 5),
        ("a = [1, *[2, 3]]\nreturn {'a': sum([*a, 4])}", 10),
        ("s = 0\nfor t in xrange(3):\n    s += t\nreturn {'a': s}", 3),
        ("k = 'a'\nreturn {f'{k}': len(f'{k}{12}b')}", 4),
    ],
)
def test_loops_with_conditions_stars_and_texts_are_what_they_are_in_python(body, expected):
    text = "def backward(x):\n    " + body.replace("\n", "\n    ")
    assert Function(text, "mine.py")({"x": 0})["a"] == expected


@pytest.mark.parametrize("value", ["f'{x!r}'", "f'{x:>999999}'", "f'{1.5}'"])
def test_a_text_that_is_formatted_is_refused(value):
    with pytest.raises(InputError, match="not carried out here"):
        Function(f"def backward(x):\n    a = {value}\n    return a", "mine.py")({"x": 1})


def test_gates_are_known_by_their_subscripts_and_a_tilde_by_the_letter_twice():
    text = """
def backward(da_next, a_prev, a_next, c_next, ot, xt):
    dot = da_next * np.tanh(c_next) * ot * (1 - ot)
    dWo = np.outer(dot, np.concatenate((a_prev, xt)))
    return dWo
"""
    assert judged(text, NG)["dWo"].judgement is RIGHT
    doubled = "def backward(dcc, x, cct):\n    dbc = dcc * (1 - cct ** 2)\n    return dbc"
    assert judged(doubled, NG)["dbc"].judgement is not Judgement.UNDECIDED


PYTORCH = "output_t = tanh(weight_ih input_t + weight_hh output_{t-1} + bias)\nmatrix weight_ih, weight_hh\nvector bias\noutput output"


def test_what_is_unknown_is_told_with_the_names_of_the_page():
    with pytest.raises(InputError, match="initial values are output_0; gradients by outputs are doutput"):
        judged("def backward(output, start):\n    dbias = start\n    return dbias", PYTORCH)
    with pytest.raises(InputError, match=r"nothing is known of q; use the names of the page of the cell: .*weight_ih"):
        judged("def backward(output, cache):\n    x, q = cache\n    dbias = q + 1\n    return dbias", PYTORCH)


def test_gradients_are_known_by_grad_and_the_only_state_as_h():
    text = """
def backward(grad_output, output, h0, weight_hh):
    grad_h = np.zeros_like(h0)
    for t in range(len(output))[::-1]:
        grad_h = weight_hh.T @ ((grad_h + grad_output[t]) * (1 - output[t] ** 2))
    return grad_h
"""
    assert judged(text, PYTORCH)["grad_h"].judgement is RIGHT
    assert judged(changed(text, "grad_h + grad_output[t]", "grad_h + grad_output[0]"), PYTORCH)["grad_h"].judgement is WRONG


def test_names_of_pytorch_and_short_names_of_gradients_are_known():
    text = """
def backward(x, output, h0, weight_ih, weight_hh, bias, dh):
    gW, gU, gb = (np.zeros_like(p) for p in (weight_ih, weight_hh, bias))
    later = np.zeros_like(bias)
    for t in range(len(x))[::-1]:
        dz = (dh[t] + later) * (1 - output[t] ** 2)
        gW += np.outer(dz, x[t])
        gU += np.outer(dz, output[t - 1] if t > 0 else h0)
        gb += dz
        later = weight_hh.T @ dz
    return gW, gU, gb
"""
    assert {each.judgement for each in judged(text).values()} == {RIGHT}
    assert judged(changed(text, "output[t - 1] if", "output[t] if"))["gU"].judgement is WRONG
