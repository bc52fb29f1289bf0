"""A Derivation to the source of a NumPy module for sequences of different lengths, which takes the steps that there are and no others.

The steps of all sequences stand side by side, as the columns of one array (`packed`), so that nothing is computed for a step that a sequence
does not have, and nothing is to be masked: sums over all steps are sums over all columns.
"""

from __future__ import annotations

import re
from dataclasses import replace

import sympy as sp

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.algebra.shapes import SCALAR
from derive.calculus.bptt import Derivation
from derive.calculus.names import fresh
from derive.errors import MissingRule
from derive.program import module
from derive.program.arrays import outside, sides
from derive.program.assignments import Assignment
from derive.program.columns import COLUMNS, READ
from derive.program.frame import Frame
from derive.program.identifiers import identifier
from derive.program.layout import Statement
from derive.program.numpy import Source, check, stacked
from derive.program.packed import Packed, numbered
from derive.program.prepare import Program, prepare
from derive.program.spelling import NumPy, Place
from derive.program.tape import tape_told
from derive.system import Boundary, Role, System, Variable


def emit(derivation: Derivation) -> str:
    """The source of a module whose `forward` takes the lengths of the sequences of a batch.

    Raises:
        MissingRule: as `derive.program.numpy.emit`, or a value has a row or column for each step of a sequence.
        InputError: as there.
    """
    length = fresh("length", derivation.adjoint.variables)
    forward, adjoint = (_with_lengths(system, length) for system in (derivation.forward, derivation.adjoint))
    program = replace(prepare(replace(derivation, forward=forward, adjoint=adjoint)), derivation=derivation)
    check(program)
    for each in program.layout.variables.values():
        if any(side.has(nodes.T) for side in each.shape):
            raise MissingRule(f"{each.name} has a row or column for each step, and sequences of different lengths have not as many",
                              place=derivation.system.name, advice="emit it for sequences of one length")  # fmt: skip
    writer = Ragged(program, length)
    sequences = [f'"{each.name}"' for each in derivation.forward.inputs if each.is_sequence]
    read = f", dict.fromkeys(({', '.join(sequences)},), columns.valid)" if sequences else ""
    tape = f"at most {tape_told(writer.tape, program.layout, writer.storage)}"
    return module.assemble(program, writer.forward(), writer.backward(), tape, ("", NO_STEP), frame=replace(FRAME, read=read))


NO_STEP = "the module for sequences of one length has it"


FRAME = Frame(
    COLUMNS,
    READ,
    columns="columns = Columns(lengths, T, batch)",
    argument="lengths",
    example="lengths = np.linspace(1, T, batch).astype(int)",
    told="""`lengths` has the number of steps of each sequence; what stands behind
them in arrays is not read, outputs and gradients there are 0, and final states are those of each sequence's own last step. Inside, a value is
(rows, columns), each step of each sequence a column, those of the first steps first and at each step the longest sequence first: `now` are the
columns of one step, `lag` those of the same sequences one step before, `lagged` those of the step before for all columns, and `width` says how
many sequences have a step; t counts from 0.""",
    returns="The outputs and final states by name, and the tape for `backward`; `initial` None is zeros, `lengths` None is T for all",
)


def _with_lengths(system: System, length: str) -> System:
    """A system in which T is a number of each sequence, given as `length`, and so are clocks that count from its end."""
    own = nodes.parameter(length)

    def change(part: Expr) -> Expr | None:
        if part == nodes.T:
            return own
        return summed(part.args[0]) if isinstance(part, nodes.OverTime) else None

    def summed(expr: Expr) -> Expr:
        """The sum of a value over the steps of each sequence; what is the same at all steps counts as often as there are such."""
        inner = nodes.rewrite(expr, change)
        if not nodes.is_sequence(expr):
            return nodes.mul(own, inner)
        if isinstance(expr, sp.Add) and not all(map(nodes.is_sequence, expr.args)):
            return nodes.add(*map(summed, expr.args))
        if isinstance(expr, sp.Mul) and expr.args[0].is_Number and len(expr.args) == 2:
            return nodes.mul(expr.args[0], summed(expr.args[1]))
        return nodes.Transpose(summed(expr.args[0])) if isinstance(expr, nodes.Transpose) else nodes.OverTime(inner)

    equations = [replace(each, right=nodes.rewrite(each.right, change)) for each in system.equations]
    known = [replace(each, role=Role.INPUT, clock=None) for each in system.variables.values() if _counts_from_the_end(each)]
    return system.with_equations(equations, [*known, Variable(length, Role.INPUT, SCALAR, is_sequence=False)])


def _counts_from_the_end(variable: Variable) -> bool:
    return variable.clock is not None and "T" in variable.clock.now


class Ragged(Source):
    """The bodies of the emitted functions, over packed sequences; `length` is the name of the number of steps of each."""

    span = "columns.longest"
    common = ("T", "batch", "dtype", "columns")
    assignment = Assignment
    in_chunks = False

    def __init__(self, program: Program, length: str) -> None:
        super().__init__(program)
        self.length = length

    def forward(self) -> list[str]:
        body = super().forward()
        return [*_offsets(body), *body]

    def backward(self) -> list[str]:
        tape, *body = super().backward()
        return [tape, *_offsets(body), *body]

    def _writer(self, system: System, place: Place, of_steps: bool = True) -> NumPy:
        return Packed(system, self.layout, self.storage, place, of_steps)

    def _mask(self, clock: Clock) -> str:
        return f"({_at_columns(clock)}).astype(dtype)[None]"

    def _ticks(self, clock: Clock) -> str:
        return f"np.flatnonzero({_at_columns(clock)})"

    # What is given

    def _upstream(self, variable: Variable) -> str:
        arguments = f'output_gradients, "{variable.of}", {outside(variable)}, dtype, columns'
        return f"{'upstream' if variable.is_sequence else 'upstream_of_one'}({arguments})"

    def _input(self, variable: Variable) -> list[str]:
        name = identifier(variable.name)
        if variable.name == self.length:
            is_read = any(self._is_read(part, self.length) for part in (self.program.forward, self.program.backward))
            return [f"{name} = columns.lengths.astype(dtype)[None]"] if is_read else []
        if clock := self.program.derivation.forward[variable.name].clock:
            return [f"{name} = {self._mask(clock)}"]
        given = f'inputs["{variable.name}"]'
        if not variable.is_sequence:
            return [f"{name} = ordered({given}, columns)"]
        if self.storage.rows(variable.name) == (0, 0):
            return [f"{name} = packed({given}, columns)"]
        return [*self._allocate(variable.name, sides(variable)), f"{name}[..., :columns.count] = packed({given}, columns)"]

    def _allocate(self, name: str, rows: str, filled: str = "empty", steps: str = "") -> list[str]:
        after, before = self.storage.rows(name)
        extra = after + before
        base = identifier(name)
        span = "columns.count" + (f" + {extra} * batch" if extra > 1 else " + batch" if extra else "")
        lines = [f"{base} = {filled}(({rows}, {span}), dtype)"]
        return [*lines, f"{base}[..., columns.count:] = {self._outside(name, extra, bool(after and before))}"] if extra else lines

    def _outside(self, name: str, extra: int, is_both: bool) -> str:
        """The values of a sequence at times before the first step and after the last one, as columns."""
        boundary = self.layout.variables[name].boundary
        if name in self.finals:
            return self._given(f'final["{self.finals[name].name}"]', extra)
        if boundary is Boundary.ZERO:
            return "0"
        if boundary is Boundary.PARAMETER:
            own = f'params["{name}_0"]'
            return f"{own}[..., None]" if extra == 1 else f"np.repeat(np.moveaxis({own}, 0, -1), batch, axis=-1)"
        if is_both:
            raise MissingRule(f"{name} is read both before the first step and after the last one", advice=f"declare boundary {name} = zero")
        return self._given(f'initial["{name}"]', extra)

    @staticmethod
    def _given(given: str, extra: int) -> str:
        one = f"ordered({given}, columns)"
        return one if extra == 1 else f"np.concatenate([ordered(each, columns) for each in {given}], axis=-1)"

    # Loops

    def _first(self, name: str, statement: Statement) -> str:
        return self._given(f'final["{self.finals[name].name}"]', 1) if name in self.finals else super()._first(name, statement)

    def _at_t(self, body: list[str]) -> list[str]:
        sources = {name: f"columns.at(t{f', {steps}' if steps else ''})" for name, steps in [*_read(body, "now"), *_read(body, "lag")]}
        sources |= {name: "columns.width[t]" for name, _ in _read(body, "width")}
        return [f"{', '.join(sources)} = {', '.join(sources.values())}"] if sources else []

    # Results

    def _final(self, state: Variable, lag: int, writer: NumPy) -> str:
        base = identifier(state.name)
        return self._joined([f"{base}[..., columns.single(columns.lengths - {step})]" for step in range(lag, 0, -1)], state)

    def _first_values(self, state: Variable, lead: int) -> str:
        return self._joined([f"{identifier(state.name)}[..., columns.single({step})]" for step in range(lead)], state)

    def _outward(self, variable: Variable, writer: NumPy) -> str:
        function = "time_major" if variable.is_sequence else "batch_major"
        return f"{function}({writer.read(variable.name, nodes.t if variable.is_sequence else None)}, columns)"

    def _joined(self, values: list[str], variable: Variable) -> str:
        return stacked([f"batch_major({value}, columns)" for value in values])


def _at_columns(clock: Clock) -> str:
    """The condition that a clock is 1, at each column."""
    return re.sub(r"\b([tT])\b", r"columns.\1", clock.now)


def _offsets(body: list[str]) -> list[str]:
    """The lines that say where the steps before and after each step stand, where a body reads these."""
    found = {**dict.fromkeys(_read(body, "lagged"), -1), **dict.fromkeys(_read(body, "leading"), 1)}
    return [f"{name} = columns.moved({sign * steps})" for (name, steps), sign in found.items()]


def _read(body: list[str], word: str) -> list[tuple[str, int]]:
    """The names of that word, alone or numbered, which stand in the code of some lines, and their numbers; "now" and "width" have none."""
    code = "\n".join(line.partition("#")[0] for line in body)
    steps = {int(number or "1") for number in re.findall(rf"\b{word}(?:_(\d+))?\b(?!\()", code)}
    return [(numbered(word, each), each if word not in ("now", "width") else 0) for each in sorted(steps)]
