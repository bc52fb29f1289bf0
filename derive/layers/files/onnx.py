"""ONNX graphs: the recurrent nodes in their order, as the arrays "0/W", "0/R", ...; in two directions "0/forward/W", "0/reverse/W", ...

Between two of these nodes there may only be what moves axes. Initial states and lengths of sequences are constants, which are held, or inputs of
the graph, which are for the caller to give. Reading needs the package `onnx`, which parses and runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from onnx import AttributeProto, TensorProto, helper, numpy_helper

from derive import files
from derive.errors import FormatError, InputError
from derive.files.limits import Allowance, clipped
from derive.layers.blocks import Array
from derive.layers.content import Content
from derive.layers.files import onnx_graph
from derive.layers.files.onnx_graph import Graph, called, computed
from derive.layers.layer import Layer
from derive.layers.weights import Arrays

LENGTHS, INITIAL = "sequence_lens", "initial_"
INPUTS = {"RNN": ("X", "W", "R", "B", LENGTHS, "initial_h"), "GRU": ("X", "W", "R", "B", LENGTHS, "initial_h"),
          "LSTM": ("X", "W", "R", "B", LENGTHS, "initial_h", "initial_c", "P")}  # fmt: skip
WEIGHTS = ("W", "R", "B", "P")
FUNCTIONS = {"RNN": "f", "GRU": "fg", "LSTM": "fgh"}
"""The operators, and the functions that one direction has."""

MOVES = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity")
PARTS = (*MOVES, "Slice", "Expand")
SAME_NUMBERS = ("Reshape", "Squeeze", "Unsqueeze", "Identity", "Cast")
"""What moves axes, what takes a part as well, and what changes no number of a list."""

WAYS = ("forward", "reverse")
DIRECTIONS = (*WAYS, "bidirectional")
VALUES = (AttributeProto.FLOAT, AttributeProto.INT, AttributeProto.STRING,
          AttributeProto.FLOATS, AttributeProto.INTS, AttributeProto.STRINGS)  # fmt: skip
"""The types of attributes that say something of a layer."""

VERSION = 14
"""Of the operators that are written."""


def read(path: Path, allowance: Allowance) -> Content:
    """The weights and attributes of the recurrent nodes of a graph.

    Raises:
        FormatError: it is no graph, or is damaged.
        InputError: the nodes are not layers above one another, differ in more than sizes, or have inputs that are not modelled.
    """
    model = onnx_graph.load(path, allowance)
    for node in (*_within(model.graph.node), *(each for function in model.functions for each in function.node)):
        if _is_layer(node):
            raise InputError(f"{called(node)} stands within a branch, a loop or a function of the graph", place=str(path),
                             advice="write the graph with its layers side by side")  # fmt: skip
    graph = Graph(model.graph, allowance)
    nodes = [node for node in graph.nodes if _is_layer(node)]
    if not nodes:
        raise InputError("there is no RNN, GRU or LSTM in the graph", place=str(path), advice="give a graph with one")
    said = [_said(node) for node in nodes]
    for node, own in zip(nodes, said, strict=True):
        if node.op_type != nodes[0].op_type or own != said[0]:
            told = f"the nodes {called(nodes[0])} and {called(node)} are of two kinds"
            raise InputError(told, place=str(path), advice="give a graph for each")
    attributes, direction = said[0]
    is_batch_first = bool(attributes.get("layout"))
    for below, above in pairwise(nodes):
        _refuse_between(graph, below, above, direction, is_batch_first)
    arrays: Arrays = {}
    initial: Arrays = {}
    for number, node in enumerate(nodes):
        arrays |= {f"{number}/{name}": array for name, array in _arrays(node, graph, direction)}
        initial |= {f"{number}/{name}": array for name, array in _initial(graph, node, direction, is_batch_first)}
    source, numbers = _lengths(graph, nodes)
    return Content(arrays, attributes, direction, initial, np.array(numbers) if numbers else None, bool(source))


def write(path: Path, layer: Layer, content: Content) -> None:
    """Write a graph from X (T, batch, n) to Y (T, batch, rows) whose nodes are the layers; lengths are a constant, or an input beside X.

    Raises:
        InputError: the layer is not one of ONNX.
    """
    framework, kind, *_ = layer.page.name.upper().split("_")
    if framework != "ONNX":
        raise InputError(f"{layer.page.name} is not a layer of ONNX", place=str(path), advice="convert it, --to onnx_lstm")
    if not set(content.arrays) >= {name for name, _, _ in layer.arrays}:
        raise InputError("a graph holds arrays of ONNX, and these are parameters of an emitted module", place=str(path),
                         advice=f"write those of the framework, --to {layer.page.name}")  # fmt: skip
    nodes, constants, flow = [], [numpy_helper.from_array(np.array([0, 0, -1], np.int64), "rows")], "X"
    if content.lengths is not None:
        constants.append(numpy_helper.from_array(content.lengths.astype(np.int32), LENGTHS))
    for name in layer.names:
        given = dict(_stacked(layer, kind, name, content))
        constants += [numpy_helper.from_array(own, f"{each}_{name}") for each, own in given.items()]
        wired = {"X": flow, **{each: f"{each}_{name}" for each in given}}
        if content.lengths is not None or content.takes_lengths:
            wired[LENGTHS] = LENGTHS
        attributes = {**_written(layer, kind), "hidden_size": given["R"].shape[2]}
        nodes.append(helper.make_node(kind, [wired.get(each, "") for each in INPUTS[kind]], [f"Y_{name}"], f"layer_{name}", **attributes))
        nodes.append(helper.make_node("Transpose", [f"Y_{name}"], [f"moved_{name}"], perm=[0, 2, 1, 3]))
        flow = "Y" if name == layer.names[-1] else f"joined_{name}"
        nodes.append(helper.make_node("Reshape", [f"moved_{name}", "rows"], [flow]))
    number = helper.np_dtype_to_tensor_dtype(next(iter(content.arrays.values())).dtype)
    first, last = (helper.make_tensor_value_info(each, number, ["T", "batch", None]) for each in "XY")
    beside = [helper.make_tensor_value_info(LENGTHS, TensorProto.INT32, ["batch"])] if content.takes_lengths else []
    graph = helper.make_graph(nodes, layer.page.name, [first, *beside], [last], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", VERSION)], ir_version=8)
    files.write(path, model.SerializeToString())


def _stacked(layer: Layer, kind: str, name: str, content: Content) -> Iterator[tuple[str, Array]]:
    """The weights and initial states of one node, by the operator's names of inputs, its directions one after another."""
    for each in INPUTS[kind]:
        held, own = (content.arrays, layer.head) if each in WEIGHTS else (content.initial, "")
        found = [held.get(f"{own}{name}/{way}{each.removeprefix(INITIAL)}") for way in _ways(layer.direction)]
        there = [array for array in found if array is not None]
        if there:
            yield each, np.stack([np.zeros_like(there[0]) if array is None else array for array in found])


def _is_layer(node: Any) -> bool:
    return node.op_type in INPUTS and node.domain in ("", "ai.onnx")


def _within(nodes: Iterable[Any]) -> Iterator[Any]:
    """The nodes of graphs that are attributes of nodes, such as bodies of loops."""
    for attribute in (each for node in nodes for each in node.attribute):
        for inner in (attribute.g, *attribute.graphs):
            yield from inner.node
            yield from _within(inner.node)


def _said(node: Any) -> tuple[dict[str, Any], str]:
    """The attributes of a node but for its sizes, and its direction; the functions are those of one direction."""
    found = {each.name: _plain(node, each) for each in node.attribute}
    if len(found) < len(node.attribute):
        raise FormatError(f"{called(node)} says an attribute twice")
    direction = found.pop("direction", "forward")
    if direction not in DIRECTIONS:
        raise FormatError(f"the direction of {called(node)} is {clipped(direction)}")
    found.pop("hidden_size", None)
    functions = found.pop("activations", [])
    kinds, ways = FUNCTIONS[node.op_type], len(_ways(direction))
    if functions and (functions != functions[: len(kinds)] * ways or len(functions) != len(kinds) * ways):
        raise InputError(f"the activations are {clipped(', '.join(map(str, functions)))}", place=called(node),
                         advice=f"give {len(kinds)} to each direction, and both of them the same ones")  # fmt: skip
    usual = {"linear_before_reset": 0} if node.op_type == "GRU" else {}
    return {**usual, **found, **{f"activation_{kind}": own for kind, own in zip(kinds, functions, strict=False)}}, direction


def _plain(node: Any, attribute: Any) -> Any:
    """The value of an attribute: numbers and text, or lists of them."""
    if attribute.type not in VALUES or attribute.ref_attr_name:
        raise FormatError(f"the attribute {clipped(attribute.name)} of {called(node)} is neither a number nor text")
    value = helper.get_attribute_value(attribute)
    try:
        if attribute.type == AttributeProto.STRINGS:
            return [each.decode() for each in value]
        return value.decode() if attribute.type == AttributeProto.STRING else value
    except UnicodeDecodeError:
        raise FormatError(f"the attribute {clipped(attribute.name)} of {called(node)} is no text") from None


def _ways(direction: str) -> list[str]:
    """What stands before the name of an array, for each entry of its first axis."""
    return [f"{way}/" for way in WAYS] if direction == "bidirectional" else [""]


def _given(node: Any) -> dict[str, str]:
    """By the operator's names of inputs, what the graph calls them; those that are left out are not there."""
    known = INPUTS[node.op_type]
    if len(node.input) > len(known):
        raise InputError(f"there are {len(node.input)} inputs", place=called(node), advice=f"those known are {', '.join(known)}")
    return {name: own for name, own in zip(known, node.input, strict=False) if own}


def _arrays(node: Any, graph: Graph, direction: str) -> Iterator[tuple[str, Array]]:
    given = _given(node)
    for name in WEIGHTS:
        if name in given:
            held = graph.constant(given[name])
            if held is None:
                raise InputError(f"{name} is computed in the graph", place=called(node), advice="fold constants first")
            for way, array in _by_direction(node, name, held, direction):
                yield way + name, array


def _by_direction(node: Any, name: str, array: Array, direction: str) -> Iterator[tuple[str, Array]]:
    """The parts of an array, whose first axis is that of the directions."""
    ways = _ways(direction)
    if array.shape[:1] != (len(ways),):
        raise FormatError(f"{name} of {called(node)} has the shape {array.shape}, and {len(ways)} directions")
    return zip(ways, array, strict=True)


def _initial(graph: Graph, node: Any, direction: str, is_batch_first: bool) -> Iterator[tuple[str, Array]]:
    """The initial states that are constants and not zero. Those that are inputs of the graph are for the caller to give."""
    for name, own in _given(node).items():
        if not name.startswith(INITIAL) or _is_open(graph, own):
            continue
        held = graph.constant(own)
        if held is None:
            raise computed(name, node)
        array = held.swapaxes(0, 1) if is_batch_first and held.ndim > 1 else held
        for way, each in _by_direction(node, name, array, direction):
            yield way + name.removeprefix(INITIAL), each


def _lengths(graph: Graph, nodes: list[Any]) -> tuple[str, tuple[int, ...]]:
    """The input of the graph that says how many steps each sequence has, "" if none does; or the numbers, where they are constant."""
    found = [_lengths_of(graph, node) for node in nodes]
    for node, own in zip(nodes, found, strict=True):
        if own != found[0]:
            raise InputError(f"{called(nodes[0])} and {called(node)} differ in {LENGTHS}", place=called(node),
                             advice="give the same ones to all layers, or a graph of one layer")  # fmt: skip
    return found[0]


def _lengths_of(graph: Graph, node: Any) -> tuple[str, tuple[int, ...]]:
    given = _given(node).get(LENGTHS)
    if given is None:
        return "", ()
    origin, _ = graph.origin(given, SAME_NUMBERS)
    held = graph.constant(origin)
    if held is None:
        if origin not in graph.inputs:
            raise computed(LENGTHS, node)
        return origin, ()
    numbers = held.ravel().tolist()
    if held.dtype.kind != "i" or not numbers or min(numbers) < 1:
        raise InputError(f"{LENGTHS} holds {clipped(numbers)}", place=called(node),
                         advice="give each sequence of the batch a whole number of steps, 1 or more")  # fmt: skip
    return "", tuple(numbers)


def _is_open(graph: Graph, name: str) -> bool:
    """Whether a value is zero, or a part of an input of the graph."""
    origin, maker = graph.origin(name, PARTS)
    held = graph.constant(origin)
    if held is not None:
        return not held.any()
    if maker is None:
        return origin in graph.inputs
    if maker.op_type != "ConstantOfShape":
        return False
    filling = graph.filling(origin)
    return not maker.attribute or (filling is not None and not filling.any())


def _refuse_between(graph: Graph, below: Any, above: Any, direction: str, is_batch_first: bool) -> None:
    """Refuse a graph in which one layer's input is not the other one's output, with the axes of two directions made one."""
    if not (below.output and above.input):
        raise FormatError(f"{called(above if below.output else below)} has no input or no output")
    orders = []
    for name, node in graph.back(above.input[0], MOVES):
        if name == below.output[0]:
            break
        if node is None or node.op_type not in MOVES:
            told = f"{clipped(node.op_type)} makes" if node else "something else is"
            told += f" the input of {called(above)}, and not {called(below)}"
            raise InputError(told, place=called(below), advice="give a graph of one layer")
        if node.op_type == "Transpose":
            orders.append(list(onnx_graph.said(node, "perm", AttributeProto.INTS) or []))
    joined = [[0, 2, 1, 3]]
    if not ((orders == joined and not is_batch_first) or (orders == [] and (is_batch_first or direction != "bidirectional"))):
        told = f"axes are moved between {called(below)} and {called(above)}: {orders}"
        raise InputError(told, place=called(above), advice="give a graph of one layer")


def _written(layer: Layer, kind: str) -> dict[str, Any]:
    """The attributes of a node."""
    functions = ["".join(map(str.capitalize, layer.settings[f"activation_{each}"].split("_"))) for each in FUNCTIONS[kind]]
    reset = {"linear_before_reset": int(layer.settings["linear_before_reset"])} if kind == "GRU" else {}
    clip = {} if layer.settings["clip"] == "identity" else {"clip": float(layer.settings["clip"])}
    return {"direction": layer.direction, "activations": functions * len(_ways(layer.direction)), **reset, **clip}
