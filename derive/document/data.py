"""Systems and derivations as plain data, for programs that read JSON."""

from __future__ import annotations

from typing import Any

from derive.calculus.bptt import Derivation
from derive.notation.write import equation_latex, equation_text, latex, text
from derive.system import Equation, Step, System


def system_data(system: System) -> dict[str, Any]:
    """A system: its variables with role and shape, and its equations as text and LaTeX, with the steps that made them."""
    return {
        "name": system.name,
        "notes": dict(system.notes),
        "outputs": list(system.outputs),
        "loss": system.loss or None,
        "variables": {
            name: {
                "role": each.role.value,
                "kind": each.kind.value,
                "of": each.of or None,
                "shape": [str(side) for side in each.shape],
                "sequence": each.is_sequence,
            }
            for name, each in system.variables.items()
        },
        "equations": [_equation(equation, system) for equation in system.equations],
    }


def derivation_data(derivation: Derivation) -> dict[str, Any]:
    """A derivation: the system as written, with its intermediates named, its tangent and its gradients."""
    return {
        "system": system_data(derivation.system),
        "forward": system_data(derivation.forward),
        "tangent": system_data(derivation.tangent),
        "adjoint": system_data(derivation.adjoint),
    }


def _equation(equation: Equation, system: System) -> dict[str, Any]:
    return {
        "number": equation.number,
        "left": text(equation.left, system),
        "right": text(equation.right, system),
        "text": equation_text(equation, system),
        "latex": equation_latex(equation, system),
        "steps": [_step(step, system) for step in equation.steps],
    }


def _step(step: Step, system: System) -> dict[str, Any]:
    return {
        "rule": step.rule,
        "reasons": list(step.reasons),
        "equation": step.equation or None,
        "use": None if step.use is None else text(step.use, system),
        "after": text(step.after, system),
        "latex": latex(step.after, system),
    }
