"""Files of weights of each format and of layers of each framework, whole and damaged."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np
import onnx

from derive.layers import exchange, page
from derive.layers.layer import describe
from tests.derive.files.damage import ODD, damaged, edited, repacked

ENDINGS = {"torch": ("safetensors", "npz"), "flax": ("npz",), "haiku": ("safetensors",), "keras": ("h5", "keras"), "onnx": ("onnx",)}
"""The formats that are tried, by what the names of layers begin with."""


@cache
def whole() -> dict[tuple[str, str], bytes]:
    """The bytes of files by the name of the layer and the ending; "" is the name of parameters of an emitted module."""
    found = {}
    with TemporaryDirectory() as folder:
        for number, name in enumerate(page.names()):
            layer = describe(name, 1 + number % 2, "bidirectional" if number % 3 == 0 else "forward")
            rng = np.random.default_rng(number)
            shapes = {
                each.name: [int(side.subs(dict.fromkeys(side.free_symbols, 3))) for side in each.shape] for each in layer.system.parameters
            }
            params = {own: rng.normal(size=shape if shape[1] > 1 else shape[:1]) for own, shape in shapes.items()}
            held = exchange.Weights(layer, {key: array.astype(np.float32) for key, array in params.items()})
            for ending in ENDINGS[name.partition("_")[0]]:
                path = Path(folder, f"a.{'h5' if ending == 'keras' else ending}")
                held.save(path, is_framework=True)
                found[name, ending] = _archived(path.read_bytes()) if ending == "keras" else path.read_bytes()
    return found


def _archived(weights: bytes) -> bytes:
    """An archive as Keras writes it."""
    config = {"module": "keras.layers", "class_name": "LSTM", "config": {"name": "lstm", "return_sequences": True, "dropout": 0.0}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps({"config": {"layers": [config]}}))
        archive.writestr("model.weights.h5", weights)
    return buffer.getvalue()


def cases(seed: int) -> tuple[str, str, bytes]:
    """The layer, the ending and the bytes of a damaged file; the same for the same seed."""
    random = Random(seed)
    files = whole()
    name, ending = random.choice(list(files))
    data, other = files[name, ending], random.choice(list(files.values()))
    if random.random() < 0.5:
        return name, ending, damaged(data, other, random)
    return name, ending, CHANGED[ending](data, other, random)


def _safetensors(data: bytes, other: bytes, random: Random) -> bytes:
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(edited(json.loads(data[8:start]), random)).encode()
    return len(header).to_bytes(8, "little") + header + data[start:]


def _npz(data: bytes, other: bytes, random: Random) -> bytes:
    return repacked(data, lambda name, content: damaged(content, other, random), random)


def _keras(data: bytes, other: bytes, random: Random) -> bytes:
    def change(name: str, content: bytes) -> bytes:
        if name.endswith("json") and random.random() < 0.7:
            return json.dumps(edited(json.loads(content), random)).encode()
        return damaged(content, other, random)

    return repacked(data, change, random)


def _hdf5(data: bytes, other: bytes, random: Random) -> bytes:
    """A file of the same arrays, of which one is something else, packed or not."""
    with h5py.File(io.BytesIO(data), "r") as file:
        arrays: dict[str, np.ndarray] = {}
        file.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    buffer, chosen = io.BytesIO(), random.choice(list(arrays))
    with h5py.File(buffer, "w", libver=random.choice(["earliest", "latest"])) as file:
        for name, array in arrays.items():
            odd = name == chosen
            kind = (
                random.choice([np.int8, ">f8", np.complex64, "S3", h5py.string_dtype(), bool, "f2", h5py.ref_dtype]) if odd else array.dtype
            )
            shape = random.choice([(), (0,), (1, 1), (2, 3, 4), (7,), array.shape]) if odd else array.shape
            packed = {"chunks": True, "compression": random.choice(["gzip", "lzf", None]), "shuffle": random.random() < 0.5}
            dataset = file.create_dataset(name, shape, kind, **(packed if shape and 0 not in shape and random.random() < 0.6 else {}))
            if not odd or (random.random() < 0.5 and dataset.dtype.kind in "fi"):
                dataset[...] = 1 if odd else array
    return damaged(buffer.getvalue(), other, random) if random.random() < 0.4 else buffer.getvalue()


def _onnx(data: bytes, other: bytes, random: Random) -> bytes:
    """A graph in which fields are cleared, or have the values of others of their kind."""
    model = onnx.load_model_from_string(data)
    for _ in range(random.choice([1, 1, 2, 3])):
        messages = list(_messages(model))
        message = random.choice(messages)
        fields = [field for field in message.DESCRIPTOR.fields if random.random() < 0.3] or list(message.DESCRIPTOR.fields)
        _change(message, random.choice(fields), [each for each in messages if type(each) is type(message)], random)
    return damaged(model.SerializeToString(), other, random) if random.random() < 0.2 else model.SerializeToString()


def _messages(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in value if hasattr(value, "extend") else [value]:
                yield from _messages(each)


def _change(message: Any, field: Any, others: list[Any], random: Random) -> None:
    if random.random() < 0.3:
        message.ClearField(field.name)
        return
    source = random.choice(others)
    if field.message_type is not None or random.random() < 0.3:
        copy = type(source)()
        copy.CopyFrom(source)
        message.ClearField(field.name)
        value = getattr(copy, field.name)
        if hasattr(value, "extend"):
            getattr(message, field.name).extend(value)
        elif field.message_type is not None:
            getattr(message, field.name).CopyFrom(value)
        else:
            setattr(message, field.name, value)
        return
    names = [
        name for each in others for kind in ("name", "output", "input") if hasattr(each, kind) for name in _listed(getattr(each, kind))
    ]
    odd = random.choice([*ODD, *names, b"x", b"\xff", 1, 2, 3, 7, 11])
    try:
        held = getattr(message, field.name)
        if hasattr(held, "extend"):
            if held and random.random() < 0.7:
                held[random.randrange(len(held))] = odd
            else:
                held.append(odd)
        else:
            setattr(message, field.name, odd)
    except (TypeError, ValueError, AttributeError, UnicodeError):
        message.ClearField(field.name)


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)


CHANGED = {"safetensors": _safetensors, "npz": _npz, "keras": _keras, "h5": _hdf5, "onnx": _onnx}
