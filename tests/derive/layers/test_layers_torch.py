"""PyTorch's recurrent layers and ours: outputs and gradients to rounding, in float64."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.layers import exchange
from derive.layers.find import find
from derive.layers.weights import weights_in
from tests.derive.layers.frameworks import compare, near
from verify.subject import subject

torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def peer(layer):
    def run(inputs, upstream):
        given = torch.tensor(inputs, requires_grad=True)
        outputs = layer(given)[0]
        outputs.backward(torch.tensor(upstream))
        return outputs.detach().numpy(), {name: each.grad.numpy() for name, each in layer.named_parameters()}, given.grad.numpy()

    return run


def arrays(layer):
    return {name: each.numpy() for name, each in layer.state_dict().items()}


@pytest.mark.parametrize(
    ("name", "kind", "options", "said"),
    [
        ("torch_rnn", "RNN", {}, {}),
        ("torch_rnn", "RNN", {"nonlinearity": "relu", "num_layers": 2}, {"nonlinearity": "relu"}),
        ("torch_rnn", "RNN", {"bias": False, "bidirectional": True}, {}),
        ("torch_lstm", "LSTM", {}, {}),
        ("torch_lstm", "LSTM", {"num_layers": 2, "bidirectional": True}, {}),
        ("torch_lstm", "LSTM", {"num_layers": 3, "bias": False}, {}),
        ("torch_lstm_projected", "LSTM", {"proj_size": 2}, {}),
        ("torch_lstm_projected", "LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True, "bias": False}, {}),
        ("torch_gru", "GRU", {}, {}),
        ("torch_gru", "GRU", {"num_layers": 2, "bidirectional": True}, {}),
        ("torch_gru", "GRU", {"bias": False}, {}),
    ],
)
def test_outputs_and_gradients_are_those_of_pytorch(name, kind, options, said):
    torch.manual_seed(0)
    layer = getattr(torch.nn, kind)(3, 4, dtype=torch.float64, **options)
    compare(name, arrays(layer), peer(layer), **said)


def test_initial_and_final_states_of_both_directions_are_those_of_pytorch():
    """What the backward direction ends with stands at the first step, and its gradient goes in there."""
    torch.manual_seed(0)
    theirs = torch.nn.LSTM(3, 4, bidirectional=True, dtype=torch.float64)
    layer = find("torch_lstm", arrays(theirs))
    module = subject(derive.bptt(layer.system)).module
    rng = np.random.default_rng(0)
    inputs, start, last = rng.normal(size=(5, 2, 3)), rng.normal(size=(2, 2, 2, 4)), rng.normal(size=(2, 2, 2, 4))
    places = [(i, j, f"{state}_{way}") for i, state in enumerate("hc") for j, way in enumerate(("fwd", "bwd"))]
    params = weights_in(layer, arrays(theirs))
    outputs, tape = module.forward(params, {"x": inputs}, {name: start[i, j] for i, j, name in places})
    given = torch.tensor(start, requires_grad=True)
    expected, ended = theirs(torch.tensor(inputs), (given[0], given[1]))
    upstream = rng.normal(size=expected.shape)
    torch.autograd.backward([expected, *ended], [torch.tensor(upstream), *torch.tensor(last)])
    near(outputs["y"], expected.detach().numpy(), "outputs", 1e-12)
    grads = module.backward(params, tape, {"y": upstream}, {name: last[i, j] for i, j, name in places})
    for i, j, name in places:
        near(outputs[f"{name}_{'1' if j else 'T'}"], ended[i][j].detach().numpy(), f"the end of {name}", 1e-12)
        near(grads.initial[name], given.grad.numpy()[i, j], name, 1e-12)
    for name, array in weights_in(layer, {name: each.grad.numpy() for name, each in theirs.named_parameters()}).items():
        near(grads.params[name], array, name, 1e-12)


def test_a_file_of_pytorch_is_read_and_one_for_it_written(tmp_path):
    package = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    model = torch.nn.ModuleDict({"encoder": torch.nn.GRU(3, 4, num_layers=2, bidirectional=True), "fc": torch.nn.Linear(8, 2)})
    package.save_file(model.state_dict(), tmp_path / "model.safetensors")
    held = exchange.load(tmp_path / "model.safetensors", "torch_gru", only="encoder.")
    assert held.layer.told == "stack(bidirectional(torch_gru), 2)"
    held.save(tmp_path / "back.safetensors", is_framework=True)
    again = package.load_file(tmp_path / "back.safetensors")
    assert set(again) == {name for name in model.state_dict() if name.startswith("encoder.")}
    assert all(torch.equal(array, model.state_dict()[name]) for name, array in again.items())


def test_half_precision_is_read_as_float32(tmp_path):
    package = pytest.importorskip("safetensors.torch", reason="safetensors is not installed")
    layer = torch.nn.GRU(3, 4, dtype=torch.bfloat16)
    package.save_file(layer.state_dict(), tmp_path / "half.safetensors")
    params = exchange.load(tmp_path / "half.safetensors", "torch_gru").params
    assert np.array_equal(params["W_r"], layer.weight_ih_l0[:4].float().detach().numpy())
