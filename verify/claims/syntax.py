"""The text of a file of Python as a tree, within what a parser and those who walk over its tree can bear."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings

from derive.errors import InputError

LONGEST, DEEPEST, TOKENS = 200_000, 60, 1_000
"""How many characters a file may have, how deep a part of it may be nested, and how many signs and words a line may have."""


def parsed(text: str, place: str) -> ast.Module:
    """The tree of a text.

    Raises:
        InputError: it is no Python, or is too long or nested too deep.
    """
    if len(text) > LONGEST:
        raise _refused(place, 1, f"it has more than {LONGEST} characters")
    try:
        _scan(text, place)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, tokenize.TokenError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        told = getattr(error, "msg", None) or ascii(error.args[0] if error.args else "it is nested too deep")[:100]
        raise _refused(place, line, f"it is no Python: {told}") from None
    layer: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        layer = [each for node in layer for each in ast.iter_child_nodes(node)]
    if layer:
        raise _refused(place, getattr(layer[0], "lineno", 1), f"it is nested more than {DEEPEST} deep")
    return tree


def _scan(text: str, place: str) -> None:
    """Refuse what is nested too deep before a parser sees it: parts of a line within one another are no more than its tokens."""
    text.encode("utf-8")
    count = 0
    for each in tokenize.generate_tokens(io.StringIO(text).readline):
        count = 0 if each.type == tokenize.NEWLINE else count + (each.type not in (tokenize.COMMENT, tokenize.NL))
        if count > TOKENS:
            raise _refused(place, each.start[0], f"a line has more than {TOKENS} signs and words")


def _refused(place: str, line: int, fact: str) -> InputError:
    return InputError(fact, place=f"{place}, line {line}", advice="give a page of equations, or a file with a function")
