"""The safetensors format: a header that says where each array is, and their bytes. Half precision of either kind is read as float32."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from derive import files
from derive.layers.blocks import Array
from derive.layers.content import Content
from derive.layers.layer import Layer

LENGTH = 8
"""Bytes before the header: its length, as an unsigned number, least byte first."""

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "<u1",
         "BOOL": "|b1"}  # fmt: skip


def read(path: Path) -> Content:
    """The arrays of a file.

    Raises:
        ValueError: the header is not one, or points outside the file.
    """
    data = path.read_bytes()
    start = LENGTH + int.from_bytes(data[:LENGTH], "little")
    if len(data) < start or start == LENGTH:
        raise ValueError("it has no header")
    header = json.loads(data[LENGTH:start].decode("utf-8"))
    if not isinstance(header, dict):
        raise ValueError("its header is no table")
    return Content({name: _array(name, said, data[start:]) for name, said in header.items() if name != "__metadata__"})


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write the arrays, in float32 or float64, as they are."""
    header: dict[str, Any] = {}
    body = b""
    for name, array in content.arrays.items():
        kind = next((kind for kind, spelled in TYPES.items() if spelled == array.dtype.newbyteorder("<").str), None)
        if kind is None:
            raise ValueError(f"{name} holds {array.dtype}")
        own = np.ascontiguousarray(array).astype(TYPES[kind]).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(own)]}
        body += own
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % LENGTH)
    files.write(path, len(text).to_bytes(LENGTH, "little") + text + body)


def _array(name: str, said: dict[str, Any], body: bytes) -> Array:
    if said["dtype"] not in TYPES:
        raise ValueError(f"{name} holds {said['dtype']}")
    begin, end = said["data_offsets"]
    if not 0 <= begin <= end <= len(body):
        raise ValueError(f"{name} is outside the file")
    if any(side < 0 for side in said["shape"]):
        raise ValueError(f"{name} has a negative size")
    array: Array = np.frombuffer(body[begin:end], TYPES[said["dtype"]]).reshape(said["shape"])
    if said["dtype"] == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if said["dtype"] == "F16" else array
