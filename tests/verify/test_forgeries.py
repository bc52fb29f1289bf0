"""No forged certificate passes, unless exact evaluation says that its claim is true; nor does the unrolled graph agree to it."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from functools import cache
from typing import Any

import pytest

import derive
from derive.errors import FormatError, InputError
from tests.derive.cells.covering import covered
from tests.verify import forging
from tests.verify.exact import NoClaim, is_true
from verify.certificate import check, reading, save
from verify.methods import unrolled
from verify.proof import prove
from verify.subject import Subject
from verify.verdict import Outcome

PAGES = {
    "rnn": "h_t = tanh(W x_t + U h_{t-1} + b)",
    "lags and leads": "g_t = sigmoid(R x_t + S g_{t+1})\nh_t = A g_t + U h_{t-2} * h_{t-1}",
    "gates": "f_t = sigmoid(W x_t + U h_{t-1})\nc_t = f_t * c_{t-1} + (1 - f_t) * x_t\nh_t = tanh(c_t)",
    "clock and stack": "h_t = every(t, 2) * tanh(W [x_t; h_{t-1}]) + (1 - every(t, 2)) * h_{t-1}",
    "scalar gate": "a_t = sum(v * x_t)\nh_t = sigmoid(a_t) * h_{t-1} + (1 - k) * x_t",
    "matrix state": "S_t = S_{t-1} + x_t x_t^T\ny_t = S_t q_t\noutput y",
    "whole sums": "h_t = tanh(W x_t + U h_{t-1})\nm = sum_t h_t\ny_t = m * h_t\noutput y",
}
NETWORKS = ("stack(rnn, readout, softmax_cross_entropy)", "lstm", "gru")


@cache
def certificate(name: str, folder: str) -> Any:
    """The certificate of a page or network, as data."""
    from pathlib import Path

    system = derive.read(PAGES[name]) if name in PAGES else derive.cell(name)
    derivation, path = derive.bptt(system), Path(folder) / "certificate.json"
    save(path, derivation.forward, derivation.adjoint)
    return json.loads(path.read_text())


def passes(path, data: Any) -> bool:
    """Whether a file is believed, once the identities in it are those that the proof of its claim has."""
    try:
        name = reading.text(data["name"])
        forward, adjoint = (reading.system(data[part], name) for part in ("forward", "adjoint"))
    except (FormatError, KeyError, TypeError):
        pass
    else:
        proof = prove(forward, adjoint)
        data = {**data, "identities": [asdict(each) for each in proof.identities]}
    path.write_text(json.dumps(data))
    try:
        return check(path).holds
    except InputError:
        return False


def says_true(data: Any) -> bool:
    try:
        return is_true(data) and is_true(data, seed=1)
    except NoClaim:
        return False


def forged(name: str, folder, seed: int, count: int):
    yield from forging.forgeries(certificate(name, str(folder)), random.Random(f"{name} {seed}"), count)


def no_forgery_passes(name: str, folder, seed: int, count: int) -> None:
    assert says_true(certificate(name, str(folder)))
    passed = 0
    for what, data in forged(name, folder, seed, count):
        if passes(folder / "forged.json", data):
            passed += 1
            assert says_true(data), what
    assert passed, "a generator that makes no claim that is still true judges nothing"


@pytest.mark.parametrize("name", covered(PAGES, [*PAGES][::3]))
def test_no_forged_certificate_passes_that_is_false(name, tmp_path):
    no_forgery_passes(name, tmp_path, 0, 40)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize("name", [*PAGES, *NETWORKS])
def test_of_thousands_of_forged_certificates_none_passes_that_is_false(name, seed, tmp_path):
    no_forgery_passes(name, tmp_path, seed, 100)


@pytest.mark.parametrize("name", covered(("rnn", "lags and leads"), ("rnn",)))
def test_the_unrolled_graph_agrees_to_no_forged_certificate_that_is_false(name, tmp_path):
    for what, data in forged(name, tmp_path, 9, 40):
        try:
            forward, adjoint = (reading.system(data[part], "forged") for part in ("forward", "adjoint"))
        except (FormatError, KeyError, TypeError):
            continue
        verdicts = unrolled.judge(Subject("forged", forward, adjoint, ""), lengths=(1, 2, 3))
        if verdicts and all(each.outcome is Outcome.AGREES for each in verdicts):
            assert says_true(data), what
