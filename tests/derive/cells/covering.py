"""The covering cells: a few built-in cells that together have each feature that any built-in cell has.

A feature is what a pass, a method or the emitter may have a branch for: an operation and the forms of the matrices that it is applied to, how
far from t a sequence is read and what stands there outside 1..T, a clock, and what the variables are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import Broadcast, Constant, Elementwise, Expr, Node, Slice
from derive.algebra.shapes import Shape
from derive.system import System, Variable

COVERING = (
    "bidirectional_rnn", "clockwork", "dilated_rnn", "fast_weights", "gated_deltanet", "gla", "layer_norm_lstm", "linear_attention", "lmu",
    "lru", "lstmn", "luong_decoder", "mamba", "mlstm", "narx", "on_lstm", "s4d", "self_attention", "slstm",
)  # fmt: skip
"""That they cover, and that none of them is idle, is computed in `test_covering.py` beside this file."""


def each_cell(names: Iterable[str] = ()) -> list[Any]:
    """The built-in cells (or those of `names`) as parameters of a test: the covering ones by default, all of them in the full run."""
    return covered(names or derive.cell_names(), COVERING)


def covered(cases: Iterable[Any], kept: Iterable[Any]) -> list[Any]:
    """Cases (a tuple for several parameters) as parameters of a test, those that are not in `kept` for the full run alone."""
    default = set(kept)
    return [case if case in default else _for_the_full_run(case) for case in cases]


def each_third(cases: Iterable[Any]) -> list[Any]:
    """The same of cases that need not be hashable, two of three for the full run alone."""
    return [_for_the_full_run(case) if place % 3 else case for place, case in enumerate(cases)]


def _for_the_full_run(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.full)


def features(system: System) -> set[str]:
    """What a system has that a pass, a method or the emitter may have a branch for, in words."""
    of_parts = (each for equation in system for part in nodes.parts(equation.right) for each in _of_part(system, part))
    return {*of_parts, *(each for variable in system.variables.values() for each in _of_variable(system, variable))}


def _of_variable(system: System, variable: Variable) -> Iterator[str]:
    role = f"{variable.role.value}{' sequence' if variable.is_sequence else ''}"
    yield f"{role} that is a {_form(variable.shape)}"
    if variable.name in system.outputs:
        yield f"output that is a {_form(variable.shape)}"
    if variable in system.states:
        yield f"{role} that is {variable.boundary.value} outside 1..T"
    if variable.clock:
        yield f"clock {variable.clock.kind}"
    if variable.start is not None:
        yield f"{role} with a start"
    if variable.is_distribution:
        yield f"{role} that is a distribution"


def _of_part(system: System, part: Expr) -> Iterator[str]:
    match part:
        case sp.Indexed():
            yield f"{system[nodes.sequence_name(part)].role.value} read at {part.indices[0]}"
        case Elementwise():
            yield f"{type(part).__name__}"
        case Slice() | Broadcast():
            yield f"{type(part).__name__} of {_form(system.shape(part.args[0]))}"
        case Node():
            operands = () if isinstance(part, Constant) else part.args
            yield " ".join([type(part).__name__, *(f"of {_form(system.shape(each))}" for each in operands)])
        case sp.Add() | sp.Mul():
            yield f"{type(part).__name__} of {' and '.join(sorted({_form(system.shape(each)) for each in part.args}))}"
        case sp.Pow():
            yield f"power {part.exp}"
        case sp.Symbol() if part.is_integer:
            yield "a size as a number"


def _form(shape: Shape) -> str:
    rows, columns = (side == 1 for side in shape)
    return "number" if rows and columns else "row" if rows else "column" if columns else "matrix"
