"""The emitted passes as layers of PyTorch and JAX: gradients that their own checks accept, training, two processes."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import derive
from derive.errors import InputError
from tests.derive.cells.covering import each_third

CELLS = ("lstm", "gru", "echo_state", "bidirectional_rnn", "mlstm", "narx", "stack(lstm, 2)")
FREE = """h_t = tanh(U h_{t-1} + b)"""
"""A cell without inputs, which is told how many steps there are."""


def module(cell: str, target: str) -> ModuleType:
    made = ModuleType("layer")
    system = derive.read(cell) if "=" in cell else derive.cell(cell)
    exec(compile(derive.emit(derive.bptt(system), target), f"<emitted for {target}>", "exec"), made.__dict__)
    made.names = tuple(system.variables)
    return made


def example(made: ModuleType) -> Any:
    return made.example(4, 2, np.random.default_rng(0))


def layer_of(made: ModuleType, params: dict[str, np.ndarray], torch: Any) -> Any:
    """A Layer that has these parameters."""
    layer = made.Layer(dtype=torch.float64, **dict.fromkeys(made.names, 3))
    for name, array in params.items():
        layer.weights[name] = torch.nn.Parameter(torch.from_numpy(array.copy()), requires_grad=name not in made.CONSTANTS)
    return layer


@pytest.mark.parametrize("cell", each_third([*CELLS, FREE]))
def test_torch_accepts_the_gradients_of_parameters_inputs_and_initial_values(cell):
    torch = pytest.importorskip("torch")
    made = module(cell, "torch")
    params, inputs, initial = example(made)
    names = [("weights", name) for name in params if name not in made.CONSTANTS]
    names += [("inputs", name) for name in inputs] + [("initial", name) for name in initial]
    groups = {"weights": params, "inputs": inputs, "initial": initial}
    layer = layer_of(made, params, torch)

    def outputs(*tensors):
        given: dict[str, dict[str, Any]] = {"weights": {}, "inputs": {}, "initial": {}}
        for (kind, name), tensor in zip(names, tensors, strict=True):
            given[kind][name] = tensor
        weights = {f"weights.{name}": tensor for name, tensor in given["weights"].items()}
        steps = {} if inputs else {"steps": 4}
        found = torch.func.functional_call(layer, weights, (), {"initial": given["initial"], **given["inputs"], **steps})
        return tuple(found[name] for name in (*made.OUTPUTS, *made.FINALS))

    tensors = [torch.from_numpy(groups[kind][name].copy()).requires_grad_() for kind, name in names]
    assert torch.autograd.gradcheck(outputs, tensors)


@pytest.mark.parametrize("cell", [*CELLS, FREE])
def test_jax_accepts_the_gradients_of_parameters_inputs_and_initial_values(cell):
    jax = pytest.importorskip("jax")
    test_util = pytest.importorskip("jax.test_util")
    jax.config.update("jax_enable_x64", True)
    made = module(cell, "jax")
    params, inputs, initial = example(made)
    fixed = {name: params.pop(name) for name in made.CONSTANTS}
    steps = None if inputs else 4

    def outputs(params, inputs, initial):
        found = made.layer({**params, **fixed}, inputs, initial, steps)
        return [found[name] for name in (*made.OUTPUTS, *made.FINALS)]

    test_util.check_grads(jax.jit(outputs), (params, inputs, initial), order=1, modes=["rev"])
    grads = jax.grad(lambda own: sum(each.sum() for each in made.layer(own, inputs, initial, steps).values()))({**params, **fixed})
    assert all(not np.any(grads[name]) for name in fixed)


def test_final_states_have_their_gradients_too():
    torch = pytest.importorskip("torch")
    found = module("lstm", "torch").Layer(x=3, h=4)(x=torch.randn(5, 2, 3))
    assert {name: tuple(each.shape) for name, each in found.items()} == {"h": (5, 2, 4), "h_T": (2, 4), "c_T": (2, 4)}
    assert {name for name, each in found.items() if each.requires_grad} == {"h", "h_T", "c_T"}


def test_torch_refuses_a_backward_pass_after_parameters_were_changed():
    torch = pytest.importorskip("torch")
    layer = module("gru", "torch").Layer(x=3, h=4)
    found = layer(x=torch.randn(5, 2, 3))
    with torch.no_grad():
        next(iter(layer.parameters())).add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        found["h"].sum().backward()


@pytest.mark.full
def test_a_layer_trains_and_is_saved_as_any_other():
    torch = pytest.importorskip("torch")
    made = module("gru", "torch")
    layer, other = made.Layer(x=3, h=8, seed=1), made.Layer(x=3, h=8, seed=2)
    readout = torch.nn.Linear(8, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *readout.parameters()], lr=0.02)
    x = torch.randn(12, 16, 3, generator=torch.Generator().manual_seed(0))
    target = x[..., :1].cumsum(0).tanh()
    losses = []
    for _ in range(60):
        loss = torch.nn.functional.mse_loss(readout(layer(x=x)["h"]), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    other.load_state_dict(layer.state_dict())
    assert torch.equal(other(x=x)["h"], layer(x=x)["h"])


PARALLEL = """
import sys
import torch
import layer as made

rank, place, result = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.distributed.init_process_group("gloo", init_method=f"file://{place}", rank=rank, world_size=2)
own = torch.nn.parallel.DistributedDataParallel(made.Layer(x=3, h=4, seed=rank, dtype=torch.float64))
x = torch.randn(5, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
own(x=x[:, 2 * rank:2 * rank + 2])["h"].square().mean().backward()
if rank == 0:
    torch.save({name: each.grad for name, each in own.module.weights.items()}, result)
torch.distributed.destroy_process_group()
"""


@pytest.mark.full
def test_two_processes_that_share_a_batch_have_the_gradients_of_one(tmp_path):
    torch = pytest.importorskip("torch")
    (tmp_path / "layer.py").write_text(derive.emit(derive.bptt(derive.cell("lstm")), "torch"))
    (tmp_path / "run.py").write_text(PARALLEL)
    command = [sys.executable, "run.py"]
    places = [str(tmp_path / "meet"), str(tmp_path / "grads.pt")]
    runs = [subprocess.Popen([*command, str(rank), *places], cwd=tmp_path, stderr=subprocess.PIPE, text=True) for rank in range(2)]
    told = [run.communicate(timeout=600)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], told
    layer = module("lstm", "torch").Layer(x=3, h=4, seed=0, dtype=torch.float64)
    x = torch.randn(5, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    layer(x=x)["h"].square().mean().backward()
    for name, grad in torch.load(tmp_path / "grads.pt", weights_only=True).items():
        torch.testing.assert_close(grad, layer.weights[name].grad)


@pytest.mark.parametrize("target", ["torch", "jax"])
def test_a_loss_is_left_to_the_framework(target):
    network = derive.follow(derive.follow(derive.cell("gru"), derive.head("readout")), derive.head("softmax_cross_entropy"))
    with pytest.raises(InputError, match="a loss of its own, which is left to"):
        derive.emit(derive.bptt(network), target)


def test_an_unknown_target_is_told_with_those_that_there_are():
    with pytest.raises(InputError, match="no target 'fortran'; the targets are numpy, torch, jax, array_api"):
        derive.emit(derive.bptt(derive.cell("rnn")), "fortran")


def test_a_module_for_torch_checks_itself_as_that_of_numpy_does(tmp_path):
    pytest.importorskip("torch")
    (tmp_path / "layer.py").write_text(derive.emit(derive.bptt(derive.cell("rnn")), "torch"))
    done = subprocess.run([sys.executable, "layer.py", "--check"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("agrees") == 5


@pytest.mark.parametrize(("first", "policy"), [("", "PASSIVE"), ("import torch; ", "None")])
def test_the_threads_of_torch_wait_without_taking_the_cores_of_numpy(tmp_path, first, policy):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    (tmp_path / "cell.py").write_text(derive.emit(derive.bptt(derive.cell("rnn")), "torch"), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    code = f"import os; {first}import cell; print(os.environ.get('OMP_WAIT_POLICY'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == policy, done.stderr
