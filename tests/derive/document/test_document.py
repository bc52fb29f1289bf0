"""What a page tells of a derivation: each equation and each use of a value once, with its rule, and nothing that is not there."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.document import render
from derive.document.blocks import Block, Equations, Heading, Table, Text
from derive.document.inline import Plain, literal, spans
from derive.document.narrate import explain
from derive.document.paths import one_step
from derive.document.sentences import sentences
from derive.document.unicode import plain
from derive.notation import write
from tests.derive.document.pages import HOSTILE, NAMES, derivation, every_page, page_of

ENGLISH = sentences()


def displays(page: list[Block], system: object) -> list[Equations]:
    return [block for block in page if isinstance(block, Equations) and block.system is system]


def test_the_table_of_symbols_has_constants_with_their_values() -> None:
    table = next(block for block in explain(derive.bptt(derive.cell("antisymmetric_rnn"))) if isinstance(block, Table))
    assert (r"$\epsilon$, $\gamma$", "constant, $0.01$", r"$1 \times 1$") in table.rows
    table = next(block for block in explain(derive.bptt(derive.cell("lmu"))) if isinstance(block, Table))
    assert ("$A$", "constant", r"$n_{m} \times n_{m}$") in table.rows


@every_page
def test_every_backward_equation_is_shown_once_with_its_number(name: str) -> None:
    found = derivation(name)
    page = explain(found)
    shown = [equation for block in displays(page, found.adjoint) for equation in block.equations]
    assert Counter(shown) == Counter(found.adjoint.equations)
    assert len({equation.number for equation in shown}) == len(shown)


@every_page
def test_each_use_of_a_value_is_told_with_its_equation_and_its_term(name: str) -> None:
    found = derivation(name)
    page = explain(found)
    tables = [row for block in page if isinstance(block, Table) and len(block.header) == 4 for row in block.rows]
    shown = {e: r for block in displays(page, found.adjoint) for e, r in zip(block.equations, block.reasons, strict=True)}
    worked = [block for block in displays(page, found.adjoint) if block.working]
    working = {e: w for block in worked for e, w in zip(block.equations, block.working, strict=True)}
    writer = write.Latex({**found.tangent.variables, **found.adjoint.variables})
    expected = []
    for equation in found.adjoint.equations:
        uses = [step for step in equation.steps if step.use is not None]
        if equation.is_boundary:
            continue
        if len(uses) > 1:
            expected += [(step.equation, f"${writer.write(step.use)}$") for step in uses]
        elif uses and uses[0].equation:
            remarks = [remark for _, remark in working[equation]] + [shown[equation]]
            assert f"[({uses[0].equation})](#eq-{uses[0].equation})" in remarks[0]
    assert [(int(re.search(r"\d+", row[0])[0]) if "(" in row[0] else 0, row[1]) for row in tables] == expected


@every_page
def test_the_working_begins_as_transposed_and_ends_as_simplified(name: str) -> None:
    found = derivation(name)
    raw = {equation.number: equation.right for equation in found.transposed.equations}
    for block in displays(explain(found), found.adjoint):
        for equation, forms in zip(block.equations, block.working or ((),) * len(block.equations), strict=True):
            if not equation.is_boundary:
                assert (forms[0][0] if forms else equation.right) == raw[equation.number]


@every_page
def test_each_rule_is_explained_once(name: str) -> None:
    texts = Counter(block.text for block in page_of(name) if isinstance(block, Text))
    rules = {rule for equation in derivation(name).adjoint.equations for step in equation.steps for rule in (step.rule, *step.reasons)}
    for rule in sorted(rules):
        sentence = ENGLISH.get(f"rule:{rule}", "")
        if sentence and "<loss>" not in sentence:
            assert texts[sentence] == 1, rule


@every_page
def test_references_lead_to_equations_that_are_shown(name: str) -> None:
    shown = {equation.number for block in page_of(name) if isinstance(block, Equations) for equation in block.equations}
    words = [block.text for block in page_of(name) if isinstance(block, Text)]
    words += [cell for block in page_of(name) if isinstance(block, Table) for row in block.rows for cell in row]
    words += [reason for block in page_of(name) if isinstance(block, Equations) for reason in block.reasons]
    targets = {int(number) for number in re.findall(r"\(#eq-(\d+)\)", " ".join(words))}
    assert targets
    assert targets <= shown


def test_what_learners_ask_is_answered_by_name() -> None:
    text = render(page_of("rnn"))
    asked = ("Total or partial.", "Why the transpose.", "the order of its factors.", "What is summed over time.", "A lag becomes a lead.")
    assert [text.count(question) for question in asked] == [1] * len(asked)


def test_the_paths_are_told_only_where_the_state_is_one_step_back() -> None:
    told = {name: Heading(ENGLISH["the paths"]) in page_of(name) for name in NAMES}
    assert told == {name: name not in ("lags", "leads", "still") for name in NAMES}


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "stack", "linear"])
def test_one_step_of_the_state_is_its_jacobian(name: str) -> None:
    """With all sizes 1 the matrices are numbers, and the change of the state is its derivative by the state before."""
    found = derivation(name)
    now: dict[str, sp.Expr] = {}
    for equation in found.forward.order:
        now[equation.name] = scalar(equation.right, now)
    changes: dict[str, sp.Expr] = {}
    for equation in one_step(found.forward, found.tangent):
        state = found.tangent[equation.name].of
        changes[equation.name] = scalar(equation.right, {**now, **changes})
        for other in found.forward.states:
            expected = sp.diff(now[state], sp.Symbol(f"{other.name}-1", real=True))
            dot = next(v.name for v in found.tangent.variables.values() if v.of == other.name and v.name.startswith(other.name + "dot"))
            actual = sp.diff(changes[equation.name], sp.Symbol(f"{dot}-1", real=True))
            assert abs(at_random(actual - expected)) < 1e-12, (state, other.name)


def scalar(expr: sp.Expr, now: dict[str, sp.Expr]) -> sp.Expr:
    """The expression with all matrices as numbers; a stack of blocks times a row of weights as their sum, each with the same weight."""
    if isinstance(expr, sp.Indexed):
        by = nodes.offset(expr)
        own = sp.Symbol(f"{nodes.sequence_name(expr)}{by if by else ''}", real=True)
        return now.get(nodes.sequence_name(expr), own) if by == 0 else own
    if isinstance(expr, sp.Symbol) or expr.is_Number:
        return expr
    operands = [scalar(part, now) for part in expr.args if not isinstance(expr, nodes.Zeros)]
    if isinstance(expr, nodes.Elementwise):
        return type(expr).definition(operands[0])
    if isinstance(expr, nodes.MatMul):
        return operands[0] * operands[1]
    if isinstance(expr, nodes.Stack):
        return sum(operands)
    return sp.Integer(0) if isinstance(expr, nodes.Zeros) else expr.func(*operands)


def at_random(expr: sp.Expr) -> float:
    values = {symbol: sp.Rational(3 + 7 * place, 11 + 2 * place) / 3 for place, symbol in enumerate(sorted(expr.free_symbols, key=str))}
    return float(expr.subs(values).evalf(30))


def test_a_literal_text_is_shown_as_it_is() -> None:
    assert "".join(span.text for span in spans(literal(HOSTILE)) if isinstance(span, Plain)) == HOSTILE
    assert plain(literal(HOSTILE)) == HOSTILE
