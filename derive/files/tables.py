"""Tables in JSON, as data that is nested no deeper than a program can go, and in which no key stands twice."""

from __future__ import annotations

import json
from typing import Any

from derive.errors import FormatError
from derive.files.limits import TEXT, clipped

DEEPEST = 200
"""How many lists and tables may stand within one another."""


def table(text: str | bytes) -> Any:
    """The data of a text in JSON.

    Raises:
        FormatError: it is none, is too long or nested too deep, or a key stands twice in one table.
    """
    if len(text) > TEXT:
        raise FormatError(f"a table has more than {TEXT:,} characters")
    try:
        data = json.loads(text if isinstance(text, str) else text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_none)
    except UnicodeDecodeError:
        raise FormatError("a table is not UTF-8 text") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise FormatError(f"a table is no JSON: {clipped(error)}") from None
    layer, depth = [data], 0
    while layer := [each for own in layer for each in _within(own)]:
        depth += 1
        if depth > DEEPEST:
            raise _too_deep()
    return data


def _within(data: Any) -> list[Any]:
    return list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else []


def _too_deep() -> FormatError:
    return FormatError(f"a table is nested more than {DEEPEST} deep")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for place, name in enumerate(names) if name in set(names[:place]))
        raise FormatError(f"{clipped(twice)} stands twice in a table")
    return found


def _none(name: str) -> Any:
    raise FormatError(f"a table holds {name}, which is no JSON")
