"""How results show themselves: each in one short line on a console, each with something to see in a notebook; and what each function takes."""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from collections.abc import Mapping
from functools import cache

import networkx as nx
import numpy as np
import pytest

import bptt
from derive.errors import InputError
from tests.derive.cells.covering import each_third

LSTM_PAGE = r"dc_t = dh_t * o_t"
PLAIN = (bool, int, float, str, list, dict, tuple, nx.DiGraph)


@cache
def derivation():
    return bptt.bptt(bptt.cell("lstm"))


def weights(folder):
    shapes = {"weight_ih_l0": (64, 30), "weight_hh_l0": (64, 64), "bias_ih_l0": (64,), "bias_hh_l0": (64,)}
    np.savez(folder / "rnn.npz", **{name: np.ones(shape) for name, shape in shapes.items()})
    return bptt.weights(folder / "rnn.npz", "torch_rnn")


def trained():
    from verify.training.settings import Settings

    curve = [{"step": 1.0, "epoch": float(epoch), "train": 5.0, "held_out": 5.0 - epoch} for epoch in range(1, 40)]
    return bptt.Result("poems", "lstm", Settings(), "bits", 9.0, "trigram", curve, ["a poem"] * 30)


def checked(folder):
    bptt.certify(derivation(), folder / "lstm.json")
    return bptt.check(folder / "lstm.json")


def ran():
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=(90, 3))}
    for each in derivation().system.parameters:
        given[each.name] = rng.normal(size=[3 if str(side) == "n_x" else 40 if side != 1 else 1 for side in each.shape])
    return bptt.run(derivation(), 90, given, {("h", 0): np.zeros(40), ("c", 0): np.zeros(40)})


MISREAD = "h_t = tanh(W x_t + U h_{t-1} + b)\nu_t = sigma(V v_t + Q u_{t-1})\nr_t = sigma(V v_t + Q u_{t-1})\n"
RESULTS = {
    "a system": lambda folder: bptt.cell("stack(lstm, 20)"),
    "a derivation": lambda folder: bptt.bptt(bptt.cell("stack(lstm, 3)")),
    "a page": lambda folder: bptt.explain(derivation()),
    "a module": lambda folder: bptt.emit(derivation()),
    "an unrolled system": lambda folder: bptt.unroll(derivation(), 30),
    "a review": lambda folder: bptt.review(bptt.read(MISREAD)),
    "remarks": lambda folder: bptt.remarks(bptt.read(MISREAD)),
    "no remarks": lambda folder: bptt.remarks(derivation()),
    "weights": weights,
    "a graph": lambda folder: bptt.graph(derivation(), steps=40, backward=True, detail="operations"),
    "a drawing": lambda folder: bptt.draw(derivation(), steps=3),
    "a report": lambda folder: bptt.verify(derivation()),
    "reports": lambda folder: bptt.by_target(bptt.bptt(bptt.cell("irnn")), ["numpy", "step"]),
    "a proof": lambda folder: bptt.prove(derivation()),
    "a checked certificate": checked,
    "findings": lambda folder: bptt.check_gradient(derivation(), LSTM_PAGE),
    "a comparison": lambda folder: bptt.compare(derivation(), bptt.cell("peephole_lstm")),
    "a table of kills": lambda folder: bptt.teeth(bptt.cell("irnn"), every=20),
    "a run": lambda folder: ran(),
    "a result of training": lambda folder: trained(),
}  # fmt: skip


def inner(value, depth=3):
    """A result and what a person meets in it: its fields, and a few members of its collections."""
    yield value
    if depth == 0 or isinstance(value, (str, np.ndarray)):
        return
    if dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            held = getattr(value, each.name)
            if type(held).__module__.split(".")[0] in ("derive", "verify", "graphs"):
                yield from inner(held, depth - 1)
            elif isinstance(held, (tuple, list, Mapping)):
                members = held.values() if isinstance(held, Mapping) else held
                for own in [*members][:3]:
                    if type(own).__module__.split(".")[0] in ("derive", "verify", "graphs"):
                        yield from inner(own, depth - 1)
    elif isinstance(value, (tuple, list, dict)):
        for own in [*(value.values() if isinstance(value, dict) else value)][:20]:
            yield from inner(own, depth - 1)


@pytest.mark.parametrize("name", each_third(RESULTS))
def test_a_result_and_all_in_it_print_in_one_short_line_each_and_a_notebook_shows_it(name, tmp_path):
    result = RESULTS[name](tmp_path)
    for each in inner(result):
        assert len(repr(each)) < 500, type(each)
        assert "\n" not in repr(each), type(each)
    if hasattr(result, "_repr_html_"):
        assert "<" in result._repr_html_()
    else:
        assert result._repr_svg_().lstrip().startswith("<svg")


def returned(function):
    """The classes that a function may return, those in containers too."""
    pending, found = [typing.get_type_hints(function, localns={name: getattr(bptt, name) for name in bptt.__all__}).get("return")], []
    while pending:
        each = pending.pop()
        if typing.get_args(each):
            pending += typing.get_args(each)
        elif inspect.isclass(each):
            found.append(each)
    return found


@pytest.mark.parametrize("name", [name for name in bptt.__all__ if inspect.isroutine(getattr(bptt, name))])
def test_whatever_a_public_function_returns_shows_itself(name):
    for each in returned(getattr(bptt, name)):
        own = each.__module__.split(".")[0] in ("derive", "verify", "graphs")
        is_enumerated = hasattr(each, "__members__")
        assert is_enumerated or not own or any(hasattr(each, way) for way in ("_repr_html_", "_repr_svg_")), each
        assert is_enumerated or not own or each.__repr__ not in (object.__repr__, list.__repr__, tuple.__repr__, dict.__repr__), each
        assert not own or not dataclasses.is_dataclass(each) or not each.__dataclass_params__.repr, f"{each} prints all that it holds"


def test_a_text_is_still_a_text_and_a_page_still_a_list():
    source, page = bptt.emit(derivation()), bptt.explain(derivation())
    assert f"{source}" == source == str(source)
    assert json.loads(json.dumps([source])) == [source]
    compile(source, "lstm", "exec")
    assert [*page, *page] == page + page
    assert isinstance(bptt.graph(derivation()), nx.DiGraph)
    part = bptt.graph(derivation()).subgraph(["h[1]"])
    assert "1 nodes" in repr(part)


TAKE_A_DERIVATION = {
    "bptt": bptt.bptt,
    "emit": bptt.emit,
    "explain": bptt.explain,
    "review": bptt.review,
    "remarks": bptt.remarks,
    "draw": bptt.draw,
    "unroll": lambda given: bptt.unroll(given, 2),
    "graph": bptt.graph,
    "verify": bptt.verify,
    "by_target": lambda given: bptt.by_target(given, ["numpy"]),
    "prove": bptt.prove,
    "teeth": lambda given: bptt.teeth(given, 50),
    "check_gradient": lambda given: bptt.check_gradient(given, "db = sum_t dL/dh_t"),
    "check_function": lambda given: bptt.check_function(given, "def f(dh): return {'b': dh.sum(axis=0)}"),
    "compare": lambda given: bptt.compare(given, given),
    "cell": bptt.cell,
    "stack": lambda given: bptt.stack(given, 2),
    "follow": lambda given: bptt.follow(given, "readout"),
    "reverse": bptt.reverse,
    "residual": bptt.residual,
    "bidirectional": bptt.bidirectional,
    "encoder_decoder": lambda given: bptt.encoder_decoder(given, "gru"),
    "run": lambda given: bptt.run(given, 1, {"x": [[1.0]], "W": [[1.0]], "b": [1.0]}),
}


@pytest.mark.parametrize("name", TAKE_A_DERIVATION)
def test_a_function_takes_a_system_or_its_derivation(name):
    function = TAKE_A_DERIVATION[name]
    system = bptt.read("h_t = W x_t + b")
    assert repr(function(system)) == repr(function(bptt.bptt(system)))


@pytest.mark.parametrize("name", TAKE_A_DERIVATION)
@pytest.mark.parametrize("given", [None, 3, "nothing of that name"], ids=str)
def test_what_is_neither_is_refused_in_a_line(name, given):
    with pytest.raises(InputError) as error:
        TAKE_A_DERIVATION[name](given)
    assert "\n" not in str(error.value)
    assert error.value.advice


def test_each_function_of_a_system_is_asked():
    """By the names of their first arguments: whoever adds one adds it above."""
    functions = [name for name in bptt.__all__ if inspect.isroutine(getattr(bptt, name))]
    firsts = {name: next(iter(inspect.signature(getattr(bptt, name)).parameters), "") for name in functions}
    taking = {
        name for name, first in firsts.items() if first in ("source", "system", "forward", "part", "parts", "lower", "first", "encoder")
    }
    assert taking - {"certify", "train"} <= set(TAKE_A_DERIVATION)
