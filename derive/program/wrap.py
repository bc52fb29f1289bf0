"""What the targets share that wrap the emitted NumPy module for a framework of automatic differentiation."""

from __future__ import annotations

from derive.calculus.bptt import Derivation
from derive.errors import InputError
from derive.program import numpy
from derive.program.arguments import ends
from derive.program.finals import finals
from derive.program.prepare import prepare


def wrapped(derivation: Derivation, checkpoint: bool, framework: str, imports: str, text: str) -> str:
    """The emitted NumPy source with a wrapper behind its functions.

    Args:
        derivation: of a cell or network.
        checkpoint: as `derive.program.emit.emit`.
        framework: its name, for messages.
        imports: lines after the import of NumPy.
        text: the wrapper, in which FINALS and RETURNED may be read, and CONSTANTS.

    Raises:
        MissingRule, InputError: as `derive.program.numpy.emit`; or the system has a loss of its own, which is left to the framework.
    """
    forward = derivation.forward
    if forward.loss:
        raise InputError(
            f"it has a loss of its own, which is left to {framework}", place=derivation.system.name, advice="give it without that head"
        )
    head, guard, main = numpy.emit(derivation, checkpoint).partition("\n\n\nif __name__ ==")
    head = head.replace("\nimport numpy as np\n", f"\nimport numpy as np\n{imports}", 1)
    reached, last = finals(prepare(derivation)).values(), ends(forward)
    told = ", ".join(f'"{name}": "{state.name}"' for name, state in last.items() if state in reached)
    constants = "" if forward.constants else "CONSTANTS = ()\n"
    returned = "".join(f', "{name}"' for name in last)
    names = f"RETURNED = (*OUTPUTS{returned})\nFINALS = {{{told}}}"
    return f"{head}\n\n\n{constants}{names}\n\n\n{text.strip()}{guard}{main}"
