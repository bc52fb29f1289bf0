"""Files that are damaged: bytes as a bad disk or a hostile hand leaves them, and whole structures in which one thing is another."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

EXTREMES = (b"\x00" * 4, b"\xff" * 4, b"\xff" * 8, b"\x00" * 8, b"\xff\xff\xff\x7f", b"\x01\x00\x00\x00", b"\x00\x00\x00\x80")
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**30, 0.5, 1e308, "", "x", "\ud800", "\x00\x1b[2J", "../../a", "é" * 300, [], {}, [[]], [0, 0], [1, 2, 3],
    [2**40, 2**40], ["a"], {"a": {"a": {}}}, [-1, 4],
)  # fmt: skip
"""What may stand where something else is expected."""


def damaged(data: bytes, other: bytes, random: Random) -> bytes:
    """Bytes with one or several faults; `other` is what parts are taken from."""
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        data = random.choice(FAULTS)(data, other, random)
    return data


def _place(data: bytes, random: Random) -> int:
    """A place: any, one near the beginning, where headers are, or one near the end, where lists of entries are."""
    near = min(len(data), 200)
    return random.choice([random.randrange(len(data) + 1), random.randrange(near + 1), len(data) - random.randrange(near + 1)])


def _truncated(data: bytes, other: bytes, random: Random) -> bytes:
    return data[: _place(data, random)]


def _flipped(data: bytes, other: bytes, random: Random) -> bytes:
    made = bytearray(data)
    for _ in range(random.choice([1, 2, 8]) if made else 0):
        made[min(_place(data, random), len(made) - 1)] ^= 1 << random.randrange(8)
    return bytes(made)


def _overwritten(data: bytes, other: bytes, random: Random) -> bytes:
    at, piece = _place(data, random), random.choice([*EXTREMES, random.randbytes(random.choice([1, 1, 2, 16]))])
    return data[:at] + piece + data[at + len(piece) :]


def _spliced(data: bytes, other: bytes, random: Random) -> bytes:
    at, source, size = _place(data, random), random.choice([data, other]), random.choice([4, 8, 64, 512])
    begin = _place(source, random)
    return data[:at] + source[begin : begin + size] + data[at + size * random.choice([0, 1]) :]


def _cut_out(data: bytes, other: bytes, random: Random) -> bytes:
    at = _place(data, random)
    return data[:at] + data[at + random.choice([1, 4, 64, 512]) :]


def _extended(data: bytes, other: bytes, random: Random) -> bytes:
    return random.choice([data + random.randbytes(40), data + data, data + other, b"\x00" * 8 + data, data + b"\x00" * 4096])


def _headed(data: bytes, other: bytes, random: Random) -> bytes:
    size = random.choice([4, 8, 64, 256])
    return other[:size] + data[size:]


def _emptied(data: bytes, other: bytes, random: Random) -> bytes:
    return random.choice([b"", data[:8], b"\x00" * len(data), random.randbytes(64)])


FAULTS: tuple[Callable[[bytes, bytes, Random], bytes], ...] = (
    _truncated, _flipped, _flipped, _overwritten, _overwritten, _spliced, _cut_out, _extended, _headed, _emptied,
)  # fmt: skip


def edited(data: Any, random: Random) -> Any:
    """Data of JSON in which one or several values, or keys, are others."""
    made = json.loads(json.dumps(data))
    for _ in range(random.choice([1, 1, 2])):
        holders = [each for each in _holders(made) if each]
        if not holders:
            return random.choice(ODD)
        holder = random.choice(holders)
        key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        kind = random.randrange(5)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, dict):
            holder[str(random.choice(ODD))] = holder.pop(key)
        elif kind == 2:
            inner = random.choice(holders)
            holder[key] = json.loads(json.dumps(random.choice(list(inner.values()) if isinstance(inner, dict) else inner)))
        else:
            holder[key] = random.choice(ODD)
    return made


def _holders(data: Any) -> list[Any]:
    """The lists and tables in data."""
    if not isinstance(data, (list, dict)):
        return []
    return [data, *(inner for each in (data.values() if isinstance(data, dict) else data) for inner in _holders(each))]


def repacked(data: bytes, change: Callable[[str, bytes], bytes], random: Random) -> bytes:
    """A zip archive in which one entry is changed and its check sum is right; or is renamed, left out, or there twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    place, kind = random.randrange(len(entries)), random.randrange(6)
    name, content = entries[place]
    if kind == 0:
        del entries[place]
    elif kind == 1:
        entries[place] = (
            random.choice(["../a.npy", "/a.npy", "a", "a.npy", ".npy", name + ".npy", "\x1b[2J.npy", "a" * 300 + ".npy"]),
            content,
        )
    elif kind == 2:
        entries.append((name, content))
    else:
        entries[place] = (name, change(name, content))
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", random.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        warnings.simplefilter("ignore")
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()
