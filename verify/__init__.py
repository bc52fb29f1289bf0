"""Derived systems on trial: proved, evaluated, checked numerically, and trained.

    import derive, verify

    derivation = derive.bptt(derive.cell("lstm"))
    verify.verify(derivation)                               a Report: the verdicts of all methods
    verify.verify(derivation, "ragged")                     of the text emitted for sequences of different lengths; "torch" and others likewise
    verify.by_target(derivation)                            the Reports of all targets, by name
    verify.teeth(derivation)                                a KillTable: which methods refuse which mistakes
    verify.prove(derivation.forward, derivation.adjoint)    a Proof: for every length and all sizes
    verify.check_gradient(derivation, text)                 Findings: what is right and wrong in somebody's own backward pass
    verify.compare(derive.cell("lstm"), other)              a Comparison: whether two definitions are the same, with the map of weights
    verify.train(derivation.system, "poems")                the emitted module, trained on real data
    verify.run(derivation.forward, steps, given)            the values of a system, by the meaning of its operations alone

The names below are all there is to know; they are imported when they are first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation
    from derive.system import System
    from verify.claims import Findings as Findings
    from verify.claims.calling import Cell
    from verify.equivalence import Comparison as Comparison
    from verify.equivalence import compare as compare
    from verify.evaluate import run as run
    from verify.evaluate import run_adjoint as run_adjoint
    from verify.kill_table import KillTable as KillTable
    from verify.proof import Proof as Proof
    from verify.proof import prove as prove
    from verify.report import Report as Report
    from verify.subject import Subject as Subject
    from verify.training.fit import Progress, Result
    from verify.verdict import Outcome as Outcome
    from verify.verdict import Verdict as Verdict
    from verify.verdict import overall as overall

_HOME = {
    "run": "verify.evaluate",
    "run_adjoint": "verify.evaluate",
    "Comparison": "verify.equivalence",
    "compare": "verify.equivalence",
    "Findings": "verify.claims",
    "Proof": "verify.proof",
    "prove": "verify.proof",
    "Report": "verify.report",
    "Subject": "verify.subject",
    "Outcome": "verify.verdict",
    "KillTable": "verify.kill_table",
    "Verdict": "verify.verdict",
    "overall": "verify.verdict",
}

__all__ = [
    "Comparison", "Findings", "KillTable", "Outcome", "Proof", "Report", "Subject", "Verdict",
    "by_target", "check_function", "check_gradient", "compare", "overall", "prove", "run", "run_adjoint", "teeth", "train", "verify",
]  # fmt: skip


def verify(derivation: Derivation, target: str = "numpy", **sizes: int) -> Report:
    """The verdicts of all methods on a derivation.

    Args:
        derivation: what is judged.
        target: whose emitted text is judged: "numpy", "ragged", "segments", "step", "array_api", "torch" or "jax". What it cannot do for a cell,
            or that a package is not installed, is its one verdict, "cannot see".
        sizes: of the runs of the methods that can judge large models, by their names in the emitted module, T and batch.

    Raises:
        InputError: there is no such target or size.
    """
    return by_target(derivation, (target,), **sizes)[target]


def by_target(derivation: Derivation, targets: Iterable[str] = (), **sizes: int) -> dict[str, Report]:
    """The same for several targets by name, for all if none is given; the equations, which they share, are judged once.

    Raises:
        InputError: there is no such target or size.
    """
    from verify.report import report
    from verify.subject import Judged, subject
    from verify.targets import TARGETS

    found: dict[str, Report] = {}
    for name in targets or TARGETS:
        first = next(iter(found.values()), None)
        shared = {each: first.verdicts[each] for each, judged in first.judges.items() if judged is Judged.EQUATIONS} if first else {}
        found[name] = report(subject(derivation, name), sizes, shared)
    return found


def teeth(derivation: Derivation, every: int = 1, tell: Callable[[int, int], None] = lambda done, of: None) -> KillTable:
    """Which methods refuse plausible mistakes in a derivation and in the text emitted from it; `every` n-th one is made."""
    from verify.kill_table import teeth
    from verify.subject import subject

    return teeth(subject(derivation), every, tell)


def check_gradient(derivation: Derivation, claimed: str | Callable[..., Any]) -> Findings:
    """What is right and what is wrong in somebody's own backward pass.

    Args:
        derivation: of the cell.
        claimed: a page of equations, in LaTeX or as plain text; or a function of arrays, see `verify.claims.arrays`, which returns a
            dictionary of gradients.

    Raises:
        InputError: it cannot be read, or is of another cell.
    """
    if isinstance(claimed, str):
        from derive.notation.claims import claims
        from verify.claims.judge import judge

        return _found(derivation, lambda own: judge(own.forward, own.adjoint, claims(claimed, own.forward)))
    from inspect import signature

    from verify.claims.arrays import judge_function

    return judge_function(_cell(derivation), claimed, tuple(signature(claimed).parameters))


def check_function(derivation: Derivation, text: str, place: str = "function") -> Findings:
    """The same of the functions in a file of Python, which are carried out without being run.

    Raises:
        InputError: one does what is not carried out, or is of another cell.
    """
    from verify.claims.arrays import judge_source
    from verify.claims.source import Source

    source = Source(text, place)
    return _found(derivation, lambda own: judge_source(_cell(own), source))


def _found(derivation: Derivation, judged: Callable[[Derivation], Findings]) -> Findings:
    """The findings on a cell, and on it with its targets as distributions where that is taken for granted."""
    from verify.claims.distributions import with_distributions
    from verify.subject import derived

    return with_distributions(derivation.system, lambda own: judged(derivation if own is derivation.system else derived(own)))


def _cell(derivation: Derivation) -> Cell:
    """A cell for functions that give gradients: beside its own, those of a loss that reads all of its values."""
    from verify.claims.calling import Cell
    from verify.claims.cases import Backward, opened
    from verify.subject import derived

    every = derived(opened(derivation.system))
    return Cell(derivation.forward, derivation.adjoint, Backward(every.forward, every.adjoint))


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
    from derive.errors import InputError
    from verify.subject import network
    from verify.training import tasks
    from verify.training.fit import Settings, fit

    chosen = tasks.load(task)
    if chosen.IS_CAUSAL and not system.is_causal:
        raise InputError(
            f"{system.name} reads later steps, and {task} asks what comes next", advice="give a network that runs forward only"
        )
    return fit(network(system, chosen.HEADS), chosen.load(), Settings(**settings), system.name, tell, checkpoint)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"verify has no {name}")
    return getattr(import_module(_HOME[name]), name)
