"""A layer of a framework: how many, which way, with which attributes; as a System, and where its arrays are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from derive import network
from derive.calculus.compose import BACKWARD, FORWARD
from derive.errors import InputError
from derive.layers import page
from derive.layers.page import Entry, Page
from derive.shown import Brief
from derive.system import System

DIRECTIONS = ("forward", "reverse", "bidirectional")


@dataclass(frozen=True)
class Part:
    """One direction of one layer.

    Attributes:
        layer: what stands for {layer} in the names of its arrays.
        direction: what stands for {direction}.
        label: what its parameters carry behind the page's names.
    """

    layer: str
    direction: str
    label: str


@dataclass(frozen=True, repr=False)
class Layer(Brief):
    """Layers of one kind above one another.

    Attributes:
        page: what kind.
        names: what stands for {layer} in the names of the arrays, for each layer.
        direction: forward, reverse or bidirectional.
        settings: the attributes, in our words.
        head: what stands before the names of all arrays.
    """

    page: Page
    names: tuple[str, ...]
    direction: str = "forward"
    settings: Mapping[str, str] = field(default_factory=dict)
    head: str = ""

    @cached_property
    def system(self) -> System:
        """The equations. Its parameters have the names that a stack and two directions give them."""
        one = self.page.system(self.settings)
        turned = {"forward": lambda: one, "reverse": lambda: network.reverse(one), "bidirectional": lambda: network.bidirectional(one)}
        made = turned[self.direction]()
        return network.stack(made, len(self.names)) if len(self.names) > 1 else made

    @property
    def told(self) -> str:
        """What it is, as an expression of a network; attributes that are not the default ones are said behind it."""
        one = {"forward": "{}", "reverse": "reverse({})", "bidirectional": "bidirectional({})"}[self.direction].format(self.page.name)
        usual = self.page.settings({})
        others = [f"{name} = {value}" for name, value in self.settings.items() if value != usual[name]]
        return (f"stack({one}, {len(self.names)})" if len(self.names) > 1 else one) + (f" with {', '.join(others)}" if others else "")

    @property
    def parts(self) -> Iterator[Part]:
        """The directions of the layers, from the bottom."""
        ways = [("", "")]
        if self.direction == "bidirectional":
            ways = list(zip(self.page.directions, (f"_{FORWARD}", f"_{BACKWARD}"), strict=True))
        for number, name in enumerate(self.names, 1):
            for direction, label in ways:
                yield Part(name, direction, label + (f"_{number}" if len(self.names) > 1 else ""))

    @property
    def arrays(self) -> Iterator[tuple[str, Entry, Part]]:
        """The name of each array, what it is on the page, and of which part."""
        for part in self.parts:
            for entry in self.page.present(self.settings):
                yield self.head + entry.name(part.layer, part.direction), entry, part


def layer(name: str, layers: int = 1, direction: str = "forward", **attributes: Any) -> System:
    """The equations of a framework's layer, such as `layer("torch_lstm", layers=2, direction="bidirectional", bias=False)`.

    Raises:
        InputError: there is no such layer, or an attribute or its value is not modelled.

    Example:
        >>> import derive
        >>> [each.name for each in derive.layer("torch_rnn", layers=2, bias=False).parameters]
        ['W_1', 'U_1', 'W_2', 'U_2']
    """
    return describe(name, layers, direction, **attributes).system


def describe(name: str, layers: int = 1, direction: str = "forward", **attributes: Any) -> Layer:
    """The layer, with its arrays named as the framework does.

    Raises:
        InputError: there is no such layer, or an attribute or its value is not modelled.
    """
    kind = page.load(name)
    if direction not in DIRECTIONS:
        raise InputError(f"there is no direction {direction!r}", place=name, advice=f"the directions are {', '.join(DIRECTIONS)}")
    if layers < 1:
        raise InputError(f"{layers} layers", place=name, advice="give 1 or more")
    return Layer(kind, kind.layer_names(layers, direction), direction, kind.settings(attributes))
