"""Text that a person wrote, in emitted source: the one way in which it comes there, so that none of it is ever code.

Names are the other thing of theirs that stands there; `refuse_names` lets those through alone that are names of Python.
"""

from __future__ import annotations

import unicodedata

from derive.calculus.bptt import Derivation
from derive.errors import InputError


def escaped(text: str) -> str:
    """Text as it stands between quotes: backslashes doubled, and as escapes what is not seen as it is, such as line ends and bidirectional marks.

    Two quotes beside each other are escapes too, so that they end no docstring.
    """
    return "".join(map(_escape, text)).replace('""', r"\"\"")


def _escape(character: str) -> str:
    if character == "\\":
        return r"\\"
    return character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")


def quoted(text: str) -> str:
    """Text as a literal."""
    inside = "".join(map(_escape, text)).replace('"', r"\"")
    return f'"{inside}"'


def in_one_line(text: str) -> str:
    """Text with single spaces in the place of all white space."""
    return " ".join(text.split())


def refuse_names(derivation: Derivation) -> None:
    """Refuse names that cannot stand in code as they are.

    Raises:
        InputError: one is no name of Python, or one that Python takes for another.
    """
    for name in (*derivation.forward.variables, *derivation.adjoint.variables):
        if not name.isidentifier() or name.startswith("_") or unicodedata.normalize("NFKC", name) != name:
            raise InputError(f"{escaped(name)} cannot be a name in code", advice="name it by letters, digits and _, with a letter first")
