"""The frame of an emitted module: its docstring, constants, `init`, and the check of its own gradients."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import sympy as sp

from derive import slopes
from derive.program.arguments import ends, given, initial_shape, needs_steps, shapes_of, sizes
from derive.program.arrays import ALL_FORMS, CHECKED, COLUMNS, has_all_forms, is_column, outside
from derive.program.documentation import CHUNKS_TOLD, SEGMENTS_TOLD, arguments, docstring, rows_of
from derive.program.frame import Frame
from derive.program.functions import called_in
from derive.program.lines import code_of
from derive.program.prepare import Program
from derive.program.segments import BACKWARD, FORWARD, segmented
from derive.system import Kind, System, Variable

INDENT = "    "


def assemble(
    program: Program,
    forward: list[str],
    backward: list[str],
    tape: str,
    streaming: tuple[str, str],
    is_segmented: bool = False,
    frame: Frame | None = None,
    imports: str = "",
    wrapper: tuple[str, ...] = (),
) -> str:
    """The module from its parts.

    `tape` is the formula of its size, `streaming` the source of `start` and `step` and, where there is none, why; `is_segmented` is for
    passes that keep the states between segments only; `frame` None is that of sequences of one length. `imports` are further lines of its
    head, `wrapper` further sections.
    """
    system = program.derivation.forward
    frame = frame or Frame(ALL_FORMS if has_all_forms(system) else COLUMNS, CHECKED)
    forward = [*frame.learned(system), *forward]
    segments = [segmented(program)] if is_segmented else []
    names = (FORWARD, BACKWARD) if is_segmented else ("forward", "backward")
    helpers = _helpers(
        {**frame.functions, **frame.helpers}, "\n".join(map(code_of, [*forward, *backward, *segments, *streaming[0].splitlines()]))
    )
    is_chunked = any("chunks(" in code_of(line) for line in (*forward, *backward))
    kept = f"{tape} numbers{SEGMENTS_TOLD if is_segmented else ''}.{CHUNKS_TOLD if is_chunked else ''}"
    functions = [
        *helpers,
        frame.checked,
        _shapes(system),
        FITTING.replace("SHAPE_", frame.shape),
        _init(system, frame),
        _forward(system, names[0], frame, forward),
        _backward(system, names[1], frame, backward),
        *segments,
        *([streaming[0]] if streaming[0] else []),
        _example(system),
        _check_gradients(system, frame, tuple(slopes.declared(program.derivation.system))),
        *wrapper,
    ]
    told = docstring(program.derivation.system, frame, kept, streaming[1])
    head = [told, frame.imported("\n".join(functions)) + imports, _constants(system, frame)]
    sections = ["\n\n".join(part.strip("\n") for part in head), *functions, MAIN]
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


def _constants(system: System, frame: Frame) -> str:
    def names(kind: str, variables: tuple[str, ...]) -> str:
        line = f"{kind} = {_tuple(variables)}"
        return line if len(line) < 120 else _wrapped(kind, variables)

    return "\n".join([
        names("INPUTS", tuple(each.name for each in system.inputs)),
        names("PARAMETERS", tuple(shapes_of(system))),
        *([names("CONSTANTS", tuple(each.name for each in system.constants))] if system.constants else []),
        names("STATES", tuple(each.name for each in given(system))),
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


FITTING = '''
def fitting(arrays, *sizes):
    """The shapes of the parameters, with sizes that as many sides of the arrays have as can be, so that it is the others that are wrong."""

    def fit(sizes):
        return sum(len(shape) for name, shape in shapes(*sizes).items() if SHAPE_ == shape)

    if fit(sizes) < sum(map(len, shapes(*sizes).values())):
        sides = {side // parts for name in shapes(*sizes) for side in SHAPE_ for parts in (1, 2, 3, 4)}
        for at in range(len(sizes)):
            for side in sorted(sides):
                other = (*sizes[:at], side, *sizes[at + 1:])
                sizes = other if fit(other) > fit(sizes) else sizes
    return shapes(*sizes)
'''


def _init(system: System, frame: Frame) -> str:
    own = sizes(system)
    sequences: dict[sp.Expr, list[str]] = {}
    for each in system.variables.values():
        if each.is_sequence and each.kind is Kind.PRIMAL:
            sequences.setdefault(each.shape[0], []).append(each.name)
    needed = {rows_of(size): _same_rows(size, sequences.get(size, [])) for size in own}
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
    first = rows_of(size)
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
    takes_finals = any("final_gradients" in code_of(line) for line in body)
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


def _check_gradients(system: System, frame: Frame, declared: tuple[str, ...]) -> str:
    """The check by differences; it leaves out the gradients of what is `declared` to have a slope that values do not have."""
    source = CHECK_GRADIENTS.replace("DECLARED", BY_DECLARED_SLOPES if declared else "").replace("SLOPES", _tuple(declared))
    source = source.replace("forward(params, inputs, initial)", f"forward({arguments(system, frame, 'T')})")
    if frame.argument:
        source = source.replace("batch=2", "batch=3").replace("    outputs, tape", f"    {frame.example}\n    outputs, tape")
    if system.loss:
        return source.replace("WEIGHTS", "").replace("GIVEN", "").replace("LOSS", f'float(outputs["{system.loss}"].real.sum())')
    weights = "\n    weights = {name: rng.normal(size=outputs[name].shape) for name in OUTPUTS}"
    loss = "sum(float((outputs[name] * weights[name]).sum()) for name in OUTPUTS)"
    return source.replace("WEIGHTS", weights).replace("GIVEN", ", weights").replace("LOSS", loss)


CHECK_GRADIENTS = '''
@np.errstate(all="ignore")
def check_gradients(seed=0, T=5, batch=2, step=1e-5, tolerance=1e-6):
    """Central differences against `backward`, in float64; prints a line for each array and returns whether all agree."""
    rng = np.random.default_rng(seed)
    params, inputs, initial = example(T, batch, rng)
    outputs, tape = forward(params, inputs, initial)WEIGHTS
    grads = backward(params, tapeGIVEN)

    def loss():
        outputs, _ = forward(params, inputs, initial)
        return LOSS

    if not np.isfinite(loss()):
        print("cannot check: the loss is no number (NaN or infinite) at the values that example() draws")
        return False
    agree, noise = True, 1e-15 * abs(loss()) / step
    compared = ((params, grads.params), (inputs, grads.inputs), (initial, grads.initial))
    for arrays, own in compared:
        for name in own:DECLARED
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
            told = told if np.isfinite(error) else "is no number"
            agree &= told in ("agrees", "too small to see")
            print(f"{name:>10}  {told:<16}  largest value {largest:.1e}, largest error {error:.1e}")
    return agree
'''

BY_DECLARED_SLOPES = """
            if name in SLOPES:
                print(f"{name:>10}  rests on a declared slope, which differences do not have")
                continue"""

MAIN = """
if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        sys.exit(f"usage: python {sys.argv[0]} --check")
    sys.exit(0 if check_gradients() else 1)
"""
