"""Which formulas of a page count: those in sentences beside displays, derivatives, and all that is wrong with a page."""

from __future__ import annotations

import json
import sys

import pytest

import bptt
import derive
from derive.errors import InputError
from derive.notation import restate

CELL = r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$"
PLAIN = "h_t = tanh(W x_t + U h_{t-1} + b)"


def told(text: str) -> list[str]:
    """What a page says, in the plain notation."""
    return restate.page(derive.read(text))


def remarks(text: str) -> dict[str, str]:
    """The formulas of which nothing is used, each with what is said of it."""
    return {each.text: each.advice for each in derive.read(text).unused}


NEW = [
    "The output is {}.",
    "输出为 {}。",
    "- read out by {}",
    "| output | {} |",
    "At each step we predict by {}, and so on.",
    "{} is what is asked for.",
]


@pytest.mark.parametrize("sentence", NEW)
@pytest.mark.parametrize("form", ["$y_t = V h_t$", r"\(y_t = V h_t\)", "`y_t = V h_t`"])
def test_a_sentence_that_computes_a_new_value_from_the_cell_counts_and_gives_the_output(sentence, form):
    page = f"{CELL}\n\n{sentence.format(form)}\n"
    assert told(page) == told(f"{PLAIN}\ny_t = V h_t")
    assert not remarks(page)


def test_one_sentence_may_build_on_another_and_the_last_is_the_output():
    page = f"{CELL}\n\nThe scores are $s_t = V h_t$, and the prediction is $p_t = \\mathrm{{softmax}}(s_t)$."
    assert told(page) == told(f"{PLAIN}\ns_t = V h_t\np_t = softmax(s_t)")
    assert derive.read(page).outputs == ("p",)


@pytest.mark.parametrize("sentence", ["If {} were the output, it would be linear.", "For example, {} may follow.", "Suppose {} is read out.",
        "如果 {} 作为输出，", "例如 {}。",
                                      "当 {} 时，", "Unlike a network with {}, it has no readout."])  # fmt: skip
def test_what_is_supposed_does_not_count_and_is_remarked_on(sentence):
    page = f"{CELL}\n\n{sentence.format('$y_t = V h_t$')}"
    assert told(page) == told(PLAIN)
    assert "supposes it" in remarks(page)["y_t = V h_t"]


@pytest.mark.parametrize(
    "said",
    [
        "$W x_t + U h_{t-1} + b = a_t$",
        "$a_t = W x_t + U h_{t-1} + b$",
        "$h_t = x_t$",
        "$y_t = h_t$",
        "$y_t = V z_t$",
        "$y = V h_2$",
        r"$y_t = g(V h_t)$",
    ],
)
def test_what_names_a_part_or_is_defined_or_has_nothing_to_do_with_the_cell_does_not_count(said):
    assert told(f"{CELL}\n\nHere {said} holds.") == told(PLAIN)


def test_a_number_that_is_supposed_is_not_the_value_of_a_parameter():
    page = "$$h_t = \\alpha h_{t-1} + W x_t$$\n\nThe decay is a scalar. When $\\alpha = 1$ it sums up."
    assert "alpha" in [each.name for each in derive.read(page).parameters]
    assert "alpha" not in [each.name for each in derive.read(page.replace("When ", "Here ")).parameters]


ODES = [r"\tau \dot{h} = -h + \tanh(W x)", r"\frac{dh}{dt} = -h + W x", r"\tau \frac{\mathrm{d} h(t)}{\mathrm{d} t} = -h(t) + W x(t)",
        r"\frac{d\mathbf{h}}{dt} = f(x)",
        r"dh/dt = -h + W x"]  # fmt: skip


@pytest.mark.parametrize("equation", ODES)
def test_a_differential_equation_is_passed_over_with_a_remark_or_refused_with_its_steps(equation):
    page = f"In continuous time\n\n$${equation}$$\n\nand in steps\n\n{CELL}\n"
    assert told(page) == told(PLAIN)
    assert [each for text, each in remarks(page).items() if text == equation and "differential equation" in each]
    with pytest.raises(InputError, match=r"line 3, column 3: a differential equation says .*; discretise it: h_t = h_\{t-1\} \+ dt"):
        derive.read(page.replace(CELL, ""))


def test_a_differential_equation_in_plain_text_is_refused_with_its_steps():
    with pytest.raises(InputError, match=r"discretise it: r_t = r_\{t-1\} \+ dt/tau \(\.\.\.\)"):
        derive.read("A rate model\n\ntau dr/dt = -r + tanh(W r + B u)")


def test_a_dot_that_another_equation_reads_is_a_name():
    assert len(derive.read(r"$$\dot{h}_t = -h_{t-1} + W x_t$$ $$h_t = h_{t-1} + \eta \dot{h}_t$$").equations) == 2


GRADIENTS = [r"\delta_t = \frac{\partial L}{\partial a_t}", r"\delta_t = (1 - h_t^2) \odot V^\top \frac{\partial L}{\partial o_t}",
        r"\delta_t = \nabla_{h_t} L",
             r"\frac{\partial L}{\partial W} = \sum_t \delta_t x_t^\top"]  # fmt: skip


@pytest.mark.parametrize("equation", GRADIENTS)
def test_gradients_beside_the_cell_are_no_part_of_it(equation):
    page = f"{CELL}\n\nBackward:\n\n$${equation}$$\n$$g_t = U^\\top \\delta_t$$\n"
    assert told(page if "sum" not in equation else page.partition("$$g_t")[0]) == told(PLAIN)
    assert "gradient" in remarks(page)[equation]


def test_all_that_is_wrong_with_a_page_is_found_at_once(capsys, tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(f"{CELL}\n\n$$y_t = V (h_t$$\n\ntext\n\n$$z_t = \\foo{{h_t}}$$\n\nvector h\n")
    with pytest.raises(InputError) as error:
        derive.read(page.read_text())
    assert [(each.spot.line, each.spot.column) for each in error.value.every] == [(3, 11), (7, 9)]
    assert error.value.every[1].spot.length == len("\\foo")
    monkeypatch.setattr(sys, "argv", ["bptt", "derive", str(page), "--json"])
    with pytest.raises(SystemExit) as left:
        bptt.main()
    shown = capsys.readouterr()
    assert left.value.code == 2
    found = json.loads(shown.out)["errors"]
    assert [(each["line"], each["column"], each["length"]) for each in found] == [(3, 11, 1), (7, 9, 4)]
    assert shown.err.count("bptt: line") == shown.err.count("^") == 2
