"""What a function returns in tables, one result for each entry: dW = {"f": ..., "i": ...} is dW_f and dW_i, grads = {"W": ...} is W.

The law: no entry of a table of gradients is left out. One of which nothing is known keeps the name of its table, which is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from derive.errors import InputError
from derive.system import Role
from verify.claims.names import Names
from verify.claims.source import names_gradient

OF_ANY = re.compile(r"(?:d|all_?)?(?:grad(?:ient)?|param(?:eter)?|weight|derivative|delta|theta)s?(?:_?(?:dict|table))?")
"""What a table of gradients is called that does not say by what they are."""


def by_entry(found: Mapping[str, Any], names: Names, place: str) -> tuple[dict[str, Any], frozenset[str]]:
    """What is returned, with an entry of each table as a result, and which results are entries of tables of gradients.

    Args:
        found: what is returned, by name; tables may be in it.
        names: what names stand for.
        place: the name of the function.

    Raises:
        InputError: two results have one name.
    """
    made: dict[str, Any] = {}
    listed: set[str] = set()
    for name, value, is_entry in _entries(found, names):
        if name in made:
            raise InputError(
                f"two of its results are called {name}", place=place, advice="give each gradient a name of its own, as in dW_f"
            )
        made[name] = value
        listed |= {name} if is_entry else set()
    return made, frozenset(listed)


def _entries(found: Mapping[str, Any], names: Names) -> Iterator[tuple[str, Any, bool]]:
    """The results, each with whether it is an entry of a table of gradients."""
    for name, value in found.items():
        if not isinstance(value, dict):
            yield name, value, False
            continue
        for key, part in value.items():
            yield _called(name, key, names), part, names_gradient(name)


def _called(table: str, key: Any, names: Names) -> Any:
    """What an entry is called."""
    joined = f"{table}_{key}"
    known = next((each for each in (joined, key) if isinstance(key, str) and _is_known(each, names)), None)
    is_of_value = names_gradient(table) and not OF_ANY.fullmatch(table)
    return known or (joined if is_of_value else key)


def _is_known(name: str, names: Names) -> bool:
    """Whether a name is that of a gradient, or of a parameter."""
    meant = names.value(name)
    return names.gradient(name) is not None or (meant is not None and names.forward[meant.value].role is Role.PARAMETER)
