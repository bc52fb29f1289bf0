"""What is said of a gradient is what there is for it: a proof, agreement at some numbers, nothing, or a contradiction."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

import derive
from bptt.command_line import app
from derive.document import render
from verify.evidence import Evidence, evidence
from verify.methods import dot_product, proof, unrolled
from verify.report import Report
from verify.subject import Judged
from verify.verdict import Outcome, Verdict

AGREES, DISAGREES, CANNOT_SEE = Outcome
NUMBERS = dot_product.NAME


def told(method: str, outcome: Outcome, subject: str = "W") -> Verdict:
    return Verdict(subject, method, outcome, "")


@pytest.mark.parametrize(("found", "kind"), [
    ([(proof.NAME, AGREES)], Evidence.PROVED),
    ([(proof.NAME, AGREES), (unrolled.NAME, CANNOT_SEE)], Evidence.PROVED),
    ([(proof.NAME, AGREES), (unrolled.NAME, DISAGREES)], Evidence.WRONG),
    ([(proof.NAME, CANNOT_SEE), (unrolled.NAME, AGREES)], Evidence.MEASURED),
    ([(NUMBERS, AGREES)], Evidence.MEASURED),
    ([(NUMBERS, CANNOT_SEE)], Evidence.UNSEEN),
    ([], Evidence.UNSEEN),
])  # fmt: skip
def test_a_proof_is_one_thing_and_agreement_at_numbers_another(found, kind):
    assert evidence(told(*each) for each in found) is kind


def report(*verdicts: Verdict) -> Report:
    judges = {proof.NAME: Judged.EQUATIONS, unrolled.NAME: Judged.EQUATIONS, NUMBERS: Judged.TEXT}
    own = {name: [each for each in verdicts if each.method == name] for name in judges}
    return Report("cell", own, dict.fromkeys(judges, "something"), judges)


@pytest.mark.parametrize(("verdicts", "conclusion"), [
    ([told(proof.NAME, AGREES), told(NUMBERS, AGREES)], "All checks hold"),
    ([told(proof.NAME, CANNOT_SEE), told(NUMBERS, AGREES)], "Not all is shown; not seen in the derived equations: W"),
    ([told(proof.NAME, CANNOT_SEE), told(unrolled.NAME, AGREES), told(NUMBERS, AGREES)], "Not all is shown; measured in the derived equations: W"),
    ([told(proof.NAME, AGREES), told(NUMBERS, CANNOT_SEE)], "Not all is shown; not seen in the emitted text: W"),
    ([told(proof.NAME, AGREES), told(NUMBERS, DISAGREES)], "A check failed; wrong in the emitted text: W"),
    ([told(proof.NAME, AGREES), told(proof.NAME, CANNOT_SEE, "U"), told(NUMBERS, AGREES)], "not seen in the derived equations: U"),
    ([], "nothing was judged"),
])  # fmt: skip
def test_a_report_holds_where_everything_is_proved_and_measured(verdicts, conclusion):
    found = report(*verdicts)
    assert found.holds is conclusion.startswith("All")
    assert conclusion in render(found.blocks(), "text").replace("\n", " ")


def test_the_exit_code_follows_what_is_shown(monkeypatch):
    assert CliRunner().invoke(app, ["verify", "rnn"]).exit_code == 0
    judge = proof.judge

    def blind(subject):
        return [told(proof.NAME, CANNOT_SEE, each.subject) if each.subject == "U" else each for each in judge(subject)]

    monkeypatch.setattr(proof, "judge", blind)
    found = CliRunner().invoke(app, ["verify", "rnn"])
    assert found.exit_code == 1
    assert "Not all is shown; measured in the derived equations: U." in " ".join(found.stdout.split())


def test_the_gradient_by_an_initial_state_is_proved_by_its_own_name():
    import verify

    found = verify.verify(derive.bptt(derive.cell("rnn"))).evidence
    assert found["h_0"] == found["W"] == {Judged.EQUATIONS: Evidence.PROVED, Judged.TEXT: Evidence.MEASURED}
    assert found["a_h"] == {Judged.EQUATIONS: Evidence.PROVED}
