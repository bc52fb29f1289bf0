"""The planted mistakes fit the program as it is: each text is there once, and what is put in its place is another one that can be loaded."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from tests.mutants import ROOT, planted
from tests.planted import MISTAKES


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: f"{each.file}: {each.what}")
def test_a_mistake_can_be_planted(mistake):
    text = (ROOT / mistake.file).read_text(encoding="utf-8")
    wrong = planted(text, mistake)
    assert wrong != text
    if mistake.file.endswith(".py"):
        ast.parse(wrong)


def test_each_is_planted_once():
    assert [each for each, count in Counter((each.file, each.right, each.wrong) for each in MISTAKES).items() if count > 1] == []
