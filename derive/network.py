"""Networks from cells: stacked, in both directions, with a way around, encoder and decoder; in Python or as an expression.

    derive.cell("stack(bidirectional(lstm), gru, readout)")

`network.lark` is the reference of the expressions; each name in it that is called is a function below. A part is a System, the name of a
built-in cell or head, or the path of a page.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any

import lark

from derive import files
from derive.calculus import compose
from derive.cells import head, head_names, names
from derive.cells import load as load_page
from derive.errors import InputError, NotationError
from derive.given import HasSystem, system_of
from derive.layers import page
from derive.limits import LAYERS, LINE, NETWORK, PARTS
from derive.system import System

Part = System | HasSystem | str | Path


def load(part: Part) -> System:
    """The system of a built-in cell, head or layer by name, of a page by its path, or of a network by its expression.

    Raises:
        InputError: there is no such cell, the page is not one, or the parts do not fit together.

    Example:
        >>> import derive
        >>> derive.cell("lstm")
        <System lstm: 6 equations, of x by W_f, U_f, b_f, W_i, U_i, b_i, W_o, U_o, b_o, W_g, U_g, b_g to h>
        >>> derive.cell("stack(lstm, gru)").outputs
        ('h_2',)
    """
    if not isinstance(part, (str, Path)):
        return system_of(part)
    text = str(part)
    if any(sign in text for sign in "(),") and not files.exists(text):
        return _network(text)
    if text in names():
        return load_page(text)
    if text in page.names():
        return page.load(text).default
    return head(text) if text in head_names() else load_page(text)


def stack(*parts: Part | int) -> System:
    """Each part reads the first output of the one before it; a number says how many layers the part before it has.

    Parts with names in common carry their number in all names: h_1, h_2.

    Example:
        >>> import derive
        >>> [each.name for each in derive.stack("rnn", 2, "readout").states]
        ['h_1', 'h_2']
    """
    layers: list[System] = []
    LAYERS.check(sum(each - 1 if isinstance(each, int) else 1 for each in parts))
    for each in parts:
        if not isinstance(each, int):
            layers.append(load(each))
        elif not layers or each < 1:
            raise InputError(f"{each} layers of nothing" if not layers else f"{each} layers", advice="write stack(lstm, 3) for three")
        else:
            layers += [layers[-1]] * (each - 1)
    if not layers:
        raise InputError("nothing to stack", advice="write stack(lstm, gru)")
    _check_size(layers)
    return _named(compose.stack(*layers), "stack", layers)


def follow(lower: Part, upper: Part) -> System:
    """The network in which the first input of `upper` is the first output of `lower`; its outputs are those of `upper`.

    A name of `upper` that `lower` has too is replaced by a new one.

    Raises:
        InputError: `upper` has no input, needs one value where `lower` has a sequence, or their sizes differ.

    Example:
        >>> import derive
        >>> derive.follow("rnn", "readout").outputs
        ('y',)
    """
    return compose.follow(load(lower), load(upper))


def bidirectional(forward: Part, backward: Part | None = None, by: Part = "concat") -> System:
    """A system from the first step to the last, and one from the last to the first; `by` is a page with two inputs that joins their outputs.

    Example:
        >>> import derive
        >>> len(derive.bidirectional("gru").states)
        2
    """
    one = load(forward)
    other = one if backward is None else load(backward)
    _check_size([one, other])
    return _named(compose.bidirectional(one, other, load(by)), "bidirectional", [one, other] if backward is not None else [one])


def residual(part: Part, by: Part = "add") -> System:
    """A system's output and its input, joined by `by`.

    Example:
        >>> import derive
        >>> derive.residual("rnn").name
        'residual(rnn)'
    """
    own = load(part)
    return _named(compose.residual(own, load(by)), "residual", [own])


def reverse(part: Part) -> System:
    """A system from the last step to the first.

    Example:
        >>> import derive
        >>> derive.reverse("rnn").is_causal
        False
    """
    own = load(part)
    return _named(compose.reverse(own), "reverse", [own])


def encoder_decoder(encoder: Part, decoder: Part) -> System:
    """A decoder that attends to the encoder's outputs, or whose states start at the encoder's last ones.

    Example:
        >>> import derive
        >>> derive.encoder_decoder("gru", "gru").name
        'encoder_decoder(gru, gru)'
    """
    parts = [load(encoder), load(decoder)]
    _check_size(parts)
    return _named(compose.encode_decode(*parts), "encoder_decoder", parts)


FUNCTIONS: dict[str, Callable[..., System]] = {each.__name__: each for each in (stack, bidirectional, residual, reverse, encoder_decoder)}
"""What may be called in an expression."""


def _check_size(parts: Iterable[System]) -> None:
    """Refuse parts that would make a network of too many equations, before it is made."""
    NETWORK.check(sum(len(each) for each in parts))


def _named(system: System, function: str, parts: Iterable[System]) -> System:
    """The system with its name, and what the pages of its parts say of their sources."""
    parts = list(parts)
    name = f"{function}({', '.join(each.name for each in parts)})"
    references = " ".join(dict.fromkeys(filter(None, (each.notes.get("reference", "") for each in parts))))
    return replace(system, name=name, notes={"title": name, **({"reference": references} if references else {})})


@cache
def _grammar() -> lark.Lark:
    text = resources.files("derive").joinpath("network.lark").read_text(encoding="utf-8")
    return lark.Lark(text, parser="lalr", propagate_positions=True)


def _network(text: str) -> System:
    LINE.check(len(text))
    PARTS.check(_nesting(text))
    try:
        tree = _grammar().parse(text)
    except lark.UnexpectedInput as error:
        column = error.column if error.column > 0 else len(text) + 1
        raise NotationError(
            "this is not a network", place=f"column {column}", advice="write one such as stack(bidirectional(lstm), gru, readout)",
            excerpt=f"    {text}\n    {' ' * (column - 1)}^",
        ) from None  # fmt: skip
    made: System = _built(tree)
    return replace(made, name=text, notes={**made.notes, "title": text})


def _nesting(text: str) -> int:
    """How deep parts stand inside each other."""
    return max(accumulate((sign == "(") - (sign == ")") for sign in text), default=0)


def _built(tree: Any) -> Any:
    if tree.data == "name":
        text = str(tree.children[0])
        return int(text) if text.isdecimal() else load(text)
    name, *arguments = tree.children
    function = FUNCTIONS.get(str(name))
    if function is None:
        close = difflib.get_close_matches(str(name), FUNCTIONS, n=1)
        advice = f"did you mean {close[0]}?" if close else f"there are {', '.join(FUNCTIONS)}"
        raise InputError(f"there is no network {str(name)!r}", place=f"column {name.column}", advice=advice)
    given = [each for each in arguments if each is not None]
    places = [_built(each) for each in given if each.data != "named"]
    named = {str(each.children[0]): _built(each.children[1]) for each in given if each.data == "named"}
    try:
        inspect.signature(function).bind(*places, **named)
    except TypeError as error:
        known = inspect.signature(function).parameters.values()
        usage = ", ".join(each.name if each.default is each.empty else f"{each.name}={each.default or '...'}" for each in known)
        raise InputError(f"{name}: {error}", place=f"column {name.column}", advice=f"it is called as {name}({usage})") from None
    if function is not stack and any(isinstance(each, int) for each in [*places, *named.values()]):
        raise InputError(f"{name} takes no number", place=f"column {name.column}", advice="write stack(lstm, 3) for three layers")
    return function(*places, **named)
