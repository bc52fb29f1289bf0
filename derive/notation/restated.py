r"""Pages say what \sigma is, \sigma(x) = 1 / (1 + e^{-x}); such a definition of a known function says nothing new."""

from __future__ import annotations

import re
from collections.abc import Collection

from derive.algebra import nodes
from derive.errors import InputError
from derive.notation.calls import NAMES, Function, canonical, expand
from derive.notation.cases import resolved
from derive.notation.definitions import is_built_in
from derive.notation.grammar import parse_line
from derive.notation.surface import Call

DEFINITION = re.compile(r"(\w+)\([^()=]*\)(?:_\w|_\{\w\})? = .+", re.DOTALL)


def restates(plain: str, own: Collection[str]) -> bool:
    """Whether a line is proved to define a known function as it is known.

    Args:
        own: the functions that the page defines in other ways; a definition by one of them is none of what is built in.
    """
    found = DEFINITION.fullmatch(plain)
    if found is None or (name := canonical(found[1])) not in (*NAMES, "σ"):
        return False
    try:
        line = parse_line(plain, "")
        if line.key != "function" or line.right is None:
            return False
        calls = {canonical(str(part.args[0])) for part in nodes.parts(line.right) if isinstance(part, Call)}
        if calls & set(map(canonical, own)):
            return False
        function = Function(name, line.value, resolved(expand(line.right, {}), line.value, name), 0)
        return is_built_in(name, function)
    except InputError:
        return False
