"""Derived systems on trial: proved, evaluated, checked numerically, and trained.

    import derive, verify

    derivation = derive.bptt(derive.cell("lstm"))
    verify.verify(derivation)                               a Report: the verdicts of all methods
    verify.verify(derivation, "ragged")                     of the text emitted for sequences of different lengths; "torch" and others likewise
    verify.by_target(derivation)                            the Reports of all targets, by name
    verify.teeth(derivation)                                a KillTable: which methods refuse which mistakes
    verify.prove(derivation)                                a Proof: for every length and all sizes
    verify.check_gradient(derivation, text)                 Findings: what is right and wrong in somebody's own backward pass
    verify.compare(derive.cell("lstm"), other)              a Comparison: whether two definitions are the same, with the map of weights
    verify.train(derivation.system, "poems")                the emitted module, trained on real data
    verify.certify(derivation, "lstm.json")                 the claim and its proof in a file, which verify.check reads
    verify.run(derivation.forward, steps, given)            the values of a system, by the meaning of its operations alone

Where a derivation is wanted, a system is taken too, and derived first.

The names below are all there is to know; they are imported when they are first used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive.face import face

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation
    from derive.system import System
    from verify.certificate import Checked as Checked
    from verify.claims import Findings as Findings
    from verify.claims import calling
    from verify.equivalence import Comparison as Comparison
    from verify.equivalence import compare as compare
    from verify.evaluate import Run as Run
    from verify.evaluate import run as run
    from verify.evaluate import run_adjoint as run_adjoint
    from verify.kill_table import KillTable as KillTable
    from verify.proof import Proof as Proof
    from verify.report import Report as Report
    from verify.report import Reports as Reports
    from verify.subject import Subject as Subject
    from verify.training.fit import Progress as Progress
    from verify.training.result import Result as Result
    from verify.verdict import Outcome as Outcome
    from verify.verdict import Verdict as Verdict
    from verify.verdict import overall as overall

_HOME = {
    "run": "verify.evaluate.run",
    "run_adjoint": "verify.evaluate.run_adjoint",
    "Comparison": "verify.equivalence.Comparison",
    "compare": "verify.equivalence.compare",
    "Findings": "verify.claims.Findings",
    "Proof": "verify.proof.Proof",
    "Report": "verify.report.Report",
    "Reports": "verify.report.Reports",
    "Result": "verify.training.result.Result",
    "Progress": "verify.training.fit.Progress",
    "Checked": "verify.certificate.Checked",
    "Run": "verify.evaluate.Run",
    "Subject": "verify.subject.Subject",
    "Outcome": "verify.verdict.Outcome",
    "KillTable": "verify.kill_table.KillTable",
    "Verdict": "verify.verdict.Verdict",
    "overall": "verify.verdict.overall",
}

__all__ = [
    "Checked", "Comparison", "Findings", "KillTable", "Outcome", "Progress", "Proof", "Report", "Reports", "Result", "Run", "Subject", "Verdict",
    "by_target", "certify", "check", "check_function", "check_gradient", "compare", "overall", "prove", "run", "run_adjoint", "teeth", "train",
    "verify",
]  # fmt: skip


def verify(source: System | Derivation, target: str = "numpy", **sizes: int) -> Report:
    """The verdicts of all methods on a derivation.

    Args:
        source: what is judged: a derivation, or a system, which is derived first; so for the functions below.
        target: whose emitted text is judged: "numpy", "ragged", "segments", "step", "array_api", "torch" or "jax". What it cannot do for a cell,
            or that a package is not installed, is its one verdict, "cannot see".
        sizes: of the runs of the methods that can judge large models, by their names in the emitted module, T and batch.

    Raises:
        InputError: there is no such target or size.

    Example:
        >>> import derive, verify
        >>> verify.verify(derive.cell("irnn")).holds
        True
    """
    return by_target(source, (target,), **sizes)[target]


def by_target(source: System | Derivation, targets: Iterable[str] = (), **sizes: int) -> Reports:
    """The same for several targets by name, for all if none is given; the equations, which they share, are judged once.

    Raises:
        InputError: there is no such target or size.

    Example:
        >>> import derive, verify
        >>> found = verify.by_target(derive.cell("irnn"), ["numpy", "step"])
        >>> {name: each.holds for name, each in found.items()}
        {'numpy': True, 'step': True}
    """
    from verify.report import Reports, report
    from verify.subject import Judged, derived, subject
    from verify.targets import TARGETS

    derivation, found = derived(source), Reports()
    for name in targets or TARGETS:
        first = next(iter(found.values()), None)
        shared = {each: first.verdicts[each] for each, judged in first.judges.items() if judged is Judged.EQUATIONS} if first else {}
        found[name] = report(subject(derivation, name), sizes, shared)
    return found


def teeth(source: System | Derivation, every: int = 1, tell: Callable[[int, int], None] = lambda done, of: None) -> KillTable:
    """Which methods refuse plausible mistakes in a derivation and in the text emitted from it; `every` n-th one is made.

    Example:
        >>> import derive, verify
        >>> verify.teeth(derive.cell("irnn"), every=40).survivors
        []
    """
    from verify.kill_table import teeth
    from verify.subject import derived, subject

    return teeth(subject(derived(source)), every, tell)


def prove(forward: System | Derivation, adjoint: System | None = None, only: str = "") -> Proof:
    """Decide whether the equations of gradients are right, for every length and all sizes: see `verify.proof.prove`.

    Args:
        forward: the system that was derived. Without `adjoint`, a derivation, or a system whose own derivation is judged.
        adjoint: the claimed equations of its gradients.
        only: the name of a variable; of others nothing is said.

    Example:
        >>> import derive, verify
        >>> verify.prove(derive.cell("lstm")).outcome.value
        'agrees'
    """
    from derive.given import system_of
    from verify.proof import prove
    from verify.subject import derived

    if adjoint is not None:
        return prove(system_of(forward), adjoint, only)
    derivation = derived(forward)
    return prove(derivation.forward, derivation.adjoint, only)


def check_gradient(source: System | Derivation, claimed: str | Callable[..., Any]) -> Findings:
    """What is right and what is wrong in somebody's own backward pass.

    Args:
        source: the cell, or its derivation.
        claimed: a page of equations, in LaTeX or as plain text; or a function of arrays, see `verify.claims.arrays`, which returns a
            dictionary of gradients.

    Raises:
        InputError: it cannot be read, or is of another cell.

    Example:
        >>> import derive, verify
        >>> verify.check_gradient(derive.read("h_t = W x_t"), "dW = sum_t dL/dh_t x_t^T").holds
        True
    """
    from verify.subject import derived

    derivation = derived(source)
    if isinstance(claimed, str):
        from derive.notation.claims.equations import claims
        from verify.claims.judge import judge

        return _found(derivation, lambda own: judge(own.forward, own.adjoint, claims(claimed, own.forward)))
    from inspect import signature

    from verify.claims.arrays import judge_function

    return judge_function(_cell(derivation), claimed, tuple(signature(claimed).parameters))


def check_function(source: System | Derivation, text: str, place: str = "function") -> Findings:
    """The same of the functions in a file of Python, which are carried out without being run.

    Raises:
        InputError: one does what is not carried out, or is of another cell.

    Example:
        >>> import derive, verify
        >>> code = "def backward(dh): return {'b': dh.sum(axis=0)}"
        >>> verify.check_function(derive.read("h_t = W x_t + b"), code).holds
        True
    """
    from verify.claims.arrays import judge_source
    from verify.claims.source import Source
    from verify.subject import derived

    written = Source(text, place)
    return _found(derived(source), lambda own: judge_source(_cell(own), written))


def _found(derivation: Derivation, judged: Callable[[Derivation], Findings]) -> Findings:
    """The findings on a cell, and on it with its targets as distributions where that is taken for granted."""
    from verify.claims.distributions import with_distributions
    from verify.subject import derived

    return with_distributions(derivation.system, lambda own: judged(derivation if own is derivation.system else derived(own)))


def _cell(derivation: Derivation) -> calling.Cell:
    """A cell for functions that give gradients: beside its own, those of a loss that reads all of its values."""
    from verify.claims.calling import Cell
    from verify.claims.cases import Backward, opened
    from verify.subject import derived

    every = derived(opened(derivation.system))
    return Cell(derivation.forward, derivation.adjoint, Backward(every.forward, every.adjoint))


def certify(source: System | Derivation, path: str | Path) -> Proof:
    """Prove the gradients of a system, and write them and their proof to a file that `check` reads.

    Raises:
        InputError: the file cannot be written.

    Example:
        >>> import derive, verify
        >>> file = getfixture("tmp_path") / "irnn.json"
        >>> verify.certify(derive.cell("irnn"), file).outcome.value
        'agrees'
    """
    from verify.certificate import save
    from verify.subject import derived

    derivation = derived(source)
    return save(Path(path), derivation.forward, derivation.adjoint)


def check(path: str | Path) -> Checked:
    """Check a certificate: prove what it claims anew, without deriving anything.

    Raises:
        InputError: the file cannot be read, or is no certificate.

    Example:
        >>> import derive, verify
        >>> file = getfixture("tmp_path") / "irnn.json"
        >>> made = verify.certify(derive.cell("irnn"), file)
        >>> verify.check(file).holds
        True
    """
    from verify.certificate import check

    return check(Path(path))


def train(
    source: System | Derivation,
    task: str,
    tell: Callable[[Progress], None] = lambda progress: None,
    checkpoint: Path | None = None,
    **settings: Any,
) -> Result:
    """Train the emitted module of a cell on a task; `settings` are those of `verify.training.fit.Settings`.

    Raises:
        InputError: there is no such task, or the cell, a setting or the checkpoint does not fit it.

    Example:
        >>> import derive, verify
        >>> result = verify.train(derive.cell("gru"), "poems", units=32)  # doctest: +SKIP
    """
    from derive.errors import InputError
    from derive.given import system_of
    from verify.subject import network
    from verify.training import tasks
    from verify.training.fit import Settings, fit

    system, chosen = system_of(source), tasks.load(task)
    if chosen.IS_CAUSAL and not system.is_causal:
        raise InputError(
            f"{system.name} reads later steps, and {task} asks what comes next", advice="give a network that runs forward only"
        )
    return fit(network(system, chosen.HEADS), chosen.load(), Settings(**settings), system.name, tell, checkpoint)


__getattr__, __dir__ = face(__name__, _HOME, __all__)
