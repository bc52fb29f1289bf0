"""Loops write into arrays which are there: a step makes none, what is given stays as it is, and nothing is overwritten too early."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import derive
from derive.network import load
from tests.derive.numeric import module
from tests.derive.program.emitted import Trial, disagreements

WITHOUT_NEW_ARRAYS = (
    "rnn",
    "lstm",
    "gru",
    "peephole_lstm",
    "lstm_cifg",
    "stack(lstm, 2)",
    "bidirectional(gru)",
    "clockwork",
    "mgu2",
    "rhn",
)


def loops(source):
    """The loops over t of both passes."""
    passes = [each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef) and each.name in ("forward", "backward")]
    return [each for one in passes for each in ast.walk(one) if isinstance(each, ast.For) and "t" in _names(each.target)]


def _names(target):
    return [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]


def makers(loop):
    """The code in a loop that makes an array: an operator on values, or a call that is given none to write into."""
    for statement in (each for each in ast.walk(loop) if isinstance(each, (ast.Assign, ast.AugAssign, ast.Expr))):
        call = statement.value
        operands = [call]
        if isinstance(statement, ast.Expr):
            assert isinstance(call, ast.Call)
            if "out" not in [each.arg for each in call.keywords]:
                yield ast.unparse(statement)
            operands = call.args
        for part in (part for operand in operands for part in _evaluated(operand)):
            if isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Call)) and not all(
                isinstance(each, (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)) for each in ast.walk(part)
            ):
                yield ast.unparse(statement)


def _evaluated(expr):
    """The parts of an expression but for indices, which are whole numbers."""
    yield expr
    for each in ast.iter_child_nodes(expr):
        if not (isinstance(expr, ast.Subscript) and each is expr.slice):
            yield from _evaluated(each)


def test_code_that_makes_an_array_is_seen():
    made = "for t in range(T):\n    a = p[t - 1] + U @ h\n    np.add(a, -b, out=c)\n    np.tanh(c)\n    a += 1 / 6\n    c[t] += x[t] * y\n"
    assert [*dict.fromkeys(makers(ast.parse(made).body[0]))] == [
        "a = p[t - 1] + U @ h",
        "np.add(a, -b, out=c)",
        "np.tanh(c)",
        "c[t] += x[t] * y",
    ]


@pytest.mark.parametrize("told", WITHOUT_NEW_ARRAYS)
def test_a_step_makes_no_array(told):
    found = loops(derive.emit(derive.bptt(load(told))))
    assert len(found) >= 2
    assert [line for loop in found for line in makers(loop)] == []


CELLS = {
    "a carried value that reads itself": "boundary m = zero\nm_t = 0.4 * m_{t-1} + y_{t-1}\ny_t = tanh(x_t + m_{t-1} + U y_{t-1})\noutput y",
    "nothing but minus signs": "c_t = -(c_{t-1} * x_t) - x_t * 0.5\nh_t = -tanh(c_t - U h_{t-1})\noutput h",
    "quotients and powers": """
        k_t = k_{t-1} / (1 + y_{t-1}^2) + 1 / (2 + x_t^2) - x_t^3
        y_t = tanh(U y_{t-1} - V (k_t * x_t)) / (3 + x_t^2) / (2 + k_t^2)
        output y""",
    "sums in sums": """
        h_t = (x_t + 0.5 * (h_{t-1} + x_t * h_{t-1})) * (1 - (x_t - h_{t-1}) * (h_{t-1} + tanh(U h_{t-1}))) - (U h_{t-1} + V x_t)^2
        output h""",
    "a value that is passed on": "c_t = c_{t-1} + x_t * h_{t-1}\nh_t = tanh(c_t + U h_{t-1})\noutput h",
    "one row among many": "s_t = sigmoid(v^T h_{t-1})\nh_t = s_t * tanh(U h_{t-1} + x_t) + (1 - s_t) * h_{t-1}\noutput h",
}


@pytest.mark.parametrize("told", CELLS.values(), ids=CELLS)
def test_nothing_is_overwritten_before_it_is_read(told):
    system = derive.read(told)
    trial = Trial(system, steps=5)
    assert "out=" in trial.source
    assert disagreements(trial) == []


@pytest.mark.parametrize("told", ["lstm", "gru", "stack(lstm, 2)", "clockwork", "unicornn"])
def test_what_is_given_stays_as_it_is(told):
    own = module(derive.emit(derive.bptt(load(told))))
    rng = np.random.default_rng(0)
    params, inputs, initial = own.example(6, 2, rng)
    outputs, tape = own.forward(params, inputs, initial)
    upstream = {name: rng.normal(size=outputs[name].shape) for name in own.OUTPUTS}
    finals = {name: rng.normal(size=array.shape) for name, array in initial.items()}
    groups = (params, inputs, initial, outputs, upstream, finals)
    before = [{name: array.copy() for name, array in group.items()} for group in groups]
    first = own.backward(params, tape, upstream, finals)
    again = own.backward(params, tape, upstream, finals)
    for own_group, other in zip((*groups, *first), (*before, *again), strict=True):
        for name, array in own_group.items():
            np.testing.assert_array_equal(array, other[name])


@pytest.mark.parametrize(
    ("cell", "function"), [("lru", "np.cos("), ("rwkv", "np.exp(a_a"), ("on_lstm", "np.tri("), ("unicornn", "sigmoid(c)")]
)
def test_a_function_of_parameters_alone_is_no_part_of_a_loop(cell, function):
    source = derive.emit(derive.bptt(derive.cell(cell)))
    assert function in source
    assert function not in "\n".join(map(ast.unparse, loops(source)))
