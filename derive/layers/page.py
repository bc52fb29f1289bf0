"""A page of this folder: the equations of a layer, and how a framework's arrays and attributes are those of its parameters."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.errors import InputError
from derive.layers import blocks
from derive.layers.blocks import Blocks
from derive.notation import read
from derive.shown import Brief
from derive.system import System

ANY, A_NUMBER = "any", "a number"
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class Entry:
    """An array of a framework.

    Attributes:
        template: its name, with {layer} and {direction} in it.
        blocks: what it is made of.
        condition: the attribute that is True where the array is, "" if it always is.
    """

    template: str
    blocks: Blocks
    condition: str = ""

    def name(self, layer: str, direction: str) -> str:
        """Its name in a layer."""
        return self.template.replace("{layer}", layer).replace("{direction}", direction)


@dataclass(frozen=True)
class Attribute:
    """What a framework lets one choose.

    Attributes:
        values: what is modelled, in the framework's words, to ours; the first is the default.
        advice: what to do about another value.
        of_number: what a function of a is where the value is a positive number, with "number" in its place; "" where none is modelled.
    """

    values: Mapping[str, str]
    advice: str = ""
    of_number: str = ""

    def meaning(self, value: Any) -> str | None:
        """A value in our words; None if it is not modelled."""
        plain = _plain(value)
        if self.of_number and plain not in self.values:
            return f"{float(value):.9g}" if NUMBER.fullmatch(plain) and 0 < float(value) < float("inf") else None
        return ANY if ANY in self.values else self.values.get(plain)

    def function(self, meaning: str) -> str:
        """What a function of a is whose name is that of the attribute."""
        if self.of_number and NUMBER.fullmatch(meaning):
            return self.of_number.replace("number", meaning)
        return "a" if meaning == "identity" else f"{meaning}(a)"


@dataclass(frozen=True, repr=False)
class Page(Brief):
    """What a page says.

    Attributes:
        name: of the layer.
        text: its equations, with the prose around them.
        layers: what stands for {layer}: names for the first layers, of which the last one has {k} in it and is for all others.
        wrappers: the same for layers in two directions.
        directions: what stands for {direction} in the forward and the backward direction, where there are two.
        entries: the arrays.
        attributes: by name.
    """

    name: str
    text: str
    layers: tuple[str, ...]
    wrappers: tuple[str, ...]
    directions: tuple[str, str]
    entries: tuple[Entry, ...]
    attributes: Mapping[str, Attribute]

    def layer_names(self, count: int, direction: str) -> tuple[str, ...]:
        """What stands for {layer} in so many layers."""
        names = self.wrappers if direction == "bidirectional" else self.layers
        return tuple(names[min(place, len(names) - 1)].replace("{k}", str(place)) for place in range(count))

    def settings(self, given: Mapping[str, Any]) -> dict[str, str]:
        """All attributes with their values in our words: those that are given, and the defaults.

        Raises:
            InputError: an attribute or its value is not modelled.
        """
        for name in given:
            if name not in self.attributes:
                advice = f"what is modelled: {', '.join(self.attributes)}" if self.attributes else "this layer has no attributes"
                raise InputError(f"the attribute {name} is not modelled", place=self.name, advice=advice)
        chosen = {}
        for name, each in self.attributes.items():
            meaning = each.meaning(given.get(name, next(iter(each.values))))
            if meaning is None:
                advice = each.advice or f"what is modelled: {', '.join(each.values)}"
                raise InputError(f"{name} = {given[name]} is not modelled", place=self.name, advice=advice)
            chosen[name] = meaning
        return chosen

    @property
    def default(self) -> System:
        """The equations with the default attributes."""
        return self.system(self.settings({}))

    def present(self, settings: Mapping[str, str]) -> tuple[Entry, ...]:
        """The arrays that there are with these settings."""
        return tuple(each for each in self.entries if not each.condition or settings[each.condition] == "true")

    def system(self, settings: Mapping[str, str]) -> System:
        """The equations with these settings."""
        text = self.text
        for name, meaning in settings.items():
            body = self.attributes[name].function(meaning)
            text = re.sub(rf"(?m)^(\s*{re.escape(name)}\(a\) =).*$", rf"\1 {body}", text)
        kept = {name for each in self.present(settings) for name in each.blocks.names}
        gone = {name for each in self.entries for name in each.blocks.names} - kept
        return without(read.system(text, self.name), gone)


def names() -> list[str]:
    """The names of the layers.

    Example:
        >>> import derive
        >>> "torch_lstm" in derive.layer_names()
        True
    """
    return sorted(each.name[:-3] for each in resources.files("derive.layers").iterdir() if each.name.endswith(".md"))


@cache
def load(name: str) -> Page:
    """The page of a layer.

    Raises:
        InputError: there is none of that name.
    """
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1)
        raise InputError(f"there is no layer {name!r}", advice=f"did you mean {close[0]}?" if close else f"there are {', '.join(names())}")
    text = resources.files("derive.layers").joinpath(f"{name}.md").read_text(encoding="utf-8")
    equations, _, rest = text.partition("\n## Arrays\n")
    arrays, _, attributes = rest.partition("\n## Attributes\n")
    said = dict(_lines(arrays, ":"))
    layers, _, wrappers = said["layers"].partition("|")
    first, second = ("" if each == "none" else each for each in _listed(said["directions"]))
    entries = [_entry(left, right, name) for left, right in _lines(arrays, "=")]
    return Page(name, equations, tuple(_listed(layers)), tuple(_listed(wrappers or layers)), (first, second), tuple(entries),
                {left: _attribute(right) for left, right in _lines(attributes, ":")})  # fmt: skip


def _lines(text: str, sign: str) -> list[tuple[str, str]]:
    """What stands before and after the first sign, of the indented lines in which it is the first one of : and =."""
    found = [re.fullmatch(r"    ([^:=]*)([:=])(.*)", line) for line in text.splitlines()]
    return [(each[1].strip(), each[3].strip()) for each in found if each and each[2] == sign]


def _listed(text: str) -> list[str]:
    """What stands between commas, but for those in parentheses."""
    return [each.strip() for each in re.split(r",(?![^()]*\))", text)]


def _entry(template: str, text: str, place: str) -> Entry:
    made, _, condition = text.partition(" if ")
    return Entry(template, blocks.read(made, place), condition.strip())


def _attribute(text: str) -> Attribute:
    values, _, advice = text.partition(";")
    pairs = [tuple(map(str.strip, each.partition("=")[::2])) for each in _listed(values)]
    found = {_plain(own): _plain(ours or own) for own, ours in pairs}
    of_number = found.pop(A_NUMBER, "")
    return Attribute(found, advice.strip(), of_number)


def _plain(value: Any) -> str:
    """A value as text in which 0, 0.0 and "0" are one, and so are True and "true"."""
    text = str(value).strip().lower()
    return f"{float(text):g}" if NUMBER.fullmatch(text) else text


def without(system: System, gone: Collection[str]) -> System:
    """A system without these parameters: zeros, of which nothing is left."""
    symbols = {nodes.parameter(name) for name in gone}

    def change(part: Expr) -> Expr | None:
        if part in symbols:
            return sp.Integer(0)
        if isinstance(part, (sp.Add, sp.Mul)):
            made = nodes.add if isinstance(part, sp.Add) else nodes.mul
            return made(*(nodes.rewrite(each, change) for each in part.args))
        return None

    equations = tuple(replace(each, right=nodes.rewrite(each.right, change)) for each in system.equations)
    variables = {name: each for name, each in system.variables.items() if name not in gone}
    return replace(system, equations=equations, variables=variables)
