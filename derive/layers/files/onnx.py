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
import onnx
from onnx import TensorProto, helper, numpy_helper

from derive import files
from derive.errors import InputError
from derive.layers.blocks import Array
from derive.layers.content import Content
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
VERSION = 14
"""Of the operators that are written."""


def read(path: Path) -> Content:
    """The weights and attributes of the recurrent nodes of a graph.

    Raises:
        InputError: the nodes are not layers above one another, differ in more than sizes, or have inputs that are not modelled.
    """
    try:
        model = onnx.load(str(path))
    except Exception as error:
        raise ValueError(str(error)) from None
    graph = model.graph
    for node in (*_within(graph.node), *(each for function in model.functions for each in function.node)):
        if _is_layer(node):
            raise InputError(f"{_called(node)} stands within a branch, a loop or a function of the graph", place=str(path),
                             advice="write the graph with its layers side by side")  # fmt: skip
    nodes = [node for node in graph.node if _is_layer(node)]
    if not nodes:
        raise InputError("there is no RNN, GRU or LSTM in the graph", place=str(path), advice="give a graph with one")
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    constants |= {node.output[0]: numpy_helper.to_array(node.attribute[0].t) for node in graph.node if _is_constant(node)}
    said = [_said(node) for node in nodes]
    for node, own in zip(nodes, said, strict=True):
        if node.op_type != nodes[0].op_type or own != said[0]:
            told = f"the nodes {_called(nodes[0])} and {_called(node)} are of two kinds"
            raise InputError(told, place=str(path), advice="give a graph for each")
    attributes, direction = said[0]
    for below, above in pairwise(nodes):
        _refuse_between(graph, below, above, direction, bool(attributes.get("layout")))
    arrays: Arrays = {}
    initial: Arrays = {}
    for number, node in enumerate(nodes):
        arrays |= {f"{number}/{name}": array for name, array in _arrays(node, constants, direction)}
        found = _initial(graph, node, constants, direction, bool(attributes.get("layout")))
        initial |= {f"{number}/{name}": array for name, array in found}
    source, numbers = _lengths(graph, nodes, constants)
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


def _called(node: Any) -> str:
    """What to call a node: names may be left out."""
    return str(node.name or next(filter(None, node.output), node.op_type))


def _within(nodes: Iterable[Any]) -> Iterator[Any]:
    """The nodes of graphs that are attributes of nodes, such as bodies of loops."""
    for attribute in (each for node in nodes for each in node.attribute):
        for inner in (attribute.g, *attribute.graphs):
            yield from inner.node
            yield from _within(inner.node)


def _is_constant(node: Any) -> bool:
    return bool(node.op_type == "Constant" and [each.name for each in node.attribute] == ["value"])


def _said(node: Any) -> tuple[dict[str, Any], str]:
    """The attributes of a node but for its sizes, and its direction; the functions are those of one direction."""
    found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    direction = found.pop("direction", b"forward").decode()
    found.pop("hidden_size", None)
    functions = [each.decode() for each in found.pop("activations", [])]
    kinds, ways = FUNCTIONS[node.op_type], len(_ways(direction))
    if functions and (functions != functions[: len(kinds)] * ways or len(functions) != len(kinds) * ways):
        raise InputError(f"the activations are {', '.join(functions)}", place=_called(node),
                         advice=f"give {len(kinds)} to each direction, and both of them the same ones")  # fmt: skip
    usual = {"linear_before_reset": 0} if node.op_type == "GRU" else {}
    return {**usual, **found, **{f"activation_{kind}": own for kind, own in zip(kinds, functions, strict=False)}}, direction


def _ways(direction: str) -> list[str]:
    """What stands before the name of an array, for each entry of its first axis."""
    return [f"{way}/" for way in WAYS] if direction == "bidirectional" else [""]


def _given(node: Any) -> dict[str, str]:
    """By the operator's names of inputs, what the graph calls them; those that are left out are not there."""
    known = INPUTS[node.op_type]
    if len(node.input) > len(known):
        raise InputError(f"there are {len(node.input)} inputs", place=_called(node), advice=f"those known are {', '.join(known)}")
    return {name: own for name, own in zip(known, node.input, strict=False) if own}


def _arrays(node: Any, constants: dict[str, Array], direction: str) -> Iterator[tuple[str, Array]]:
    given = _given(node)
    for name in WEIGHTS:
        if name in given:
            if given[name] not in constants:
                raise InputError(f"{name} is computed in the graph", place=_called(node), advice="fold constants first")
            for way, array in zip(_ways(direction), constants[given[name]], strict=True):
                yield way + name, array


def _initial(graph: Any, node: Any, constants: dict[str, Array], direction: str, is_batch_first: bool) -> Iterator[tuple[str, Array]]:
    """The initial states that are constants and not zero. Those that are inputs of the graph are for the caller to give."""
    for name, own in _given(node).items():
        if not name.startswith(INITIAL) or _is_open(graph, own, constants):
            continue
        if own not in constants:
            raise _computed(name, node)
        array = constants[own].swapaxes(0, 1) if is_batch_first else constants[own]
        for way, each in zip(_ways(direction), array, strict=True):
            yield way + name.removeprefix(INITIAL), each


def _lengths(graph: Any, nodes: list[Any], constants: dict[str, Array]) -> tuple[str, tuple[int, ...]]:
    """The input of the graph that says how many steps each sequence has, "" if none does; or the numbers, where they are constant."""
    found = [_lengths_of(graph, node, constants) for node in nodes]
    for node, own in zip(nodes, found, strict=True):
        if own != found[0]:
            raise InputError(f"{_called(nodes[0])} and {_called(node)} differ in {LENGTHS}", place=_called(node),
                             advice="give the same ones to all layers, or a graph of one layer")  # fmt: skip
    return found[0]


def _lengths_of(graph: Any, node: Any, constants: dict[str, Array]) -> tuple[str, tuple[int, ...]]:
    given = _given(node).get(LENGTHS)
    if given is None:
        return "", ()
    origin, _ = _origin(graph, given, SAME_NUMBERS)
    if origin not in constants:
        if not _is_input(graph, origin):
            raise _computed(LENGTHS, node)
        return origin, ()
    numbers = constants[origin].ravel().tolist()
    if not numbers or any(each < 1 or each != int(each) for each in numbers):
        raise InputError(f"{LENGTHS} holds {constants[origin].tolist()}", place=_called(node),
                         advice="give each sequence of the batch a whole number of steps, 1 or more")  # fmt: skip
    return "", tuple(map(int, numbers))


def _computed(name: str, node: Any) -> InputError:
    return InputError(f"{name} is computed in the graph", place=_called(node), advice="make it a constant or an input of the graph")


def _origin(graph: Any, name: str, through: tuple[str, ...]) -> tuple[str, Any]:
    """What a value is made of by nodes of these kinds, and the node that makes it; None if there is none."""
    makers = {output: node for node in graph.node for output in node.output if not _is_constant(node)}
    while name in makers and makers[name].op_type in through:
        name = makers[name].input[0]
    return name, makers.get(name)


def _is_input(graph: Any, name: str) -> bool:
    return any(each.name == name for each in graph.input)


def _is_open(graph: Any, name: str, constants: dict[str, Array]) -> bool:
    """Whether a value is zero, or a part of an input of the graph."""
    origin, maker = _origin(graph, name, PARTS)
    if origin in constants:
        return not constants[origin].any()
    if maker is None:
        return _is_input(graph, origin)
    filled = [numpy_helper.to_array(each.t) for each in maker.attribute if each.name == "value"]
    return bool(maker.op_type == "ConstantOfShape" and not any(each.any() for each in filled))


def _refuse_between(graph: Any, below: Any, above: Any, direction: str, is_batch_first: bool) -> None:
    """Refuse a graph in which one layer's input is not the other one's output, with the axes of two directions made one."""
    makers = {output: node for node in graph.node for output in node.output}
    name, orders = above.input[0], []
    while name != below.output[0]:
        node = makers.get(name)
        if node is None or node.op_type not in MOVES:
            told = f"{node.op_type} makes" if node else "something else is"
            told += f" the input of {_called(above)}, and not {_called(below)}"
            raise InputError(told, place=_called(below), advice="give a graph of one layer")
        if node.op_type == "Transpose":
            orders.append(next((list(each.ints) for each in node.attribute), []))
        name = node.input[0]
    joined = [[0, 2, 1, 3]]
    if not ((orders == joined and not is_batch_first) or (orders == [] and (is_batch_first or direction != "bidirectional"))):
        told = f"axes are moved between {_called(below)} and {_called(above)}: {orders}"
        raise InputError(told, place=_called(above), advice="give a graph of one layer")


def _written(layer: Layer, kind: str) -> dict[str, Any]:
    """The attributes of a node."""
    functions = ["".join(map(str.capitalize, layer.settings[f"activation_{each}"].split("_"))) for each in FUNCTIONS[kind]]
    reset = {"linear_before_reset": int(layer.settings["linear_before_reset"])} if kind == "GRU" else {}
    clip = {} if layer.settings["clip"] == "identity" else {"clip": float(layer.settings["clip"])}
    return {"direction": layer.direction, "activations": functions * len(_ways(layer.direction)), **reset, **clip}
