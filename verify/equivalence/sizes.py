"""Sizes of one system in the sizes of another one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from verify.proof.entries import length_of, spelled
from verify.proof.normal_form import NUMBER, Form


def symbol(name: str) -> Expr:
    """The size of that name."""
    return nodes.T if name == str(nodes.T) else sp.Symbol(name, integer=True, positive=True)


def resized(text: str, sizes: Mapping[str, str]) -> str:
    """The text of a size in other sizes."""
    return text if not sizes or text.isdigit() else _resized(text, tuple(sorted(sizes.items())))


@cache
def _resized(text: str, sizes: tuple[tuple[str, str], ...]) -> str:
    return spelled(length_of(text).xreplace({symbol(one): symbol(two) for one, two in sizes}))


def fits(one: str, two: str, sizes: Mapping[str, str]) -> bool:
    """Whether a size is another one, as far as it is known which size is which."""
    if one.isdigit() or two.isdigit():
        return one == two
    return bool({str(each) for each in length_of(one).free_symbols} - {*sizes, str(nodes.T)}) or resized(one, sizes) == two


def size_of(form: Form) -> str:
    """The text of the size that a form is the extent of."""
    total: Expr = sp.Integer(0)
    for (_, factors), coefficient in form:
        total += sp.Mul(coefficient, *(length_of(atom.name) ** exponent for atom, exponent in factors))
    return spelled(total)


def sole_size(form: Form) -> str | None:
    """The name of the size that an extent is; None if it is a number or a sum of several."""
    if len(form) != 1:
        return None
    ((bounds, factors), coefficient) = form[0]
    if bounds or coefficient != 1 or len(factors) != 1 or factors[0][1] != 1 or factors[0][0].kind != NUMBER:
        return None
    return factors[0][0].name
