"""Calls to operations: the functions of the notation, and those that a page defines in a line of its own.

A new function of the algebra is found by its name; what is short for something else has a row in `SHORT`.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr, Stack, Transpose
from derive.errors import NotationError
from derive.limits import FUNCTIONS, OPERATIONS
from derive.notation.meaning.surface import (
    SOFTMAX,
    Call,
    Diagonal,
    Juxtaposed,
    Largest,
    LogSumExp,
    Mean,
    OverIndex,
    Sloped,
    Smallest,
    Square,
    Total,
)

ANY = 0
"""As many operands as there are."""


def _lower(transposed: bool) -> Callable[[Expr], Expr]:
    def call(operand: Expr) -> Expr:
        matrix = nodes.Lower(sp.Dummy("rows of cumsum", integer=True, positive=True))
        return nodes.MatMul(Transpose(matrix) if transposed else matrix, operand)

    return call


def _inverse(operand: Expr) -> Expr:
    return nodes.inverse(operand, sp.Dummy("rows of inv", integer=True, positive=True))


def _of_entries(expr: Expr) -> Expr:
    """What is summed entry by entry: a square in it is that of each entry, sum(W^2), since nobody sums the entries of W W."""
    return Square(expr.args[0]) if isinstance(expr, sp.Pow) and expr.args[1] == 2 else expr


SHORT: dict[str, tuple[int, Callable[..., Expr]]] = {
    "sum": (1, lambda a: Total(_of_entries(a))),
    "mean": (1, lambda a: Mean(_of_entries(a))),
    "logsumexp": (1, LogSumExp),
    "norm": (1, lambda a: nodes.sqrt(Total(Square(a)))),
    "dot": (2, lambda a, b: Juxtaposed(Transpose(a), b)),
    "outer": (2, lambda a, b: Juxtaposed(a, Transpose(b))),
    "diag": (1, Diagonal),
    "concat": (ANY, lambda *blocks: Stack(*blocks)),
    "cumsum": (1, _lower(transposed=False)),
    "revcumsum": (1, _lower(transposed=True)),
    "sum_rows": (1, nodes.SumRows),
    "sum_columns": (1, nodes.SumColumns),
    "mean_rows": (1, nodes.MeanRows),
    "transpose": (1, Transpose),
    "inv": (1, _inverse),
    "solve": (2, nodes.Solve),
}
"""What is short for something else: by name, the number of operands and the meaning."""

OF_ENTRIES: dict[str, Callable[[Expr], Expr]] = {"max": Largest, "min": Smallest}
"""What a function of two values means if it has one."""

ALIASES = {
    "σ": "sigmoid", "sigma": "sigmoid", "logistic": "sigmoid", "sigm": "sigmoid", "ReLU": "relu", "hardsigmoid": "hard_sigmoid",
    "hardtanh": "hard_tanh", "leakyrelu": "leaky_relu", "swish": "silu", "layernorm": "layer_norm", "LayerNorm": "layer_norm",
    "LN": "layer_norm", "rmsnorm": "rms_norm", "RMSNorm": "rms_norm", "ln": "log", "logsoftmax": "log_softmax", "absolute": "abs",
    "maximum": "max", "minimum": "min", "GELU": "gelu", "SiLU": "silu", "ELU": "elu", "cat": "concat", "Diag": "diag",
    "log_sigmoid": "logsigmoid", "LogSigmoid": "logsigmoid", "lse": "logsumexp", "LSE": "logsumexp", "LogSumExp": "logsumexp",
    "atan": "arctan", "inverse": "inv", "Mish": "mish", "hardswish": "hard_swish", "HardSwish": "hard_swish", "hard_silu": "hard_swish",
    "Softsign": "softsign",
}  # fmt: skip
"""Other names of functions."""

NAMES = frozenset({*nodes.FUNCTIONS, *SHORT, *ALIASES})
"""What may be called, by name."""


def canonical(name: str) -> str:
    """The one name of a function that has several; σ is a letter of its own, whatever it stands for; softmax_i is softmax by its entries.

    A function of each entry has no entries to be told apart by: σ_h is another function than σ.
    """
    base, _, index = name.partition("_")
    is_of_columns = issubclass(nodes.FUNCTIONS.get(ALIASES.get(base, base), nodes.Elementwise), nodes.Composite)
    if is_of_columns and name not in NAMES and len(index.strip("{}")) == 1:
        name = base
    return "σ" if name in ("σ", "sigma") else ALIASES.get(name, name)


@dataclass(frozen=True)
class Function:
    """A function that a page defines: its operands stand in `body` as these names, or as these values, if it is a(s_{t-1}, h_j)."""

    name: str
    operands: tuple[Expr, ...]
    body: Expr
    line: int


def expand(expr: Expr, own: Mapping[str, Function], within: tuple[str, ...] = ()) -> Expr:
    """The expression with all calls replaced by what they mean.

    Args:
        own: the functions that the page defines, by name.
        within: those in whose definitions it stands, the outermost first.

    Raises:
        NotationError: a function is not known, has other operands, calls itself, or stands for too much.
    """
    if isinstance(expr, sp.Indexed) or not expr.args:
        return expr
    if isinstance(expr, OverIndex) and expr.args[0] == SOFTMAX and "softmax" in own:
        raise NotationError("softmax is defined on this page, and softmax over an index is the built-in one",
                            advice="give the function of the page another name", excerpt="softmax")  # fmt: skip
    if isinstance(expr, Sloped):
        return declared(expr, own, within)
    if not isinstance(expr, Call):
        return _without_root(nodes.rebuild(expr, tuple(expand(part, own, within) for part in expr.args)))
    called, operands = expr.args[0], [expand(part, own, within) for part in expr.args[1:]]
    name = str(called)
    if (key := canonical(name)) in own:
        return _applied(own[key], operands, own, within)
    name = ALIASES.get(name, name)
    if name not in NAMES:
        return _product(called, operands, own)
    if name in SHORT:
        count, meaning = SHORT[name]
        _check(name, count, len(operands))
        return meaning(*operands)
    function = nodes.FUNCTIONS[name]
    if issubclass(function, nodes.Composite) and function.arity == 2:
        if len(operands) == 1 and name in OF_ENTRIES:
            return OF_ENTRIES[name](*operands)
        if len(operands) < 2:
            _check(name, 2, len(operands))
        made = operands[0]
        for each in operands[1:]:
            made = function(made, each)
        return made
    _check(name, 1, len(operands))
    return function(*operands)


def _without_root(expr: Expr) -> Expr:
    """The square of a norm as the sum of squares that it is, whose derivative is there at zero too."""
    if not isinstance(expr, sp.Pow) or expr.args[1] != 2 or not isinstance(expr.args[0], nodes.sqrt):
        return expr
    inner: Expr = expr.args[0].args[0]
    return inner if isinstance(inner, Total) and isinstance(inner.args[0], Square) else expr


def declared(expr: Sloped, own: Mapping[str, Function], within: tuple[str, ...] = (), operands: tuple[Expr, ...] = ()) -> Expr:
    """A function with a declared slope; in the definition of a function of `operands`.

    Raises:
        NotationError: it is not clear by what the slope is a derivative, or a derivative by something else would be lost.
    """
    value, slope, *by = (expand(each, own, within) for each in expr.args)
    written: Expr = expr.args[0]
    said = by or ([expand(written.args[1], own, within)] if isinstance(written, Call) and len(written.args) == 2 else list(operands))
    is_clear = by or not operands or said[0] == operands[0] or _is_moved(said[0], operands[0])
    if len(said) != 1 or not is_clear:
        advice = (
            f"say it behind the slope, by {operands[0]}"
            if operands
            else "write a function before it, step(v_t) slope ..., or say by v_t behind it"
        )
        raise NotationError("by what this slope is a derivative is not clear", advice=advice, excerpt="slope")
    made = nodes.Declared(value, said[0], slope)
    if not made.is_of_entries:
        raise NotationError("a slope is declared of what is no function of each entry", advice="declare that of one such as step or tanh",
                            excerpt="slope")  # fmt: skip
    if made.beside:
        name = nodes.name_of(made.beside[0])
        raise NotationError(f"a derivative by {name} would be lost, as the slope is one by {_bare(said[0])} alone", excerpt="slope",
                            advice=f"write {name} into what the function is applied to")  # fmt: skip
    return made


def _is_moved(argument: Expr, operand: Expr) -> bool:
    """Whether an argument is an operand plus what does not change with it, so that a derivative by one is that by the other."""
    others = [each for each in argument.args if each != operand] if isinstance(argument, sp.Add) else []
    return len(others) == len(argument.args) - 1 and not any(operand in nodes.leaves(each) for each in others)


def _bare(argument: Expr) -> str:
    """What a slope is a derivative by, in an error."""
    return nodes.name_of(argument) if isinstance(argument, (sp.Symbol, sp.Indexed)) else "what stands in the parentheses"


CONVOLUTION = re.compile(r"conv(?:olve|olution)?[1-3]?d?(?:_|$)", re.IGNORECASE)
"""What a convolution is called."""


def _product(called: Expr, operands: list[Expr], own: Mapping[str, Function]) -> Expr:
    """U(r_t * h_{t-1}) is a product: a capital letter, or a name with an index, before a parenthesis."""
    name = nodes.name_of(called)
    if CONVOLUTION.match(name):
        raise NotationError(f"{name} is a convolution, which is not in the notation",
                            advice="write the matrix product that it is, for values in a column", excerpt=f"{name}(")  # fmt: skip
    if len(operands) == 1 and (isinstance(called, sp.Indexed) or "_" in name or (len(name) == 1 and name.isupper())):
        return Juxtaposed(called, *operands)
    known = [*own, *NAMES]
    close = difflib.get_close_matches(name, known, n=1) or difflib.get_close_matches(name.lower(), known, n=1)
    advice = f"did you mean {close[0]}?" if close else f"define it in a line of its own, {name}(x) = ..."
    raise NotationError(f"there is no function {name}", advice=f"{advice}; before a product put a space, {name} (...)", excerpt=f"{name}(")


def _applied(function: Function, operands: list[Expr], own: Mapping[str, Function], within: tuple[str, ...]) -> Expr:
    _check(function.name, len(function.operands), len(operands))
    if function.name in within:
        raise NotationError(f"{function.name} calls itself", advice="a function is short for an expression, so it cannot recur",
                            excerpt=function.name)  # fmt: skip
    if len(within) >= FUNCTIONS.most:
        raise NotationError(FUNCTIONS.fact, advice=FUNCTIONS.advice, excerpt=within[0])
    table = dict(zip(function.operands, operands, strict=True))
    body = expand(function.body, own, (*within, function.name))
    counts = Counter(nodes.parts(body))
    if sum(counts.values()) + sum(counts[each] * sum(1 for _ in nodes.parts(value)) for each, value in table.items()) > OPERATIONS.most:
        raise NotationError(OPERATIONS.fact, advice=OPERATIONS.advice, excerpt=function.name)
    return nodes.replace(body, table)


def _check(name: str, wanted: int, given: int) -> None:
    if wanted not in (ANY, given):
        raise NotationError(f"{name} takes {wanted} operand{'s' * (wanted > 1)} and has {given}",
                            advice=f"such as {name}({', '.join('abc'[:wanted])})", excerpt=f"{name}(")  # fmt: skip


def refuse_open_names(functions: Iterable[Function]) -> None:
    """Refuse a function whose body reads a sequence or a name twice.

    Raises:
        NotationError: it does.
    """
    for function in functions:
        if any(isinstance(leaf, sp.Indexed) and leaf not in function.operands for leaf in nodes.leaves(function.body)):
            raise NotationError(f"{function.name} reads a sequence", place=f"line {function.line}", advice="give it as an operand")
