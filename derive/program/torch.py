"""A Derivation to a PyTorch module: the emitted NumPy source, its two passes as an `autograd.Function`, and that as an `nn.Module`."""

from __future__ import annotations

from derive.calculus.bptt import Derivation
from derive.program.wrap import wrapped


def emit(derivation: Derivation, checkpoint: bool = False) -> str:
    """The source of a module that trains inside a PyTorch program: that of `derive.program.numpy`, with an `nn.Module` called `Layer`.

    Raises:
        MissingRule, InputError: as `derive.program.wrap.wrapped`.
    """
    return wrapped(derivation, checkpoint, "PyTorch", IMPORTS, TEXT)


IMPORTS = """import os

if "torch" not in sys.modules:  # its threads are to wait without turning round, which takes the cores of NumPy's; it asks when it is loaded
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
import torch
"""
TEXT = '''
def keyed(names):
    """By parameter, its key in a layer's `weights`: its name, and a `_` behind that where modules of PyTorch have something so called."""
    taken, keys = torch.nn.ParameterDict(), {}
    for name in names:
        key = name
        while hasattr(taken, key) or key in keys.values() or (key != name and key in names):
            key += "_"
        keys[name] = key
    return keys


KEYS = keyed(PARAMETERS)


def grouped(names, tensors):
    """Parameters, inputs and initial values as arrays, which share their memory with tensors on the CPU."""
    groups = {"params": {}, "inputs": {}, "initial": {}}
    for (kind, name), tensor in zip(names, tensors):
        groups[kind][name] = tensor.detach().cpu().numpy()
    return groups.values()


class Sequence(torch.autograd.Function):
    """The two passes on tensors; it can be differentiated once."""

    @staticmethod
    def forward(ctx, names, told, *tensors):
        outputs, ctx.tape = forward(*grouped(names, tensors), **told)
        ctx.names = names
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)
        made = {name: torch.from_numpy(outputs[name]).to(tensors[0].device) for name in RETURNED}
        ctx.mark_non_differentiable(*(made[name] for name in RETURNED if name not in (*OUTPUTS, *FINALS)))
        return tuple(made.values())

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *gradients):
        upstream = {name: each.cpu().numpy() for name, each in zip(RETURNED, gradients) if each is not None}
        last = {FINALS[name]: each for name, each in upstream.items() if name in FINALS}
        finals = {"final_gradients": last} if last else {}
        params, _, _ = grouped(ctx.names, ctx.saved_tensors)
        grads = backward(params, ctx.tape, {name: each for name, each in upstream.items() if name in OUTPUTS}, **finals)._asdict()
        found = (grads[kind].get(name) for kind, name in ctx.names)
        return None, None, *(each if each is None else torch.from_numpy(each).to(ctx.saved_tensors[0].device) for each in found)


class Layer(torch.nn.Module):
    """The network as a module: Layer(x=3, h=4) has the sizes and the parameters that `init` gives; Layer({"x": 3, "h": 4}) too.

    layer(x=tensor), or layer({"x": tensor}), returns its outputs and final states by name: tensors (T, batch, rows) in, (T, batch, rows) out.
    States begin at `initial`, tensors by name, or at zero. `steps` is T where no input says it. `weights` has the parameters by `KEYS`.
    """

    def __init__(self, by_name=None, /, seed=0, dtype=torch.float32, **sizes):
        super().__init__()
        made = {name: torch.from_numpy(array).to(dtype) for name, array in init({**(by_name or {}), **sizes}, seed).items()}
        self.weights = torch.nn.ParameterDict({
            KEYS[name]: torch.nn.Parameter(tensor, requires_grad=name not in CONSTANTS) for name, tensor in made.items()
        })

    def forward(self, by_name=None, /, initial=None, steps=None, **inputs):
        params = {name: self.weights[key] for name, key in KEYS.items()}
        groups = {"params": params, "inputs": {**(by_name or {}), **inputs}, "initial": initial or {}}
        names = [(kind, name) for kind, group in groups.items() for name in group]
        tensors = [tensor for group in groups.values() for tensor in group.values()]
        return dict(zip(RETURNED, Sequence.apply(names, {} if steps is None else {"steps": steps}, *tensors)))'''
