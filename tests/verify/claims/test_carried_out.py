"""A function that is carried out takes no more than its budget, whatever it does; and does what NumPy would do."""

from __future__ import annotations

import tracemalloc
import warnings
from itertools import product

import numpy as np
import pytest

from derive.errors import InputError
from tests.derive.cells.covering import each_third
from verify.claims.budget import LARGEST, Budget, OverBudget, size
from verify.claims.interpret import PLAIN, Function
from verify.claims.operations import METHODS, OPERATIONS, carried_out

MOST = 4_000_000
"""The bytes that one operation may take: a few values of the largest size, and what NumPy makes on the way."""
OPERANDS = [np.zeros(shape) for shape in [(LARGEST,), (100, 100), (LARGEST, 1), (1, LARGEST), (0, LARGEST), (LARGEST, 0)]]
PARAMETERS = [10**9, (0, 10**9), (10**9, 10**9), [10**8] * 9, LARGEST]
FORMULAS = ["ij,kl->ijkl", "ij,jk->ik", "ij,kl", "i,j->ij", "ij,kl->", "ij,kl,mn->ijklmn", "i->i", "ij->ji", "...i->...i"]


def peak(name: str, arguments: list, named: dict) -> int:
    """The bytes that an operation takes at most, whether it is refused or not; what it gives keeps to the law."""
    tracemalloc.start()
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = carried_out(name, arguments, named, Budget())
        assert size(found) <= LARGEST
    except (OverBudget, TypeError, ValueError, LookupError, ArithmeticError):
        pass
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return taken


@pytest.mark.parametrize("name", each_third(sorted(OPERATIONS)))
def test_no_function_takes_more_than_the_budget(name):
    pairs = [list(each) for each in product(OPERANDS, repeat=2)]
    tried = [[each] for each in (*OPERANDS, *PARAMETERS)] + pairs + [[one, other] for one in OPERANDS for other in PARAMETERS]
    if OPERATIONS[name].operands == 0:
        tried = [[[each] * count] for each in OPERANDS for count in (2, 9_000)]
    elif name == "where":
        tried += [[one, other, one] for one, other in pairs]
    elif name == "einsum":
        tried = [[each, one, other] for each in FORMULAS for one, other in pairs]
    for arguments, named in product(tried, ({}, {"axis": 1, "keepdims": True}, {"axis": 1}, {"shape": (10**9,)})):
        assert peak(name, arguments, named) < MOST, (name, [np.shape(each) for each in arguments])


HOSTILE = {
    "an axis of nothing": "return np.zeros((0, 10**9)).sum(axis=0)",
    "an axis of nothing, made by another shape": "return np.zeros(0).reshape(0, 10**9).sum(axis=0)",
    "integers without end": "n = np.array([10**30])\nreturn n",
    "a literal without end": f"return np.array([{'9' * 4000}])",
    "lists of lists": "a = [1]\nfor t in range(60):\n    a = [a, a]\nreturn np.array(a)",
    "lists that are compared": "a = [1]\nb = [1]\nfor t in range(60):\n    a = [a, a]\n    b = [b, b]\nreturn a == b",
    "a list in itself": "a = [1]\na[0] = a\nreturn a == a",
    "a list in itself, by way of another": "a = [1]\nb = [a]\na[0] = b\nreturn np.array(a)",
    "a table in itself": "a = {}\na[0] = a\nreturn a == a",
    "a table that grows": "a = {}\nfor t in range(9999):\n    a[t] = np.zeros(9999)\nreturn a",
    "iterators in iterators": "a = [1]\nfor t in range(9999):\n    a = zip(a)\nreturn a",
    "parts without number": "return np.array_split(x, 10**8)",
    "text that is repeated": "return 'a' * 10**9",
    "a list that is repeated": "return [0] * 10**9",
    "a long range": "return range(10**12)",
    "a power of powers": "return 10**10**10",
    "a shift": "return 1 << 10**9",
    "loops in loops": "".join(f"{'    ' * i}for t{i} in range(9999):\n" for i in range(6)) + " " * 24 + "a = 1\nreturn a",
    "an einsum that makes much": "a = np.zeros((99, 99))\nreturn np.einsum('ij,kl->ijkl', a, a)",
    "an einsum that does much": "a = np.zeros((99, 99))\nreturn np.einsum('ij,kl,mn->', a, a, a)",
    "rows by columns": "return np.zeros((9999, 1)) + np.zeros((1, 9999))",
    "rows by columns, compared": "return np.zeros((9999, 1)) < np.zeros((1, 9999))",
    "nothing by nothing": "return np.zeros((9999, 0)) @ np.zeros((0, 9999))",
    "places in places": "a = np.zeros((99, 99))\nreturn a[np.zeros_like(a) == 0][np.zeros_like(a) == 0]",
    "places by a list": f"return np.zeros((99, 99))[{[0] * 400}]",
    "a function that calls itself": "return slope(x)",
    "minus signs": f"return {'-' * 100_000}1",
    "brackets": f"return {'[' * 100_000}{']' * 100_000}",
    "a long sum": f"return {'1+' * 100_000}1",
    "attributes of attributes": f"return x{'.T' * 60_000}",
    "words in words": f"return {'not ' * 40_000}x",
    "branches in branches": "if 0:\n    a = 1\n" + "elif 0:\n    a = 1\n" * 500 + "return x",
    "half of a character": "return '\ud800'",
    "a zero byte": "return 1\0",
    "an object": "return np.array([None])",
    "a method": "return [x.sum]",
    "another type": "return np.zeros(3, dtype=object)",
    "a type by its place": "return np.array(x, 'O')",
    "a table that is changed while it is gone through": "a = {1: 1}\nfor t in a:\n    a[t + 1] = np.zeros(9999)\nreturn a",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_function_is_refused_in_one_line(monkeypatch, name):
    monkeypatch.setattr("verify.claims.budget.STEPS", 10_000)
    body = HOSTILE[name].replace("\n", "\n    ")
    text = f"def slope(a):\n    return slope(a)\n\ndef backward(x):\n    {body}\n"
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        Function(text, "mine.py")({"x": np.ones((3, 2))})
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert taken < 40_000_000


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = np.zeros(2)\nb = a\nb += 1\nreturn {'a': a}", [1, 1]),
        ("a = x[0]\na += 1\nreturn {'a': x}", [[2, 2], [1, 1], [1, 1]]),
        ("a = np.stack([x[0], x[1]], axis=1)\nreturn {'a': a.reshape(-1, 1).T}", [[1, 1, 1, 1]]),
        ("a = {}\nfor t in reversed(range(3)):\n    a[t] = (x[t], t)\nreturn {'a': a[2][0] * a[1][1]}", [1, 1]),
        ("a = np.sum(x, 0, keepdims=True)\nreturn {'a': a}", [[3, 3]]),
        ("a = np.einsum('ti,tj->ij', x, x)\nreturn {'a': a}", [[3, 3], [3, 3]]),
        ("for i, (t, u) in enumerate(zip(x, x)):\n    a = t + u * i\nreturn {'a': a}", [3, 3]),
        ("a = np.where(x > 0, x, 0.0)\nreturn {'a': a[x[:, 0] > 0]}", [[1, 1]] * 3),
        ("a, b = np.split(x.T, 2)\nreturn {'a': np.concatenate([a, b], axis=1)}", [[1] * 6]),
        ("a = np.zeros_like(x, dtype=np.float64)\na[1:, 0] = 2 ** 2\nreturn {'a': a}", [[0, 0], [4, 0], [4, 0]]),
    ],
)  # fmt: skip
def test_what_is_carried_out_is_what_numpy_does(body, expected):
    text = "def backward(x, t=0):\n    " + body.replace("\n", "\n    ")
    assert np.array_equal(Function(text, "mine.py")({"x": np.ones((3, 2)), "t": 0})["a"], expected)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    return a\ndef backward(x):\n    return f(x, axis=0)",
        "def backward(x):\n    return max(x, axis=0)",
        "def backward(x, x):\n    return x",
        "@f\ndef backward(x):\n    return x",
        "def backward(x):\n    if len(x) < 1:\n        return x, x\n    return x",
    ],
)
def test_what_would_be_passed_over_is_refused(text):
    with pytest.raises(InputError):
        Function(text, "mine.py")({"x": np.ones((3, 2))})


def test_the_last_of_two_functions_of_one_name_is_carried_out():
    text = "def backward(x):\n    return x\ndef backward(x):\n    a = -x\n    return a"
    assert Function(text, "mine.py")({"x": np.ones(1)})["a"] == -1


def test_methods_are_functions_too():
    assert set(OPERATIONS) >= METHODS
    assert not {"eval", "exec", "open", "getattr", "map", "filter", "sorted"} & PLAIN
