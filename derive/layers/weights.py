"""A framework's arrays to the parameters of the emitted module, and back, without a change of a single bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import sympy as sp

from derive.algebra.nodes import Expr
from derive.algebra.shapes import Shape
from derive.errors import InputError
from derive.layers.blocks import Array
from derive.layers.layer import Layer, Part
from derive.layers.page import Entry

Arrays = dict[str, Array]


def weights_in(layer: Layer, arrays: Mapping[str, Array]) -> Arrays:
    """The parameters of the emitted module of `layer.system`: matrices (rows, columns) and vectors (rows,).

    Raises:
        InputError: an array is missing or not known, is not of the shape that the others ask for, or holds no finite numbers.
    """
    _same_names(layer, arrays, [name for name, _, _ in layer.arrays])
    sizes = _sizes(layer, arrays)
    params: Arrays = {}
    for name, entry, part in layer.arrays:

        def size(own: str, part: Part = part) -> tuple[int, int]:
            rows, columns = layer.system[own + part.label].shape
            return int(rows.subs(sizes)), int(columns.subs(sizes))

        blocks = entry.blocks.cut(np.asarray(arrays[name]), size)
        for own, block in blocks.items():
            is_vector = layer.system[own + part.label].shape[1] == 1
            params[own + part.label] = block[:, 0] if is_vector else block
    return {each.name: params[each.name] for each in layer.system.parameters}


def weights_out(layer: Layer, params: Mapping[str, Array]) -> Arrays:
    """The framework's arrays of parameters of the emitted module.

    Raises:
        InputError: a parameter is missing or not known, or is not of the shape that the others ask for.
    """
    _same_names(layer, params, [each.name for each in layer.system.parameters])
    made = {}
    for name, entry, part in layer.arrays:
        own = {block: np.asarray(params[block + part.label]) for block in entry.blocks.names}
        try:
            made[name] = entry.blocks.joined(own)
        except ValueError:
            shapes = ", ".join(f"{block + part.label} {array.shape}" for block, array in own.items())
            raise InputError(f"{shapes} do not make one array", place=f"{layer.page.name}, {name}", advice="give blocks that fit") from None
    _sizes(layer, made)
    return made


def _same_names(layer: Layer, given: Mapping[str, Array], wanted: list[str]) -> None:
    for name in wanted:
        if name not in given:
            raise InputError(f"{name} is missing", place=layer.page.name, advice=f"what is needed: {', '.join(wanted)}")
    for name in given:
        if name not in wanted:
            raise InputError(f"{name} is not known", place=layer.page.name, advice=f"what is needed: {', '.join(wanted)}")


def _sizes(layer: Layer, arrays: Mapping[str, Array]) -> dict[Expr, int]:
    """The sizes of the system's variables, by the shapes of all arrays together."""
    needed = {name: (_shape(layer, entry, part), np.asarray(arrays[name])) for name, entry, part in layer.arrays}
    for name, (expected, array) in needed.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            held = array.dtype if array.dtype.kind != "f" else "NaN or infinity"
            raise InputError(f"{name} holds {held}", place=layer.page.name, advice="give finite floating-point numbers")
        if array.ndim != len(expected):
            raise _misshapen(layer, name, array, expected, {})
    sides = [(name, side, count) for name, (shape, array) in needed.items() for side, count in zip(shape, array.shape, strict=True)]
    sizes: dict[Expr, int] = {}
    while more := dict(_solved(sides, sizes)):
        sizes |= more
    for name, side, count in sides:
        if side.subs(sizes) != count:
            raise _misshapen(layer, name, needed[name][1], needed[name][0], sizes)
    return sizes


def _shape(layer: Layer, entry: Entry, part: Part) -> tuple[Expr, ...]:
    shapes: dict[str, Shape] = {name: layer.system[name + part.label].shape for name in entry.blocks.names}
    return tuple(sp.expand(side) for side in entry.blocks.shape(shapes))


def _solved(sides: list[tuple[str, Expr, int]], sizes: dict[Expr, int]) -> Iterator[tuple[Expr, int]]:
    """The size that follows from one side whose other sizes are known."""
    for _, side, count in sides:
        left = sp.expand(side.subs(sizes))
        if len(left.free_symbols) == 1:
            (symbol,) = left.free_symbols
            value = (count - left.subs(symbol, 0)) / left.coeff(symbol)
            if value.is_Integer and value > 0:
                yield symbol, int(value)
                return


def _misshapen(layer: Layer, name: str, array: Array, expected: tuple[Expr, ...], sizes: dict[Expr, int]) -> InputError:
    told = ", ".join(str(side.subs(sizes)) for side in expected)
    return InputError(f"{name} has shape {array.shape}, and ({told}) is needed beside the others", place=layer.page.name,
                      advice="see that the arrays are of one layer of this kind")  # fmt: skip
