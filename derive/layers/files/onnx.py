"""ONNX graphs: the recurrent nodes in their order, as the arrays "0/W", "0/R", ...; in two directions "0/forward/W", "0/reverse/W", ...

Between two of these nodes there may only be what moves axes. Reading needs the package `onnx`, which parses and runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from derive import files
from derive.errors import InputError
from derive.layers.blocks import Array
from derive.layers.content import Content
from derive.layers.layer import Layer
from derive.layers.weights import Arrays

INPUTS = {"RNN": ("X", "W", "R", "B", "sequence_lens", "initial_h"), "GRU": ("X", "W", "R", "B", "sequence_lens", "initial_h"),
          "LSTM": ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")}  # fmt: skip
WEIGHTS = ("W", "R", "B", "P")
FUNCTIONS = {"RNN": "f", "GRU": "fg", "LSTM": "fgh"}
"""The operators, and the functions that one direction has."""

MOVES = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity")
WAYS = ("forward", "reverse")
VERSION = 14
"""Of the operators that are written."""


def read(path: Path) -> Content:
    """The weights and attributes of the recurrent nodes of a graph.

    Raises:
        InputError: the nodes are not layers above one another, differ in more than sizes, or have inputs that are not modelled.
    """
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:
        raise ValueError(str(error)) from None
    nodes = [node for node in graph.node if node.op_type in INPUTS]
    if not nodes:
        raise InputError("there is no RNN, GRU or LSTM in the graph", place=str(path), advice="give a graph with one")
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    constants |= {node.output[0]: numpy_helper.to_array(node.attribute[0].t) for node in graph.node if _is_constant(node)}
    said = [_said(node) for node in nodes]
    for node, own in zip(nodes, said, strict=True):
        if node.op_type != nodes[0].op_type or own != said[0]:
            raise InputError(f"the nodes {nodes[0].name} and {node.name} are of two kinds", place=str(path), advice="give a graph for each")
    attributes, direction = said[0]
    for below, above in pairwise(nodes):
        _refuse_between(graph, below, above, direction, bool(attributes.get("layout")))
    arrays: Arrays = {}
    initial: Arrays = {}
    for number, node in enumerate(nodes):
        arrays |= {f"{number}/{name}": array for name, array in _arrays(node, constants, direction)}
        found = _initial(graph, node, constants, direction, bool(attributes.get("layout")))
        initial |= {f"{number}/{name}": array for name, array in found}
    return Content(arrays, attributes, direction, initial)


def write(path: Path, layer: Layer, arrays: Arrays) -> None:
    """Write a graph from X (T, batch, n) to Y (T, batch, rows) whose nodes are the layers.

    Raises:
        InputError: the layer is not one of ONNX.
    """
    framework, kind, *_ = layer.page.name.upper().split("_")
    if framework != "ONNX":
        raise InputError(f"{layer.page.name} is not a layer of ONNX", place=str(path), advice="convert it, --to onnx_lstm")
    ways = [f"{way}/" for way in WAYS] if layer.direction == "bidirectional" else [""]
    nodes, constants, flow = [], [numpy_helper.from_array(np.array([0, 0, -1], np.int64), "rows")], "X"
    for name in layer.names:
        given: dict[str, list[Array]] = {}
        for each in WEIGHTS:
            own = [arrays[key] for way in ways if (key := f"{layer.head}{name}/{way}{each}") in arrays]
            given |= {each: own} if own else {}
        constants += [numpy_helper.from_array(np.stack(own), f"{each}_{name}") for each, own in given.items()]
        wired = [flow, *(f"{each}_{name}" if each in given else "" for each in INPUTS[kind][1:])]
        attributes = {**_written(layer, kind, len(ways)), "hidden_size": given["R"][0].shape[1]}
        nodes.append(helper.make_node(kind, wired, [f"Y_{name}"], f"layer_{name}", **attributes))
        nodes.append(helper.make_node("Transpose", [f"Y_{name}"], [f"moved_{name}"], perm=[0, 2, 1, 3]))
        flow = "Y" if name == layer.names[-1] else f"joined_{name}"
        nodes.append(helper.make_node("Reshape", [f"moved_{name}", "rows"], [flow]))
    number = helper.np_dtype_to_tensor_dtype(next(iter(arrays.values())).dtype)
    ends = [helper.make_tensor_value_info(each, number, ["T", "batch", None]) for each in "XY"]
    graph = helper.make_graph(nodes, layer.page.name, ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", VERSION)], ir_version=8)
    files.write(path, model.SerializeToString())


def _is_constant(node: Any) -> bool:
    return bool(node.op_type == "Constant" and [each.name for each in node.attribute] == ["value"])


def _said(node: Any) -> tuple[dict[str, Any], str]:
    """The attributes of a node but for its sizes, and its direction; the functions are those of one direction."""
    found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    direction = found.pop("direction", b"forward").decode()
    found.pop("hidden_size", None)
    functions = [each.decode() for each in found.pop("activations", [])]
    kinds = FUNCTIONS[node.op_type]
    if functions and functions != functions[: len(kinds)] * (2 if direction == "bidirectional" else 1):
        raise InputError(f"the activations are {', '.join(functions)}", place=node.name, advice="give the same ones to both directions")
    usual = {"linear_before_reset": 0} if node.op_type == "GRU" else {}
    return {**usual, **found, **{f"activation_{kind}": own for kind, own in zip(kinds, functions, strict=False)}}, direction


def _ways(direction: str) -> list[str]:
    """What stands before the name of an array, for each entry of its first axis."""
    return [f"{way}/" for way in WAYS] if direction == "bidirectional" else [""]


def _given(node: Any) -> dict[str, str]:
    """By the operator's names of inputs, what the graph calls them; those that are left out are not there."""
    return {name: own for name, own in zip(INPUTS[node.op_type], node.input, strict=False) if own}


def _arrays(node: Any, constants: dict[str, Array], direction: str) -> Iterator[tuple[str, Array]]:
    given = _given(node)
    if "sequence_lens" in given:
        raise InputError("sequence_lens is not modelled", place=node.name, advice="run sequences of one length together, and leave it out")
    for name in WEIGHTS:
        if name in given:
            if given[name] not in constants:
                raise InputError(f"{name} is computed in the graph", place=node.name, advice="fold constants first")
            for way, array in zip(_ways(direction), constants[given[name]], strict=True):
                yield way + name, array


def _initial(graph: Any, node: Any, constants: dict[str, Array], direction: str, is_batch_first: bool) -> Iterator[tuple[str, Array]]:
    """The initial states that are constants and not zero. Those that are inputs of the graph are for the caller to give."""
    for name, own in _given(node).items():
        if not name.startswith("initial_") or _is_open(graph, own, constants):
            continue
        if own not in constants:
            raise InputError(f"{name} is computed in the graph", place=node.name, advice="make it a constant or an input of the graph")
        array = constants[own].swapaxes(0, 1) if is_batch_first else constants[own]
        for way, each in zip(_ways(direction), array, strict=True):
            yield way + name.removeprefix("initial_"), each


def _is_open(graph: Any, name: str, constants: dict[str, Array]) -> bool:
    """Whether a value is zero, or a part of an input of the graph."""
    makers = {output: node for node in graph.node for output in node.output if not _is_constant(node)}
    while name in makers and makers[name].op_type in (*MOVES, "Slice", "Expand"):
        name = makers[name].input[0]
    if name in constants:
        return not constants[name].any()
    if name in makers:
        filled = [numpy_helper.to_array(each.t) for each in makers[name].attribute if each.name == "value"]
        return bool(makers[name].op_type == "ConstantOfShape" and not any(each.any() for each in filled))
    return True


def _refuse_between(graph: Any, below: Any, above: Any, direction: str, is_batch_first: bool) -> None:
    """Refuse a graph in which one layer's input is not the other one's output, with the axes of two directions made one."""
    makers = {output: node for node in graph.node for output in node.output}
    name, orders = above.input[0], []
    while name != below.output[0]:
        node = makers.get(name)
        if node is None or node.op_type not in MOVES:
            told = f"{node.op_type} makes" if node else "something else is"
            raise InputError(
                f"{told} the input of {above.name}, and not {below.name}", place=below.name, advice="give a graph of one layer"
            )
        if node.op_type == "Transpose":
            orders.append(next((list(each.ints) for each in node.attribute), []))
        name = node.input[0]
    joined = [[0, 2, 1, 3]]
    if not ((orders == joined and not is_batch_first) or (orders == [] and (is_batch_first or direction != "bidirectional"))):
        raise InputError(
            f"axes are moved between {below.name} and {above.name}: {orders}", place=above.name, advice="give a graph of one layer"
        )


def _written(layer: Layer, kind: str, ways: int) -> dict[str, Any]:
    """The attributes of a node."""
    functions = ["".join(map(str.capitalize, layer.settings[f"activation_{each}"].split("_"))) for each in FUNCTIONS[kind]]
    reset = {"linear_before_reset": int(layer.settings["linear_before_reset"])} if kind == "GRU" else {}
    clip = {} if layer.settings["clip"] == "identity" else {"clip": float(layer.settings["clip"])}
    return {"direction": layer.direction, "activations": functions * ways, **reset, **clip}
