"""What a well-formed system and a well-formed claim are. Whatever is not is refused before anything is compared.

    system_fault(forward)              why a forward system is none that a checker reads, or ""
    claim_faults(forward, adjoint)     what is wrong with the variables of a claim about it
    equation_faults(forward, adjoint)  what is wrong with its equations, each by itself
    circle_in(equations)               why equations define no values, or ""

The rules stand in docs/checker.md, in the same order. Nothing here is shared with the way in which pages are read and gradients derived.
"""

from verify.wellformed.claim import Fault, claim_faults, equation_faults
from verify.wellformed.system import circle_in, is_name, system_fault

__all__ = ["Fault", "circle_in", "claim_faults", "equation_faults", "is_name", "system_fault"]
