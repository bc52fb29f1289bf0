r"""Pages say what \sigma is, \sigma(x) = 1 / (1 + e^{-x}); such a definition of a known function says nothing new.

Nor does what a function is at one point, f(0) = 1, and how many steps there are.
"""

from __future__ import annotations

from collections.abc import Collection

from derive.errors import InputError
from derive.notation.meaning import lower
from derive.notation.meaning.calls import NAMES, Function, canonical, expand
from derive.notation.meaning.cases import resolved
from derive.notation.meaning.definitions import is_built_in
from derive.notation.tree import Call, Definition, Equation, Name, Number, Statement, names, parts
from derive.notation.written import Wrong


def restates(statement: Statement, own: Collection[str]) -> bool:
    """Whether a statement is proved to define a known function as it is known.

    Args:
        statement: what the page says.
        own: the functions that the page defines in other ways; a definition by one of them is none of what is built in.
    """
    if not isinstance(statement, Definition) or (name := canonical(statement.name.whole)) not in (*NAMES, "σ"):
        return False
    calls = {canonical(each.function.whole) for each in parts(statement.body) if isinstance(each, Call)}
    if calls & set(map(canonical, own)):
        return False
    try:
        line = lower.line(statement)
        assert line.right is not None
        body = resolved(expand(line.right, {}), line.value, name)
        return is_built_in(name, Function(name, line.value, body, 0))
    except (InputError, Wrong):
        return False


def is_one_value(statement: Statement) -> bool:
    """Whether it says what a function is at some points only: f(v) = 1 in a sentence, or ‖k_t‖ = 1, which defines no norm."""
    if not isinstance(statement, Definition) or statement.name.whole in NAMES - {"norm", "abs"}:
        return False
    return not {each.whole for each in statement.operands} & {each.whole for each in names(statement.body)}


def is_derivative(statement: Statement, own: Collection[str]) -> bool:
    r"""Whether it says what the derivative of a function is, \sigma' = \sigma (1 - \sigma), which no step computes.

    Args:
        statement: what the page says.
        own: the functions that the page defines.
    """
    left = statement.left if isinstance(statement, Equation) else None
    if not isinstance(left, Name) or left.time is not None or not left.whole.endswith("_prime"):
        return False
    return canonical(left.whole.removesuffix("_prime")) in {*NAMES, "σ", *map(canonical, own)}


def is_length(statement: Statement) -> bool:
    """Whether it says how many steps there are, T = 72, which is so for any number of them."""
    return isinstance(statement, Equation) and statement.left == Name("T") and isinstance(statement.right, Number)
