r"""Pages on which nothing is a vector or a matrix, as of a time series: y_t = c + \phi y_{t-1} + e_t. All their values are numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.notation.meaning.kinds import is_greek
from derive.notation.meaning.sizing import Declared
from derive.notation.meaning.surface import Juxtaposed, Starred
from derive.notation.prose.said import mentions, sentences
from derive.system import Role, Variable

OF_NUMBERS = (
    Juxtaposed, Starred, nodes.Elementwise, nodes.Declared, nodes.OverTime, nodes.maximum, nodes.minimum, nodes.logaddexp,
)  # fmt: skip
"""The operations that numbers have as well."""
OF_ONE = re.compile(
    r"\b(?:single|only one|just one) (?:\w+ )?(?:neuron|unit|channel)\b"
    r"|\bsequence of (?:real )?numbers\b|\bscalar (?:input|state|rnn|sequence|series|case)"
    r"|\bseries (?:\S+ ){0,4}of numbers\b|\b(?:log[- ])?returns? (?:of|on) (?:an|the) (?:asset|stock|index)\b|\bconditional variance\b"
    r"|条件方差|\btime series\b|时间序列|单个(?:隐藏?)?(?:神经元|单元)|只有一个(?:隐藏?)?(?:神经元|单元)",
    re.IGNORECASE,
)
"""Words for what is one number at each step."""
ONE = re.compile(
    r"\b(?:is|are) (?:just |only |simply )?(?:one|a single) number\b"
    r"|\b(?:one[- ]dimensional|1-?D|univariate|scalar) (?:kalman|filter|signal|case|model)"
    r"|一维(?:的)?(?:情形|卡尔曼|滤波|信号|版本)|标量(?:情形|卡尔曼|形式|版本)",
    re.IGNORECASE,
)
"""Words that say of all values that they are numbers."""
OF_VECTORS = re.compile(
    r"\b(?:vectors?|matri\w+|element-?wise|hadamard|units|neurons|dimension\w*|channels?|features?|embeddings?|tensors?)\b"
    r"|向量|矩阵|逐元素|逐点|神经元|维(?!护|持|修|纳)|通道|张量",
    re.IGNORECASE,
)
"""Words for what is no number."""


def are_alone(variables: Mapping[str, Variable], rights: Iterable[Expr], said: Declared, bold: Collection[str], words: str) -> bool:
    """Whether all values of a page are numbers: parameters multiply values, and no sign, letter or word tells of a vector or a matrix.

    Args:
        variables: by name.
        rights: the right sides of the equations.
        said: what the page says in words of kinds and sizes.
        bold: the names in bold letters.
        words: the prose of the page.
    """
    parts = [part for right in rights for part in nodes.parts(right)]
    parameters = [name for name, each in variables.items() if each.role is Role.PARAMETER]
    is_small = all(name[0].islower() or is_greek(name) for name in parameters)
    scales = any(isinstance(part, Juxtaposed | Starred) and isinstance(part.args[0], sp.Symbol) for part in parts)
    return (
        is_small
        and (scales or ONE.search(words) is not None)
        and not bold
        and all(value == "scalar" for (key, _), value in said.items() if key in ("kind", "shape"))
        and not any(_is_of_vectors(part) for part in parts)
        and (OF_ONE.search(words) is not None or ONE.search(words) is not None or _is_plain(said, variables, words))
    )


def _is_plain(said: Declared, variables: Mapping[str, Variable], words: str) -> bool:
    """Whether no sentence that has a value has a word for a vector: Greek letters are numbers anyway, but "a scalar gain a" has vectors beside."""
    told = [name for key, name in said if key in ("kind", "shape")]
    values = [name for name, each in variables.items() if each.is_sequence]
    telling = (each for each in sentences(words) if OF_VECTORS.search(each)) if OF_VECTORS.search(words) else ()
    return not any(any(mentions(each, values)) for each in telling) and all(is_greek(name) or variables[name].is_sequence for name in told)


def _is_of_vectors(part: Expr) -> bool:
    """Whether a part of a right side is one that numbers do not have: a transposition, a stack, a product of entries."""
    if isinstance(part, sp.Mul):
        return sum(not each.is_Number and not isinstance(each, sp.Pow) for each in part.args) > 1
    return isinstance(part, nodes.Node) and not isinstance(part, OF_NUMBERS)
