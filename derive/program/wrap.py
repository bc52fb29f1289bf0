"""What the targets share that wrap the emitted NumPy module for a framework of automatic differentiation."""

from __future__ import annotations

from derive.calculus.bptt import Derivation
from derive.errors import InputError
from derive.program import numpy
from derive.program.arguments import ends
from derive.program.escaping import quoted
from derive.program.finals import finals
from derive.program.prepare import prepare


def wrapped(derivation: Derivation, checkpoint: bool, framework: str, imports: str, text: str) -> str:
    """The emitted NumPy source with a wrapper behind its functions.

    Args:
        derivation: of a cell or network.
        checkpoint: as `derive.program.emit.emit`.
        framework: its name, for messages.
        imports: lines after the imports of the NumPy module.
        text: the wrapper, in which FINALS and RETURNED may be read, and CONSTANTS.

    Raises:
        MissingRule, InputError: as `derive.program.numpy.emit`; or the system has a loss of its own, which is left to the framework.
    """
    forward = derivation.forward
    if forward.loss:
        raise InputError(
            f"it has a loss of its own, which is left to {framework}", place=derivation.system.name, advice="give it without that head"
        )
    reached, last = finals(prepare(derivation)).values(), ends(forward)
    told = ", ".join(f"{quoted(name)}: {quoted(state.name)}" for name, state in last.items() if state in reached)
    constants = "" if forward.constants else "CONSTANTS = ()\n"
    returned = f"(*OUTPUTS, {', '.join(map(quoted, last))})" if last else "OUTPUTS"
    names = f"RETURNED = {returned}\nFINALS = {{{told}}}"
    return numpy.emit(derivation, checkpoint, imports, (f"{constants}{names}", text))
