"""What the names of a derivation stand for: gradients, losses, and values at a step that is no time t."""

from __future__ import annotations

import re
from collections.abc import Collection

from derive.errors import InputError
from derive.notation.tree import Name, Step

LOSSES = frozenset({"L", "E", "J", "C", "ell", "loss", "Loss"})
"""What losses are called, if the cell has no value of that name."""
STEP = re.compile(r"[A-Za-z]|[0-9]{1,9}")
"""What may be a step where it stands last in an index."""
DELTA = re.compile(r"(?:delta|Delta|δ|Δ)_?(?=[^\W\d_])")
"""A mark of a gradient that people also give to what they define by one."""
MARK = re.compile(r"^(?:delta|Delta|grad|δ|Δ|∂|d|D)_?(?=[^\W\d_])")


def step_of(name: Name, known: Collection[str]) -> tuple[str, Step | None]:
    """A name without the step at which it is read, and that step; a letter or a number alone is one if no value has the whole name."""
    if name.time is not None:
        return name.whole, Step("t", name.time)
    base, _, last = name.whole.rpartition("_")
    is_known = name.whole in known or bool(value_of(name.whole, known))
    if name.step is not None or not base or is_known or not STEP.fullmatch(last):
        return name.whole, name.step
    return base, Step("", int(last)) if last.isdigit() else Step(last)


def is_loss(name: Name, values: Collection[str]) -> bool:
    """Whether a name is that of a loss, be it of one step, and of no value of the cell."""
    return name.base.split("_")[0] in LOSSES and not {name.whole, step_of(name, values)[0]} & set(values)


def value_of(name: str, known: Collection[str]) -> str:
    """The value whose gradient a name stands for: W_f for Wbar_f, W_f_bar, dW_f, delta_W_f, grad_W_f; "" if it is none of the known ones."""
    parts = name.split("_")
    bars = [place for place, part in enumerate(parts) if part == "bar"]
    spellings = ["_".join([*parts[: bars[-1]], *parts[bars[-1] + 1 :]])] if bars else []
    spellings += ["_".join(part for part in parts if part not in ("bar", "grad")), MARK.sub("", name)]
    spellings += ["_".join([parts[0].removesuffix("bar"), *parts[1:]]), name.removesuffix("_grad").removesuffix("_bar")]
    return next((each for each in spellings if each != name and each in known), "")


def told(error: InputError) -> str:
    """What an error says, without its place."""
    return f"{error.fact}; {error.advice}" if error.advice else error.fact
