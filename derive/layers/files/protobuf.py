"""How many fields an ONNX graph has, by a walk over its bytes: each takes a hundred times its size in memory once it is parsed."""

from __future__ import annotations

from derive.errors import FormatError

MOST = 1_000_000
"""How many fields a graph may have."""
VARINT, EIGHT, DELIMITED, FOUR = 0, 1, 2, 5
"""The ways in which a field is written."""
WITHIN = {("model", 7): "graph", ("model", 25): "function", ("graph", 1): "node", ("graph", 5): "tensor", ("function", 7): "node",
          ("node", 5): "attribute", ("attribute", 5): "tensor", ("attribute", 6): "graph", ("attribute", 11): "graph"}  # fmt: skip
"""What stands within what, by the numbers of fields; of what is not listed each two bytes may be a field."""
PLAIN = {(kind, number) for kind, numbers in (("model", (2, 3, 4, 6)), ("graph", (2, 10)), ("node", (1, 2, 3, 4, 6, 7)),
                                              ("attribute", (1, 4, 13)), ("tensor", (4, 5, 7, 8, 9, 10, 12))) for number in numbers}  # fmt: skip
"""Numbers and text, which take what they take."""


def check(data: bytes) -> None:
    """Refuse a model that would take far more memory than its file.

    Raises:
        FormatError: it has more fields than `MOST`, or its bytes are no fields.
    """
    count, around, kind, at, end = 0, list[tuple[str, int]](), "model", 0, len(data)
    while at < end or around:
        if at == end:
            kind, end = around.pop()
            continue
        key, at = _number(data, at)
        number, way = divmod(key, 8)
        size, at = _size(data, at, way)
        if at + size > end:
            raise FormatError("its fields are longer than what they are in")
        inner = WITHIN.get((kind, number)) if way == DELIMITED else None
        count += 1 if inner or (kind, number) in PLAIN else 1 + size // 2
        if count > MOST:
            raise FormatError(f"it may have more than {MOST:,} fields")
        if inner:
            around.append((kind, end))
            kind, end = inner, at + size
        else:
            at += size


def _size(data: bytes, at: int, way: int) -> tuple[int, int]:
    """The bytes of a field, and where they begin."""
    if way == DELIMITED:
        return _number(data, at)
    if way == VARINT:
        return 0, _number(data, at)[1]
    if way not in (EIGHT, FOUR):
        raise FormatError("its bytes are no fields")
    return (8 if way == EIGHT else 4), at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, seven bits in each, and where it ends."""
    found = 0
    for place, byte in enumerate(data[at : at + 10]):
        found |= (byte & 127) << (7 * place)
        if byte < 128:
            return found, at + place + 1
    raise FormatError("its bytes are no fields")
