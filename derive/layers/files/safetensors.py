"""The safetensors format: a header that says where each array is, and their bytes. Half precision of either kind is read as float32."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import numpy as np

from derive import files
from derive.errors import FormatError, InputError
from derive.files.limits import TEXT, Allowance, clipped
from derive.files.tables import table
from derive.layers.blocks import Array
from derive.layers.content import Content
from derive.layers.layer import Layer

LENGTH = 8
"""Bytes before the header: its length, as an unsigned number, least byte first."""

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "<i1", "U8": "<u1",
         "BOOL": "|b1"}  # fmt: skip
WIDENED = {"F16": np.dtype(np.float32), "BF16": np.dtype(np.float32)}
"""The types of the file, and those that become another one here."""
METADATA = "__metadata__"
FIELDS = {"dtype", "shape", "data_offsets"}


def read(path: Path, allowance: Allowance) -> Content:
    """The arrays of a file, each by itself.

    Raises:
        FormatError: the header is not one, or points outside the file or to the same bytes twice.
        InputError: the arrays are more, or larger, than is allowed.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(0)
        start = LENGTH + int.from_bytes(file.read(LENGTH), "little")
        if start == LENGTH or end < start:
            raise FormatError("it has no header")
        if start - LENGTH > TEXT:
            raise FormatError(f"its header has more than {TEXT:,} bytes")
        header = table(file.read(start - LENGTH))
        if not isinstance(header, dict):
            raise FormatError("its header is no table")
        header.pop(METADATA, None)
        _refuse_overlaps({name: _place(name, said, end - start) for name, said in header.items()})
        return Content({name: _array(file, name, said, start, allowance) for name, said in header.items() if allowance.wants(name)})


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write the arrays, in float32 or float64, as they are.

    Raises:
        InputError: the format does not hold such numbers.
    """
    header: dict[str, Any] = {}
    body = []
    at = 0
    for name, array in content.arrays.items():
        kind = next((kind for kind, spelled in TYPES.items() if spelled == array.dtype.newbyteorder("<").str), None)
        if kind is None:
            raise InputError(f"{name} holds {array.dtype}", place=str(path), advice=f"the format holds {', '.join(TYPES)}")
        body.append(np.ascontiguousarray(array).astype(TYPES[kind]).tobytes())
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + len(body[-1])]}
        at += len(body[-1])
    text = json.dumps(header).encode("utf-8")
    text += b" " * (-len(text) % LENGTH)
    files.write(path, b"".join([len(text).to_bytes(LENGTH, "little"), text, *body]))


def _place(name: str, said: Any, size: int) -> tuple[int, int]:
    """Where an array begins and ends, behind the header; what else the header says of it is checked where it is read."""
    if not isinstance(said, dict) or set(said) != FIELDS or not isinstance(said["shape"], list):
        raise FormatError(f"what it says of {clipped(name)} is not {', '.join(sorted(FIELDS))}")
    offsets = said["data_offsets"]
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(type(each) is int for each in offsets)):
        raise FormatError(f"{clipped(name)} has the offsets {clipped(offsets)}")
    if not 0 <= offsets[0] <= offsets[1] <= size:
        raise FormatError(f"{clipped(name)} is outside the file")
    return offsets[0], offsets[1]


def _refuse_overlaps(places: dict[str, tuple[int, int]]) -> None:
    last, after = 0, ""
    for name, (begin, end) in sorted(places.items(), key=lambda each: each[1]):
        if begin < last and begin < end:
            raise FormatError(f"{clipped(name)} lies over {clipped(after)}")
        last, after = (end, name) if end > last else (last, after)


def _array(file: IO[bytes], name: str, said: dict[str, Any], start: int, allowance: Allowance) -> Array:
    kind, shape, (begin, end) = said["dtype"], said["shape"], said["data_offsets"]
    if not isinstance(kind, str) or kind not in TYPES:
        raise FormatError(f"{clipped(name)} holds {clipped(kind)}")
    stored, made = np.dtype(TYPES[kind]), WIDENED.get(kind)
    size = allowance.charge(name, made or stored, shape)
    if end - begin != size * stored.itemsize // (made or stored).itemsize:
        raise FormatError(f"{clipped(name)} has {end - begin:,} bytes, and the shape {clipped(shape)} of {kind} takes another number")
    file.seek(start + begin)
    array: Array = np.empty(shape, stored)
    if file.readinto(array.reshape(-1).view(np.uint8).data) < end - begin:  # type: ignore[attr-defined]
        raise FormatError(f"{clipped(name)} ends too early")
    if kind == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(made or stored.newbyteorder("="), copy=False)
