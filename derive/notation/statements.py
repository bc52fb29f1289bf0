"""The sides of a line to what it says: an equation, a definition of a function, or a chain of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from derive.algebra import nodes
from derive.notation.tree import (
    BEYOND,
    ENDS,
    Bracketed,
    Call,
    Declaration,
    Definition,
    Equation,
    Listed,
    Name,
    Number,
    OfEntry,
    OverIndex,
    Place,
    Power,
    Row,
    Statement,
    Sum,
    Tree,
    names,
    parts,
    rewritten,
)
from derive.notation.written import Wrong

MOST = 6
"""How many names one line may define at once."""


def at_ends(statement: Statement) -> Statement:
    """What a statement says, where h_{T+1} = 0 says that the values behind the last step are zero, and h_0 = zeros those before the first.

    Raises:
        Wrong: it reads another value there; at a column.
    """
    left = statement.left if isinstance(statement, Equation) else None
    if isinstance(left, Name) and isinstance(statement, Equation) and left.whole.endswith("_0") and _is_zeros(statement.right):
        return replace(statement, right=Number("0", place=statement.right.place))
    if isinstance(left, Name) and isinstance(statement, Equation) and isinstance(statement.right, Number) and statement.right.is_zero:
        if left.step is not None and left.step.letter in ENDS and left.step.by == 1:
            return Declaration("boundary", (replace(left, step=None),), "zero")
        if left.labels[-1:] == (BEYOND,):
            return Declaration("boundary", (replace(left, labels=left.labels[:-1]),), "zero")
    for name in names(statement):
        if name.labels[-1:] == (BEYOND,):
            advice = "the steps are t = 1 to T: h_T is the last value; h_{T+1} = 0 says that all values behind it are zero"
            raise Wrong("this is behind the last step", advice, name.place.start)
    return statement


def _is_zeros(right: Tree) -> bool:
    """Whether a right side is called zeros, with or without a size in parentheses."""
    name = right.function if isinstance(right, Call) else right.first if isinstance(right, Row) and len(right.rest) == 1 else right
    return isinstance(name, Name) and name.whole in ("zeros", "zero", "O")


def chain(sides: Sequence[Tree]) -> tuple[Statement, ...]:
    """What a = b = c says: a = c and b = c of functions and of first values, a = b and b = c else; a = b / c = 0.2 is a number.

    A side that is a sum over the steps and says only how the total is called at one of them, L = sum_t L_t = sum_t (y_t - d_t)^2, is left out.

    Raises:
        Wrong: something else than names and functions of names stands before the last side; at a column.
    """
    sides = [each for each in sides if len(sides) < 3 or not _is_total(each, sides[0])]
    *heads, last = sides
    is_computed = len(heads) == 2 and not is_head(heads[1]) and not isinstance(heads[1], Number)
    if is_computed and isinstance(heads[0], Name) and heads[0].time is None and isinstance(last, Number):
        return (stated(heads[0], last),)
    if (inner := _argument(heads, last)) is not None:
        return stated(heads[0], heads[1]), stated(*inner)
    if (len(heads) > 1 and not all(is_head(each) for each in heads)) or len(heads) > MOST:
        keep_last = (heads[0].place.stop, last.place.start, " = ")
        keep_first = (heads[1].place.stop, last.place.stop, "")
        raise Wrong("two equations stand in one", "split it: write each of them on a line of its own, with its left side; or keep one right side",
                    heads[1].place.stop, remedies=((keep_first,), (keep_last,)))  # fmt: skip
    made = []
    for place, head in enumerate(heads):
        is_same = (
            isinstance(head, Call | OfEntry | OverIndex)
            or (isinstance(head, Name) and re.search(r"_0$", head.whole))
            or place == len(heads) - 1
        )
        made.append(stated(head, last if is_same else heads[place + 1]))
    return tuple(made)


def _is_total(side: Tree, left: Tree) -> bool:
    """Whether a side is the sum over all steps of what has the name of the left side."""
    body = side.body if isinstance(side, OverIndex) and side.kind == "sum" and side.letter == "t" else None
    return isinstance(body, Name) and isinstance(left, Name) and left.time is None and body.whole == left.whole


def _argument(heads: Sequence[Tree], last: Tree) -> tuple[Tree, Tree] | None:
    """What h = f(a) = f(b) says of a at a time, that it is b; None for another chain."""
    if len(heads) != 2 or not all(isinstance(each, Call) and len(each.operands) == 1 for each in (heads[1], last)):
        return None
    assert isinstance(heads[1], Call)
    assert isinstance(last, Call)
    name = heads[1].operands[0]
    is_same = heads[1].function == last.function and isinstance(heads[0], Name) and isinstance(name, Name)
    return (name, last.operands[0]) if is_same and isinstance(name, Name) and name.time is not None else None


def two_readings(slash: Place, above: int, below: Place, last: int) -> Wrong:
    """What is wrong with a / b c.

    Args:
        slash: where that stands.
        above: where a begins.
        below: where b stands.
        last: where c ends.
    """
    quotient = (above, above, "("), (below.stop, below.stop, ")")
    product = (below.start, below.start, "("), (last, last, ")")
    advice = "write (a / b) c for a quotient times c, or a / (b c) for one by a product"
    return Wrong("a / b c has two readings", advice, slash.start, remedies=(quotient, product))


def listed(sides: Sequence[Tree]) -> tuple[Statement, ...]:
    """What q, k = a, b says, and a = 0, b = 0: an equation for each name.

    Raises:
        Wrong: there are more names than values, or more values than names; at a column.
    """
    groups = [each.parts if isinstance(each, Listed) and not each.is_stack else (each,) for each in sides]
    first, last = groups[0], groups[-1]
    if len(groups) > 2 and len(first) == len(last) == 1 and all(len(each) == 2 for each in groups[1:-1]):
        flat = [each for group in groups for each in group]
        return tuple(stated(left, right) for left, right in zip(flat[::2], flat[1::2], strict=True))
    if len(groups) == 2 and len(last) == 1 and isinstance(last[0], Number):
        return tuple(stated(each, last[0]) for each in first)
    if len(groups) != 2 or len(first) != len(last):
        count = [f"{len(each)} value{'s' * (len(each) > 1)}" for each in (first, last)]
        stack = ", or [a; b] for values under one another" if len(first) == 1 else ""
        raise Wrong(
            f"{count[0]} cannot be {count[1]}", f"write an equation for each name, on a line of its own{stack}", sides[0].place.start
        )
    return tuple(stated(left, right) for left, right in zip(first, last, strict=True))


def is_head(tree: Tree) -> bool:
    """Whether it is a name, or a function of names."""
    if isinstance(tree, OfEntry):
        tree = tree.call
    if isinstance(tree, OverIndex):
        return tree.kind == "softmax" and isinstance(tree.body, Name)
    return isinstance(tree, Name) or (isinstance(tree, Call) and all(isinstance(each, Name) for each in tree.operands))


def stated(left: Tree, right: Tree) -> Statement:
    """What left = right says.

    Raises:
        Wrong: the left side is nothing that can be defined; at a column.
    """
    place, entry = left.place.to(right.place), ""
    if (inverse := _inverted(left)) is not None:
        name, function = inverse
        return Equation(name, Call(Name(function, place=left.place), (right,), place=right.place), place=place)
    if (first := _first_value(left)) is not None:
        return Equation(first, right, place=place)
    if isinstance(left, OfEntry):
        entry, left = left.entry, left.call
    if isinstance(left, OverIndex) and isinstance(left.body, Name) and is_head(left):
        return Definition(Name(left.kind, place=left.place), (left.body,), right, left.letter, place=place)
    if isinstance(left, Call) and len(left.operands) == 1 and left.function.base.endswith("_prime"):
        left, right = _of_operand(left, right)
    if isinstance(left, Call) and is_head(left):
        return Definition(left.function, tuple(each for each in left.operands if isinstance(each, Name)), right, entry, place=place)
    if isinstance(left, Name) and isinstance(right, Name) and is_function(right) and left.time is None:
        x = Name("x", place=right.place)
        return Definition(left, (x,), Call(right, (x,), place=right.place), place=place)
    if isinstance(left, Name | Listed) or (isinstance(left, Power) and isinstance(left.base, Name)):
        return Equation(left, right, place=place)
    raise Wrong("only a name can be defined", "write an equation such as h_t = tanh(W x_t + U h_{t-1} + b)", left.place.start)


def _of_operand(left: Call, right: Tree) -> tuple[Call, Tree]:
    """A derivative as a function of a name: H'(a) = f(a) for H'(v_t - c) = f(v_t - c)."""
    (operand,) = left.operands
    if isinstance(operand, Name):
        return left, right
    a = Name("a", place=operand.place)
    return replace(left, operands=(a,)), rewritten(right, lambda node: a if node == operand else None)


def _first_value(left: Tree) -> Name | None:
    """The value before the first step in x(0) = 0, by its name x_0; None for another left side, and for a function at zero."""
    name, at = None, None
    if isinstance(left, Call) and len(left.operands) == 1:
        name, at = left.function, left.operands[0]
    elif isinstance(left, Row) and len(left.rest) == 1 and isinstance(left.first, Name) and isinstance(left.rest[0][1], Bracketed):
        name, at = left.first, left.rest[0][1].inner
    is_zero = isinstance(at, Number) and at.text == "0"
    if name is None or not is_zero or name.time is not None or is_function(name) or name.whole in OF_FUNCTIONS:
        return None
    return replace(name, labels=(*name.labels, "0"), place=left.place)


OF_FUNCTIONS = frozenset({"f", "g", "sigma", "phi", "psi", "rho", "varphi", "Phi", "H", "S"})
"""What functions are called, whose value at zero is none before the first step."""
INVERSES = {"log": "exp", "ln": "exp", "exp": "log"}


def _inverted(left: Tree) -> tuple[Name, str] | None:
    """The name in log a_t = e, with the function of e that it is; None for another left side."""
    if isinstance(left, Call) and len(left.operands) == 1:
        function, operand = left.function, left.operands[0]
    elif isinstance(left, Row) and len(left.rest) == 1 and isinstance(left.first, Name):
        function, operand = left.first, left.rest[0][1]
    else:
        return None
    is_value = isinstance(operand, Name) and operand.time is not None and function.time is None
    return (operand, INVERSES[function.whole]) if is_value and isinstance(operand, Name) and function.whole in INVERSES else None


def is_function(name: Name) -> bool:
    """Whether a name is that of a function by more than a letter."""
    return name.time is None and len(name.whole) > 1 and name.whole in nodes.FUNCTIONS


def refuse_lonely(statements: Iterable[Statement], text: str) -> None:
    """Refuse h_t-1, which may be meant as h_{t-1} or as it stands.

    Raises:
        Wrong: it stands there; at a column.
    """
    for statement in statements:
        for node in parts(statement):
            terms = node.terms if isinstance(node, Sum) else ()
            for (_, before), (sign, behind) in zip(terms, terms[1:], strict=False):
                is_tight = behind.place.start == before.place.stop + 1
                last = list(parts(before))[-1]
                if not (sign < 0 and is_tight and isinstance(behind, Number) and behind.text.isdigit()):
                    continue
                if isinstance(last, Name) and last.time == 0 and not last.second and text[: last.place.stop].endswith("_t"):
                    lag = f"-{behind.text}"
                    raise Wrong(f"_t{lag} has two readings", f"write _{{t{lag}}} for the value at t{lag}, or _t - {behind.text} with spaces for a "
                                "difference", last.place.stop - 2)  # fmt: skip


FREE = "rjkpquvwmnz"
"""Letters for an index that is a letter with a prime."""


def says_nothing(statement: Statement) -> bool:
    """Whether it says of a value that it is itself, as what gives a gradient the name that it has."""
    left, right = (statement.left, statement.right) if isinstance(statement, Equation) else (None, None)
    return isinstance(left, Name) and isinstance(right, Name) and (left.whole, left.time) == (right.whole, right.time)


def letters_of(statement: Statement) -> Iterator[str]:
    """The names and labels in a statement, and the letters of its indices."""
    for name in names(statement):
        yield from (name.base, *name.labels, name.second)
    yield from (each.letter for each in parts(statement) if isinstance(each, OverIndex))


def unprimed(statement: Statement, used: Collection[str]) -> Statement:
    r"""A statement with \sum_{s'} over a letter that nothing uses.

    Args:
        statement: what is said.
        used: all letters that its page uses.
    """
    letters = dict.fromkeys(each.letter for each in parts(statement) if isinstance(each, OverIndex) and each.letter.endswith("_prime"))
    taken = {*used}
    for letter in letters:
        free = next((each for each in FREE if each not in taken), letter)
        taken.add(free)

        def change(node: Tree, letter: str = letter, free: str = free) -> Tree | None:
            if isinstance(node, Name):
                labels = tuple(free if each == letter else each for each in node.labels)
                return replace(node, labels=labels, second=free if node.second == letter else node.second)
            if isinstance(node, OverIndex) and node.letter == letter:
                return replace(node, letter=free, body=rewritten(node.body, change))
            return None

        statement = rewritten(statement, change)
    return statement


def valued(statements: Iterable[Statement]) -> frozenset[str]:
    r"""The values that are written with what they depend on where they are defined, E(y, \hat{y}), Ret(X_t) = Q_t S_t: no functions."""
    defined = (each for each in statements if isinstance(each, Definition))
    return frozenset(each.name.whole for each in defined if _is_valued(each))


def _is_valued(statement: Definition) -> bool:
    """Whether an operand has an accent, or stands at a time and is nothing that the right side reads."""
    read = {name.whole for name in names(statement.body)}
    return any(
        {"hat", "tilde"} & set(name.base.split("_")[1:]) or (name.time is not None and name.whole not in read)
        for name in statement.operands
    )


def unvalued(statement: Statement, table: frozenset[str]) -> Statement:
    """A statement with these functions as values."""

    def change(tree: Tree) -> Tree | None:
        return replace(tree.function, place=tree.place) if isinstance(tree, Call) and tree.function.whole in table else None

    if isinstance(statement, Definition) and statement.name.whole in table:
        return Equation(statement.name, rewritten(statement.body, change), place=statement.place)
    made: Statement = rewritten(statement, change)
    return made
