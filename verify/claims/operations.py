"""NumPy's functions of arrays that are carried out: each with how many entries it makes and goes through, by the shapes of what it is given.

Another function is a row of `OPERATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.claims.budget import LARGEST, Budget, OverBudget, extent, size
from verify.claims.bundle import Bundle

Array = np.ndarray[Any, Any]
Cost = tuple[int, int]
"""The entries of what is made, and those that are gone through."""
Rule = Callable[[Sequence[Any], Mapping[str, Any]], Cost]


@dataclass(frozen=True)
class Operation:
    """A function of arrays.

    Attributes:
        rule: what it costs.
        operands: how many arrays it takes first; 0 for a list of arrays, and None for nothing but parameters.
        parameters: the names of its other arguments, in their order.
        named: those that are given by name only.
        function: what is done, if not what NumPy does under the same name.
    """

    rule: Rule
    operands: int | None = 1
    parameters: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    function: Callable[..., Any] | None = None


def array_of(value: Any, budget: Budget) -> Array:
    """A value as an array of numbers.

    Raises:
        OverBudget: it has too many entries.
        TypeError: it holds something else than numbers.
        ValueError: its rows differ in length.
    """
    if isinstance(value, np.ndarray):
        return value
    budget.charge(size(value))
    _must_be_numbers(value)
    made = np.array(value)
    budget.checked(made)
    return made


def _must_be_numbers(value: Any) -> None:
    if isinstance(value, (list, tuple)):
        for each in value:
            _must_be_numbers(each)
    elif isinstance(value, Bundle):
        raise TypeError(value.unknown)
    elif not isinstance(value, (bool, int, float, range, np.ndarray, np.generic)):
        raise TypeError(f"{type(value).__name__} is no number")


def carried_out(name: str, arguments: Sequence[Any], named: Mapping[str, Any], budget: Budget) -> Any:
    """What a function of NumPy gives.

    Raises:
        OverBudget: it would be too large, or too much work.
        TypeError, ValueError, LookupError: it cannot be given these arguments.
    """
    own = OPERATIONS[name]
    operands, rest = _operands(own, name, arguments, budget)
    if len(rest) > len(own.parameters):
        raise TypeError(f"{name} has too many arguments")
    given = dict(zip(own.parameters, rest, strict=False))
    for key, value in named.items():
        if key in given or key not in own.parameters + own.named:
            raise TypeError(f"{name} has no argument {key} here")
        given[key] = value
    parameters = {key: _parameter(key, value) for key, value in given.items()}
    budget.result(*own.rule(operands, parameters))
    parts = [operands] if own.operands == 0 else operands
    return (own.function or getattr(np, name))(*parts, **parameters)


def _operands(own: Operation, name: str, arguments: Sequence[Any], budget: Budget) -> tuple[list[Any], Sequence[Any]]:
    if own.rule is _einsum:
        return [str(arguments[0]), *(array_of(each, budget) for each in arguments[1:])], ()
    if own.rule is _where and len(arguments) == 1:
        return [array_of(arguments[0], budget)], ()
    if own.operands == 0:
        budget.charge(size(arguments[0]))
        return [array_of(each, budget) for each in arguments[0]], arguments[1:]
    if len(arguments) < (own.operands or 0):
        raise TypeError(f"{name} has too few arguments")
    return [array_of(each, budget) for each in arguments[: own.operands or 0]], arguments[own.operands or 0 :]


def _parameter(key: str, value: Any) -> Any:
    """A parameter: whole numbers, an array to be written to, or a truth value."""
    if key == "out":
        if not isinstance(value, np.ndarray):
            raise TypeError("out is no array")
        return value
    if key == "keepdims":
        return bool(value)
    return None if value is None else _whole(value)


def _whole(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(map(_whole, value))
    if not isinstance(value, (int, np.integer)):
        raise TypeError(f"{type(value).__name__} is no whole number")
    return int(value)


def together(left: Any, right: Any) -> int:
    """The entries of what comes of two numbers or arrays, entry by entry."""
    return extent(np.broadcast_shapes(np.shape(left), np.shape(right)))


def picked(array: Any, index: Any) -> int:
    """No fewer than the entries of a part of an array: lists of places have their own number, of all that is behind them.

    Raises:
        OverBudget: they are too many to count.
    """
    parts = index if isinstance(index, tuple) else (index,)
    lists = [size(each) for each in parts if isinstance(each, (np.ndarray, list, range, tuple))]
    if len(lists) > array.ndim:
        raise OverBudget("there are more lists of places than axes")
    total = extent(array.shape)
    for each in lists:
        total *= each
    return total if lists else 0


# What functions cost


def _elementwise(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    shapes = [each.shape for each in (*operands, *([parameters["out"]] if "out" in parameters else []))]
    made = extent(np.broadcast_shapes(*shapes))
    return made, made


def _same(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    made = extent(operands[0].shape)
    return made, made


def _reshape(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    shape = parameters["shape"]
    sides = (shape,) if isinstance(shape, int) else shape
    return max(extent(sides), extent(operands[0].shape)), 0


def _joined(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    made = sum(extent(each.shape) for each in operands)
    return made, made


def _split(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    (array,), sections = operands, parameters["indices_or_sections"]
    side = array.shape[parameters.get("axis", 0)]
    count = len(sections) + 1 if isinstance(sections, tuple) else sections
    made = 1 + (side + max(count, 0)) * (extent(array.shape) // max(side, 1))
    return made, made


def _dot(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    a, b = operands
    if not (a.ndim and b.ndim):
        return _elementwise(operands, parameters)
    inner, other = max(a.shape[-1], 1), max(b.shape[-2] if b.ndim > 1 else b.shape[-1], 1)
    made = extent(a.shape) // inner * (extent(b.shape) // other)
    return made, made * inner


def _outer(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    made = extent(operands[0].shape) * extent(operands[1].shape)
    return made, made


def _einsum(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    """By the sizes of the letters; those that stand behind the arrow are the result's, and all of them if there is none."""
    formula, *arrays = operands
    read, arrow, written = formula.replace(" ", "").partition("->")
    terms = read.split(",")
    if not 1 <= len(arrays) <= 3 or not all(each.isalpha() for each in terms) or not (written or "a").isalpha():
        raise TypeError("an einsum is carried out of up to three arrays, with letters alone")
    sizes: dict[str, int] = {}
    for term, array in zip(terms, arrays, strict=True):
        for letter, side in zip(term, array.shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), side)
    work = extent(sizes.values())
    return (extent(sizes[each] for each in written) if arrow else work), work


def _where(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    if len(operands) == 1:
        made = 1 + extent(operands[0].shape) * max(operands[0].ndim, 1)
        return made, made
    return _elementwise(operands, parameters)


def _made(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    shape = parameters["shape"]
    made = extent((shape,) if isinstance(shape, int) else shape)
    if made > LARGEST:
        raise OverBudget(f"an array of shape {str(shape)[:60]} is too large")
    return made, made


def _eye(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    made = extent((parameters["N"], parameters.get("M", parameters["N"])))
    return made, made


def _arange(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    made = max(len(_range(**parameters)), 1)
    return made, made


def _range(start: int, stop: int | None = None, step: int = 1) -> range:
    return range(start) if stop is None else range(start, stop, step)


def _aranged(start: int, stop: int | None = None, step: int = 1) -> Array:
    return np.array(_range(start, stop, step), int)


def _diagonal(operands: Sequence[Any], parameters: Mapping[str, Any]) -> Cost:
    made = extent(operands[0].shape)
    return made**2 if operands[0].ndim == 1 else made, made


def _full(shape: Any) -> Array:
    """An array that NumPy would leave uninitialized."""
    return np.full(shape, np.nan)


def _array(value: Array) -> Array:
    return np.array(value)


def _reshaped(value: Array, shape: Any) -> Array:
    return value.reshape(shape)


ELEMENTWISE = (
    *"abs negative sign sqrt square exp exp2 expm1 log log1p sin cos sinh cosh tanh".split(),
    *"add subtract multiply divide maximum minimum power".split(),
)
OPERATIONS: dict[str, Operation] = {
    **{name: Operation(_elementwise, getattr(np, name).nin, ("out",)) for name in ELEMENTWISE},
    **{name: Operation(_same) for name in ("copy", "ravel", "atleast_2d", "asarray", "zeros_like", "ones_like")},
    **{name: Operation(_same, 1, ("axis",)) for name in ("squeeze", "expand_dims", "flip", "argmax")},
    **{name: Operation(_same, 1, ("axis",), ("keepdims", "out")) for name in ("sum", "mean", "max", "min", "amax")},
    **{name: Operation(_joined, 0, ("axis",)) for name in ("concatenate", "stack")},
    **{name: Operation(_joined, 0) for name in ("hstack", "vstack", "column_stack")},
    **{name: Operation(_split, 1, ("indices_or_sections", "axis")) for name in ("split", "array_split")},
    **{name: Operation(_dot, 2, ("out",)) for name in ("dot", "matmul")},
    **{name: Operation(_made, None, ("shape",)) for name in ("zeros", "ones")},
    "transpose": Operation(_same, 1, ("axes",)),
    "reshape": Operation(_reshape, 1, ("shape",), function=_reshaped),
    "array": Operation(_same, function=_array),
    "empty_like": Operation(_same, function=lambda value: _full(value.shape)),
    "empty": Operation(_made, None, ("shape",), function=_full),
    "eye": Operation(_eye, None, ("N", "M")),
    "arange": Operation(_arange, None, ("start", "stop", "step"), function=_aranged),
    "clip": Operation(_elementwise, 3, ("out",)),
    "flatten": Operation(_same, function=np.ravel),
    "diag": Operation(_diagonal),
    "float64": Operation(_same, function=_array),
    "outer": Operation(_outer, 2, ("out",)),
    "where": Operation(_where, 3),
    "einsum": Operation(_einsum),
}
METHODS = frozenset("copy dot sum mean reshape transpose ravel flatten squeeze max min clip argmax".split())
"""Those that arrays have as methods."""
