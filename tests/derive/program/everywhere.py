"""A system in every target and mode: each module that is emitted for it runs, and its numbers are those of the equations.

`verdicts` gives by mode "" where all agrees, what is wrong, or "refused: ..." with the one line that says why there is no such module.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from inspect import signature
from typing import Any

import numpy as np

import derive
from derive.errors import InputError
from derive.program.arguments import ends, needs_steps
from derive.program.finals import finals
from derive.program.prepare import prepare
from derive.system import System
from tests.derive.numeric import module
from tests.derive.program.batches import Emitted
from tests.derive.program.ragged import Batch

Arrays = dict[str, Any]
STEPS, BATCH = 7, 3
LENGTHS = (3, 7, 1, 5, 5)


def verdicts(system: System, *modes: str) -> dict[str, str]:
    """What is to say of each mode, or of those that are named."""
    return {mode: _verdict(MODES[mode], system) for mode in modes or MODES}


def faults(system: System, *modes: str) -> list[str]:
    """The modes in which something is wrong; a module that there is not, with its reason told, is no fault."""
    found = verdicts(system, *modes)
    return [f"{mode}: {told}" for mode, told in found.items() if told and not told.startswith("refused: ")]


def _verdict(judge: Callable[[System], list[str]], system: System) -> str:
    try:
        return "; ".join(judge(system)[:4])
    except InputError as error:
        return f"refused: {error}"


def plain(system: System) -> list[str]:
    """The NumPy module against the meaning of the equations and of the claimed adjoint, and against differences."""
    wrong = []
    for steps in (1, 2, 5):
        wrong += [f"T = {steps}: {each}" for each in Emitted(_derived(system), steps, batch=1 + steps % 3, seed=steps).disagreements()]
    made = module(derive.emit(_derived(system)))
    return wrong if made.check_gradients() else [*wrong, "its own check of its gradients"]


def ragged(system: System) -> list[str]:
    """Sequences of different lengths against each of them alone, and those of one length too."""
    return [*Batch(system, LENGTHS, STEPS).disagreements(), *Batch(system, (4, 4), 4, seed=1).disagreements()]


def segments(system: System) -> list[str]:
    """The module that keeps states between segments against the one that keeps all."""
    derivation = _derived(system)
    whole, cut = module(derive.emit(derivation)), module(derive.emit(derivation, checkpoint=True))
    arguments = whole.example(STEPS, BATCH, np.random.default_rng(0))
    wanted, wrong = _passes(whole, arguments, system), []
    for segment in (None, 1, 3, 20):
        wrong += _differences(f"segment {segment}: ", _passes(cut, arguments, system, segment=segment), wanted)
    kept = _passes(cut, arguments, system, keep=True)
    return [*wrong, *_differences("keep: ", kept, wanted)]


def stepwise(system: System) -> list[str]:
    """The outputs of one step at a time against those of `forward`."""
    made = module(derive.emit(_derived(system)))
    if not hasattr(made, "step"):
        return []
    params, inputs, initial = made.example(STEPS, BATCH, np.random.default_rng(0))
    outputs = made.forward(params, inputs, initial, **_counted(system))[0]
    state, wrong = made.start(params, BATCH, initial), []
    for t in range(STEPS):
        given = {name: array[t] if system[name].is_sequence else array for name, array in inputs.items()}
        found, state = made.step(state, given)
        for name, array in found.items():
            expected = outputs[name][t] if system[name].is_sequence else outputs[name]
            wrong += [] if _agree(array, expected) else [f"{name} at step {t}"]
    held = dict(zip(state._fields, state, strict=True))
    for name in made.STATES:
        if (own := held.get(name, held.get(f"{name}_"))) is not None and not _agree(_batch_first(own), outputs[f"{name}_T"]):
            wrong.append(f"the state {name} behind the last step")
    return wrong


def _batch_first(value: Any) -> Any:
    return np.stack([_batch_first(each) for each in value]) if isinstance(value, tuple) else np.moveaxis(value, -1, 0)


def array_api(system: System) -> list[str]:
    """The module of the array API standard with NumPy's arrays and with tensors against the NumPy module; its steps too."""
    derivation = _derived(system)
    whole, made = module(derive.emit(derivation)), module(derive.emit(derivation, "array_api"))
    arguments, wrong = whole.example(STEPS, BATCH, np.random.default_rng(0)), []
    wanted = _passes(whole, arguments, system)
    libraries: list[Callable[[Any], Any]] = [np.asarray]
    if find_spec("torch"):
        import torch

        libraries.append(torch.asarray)
    for convert in libraries:
        given = tuple({name: convert(array) for name, array in group.items()} for group in arguments)
        wrong += _differences(f"{convert.__module__}: ", _passes(made, given, system, convert), wanted)
        if hasattr(made, "step"):
            state = made.start(given[0], BATCH, given[2])
            for t in range(STEPS):
                found, state = made.step(state, {n: a[t] if system[n].is_sequence else a for n, a in given[1].items()})
                for name, array in found.items():
                    expected = wanted["outputs"][name][t] if system[name].is_sequence else wanted["outputs"][name]
                    wrong += [] if _agree(array, expected) else [f"{convert.__module__}: {name} at step {t}"]
    return wrong


def torch_layer(system: System) -> list[str]:
    """The layer of PyTorch against the NumPy module."""
    if not find_spec("torch"):
        return []
    import torch

    derivation = _derived(system)
    whole, made = module(derive.emit(derivation)), module(derive.emit(derivation, "torch"))
    arguments = whole.example(STEPS, BATCH, np.random.default_rng(0))
    wanted = _passes(whole, arguments, system, with_finals=False)
    params, inputs, initial = ({n: torch.tensor(a, requires_grad=True) for n, a in group.items()} for group in arguments)
    layer = made.Layer(dict.fromkeys(system.variables, 3), dtype=torch.float64)
    for name, tensor in params.items():
        layer.weights[made.KEYS[name]] = torch.nn.Parameter(tensor.detach().clone(), requires_grad=name not in made.CONSTANTS)
    again = made.Layer(dict.fromkeys(system.variables, 3), dtype=torch.float64)
    if {n: a.shape for n, a in again.state_dict().items()} == {n: a.shape for n, a in layer.state_dict().items()}:
        again.load_state_dict(layer.state_dict())
        layer = again
    found = layer(inputs, initial=initial, **_counted(system))
    sum((found[name] * torch.asarray(each)).sum() for name, each in _weights(system, wanted["outputs"]).items()).backward()
    own = {
        "outputs": {name: each.detach() for name, each in found.items()},
        "params": {name: layer.weights[made.KEYS[name]].grad for name in params if name not in made.CONSTANTS},
        "inputs": {name: each.grad for name, each in inputs.items()},
        "initial": {name: each.grad for name, each in initial.items()},
    }
    return _differences("", own, wanted)


def jax_layer(system: System) -> list[str]:
    """The layer of JAX, differentiated and compiled, against the NumPy module."""
    source = derive.emit(_derived(system), "jax")
    compile(source, "<emitted>", "exec")
    if not find_spec("jax"):
        return []
    import jax

    jax.config.update("jax_enable_x64", True)
    whole, made = module(derive.emit(_derived(system))), module(source)
    arguments = whole.example(STEPS, BATCH, np.random.default_rng(0))
    wanted = _passes(whole, arguments, system, with_finals=False)
    steps = _counted(system).get("steps")
    weights = _weights(system, wanted["outputs"])

    def loss(given: Any) -> Any:
        found = made.layer(*given, steps)
        return sum((found[name] * each).sum() for name, each in weights.items()), found

    (_, found), grads = jax.jit(jax.value_and_grad(loss, has_aux=True))(arguments)
    params = {name: each for name, each in grads[0].items() if name not in made.CONSTANTS}
    return _differences("", {"outputs": found, "params": params, "inputs": grads[1], "initial": grads[2]}, wanted)


def _counted(system: System) -> dict[str, int]:
    return {"steps": STEPS} if needs_steps(system) else {}


def _weights(system: System, outputs: Arrays) -> Arrays:
    """The gradients of the loss by the outputs."""
    rng = np.random.default_rng(1)
    drawn = {name: rng.normal(size=tuple(outputs[name].shape)) for name in system.outputs}
    return {} if system.loss else drawn


def _passes(
    made: Any, arguments: Any, system: System, convert: Callable[[Any], Any] = np.asarray, with_finals: bool = True, **options: Any
) -> dict[str, Arrays]:
    """Outputs and gradients by group; `with_finals` gives gradients by final states too, where the module takes them."""
    outputs, tape = made.forward(*arguments, **_counted(system), **options)
    upstream = {name: convert(array) for name, array in _weights(system, outputs).items()}
    takes = with_finals and "final_gradients" in signature(made.backward).parameters
    rng, states = np.random.default_rng(2), {each.name: name for name, each in ends(system).items()} if takes else {}
    last = {name: convert(rng.normal(size=tuple(outputs[key].shape))) for name, key in states.items()}
    carried = {"final_gradients": {name: last[name] for name in last if name in _carried(system)}} if takes else {}
    return {"outputs": outputs, **made.backward(arguments[0], tape, upstream, **carried)._asdict()}


def _derived(system: System) -> derive.Derivation:
    """The derivation of a system, once for all modes."""
    if _DERIVED.get("system") is not system:
        derivation = derive.bptt(system)
        carried = {each.name for each in finals(prepare(derivation)).values()}
        _DERIVED.update(system=system, derivation=derivation, carried=carried)
    return _DERIVED["derivation"]


def _carried(system: System) -> set[str]:
    """The states that take a gradient by their final value."""
    _derived(system)
    carried: set[str] = _DERIVED["carried"]
    return carried


_DERIVED: dict[str, Any] = {}
"""The last derivation, and the states in it that take a gradient by their final value."""


def _differences(kind: str, own: dict[str, Arrays], wanted: dict[str, Arrays]) -> list[str]:
    wrong = []
    for group, arrays in wanted.items():
        wrong += [] if set(own[group]) == set(arrays) else [f"{kind}{group}: {sorted(own[group])} for {sorted(arrays)}"]
        for name in [name for name in arrays if name in own[group]]:
            found = own[group][name]
            found = np.zeros_like(arrays[name]) if found is None else found
            wrong += [] if _agree(found, arrays[name]) else [f"{kind}{group} {name} differs"]
    return wrong


def _agree(own: Any, wanted: Any) -> bool:
    own, wanted = np.asarray(own), np.asarray(wanted)
    scale = max(1.0, float(np.abs(wanted).max(initial=0)))
    return own.shape == wanted.shape and bool(np.allclose(own, wanted, rtol=1e-10, atol=1e-10 * scale))


MODES = {
    "plain": plain,
    "ragged": ragged,
    "segments": segments,
    "step": stepwise,
    "array_api": array_api,
    "torch": torch_layer,
    "jax": jax_layer,
}
"""By name, what judges the modules of a target or mode."""
