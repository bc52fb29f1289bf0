"""The formulas of a page that are beside its cell: differential equations, gradients that it works out, equations of other models."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from derive.notation.habits import own_gradients
from derive.notation.habits.derivatives import (
    backward,
    gradients,
    is_named,
    is_of_loss,
    is_transfer_function,
    of_continuous_time,
    sides,
)
from derive.notation.habits.meant import key
from derive.notation.surroundings.counted import Result
from derive.notation.surroundings.fates import Fate
from derive.notation.surroundings.formulas import Found
from derive.notation.surroundings.other_models import Shown, of_other_models
from derive.notation.tree import Equation, Name, Statement, names
from derive.notation.written import Written, Wrong


def of_derivatives(found: Sequence[Found], text: str, is_derivation: bool) -> Iterator[tuple[int, Fate]]:
    """The fates of the equations of derivatives, by place; those of gradients are read in a derivation.

    Args:
        found: the formulas of the page.
        text: the page.
        is_derivation: whether it is one of gradients.
    """
    texts = {place: each.written.plain for place, each in enumerate(found) if each.counts}
    shown = {place: own_gradients.Written(each, found[place].written.columns[0]) for place, each in texts.items()}
    own = set() if is_derivation else own_gradients.of_gradients(shown, text)
    continuous = set(of_continuous_time(texts))
    for place, each in texts.items():
        if place in continuous:
            yield place, Fate.CONTINUOUS
        elif is_transfer_function(each):
            yield place, Fate.UNUSED
        elif not is_derivation and (is_of_loss(each) or place in own):
            yield place, Fate.GRADIENT


def of_gradients(found: Sequence[Found], results: Sequence[Result], parsed: Callable[[Found], Result]) -> set[int]:
    """The places of the formulas that read the gradients of the page, or that its gradients alone read.

    Args:
        found: the formulas of the page.
        results: what each of them says.
        parsed: what a formula says.
    """
    own = [place for place, result in enumerate(results) if result is Fate.GRADIENT]
    if not own:
        return set()
    said = {place: tuple(piece.statement for piece in result) for place, result in enumerate(results) if isinstance(result, tuple)}
    read = set()
    for place in own:
        written = found[place].written
        lefts = [Written.joined([side, Written.of("= 0", side.columns[-1])]) for side in sides(written)]
        said[place] = tuple(each for left in lefts for each in _said(parsed(replace(found[place], written=left))))
        at = written.plain.find("=") + 1
        right = Written.joined([Written.of("g = ", written.columns[at - 1]), written[at:]])
        read |= {key(name) for each in _said(parsed(replace(found[place], written=right)) if at else ()) for name in names(each)}
    named = [place for place in own if is_named(found[place].written.plain)]
    reading = gradients(said, own, named)
    return {*reading, *backward(said, reading, read)}


def _said(result: Result) -> list[Statement]:
    """What a formula says; nothing if it cannot be read."""
    return [piece.statement for piece in result] if isinstance(result, tuple) else []


def of_others(found: Sequence[Found], results: Sequence[Result], text: str, parsed: Callable[[Found], Result]) -> dict[int, Fate]:
    """The fates of equations of other models that the page shows beside its own, of values that it gives once more in another form, and of steps
    of training, by place.

    Args:
        found: the formulas of the page.
        results: what each of them says.
        text: the page.
        parsed: what a formula says.
    """
    shown = {
        place: Shown(each.written.columns[0], each.written.columns[-1] + 1, tuple(piece.statement for piece in result))
        for place, (each, result) in enumerate(zip(found, results, strict=True))
        if isinstance(result, tuple) and each.counts and not each.is_inline
    }
    others, forms = of_other_models(shown, text)
    updates = {place for place in shown if ARROW.match(found[place].written.plain) and _is_update(place, shown)}
    wrong = {place for place, (each, result) in enumerate(zip(found, results, strict=True)) if isinstance(result, Wrong) and each.counts}
    forms |= {place for place in wrong if _is_of_products(found[place], shown, parsed)}
    return {**dict.fromkeys(forms, Fate.OTHER_FORM), **dict.fromkeys(others, Fate.OTHER_MODEL), **dict.fromkeys(updates, Fate.GRADIENT)}


ARROW = re.compile(r"[^=:<]*?(?:\\(?:long)?leftarrow(?![A-Za-z])|\\gets(?![A-Za-z])|←|<-(?!-))")
"""What assigns to a name, behind the name."""


def _is_update(place: int, shown: Mapping[int, Shown]) -> bool:
    r"""Whether an assignment is one of training: its name has no step and reads itself, g \leftarrow \theta g / \|g\|, where others have steps."""
    (one, *more) = shown[place].statements
    if more or not isinstance(one, Equation) or not isinstance(one.left, Name) or any(name.time is not None for name in names(one)):
        return False
    others = [name for other, each in shown.items() if other != place for statement in each.statements for name in names(statement)]
    is_own = key(one.left) in {key(name) for name in names(one.right)}
    return is_own and any(name.time is not None for name in others)


def _is_of_products(formula: Found, shown: Mapping[int, Shown], parsed: Callable[[Found], Result]) -> bool:
    """Whether the left side of a formula is made of values that other equations give, so that it says nothing of its own: A_t v = ..."""
    at = formula.written.plain.find("=")
    if at < 0:
        return False
    left = Written.joined([Written.of("q = ", formula.written.columns[0]), formula.written[:at]])
    said = _said(parsed(replace(formula, written=left)))
    right = said[0].right if len(said) == 1 and isinstance(said[0], Equation) else Name("q")
    defined = {own for each in shown.values() for own in each.defined}
    at_steps = {key(name) for name in names(right) if name.time is not None}
    return not isinstance(right, Name) and bool(at_steps) and at_steps <= defined
