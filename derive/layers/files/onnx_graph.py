"""A graph of ONNX: what makes each value, and the constants in it, which are checked by their headers before they become arrays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, numpy_helper

from derive.errors import FormatError, InputError
from derive.files.limits import Allowance, clipped
from derive.layers.blocks import Array
from derive.layers.files import protobuf

TYPES = {TensorProto.FLOAT: (np.float32, "float_data"), TensorProto.DOUBLE: (np.float64, "double_data"),
         TensorProto.FLOAT16: (np.float16, "int32_data"), TensorProto.INT32: (np.int32, "int32_data"),
         TensorProto.INT64: (np.int64, "int64_data"), TensorProto.BOOL: (np.bool_, "int32_data")}  # fmt: skip
"""The types that are read, and the field that has the numbers where they are not raw bytes."""


def load(path: Path, allowance: Allowance) -> Any:
    """The model of a file, alone: tensors that it has elsewhere are not looked for.

    Raises:
        FormatError: it is none.
        InputError: it is larger than the arrays may be.
    """
    allowance.fitting(path.name, path.stat().st_size)
    data = path.read_bytes()
    protobuf.check(data)
    try:
        return onnx.load_model_from_string(data)
    except MemoryError:
        raise
    except Exception as error:  # the parser has errors of its own, which differ by version
        raise FormatError(clipped(error, 200)) from None


class Graph:
    """The values of a graph by name.

    Raises:
        FormatError: two of them have one name.
    """

    def __init__(self, graph: Any, allowance: Allowance) -> None:
        self.nodes, self.allowance = list(graph.node), allowance
        self.inputs = {each.name for each in graph.input}
        self.makers: dict[str, Any] = {}
        self.tensors = {each.name: each for each in graph.initializer}
        if len(self.tensors) < len(graph.initializer):
            raise FormatError("two constants have one name")
        for node in self.nodes:
            for output in filter(None, node.output):
                if output in self.makers or output in self.tensors:
                    raise FormatError(f"{clipped(output)} is made twice")
                self.makers[output] = node
            if (tensor := _constant(node)) is not None:
                self.tensors[node.output[0]] = tensor
        self._made: dict[str, Array] = {}

    def constant(self, name: str) -> Array | None:
        """The array of a value, None if it is no constant.

        Raises:
            FormatError: it is not what its own header says, or is in another file.
            InputError: it is larger than is allowed.
        """
        return self._array(name, self.tensors.get(name))

    def filling(self, name: str) -> Array | None:
        """The number that a value has everywhere, which a node makes of a shape; None if the node says none."""
        return self._array(f"filling of {name}", said(self.makers[name], "value", AttributeProto.TENSOR))

    def _array(self, name: str, tensor: Any) -> Array | None:
        if name not in self._made and tensor is not None:
            self._made[name] = _read(tensor, name, self.allowance)
        return self._made.get(name)

    def back(self, name: str, through: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """A value, and those that it is made of by nodes of these kinds; each with the node that makes it, None if none does.

        Raises:
            FormatError: a value is made of itself, or of nothing.
        """
        seen = set()
        while True:
            maker = None if name in self.tensors else self.makers.get(name)
            yield name, maker
            if maker is None or maker.op_type not in through:
                return
            seen.add(name)
            if not maker.input:
                raise FormatError(f"{clipped(name)} is made of nothing")
            name = maker.input[0]
            if name in seen:
                raise FormatError(f"{clipped(name)} is made of itself, in a circle")

    def origin(self, name: str, through: tuple[str, ...]) -> tuple[str, Any]:
        """The last of those."""
        *_, last = self.back(name, through)
        return last


def _read(tensor: Any, name: str, allowance: Allowance) -> Array:
    """The numbers of a tensor, all of which have to be there."""
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise FormatError(f"the numbers of {clipped(name)} are in another file; save the model as one")
    if tensor.data_type not in TYPES:
        raise FormatError(f"{clipped(name)} holds numbers of type {tensor.data_type}, which is not read")
    kind, field = TYPES[tensor.data_type]
    dtype, shape = np.dtype(kind), list(tensor.dims)
    size = allowance.charge(f"constant {name}", dtype, shape)
    there = len(tensor.raw_data) if tensor.HasField("raw_data") else len(getattr(tensor, field)) * dtype.itemsize
    if there != size or tensor.HasField("segment"):
        raise FormatError(f"{clipped(name)} has {there:,} bytes, and the shape {clipped(shape)} takes {size:,}")
    try:
        return np.array(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, OverflowError) as error:
        raise FormatError(f"{clipped(name)} is damaged: {clipped(error)}") from None


def said(node: Any, name: str, kind: int) -> Any:
    """An attribute of a node, None if it has none of that name and type."""
    found = [each for each in node.attribute if each.name == name]
    return onnx.helper.get_attribute_value(found[0]) if len(found) == 1 and found[0].type == kind and not found[0].ref_attr_name else None


def _constant(node: Any) -> Any:
    """What a node holds that is a constant alone."""
    is_constant = node.op_type == "Constant" and len(node.attribute) == 1 and len(node.output) == 1
    return said(node, "value", AttributeProto.TENSOR) if is_constant else None


def called(node: Any) -> str:
    """What to call a node: names may be left out."""
    return clipped(node.name or next(filter(None, node.output), node.op_type))


def computed(name: str, node: Any) -> InputError:
    """The error of a value that should be a constant or an input."""
    return InputError(f"{name} is computed in the graph", place=called(node), advice="make it a constant or an input of the graph")
