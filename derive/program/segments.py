"""Checkpointing: the passes of an emitted module over one segment of the steps after the other, from states that were kept.

Of a sequence of T steps the tape has the states between segments of about sqrt(T) steps, and `backward` computes each segment again
before it goes back through it (A. Griewank, Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
differentiation, 1992; T. Chen et al., Training deep nets with sublinear memory cost, 2016).
"""

from __future__ import annotations

from derive.algebra import nodes
from derive.errors import InputError
from derive.program.arguments import states
from derive.program.finals import finals
from derive.program.prepare import Program
from derive.system import Role, System

FORWARD, BACKWARD = "forward_segment", "backward_segment"
"""What the passes over one segment are called."""


def segmented(program: Program) -> str:
    """The source of `forward` and `backward` over segments.

    Raises:
        InputError: something else than the states goes from one step to later ones, so that a segment cannot be computed by itself.
    """
    system = program.derivation.forward
    carried = [each.name for each in finals(program).values()]
    if reason := _obstacle(system, carried):
        raise InputError(f"it cannot be computed segment by segment: {reason}", place=program.derivation.system.name,
                         advice="emit it without checkpointing")  # fmt: skip
    sequences = [each.name for each in system.inputs if each.is_sequence]
    text = TEXT.replace("SEQUENCES_", _named(sequences)).replace("CARRIED_", _named(carried))
    return text.replace("OF_OUTPUTS_", "output_gradients=None" if system.loss else "output_gradients").replace(
        "GIVEN_", GIVEN[bool(system.loss)]
    )


def _obstacle(system: System, carried: list[str]) -> str:
    """Why a segment of a system cannot be computed from the states at its begin; "" if it can."""
    given = {each.name for each in states(system)}
    if not carried and system.states:
        return f"what {system.states[0].name} begins with is computed or a parameter, and not given"
    if not carried:
        return "nothing goes from one step to the next"
    if not any(each.is_sequence for each in system.inputs):
        return "no input is a sequence that could be cut"
    for name, (low, high) in system.reach.items():
        if high > 0:
            return f"{name} is read at later steps"
        if low < 0 and name not in given:
            return f"{name} is read at earlier steps and is no state whose initial value is given"
    for each in system.variables.values():
        if each.role is Role.CLOCK:
            return "a clock counts its steps"
    for equation in system.equations:
        if nodes.T in equation.right.free_symbols or any(isinstance(part, nodes.OverTime) for part in nodes.parts(equation.right)):
            return f"equation ({equation.number}) reads a whole sequence"
    if still := [name for name in system.outputs if not system[name].is_sequence]:
        return f"the output {still[0]} is the same at all steps"
    return ""


def _named(names: list[str]) -> str:
    """A tuple of names, as source."""
    return "(" + "".join(f'"{name}", ' for name in names).rstrip() + ")"


GIVEN = (
    'upstream = checked("output_gradients", output_gradients, {name: shapes[name] for name in OUTPUTS if name in output_gradients})',
    "upstream = {}",
)
"""The line that takes the gradients by the outputs, and that of a system with a loss of its own, which has none given."""

TEXT = '''
SEQUENCES = SEQUENCES_
CARRIED = CARRIED_


def part_of(arrays, at, length):
    """One segment of what is given step by step, and all of what is not."""
    return {name: array[at * length:(at + 1) * length] if name in SEQUENCES + OUTPUTS else array for name, array in arrays.items()}


def forward(params, inputs, initial=None, segment=None, keep=False):
    """The outputs and final states by name, and the tape for `backward`, which has the states between segments of so many steps.

    `segment` None is about the square root of T. `keep` keeps what `backward` needs of all segments, so that it computes none again.
    """
    steps = {len(inputs[name]) if np.ndim(inputs.get(name)) else 0 for name in SEQUENCES}
    if len(steps) != 1 or 0 in steps:
        raise ValueError(f"inputs: give {', '.join(SEQUENCES)}, each for the same steps, one or more")
    if segment is not None and segment < 1:
        raise ValueError(f"segment: {segment} steps, expected 1 or more")
    T = steps.pop()
    length = segment or math.isqrt(T - 1) + 1
    states, tapes, outputs = initial, [], {}
    for at in range(-(-T // length)):
        found, tape = forward_segment(params, part_of(inputs, at, length), states)
        tapes.append(tape if keep else states)
        for name in OUTPUTS:
            if at == 0:
                outputs[name] = empty((T, *found[name].shape[1:]), found[name].dtype)
            outputs[name][at * length:(at + 1) * length] = found[name]
        states = {name: found[f"{name}_T"] for name in STATES}
    outputs |= {f"{name}_T": states[name] for name in STATES}
    return outputs, (inputs, tapes, length, keep, {name: outputs[name].shape for name in OUTPUTS})


def backward(params, tape, OF_OUTPUTS_, final_gradients=None):
    """The gradients, given those of the loss by the outputs and by the final states; one that is not given is zero."""
    inputs, tapes, length, keep, shapes = tape
    GIVEN_
    later, params_bar, inputs_bar = final_gradients or {}, {}, {}
    for at in reversed(range(len(tapes))):
        inside = part_of(inputs, at, length)
        own = tapes[at] if keep else forward_segment(params, inside, tapes[at])[1]
        grads = backward_segment(params, own, part_of(upstream, at, length), {name: later[name] for name in CARRIED if name in later})
        later = grads.initial
        for name, array in grads.params.items():
            params_bar[name] = params_bar[name] + array if name in params_bar else array
        for name, array in grads.inputs.items():
            if name not in SEQUENCES:
                inputs_bar[name] = inputs_bar[name] + array if name in inputs_bar else array
                continue
            if name not in inputs_bar:
                inputs_bar[name] = empty(np.shape(inputs[name]), array.dtype)
            inputs_bar[name][at * length:(at + 1) * length] = array
    return Gradients(params_bar, inputs_bar, later)
'''
