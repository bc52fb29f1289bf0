"""ONNX's sequence_lens and the module for sequences of different lengths: outputs, final states and gradients are those of ONNX Runtime."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import derive
from derive.errors import InputError
from derive.layers import exchange
from derive.layers.layer import describe
from tests.bptt.command import bptt
from tests.derive.cells.covering import each_third
from tests.derive.layers.frameworks import near
from tests.derive.layers.test_layers import random_params
from tests.derive.numeric import module

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
from tests.derive.layers.test_layers_onnx import changed  # noqa: E402  (which is skipped, and has nothing, without onnx)

KINDS = [
    ("onnx_rnn", {}),
    ("onnx_lstm", {"peepholes": True}),
    ("onnx_gru", {"bias": False}),
    ("onnx_gru_reset_after", {"clip": 0.25}),
]
SHAPES = [(1, "forward"), (1, "reverse"), (1, "bidirectional"), (2, "forward"), (2, "reverse"), (2, "bidirectional")]
STEPS, LENGTHS = 5, np.array([3, 5, 1, 4])
BEHIND = np.arange(STEPS)[:, None] >= LENGTHS


def states_of(layer):
    """The names of the states, part by part."""
    own = [each.name for each in layer.page.default.states]
    return {part: [name + part.label for name in own] for part in layer.parts}


def weights(name, layers=1, direction="forward", **attributes):
    """Random parameters and initial states."""
    layer = describe(name, layers, direction, **attributes)
    params = {own: array.astype(np.float32) for own, array in random_params(layer).items()}
    rng = np.random.default_rng(3)
    sizes = {part: params[next(each for each in params if each[0] == "U" and each.endswith(part.label))].shape[1] for part in layer.parts}
    initial = {
        own: rng.normal(size=(len(LENGTHS), sizes[part])).astype(np.float32) for part, names in states_of(layer).items() for own in names
    }
    return exchange.Weights(layer, params, initial)


def sequences():
    """Inputs, with numbers behind the ends of sequences that would show wherever they are read."""
    inputs = np.random.default_rng(1).normal(size=(STEPS, len(LENGTHS), 3)).astype(np.float32)
    inputs[BEHIND] = np.nan
    return inputs


def runtime_of(path):
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    return runtime.InferenceSession(path, providers=["CPUExecutionProvider"])


def with_final_states(graph):
    for node in graph.node:
        if node.op_type in ("RNN", "GRU", "LSTM"):
            made = [f"{each}_{node.name}" for each in (["Y_h", "Y_c"] if node.op_type == "LSTM" else ["Y_h"])]
            node.output.extend(made)
            graph.output.extend([onnx.ValueInfoProto(name=each) for each in made])


def finals(held, outputs):
    """The final states by (layer, state), as ONNX has them: (directions, batch, rows); in the backward direction those of the first step."""
    found = {}
    for part, names in states_of(held.layer).items():
        is_backward = held.layer.direction == "reverse" or part.label.startswith("_bwd")
        for own in names:
            last = outputs[own][0] if is_backward else outputs[f"{own}_T"]
            found.setdefault((part.layer, own[0]), []).append(last)
    return [np.stack(each) for each in found.values()]


@pytest.mark.parametrize(("name", "attributes"), each_third(KINDS), ids=[each for each, _ in KINDS])
@pytest.mark.parametrize(("layers", "direction"), SHAPES)
def test_outputs_and_final_states_are_those_of_onnx_runtime(tmp_path, name, attributes, layers, direction):
    replace(weights(name, layers, direction, **attributes), takes_lengths=True).save(tmp_path / "a.onnx", is_framework=True)
    onnx.checker.check_model(str(tmp_path / "a.onnx"))
    held = exchange.load(tmp_path / "a.onnx", name)
    assert held.takes_lengths
    assert held.lengths is None
    changed(tmp_path / "a.onnx", with_final_states)
    session = runtime_of(tmp_path / "a.onnx")
    expected, *last = session.run(None, {"X": sequences(), "sequence_lens": LENGTHS.astype(np.int32)})
    system = held.layer.system
    every = [own for names in states_of(held.layer).values() for own in names]
    watched = replace(system, outputs=(*system.outputs, *(own for own in every if own not in system.outputs)))
    outputs, _ = module(derive.emit(derive.bptt(watched), ragged=True)).forward(
        held.params, {"x": sequences()}, held.initial, lengths=LENGTHS
    )
    near(outputs[system.outputs[0]], expected, "outputs", 3e-6)
    assert not outputs[system.outputs[0]][BEHIND].any()
    for own, theirs in zip(finals(held, outputs), last, strict=True):
        near(own, theirs, "final states", 3e-6)


def test_lengths_that_are_constant_are_held_and_written_again(tmp_path):
    replace(weights("onnx_lstm", 2, "bidirectional"), lengths=LENGTHS).save(tmp_path / "a.onnx", is_framework=True)
    held = exchange.load(tmp_path / "a.onnx", "onnx_lstm")
    assert np.array_equal(held.lengths, LENGTHS)
    assert not held.takes_lengths
    (expected,) = runtime_of(tmp_path / "a.onnx").run(None, {"X": sequences()})
    own = module(derive.emit(derive.bptt(held.layer.system), ragged=True))
    outputs, _ = own.forward(held.params, {"x": sequences()}, held.initial, lengths=held.lengths)
    near(outputs["y_2"], expected, "outputs", 3e-6)
    held.save(tmp_path / "again.onnx", is_framework=True)
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "a.onnx").read_bytes()
    assert np.array_equal(held.converted("torch_lstm").lengths, LENGTHS)


def test_an_initial_state_of_one_direction_is_zero_in_the_other(tmp_path):
    own = weights("onnx_gru", 1, "bidirectional")
    replace(own, initial={"h_bwd": own.initial["h_bwd"]}).save(tmp_path / "a.onnx", is_framework=True)
    held = exchange.load(tmp_path / "a.onnx", "onnx_gru").initial
    assert np.array_equal(held["h_bwd"], own.initial["h_bwd"])
    assert not held["h_fwd"].any()


def test_one_layer_of_a_graph_has_its_own_initial_states_and_the_lengths_of_all(tmp_path):
    own = replace(weights("onnx_gru", 2), lengths=LENGTHS)
    own.save(tmp_path / "a.onnx", is_framework=True)
    held = exchange.load(tmp_path / "a.onnx", "onnx_gru", only="0/")
    assert set(held.initial) == {"h"}
    assert np.array_equal(held.initial["h"], own.initial["h_1"])
    assert np.array_equal(held.lengths, LENGTHS)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_format_of_weights_alone_does_not_lose_the_rest_silently(tmp_path, ending):
    held = replace(weights("onnx_gru"), lengths=LENGTHS)
    with pytest.raises(InputError, match="holds weights, and not the initial states and lengths of sequences beside them"):
        held.save(tmp_path / f"a.{ending}", is_framework=False)
    assert not list(tmp_path.iterdir())
    held.save(tmp_path / f"a.{ending}", is_framework=False, is_partial=True)
    again = exchange.take(tmp_path / f"a.{ending}", "onnx_gru")
    assert all(np.array_equal(array, held.params[name]) for name, array in again.params.items())


def constant(graph, name, numbers, kind=np.int32):
    graph.initializer.append(onnx.numpy_helper.from_array(np.array(numbers, kind), name))


def made_by(graph, kind, *inputs, **attributes):
    """Lengths that a node makes in front of the others, for both layers."""
    graph.node.insert(0, onnx.helper.make_node(kind, list(inputs), ["made"], **attributes))
    wired(graph, "made", "made")


def wired(graph, *names):
    layers = [node for node in graph.node if node.op_type == "GRU"]
    for node, name in zip(layers, names, strict=True):
        node.input[4] = name


def counted(graph):
    constant(graph, "one", [1])
    made_by(graph, "Add", "sequence_lens", "one")


def of_two_kinds(graph):
    constant(graph, "own", LENGTHS)
    wired(graph, "sequence_lens", "own")


def unlike(graph):
    constant(graph, "own", LENGTHS)
    constant(graph, "other", LENGTHS[::-1])
    wired(graph, "own", "other")


def of_one_layer(graph):
    wired(graph, "sequence_lens", "")


def empty_sequence(graph):
    constant(graph, "own", [3, 0, 1, 4])
    wired(graph, "own", "own")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (counted, "layer_0: sequence_lens is computed in the graph; make it a constant or an input"),
        (of_two_kinds, "layer_1: layer_0 and layer_1 differ in sequence_lens; give the same ones"),
        (unlike, "layer_0 and layer_1 differ in sequence_lens"),
        (of_one_layer, "layer_0 and layer_1 differ in sequence_lens"),
        (empty_sequence, r"sequence_lens holds \[3, 0, 1, 4\]; give each sequence of the batch a whole number of steps"),
    ],
)
def test_lengths_that_are_not_modelled_are_refused(tmp_path, change, said):
    replace(weights("onnx_gru", 2), takes_lengths=True).save(tmp_path / "a.onnx", is_framework=True)
    changed(tmp_path / "a.onnx", change)
    with pytest.raises(InputError, match=said):
        exchange.load(tmp_path / "a.onnx", "onnx_gru")


def given_in_a_column(graph):
    constant(graph, "list", [-1], np.int64)
    made_by(graph, "Reshape", "sequence_lens", "list")


def constant_of_another_type(graph):
    constant(graph, "own", LENGTHS, np.int64)
    made_by(graph, "Cast", "own", to=onnx.TensorProto.INT32)


@pytest.mark.parametrize(("change", "lengths"), [(given_in_a_column, None), (constant_of_another_type, LENGTHS)])
def test_lengths_in_another_form_are_the_same_lengths(tmp_path, change, lengths):
    replace(weights("onnx_gru", 2), takes_lengths=True).save(tmp_path / "a.onnx", is_framework=True)
    changed(tmp_path / "a.onnx", change)
    held = exchange.load(tmp_path / "a.onnx", "onnx_gru")
    assert held.is_ragged
    assert held.takes_lengths == (lengths is None)
    assert np.array_equal(held.lengths, lengths)


def test_gradients_are_the_slopes_of_what_onnx_runtime_computes(tmp_path):
    own = replace(weights("onnx_lstm", 2, "bidirectional"), lengths=LENGTHS)
    inputs = np.where(BEHIND[..., None], 0, sequences())
    rng = np.random.default_rng(4)
    emitted = module(derive.emit(derive.bptt(own.layer.system), ragged=True))
    outputs, tape = emitted.forward(own.params, {"x": inputs}, own.initial, lengths=own.lengths)
    upstream = rng.normal(size=outputs["y_2"].shape).astype(np.float32)
    grads = emitted.backward(own.params, tape, {"y_2": upstream})

    def loss(params, x, initial):
        replace(own, params=params, initial=initial).save(tmp_path / "a.onnx", is_framework=True)
        return float((runtime_of(tmp_path / "a.onnx").run(None, {"X": x})[0] * upstream).sum(dtype=float))

    for given, found in ((own.params, grads.params), ({"x": inputs}, grads.inputs), (own.initial, grads.initial)):
        way = {name: rng.normal(size=array.shape).astype(np.float32) for name, array in given.items()}
        sides = []
        for step in (0.005, -0.005):
            moved = {name: (array + step * way[name]).astype(np.float32) for name, array in given.items()}
            values = {**own.params, **own.initial, "x": inputs} | moved
            sides.append(loss({name: values[name] for name in own.params}, values["x"], {name: values[name] for name in own.initial}))
        slope = sum(float((found[name] * way[name]).sum(dtype=float)) for name in given)
        assert abs(slope) > 0.1
        assert (sides[0] - sides[1]) / 0.01 == pytest.approx(slope, rel=3e-3)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.filterwarnings("ignore")
def test_what_pytorch_exports_of_packed_sequences_is_read(tmp_path, kind):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    sorted_lengths = -np.sort(-LENGTHS)

    class Packed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.own = getattr(torch.nn, kind)(3, 4, num_layers=2, bidirectional=True)

        def forward(self, x, lengths):
            outputs, _ = self.own(torch.nn.utils.rnn.pack_padded_sequence(x, lengths))
            return torch.nn.utils.rnn.pad_packed_sequence(outputs)[0]

    theirs = Packed()
    inputs = np.random.default_rng(1).normal(size=(STEPS, len(LENGTHS), 3)).astype(np.float32)
    example = torch.tensor(inputs), torch.tensor(sorted_lengths)
    torch.onnx.export(theirs, example, str(tmp_path / "a.onnx"), dynamo=False, input_names=["x", "lengths"])
    held = exchange.load(tmp_path / "a.onnx", {"LSTM": "onnx_lstm", "GRU": "onnx_gru_reset_after"}[kind])
    assert held.takes_lengths
    held = held.converted(f"torch_{kind.lower()}")
    outputs, _ = module(derive.emit(derive.bptt(held.layer.system), ragged=True)).forward(
        held.params, {"x": inputs}, lengths=sorted_lengths
    )
    near(outputs["y_2"], theirs(*example).detach().numpy(), "outputs", 3e-6)


def test_the_command_says_the_lengths_and_writes_the_module_that_takes_them(tmp_path):
    replace(weights("onnx_gru"), lengths=LENGTHS).save(tmp_path / "a.onnx", is_framework=True)
    told = bptt("weights", "a.onnx", "--from", "onnx_gru", "-o", "p.npz", "--module", "m.py", cwd=tmp_path).stdout
    said = " ".join(told.split())
    assert "the file sets initial states, which are for you to give to forward: h;" in said
    assert "the file sets lengths of sequences, which are for you to give to forward (--ragged): 3, 5, 1, 4" in said
    assert (tmp_path / "m.py").read_text() == derive.emit(derive.bptt(describe("onnx_gru").system), ragged=True)
