"""Every damaged certificate ends in a finding or in one clear line."""

from __future__ import annotations

import json
from random import Random

import pytest

import derive
from derive.errors import InputError
from tests.derive.files.damage import damaged, edited
from verify.certificate import check, save


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_every_certificate_ends_in_a_finding_or_one_clear_line(tmp_path, first):
    derivation = derive.bptt(derive.cell("rnn"))
    save(tmp_path / "a.json", derivation.forward, derivation.adjoint)
    data = (tmp_path / "a.json").read_bytes()
    for seed in range(first, first + 20):
        random, told = Random(seed), ""
        (tmp_path / "b.json").write_bytes(
            damaged(data, data, random) if seed % 2 else json.dumps(edited(json.loads(data), random)).encode()
        )
        try:
            check(tmp_path / "b.json").blocks()
        except InputError as error:
            told = str(error)
        assert "\n" not in told
