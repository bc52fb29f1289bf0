"""Whether what was derived is right: proofs, numeric checks, and whether a model learns.

    import verify

    report = verify.verify(derivation)                 every method's verdict on every gradient
    proof = verify.prove(forward, adjoint)             for all lengths and all sizes
    result = verify.train(system, "poems")             the emitted module on real data

Nothing here shares a rule with `derive`; the names are imported when they are first used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation
    from derive.system import System
    from verify.proof import prove as prove
    from verify.report import Report as Report
    from verify.training.fit import Progress, Result
    from verify.verdict import Outcome as Outcome
    from verify.verdict import Verdict as Verdict

_HOME = {
    "prove": ("verify.proof", "prove"),
    "Report": ("verify.report", "Report"),
    "Outcome": ("verify.verdict", "Outcome"),
    "Verdict": ("verify.verdict", "Verdict"),
}

__all__ = ["Outcome", "Report", "Verdict", "prove", "train", "verify"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"verify has no {name}")
    module, own = _HOME[name]
    return getattr(import_module(module), own)


def verify(derivation: Derivation) -> Report:
    """The verdicts of all methods on a derivation's gradients and its emitted module."""
    from verify.report import report
    from verify.subject import subject

    return report(subject(derivation))


def train(
    system: System,
    task: str,
    tell: Callable[[Progress], None] = lambda progress: None,
    checkpoint: Path | None = None,
    **settings: Any,
) -> Result:
    """Train the emitted module of a cell on a task; `settings` are those of `verify.training.fit.Settings`.

    Raises:
        InputError: there is no such task, or the cell, a setting or the checkpoint does not fit it.
    """
    from verify.subject import network
    from verify.training import tasks
    from verify.training.fit import Settings, fit

    chosen = tasks.load(task)
    return fit(network(system, chosen.HEADS), chosen.load(), Settings(**settings), system.name, tell, checkpoint)
