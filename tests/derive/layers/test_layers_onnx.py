"""ONNX's recurrent operators and ours: files, and outputs by ONNX Runtime and by the reference implementation; ONNX has no gradients."""

from __future__ import annotations

import numpy as np
import pytest

import derive
from derive.errors import InputError
from derive.layers import exchange
from derive.layers.layer import describe
from tests.derive.layers.frameworks import near
from tests.derive.layers.test_layers import random_params
from verify.subject import subject

onnx = pytest.importorskip("onnx", reason="onnx is not installed")

LAYERS = [
    ("onnx_rnn", {}),
    ("onnx_rnn", {"activation_f": "relu", "bias": False}),
    ("onnx_lstm", {}),
    ("onnx_lstm", {"peepholes": True}),
    ("onnx_lstm", {"activation_f": "HardSigmoid", "activation_h": "softsign"}),
    ("onnx_gru", {}),
    ("onnx_gru_reset_after", {}),
    ("onnx_gru_reset_after", {"activation_g": "relu", "bias": False}),
    ("onnx_rnn", {"clip": 0.25}),
    ("onnx_lstm", {"clip": 0.25, "peepholes": True}),
    ("onnx_gru", {"clip": 0.25}),
    ("onnx_gru_reset_after", {"clip": 0.25}),
]


def written(path, name, layers=1, direction="forward", kind=np.float32, **attributes):
    layer = describe(name, layers, direction, **attributes)
    params = {own: array.astype(kind) for own, array in random_params(layer).items()}
    exchange.Weights(layer, params).save(path, is_framework=True)
    return layer, params


@pytest.mark.parametrize(("name", "attributes"), LAYERS)
@pytest.mark.parametrize(("layers", "direction"), [(1, "forward"), (1, "reverse"), (2, "bidirectional")])
def test_outputs_are_those_of_onnx_runtime(tmp_path, name, attributes, layers, direction):
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    layer, params = written(tmp_path / "a.onnx", name, layers, direction, **attributes)
    onnx.checker.check_model(str(tmp_path / "a.onnx"))
    held = exchange.load(tmp_path / "a.onnx", name)
    assert held.layer == layer
    assert all(array.tobytes() == params[own].tobytes() for own, array in held.params.items())
    inputs = np.random.default_rng(1).normal(size=(5, 2, 3)).astype(np.float32)
    (expected,) = runtime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"]).run(None, {"X": inputs})
    module = subject(derive.bptt(held.layer.system)).module
    outputs, _ = module.forward(held.params, {"x": inputs})
    near(outputs[module.OUTPUTS[0]], expected, "outputs", 3e-6)


@pytest.mark.parametrize(("name", "attributes"), [each for each in LAYERS if not {"activation_f", "activation_g", "clip"} & {*each[1]}])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_outputs_are_those_of_the_reference_in_float64(tmp_path, name, attributes, direction):
    """Which has no other functions, and takes no notice of clip."""
    written(tmp_path / "a.onnx", name, 1, direction, np.float64, **attributes)
    from onnx.reference import ReferenceEvaluator

    inputs = np.random.default_rng(1).normal(size=(5, 2, 3))
    try:
        (expected,) = ReferenceEvaluator(str(tmp_path / "a.onnx")).run(None, {"X": inputs})
    except (NotImplementedError, RuntimeError) as error:
        pytest.skip(f"the reference does not run it: {error}")
    held = exchange.load(tmp_path / "a.onnx", name)
    outputs, _ = subject(derive.bptt(held.layer.system)).module.forward(held.params, {"x": inputs})
    near(outputs["h"], expected, "outputs", 1e-12)


def changed(path, change):
    model = onnx.load(path)
    change(model.graph)
    onnx.save(model, path)


def attribute(name, value):
    def change(graph):
        for node in graph.node:
            if node.op_type == "LSTM":
                node.attribute.append(onnx.helper.make_attribute(name, value))

    return change


def computed(graph):
    graph.node[0].input[1] = "elsewhere"


def squashed(graph):
    graph.initializer.append(onnx.numpy_helper.from_array(np.ones((1, 2, 4), np.float32), "start"))
    graph.node.insert(0, onnx.helper.make_node("Tanh", ["start"], ["squashed"]))
    graph.node[1].input[5] = "squashed"


def from_nowhere(graph):
    graph.node[0].input[5] = "elsewhere"


def from_below(graph):
    graph.node[0].output.append("end")
    graph.node[3].input[5] = "end"


def too_few(graph):
    for node in graph.node:
        for each in node.attribute:
            if each.name == "activations":
                del each.strings[1:]


def too_many(graph):
    graph.node[0].input.append("W_0")


def foreign(graph):
    for node in graph.node:
        node.domain = "elsewhere"


def in_a_branch(graph):
    inner = onnx.helper.make_graph([graph.node[0]], "inner", [], [onnx.ValueInfoProto(name="Y_0")])
    graph.node.insert(0, onnx.helper.make_node("If", ["is_first"], ["chosen"], then_branch=inner, else_branch=inner))


def nameless(graph):
    for node in graph.node:
        node.name = ""
    computed(graph)


def between(graph):
    graph.node[2].op_type = "Softmax"


def unmoved(graph):
    del graph.node[1].attribute[:]
    graph.node[1].attribute.append(onnx.helper.make_attribute("perm", [2, 0, 1, 3]))


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("onnx_lstm", attribute("clip", -3.0), "clip = -3.0 is not modelled; give a positive number"),
        ("onnx_lstm", attribute("input_forget", 1), "input_forget = 1 is not modelled"),
        ("onnx_lstm", attribute("activation_alpha", [0.3]), "the attribute activation_alpha is not modelled"),
        ("onnx_lstm", computed, "W is computed in the graph; fold constants"),
        ("onnx_lstm", squashed, "initial_h is computed in the graph; make it a constant"),
        ("onnx_lstm", from_nowhere, "initial_h is computed in the graph; make it a constant"),
        ("onnx_lstm", from_below, "layer_1: initial_h is computed in the graph; make it a constant"),
        ("onnx_lstm", attribute("output_sequence", 1), "the attribute output_sequence is not modelled"),
        ("onnx_lstm", too_few, "layer_0: the activations are Sigmoid; give 3 to each direction"),
        ("onnx_lstm", too_many, "layer_0: there are 9 inputs; those known are X, W, R"),
        ("onnx_lstm", foreign, "there is no RNN, GRU or LSTM in the graph"),
        ("onnx_lstm", in_a_branch, "layer_0 stands within a branch, a loop or a function of the graph"),
        ("onnx_lstm", nameless, "Y_0: W is computed in the graph"),
        ("onnx_lstm", between, "Softmax makes the input of layer_1, and not layer_0"),
        ("onnx_lstm", unmoved, "axes are moved between layer_0 and layer_1"),
    ],
)
def test_what_is_not_modelled_is_refused(tmp_path, name, change, said):
    written(tmp_path / "a.onnx", name, 2)
    changed(tmp_path / "a.onnx", change)
    with pytest.raises(InputError, match=said):
        exchange.load(tmp_path / "a.onnx", name)


@pytest.mark.parametrize(("own", "other"), [("onnx_gru", "onnx_gru_reset_after"), ("onnx_gru_reset_after", "onnx_gru")])
def test_a_graph_that_resets_at_the_other_place_is_refused(tmp_path, own, other):
    written(tmp_path / "a.onnx", own)
    with pytest.raises(InputError, match=f"linear_before_reset = . is not modelled; {own} is the layer"):
        exchange.load(tmp_path / "a.onnx", other)


def test_initial_states_of_a_graph_are_those_of_onnx_runtime(tmp_path):
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    written(tmp_path / "a.onnx", "onnx_lstm", 1, "bidirectional")
    start = np.random.default_rng(2).normal(size=(2, 2, 2, 4)).astype(np.float32)

    def change(graph):
        for at, state in enumerate("hc"):
            graph.initializer.append(onnx.numpy_helper.from_array(start[at], f"start_{state}"))
            graph.node[0].input[5 + at] = f"start_{state}"

    changed(tmp_path / "a.onnx", change)
    held = exchange.load(tmp_path / "a.onnx", "onnx_lstm")
    assert set(held.initial) == {"h_fwd", "h_bwd", "c_fwd", "c_bwd"}
    inputs = np.random.default_rng(1).normal(size=(5, 2, 3)).astype(np.float32)
    (expected,) = runtime.InferenceSession(tmp_path / "a.onnx", providers=["CPUExecutionProvider"]).run(None, {"X": inputs})
    outputs, _ = subject(derive.bptt(held.layer.system)).module.forward(held.params, {"x": inputs}, held.initial)
    near(outputs["y"], expected, "outputs", 3e-6)


@pytest.mark.parametrize("name", ["onnx_rnn", "onnx_lstm", "onnx_gru"])
def test_a_graph_with_the_batch_first_is_that_of_the_reference(tmp_path, name):
    from onnx.reference import ReferenceEvaluator

    written(tmp_path / "a.onnx", name, kind=np.float64)
    rng = np.random.default_rng(1)
    inputs, start = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 1, 4))

    def change(graph):
        graph.initializer.append(onnx.numpy_helper.from_array(start, "start"))
        graph.node[0].input[5] = "start"
        graph.node[0].output.append("end")
        graph.node[0].attribute.append(onnx.helper.make_attribute("layout", 1))
        del graph.node[1:]
        graph.output[0].name = "end"

    changed(tmp_path / "a.onnx", change)
    (expected,) = ReferenceEvaluator(str(tmp_path / "a.onnx")).run(None, {"X": inputs})
    held = exchange.load(tmp_path / "a.onnx", name)
    outputs, _ = subject(derive.bptt(held.layer.system)).module.forward(held.params, {"x": inputs.swapaxes(0, 1)}, held.initial)
    near(outputs["h"][-1], expected[:, 0], "final states", 1e-12)


def test_a_file_that_is_no_graph_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"\x08nothing")
    with pytest.raises(InputError, match=r"is no .onnx file of arrays|there is no RNN"):
        exchange.load(tmp_path / "a.onnx", "onnx_lstm")


@pytest.mark.parametrize(("kind", "name"), [("RNN", "onnx_rnn"), ("LSTM", "onnx_lstm"), ("GRU", "onnx_gru_reset_after")])
@pytest.mark.parametrize("axes", [{}, {"x": {0: "T", 1: "batch"}}], ids=["sizes fixed", "sizes open"])
@pytest.mark.filterwarnings("ignore")
def test_what_pytorch_exports_is_read_and_goes_back_to_pytorch(tmp_path, kind, name, axes):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = getattr(torch.nn, kind)(3, 4, num_layers=2, bidirectional=True)
    example = (torch.zeros(5, 2, 3),)
    torch.onnx.export(theirs, example, str(tmp_path / "a.onnx"), dynamo=False, input_names=["x"], dynamic_axes=axes)
    held = exchange.load(tmp_path / "a.onnx", name)
    assert not held.initial
    arrays = held.converted(f"torch_{kind.lower()}").arrays(True)
    expected = {key: each.numpy() for key, each in theirs.state_dict().items()}
    assert set(arrays) == set(expected)
    assert all(np.array_equal(array, expected[key]) for key, array in arrays.items())
