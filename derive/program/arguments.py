"""What the emitted `forward` is given: which arrays, of which shapes, and how T, the batch and the sizes are learned from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from derive.algebra import nodes
from derive.algebra.nodes import Expr
from derive.calculus.names import fresh
from derive.program.arrays import is_column, outside, sides
from derive.program.identifiers import identifier
from derive.program.layout import Layout
from derive.system import Boundary, Role, System, Variable

GIVEN = (Role.PARAMETER, Role.CONSTANT)
"""What stands in `params`."""


def sizes(system: System) -> list[sp.Symbol]:
    """The size symbols of a system but for T, in order of appearance in its inputs and parameters, then in the rest."""
    found: dict[sp.Symbol, None] = {}
    ordered = [*system.inputs, *system.parameters, *system.constants, *system.variables.values()]
    for variable in ordered:
        for side in variable.shape:
            if isinstance(side, sp.Symbol):
                found |= {side: None} if side != nodes.T else {}
            elif not side.is_Integer:
                found |= dict.fromkeys(sorted(side.free_symbols - {nodes.T}, key=str))
    return list(found)


def states(system: System) -> tuple[Variable, ...]:
    """The variables whose value before the first step is given."""
    return tuple(each for each in system.states if each.boundary is Boundary.GIVEN and system.reach[each.name][0] < 0)


def ends(system: System) -> dict[str, Variable]:
    """By the name under which `forward` gives it, each state at the last steps that its recurrence comes to: at T, or, read ahead, at 1."""
    found = {f"{each.name}_T": each for each in states(system)}
    ahead = (each for each in given(system) if each.role is Role.DEFINED and system.reach[each.name][0] == 0)
    return found | {fresh(f"{each.name}_1", system.variables): each for each in ahead}


def given(system: System) -> tuple[Variable, ...]:
    """The variables whose values outside 1..T are given."""
    return tuple(each for each in system.states if each.boundary is Boundary.GIVEN)


def shapes_of(system: System) -> dict[str, tuple[Expr, ...]]:
    """The array shapes of the parameters by name: a column has its rows only."""
    found = {each.name: each.shape[:1] if is_column(each) else each.shape for each in system.variables.values() if each.role in GIVEN}
    for each in system.states:
        if each.boundary is Boundary.PARAMETER:
            steps = max(map(abs, system.reach[each.name]))
            own = each.shape[:1] if is_column(each) else each.shape
            found[f"{each.name}_0"] = (sp.Integer(steps), *own) if steps > 1 else own
    return found


def initial_shape(variable: Variable, system: System) -> str:
    """The shape of the array of a state's values outside 1..T: "(batch, n_h)"."""
    low, high = system.reach[variable.name]
    steps = max(-low, high)
    return f"({steps}, batch, {sides(variable)})" if steps > 1 else f"(batch, {sides(variable)})"


def needs_steps(system: System) -> bool:
    """Whether no input is a sequence, so that the number of steps must be said."""
    return not any(each.is_sequence for each in system.inputs)


def parameters(system: System, layout: Layout) -> list[str]:
    """The lines that give the parameters that a system reads their names, each once, those of one pack side by side."""
    read = dict.fromkeys(str(leaf) for equation in system.equations for leaf in equation.reads if isinstance(leaf, sp.Symbol))
    return list(dict.fromkeys(_parameter(name, system[name], layout) for name in read if system[name].role in GIVEN))


def _parameter(name: str, variable: Variable, layout: Layout) -> str:
    column = "[:, None]" if is_column(variable) else ""
    pack = layout.packs.get(name)
    if pack is None:
        return f'{identifier(name)} = params["{name}"]{column}'
    members = ", ".join(f'params["{member}"]' for member in pack.members)
    return f"{identifier(pack.name)} = np.concatenate([{members}]){column}"


def parameter_axes(system: System) -> list[str]:
    """The lines that refuse parameters of which one is missing or has other axes than it should, so that sizes can be read from them."""
    ones = ", ".join("1" for _ in sizes(system))
    return [
        f"if any(np.ndim(params.get(name)) != len(shape) for name, shape in shapes({ones}).items()):",
        '    raise ValueError("params: give an array for each of " + ", ".join(PARAMETERS) + ", matrices with two axes, columns with one")',
    ]


def learned(system: System, columns: str = "", read: str = "") -> list[str]:
    """The lines of `forward` that learn T, batch, sizes and dtype from the arrays given, and check all of these.

    `columns` is a line of its own that reads T and batch, `read` a further argument of what checks the inputs.
    """
    lines = [
        *sized(system, columns),
        f'params = checked("params", params, {expected(system)})',
        f'inputs = checked("inputs", inputs, {input_shapes(system)}{read})',
        "dtype = np.result_type(*params.values(), *inputs.values())"
        if shapes_of(system) or system.inputs
        else "dtype = np.result_type(*(initial.values() or [np.float64]))",
    ]
    if given(system):
        lines += [
            f'initial = completed("initial", initial, {initial_shapes(system)}, dtype)',
            "dtype = np.result_type(dtype, *initial.values())",
        ]
    return lines


def expected(system: System) -> str:
    """The shapes that the parameters should have, in code."""
    return f"fitting({', '.join(['params', *map(str, sizes(system))])})"


def input_shapes(system: System) -> str:
    """The shapes of the arrays of the inputs, by name."""
    return "{" + ", ".join(f'"{each.name}": {outside(each)}' for each in system.inputs) + "}"


def initial_shapes(system: System) -> str:
    """The shapes of the arrays of values outside 1..T, by name."""
    return "{" + ", ".join(f'"{each.name}": {initial_shape(each, system)}' for each in given(system)) + "}"


def sized(system: System, columns: str = "") -> list[str]:
    """The lines that learn T, batch and sizes from arrays of which they have seen that these have so many axes; `columns` as in `learned`."""
    own = sizes(system)
    told = sources(system)
    found = {size: source for size in own if (source := next(told.of(size), None))}
    lines = [
        *parameter_axes(system),
        *_lengths(system, [each for each, _ in found.values() if each.role is Role.INPUT]),
    ]
    if not system.inputs or any(each.role is Role.DEFINED for each, _ in found.values()):
        lines += from_initial(system, [each for each, _ in found.values() if each.role is Role.DEFINED])
    if not system.inputs:
        lines += [_batch_of_initial(system), *some_sequences("initial")]
    return [*lines, *([columns] if columns else []), *(f"{size} = {found[size][1] if size in found else '1'}" for size in own)]


def _lengths(system: System, read: list[Variable]) -> list[str]:
    """T and the batch, from the first input that is a sequence, or what there is; the inputs that sizes are read from have their axes."""
    first = next((each for each in system.inputs if each.is_sequence), None)
    lines = []
    for each in dict.fromkeys([*([first] if first else system.inputs[:1]), *read]):
        axes = outside(each).count(",") + 1
        lines += [
            f'if np.ndim(inputs.get("{each.name}")) != {axes}:',
            f'    raise ValueError("inputs: {each.name} is missing or has not {AXES[axes]} axes, expected {_told(each)}")',
        ]
    if first:
        told = '    raise ValueError(f"inputs: {T} steps of {batch} sequences, expected 1 or more of each")'
        return [*lines, f'T, batch = np.shape(inputs["{first.name}"])[:2]', "if T == 0 or batch == 0:", told]
    steps = ["if steps is None or steps < 1:", '    raise ValueError("steps: say how many there are, 1 or more")', "T = steps"]
    own = [f'batch = np.shape(inputs["{system.inputs[0].name}"])[0]', *some_sequences("inputs")] if system.inputs else []
    return [*lines, *steps, *own]


def some_sequences(kind: str) -> list[str]:
    """The lines that refuse a batch of no sequence."""
    return ["if batch < 1:", f'    raise ValueError(f"{kind}: {{batch}} sequences, expected 1 or more")']


AXES = {2: "two", 3: "three", 4: "four"}


def _told(variable: Variable) -> str:
    """The axes of an input in words."""
    return f"({'T, ' if variable.is_sequence else ''}batch, rows{'' if is_column(variable) else ', columns'})"


def from_initial(system: System, read: list[Variable]) -> list[str]:
    """Lines: the initial values by name, with as many axes as they should have, so that sizes can be read from those of `read`."""
    axes = ", ".join(f'"{each.name}": {initial_shape(each, system).count(",") + 1}' for each in given(system))
    lines = [
        "initial = dict(initial or {})",
        f"if any(np.ndim(initial[name]) != axes for name, axes in {{{axes}}}.items() if name in initial):",
        '    raise ValueError("initial: an array has not the axes batch, rows and, of a matrix, columns")',
    ]
    for each in dict.fromkeys(read):
        lines += [f'if "{each.name}" not in initial:', f'    raise ValueError("initial: {each.name} is missing, which says its size")']
    return lines


def _batch_of_initial(system: System) -> str:
    places = ", ".join(f'("{each.name}", {-2 if is_column(each) else -3})' for each in given(system))
    one = f"({places},)" if len(given(system)) == 1 else f"({places})"
    return f"batch = next((np.shape(initial[name])[axis] for name, axis in {one} if name in initial), 1)"


def sources(system: System) -> Sources:
    """The arrays that tell sizes, as variables and as code."""
    return Sources(tuple(_sides(system)))


def _sides(system: System) -> Iterator[tuple[Variable, str, Expr]]:
    """The sides of the arrays that are given: the variable, the code that reads the side, and the side."""
    shapes = shapes_of(system)
    for each in (*system.parameters, *system.constants):
        for axis, side in enumerate(shapes[each.name]):
            yield each, f'np.shape(params["{each.name}"])[{axis}]', side
    for each in system.inputs:
        for axis, side in enumerate(each.shape[:1] if is_column(each) else each.shape, start=1 + each.is_sequence):
            yield each, f'np.shape(inputs["{each.name}"])[{axis}]', side
    for each in given(system):
        own = each.shape[:1] if is_column(each) else each.shape
        for axis, side in enumerate(own, start=-len(own)):
            yield each, f'np.shape(initial["{each.name}"])[{axis}]', side


@dataclass(frozen=True)
class Sources:
    """Sides of arrays that are given, each with its variable and the code that reads it."""

    sides: tuple[tuple[Variable, str, Expr], ...]

    def of(self, size: sp.Symbol) -> Iterator[tuple[Variable, str]]:
        """The arrays that tell a size, as variables and as code, the best first: one that has it as a side, then a multiple or some more."""
        yield from self._same.get(size, ())
        for each, read, side in self._made.get(size, ()):
            if part := _part(side, size):
                yield each, read + part

    @cached_property
    def _same(self) -> dict[Expr, list[tuple[Variable, str]]]:
        """What is read, by the side that it is."""
        found: dict[Expr, list[tuple[Variable, str]]] = {}
        for each, read, side in self.sides:
            found.setdefault(side, []).append((each, read))
        return found

    @cached_property
    def _made(self) -> dict[Expr, list[tuple[Variable, str, Expr]]]:
        """The sides that are computed from a size, by the size."""
        found: dict[Expr, list[tuple[Variable, str, Expr]]] = {}
        for each in self.sides:
            for size in each[2].free_symbols:
                found.setdefault(size, []).append(each)
        return found


def _part(side: Expr, size: sp.Symbol) -> str:
    """What is to be done with a side to have the size: " // 4" or " - 2" for 4 n and n + 2; "" if that will not do."""
    if side == size:
        return ""
    ratio, more = sp.expand(side / size), sp.expand(side - size)
    if more.is_Integer:
        return f" {'-' if more > 0 else '+'} {abs(more)}"
    return f" // {ratio}" if ratio.is_Integer else ""
