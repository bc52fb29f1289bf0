"""What somebody claims of the gradients of a cell: an equation with what its names stand for, and the system that gives it a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from derive.algebra.nodes import Expr
from derive.notation.claims.chains import Chain
from derive.system import System


class Of(Enum):
    """What is meant of a variable of the cell."""

    VALUE = "its value"
    GRADIENT = "the gradient of the loss by it"
    DIRECT = "the derivative by it of the loss of each step, as far as that reads it directly"


@dataclass(frozen=True)
class Meaning:
    """What a name on a page stands for.

    Attributes:
        of: which of the things that belong to a variable.
        variable: of the cell, by its name.
        time: if the name is that of a sequence at one time, such as h_1 or h_T, that time; else None.
        is_marked: whether the name says that it is a gradient by a delta before that of the value, delta_z, and is no derivative.
    """

    of: Of
    variable: str
    time: Expr | None = None
    is_marked: bool = False


@dataclass(frozen=True)
class Claim:
    """One equation of a backward pass.

    Attributes:
        name: what it defines, as the page calls it.
        value: the variable of the cell whose gradient that is; "" of one of the author's own.
        time: the time at which it is defined: t, or 0, 1, T; None of what has no index.
        offset: the page defines it at t + offset, the system at t.
        line: its line on the page, from 1.
        text: it in the plain notation.
        names: by its name in the system, what is read of the cell.
        own: the author's own names that it reads.
        system: the cell, what the equation reads of the author's own, and the equation, which defines `target`; None if there is none.
        target: the name that the system gives to what is claimed.
        error: why there is no system.
        clashes: whether that is because sizes in it do not fit together; else it reads what is not known here.
        column: of what cannot be read, from 1; else 0.
        is_marked: whether what it defines is a gradient by a delta before the name of the value.
    """

    name: str
    value: str
    time: Expr | None
    offset: int
    line: int
    text: str
    names: Mapping[str, Meaning]
    own: tuple[str, ...]
    system: System | None = None
    target: str = ""
    error: str = ""
    clashes: bool = False
    column: int = 0
    is_marked: bool = False


@dataclass(frozen=True)
class Claims:
    """What a page claims.

    Attributes:
        equations: those of gradients and of names on the way to these, in its order.
        chains: those about derivatives of one value by another, in its order.
    """

    equations: list[Claim]
    chains: list[Chain]
