"""The emitted module of the Python array API standard: on arrays of every library it computes what the NumPy module does."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import derive
from derive.errors import InputError, MissingRule
from derive.program import standard
from derive.system import System
from tests.derive import derivations
from tests.derive.cells.covering import COVERING, covered, each_cell, each_third
from tests.derive.numeric import module

pytest.importorskip("array_api_compat")

LIBRARIES = ("numpy", "array_api_strict", "torch")
NETWORKS = (
    "bidirectional(lstm)",
    "stack(bidirectional(lstm), gru)",
    "stack(mlstm, deltanet)",
    "bidirectional(clockwork)",
    "reverse(self_attention)",
    "reverse(lstmn)",
)
PAGES = (
    "h_t = tanh(U h_{t-1} + b)",
    "h_t = max(relu(W x_t + U h_{t-1} + b), 0.1)",
    "h_t = tanh(W x_{t-2} + U h_{t-3} + V h_{t-1} + b)",
    "y_t = tanh(W x_{t+1} + b)\nh_t = sigmoid(U h_{t-1} + y_t)",
    "h_t = tanh(W x_t + U h_{t-1} + V h_{t-2})\nboundary h = parameter",
    "f_t = every(t, 2) * tanh(W x_t + U h_{t-1}) + (1 - every(t, 2)) * f_{t-1}\nh_t = f_t + σ(V x_t)",
)
"""A page without inputs, one with a number in a function of two, one with long lags, one that reads what is to come, one that learns initial
values, one with a clock that holds."""
LOSSES = ("softmax_cross_entropy", "squared_error")

Arrays = dict[str, Any]


@functools.cache
def system(told: str) -> System:
    """The cell, network or page of equations; "gru, squared_error" is a cell with a loss on top."""
    if "=" in told:
        return derive.read(told)
    cell, _, loss = told.partition(", ") if told.endswith(LOSSES) else (told, "", "")
    return derive.follow(derive.follow(derive.cell(cell), derive.head("readout")), derive.head(loss)) if loss else derive.cell(cell)


@functools.cache
def sources(told: str) -> tuple[str, str]:
    """The emitted texts: of NumPy and of the standard."""
    derivation = derive.bptt(system(told)) if told.endswith(LOSSES) else derivations.derivation(told)
    return derive.emit(derivation), derive.emit(derivation, "array_api")


@functools.cache
def modules(told: str) -> tuple[ModuleType, ModuleType]:
    """The emitted modules: of NumPy and of the standard."""
    of_numpy, of_standard = map(module, sources(told))
    return of_numpy, of_standard


def converter(library: str, dtype: str = "float64") -> Callable[[Arrays], Arrays]:
    """What makes arrays of a library; that of the strictest one follows an edition of the standard that all have."""
    xp = pytest.importorskip(library)
    if library == "array_api_strict":
        xp.set_array_api_strict_flags(api_version="2023.12")
    return lambda group: {name: xp.asarray(array, dtype=getattr(xp, dtype)) for name, array in group.items()}


def both_passes(made: ModuleType, arguments: tuple[Arrays, ...], weights: Arrays, steps: int) -> dict[str, Arrays]:
    """Outputs and gradients by group; `weights` are the gradients of the outputs."""
    outputs, tape = made.forward(*arguments, **({} if made.INPUTS else {"steps": steps}))
    return {"outputs": outputs, **made.backward(arguments[0], tape, weights)._asdict()}


def example(told: str, steps: int = 5) -> tuple[tuple[Arrays, ...], Arrays, dict[str, Arrays]]:
    """Random arguments, gradients of the outputs, and what NumPy's module makes of them."""
    made, rng = modules(told)[0], np.random.default_rng(0)
    arguments = made.example(steps, 2, rng)
    outputs, _ = made.forward(*arguments, **({} if made.INPUTS else {"steps": steps}))
    weights = {} if made.LOSS else {name: rng.normal(size=outputs[name].shape) for name in made.OUTPUTS}
    return arguments, weights, both_passes(made, arguments, weights, steps)


def assert_equal(found: dict[str, Arrays], wanted: dict[str, Arrays], tolerance: float = 1e-10) -> None:
    assert {group: sorted(arrays) for group, arrays in found.items()} == {group: sorted(arrays) for group, arrays in wanted.items()}
    for group, arrays in wanted.items():
        for name, array in arrays.items():
            scale = tolerance * max(1.0, np.abs(array).max(initial=0))
            np.testing.assert_allclose(np.asarray(found[group][name]), array, rtol=tolerance, atol=scale, err_msg=f"{group} {name}")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    "told",
    [*each_cell(), *covered(NETWORKS, NETWORKS[:1]), *PAGES, *(f"{cell}, {loss}" for cell in ("gru", "clockwork") for loss in LOSSES)],
)
def test_outputs_and_gradients_are_those_of_the_numpy_module(told, library):
    convert = converter(library)
    for steps in (5, 1):
        arguments, weights, wanted = example(told, steps)
        given = tuple(map(convert, arguments))
        found = both_passes(modules(told)[1], given, convert(weights), steps)
        assert_equal(found, wanted)
        kinds = {type(array) for group in given for array in group.values()}
        assert {type(array) for arrays in found.values() for array in arrays.values()} == kinds


@pytest.mark.parametrize("told", ["lstm", "clockwork", "mlstm", "bahdanau_decoder", "layer_norm_lstm"])
def test_what_comes_out_has_the_dtype_and_the_device_of_what_goes_in(told):
    torch = pytest.importorskip("torch")
    convert = converter("torch", "float32")
    arguments, weights, wanted = example(told)
    found = both_passes(modules(told)[1], tuple(map(convert, arguments)), convert(weights), 5)
    assert_equal(found, wanted, 1e-3)
    tensors = [tensor for arrays in found.values() for tensor in arrays.values()]
    assert {(tensor.dtype, tensor.device) for tensor in tensors} == {(torch.float32, torch.device("cpu"))}


@pytest.mark.parametrize("told", ["lstm", "mlstm", "clockwork"])
def test_new_arrays_are_made_on_the_device_of_those_given(told):
    pytest.importorskip("torch")
    convert = converter("torch", "float32")
    arguments, weights, _ = example(told)
    on_meta = [{name: tensor.to("meta") for name, tensor in convert(group).items()} for group in (*arguments, weights)]
    found = both_passes(modules(told)[1], tuple(on_meta[:-1]), on_meta[-1], 5)
    assert {tensor.device.type for arrays in found.values() for tensor in arrays.values()} == {"meta"}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("told", each_third(["lstm", "clockwork", "mlstm", "narx", "lmu", "fast_weights", "retnet", "on_lstm"]))
def test_it_steps_as_the_numpy_module_does(told, library):
    convert = converter(library)
    (params, inputs, initial), _, _ = example(told)
    of_numpy, made = modules(told)
    wanted, found = of_numpy.start(params, 2, initial), made.start(convert(params), 2, convert(initial))
    for t in range(5):
        now = {name: array[t] for name, array in inputs.items()}
        told_outputs, wanted = of_numpy.step(wanted, now)
        outputs, found = made.step(found, convert(now))
        assert_equal({"outputs": outputs}, {"outputs": told_outputs})


@pytest.mark.parametrize("told", ["gru", "clockwork", "deltanet"])
def test_both_passes_are_compiled_by_jax_whose_arrays_cannot_be_written_into(told):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    arguments, weights, wanted = example(told)
    compiled = jax.jit(lambda given, upstream: both_passes(modules(told)[1], given, upstream, 5))
    assert_equal(compiled(arguments, weights), wanted)


@pytest.mark.parametrize("told", ["lstm", "clockwork", "mlstm", "self_attention", "leaky_echo_state"])
def test_the_gradients_are_those_that_torch_finds_through_the_forward_pass(told):
    torch = pytest.importorskip("torch")
    arguments, weights, wanted = example(told)
    given = [{name: torch.from_numpy(array).requires_grad_() for name, array in group.items()} for group in arguments]
    outputs, _ = modules(told)[1].forward(*given)
    sum((outputs[name] * torch.from_numpy(weights[name])).sum() for name in weights).backward()
    for group, own in zip(("params", "inputs", "initial"), given, strict=True):
        by_torch = {name: np.zeros(own[name].shape) if own[name].grad is None else own[name].grad for name in wanted[group]}
        assert_equal({group: by_torch}, {group: wanted[group]})


@pytest.mark.parametrize("told", covered(derive.cell_names(), COVERING[::3]))
def test_the_passes_name_no_library_and_write_into_lists_alone(told):
    source = sources(told)[1]
    for function in (each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)):
        if function.name in ("init", "example", "check_gradients"):
            continue
        assert not [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == "np"], function.name
        assert not [node for node in ast.walk(function) if isinstance(node, ast.AugAssign)], function.name
        assigned = [(target, node.value) for node in ast.walk(function) if isinstance(node, ast.Assign) for target in node.targets]
        lists = {ast.unparse(target) for target, value in assigned if ast.unparse(value).partition("] * T")[1]}
        written = {ast.unparse(target.value) for target, _ in assigned if isinstance(target, ast.Subscript)}
        assert written <= lists, function.name


def test_parameters_are_those_of_the_numpy_module_in_the_library_that_is_asked_for():
    torch = pytest.importorskip("torch")
    of_numpy, made = modules("lstm")
    wanted, found = of_numpy.init({"x": 3, "h": 4}, seed=2), made.init({"x": 3, "h": 4}, seed=2, xp=torch, dtype=torch.float32)
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}
    assert_equal({"params": found}, {"params": wanted}, 1e-6)
    assert_equal({"params": made.init({"x": 3, "h": 4}, seed=2)}, {"params": wanted})


def test_what_goes_out_is_no_view_of_what_the_backward_pass_reads():
    arguments, weights, wanted = example("gru")
    made = modules("gru")[1]
    outputs, tape = made.forward(*arguments)
    for array in outputs.values():
        array[...] = np.nan
    assert_equal(made.backward(arguments[0], tape, weights)._asdict(), {name: wanted[name] for name in ("params", "inputs", "initial")})


def test_arrays_of_two_dtypes_or_of_none_are_refused():
    (params, inputs, initial), _, _ = example("rnn")
    made = modules("rnn")[1]
    with pytest.raises(ValueError, match="inputs: x holds float32, expected float64, which others have"):
        made.forward(params, {"x": inputs["x"].astype("float32")}, initial)
    with pytest.raises(ValueError, match="the arrays hold int64"):
        made.forward({name: array.astype("int64") for name, array in params.items()}, inputs, initial)
    with pytest.raises(ValueError, match="params: give an array for each of W, U, b"):
        made.forward({**params, "b": params["b"].tolist()}, inputs, initial)


def test_checkpoints_are_left_to_other_targets():
    with pytest.raises(InputError, match="checkpoints are for the targets numpy, torch and jax"):
        derive.emit(derive.bptt(derive.cell("rnn")), "array_api", checkpoint=True)


def test_a_function_that_has_no_form_in_the_standard_is_named(monkeypatch):
    monkeypatch.delitem(standard.SOURCES, "sigmoid")
    with pytest.raises(MissingRule, match="sigmoid has no form in the array API standard"):
        derive.emit(derive.bptt(derive.cell("lstm")), "array_api")


def test_it_checks_itself_with_numpy(tmp_path):
    (tmp_path / "gru.py").write_text(derive.emit(derive.bptt(derive.cell("gru")), "array_api"))
    done = subprocess.run([sys.executable, "gru.py", "--check"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "DISAGREES" not in done.stdout
