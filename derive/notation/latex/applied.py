r"""Functions in LaTeX with what they are applied to: log softmax as one, a softmax over an index, a clock."""

from __future__ import annotations

from dataclasses import replace

from derive.algebra.clocks import CLOCKS
from derive.notation.latex.parts import Function
from derive.notation.plain.times import clock
from derive.notation.tree import Call, OverIndex, Place, Reach, Slope, Tree
from derive.notation.tree import Name as Named
from derive.notation.written import Wrong

UNSAID = ("?", Reach.ALL)
"""Over what a sum is that has no index."""


def called(name: str, *operands: Tree, place: Place) -> Call:
    """A call of a function of the notation."""
    return Call(Named(name, place=place), operands, place=place)


def applied(function: Function, operands: tuple[Tree, ...], place: Place) -> Tree:
    """A function of operands."""
    if function.name_part is not None and (kind := function.name_part.whole) in CLOCKS:
        return clock(kind, operands, place)
    if function.is_slope and len(operands) == 1:
        return Slope(Named(function.name, place=function.place), operands[0], place=place)
    if function.over:
        return OverIndex("softmax", *function.over, operands[0], place=place)
    if function.name_part is not None:
        return Call(replace(function.name_part.tree, place=function.place), operands, place=place)
    return Call(Named(function.name, place=function.place), operands, place=place)


def merged(chain: list[Function]) -> list[Function]:
    """The functions with log softmax and log sum exp as the ones that they are."""
    for place, three in enumerate(zip(chain, chain[1:], chain[2:], strict=False)):
        if [each.name for each in three] == ["log", "sum", "exp"] and three[1].over == UNSAID and not any(each.after for each in three):
            return merged([*chain[:place], replace(three[0], name="logsumexp"), *chain[place + 3 :]])
    for place, (first, second) in enumerate(zip(chain, chain[1:], strict=False)):
        if (first.name, second.name) == ("log", "softmax") and not (first.after or second.after or second.over):
            return merged([*chain[:place], replace(first, name="log_softmax"), *chain[place + 2 :]])
    return chain


def no_index(function: Function) -> Wrong:
    """What is wrong with a sum over nothing."""
    return Wrong(f"{function.text} does not say over which index", r"write \sum_{k=1}^{T}, \sum_k or \sum_{k<t}; for the sum of all "
                 r"entries \operatorname{sum}(x)", function.place.start)  # fmt: skip
