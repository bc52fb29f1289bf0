"""A NumPy function that gives gradients, on trial: what it returns beside the true ones, at T = 1, 2, 3 and two choices of sizes.

The function goes through one sequence. It is given, by the names of its arguments, the values of the cell: a sequence as (T, rows), a matrix
as it is, a column as (rows,). The initial value of h is h_0, h0, h_prev or hprev; without such an argument h is (T + 1, rows) and h[-1] the
initial value. The gradient of the loss by an output that is given, (T, rows), is dh, dLdh, grad_h or dout; T and T_ are the length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from derive.errors import InputError
from derive.notation.partials import value_of
from derive.notation.write import equation_text
from derive.system import System
from verify.claims.conventions import CONVENTIONS
from verify.claims.findings import Finding, Findings, Judgement
from verify.claims.space import Space, close, witness
from verify.evaluate import Array, Time
from verify.proof.witness import Setting

Backward = Callable[[Mapping[str, Any]], Mapping[str, Any]]
INITIAL = re.compile(r"^(?P<name>.+?)(?:_0|0|_prev|prev|_init|_initial)$")
UPSTREAM = re.compile(r"^(?:dLd|dout_?|upstream_?)(?P<name>.*)$")


def judge_function(forward: System, adjoint: System, backward: Backward, arguments: tuple[str, ...]) -> Findings:
    """What is right and what is wrong in the gradients that a function returns.

    Args:
        forward, adjoint: a cell and the equations of its gradients, which are proved.
        backward: from arrays by the names of its arguments to gradients by name: W, dW or grad_W.
        arguments: the names of its arguments.

    Raises:
        InputError: an argument or a result is no value of the cell.
    """
    trial = _Trial(Space(forward, adjoint, ()), arguments)
    runs = [(setting, _arrays(backward(trial.given(setting)), forward.name)) for setting in trial.space.settings]
    for _, found in runs:
        if set(found) != set(runs[0][1]):
            raise InputError(
                f"it returns now {', '.join(runs[0][1])}, now {', '.join(found)}", place=forward.name, advice="return the same each time"
            )
    return Findings(forward.name, tuple(trial.finding(name, runs) for name in runs[0][1]))


class _Trial:
    def __init__(self, space: Space, arguments: tuple[str, ...]) -> None:
        self.space, self.arguments = space, arguments
        self.forward = space.forward
        self.states = [each.name for each in space.forward.states]
        self.initial = {name: self.forward[found["name"]].name for name in arguments if (found := self._initial(name))}

    def _initial(self, name: str) -> re.Match[str] | None:
        found = INITIAL.match(name)
        return found if found and name not in self.forward.variables and found["name"] in self.states else None

    def given(self, setting: Setting) -> dict[str, Any]:
        """The arguments at one choice of numbers."""
        return {name: self.argument(name, setting) for name in self.arguments}

    def argument(self, name: str, setting: Setting) -> Any:
        """One argument.

        Raises:
            InputError: its name says nothing.
        """
        if name in ("T", "T_") and name not in self.forward.variables:
            return setting.steps
        if name in self.initial:
            return self.bare(self.initial[name], setting, 0)
        if name in self.forward.variables:
            return self.array(name, setting, with_initial=name not in self.initial.values())
        output = self.output(name)
        if output is None:
            known = ", ".join(self.forward.variables)
            raise InputError(f"nothing is known of the argument {name}", place=self.forward.name,
                             advice=f"the values are {known}; initial values are h_0, the gradient by an output is dh")  # fmt: skip
        return self.array(self.space.seeds[output], setting, with_initial=False)

    def output(self, name: str) -> str | None:
        """The output by which the loss was differentiated to give an argument."""
        outputs = list(self.space.seeds)
        found = UPSTREAM.match(name)
        meant = value_of(name, outputs) or (found["name"] if found else "")
        return meant if meant in outputs else outputs[0] if found and not meant and len(outputs) == 1 else None

    def array(self, name: str, setting: Setting, with_initial: bool) -> Array:
        """A variable as an array; a state has its initial value as its last row, if that is given nowhere else."""
        if not self.space.variable(name).is_sequence:
            return self.bare(name, setting, None)
        own = [self.bare(name, setting, time) for time in range(1, setting.steps + 1)]
        is_state = with_initial and name in self.states
        return np.stack([*own, self.bare(name, setting, 0)] if is_state else own)

    def bare(self, name: str, setting: Setting, time: Time) -> Array:
        """A new array of a value at a time; a column as (rows,)."""
        value = setting.values[name, time]
        return (value[:, 0] if self.space.variable(name).shape[1] == 1 else value).copy()

    def finding(self, name: str, runs: list[tuple[Setting, dict[str, Array]]]) -> Finding:
        """What is found of one result."""
        known = list(self.space.bars)
        value = name if name in known else value_of(name, known) or self.initial.get(name, "") or self.initial_of(name)
        if not value:
            raise InputError(f"nothing is known of the result {name}", place=self.forward.name,
                             advice=f"call it dW for the gradient by W; the values are {', '.join(known)}")  # fmt: skip
        time = 0 if value != name and value in self.states and value_of(name, known) != value else None
        pairs = [(setting, found[name], self.right(value, setting, time)) for setting, found in runs]
        if all(close(own, right) for _, own, right in pairs):
            return Finding(0, name, Judgement.RIGHT, f"it is the gradient of the loss by {value}{'_0' if time == 0 else ''}")
        for each in CONVENTIONS:
            if all(close(each.array(own, setting.steps), right) for setting, own, right in pairs):
                return Finding(0, name, Judgement.CONVENTION, f"it is {each.told}")
        detail = f"it is not the gradient of the loss by {value}"
        first = next(witness(setting, None, own, right) for setting, own, right in pairs if not close(own, right))
        return Finding(0, name, Judgement.WRONG, detail, False, first, self.derived(value, time))

    def initial_of(self, name: str) -> str:
        """The state whose initial value a result is the gradient by: dh0, dh_prev."""
        return next((state for state in self.states if _is_initial(name, state)), "")

    def right(self, value: str, setting: Setting, time: int | None) -> Array:
        """The true gradient by a value, as an array."""
        bar = self.space.bars[value]
        if time == 0:
            return self.bare(bar, setting, 0)
        return self.array(bar, setting, with_initial=False)

    def derived(self, value: str, time: int | None) -> str:
        """The derived equation."""
        adjoint, bar = self.space.adjoint, self.space.variable(self.space.bars[value])
        left = bar.symbol if time is None else bar.at(sp.Integer(time))
        return equation_text(next(each for each in adjoint.equations if each.left == left), adjoint)


def _arrays(found: Mapping[str, Any], place: str) -> dict[str, Array]:
    """What a function returns, as arrays of floats by name."""
    if not found:
        raise InputError("it returns no gradients", place=place, advice="return {'W': dW, 'U': dU}")
    made = {}
    for name, value in found.items():
        try:
            made[name] = np.asarray(value, float)
        except (TypeError, ValueError):
            raise InputError(f"the result {str(name)[:60]} is no array of numbers", place=place, advice="return arrays by name") from None
        if not isinstance(name, str):
            raise InputError(f"{str(name)[:60]} is no name of a result", place=place, advice="return {'W': dW, 'U': dU}")
    return made


def _is_initial(name: str, state: str) -> bool:
    return re.fullmatch(rf"(?:d|grad_|delta_?){re.escape(state)}(?:_0|0|_?prev|_?init(?:ial)?|_?next)", name) is not None
