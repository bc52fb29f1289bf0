"""NumPy's archives of arrays (NEP 1), without pickle: what a header says is charged before there is memory for it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO, Any

import numpy as np

from derive.errors import FormatError
from derive.files.archive import Archive, archive
from derive.files.limits import Allowance, clipped

Array = np.ndarray[Any, Any]
MAGIC, ENDING, PIECE, HEADER = b"\x93NUMPY", ".npy", 2**20, 10_000
"""How an array begins, how its name ends, how many bytes are unpacked at a time, and the longest header."""
LENGTHS = {1: 2, 2: 4, 3: 4}
"""By the version of the format, the bytes of the length of a header."""
FIELD = r"\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\dL,\s]*\))\s*"
TABLE, FIELDS = re.compile(rf"\{{{FIELD}(?:,{FIELD})*,?\s*\}}\s*"), re.compile(FIELD)
TYPE = re.compile(r"'([<>=|]?(?:b1|[iu][1248]|f[248]|c8|c16))'")
"""The header, which is written as a table of Python is, of text, truth values and lists of sizes; and the types that are numbers."""


def read(path: Path, allowance: Allowance) -> dict[str, Array]:
    """The arrays of an archive, in the byte order of the machine.

    Raises:
        FormatError: it is none, or is damaged, or holds something else than arrays of numbers.
        InputError: the arrays are more, or larger, than is allowed.
        OSError: the file cannot be read.
    """
    with archive(path) as held:
        names = [name.removesuffix(ENDING) for name in held.entries]
        return {name: _array(held, name, allowance) for name in names if allowance.wants(name)}


def _array(held: Archive, name: str, allowance: Allowance) -> Array:
    entry = name + ENDING
    with held.open(entry) as stream:
        dtype, is_fortran, shape, start = _header(stream, name)
        size = allowance.charge(name, dtype, shape)
        if size != held.size(entry) - start:
            raise FormatError(f"{clipped(name)} has {held.size(entry) - start:,} bytes, and the shape {clipped(shape)} takes {size:,}")
        data = np.empty(size, np.uint8)
        for at in range(0, size, PIECE):
            piece = data[at : at + PIECE]
            if _fill(stream, piece.data) < len(piece):
                raise FormatError(f"{clipped(name)} ends too early")
        if stream.read(1):
            raise FormatError(f"{clipped(name)} does not end where it should")
    array = data.view(dtype).reshape(shape, order="F" if is_fortran else "C")
    return array if dtype.isnative else array.byteswap(inplace=True).view(dtype.newbyteorder())


def _fill(stream: IO[bytes], piece: memoryview) -> int:
    """Read until a piece is full, or the stream ends; the bytes that were read."""
    at = 0
    while at < len(piece) and (data := stream.read(len(piece) - at)):
        piece[at : at + len(data)] = data
        at += len(data)
    return at


def _header(stream: IO[bytes], name: str) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """The type of an array, whether its first index runs fastest, its shape, and the bytes of its header."""
    begin = stream.read(len(MAGIC) + 2)
    width = LENGTHS.get(begin[6], 0) if len(begin) == len(MAGIC) + 2 and begin.startswith(MAGIC) else 0
    if not width:
        raise FormatError(f"{clipped(name)} is no array")
    length = int.from_bytes(stream.read(width), "little")
    if length > HEADER:
        raise FormatError(f"{clipped(name)} has a header of {length:,} characters")
    text = stream.read(length).decode("latin-1")
    fields = FIELDS.findall(text) if TABLE.fullmatch(text) else []
    told = dict(fields)
    if len(fields) != 3 or set(told) != {"descr", "fortran_order", "shape"} or not told["shape"].startswith("("):
        raise FormatError(f"the header of {clipped(name)} is that of no array of numbers: {clipped(text.strip())}")
    kind = TYPE.fullmatch(told["descr"])
    if kind is None:
        raise FormatError(f"{clipped(name)} holds {clipped(told['descr'])}, which are no numbers")
    return np.dtype(kind[1]), told["fortran_order"] == "True", _shape(name, told["shape"]), len(begin) + width + length


def _shape(name: str, text: str) -> tuple[int, ...]:
    sides = [each.strip().removesuffix("L") for each in text[1:-1].split(",")]
    found = [int(each) for each in sides if each.isdecimal() and len(each) < 20]
    if len(found) != len([each for each in sides if each]):
        raise FormatError(f"{clipped(name)} has the shape {clipped(text)}")
    return tuple(found)
