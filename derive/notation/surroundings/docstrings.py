"""A program in Python whose docstrings have equations: its page is what the docstrings say. It is parsed and never run."""

from __future__ import annotations

import ast
import re

BEGINS = re.compile(r"(?:\s|#[^\n]*\n)*(?:@\w|(?:class|def|async def|import|from)\s+\w|[rR]?\"\"\"|[rR]?''')")
"""How a program begins that has docstrings."""
EQUATION = re.compile(r"_(?:t|\{t\}|\{t-1\})\b[^=\n]*=(?!=)|[\[({]t[\])}]\s*=(?!=)|ₜ\s*=(?!=)|\.\. math::|:math:`")
LONGEST = 200_000
"""How many characters of a program are parsed."""


def documented(text: str) -> str:
    """The page with blanks in the place of all but its docstrings, if it is a program with equations in them; else as it is."""
    if len(text) > LONGEST or not BEGINS.match(text) or not EQUATION.search(text):
        return text
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    lines = text.splitlines(keepends=True)
    kept = [_blank(line) for line in lines]
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            body = node.body[0]
            for place in range(body.lineno - 1, body.end_lineno or body.lineno):
                kept[place] = re.sub(r"[rRbBuUfF]*(?:\"\"\"|''')", lambda found: " " * len(found[0]), lines[place])
    shown = "".join(kept)
    return shown if EQUATION.search(shown) else text


def _blank(line: str) -> str:
    return "".join(each if each in "\r\n" else " " for each in line)
