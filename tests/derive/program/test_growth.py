"""The work of reading, deriving and emitting grows with the number of equations, and not with its square: in calls, which no load changes."""

from __future__ import annotations

import cProfile

import pytest

import derive
from derive.document import render
from tests.derive.cells.covering import covered

PAGES = {
    "independent states": lambda n: [f"h_{{{i},t}} = tanh(W_{i} x_t + U_{i} h_{{{i},t-1}} + b_{i})" for i in range(n)],
    "a ring of states": lambda n: [f"h_{{{i},t}} = tanh(W_{i} x_t + U_{i} h_{{{(i + 1) % n},t-1}} + b_{i})" for i in range(n)],
    "a chain of layers": lambda n: [
        f"h_{{{i},t}} = tanh(W_{i} {f'h_{{{i - 1},t}}' if i else 'x_t'} + U_{i} h_{{{i},t-1}} + b_{i})" for i in range(n)
    ],
    "gates of one state": lambda n: [
        *(f"g_{{{i},t}} = sigmoid(W_{i} x_t + U_{i} h_{{t-1}} + b_{i})" for i in range(n)),
        "h_t = h_{t-1} + " + " + ".join(f"g_{{{i},t}}" for i in range(n)),
    ],
    "states that read one": lambda n: [
        "s_t = tanh(W_s x_t + U_s s_{t-1})",
        *(f"h_{{{i},t}} = tanh(W_{i} s_t + U_{i} h_{{{i},t-1}} + b_{i})" for i in range(n)),
    ],
    "gated states": lambda n: [
        line
        for i in range(n)
        for line in (f"f_{{{i},t}} = sigmoid(W_{i} x_t)", f"c_{{{i},t}} = f_{{{i},t}} * c_{{{i},t-1}}", f"h_{{{i},t}} = x_t * tanh(c_{{{i},t}})")
    ],
    "values in the opposite order": lambda n: [*(f"a_{{{i},t}} = tanh(a_{{{i + 1},t}})" for i in range(n)), f"a_{{{n},t}} = W x_t"],
    "values without an index": lambda n: [*(f"a{i} = tanh(a{i + 1})" for i in range(n)), f"a{n} = W x_t"],
}  # fmt: skip


def calls(work):
    """How many functions are called, those in C among them."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(each.callcount for each in profile.getstats())


def emitted(name, n, **options):
    derive.emit(derive.bptt(derive.read("\n".join(PAGES[name](n)))), **options)


@pytest.mark.parametrize("name", covered(PAGES, [*PAGES][:1]))
def test_twice_the_equations_take_about_twice_the_work(name):
    emitted(name, 4)
    few, some, many = (calls(lambda n=n: emitted(name, n)) for n in (6, 12, 24))
    assert many - some < 2.6 * (some - few)


@pytest.mark.full
@pytest.mark.parametrize("options", [{"ragged": True}, {"checkpoint": True}, {"target": "torch"}, {"target": "array_api"}], ids=str)
def test_so_do_other_targets(options):
    emitted("independent states", 4, **options)
    few, some, many = (calls(lambda n=n: emitted("independent states", n, **options)) for n in (6, 12, 24))
    assert many - some < 2.6 * (some - few)


@pytest.mark.full
def test_so_does_the_document():
    def told(n):
        return lambda: render(derive.explain(derive.bptt(derive.read("\n".join(PAGES["a chain of layers"](n))))), "markdown")

    told(4)()
    few, some, many = (calls(told(n)) for n in (6, 12, 24))
    assert many - some < 2.6 * (some - few)
