"""A Derivation to the source of a standalone NumPy module: `init`, `forward`, `backward`, and a check of its own gradients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from derive.algebra import nodes
from derive.algebra.clocks import Clock
from derive.algebra.nodes import Expr
from derive.algebra.shapes import told
from derive.calculus.bptt import Derivation
from derive.errors import InputError, MissingRule
from derive.program import module, step
from derive.program.aliases import array_of
from derive.program.arguments import ends, initial_shape, parameters, sizes
from derive.program.arrays import batch_major, is_column, outside, sides
from derive.program.blocks import Blocks
from derive.program.clocked import Only, clock_of
from derive.program.identifiers import identifier
from derive.program.lines import INDENT
from derive.program.prepare import Part, Program, prepare
from derive.program.spelling import NumPy, Place, steps_of
from derive.program.tape import tape_told
from derive.system import Boundary, Kind, Role, System, Variable


def emit(derivation: Derivation, checkpoint: bool = False, imports: str = "", wrapper: tuple[str, ...] = ()) -> str:
    """The source of a module that runs a derivation's forward and backward pass on batches of sequences.

    Its interface is told in its own docstring. It imports NumPy and nothing else, and its lines carry the numbers of the
    derivation's equations. With `checkpoint` it keeps the states between segments of the steps only, and computes each segment again.
    `imports` are further lines behind the imports, `wrapper` further sections behind the functions, for targets that are this one and more.

    Raises:
        MissingRule: an equation in it has no NumPy form.
        InputError: an output depends on no sequence, a parameter has a size that is the length of the sequences, or more than states
            goes from a segment to the next.
    """
    program = prepare(derivation)
    check(program)
    writer = Source(program)
    tape = tape_told(writer.tape, program.layout, writer.storage)
    streaming = step.streaming(derivation)
    return module.assemble(program, writer.forward(), writer.backward(), tape, streaming, checkpoint, imports=imports, wrapper=wrapper)


def check(program: Program) -> None:
    """A parameter is the same for sequences of all lengths, and an output depends on one and has a name of its own.

    Raises:
        InputError: one is not so.
    """
    system = program.derivation.forward
    for each in system.parameters:
        if any(side.has(nodes.T) for side in each.shape):
            raise InputError(f"the parameter {each.name} has the shape {told(each.shape)}, and T is another in each batch", place=system.name,
                             advice="give it a size of its own")  # fmt: skip
    for name in system.outputs:
        if name in ends(system):
            raise InputError(f"the output {name} is called as the final state of {ends(system)[name].name}", place=system.name,
                             advice="give one of the two another name")  # fmt: skip
        if name not in program.layout.varying:
            raise InputError(f"the output {name} depends on no sequence", place=system.name, advice="let it read one, in a sum over time")


class Source(Blocks):
    """The bodies of the emitted functions, as lines."""

    # The two functions

    def forward(self) -> list[str]:
        """The body of `forward`."""
        part = self.program.forward
        lines = parameters(part.system, self.layout)
        for each in part.system.inputs:
            lines += self._input(each)
        return self._settled([*lines, *self._clocks(part), *self._blocks(part), *self._outputs(part)])

    def _settled(self, lines: list[str]) -> list[str]:
        """The lines of a body as they are at last."""
        return lines

    def _clocks(self, part: Part) -> list[str]:
        """The sequences that are known by t, which a part reads.

        Raises:
            MissingRule: one is read at another time than t.
        """
        read = {nodes.name_of(leaf) for equation in part.system.equations for leaf in equation.reads}
        clocks = [each for each in part.system.variables.values() if each.clock is not None and each.name in read]
        for each in clocks:
            if part.system.reach[each.name] != (0, 0):
                raise MissingRule(f"{each.name} is read at another time than t", place=self.program.derivation.system.name,
                                  advice="give what reads it a name at t")  # fmt: skip
        masks = [f"{identifier(each.name)} = {self._mask(each.clock)}" for each in clocks if each.clock is not None]
        at_once = [each.right for block in part.blocks if not block.is_loop for each in block.equations]
        ticking = dict.fromkeys(clock_of(inner) for right in at_once for inner in nodes.parts(right) if isinstance(inner, Only))
        steps = {name: self._ticks(each.clock) for name, each in part.system.variables.items() if each.clock is not None}
        return [*masks, *(f"{steps_of(name)} = {steps[name]}" for name in ticking)]

    def _mask(self, clock: Clock) -> str:
        """The values of a clock."""
        return clock.numpy

    def _ticks(self, clock: Clock) -> str:
        """Where in an array the steps stand at which a clock is 1."""
        return clock.steps

    def backward(self) -> list[str]:
        """The body of `backward`."""
        return [f"{', '.join(self.tape)} = tape", *self._body]

    @cached_property
    def _body(self) -> list[str]:
        part = self.program.backward
        lines = parameters(part.system, self.layout)
        for each in part.system.inputs:
            if each.kind is Kind.UPSTREAM and self._is_read(part, each.name):
                lines.append(f"{identifier(each.name)} = {self._upstream(each)}")
        if self.finals:
            shapes = ", ".join(f'"{each.name}": {initial_shape(each, self.program.derivation.forward)}' for each in self.finals.values())
            lines.append(f'final = completed("final_gradients", final_gradients, {{{shapes}}}, {self.kind})')
        for pack in dict.fromkeys(pack.name for name, pack in self.layout.packs.items() if self._is_given(part, name)):
            lines += self._unpack(part, pack)
        return self._settled([*lines, *self._clocks(part), *self._blocks(part), *self._gradients(part)])

    def _upstream(self, variable: Variable) -> str:
        """The gradients of the loss by an output."""
        arguments = f'"output_gradients", output_gradients, "{variable.of}", {outside(variable)}, {self.kind}'
        return f"feature_major({arguments}{'' if variable.is_sequence else ', axis=0'})"

    @staticmethod
    def _is_given(part: Part, name: str) -> bool:
        return name in part.system.variables and part.system[name].role is Role.INPUT and part.system[name].is_sequence

    @cached_property
    def tape(self) -> list[str]:
        """What `forward` hands to `backward`."""
        words = set(re.findall(r"\w+", "\n".join(self._body)))
        lengths = [name for name in map(str, sizes(self.program.derivation.forward)) if name in words]
        own: dict[str, None] = {}
        for equation in self.program.backward.system.equations:
            for leaf in equation.reads:
                name = nodes.name_of(leaf)
                if name in self.program.forward.system.variables and self.program.backward.system[name].role is Role.INPUT:
                    own[identifier(self.layout.packs[name].name if name in self.layout.packs else name)] = None
        return [*self.common, *lengths, *own]

    def _is_read(self, part: Part, name: str) -> bool:
        return name in part.system.readers

    # Parameters, inputs and boundary values

    def _input(self, variable: Variable) -> list[str]:
        name, given = identifier(variable.name), f'inputs["{variable.name}"]'
        if not variable.is_sequence:
            return [f"{name} = {given}.T" if is_column(variable) else f"{name} = np.moveaxis({given}, 0, -1)"]
        read = f"{given}.transpose(0, 2, 1)" if is_column(variable) else f"np.moveaxis({given}, 1, -1)"
        has_boundary = self.storage.rows(variable.name) != (0, 0)
        if not has_boundary and variable.name not in self.storage.multiplied:
            return [f"{name} = {read}"]
        return [*self._allocate(variable.name, sides(variable)), f"{name}[:{'T' if has_boundary else ''}] = {read}"]

    # Results

    def _outputs(self, part: Part) -> list[str]:
        lines = ["", "outputs = {"]
        writer = self._writer(part.system, Place(), of_steps=False)
        for name in part.system.outputs:
            lines.append(f'{INDENT}"{name}": {self._outward(part.system[name], writer)},')
        for name, each in ends(self.program.derivation.forward).items():
            low, high = self.program.derivation.forward.reach[each.name]
            lines.append(f'{INDENT}"{name}": {self._first_values(each, high) if high else self._final(each, -low, writer)},')
        return [*lines, "}", f"return outputs, ({', '.join(self.tape)})"]

    def _final(self, state: Variable, lag: int, writer: NumPy) -> str:
        """The last values of a state, as many as its greatest lag."""
        if lag == 1:
            return batch_major(f"{identifier(state.name)}[T - 1]", state)
        return f"time_major(np.concatenate([{identifier(state.name)}[-{lag}:], {writer.read(state.name, nodes.t)}])[-{lag}:])"

    def _first_values(self, state: Variable, lead: int) -> str:
        """The first values of a state that is read ahead, as many as its greatest lead."""
        base = identifier(state.name)
        return batch_major(f"{base}[0]", state) if lead == 1 else f"time_major({base}[:{lead}])"

    def _outward(self, variable: Variable, writer: NumPy) -> str:
        """A value as a new array that goes out: (T, batch, rows), or what is the same at each t as (batch, rows)."""
        if variable.is_sequence:
            return f"time_major({writer.read(variable.name, nodes.t)})"
        return batch_major(writer.read(variable.name, None), variable)

    def _gradients(self, part: Part) -> list[str]:
        forward = self.program.derivation.forward
        adjoints = {
            each.of: each for each in part.system.variables.values() if each.kind is Kind.ADJOINT and part.system.defines(each.name)
        }
        writer = self._writer(part.system, Place(), of_steps=False)
        lines = ["", "return Gradients("]
        lines.append(f"{INDENT}params={{")
        held: set[Expr] = set()
        for each in forward.parameters:
            array = array_of(adjoints[each.name].symbol, part.system)
            value = self._column(writer.read(adjoints[each.name].name, None), each)
            lines.append(f'{INDENT * 2}"{each.name}": {self._copy(value) if array in held else value},')
            held.add(array)
        initial = dict(self._initial(part.system))
        for name, values in initial.items():
            if forward[name].boundary is Boundary.PARAMETER:
                lines.append(f'{INDENT * 2}"{name}_0": {self._over_batch(values)},')
        lines += [f"{INDENT}}},", f"{INDENT}inputs={{"]
        for each in forward.inputs:
            lines.append(f'{INDENT * 2}"{each.name}": {self._outward(adjoints[each.name], writer)},')
        lines += [f"{INDENT}}},", f"{INDENT}initial={{"]
        for name, values in initial.items():
            if forward[name].boundary is Boundary.PARAMETER:
                continue
            lines.append(f'{INDENT * 2}"{name}": {self._joined(values, forward[name])},')
        return [*lines, f"{INDENT}}},", ")"]

    @staticmethod
    def _copy(value: str) -> str:
        return f"{value}.copy()"

    def _over_batch(self, values: list[str]) -> str:
        """The gradients by values before the first step that are parameters."""
        return stacked([f"({value}).sum(axis=-1)" for value in values])

    def _joined(self, values: list[str], variable: Variable) -> str:
        """The gradients by values before the first step, one or several of them."""
        if is_column(variable):
            return stacked([f"({value}).T" for value in values]) if len(values) > 1 else f"{values[0]}.T.copy()"
        return stacked([f"batch_major({value})" for value in values])

    @staticmethod
    def _column(read: str, variable: Variable) -> str:
        if variable.shape[1] != 1:
            return read
        return f"{read[:-1]}, 0]" if read.endswith("]") else f"{read}[:, 0]"

    def _initial(self, system: System) -> Iterator[tuple[str, list[str]]]:
        """By state, the gradients of its boundary values, the oldest first."""
        writer = self._writer(system, Place(1), of_steps=False)
        found: dict[str, list[tuple[Expr, str]]] = {}
        for equation in system.equations:
            if equation.is_boundary:
                right = (
                    writer.zeros(equation.right, equation.left)
                    if isinstance(equation.right, nodes.Zeros)
                    else writer.write(equation.right, 5)
                )
                found.setdefault(system[equation.name].of, []).append((equation.left.indices[0], right))
        for name, values in found.items():
            yield name, [value for _, value in sorted(values, key=lambda each: int(each[0].subs(nodes.T, 0)))]


def stacked(values: list[str]) -> str:
    """Arrays as one with an axis in front, or a single one as it is."""
    return f"np.stack([{', '.join(values)}])" if len(values) > 1 else values[0]
