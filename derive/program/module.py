"""The frame of an emitted module: its docstring, constants, `init`, and the check of its own gradients."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from derive.notation.write import equation_text
from derive.program.arguments import ends, given, initial_shape, learned, needs_steps, shapes_of, sizes, states
from derive.program.arrays import ALL_FORMS, CHECKED, COLUMNS, has_all_forms, is_column, outside
from derive.program.functions import SOURCES, called_in, overflowing
from derive.program.prepare import Program
from derive.program.segments import BACKWARD, FORWARD, segmented
from derive.system import Kind, System, Variable

INDENT = "    "

HEAD = """
from __future__ import annotations

import math
import sys
import threading
from typing import NamedTuple

import numpy as np
"""


@dataclass(frozen=True)
class Frame:
    """What the modules of one kind have around their passes.

    Attributes:
        helpers: sources of functions by name.
        checked: the source of the function that checks arrays.
        columns, read: what `forward` has to learn from its arguments, see `arguments.learned`.
        argument: a further argument of `forward`, which is None if it is not given; "" for none.
        example: the line of the check of gradients that makes it.
        told: how arrays lie inside.
        returns: what `forward` gives, in words.
        functions: sources of what the library lacks, by name.
        head: the imports.
        library, dtypes, array: what it computes with, which arrays come and go, both in words, and their type.
        drawn: the arguments of `init` that say which arrays it makes, how they follow from NumPy's, and what it returns.
    """

    helpers: Mapping[str, str]
    checked: str
    columns: str = ""
    read: str = ""
    argument: str = ""
    example: str = ""
    told: str = """Inside, a value is (rows, batch), so that W @ x reads as in the equations, and t counts
from 0: h[t] is the value of step t + 1, h[-1] the initial one."""
    returns: str = "The outputs and final states by name, and the tape for `backward`; `initial` None is zeros"
    functions: Mapping[str, str] = field(default_factory=lambda: SOURCES)
    head: str = HEAD
    library: str = "NumPy"
    dtypes: str = "in float32 or float64"
    array: str = "np.ndarray"
    drawn: tuple[str, str, str] = ("dtype=np.float64", ".astype(dtype)", "params")

    def learned(self, system: System) -> list[str]:
        """The first lines of `forward`."""
        return learned(system, self.columns, self.read)

    def ahead(self, body: str) -> str:
        """What stands before a function with that body."""
        return overflowing(body)


def assemble(
    program: Program,
    forward: list[str],
    backward: list[str],
    tape: str,
    streaming: tuple[str, str],
    is_segmented: bool = False,
    frame: Frame | None = None,
) -> str:
    """The module from its parts.

    `tape` is the formula of its size, `streaming` the source of `start` and `step` and, where there is none, why; `is_segmented` is for
    passes that keep the states between segments only; `frame` None is that of sequences of one length.
    """
    system = program.derivation.forward
    frame = frame or Frame(ALL_FORMS if has_all_forms(system) else COLUMNS, CHECKED)
    forward = [*frame.learned(system), *forward]
    segments = [segmented(program)] if is_segmented else []
    names = (FORWARD, BACKWARD) if is_segmented else ("forward", "backward")
    helpers = _helpers({**frame.functions, **frame.helpers}, "\n".join([*forward, *backward, *segments, streaming[0]]))
    is_chunked = any("chunks(" in line for line in (*forward, *backward))
    kept = f"{tape} numbers{SEGMENTS_TOLD if is_segmented else ''}.{CHUNKS_TOLD if is_chunked else ''}"
    sections = [
        "\n\n".join(
            part.strip("\n")
            for part in (
                _docstring(program.derivation.system, frame, kept, streaming[1]),
                frame.head,
                _constants(system, frame),
            )
        ),
        *helpers,
        frame.checked,
        _shapes(system),
        _init(system, frame),
        _forward(system, names[0], frame, forward),
        _backward(system, names[1], frame, backward),
        *segments,
        *([streaming[0]] if streaming[0] else []),
        _example(system),
        _check_gradients(system, frame),
        MAIN,
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections) + "\n"


def _helpers(sources: Mapping[str, str], bodies: str) -> list[str]:
    """The sources of the functions that are called or handed on, by one another too, in the order in which they are kept."""
    called: dict[str, None] = {}
    waiting = [bodies]
    while waiting:
        text = waiting.pop()
        found = called_in(text, (name for name in sources if name not in called))
        called.update(dict.fromkeys(found))
        waiting += [sources[name] for name in found]
    return [source for name, source in sources.items() if name in called]


def _docstring(system: System, frame: Frame, kept: str, obstacle: str) -> str:
    title = system.notes.get("title", system.name)
    reference = textwrap.fill(system.notes.get("reference", ""), 110)
    equations = "\n".join(f"    ({each.number}) {equation_text(each, system)}" for each in system.equations)
    call = f"outputs, tape = forward({_arguments(system, frame, 'T')})"
    about = f"\n{reference}\n" if reference else ""
    return f'''"""{title}: forward and backward pass in {frame.library}.
{about}
{equations}

    params = init({{{", ".join(f'"{_rows_of(size)}": {3 + at}' for at, size in enumerate(sizes(system)))}}}, seed=0)
    {call:<54}  inputs[name]: (T, batch, rows); initial[name]: (batch, rows)
    grads = backward(params, tape, output_gradients)        grads.params, grads.inputs, grads.initial
{_steps_told(obstacle)}

Arrays come and go time-major, {frame.dtypes}. {frame.told} Gradients of parameters are summed over steps and batch. A number before a
line is that of its equation in the derivation, which `python FILE --check` tests by differences. The tape has
{kept}
{_forms_told(system)}"""'''


SEGMENTS_TOLD = """ if it keeps all; else that, with T the steps of one segment, is what `backward`
computes again for each segment"""

CHUNKS_TOLD = """
What neither pass needs beyond some steps is computed for one chunk of steps after the other, and counted from its first: p[here] is p at t."""


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
    told = []
    if matrices:
        told.append("A matrix has an axis of columns after that of rows: (T, batch, rows, columns) outside, (rows, columns, batch) inside.")
    if single:
        told.append(textwrap.fill(f"What is the same at all steps has no axis T: {', '.join(single)}.", 140))
    return "\n" + "\n".join(told) + "\n" if told else ""


def _rows_of(size: sp.Symbol) -> str:
    return str(size).removeprefix("n_")


def _constants(system: System, frame: Frame) -> str:
    def names(kind: str, variables: tuple[str, ...]) -> str:
        line = f"{kind} = {_tuple(variables)}"
        return line if len(line) < 120 else _wrapped(kind, variables)

    return "\n".join([
        names("INPUTS", tuple(each.name for each in system.inputs)),
        names("PARAMETERS", tuple(shapes_of(system))),
        *([names("CONSTANTS", tuple(each.name for each in system.constants))] if system.constants else []),
        names("STATES", tuple(each.name for each in states(system))),
        names("OUTPUTS", system.outputs),
            *([f'LOSS = "{system.loss}"'] if system.loss else ["LOSS = None"]),
        "",
        "",
        "class Gradients(NamedTuple):",
        '    """The derivatives of the loss by parameters, inputs and initial values: arrays by name."""',
        "",
        *(f"    {group}: dict[str, {frame.array}]" for group in ("params", "inputs", "initial")),
    ])  # fmt: skip


def _tuple(names: tuple[str, ...]) -> str:
    inside = ", ".join(f'"{name}"' for name in names)
    return f"({inside}{',' if len(names) == 1 else ''})"


def _wrapped(kind: str, variables: tuple[str, ...]) -> str:
    body = textwrap.fill(", ".join(f'"{each}"' for each in variables), 110, initial_indent=INDENT, subsequent_indent=INDENT)
    return f"{kind} = (\n{body},\n)"


def _shapes(system: System) -> str:
    arguments = ", ".join(str(size) for size in sizes(system))
    body = "\n".join(
        f'        "{name}": ({", ".join(map(str, shape))}{"," if len(shape) == 1 else ""}),' for name, shape in shapes_of(system).items()
    )
    return f'''
def shapes({arguments}):
    """The shapes of the parameters, by name."""
    return {{
{body}
    }}
'''


def _init(system: System, frame: Frame) -> str:
    own = sizes(system)
    sequences: dict[sp.Expr, list[str]] = {}
    for each in system.variables.values():
        if each.is_sequence and each.kind is Kind.PRIMAL:
            sequences.setdefault(each.shape[0], []).append(each.name)
    needed = {_rows_of(size): _same_rows(size, sequences.get(size, [])) for size in own}
    starts = {each.name: each.start for each in system.parameters if each.start is not None}
    starts |= {
        each.name: 1.0 if each.start is None else each.start for each in system.constants if each.start is not None or is_column(each)
    }
    reads = "\n".join(
        f"    {size} = rows_of(sizes, {_tuple(alternatives)})" for size, alternatives in zip(own, needed.values(), strict=True)
    )
    fill = "\n".join(f'    params["{name}"] = np.full_like(params["{name}"], {value})' for name, value in starts.items())
    exceptions = " but for " + ", ".join(f"{name} = {value:g}" for name, value in starts.items()) if starts else ""
    filled = f"{fill}\n" if fill else ""
    arguments, drawn, made = frame.drawn
    return f'''
def rows_of(sizes, names):
    """The number of rows, given under any of the names that share it."""
    found = [sizes[name] for name in names if name in sizes]
    if not found:
        raise ValueError(f"sizes: {{names[0]}} is missing; give its number of rows")
    return found[0]


def init(sizes, seed=0, {arguments}):
    """Parameters to begin with: matrices uniform within 1 / sqrt(columns), columns zero{exceptions}.

    `sizes` gives the rows of variables by name.
    """
    rng = np.random.default_rng(seed)
{reads}
    params = {{}}
    for name, shape in shapes({", ".join(map(str, own))}).items():
        bound = 1 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.0
        params[name] = rng.uniform(-bound, bound, shape){drawn}
{filled}    return {made}
'''


def _same_rows(size: sp.Symbol, own: list[str]) -> tuple[str, ...]:
    """The names that share a number of rows, the one it is named after first."""
    first = _rows_of(size)
    return (first, *(name for name in own if name != first))


def _forward(system: System, name: str, frame: Frame, body: list[str]) -> str:
    text = "\n".join(f"{INDENT}{line}" if line else "" for line in body)
    argument = f", {frame.argument}=None" if frame.argument else ""
    steps, told = (", steps=None", "; `steps` is T") if needs_steps(system) else ("", "")
    ahead = [name for name, each in ends(system).items() if system.reach[each.name][1]]
    told += f".\n\n    What is read ahead ends at the first step: {', '.join(ahead)}.\n    " if ahead else "."
    return f'''
{frame.ahead(text)}def {name}(params, inputs, initial=None{steps}{argument}):
    """{frame.returns}{told}"""
{text}
'''


FINALS_TOLD = """

    `final_gradients` are those by the final states, which steps to come have read, by name; None is zeros.
    """


def _backward(system: System, name: str, frame: Frame, body: list[str]) -> str:
    text = "\n".join(f"{INDENT}{line}" if line else "" for line in body)
    unknown = (
        ""
        if system.loss
        else """    for name in output_gradients:
        if name not in OUTPUTS:
            raise ValueError(f"output_gradients: {name} is not an output; the outputs are {', '.join(OUTPUTS)}")
"""
    )
    told = (
        "The gradients of the loss, summed over steps and batch; there is nothing to give from outside."
        if system.loss
        else "The gradients, given those of the loss by the outputs, (T, batch, rows) by name; one that is not given is zero."
    )
    default = "=None" if system.loss else ""
    takes_finals = any("final_gradients" in line for line in body)
    finals = ", final_gradients=None" if takes_finals else ""
    told += FINALS_TOLD if takes_finals else ""
    return f'''
{frame.ahead(text)}def {name}(params, tape, output_gradients{default}{finals}):
    """{told}"""
{unknown}{text}
'''


def _example(system: System) -> str:
    own = {str(size): 3 + at for at, size in enumerate(sizes(system))}
    inputs = ", ".join(f'"{each.name}": {_random(each)}' for each in system.inputs)
    initial = ", ".join(f'"{each.name}": rng.normal(size={initial_shape(each, system)})' for each in given(system))
    valued = [each for each in system.constants if each.start is not None]
    constants = "".join(f'    params["{each.name}"][...] = {each.start}\n' for each in valued)
    small = "".join(f", {size}={number}" for size, number in own.items())
    return f'''
def example(T, batch, rng{small}):
    """Random parameters, inputs and initial values, by default of small sizes, all different."""
    params = {{name: rng.normal(0, 1 / np.sqrt(shape[-1]), shape) for name, shape in shapes({", ".join(own)}).items()}}
{constants}    return params, {{{inputs}}}, {{{initial}}}
'''


def _random(variable: Variable) -> str:
    leading = "(T, batch)" if variable.is_sequence else "batch"
    is_drawn = variable.is_distribution and is_column(variable)
    return f"rng.dirichlet(np.ones({variable.shape[0]}), {leading})" if is_drawn else f"rng.normal(size={outside(variable)})"


def _check_gradients(system: System, frame: Frame) -> str:
    source = CHECK_GRADIENTS.replace("forward(params, inputs, initial)", f"forward({_arguments(system, frame, 'T')})")
    if frame.argument:
        source = source.replace("batch=2", "batch=3").replace("    outputs, tape", f"    {frame.example}\n    outputs, tape")
    if system.loss:
        return source.replace("WEIGHTS", "").replace("GIVEN", "").replace("LOSS", f'float(outputs["{system.loss}"].real.sum())')
    weights = "\n    weights = {name: rng.normal(size=outputs[name].shape) for name in OUTPUTS}"
    loss = "sum(float((outputs[name] * weights[name]).sum()) for name in OUTPUTS)"
    return source.replace("WEIGHTS", weights).replace("GIVEN", ", weights").replace("LOSS", loss)


def _arguments(system: System, frame: Frame, steps: str) -> str:
    """What `forward` is called with."""
    told = f", steps={steps}" if needs_steps(system) else ""
    return f"params, inputs, initial{told}{f', {frame.argument}={frame.argument}' if frame.argument else ''}"


CHECK_GRADIENTS = '''
def check_gradients(seed=0, T=5, batch=2, step=1e-5, tolerance=1e-6):
    """Central differences against `backward`, in float64; prints a line for each array and returns whether all agree."""
    rng = np.random.default_rng(seed)
    params, inputs, initial = example(T, batch, rng)
    outputs, tape = forward(params, inputs, initial)WEIGHTS
    grads = backward(params, tapeGIVEN)

    def loss():
        outputs, _ = forward(params, inputs, initial)
        return LOSS

    agree, noise = True, 1e-15 * abs(loss()) / step
    compared = ((params, grads.params), (inputs, grads.inputs), (initial, grads.initial))
    for arrays, own in compared:
        for name in own:
            array = arrays[name]
            differences = np.zeros_like(array)
            for at in np.ndindex(array.shape):
                before = array[at]
                array[at] = before + step
                above = loss()
                array[at] = before - step
                differences[at] = (above - loss()) / (2 * step)
                array[at] = before
            largest, error = np.abs(differences).max(), np.abs(own[name] - differences).max()
            seen = max(largest, np.abs(own[name]).max()) * tolerance > noise
            told = "too small to see" if not seen else "agrees" if error <= tolerance * largest else "DISAGREES"
            agree &= told != "DISAGREES"
            print(f"{name:>10}  {told:<16}  largest value {largest:.1e}, largest error {error:.1e}")
    return agree
'''

MAIN = """
if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        sys.exit(f"usage: python {sys.argv[0]} --check")
    sys.exit(0 if check_gradients() else 1)
"""
