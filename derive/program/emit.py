"""The face of emission: a Derivation as source text for a target. A new target is a new file here, and its name below."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from derive import slopes
from derive.calculus.bptt import Derivation, bptt
from derive.errors import InputError
from derive.program.escaping import refuse_names
from derive.shown import Shown
from derive.system import System

TARGETS = ("numpy", "torch", "jax", "array_api")


class Source(Shown, str):
    """The text of a module: a str, of which a console shows its size and a notebook the whole."""

    language = "python"

    @property
    def summary(self) -> str:
        """How many lines it has, and what it says of itself."""
        return f"of {len(self.splitlines())} lines: {self.lstrip(chr(34)).partition(chr(10))[0]}"

    def text(self) -> str:
        """It as a plain str."""
        return str(self)


def emit(source: System | Derivation, target: str = "numpy", checkpoint: bool = False, ragged: bool = False) -> Source:
    """The text of a module that runs a derivation's forward and backward pass on batches of sequences.

    Args:
        source: the derivation of a cell or network; or its system, which is derived first.
        target: "numpy", which needs nothing else; "torch", that as an `nn.Module`; "jax", that as a function with a custom gradient;
            "array_api", a module of its own that computes with the arrays of any library that keeps to the standard, where these lie.
        checkpoint: for sequences whose tape has no room: keep the states between segments of about sqrt(T) steps, and compute each again.
        ragged: for batches of sequences of different lengths, which `forward` takes; of NumPy only, and not segment by segment.

    Raises:
        InputError: there is no such target, or the derivation cannot be emitted for it; or a name in it can be none in code.

    Example:
        >>> import derive
        >>> source = derive.emit(derive.cell("rnn"))
        >>> "def backward(" in source
        True
    """
    derivation = bptt(source)
    refuse_names(derivation)
    derivation = replace(derivation, forward=slopes.without(derivation.forward), adjoint=slopes.without(derivation.adjoint))
    if target not in TARGETS:
        raise InputError(f"there is no target {target!r}", advice=f"the targets are {', '.join(TARGETS)}")
    if ragged and (target != "numpy" or checkpoint):
        raise InputError("sequences of different lengths are for the target numpy, without checkpoints", advice="leave out one of the two")
    if ragged:
        from derive.program import ragged as different

        return Source(different.emit(derivation))
    return Source(import_module(f"derive.program.{target}").emit(derivation, checkpoint))
