"""The source of `start` and `step`: an emitted module's system computed forwards, one step at a time.

Within a step a value at t is a local name, and what is read at t - k is what the state holds:

    a = p + U @ h_before       # a_t = p_t + U h_{t-1}
    y = h_before[-3]           # y_t = h_{t-3}, where the last values of h are a tuple
"""

from __future__ import annotations

import re
from functools import cached_property

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.bptt import Derivation
from derive.calculus.names import fresh
from derive.notation.write import ATOM, text
from derive.program.arguments import (
    expected,
    from_initial,
    given,
    initial_shapes,
    parameter_axes,
    parameters,
    shapes_of,
    sizes,
    some_sequences,
)
from derive.program.arrays import batch_major, is_column, sides
from derive.program.assignments import Assignment, home, is_piece, rows
from derive.program.clocked import Only, Where, clock_of
from derive.program.forms import Fixed
from derive.program.functions import overflowing
from derive.program.identifiers import identifier
from derive.program.layout import Beside, Statement
from derive.program.lines import INDENT, Branch, Line, annotated
from derive.program.prepare import Program
from derive.program.spelling import NumPy, Place
from derive.program.storage import Storage
from derive.program.stream import learned_sizes, obstacle, settled, stream
from derive.system import Boundary, Role, Variable


def streaming(derivation: Derivation, written_by: type[Stepwise] | None = None) -> tuple[str, str]:
    """The source of `State`, `start` and `step`, and why there is none, of which one is ""."""
    reason = obstacle(derivation.forward)
    return ("", reason) if reason else ((written_by or Stepwise)(stream(derivation)).source(), "")


class Locals(Storage):
    """Nothing is kept over time: each name is an array of one step."""

    @cached_property
    def registers(self) -> frozenset[str]:
        """None: what the step before has left has a name of its own."""
        return frozenset()

    @cached_property
    def kept(self) -> frozenset[str]:
        """None."""
        return frozenset()

    @cached_property
    def filled(self) -> frozenset[str]:
        """All: inputs, weights and initial values are given the module's dtype."""
        return frozenset(self.program.forward.system.variables)


class AtStep(NumPy):
    """Writes expressions within a step.

    `before` has the names of what the state holds, and how many values that are; `fixed` the names of values that `start` computes.
    """

    before: dict[str, tuple[str, int]]
    fixed: dict[Expr, str]

    def prepared(self, right: Expr) -> Expr:
        """A right side with what is the same at all steps taken out."""
        return settled(right, self.layout.varying)

    def _write(self, expr: Expr) -> tuple[str, int]:
        return (self.fixed[expr], ATOM) if isinstance(expr, Fixed) else super()._write(expr)

    def stored(self, names: tuple[str, ...], time: Expr | None) -> str:
        """The values of names that lie side by side, now or as the state holds them."""
        if time is None or time == nodes.t:
            return super().stored(names, time)
        name, count = self.before[names[0]]
        return f"{name}[{time - nodes.t}]" if count > 1 else name


class Stepwise:
    """The bodies of `start` and `step`, as lines.

    Attributes:
        common, kind, assignment: as in `derive.program.numpy.Source`.
        array: the type of an array.
        writers: of what `start` computes, and of what `step` does.
    """

    common: tuple[str, ...] = ("batch", "dtype")
    kind = "dtype"
    array = "np.ndarray"
    assignment = Assignment
    writers: tuple[type[NumPy], type[AtStep]] = (NumPy, AtStep)

    def __init__(self, program: Program) -> None:
        self.layout, self.storage = program.layout, Locals(program)
        self.whole, self.system = program.derivation.forward, program.forward.system
        self.at_start, *later = program.forward.statements
        self.at_step = [each for statements in later for each in statements]
        self.held = [each for each in self.whole.states if each.name in self.system.variables]

    def source(self) -> str:
        """`State`, `start` and `step`."""
        fields = "".join(f"\n    {identifier(each.name)}: {'tuple' if self._count(each) > 1 else self.array}" for each in self.held)
        counter = "\n    t: int" if self._counts else ""
        start, step = ("\n".join(f"{INDENT}{line}" if line else "" for line in lines) for lines in (self.started, self.stepped))
        return SOURCE.format(fields=counter + fields, start=start, step=step, ahead=self._ahead(step))

    @staticmethod
    def _ahead(body: str) -> str:
        """What stands before `step`."""
        return overflowing(body)

    def _count(self, variable: Variable) -> int:
        """How many values of a sequence the state holds."""
        return -self.whole.reach[variable.name][0]

    # The body of `step`

    @cached_property
    def stepped(self) -> list[str]:
        """The body of `step`."""
        held = ["fixed", *(["t"] if self._counts else []), *(self._before[each.name][0] for each in self.held)]
        return [f"{_row(held)} = state", *([f"{_row(self.fixed)} = fixed"] if self.fixed else []), *self._computed]

    @cached_property
    def _before(self) -> dict[str, tuple[str, int]]:
        return {each.name: (identifier(fresh(f"{each.name}_before", self._names)), self._count(each)) for each in self.held}

    @cached_property
    def _computed(self) -> list[str]:
        inputs = [
            f'{identifier(each.name)} = at_step(inputs, "{each.name}", (batch, {sides(each)}), {self.kind})' for each in self.system.inputs
        ]
        outputs = [
            f'{INDENT}"{name}": {self._outward(self._writer.read(name, nodes.t), self.system[name])},' for name in self.system.outputs
        ]
        after = [self._after(each) for each in self.held]
        state = f"State({', '.join(['fixed', *(['t + 1'] if self._counts else []), *after])})"
        return [*inputs, *self._ticking, "", *annotated(self._statements()), "", "outputs = {", *outputs, "}", f"return outputs, {state}"]

    @staticmethod
    def _outward(written: str, variable: Variable) -> str:
        return batch_major(written, variable)

    @property
    def _ticking(self) -> list[str]:
        """The clocks that equations read as numbers."""
        read = {nodes.name_of(leaf) for equation in self.system.equations for leaf in equation.reads}
        clocks = [(each.name, each.clock) for each in self.system.variables.values() if each.clock is not None and each.name in read]
        return [f"{identifier(name)} = {self._number(clock.now)}" for name, clock in clocks]

    def _number(self, written: str) -> str:
        """A number as an array of one row and one column."""
        return f"np.full((1, 1), {written}, dtype)"

    @cached_property
    def _counts(self) -> bool:
        """Whether a step depends on its number."""
        return any(each.clock is not None for each in self.system.variables.values())

    def _after(self, variable: Variable) -> str:
        """What the state holds of a sequence after the step."""
        now, (before, count) = self._writer.read(variable.name, nodes.t), self._before[variable.name]
        return f"(*{before}[1:], {now})" if count > 1 else now

    @cached_property
    def _writer(self) -> AtStep:
        writer = self.writers[1](self.system, self.layout, self.storage, Place(1, self._named))
        writer.before, writer.fixed = self._before, self._taken_out
        return writer

    @cached_property
    def _taken_out(self) -> dict[Expr, str]:
        """The values that the statements of a step read and that are the same at all, with their names."""
        found: dict[Expr, str] = {}
        for each in self.at_step:
            for part in nodes.parts(settled(each.right(self.layout), self.layout.varying)):
                if isinstance(part, Fixed) and part not in found:
                    found[part] = identifier(fresh(f"{home(each, self.layout)}_fixed", {*self._names, *found.values()}))
        return found

    @cached_property
    def _names(self) -> set[str]:
        """The names that are taken."""
        return {*map(identifier, self.system.variables), *(identifier(pack.name) for pack in self.layout.packs.values())}

    @cached_property
    def _named(self) -> frozenset[str]:
        """The members of packs that are computed as one and read one by one, which get names of their own."""
        alone = [leaf for each in self.at_step for leaf in _alone(each.right(self.layout))]
        read = {*map(nodes.name_of, alone), *self.system.outputs}
        packs = [each.names for each in self.at_step if len(each.names) > 1 and not is_piece(each, self.layout) and not each.is_guarded]
        return frozenset(name for names in packs for name in names if len(read & set(names)) > 1)

    def _statements(self) -> list[Line | Branch]:
        made: dict[str, str] = {}
        for each in self.at_step:
            if is_piece(each, self.layout) or self._is_missed(each):
                new = "zeros" if each.is_guarded or "zeros" in made.get(home(each, self.layout), "") else "empty"
                made[home(each, self.layout)] = f"np.{new}(({rows(each, self.layout)}, batch), dtype)"
        lines: list[Line | Branch] = [(f"{identifier(name)} = {array}", "") for name, array in made.items()]
        for each in self.at_step:
            lines += self.assignment(self._writer, each).step()
            if set(each.names) <= self._named:
                names = ", ".join(map(identifier, each.names))
                size = self.system[each.names[0]].shape[0]
                lines.append((f"{names} = {identifier(home(each, self.layout))}.reshape({len(each.names)}, {size}, batch)", ""))
        return lines

    def _is_missed(self, statement: Statement) -> bool:
        """Whether somebody reads a value, which is 0 then, where the clock that guards it is 0."""
        if not statement.is_guarded:
            return False
        others = [_elsewhere(each.right, statement.clock) for each in self.system.equations]
        read = {nodes.name_of(leaf) for right in others for leaf in nodes.leaves(right)}
        return bool({*read, *self.system.outputs, *(each.name for each in self.held)} & set(statement.names))

    # The body of `start`

    @cached_property
    def fixed(self) -> list[str]:
        """What is the same at all steps: sizes, weights, and what is computed from them alone."""
        words = set(re.findall(r"\w+", "\n".join(line.split("#")[0] for line in self._computed)))
        own = [*self.common, *map(str, sizes(self.whole))]
        read = [leaf for each in self.at_step for leaf in _kept(self._writer.prepared(each.right(self.layout)))]
        fixed = [str(leaf) for leaf in read if str(leaf) not in self.layout.varying]
        weights = dict.fromkeys(identifier(self.layout.packs[name].name if name in self.layout.packs else name) for name in fixed)
        return [*(name for name in own if name in words), *weights, *self._taken_out.values()]

    @cached_property
    def started(self) -> list[str]:
        """The body of `start`."""
        writer = self.writers[0](self.system, self.layout, self.storage, Place())
        computed = [line for each in self.at_start for line in self.assignment(writer, each, identifier(each.names[0])).at_once()]
        for part, name in self._taken_out.items():
            computed.append((f"{name} = {self._array(writer, part.args[0])}", self._told(part)))
        held = [f"{identifier(each.name)} = {self._first_value(each)}" for each in self.held]
        state = ", ".join([f"({_row(self.fixed)})", *(["0"] if self._counts else []), *(identifier(each.name) for each in self.held)])
        weights = [*self._weights(), *annotated(computed)]
        return [*self._begun(), *weights, *held, f"return State({state})"]

    def _array(self, writer: NumPy, value: Expr) -> str:
        """A value as an array, also where it is computed from sizes alone."""
        return f"np.asarray({writer.write(value)}, dtype)"

    def _told(self, part: Expr) -> str:
        """What is taken out of the equations, as the first of them has it."""
        return text(nodes.rewrite(part.args[0], lambda each: each.args[0] if isinstance(each, Beside) else None), self.system)

    def _weights(self) -> list[str]:
        return parameters(self.system, self.layout)

    def _sized(self) -> list[str]:
        """The lines that learn sizes from the arrays given."""
        found = learned_sizes(self.whole)
        lines = parameter_axes(self.whole)
        if needed := [each for each, _ in found.values() if each.role is Role.DEFINED]:
            lines += from_initial(self.whole, needed)
        return [*lines, *(f"{size} = {code}" for size, (_, code) in found.items())]

    def _begun(self) -> list[str]:
        """The lines that learn sizes and dtype from the arrays given, and check them; all arrays are copied."""
        whole = self.whole
        lines = [
            *some_sequences("batch"),
            *self._sized(),
            f'params = checked("params", params, {expected(whole)})',
            f"dtype = np.result_type({'*params.values()' if shapes_of(whole) else '*((initial or {}).values() or [np.float64])'})",
        ]
        if given(whole):
            lines.append(f'initial = completed("initial", initial, {initial_shapes(whole)}, dtype)')
            lines.append("dtype = np.result_type(dtype, *initial.values())")
        return [*lines, "params = {name: np.array(array, dtype) for name, array in params.items()}"]

    def _first_value(self, variable: Variable) -> str:
        """What the state holds of a sequence before the first step."""
        count, name = self._count(variable), variable.name
        if variable.boundary is Boundary.ZERO:
            zeros = f"np.zeros(({sides(variable)}, batch), dtype)"
            return f"({zeros},) * {count}" if count > 1 else zeros
        of = f'params["{name}_0"]' if variable.boundary is Boundary.PARAMETER else f'initial["{name}"]'
        value = "each" if count > 1 else of
        if variable.boundary is Boundary.PARAMETER:
            made = f"np.repeat({value}[..., None], batch, axis=-1)"
        else:
            moved = f"{value}.T" if is_column(variable) else f"np.moveaxis({value}, 0, -1)"
            made = f'np.array({moved}, dtype, order="C")'
        return f"tuple({made} for each in {of})" if count > 1 else made


def _row(names: list[str]) -> str:
    """The elements of a tuple."""
    return f"{', '.join(names)}{',' if len(names) == 1 else ''}"


def _alone(expr: Expr) -> list[Expr]:
    """The reads of sequences in an expression that are no part of a run of a pack."""
    if isinstance(expr, sp.Indexed):
        return [expr]
    return [] if isinstance(expr, Beside) else [leaf for part in expr.args for leaf in _alone(part)]


def _kept(expr: Expr) -> list[Expr]:
    """The parameters and computed matrices that are read outside of what is taken out."""
    if isinstance(expr, (Fixed, sp.Indexed)):
        return []
    is_leaf = isinstance(expr, sp.Symbol) and not expr.is_integer
    return [expr] if is_leaf else [leaf for part in expr.args for leaf in _kept(part)]


def _elsewhere(expr: Expr, clock: str) -> Expr:
    """What is computed where a clock is 0."""

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, (Only, Where)) or clock_of(part) != clock:
            return None
        return _elsewhere(part.args[2], clock) if isinstance(part, Where) else sp.Integer(0)

    return nodes.rewrite(expr, change)


SOURCE = '''
class State(NamedTuple):
    """What later steps need: weights and sizes in `fixed`, and the last values of sequences, (rows, batch), several as a tuple."""

    fixed: tuple{fields}


def start(params, batch=1, initial=None):
    """The state before the first step, for `step`; `initial` as in `forward`."""
{start}


{ahead}def step(state, inputs):
    """The outputs at one more step, (batch, rows) by name, and the state after it; nothing that is given is kept or changed."""
{step}
'''
