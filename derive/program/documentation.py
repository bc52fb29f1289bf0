"""The docstring of an emitted module: its equations, interface and shapes, and how many numbers its tape holds."""

from __future__ import annotations

import textwrap

import sympy as sp

from derive.notation.write import equation_text, text
from derive.program.arguments import needs_steps, sizes
from derive.program.arrays import is_column
from derive.program.escaping import escaped, in_one_line
from derive.program.frame import Frame
from derive.slopes import declared
from derive.system import Boundary, System


def docstring(system: System, frame: Frame, kept: str, obstacle: str) -> str:
    """The docstring of a module; `kept` says what its tape has, and `obstacle` why it has no `step`, if so."""
    title = escaped(in_one_line(system.notes.get("title", system.name)))
    reference = "\n".join(map(escaped, textwrap.wrap(in_one_line(system.notes.get("reference", "")), 110)))
    equations = "\n".join(f"    ({each.number}) {escaped(equation_text(each, system))}" for each in system.equations)
    call = f"outputs, tape = forward({arguments(system, frame, 'T')})"
    about = f"\n{reference}\n" if reference else ""
    return f'''"""{title}: forward and backward pass in {frame.library}.
{about}
{equations}
{_slopes_told(system)}
    params = init({{{", ".join(f'"{rows_of(size)}": {3 + at}' for at, size in enumerate(sizes(system)))}}}, seed=0)
    {call:<54}  inputs[name]: (T, batch, rows); initial[name]: (batch, rows){", or more, see below" if _lags_told(system) else ""}
    grads = backward(params, tape, output_gradients)        grads.params, grads.inputs, grads.initial
{_steps_told(obstacle)}

Arrays come and go time-major, {frame.dtypes}. {frame.told} \
Gradients of parameters are summed over steps and batch. A number before a
line is that of its equation in the derivation, which `python FILE --check` tests by differences. The tape has
{kept}
T and batch are 1 or more; what else is given is refused.
{_forms_told(system)}"""'''


SEGMENTS_TOLD = """ if it keeps all; else that, with T the steps of one segment, is what `backward`
computes again for each segment"""

CHUNKS_TOLD = """
What neither pass needs beyond some steps is computed for one chunk of steps after the other, and counted from its first: p[here] is p at t."""


def _slopes_told(system: System) -> str:
    """Which slopes are declared, and which gradients rest on them."""
    found = declared(system)
    functions = dict.fromkeys(each for own in found.values() for each in own)
    if not functions:
        return ""
    told = "; ".join(f"that of {text(each.value, system)} is {text(each.slope, system)}" for each in functions)
    rest = ", ".join(found)
    return (
        "\n" + textwrap.fill(escaped(f"Slopes that are declared, not derived: {told}. The gradients by {rest} rest on them."), 140) + "\n"
    )


def _steps_told(obstacle: str) -> str:
    """How it is run one step at a time, or why it cannot be."""
    if obstacle:
        return f"\nThere is no `step` to run it one step at a time: {obstacle}."
    return """    state = start(params, batch, initial)                   to run it one step at a time
    outputs, state = step(state, inputs)                    inputs[name], outputs[name]: (batch, rows)"""


def _forms_told(system: System) -> str:
    """What is to know of arrays that are no columns at each t."""
    matrices = [each for each in system.variables.values() if each.is_sequence and not is_column(each)]
    single = [name for name in (*(each.name for each in system.inputs), *system.outputs) if not system[name].is_sequence]
    told = _lags_told(system)
    if matrices:
        told.append("A matrix has an axis of columns after that of rows: (T, batch, rows, columns) outside, (rows, columns, batch) inside.")
    if single:
        told.append(textwrap.fill(f"What is the same at all steps has no axis T: {', '.join(single)}.", 140))
    return "\n" + "\n".join(told) + "\n" if told else ""


def _lags_told(system: System) -> list[str]:
    """What is to know of the arrays of values outside 1..T where these are several."""
    reach = {each.name: max(-system.reach[each.name][0], system.reach[each.name][1]) for each in system.states if each.changes}
    several = {name: steps for name, steps in reach.items() if steps > 1 and system[name].boundary is not Boundary.ZERO}
    given_ones = [name for name in several if system[name].boundary is Boundary.GIVEN]
    told = []
    if given_ones:
        names = ", ".join(f"{name} ({several[name]})" for name in given_ones)
        told.append(f"What is read several steps before or ahead is (lags, batch, rows) in initial[name], among the final states and in the "
                    f"gradients by both, the oldest first: {names}.")  # fmt: skip
    if learned_ones := [f"{name}_0 ({steps})" for name, steps in several.items() if name not in given_ones]:
        told.append(f"Parameters that are such values are (lags, rows), the oldest first: {', '.join(learned_ones)}.")
    return [textwrap.fill(each, 140) for each in told]


def rows_of(size: sp.Symbol) -> str:
    """The name of the variable whose rows a size is."""
    return str(size).removeprefix("n_")


def arguments(system: System, frame: Frame, steps: str) -> str:
    """What `forward` is called with."""
    told = f", steps={steps}" if needs_steps(system) else ""
    return f"params, inputs, initial{told}{f', {frame.argument}={frame.argument}' if frame.argument else ''}"
