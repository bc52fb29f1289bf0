"""The sentences of a narration: tables of text, one a language (`english.toml`), in which places such as <value> are filled."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

PREFIXES = {"rules": "rule:", "labels": "label:"}


@cache
def sentences(language: str = "english") -> Mapping[str, str]:
    """All sentences by name; those about a rule are called "rule:NAME" (explained) and "label:NAME" (named)."""
    table = tomllib.loads(resources.files("derive.document").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return {PREFIXES.get(part, "") + name: " ".join(text.split()) for part, texts in table.items() for name, text in texts.items()}


def fill(sentence: str, values: Mapping[str, str]) -> str:
    """A sentence with its places filled."""
    return re.sub(r"<(\w+)>", lambda place: values[place[1]], sentence)
