"""Random runs of a system, all sizes different, and gradients by complex steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

from derive.system import Boundary, Kind, System, Variable
from verify.arithmetic import COMPLEX
from verify.evaluate import Run, run, run_adjoint

STEP = 1e-30


@dataclass
class Sample:
    """Random values for a forward system at T = `steps`; boundary values for each time at which a lag or a lead reads one."""

    system: System
    steps: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        symbols = sorted({s for v in self.system.variables.values() for side in v.shape for s in side.free_symbols}, key=str)
        self.sizes = {symbol: 2 + place for place, symbol in enumerate(symbols)}

        def draw(variable: Variable, *steps: int) -> np.ndarray:
            drawn = rng.uniform(0.2, 0.9, (*steps, *(int(sp.sympify(side).subs(self.sizes)) for side in variable.shape)))
            return drawn / drawn.sum(axis=-2, keepdims=True) if variable.is_distribution else drawn

        self.given = {v.name: draw(v, *[self.steps] * v.is_sequence) for v in (*self.system.inputs, *self.system.parameters)}
        self.boundary = {}
        for variable in self.system.states:
            low, high = self.system.reach[variable.name]
            for time in (
                (*range(low + 1, 1), *range(self.steps + 1, self.steps + high + 1)) if variable.boundary is not Boundary.ZERO else ()
            ):
                self.boundary[variable.name, time] = draw(variable)
        outputs = () if self.system.loss else self.system.outputs
        self.weights = {name: draw(self.system[name], self.steps) - 0.5 for name in outputs}

    def forward(self) -> Run:
        return run(self.system, self.steps, self.given, self.boundary)

    def backward(self, adjoint: System) -> Run:
        """The adjoint system's values, the loss being the sum of the outputs times the weights, or the system's own."""
        upstream = {v.name: self.weights[v.of] for v in adjoint.variables.values() if v.kind is Kind.UPSTREAM}
        return run_adjoint(adjoint, self.forward(), upstream)

    def loss(self, given: Mapping, boundary: Mapping) -> complex:
        values = run(self.system, self.steps, given, boundary, COMPLEX)
        if self.system.loss:
            return values.sequence(self.system.loss).sum()
        return sum((values.sequence(name) * each).sum() for name, each in self.weights.items())

    def gradients(self) -> dict:
        """The loss's derivatives by each given array, by name and by (name, time), from complex steps: exact to rounding."""
        found = {}
        for key, array in (*self.given.items(), *self.boundary.items()):
            found[key] = np.zeros(array.shape)
            for place in np.ndindex(array.shape):
                moved = array.astype(complex)
                moved[place] += 1j * STEP
                given = {**self.given, key: moved} if key in self.given else self.given
                boundary = {**self.boundary, key: moved} if key in self.boundary else self.boundary
                found[key][place] = self.loss(given, boundary).imag / STEP
        return found

    def claimed(self, adjoint: System) -> dict:
        """What an adjoint system claims these derivatives to be."""
        values = self.backward(adjoint)
        names = {v.of: v for v in adjoint.variables.values() if v.kind is Kind.ADJOINT}
        found = {}
        for key in (*self.given, *self.boundary):
            own = names[key if isinstance(key, str) else key[0]]
            if isinstance(key, tuple):
                found[key] = values.value(own.name, key[1])
            else:
                found[key] = values.sequence(own.name) if own.is_sequence else values.value(own.name)
        return found
