r"""Pages say what \sigma is, \sigma(x) = 1 / (1 + e^{-x}); such a definition of a known function says nothing new."""

from __future__ import annotations

import re

from derive.errors import InputError
from derive.notation.calls import NAMES, Function, canonical, expand
from derive.notation.cases import resolved
from derive.notation.definitions import is_built_in
from derive.notation.grammar import parse_line

DEFINITION = re.compile(r"(\w+)\([^()=]*\)(?:_\w|_\{\w\})? = .+", re.DOTALL)


def restates(plain: str) -> bool:
    """Whether a line is proved to define a known function as it is known."""
    found = DEFINITION.fullmatch(plain)
    if found is None or (name := canonical(found[1])) not in (*NAMES, "σ"):
        return False
    try:
        line = parse_line(plain, "")
        if line.key != "function" or line.right is None:
            return False
        function = Function(name, line.value, resolved(expand(line.right, {}), line.value, name), 0)
        return is_built_in(name, function)
    except InputError:
        return False
