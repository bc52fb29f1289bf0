"""Every file ends in arrays or in one clear line: damaged ones of each format, and those that are made to read, run or take too much.

`python -m tests.derive.layers.test_damaged_files 10000 [FIRST]` tries as many as one likes.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from derive.errors import InputError
from derive.layers import exchange, files

pytest.importorskip("h5py", reason="h5py is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")
import h5py
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.derive.cells.covering import covered
from tests.derive.layers import weight_files


def outcome(seed: int, folder: Path) -> str:
    """What comes of a damaged file."""
    name, ending, data = weight_files.cases(seed)
    path = folder / f"a.{ending}"
    path.write_bytes(data)
    told = "arrays"
    try:
        exchange.load(path, name).arrays(True)
    except InputError as error:
        told = str(error)
    assert "\n" not in told, (seed, told)
    assert len(told) < 2_000, (seed, told)
    return f"{ending} {'read' if told == 'arrays' else 'refused'}"


@pytest.mark.parametrize("first", covered(range(0, 300, 60), [0, 120]))
def test_every_file_ends_in_arrays_or_one_clear_line(tmp_path, first):
    assert {outcome(seed, tmp_path) for seed in range(first, first + 60)}


# What leads elsewhere


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(np.arange(6.0).tobytes())
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["a"] = np.arange(6.0)
    return path


def external(file, secret):
    file.create_dataset("a", (6,), "f8", external=[(str(secret), 0, 48)])


def virtual(file, secret):
    layout = h5py.VirtualLayout((6,), "f8")
    layout[:] = h5py.VirtualSource(f"{secret}.h5", "a", (6,))
    file.create_virtual_dataset("a", layout)


def linked(file, secret):
    file["a"] = h5py.ExternalLink(f"{secret}.h5", "/a")


def soft(file, secret):
    file["b"] = np.zeros(1)
    file["a"] = h5py.SoftLink("/b")


def circle(file, secret):
    file.create_group("a")["b"] = file["/"]


def references(file, secret):
    file["b"] = np.zeros(1)
    file["a"] = np.array([file["b"].ref], dtype=h5py.ref_dtype)


def texts(file, secret):
    file["a"] = ["text"]


def records(file, secret):
    file["a"] = np.zeros(2, [("x", "f4"), ("y", "f4")])


def unwritten(file, secret):
    file.create_dataset("a", (10**12,), "f8", chunks=(1000,))


def unwritten_in_one(file, secret):
    file.create_dataset("a", (1000,), "f8")


def huge_chunk(file, secret):
    file.create_dataset("a", (1,), "f8", chunks=(2**28,), maxshape=(None,), compression="gzip")


def bomb(file, secret):
    dataset = file.create_dataset("a", (16,), "f8", chunks=(16,), compression="gzip")
    dataset.id.write_direct_chunk((0,), zlib.compress(bytes(10**8)))


def other_filter(file, secret):
    file.create_dataset("a", data=np.zeros(100), compression="lzf")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (external, "the numbers of a are in another file"),
        (virtual, "the numbers of a are in another file"),
        (linked, "a is a link to something elsewhere"),
        (soft, "a is a link to something elsewhere"),
        (circle, "the folder a/b has another name too"),
        (references, "a holds no numbers"),
        (texts, "a holds no numbers"),
        (records, "a holds no numbers"),
        (unwritten, "8,000,000,000,000 bytes"),
        (unwritten_in_one, "8,000 bytes, and 0 of them are there"),
        (huge_chunk, "2,147,483,648 bytes"),
        (bomb, "a part of a has 129 bytes, and not 128"),
        (other_filter, "packed by filter 32000"),
    ],
)
def test_a_file_of_hdf5_is_read_alone_and_no_further_than_it_says(tmp_path, secret, made, said):
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        made(file, secret)
    refused(tmp_path / "bad.h5", said)


def refused(path: Path, said: str, **given) -> None:
    """The file is refused with these words, and takes little memory."""
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        files.read(path, **given)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert taken < 30_000_000


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("packed", [{}, {"compression": "gzip"}, {"compression": "gzip", "shuffle": True}, {"chunks": (2, 3)}])
@pytest.mark.parametrize("kind", ["<f4", ">f8", "<i2", "<f2"])
def test_what_is_packed_is_what_the_library_reads(tmp_path, libver, packed, kind):
    array = np.arange(35).reshape(5, 7).astype(kind)
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        file.create_dataset("x/y", data=array, **packed)
    found = files.read(tmp_path / "a.h5").arrays["x/y"]
    assert np.array_equal(found, array)
    assert found.dtype.isnative


# Archives


def entry(descr: str = "'<f4'", order: str = "False", shape: str = "(2, 3)", body: bytes = bytes(24), extra: str = "") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {extra}}}\n".encode("latin-1")
    return b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header + body


def archive(path: Path, entries: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in entries:
            file.writestr(name, data)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (entry(shape="(20000, 20000)"), "takes 1,600,000,000 bytes"),
        (entry(shape="(2000, 2000)"), "has 24 bytes, and the shape"),
        (entry(shape="(-2, 3)"), "header of w"),
        (entry(shape="(0, 100000000000000000000)"), "has the shape"),
        (entry(shape="(" + "1," * 40 + ")"), "has the shape"),
        (entry(shape="'x'"), "header of w"),
        (entry(descr="'|O'"), "holds '|O', which are no numbers"),
        (entry(descr="'<U5'"), "which are no numbers"),
        (entry(descr="[('x', '<f4')]"), "header of w"),
        (entry(extra="'more': True"), "header of w"),
        (entry(extra="'shape': (1,)"), "header of w"),
        (entry(shape="(" * 5_000 + ")" * 5_000), "has a header of"),
        (entry(shape="(" + "-" * 5_000 + "1,)"), "header of w"),
        (entry(shape="__import__('os').system('echo')"), "header of w"),
        (entry()[:-1], "has 23 bytes"),
        (entry() + b"x", "has 25 bytes"),
        (b"\x93NUMPY\x09\x00", "w is no array"),
        (b"", "w is no array"),
    ],
)
def test_an_array_is_what_its_header_says(tmp_path, content, said):
    archive(tmp_path / "a.npz", [("w.npy", content)])
    refused(tmp_path / "a.npz", said)


@pytest.mark.parametrize("kind", ["<f8", ">f8", "<f4", ">i4", "|b1", "<c8", "<f2"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3, 4)])
def test_arrays_of_numpy_are_read(tmp_path, kind, order, shape):
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(kind, order=order)
    np.savez_compressed(tmp_path / "a.npz", w=array)
    found = files.read(tmp_path / "a.npz").arrays["w"]
    assert np.array_equal(found, array)
    assert found.shape == shape
    assert found.dtype.isnative
    assert found.flags.writeable


@pytest.mark.parametrize("name", ["../w.npy", "/w.npy", "a\\w.npy", "a//w.npy", "w", ".npy", "w\n.npy", "w" * 300 + ".npy"])
def test_names_that_are_none_are_refused(tmp_path, name):
    archive(tmp_path / "a.npz", [(name, entry())])
    refused(tmp_path / "a.npz", "is no")


def test_two_entries_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        archive(tmp_path / "a.npz", [("w.npy", entry()), ("w.npy", entry())])
    refused(tmp_path / "a.npz", "there are two entries w.npy")


def changed(path: Path, where: bytes, offset: int, to: bytes) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(where) + offset
    data[at : at + len(to)] = to
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("offset", "to", "said"),
    [
        (8, b"\x01", "is encrypted"),
        (10, b"\x0c", "packed by method 12"),
        (16, b"\x00\x00\x00\x00", "Bad CRC-32"),
        (24, b"\xff\xff\xff\x7f", "cannot have the 2,147,483,647 bytes"),
        (42, b"\xff\xff\xff\x00", "is damaged"),
    ],
)
def test_a_list_of_entries_that_is_wrong_is_refused(tmp_path, offset, to, said):
    archive(tmp_path / "a.npz", [("w.npy", entry())])
    changed(tmp_path / "a.npz", b"PK\x01\x02", offset, to)
    refused(tmp_path / "a.npz", said)


def test_an_archive_that_unpacks_to_too_much_is_refused_before(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file, file.open("w.npy", "w") as stream:
        stream.write(entry(shape="(5000000,)", body=b""))
        for _ in range(20):
            stream.write(bytes(10**6))
    refused(tmp_path / "a.npz", "more than the limit of 10,000,000 bytes; allow more, --largest MIB", largest=10_000_000)
    assert files.read(tmp_path / "a.npz", largest=20_000_000).arrays["w"].shape == (5_000_000,)


def test_what_is_not_wanted_is_not_read(tmp_path):
    archive(tmp_path / "a.npz", [("a/w.npy", entry()), ("b/w.npy", entry(descr="'|O'"))])
    assert set(files.read(tmp_path / "a.npz", only="a/").arrays) == {"a/w"}


# safetensors


def safetensors(path: Path, header: str, body: bytes = bytes(48)) -> None:
    path.write_bytes(len(header.encode()).to_bytes(8, "little") + header.encode() + body)


def said_of(**arrays: tuple[object, object, object]) -> str:
    return json.dumps({name: dict(zip(("dtype", "shape", "data_offsets"), own, strict=True)) for name, own in arrays.items()})


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (said_of(a=("F32", [4, 3], [0, 48]), b=("F32", [2], [40, 48])), "b lies over a"),
        (said_of(a=("F32", [4, 3], [0, 48]), b=("F32", [4, 3], [0, 48])), "lies over"),
        (said_of(a=("F32", [4, 3], [0, 47])), "has 47 bytes"),
        (said_of(a=("F32", [4, 3], [0, 49])), "a is outside the file"),
        (said_of(a=("F32", [4, 3], [-1, 47])), "a is outside the file"),
        (said_of(a=("F32", [4, 3], [0.0, 48])), "has the offsets"),
        (said_of(a=("F32", [4, True], [0, 16])), "has the shape"),
        (said_of(a=("F32", [2**62, 2**62], [0, 48])), "has the shape"),
        (said_of(a=("F32", [2**30, 2**30, 0], [0, 0])), "more than the limit"),
        (said_of(a=("F8_E4M3", [48], [0, 48])), "a holds F8_E4M3"),
        (said_of(a=([], [48], [0, 48])), "a holds []"),
        ('{"a": {"dtype": "U8", "shape": [48], "data_offsets": [0, 48]}, "a": {"dtype": "U8", "shape": [48], "data_offsets": [0, 48]}}',
         "a stands twice"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested more than"),
        ('{"a": NaN}', "holds NaN"),
        ('{"a": ' + "9" * 5_000 + "}", "no JSON"),
        (said_of(**{"a\x1b[2J": ("U8", [48], [0, 48])}), "is no name of an array"),
        ('{"\\ud800": {"dtype": "U8", "shape": [48], "data_offsets": [0, 48]}}', "is no name of an array"),
    ],
)  # fmt: skip
def test_a_header_that_says_what_is_not_there_is_refused(tmp_path, header, said):
    safetensors(tmp_path / "a.safetensors", header)
    refused(tmp_path / "a.safetensors", said)


def test_many_arrays_take_no_more_memory_than_they_are(tmp_path):
    arrays = {f"a{number}": ("F32", [1000], [4000 * number, 4000 * (number + 1)]) for number in range(2_000)}
    safetensors(tmp_path / "a.safetensors", said_of(**arrays), bytes(8_000_000))
    tracemalloc.start()
    assert len(files.read(tmp_path / "a.safetensors").arrays) == 2_000
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 14_000_000


# ONNX


def graph(change: Callable[[onnx.ModelProto], None], path: Path) -> None:
    """A graph of one LSTM, with a change."""
    rng = np.random.default_rng(0)
    constants = [
        numpy_helper.from_array(rng.normal(size=shape).astype("f4"), name) for name, shape in (("w", (1, 16, 3)), ("r", (1, 16, 4)))
    ]
    constants.append(numpy_helper.from_array(np.ones((1, 2, 4), "f4"), "i"))
    ends = [helper.make_tensor_value_info(each, TensorProto.FLOAT, None) for each in "XY"]
    node = helper.make_node("LSTM", ["X", "w", "r", "", "", "i"], ["Y"], "lstm", hidden_size=4)
    model = helper.make_model(helper.make_graph([node], "g", ends[:1], ends[1:], constants))
    change(model)
    path.write_bytes(model.SerializeToString())


def names_in_a_circle(model):
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        model.graph.node.append(helper.make_node("Identity", [other], [one]))
    model.graph.node[0].input[5] = "a"


def lengths_in_a_circle(model):
    model.graph.node.append(helper.make_node("Identity", ["a"], ["a"]))
    model.graph.node[0].input[4] = "a"


def layers_in_a_circle(model):
    model.graph.node.append(helper.make_node("Squeeze", ["b"], ["a"]))
    model.graph.node.append(helper.make_node("Squeeze", ["a"], ["b"]))
    model.graph.node.append(helper.make_node("LSTM", ["a", "w", "r"], ["Z"], "above", hidden_size=4))


def elsewhere(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret")


def huge(model):
    model.graph.initializer[0].dims[:] = [1, 2**40, 3]


def overflowing(model):
    model.graph.initializer[0].dims[:] = [2**40, 2**40]


def negative(model):
    model.graph.initializer[0].dims[:] = [1, -16, -3]


def short(model):
    model.graph.initializer[0].raw_data = b"1234"


def of_no_type(model):
    model.graph.initializer[0].ClearField("data_type")


def flat(model):
    model.graph.initializer[0].dims[:] = [48]


def made_twice(model):
    model.graph.node.append(helper.make_node("Identity", ["X"], ["Y"]))


def made_of_nothing(model):
    model.graph.node.append(helper.make_node("Identity", [], ["a"]))
    model.graph.node[0].input[5] = "a"


def of_many_fields(model):
    model.graph.node.extend([onnx.NodeProto()] * 2_000)


def with_a_name_of_an_argument(model):
    model.graph.node[0].attribute.append(helper.make_attribute("direction", 7))


def with_an_attribute_of_another_kind(model):
    model.graph.node[0].attribute.append(helper.make_attribute("clip", model.graph.initializer[0]))


def with_a_reference(model):
    model.graph.node[0].attribute[0].ref_attr_name = "x"


def with_bytes(model):
    model.graph.node[0].attribute.append(helper.make_attribute("activations", [b"\xff\xff"]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (names_in_a_circle, "a is made of itself, in a circle"),
        (lengths_in_a_circle, "a is made of itself, in a circle"),
        (layers_in_a_circle, "a is made of itself, in a circle"),
        (elsewhere, "the numbers of w are in another file"),
        (huge, "takes 13,194,139,533,312 bytes"),
        (overflowing, "has the shape"),
        (negative, "has the shape"),
        (short, "w has 4 bytes, and the shape [1, 16, 3] takes 192"),
        (of_no_type, "w holds numbers of type 0"),
        (flat, "W of lstm has the shape (48,), and 1 directions"),
        (made_twice, "Y is made twice"),
        (made_of_nothing, "a is made of nothing"),
        (of_many_fields, "more than 1,000 fields"),
        (with_a_name_of_an_argument, "the direction of lstm is 7"),
        (with_an_attribute_of_another_kind, "is neither a number nor text"),
        (with_a_reference, "is neither a number nor text"),
        (with_bytes, "is no text"),
    ],
)
def test_a_graph_is_read_alone_and_no_further_than_it_says(tmp_path, monkeypatch, change, said):
    monkeypatch.setattr("derive.layers.files.protobuf.MOST", 1_000)
    (tmp_path / "secret").write_bytes(bytes(192))
    graph(change, tmp_path / "a.onnx")
    refused(tmp_path / "a.onnx", said)


def test_an_attribute_with_the_name_of_an_argument_is_an_attribute(tmp_path):
    graph(lambda model: model.graph.node[0].attribute.append(helper.make_attribute("order", 1)), tmp_path / "a.onnx")
    with pytest.raises(InputError, match="the attribute order is not modelled"):
        exchange.load(tmp_path / "a.onnx", "onnx_lstm")


# Keras


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[" * 100_000, "nested more than"),
        ('{"config": {"return_sequences": true, "go_backwards": true, "name": [1]}}', "[1] gives its outputs backwards"),
        ("\xff", "is not UTF-8 text"),
    ],
)
def test_a_table_of_keras_that_is_none_is_refused(tmp_path, config, said):
    weights = io.BytesIO()
    h5py.File(weights, "w").close()
    archive(tmp_path / "a.keras", [("config.json", config.encode("latin-1")), ("model.weights.h5", weights.getvalue())])
    refused(tmp_path / "a.keras", said)


def test_weights_of_keras_that_unpack_to_too_much_are_refused_before(tmp_path):
    archive(tmp_path / "a.keras", [("config.json", b"{}"), ("model.weights.h5", bytes(10**7))])
    refused(tmp_path / "a.keras", "more than the limit of 1,000,000 bytes", largest=10**6)


def main(count: int, first: int) -> None:
    """Try so many, and print what came of them."""
    with tempfile.TemporaryDirectory() as folder:
        found = [outcome(seed, Path(folder)) for seed in range(first, first + count)]
    for each in sorted(set(found)):
        print(f"{found.count(each):6} {each}")


if __name__ == "__main__":
    main(*map(int, [*sys.argv[1:], "1000", "0"][:2]))
