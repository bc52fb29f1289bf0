"""Values at which a cell has none: its loss, or a gradient, is no number there, neither by the text nor by the equations.

A root or a logarithm of what is negative, 0 / 0, or a value on the way that overflows. Nothing can be measured there, which is said and is no
fault of the text; where the equations have a number and the text has none, it is the text that is wrong.
"""

from __future__ import annotations

import numpy as np

from derive.errors import InputError
from derive.system import Kind
from verify.arithmetic import FLOAT
from verify.crosscheck import Crosscheck, normalized
from verify.evaluate import run_adjoint
from verify.subject import Subject
from verify.trial import GROUPS, Array, Trial
from verify.verdict import Outcome, Verdict

NO_LOSS = "the loss is no number at any of the values that were drawn, neither by the code nor by the equations"
NO_GRADIENT = (
    "it is no number at the values that were drawn, neither by the code nor by the equations: a value on the way has none, or overflows"
)

NO_VALUE = (
    "in these numbers the equations have no value at what was drawn: a quotient by zero, a root of what is negative, or what is too large"
)


def undefined(subject: Subject, trial: Trial, method: str) -> dict[str, Verdict]:
    """What a method cannot see at the values of a trial, by label: all gradients where the loss is no number, or those that are none."""
    labels = [label for *_, label in trial.labels()]
    if has_no_loss(subject, trial):
        return {label: Verdict(label, method, Outcome.CANNOT_SEE, NO_LOSS) for label in labels}
    claimed = trial.gradients()
    suspects = [label for label in labels if label in claimed and not np.isfinite(claimed[label]).all()]
    if not suspects:
        return {}
    meant = _gradients(subject, trial)
    lost = [label for label in suspects if meant is None or not all(np.isfinite(each).all() for each in meant[label])]
    return {label: Verdict(label, method, Outcome.CANNOT_SEE, NO_GRADIENT) for label in lost}


def has_no_loss(subject: Subject, trial: Trial) -> bool:
    """Whether neither the text nor the equations have a loss that is a number."""
    if trial.has_number:
        return False
    meant = _crosscheck(subject, trial)
    with np.errstate(all="ignore"):
        try:
            return not np.isfinite(meant.oracle_loss(meant.values))
        except (InputError, ArithmeticError):
            return True


def has_no_value(subject: Subject) -> bool:
    """Whether some value is no number in a run of the equations in floats: what other numbers then fail at is no fault of a method."""
    trial = Trial(subject.module)
    meant = _crosscheck(subject, trial)
    with np.errstate(all="ignore"):
        try:
            runs = [meant.oracle(meant.values, sequence) for sequence in range(trial.batch)]
        except (InputError, ArithmeticError):
            return True
    return not all(np.isfinite(each).all() for run in runs for each in run.values.values())


def _crosscheck(subject: Subject, trial: Trial) -> Crosscheck:
    """The text beside the equations in floats."""
    groups = zip(GROUPS, trial.values, strict=True)
    given = normalized({(kind, name): array for kind, group in groups for name, array in group.items()}, subject)
    return Crosscheck(subject, subject.module, FLOAT, given, {} if trial.has_loss else trial.weights, trial.steps, trial.batch)


def _gradients(subject: Subject, trial: Trial) -> dict[str, list[Array]] | None:
    """By label, the gradients of each sequence by the claimed equations in floats; None where these have no values."""
    meant, adjoint = _crosscheck(subject, trial), subject.adjoint
    found: dict[str, list[Array]] = {}
    with np.errstate(all="ignore"):
        try:
            for sequence in range(trial.batch):
                upstream = {}
                for each in adjoint.variables.values():
                    if each.kind is Kind.UPSTREAM:
                        own = meant.weights[each.of][:, sequence] if each.is_sequence else meant.weights[each.of][sequence]
                        upstream[each.name] = own[: meant.lengths[sequence]] if each.is_sequence else own.reshape(-1, 1)
                ran = run_adjoint(adjoint, meant.oracle(meant.values, sequence), upstream)
                for each in adjoint.variables.values():
                    if each.kind is Kind.ADJOINT:
                        own = [array for (name, time), array in ran.values.items() if name == each.name and (time is None or time >= 1)]
                        found.setdefault(each.of, []).extend(own)
                        first = [array for (name, time), array in ran.values.items() if name == each.name and time is not None and time < 1]
                        found.setdefault(f"{each.of}_0", []).extend(first)
        except (InputError, ArithmeticError):
            return None
    return found
