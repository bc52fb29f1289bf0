"""Printed LaTeX reads back to the same equations: of all cells, of random ones, of all kinds of names, and of backward passes."""

from __future__ import annotations

import re

import pytest

import derive
from derive.notation.latex import parser as latex
from derive.notation.letters import ACCENTS
from derive.notation.plainly import plainly
from derive.notation.restate import declarations
from derive.notation.write import equation_latex, equation_text
from derive.system import Kind, System
from tests.derive.cells.covering import each_cell, each_third
from tests.derive.notation.test_notation import MANY
from tests.derive.random_cells import page


def assert_reads_back(system: System, declared: str = "") -> None:
    equations = "\n\n".join(f"$${equation_latex(each, system)}$$" for each in system.equations)
    again = derive.read(f"{equations}\n\n{declared}")
    assert [equation_text(each, again) for each in again.equations] == [equation_text(each, system) for each in system.equations]
    assert [(each.left, each.right) for each in again.equations] == [(each.left, each.right) for each in system.equations]


@pytest.mark.parametrize("name", each_cell())
def test_the_printed_equations_of_a_cell_read_back(name):
    system = derive.cell(name)
    assert_reads_back(system, "".join(f"    {each}\n" for each in declarations(system)))


@pytest.mark.parametrize("text", MANY)
def test_printed_latex_reads_back_to_the_same_equations(text):
    assert_reads_back(derive.read(text))


@pytest.mark.parametrize("seed", each_third(range(40)))
def test_printed_latex_of_random_cells_reads_back(seed):
    assert_reads_back(derive.read(page(seed)))


NAMES = ["W_a_b", "W_ab", "ell", "λ", "alpha_f", "α_f_hat", "h_fwd", "loss_hat_2_bar", "c_f_hat", "c_hat_f", "f_2_prime_prime_3", "f_prime_hat",
         "i_bar", "e", "W_tanh", "W_sigm", "W_12", "W_2h", "swish", "aβ", "W_α", "W_alpha", "h_vec", "Gamma_Ω", "sigma",
         "phi_2", *ACCENTS]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_name_reads_back_before_a_factor_and_a_parenthesis(name):
    assert_reads_back(derive.read(f"{name}_t = tanh({name}_{{t-1}} + x_t)\nloss_t = sum({name}_t * {name}_{{t-1}}) * {name}_t"))
    assert_reads_back(derive.read(f"y_t = W (x_t + x_t) + {name} (x_t + x_t)\nz_t = g (x_t + x_t) + b_{name} * x_t"))


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_printed_equations_of_a_backward_pass_read_back(name):
    """An adjoint is h_bar when it is read, and the boundary's equations say what they are by their place."""
    adjoint = derive.bptt(derive.cell(name)).adjoint
    own = {each.name: _accented(each.of) for each in adjoint.variables.values() if each.kind is Kind.ADJOINT}
    for each in adjoint.equations:
        if not each.is_boundary:
            plain = re.sub(r"\w+?(?=_t\b|_\{|\b)", lambda found: own.get(found[0], found[0]), equation_text(each, adjoint))
            read = plainly(latex.parse(equation_latex(each, adjoint))[-1])
            assert _bare(read) == _bare(plain)


def _accented(name: str) -> str:
    letter, *rest = name.split("_")
    return "_".join([letter, "bar", *rest])


def _bare(plain: str) -> str:
    """The signs of an equation, without those that are there for the eye or say the same."""
    return re.sub(r"[{}\s]", "", plain.replace(",", "_").replace("⊙", "*"))
