"""Which layer arrays are of, by their names: how many layers, in which directions, with which attributes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from derive.errors import InputError
from derive.layers import page
from derive.layers.layer import DIRECTIONS, Layer
from derive.layers.page import Entry, Page

NONE: Mapping[str, Any] = MappingProxyType({})
NUMBERED = ("{k}",)
"""What a page says of layers that have numbers and no names of their own."""


@dataclass(frozen=True)
class _Found:
    """An array of a page: which one, and what stands in its name for the rest of it."""

    entry: Entry
    head: str
    layer: str
    direction: str


def find(name: str, arrays: Iterable[str], direction: str = "", order: Iterable[str] = (), attributes: Mapping[str, Any] = NONE) -> Layer:
    """The layer of a kind whose arrays have these names.

    Args:
        name: of the kind.
        arrays: all names; there may be no others.
        direction: forward, reverse or bidirectional, where the names do not say it.
        order: the names of the layers from the bottom, where they are not numbered.
        attributes: what the names do not say.

    Raises:
        InputError: they are not the arrays of such a layer, or an attribute is not modelled.
    """
    kind = page.load(name)
    found = list(_found(kind, arrays))
    heads = sorted({each.head for each in found})
    if len(heads) != 1:
        told = f"arrays of {len(heads)} layers, {' and '.join(repr(each) for each in heads[:2])}" if heads else "no arrays"
        raise InputError(told, place=name, advice="choose those of one by the beginning of their names, --only encoder.lstm.")
    conditions = {each.condition for each in kind.entries if each.condition}
    there = {each.entry.condition for each in found}
    settings = kind.settings({**{each: each in there for each in conditions}, **attributes})
    layer = Layer(kind, _ordered(kind, {each.layer for each in found}, list(order)), _direction(kind, found, direction), settings, heads[0])
    return _complete(layer, {each.head + each.entry.name(each.layer, each.direction) for each in found})


def _found(kind: Page, arrays: Iterable[str]) -> Iterator[_Found]:
    own = r"\d+" if kind.layers == NUMBERED else r".*?"
    ways = "|".join(re.escape(each) for each in sorted({"", *kind.directions}, reverse=True))
    for name in arrays:
        for entry in kind.entries:
            pattern = (
                re.escape(entry.template).replace(r"\{layer\}", f"(?P<layer>{own})").replace(r"\{direction\}", f"(?P<direction>{ways})")
            )
            if match := re.fullmatch((r"(?P<head>.*?)" if kind.layers == NUMBERED else "(?P<head>)") + pattern, name):
                yield _Found(entry, match["head"], match["layer"], match["direction"])
                break
        else:
            known = ", ".join(each.template for each in kind.entries)
            raise InputError(f"{name} is no array of {kind.name}", place=kind.name,
                             advice=f"its arrays are {known}; choose by the beginning of names, --only PREFIX")  # fmt: skip


def _direction(kind: Page, found: list[_Found], said: str) -> str:
    seen = "bidirectional" if any(each.direction == kind.directions[1] for each in found) else ""
    if said and said not in DIRECTIONS:
        raise InputError(f"there is no direction {said!r}", place=kind.name, advice=f"the directions are {', '.join(DIRECTIONS)}")
    if said and (said == "bidirectional") != bool(seen):
        raise InputError(
            f"the arrays are those of {seen or 'one direction'}, and {said} is said", place=kind.name, advice="say what they are"
        )
    return said or seen or "forward"


def _ordered(kind: Page, names: set[str], order: list[str]) -> tuple[str, ...]:
    """The names of layers from the bottom: as said, or by their numbers if these are all in which they differ."""
    if order:
        if set(order) != names or len(order) != len(names):
            raise InputError(
                f"the layers are {', '.join(sorted(names))}", place=kind.name, advice="name each of them once, from the bottom"
            )
        return tuple(order)
    numbers = {name: int(ending[0]) if (ending := re.search(r"\d+$", name)) else -1 for name in names}
    stems = {re.sub(r"_?\d+$", "", name) for name in names}
    if len(stems) > 1 or len(set(numbers.values())) < len(names):
        raise InputError(f"which of the layers {', '.join(sorted(names))} is the lowest is not known", place=kind.name,
                         advice="name them from the bottom, --order A --order B, or choose one, --only PREFIX")  # fmt: skip
    return tuple(sorted(names, key=lambda name: numbers[name]))


def _complete(layer: Layer, given: set[str]) -> Layer:
    """The layer, if all its arrays are given and no others."""
    needed = [name for name, _, _ in layer.arrays]
    if layer.page.layers == NUMBERED and layer.names != layer.page.layer_names(len(layer.names), layer.direction):
        raise InputError("layer 0 is missing or a number is left out", place=layer.page.name, advice="give all layers")
    for name in needed:
        if name not in given:
            raise InputError(f"{name} is missing", place=layer.page.name, advice="give all arrays of the layer")
    for name in sorted(given):
        if name not in needed:
            raise InputError(f"{name} is not expected with these attributes", place=layer.page.name,
                             advice="give the attributes that the arrays were made with")  # fmt: skip
    return layer


def chosen(arrays: Mapping[str, Any], only: str) -> dict[str, Any]:
    """The arrays whose names begin so.

    Raises:
        InputError: there are none.
    """
    found = {name: array for name, array in arrays.items() if name.startswith(only)}
    if not found:
        raise InputError(f"no array's name begins with {only!r}" if only else "there are no arrays",
                         advice=f"there are {', '.join(sorted(arrays)[:8]) or 'none'}")  # fmt: skip
    return found
