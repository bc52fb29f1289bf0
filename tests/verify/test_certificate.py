"""Certificates: what is written is checked as it was, what was tampered with is refused, and nothing in a file is run."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import derive
from derive.document import render
from derive.errors import InputError
from derive.files.tables import table
from verify.certificate import check, reading, save
from verify.certificate.written import system_data
from verify.mutations import mutations
from verify.verdict import Outcome

CELLS = ("lstm", "clockwork", "bidirectional_rnn", "mlstm", "narx", "leaky_echo_state", "self_attention", "ttt_linear")


def written(tmp_path, cell):
    derivation, path = derive.bptt(derive.cell(cell)), tmp_path / "certificate.json"
    save(path, derivation.forward, derivation.adjoint)
    return path


@pytest.mark.parametrize("cell", CELLS)
def test_a_certificate_holds(tmp_path, cell):
    found = check(written(tmp_path, cell))
    assert found.holds, found.to_dict()
    told = render(found.blocks(), "text")
    assert f"{cell}: the gradients are right for every length and all sizes." in told


def test_a_certificate_shows_what_it_is_about(tmp_path):
    """A proof of other equations than the name says, or of no output at all, must not pass for one of the cell."""
    path = written(tmp_path, "rnn")
    told = render(check(path).blocks(), "text")
    assert "a_h\u209c = W x\u209c + U h\u209c\u208b\u2081 + b" in told
    assert "a loss that reads h" in told
    assert "input: x" in told
    assert "parameter: W, U, b" in told
    data = json.loads(path.read_text())
    for part in ("forward", "adjoint"):
        next(each for each in data[part]["variables"] if each["name"] == "W")["role"] = "constant"
    data["adjoint"]["variables"] = [each for each in data["adjoint"]["variables"] if each["name"] != "Wbar"]
    data["adjoint"]["equations"] = [each for each in data["adjoint"]["equations"] if each[0] != ["matrix", "Wbar"]]
    path.write_text(json.dumps(data))
    assert "constant: W" in render(check(path).blocks(), "text")


def test_a_wrong_claim_does_not_hold(tmp_path):
    derivation = derive.bptt(derive.cell("gru"))
    for mutation in list(mutations(derivation.adjoint))[::50]:
        proof = save(tmp_path / "wrong.json", derivation.forward, mutation.system)
        assert check(tmp_path / "wrong.json").holds is (proof.outcome is Outcome.AGREES)
    assert proof.outcome is not Outcome.AGREES


def test_a_certificate_whose_proof_was_changed_does_not_hold(tmp_path):
    path = written(tmp_path, "rnn")
    data = json.loads(path.read_text())
    data["identities"][0]["claimed"] = "0"
    path.write_text(json.dumps(data))
    found = check(path)
    assert found.proof.outcome is Outcome.AGREES
    assert found.differs == (data["identities"][0]["left"],)
    assert not found.holds


def test_an_equation_left_out_is_missed(tmp_path):
    path = written(tmp_path, "rnn")
    data = json.loads(path.read_text())
    del data["adjoint"]["equations"][0]
    path.write_text(json.dumps(data))
    assert not check(path).holds


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(format="another"),
        lambda data: data.pop("adjoint"),
        lambda data: data["forward"]["equations"].append([["matrix", "A"], ["__import__", "os"]]),
        lambda data: data["forward"]["equations"][0].__setitem__(1, ["number", "10**10**10", 1]),
        lambda data: data["forward"]["equations"][0].__setitem__(1, ["at", "h", ["matrix", "x"]]),
        lambda data: data["forward"]["equations"][0].__setitem__(1, ["^", ["number", 10, 1], ["number", 10**9, 1]]),
        lambda data: data["forward"]["equations"][0].__setitem__(1, ["MatMul", ["matrix", "W"]]),
        lambda data: data["forward"]["equations"][0].__setitem__(1, ["decimal", 1e300]),
        lambda data: data["forward"]["variables"][0].update(clock="sundial", role="clock"),
        lambda data: data["forward"]["variables"][0].update(role="king"),
        lambda data: data["forward"]["variables"].clear(),
        lambda data: data.update(forward=[]),
    ],
)
def test_what_is_no_certificate_is_refused_in_one_line(tmp_path, change):
    path = written(tmp_path, "rnn")
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(InputError) as error:
        check(path)
    assert "\n" not in str(error.value)


def test_text_that_is_no_json_and_a_file_that_is_not_there(tmp_path):
    (tmp_path / "text.json").write_text("[" * 100_000)
    for name in ("text.json", "missing.json"):
        with pytest.raises(InputError):
            check(tmp_path / name)


def test_the_systems_come_back_as_they_were(tmp_path):
    derivation = derive.bptt(derive.cell("clockwork"))
    for system in (derivation.forward, derivation.adjoint):
        again = reading.system(table(json.dumps(system_data(system))), system.name)
        assert [(e.left, e.right) for e in again.equations] == [(e.left, e.right) for e in system.equations]
        assert dict(again.variables) == {name: replace(each) for name, each in system.variables.items()}
