"""Layers of frameworks: pages, names of arrays, shapes, conversions, files, and what is refused."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from types import ModuleType

import numpy as np
import pytest

import derive
import verify
from derive.errors import InputError
from derive.layers import exchange, files, page
from derive.layers.find import find
from derive.layers.layer import DIRECTIONS, Layer, describe
from derive.layers.weights import weights_in, weights_out
from derive.system import Equation
from tests.derive.cells.covering import covered, each_third
from verify.subject import subject

SIZES = {"x": 3}


def random_params(layer: Layer, seed: int = 0, hidden: int = 4) -> dict[str, np.ndarray]:
    """Parameters of a layer with three inputs; each size that is not of the input or of a projection is `hidden`."""
    rng = np.random.default_rng(seed)
    symbols = {side for each in layer.system.variables.values() for part in each.shape for side in part.free_symbols}
    sizes = {side: SIZES.get(str(side)[2:], hidden) for side in symbols}

    def shape(each):
        rows, columns = (int(side.subs(sizes)) for side in each.shape)
        return (rows,) if each.shape[1] == 1 else (rows, columns)

    return {each.name: rng.normal(size=shape(each)) for each in layer.system.parameters}


@pytest.mark.parametrize("name", each_third(page.names()))
def test_each_page_is_proved_and_names_each_parameter_once(name):
    layer = describe(name)
    named = [own for entry in page.load(name).entries for own in entry.blocks.names]
    assert sorted(named) == sorted({*named}), "an array is cut into each parameter once"
    assert {each.name for each in page.load(name).system(full(name)).parameters} == set(named)
    derivation = derive.bptt(layer.system)
    assert verify.prove(derivation.forward, derivation.adjoint).outcome is verify.Outcome.AGREES


def full(name: str) -> dict[str, str]:
    """The settings with which all arrays of a page are there."""
    kind = page.load(name)
    return kind.settings({each.condition: True for each in kind.entries if each.condition})


@pytest.mark.parametrize("name", covered(page.names(), page.names()[::4]))
@pytest.mark.parametrize(
    ("direction", "layers"), covered([(each, layers) for each in DIRECTIONS for layers in (1, 3)], [("bidirectional", 3)])
)
def test_weights_go_out_and_in_again_unchanged(name, direction, layers):
    layer = describe(name, layers, direction)
    params = random_params(layer)
    arrays = weights_out(layer, params)
    found = find(name, arrays, direction if direction == "reverse" else "")
    assert (found.names, found.direction) == (layer.names, direction)
    again = weights_in(found, arrays)
    assert list(again) == list(params) == [each.name for each in layer.system.parameters]
    for own, array in params.items():
        assert np.array_equal(again[own], array), own
    for own, array in weights_out(found, again).items():
        assert np.array_equal(array, arrays[own]), own


@pytest.mark.parametrize("name", each_third(page.names()))
def test_a_network_may_be_made_of_layers(name):
    assert derive.cell(f"stack(bidirectional({name}), 2)").equations == derive.layer(name, layers=2, direction="bidirectional").equations


def torch_arrays(**changes) -> dict[str, np.ndarray]:
    layer = describe("torch_lstm", 2)
    return {**weights_out(layer, random_params(layer)), **changes}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight_ih_l0": np.zeros((15, 3))}, r"weight_ih_l0 has shape \(15, 3\), and \(16, 3\) is needed"),
        ({"weight_hh_l1": np.zeros((16, 5))}, r"weight_hh_l1 has shape \(16, 5\), and \(16, 4\) is needed"),
        ({"weight_ih_l1": np.zeros((16, 3))}, r"weight_ih_l1 has shape \(16, 3\), and \(16, 4\) is needed"),
        ({"bias_ih_l0": np.zeros((16, 1))}, r"bias_ih_l0 has shape \(16, 1\)"),
        ({"bias_ih_l0": np.full(16, np.nan)}, "bias_ih_l0 holds NaN"),
        ({"bias_ih_l0": np.zeros(16, int)}, "bias_ih_l0 holds int64"),
        ({"weight_hr_l0": np.zeros((2, 4))}, "weight_hr_l0 is no array of torch_lstm"),
        ({"fc.weight": np.zeros((2, 4))}, "fc.weight is no array of torch_lstm.*--only"),
        ({"bias_hh_l1": None}, "bias_hh_l1 is missing"),
        ({"weight_ih_l0_reverse": np.zeros((16, 3))}, "weight_hh_l0_reverse is missing"),
        ({"encoder.weight_ih_l0": np.zeros((16, 3))}, "arrays of 2 layers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, said):
    arrays = {name: array for name, array in torch_arrays(**change).items() if array is not None}
    with pytest.raises(InputError, match=said):
        weights_in(find("torch_lstm", arrays), arrays)


def test_parameters_that_do_not_fit_are_refused():
    layer = describe("torch_lstm")
    params = random_params(layer)
    with pytest.raises(InputError, match="U_o is missing"):
        weights_out(layer, {name: array for name, array in params.items() if name != "U_o"})
    with pytest.raises(InputError, match="do not make one array"):
        weights_out(layer, {**params, "W_f": np.zeros((4, 2))})
    with pytest.raises(InputError, match="extra is not known"):
        weights_out(layer, {**params, "extra": np.zeros(3)})


@pytest.mark.parametrize(
    ("name", "attributes", "said"),
    [
        ("torch_lstm", {"dropout": 0.5}, "dropout = 0.5 is not modelled; dropout between layers is random"),
        ("torch_lstm", {"proj_size": 2}, "proj_size = 2 is not modelled; torch_lstm_projected"),
        ("torch_rnn", {"nonlinearity": "sin"}, "nonlinearity = sin is not modelled; what is modelled: tanh, relu"),
        ("torch_gru", {"colour": "red"}, "the attribute colour is not modelled"),
        ("torch_gry", {}, "there is no layer 'torch_gry'; did you mean torch_gru"),
    ],
)
def test_what_is_not_modelled_is_refused(name, attributes, said):
    with pytest.raises(InputError, match=said):
        derive.layer(name, **attributes)


def test_an_attribute_changes_the_equations():
    assert "relu" in str(derive.layer("torch_rnn", nonlinearity="relu").equations[0].right)
    assert [each.name for each in derive.layer("torch_rnn", bias=False).parameters] == ["W", "U"]


def test_arrays_are_found_behind_a_common_beginning():
    arrays = {f"encoder.{name}": array for name, array in torch_arrays().items()}
    layer = find("torch_lstm", arrays)
    assert layer.head == "encoder."
    assert set(weights_out(layer, weights_in(layer, arrays))) == set(arrays)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_files_keep_every_bit(tmp_path, ending, kind):
    layer = describe("torch_gru", 2, "bidirectional")
    params = {name: array.astype(kind) for name, array in random_params(layer).items()}
    target = tmp_path / f"gru.{ending}"
    exchange.Weights(layer, params).save(target, is_framework=True)
    held = exchange.load(target, "torch_gru")
    assert {name: array.tobytes() for name, array in held.params.items()} == {name: array.tobytes() for name, array in params.items()}
    assert all(array.dtype == kind for array in held.params.values())
    own = tmp_path / f"own.{ending}"
    held.save(own, is_framework=False)
    assert exchange.take(own, "torch_gru").layer.told == "stack(bidirectional(torch_gru), 2)"


def test_safetensors_are_those_of_its_package(tmp_path):
    package = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed")
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.float32([1, 2]), "half": np.float16([0.5, -2])}
    theirs = tmp_path / "theirs.safetensors"
    package.save_file(arrays, theirs, metadata={"format": "np"})
    read = files.read(theirs).arrays
    assert set(read) == set(arrays)
    assert all(np.array_equal(read[name], array) for name, array in arrays.items())
    ours = tmp_path / "ours.safetensors"
    layer = describe("torch_rnn")
    params = random_params(layer)
    exchange.Weights(layer, params).save(ours, is_framework=True)
    loaded = package.load_file(ours)
    assert all(np.array_equal(loaded[name], array) for name, array in weights_out(layer, params).items())


def test_nothing_in_a_file_is_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (exec, ("raise SystemExit('run')",))

    data = io.BytesIO()
    np.save(data, np.array([Bomb()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "bad.npz", "w") as archive:
        archive.writestr("a.npy", data.getvalue())
    (tmp_path / "bad.pt").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match=r"no .npz file of arrays"):
        files.read(tmp_path / "bad.npz")
    with pytest.raises(InputError, match=r"a pickle runs code.*safetensors.torch.save_file"):
        files.read(tmp_path / "bad.pt")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.safetensors", b""),
        ("a.safetensors", b"\xff" * 8 + b"{}"),
        ("a.safetensors", (2).to_bytes(8, "little") + b"[]"),
        ("a.safetensors", (59).to_bytes(8, "little") + b'{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,9999999]}}'[:59] + b"0" * 16),
        ("a.npz", b"PK\x03\x04 nothing"),
        ("a.npz", b"text"),
    ],
)
def test_files_that_are_broken_are_refused_in_a_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"is no .* file of arrays") as refused:
        files.read(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_files_that_are_not_there_or_of_no_format_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        files.read(tmp_path / "none.npz")
    (tmp_path / "a.txt").write_text("a")
    with pytest.raises(InputError, match=r"no format is known by .txt"):
        files.read(tmp_path / "a.txt")


MODULES: dict[tuple[Equation, ...], ModuleType] = {}
"""The module of each layer by its equations, for all conversions from it and to it."""


def run(layer: Layer, params: dict[str, np.ndarray], inputs: np.ndarray) -> np.ndarray:
    equations = layer.system.equations
    if equations not in MODULES:
        MODULES[equations] = subject(derive.bptt(layer.system)).module
    module = MODULES[equations]
    return module.forward(params, {"x": inputs})[0][module.OUTPUTS[0]]


def test_projected_and_plain_layers_do_not_convert():
    layer = describe("torch_lstm_projected")
    with pytest.raises(InputError, match="do not compute the same: torch_lstm has no V"):
        exchange.Weights(layer, random_params(layer)).converted("torch_lstm")


ALIKE = [
    ("torch_lstm", "keras_lstm"),
    ("keras_lstm", "torch_lstm"),
    ("torch_lstm", "onnx_lstm"),
    ("onnx_lstm", "flax_lstm"),
    ("flax_lstm", "keras_lstm"),
    ("torch_gru", "keras_gru"),
    ("torch_gru", "onnx_gru_reset_after"),
    ("keras_gru", "flax_gru"),
    ("flax_gru", "torch_gru"),
    ("onnx_gru", "keras_gru_reset_before"),
    ("torch_rnn", "flax_simple"),
    ("keras_simple_rnn", "onnx_rnn"),
    ("onnx_rnn", "keras_simple_rnn"),
]


@pytest.mark.parametrize(
    ("own", "other"),
    covered(ALIKE, ALIKE[2::6]),
)
def test_layers_that_compute_the_same_convert(own, other):
    layer = describe(own, 2, "bidirectional")
    params = random_params(layer)
    made = exchange.Weights(layer, params).converted(other)
    assert made.layer.page.name == other
    inputs = np.random.default_rng(1).normal(size=(5, 2, 3))
    assert np.abs(run(made.layer, made.params, inputs) - run(layer, params, inputs)).max() < 1e-14
    assert made.arrays(True)


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        ("torch_gru", "keras_gru_reset_before", "keras_gru_reset_before has no c_n"),
        ("keras_gru_reset_before", "keras_gru", "another equation for n"),
        ("onnx_gru", "onnx_gru_reset_after", "another equation for n"),
        ("haiku_gru", "keras_gru_reset_before", "another equation for h"),
        ("haiku_lstm", "keras_lstm", "another equation for f"),
        ("torch_rnn", "haiku_vanilla_rnn", "another equation for h"),
        ("torch_lstm", "torch_gru", "do not compute the same"),
    ],
)
def test_layers_that_do_not_compute_the_same_do_not_convert(own, other, said):
    layer = describe(own)
    with pytest.raises(InputError, match=said):
        exchange.Weights(layer, random_params(layer)).converted(other)


def test_peepholes_do_not_get_lost():
    layer = describe("onnx_lstm", peepholes=True)
    with pytest.raises(InputError, match="torch_lstm has no p_"):
        exchange.Weights(layer, random_params(layer)).converted("torch_lstm")
    assert exchange.Weights(layer, random_params(layer)).converted("onnx_lstm").layer.settings["peepholes"] == "true"


def test_layers_that_have_names_are_ordered_by_their_numbers_or_as_said():
    layer = describe("keras_lstm", 11)
    arrays = weights_out(layer, random_params(layer))
    assert find("keras_lstm", arrays).names == layer.names
    named = {name.replace("layers/lstm/", "layers/first/"): array for name, array in arrays.items()}
    with pytest.raises(InputError, match=r"which of the layers .* is the lowest is not known.*--order"):
        find("keras_lstm", named)
    said = ("layers/first", *layer.names[1:])
    assert find("keras_lstm", named, order=said).names == said
    with pytest.raises(InputError, match="name each of them once"):
        find("keras_lstm", named, order=said[1:])


def test_a_function_is_kept_by_a_layer_that_is_told_to_have_it():
    layer = describe("torch_rnn", nonlinearity="relu")
    held = exchange.Weights(layer, random_params(layer))
    with pytest.raises(InputError, match="another equation for h"):
        held.converted("keras_simple_rnn")
    assert held.converted("keras_simple_rnn", {"activation": "relu"}).layer.told == "keras_simple_rnn with activation = relu"
    assert held.converted("haiku_vanilla_rnn").layer.page.name == "haiku_vanilla_rnn"
    assert exchange.shared_out({"nonlinearity": "relu", "activation": "relu", "x": "y"}, "torch_rnn", "keras_simple_rnn") == (
        {"nonlinearity": "relu", "x": "y"},
        {"activation": "relu"},
    )


@pytest.mark.parametrize(("ending", "package"), [("onnx", "onnx"), ("h5", "h5py"), ("keras", "h5py")])
def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch, ending, package):
    for module in ("onnx", "hdf5", "keras"):
        monkeypatch.delitem(sys.modules, f"derive.layers.files.{module}", raising=False)
        monkeypatch.delattr(files, module, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / f"a.{ending}").write_bytes(b"")
    with pytest.raises(InputError, match=f"needs the package {package}, which is not installed; pip install {package}"):
        files.read(tmp_path / f"a.{ending}")


@pytest.mark.parametrize(
    "header",
    [
        "[1, 2]",
        '{"w": "x"}',
        '{"w": {"dtype": "XX", "shape": [4, 3], "data_offsets": [0, 48]}}',
        '{"w": {"dtype": "F32", "shape": [-4, 3], "data_offsets": [0, 48]}}',
        '{"w": {"dtype": "F32", "shape": [1099511627776, 3], "data_offsets": [0, 48]}}',
        '{"w": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 480000]}}',
        '{"w": {"dtype": "F32", "shape": [4, 3], "data_offsets": [40, 4]}}',
        '{"w": {"dtype": "F32", "shape": ["a"], "data_offsets": [0, 48]}}',
    ],
)
def test_a_broken_header_is_refused(tmp_path, header):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode() + bytes(48))
    with pytest.raises(InputError, match=r"broken\.safetensors"):
        exchange.load(path, "torch_lstm")
