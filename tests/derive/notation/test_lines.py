"""Pages of plain text: what is an equation in them, what a declaration and what prose."""

from __future__ import annotations

import contextlib
import itertools
import random
from time import process_time

import pytest

import derive
from derive.errors import InputError
from derive.notation import restate
from derive.notation.page import reading
from derive.notation.surroundings.fates import Fate
from tests.derive.cells.covering import each_third

ELMAN = ["h_t = tanh(W x_t + U h_{t-1} + b)", "y_t = V h_t + c"]
BARE = "\n".join(ELMAN)
LABELS = [
    "{}",
    "forget gate: {}",
    "更新门：{}",
    "更新门：　{}",
    "- {}",
    "* {}",
    "2) {}",
    "2. {}",
    "(3) {}",
    "> {}",
    "then {}",
    "其中 {}",
    "**state:** {}",
]
TAILS = ["", ",", ".", ";", ", where W is the weight matrix", ", with U and V to be learned", "，其中 W 为权重", "   # the state", "   (1)",
         "     (2.3)",
         "   (the biases are left out here)", " for all steps t", ". The rest is as before.", "。其余同上。"]  # fmt: skip
PROSE = ["", "Hi Anna,", "GRU", "The model", "-----------", "=====", "A cell (Elman, 1990)", "Let me know if that makes sense.",
         "循环神经网络笔记", "W, U and V are matrices.",
         "> as you asked", "Best, Tom", "input gate", "3. The model", "Given x_t and the state (h_{t-1}, c_{t-1}) it computes", "x_t∈R^n",
         "（每个公式 2 分，共 8 分）", "| a | b |", "Output", "- the same weights are used at every step", "Subject: RNN as an update"]  # fmt: skip


def told(text: str) -> list[str]:
    """What a page says, in the plain notation."""
    return restate.page(derive.read(text))


@pytest.mark.parametrize(
    ("label", "tail"), [*((each, "") for each in LABELS), *(("{}", each) for each in TAILS), *zip(LABELS, TAILS, strict=False)]
)
def test_labels_before_equations_and_words_behind_them_are_no_part_of_them(label, tail):
    assert told("\n".join(label.format(each) + tail for each in ELMAN)) == told(BARE)


@pytest.mark.parametrize("prose", PROSE)
def test_prose_around_equations_is_prose(prose):
    for page in (f"{prose}\n\n{BARE}", f"{BARE}\n{prose}", f"{ELMAN[0]}\n{prose}\n{ELMAN[1]}", f"{prose}\n{prose}\n{BARE}\n\n{prose}"):
        assert told(page) == told(BARE)


@pytest.mark.parametrize("between", [", ", "; ", " and ", ", and ", "，", ", where ", ". ", "；"])
def test_a_line_may_hold_several_equations(between):
    assert told(between.join(ELMAN)) == told(BARE)
    assert told(f"The network computes {between.join(ELMAN)}, as usual.") == told(BARE)


def test_a_line_goes_on_where_a_bracket_is_open_or_a_sign_begins_the_next():
    assert told("h_t = tanh(W x_t\n          + U h_{t-1} + b)\ny_t = V h_t\n    + c") == told(BARE)


@pytest.mark.parametrize(
    ("page", "place"),
    [
        (f"{BARE}\nouput y", "line 3"),
        (f"A cell.\n\n{BARE}\nvectr b", "line 5"),
        ("The cell:\nh_t = tanh(W x_t + U h_{t-1} + b\n\nAs usual.", "line 2, column 11"),
        (f"{BARE}\nz_t tanh(W x_t)", "line 3, column 16"),
        (f"gate: z_t sigmoid(W x_t)\n{BARE}", "line 1, column 25"),
        (f"{BARE}\noutput q", "line 3"),
        (f"{BARE}\nh_t, = x_t +", "line 3"),
        (f"{BARE}\nshape W = (2, q)", "line 3"),
        (f"{BARE}\nt > 0: z_t = x_t", "line 3"),
        (f"{BARE}\nz_t =", "line 3"),
    ],
)
def test_what_is_broken_is_refused_with_its_place_and_no_prose(page, place):
    with pytest.raises(InputError) as error:
        derive.read(page)
    assert place in str(error.value)


@pytest.mark.parametrize(
    "declared", ["scalar a, c", "scalar c", "vector b\nscalar c", "matrix U\noutput h", "constant c = 2\ninit b = 1", "boundary h = zero"]
)
def test_declarations_stand_between_prose_too(declared):
    page = ["h_t = tanh(W x_t + U h_{t-1} + b)", "y_t = c * h_t + a * h_t"]
    assert told("\n".join(["A cell with words around it.", *page, "", declared, "That is all."])) == told("\n".join([*page, declared]))


PROGRAM = "```python\nclass RNN(nn.Module):\n    def forward(self, x, h):\n        h = torch.tanh(self.W(x))\n        return h\n```"


def test_a_program_is_no_equation_and_is_told_from_one():
    for page in (PROGRAM, PROGRAM.replace("```python\n", "").replace("```", "")):
        with pytest.raises(InputError, match="this is a program, and no equation is on the page; write what one step computes"):
            derive.read(page)
    assert told(f"{BARE}\n\n{PROGRAM}") == told(BARE)
    assert told(f"```\n{BARE}\n```\n\n{PROGRAM}\n\n    pip install rnn\n") == told(BARE)


def test_times_without_an_index_are_refused_with_what_to_write():
    with pytest.raises(InputError, match=r"line 2, column 15: ht-1 has no index; write h_\{t-1\} for it and h_t for ht"):
        derive.read("so basically\nht = tanh(Whh ht-1 + Wxh xt + bh)\nyt = Why ht + by")


WORDS = [
    "the",
    "state",
    "h_t",
    "=",
    "tanh(W x_t)",
    "where",
    ",",
    ".",
    ":",
    "(",
    ")",
    "is",
    "其中",
    "y_t",
    "output",
    "-",
    "and",
    "|",
    "`",
    "#",
    "[",
    "0.5",
    ":=",
    "**",
]


@pytest.mark.parametrize("seed", range(6))
def test_any_words_are_read_or_refused_and_no_equation_gets_lost(seed):
    making = random.Random(seed)
    for _ in range(60):
        line = " ".join(making.choice(WORDS) for _ in range(making.randrange(1, 12)))
        try:
            found = reading(f"{ELMAN[0]}\n{line}")
        except InputError as error:
            assert "\n" not in str(error), line  # noqa: PT017
            continue
        assert any(each.text == ELMAN[0] and each.fate is Fate.EQUATION for each in found.formulas) or line.startswith("+"), line


FRAMES = ["\\\\[ {} \\\\]", "\\\\[\n{}\n\\\\]", "> $$\n> {}\n> $$", "> $${}$$", "- $${}$$", "<p>\n$${}$$\n</p>", "```math\n{}\n```"]
FRONTS = ["", "---\ntitle: A cell\ntags: [rnn, x = 1]\n---\n", "title: A cell\ndate: 2020-01-01\n---\n"]


@pytest.mark.parametrize(("front", "frame"), [*itertools.product(FRONTS, FRAMES)])
def test_front_matter_and_the_frames_of_displays_say_nothing(front, frame):
    latex = [r"h_t = \tanh(W x_t + U h_{t-1} + b)", "y_t = V h_t + c"]
    page = f"{front}\nA cell.\n\n" + "\n\n".join(frame.format(each) for each in latex) + "\n\nThat is all.\n"
    assert told(page) == told(BARE)


def test_commands_with_two_backslashes_are_commands():
    assert told("\\\\[ h_t = \\\\tanh(W x_t + U h_{t-1} + b) \\\\\\\\ y_t = V h_t + c \\\\]") == told(BARE)


def test_subscripts_in_html_are_indices():
    assert told("h<sub>t</sub> = tanh(W x<sub>t</sub> + U h<sub>t-1</sub> + b)<br>\ny<sub>t</sub> = V h<sub>t</sub> + c") == told(BARE)


ODD = ["> " * 50_000, "h_t = x_t, " + "a, " * 30_000, "h_t = x_t\n\n" + "\\\\( " * 25_000, "a: b\n" * 20_000, "---\n" * 25_000,
       "h_t = x_t\n" + "a_" * 50_000 + " = 3",
       "h_t = x_t\n" + "where the a = b, " * 6_000, "h_t = (x_t\n" + "+ a\n" * 25_000, "h_t = x_t\n" + " " * 100_000 + "(1)x",
       "h_t = x_t\n\n" + "x, " * 30_000 + "are scalars", "h_t = x_t\n\n$h_0 " + " " * 100_000 + "= 0$",
       "h_t = " + "e^{" * 300 + "x_t" + "}" * 300, "h_t = x_t\n\nThe initial state " + "a " * 50_000 + "is zero",
       "$$h_t = f(x_t)$$\n\n" + "f is tanh or " * 8_000 + "f(", "h_t = x_t\n\n" + ":math:`" * 15_000]  # fmt: skip


@pytest.mark.parametrize("page", each_third(ODD), ids=lambda page: page[:12].strip() or "space")
def test_odd_pages_are_scanned_without_going_back(page):
    begin = process_time()
    with contextlib.suppress(InputError):
        reading(page)
    assert process_time() - begin < 6


ASIDE = {
    "u_t = e^T x_t + a m_{t-1}        <- one number!": ["u"],
    "f_t = sigmoid(W x_t)             forget gate": ["f"],
    "s_t = W x_t            c = 8 (fixed)\ny_t = c s_t": ["s", "y"],
    "s_t = W x_t            y_t = V s_t": ["s", "y"],
    "y_t = softmax(V x_t) ∈ ℝ^|V|": ["y"],
    "h_t = W x_t,      t = 1, ..., T": ["h"],
}


@pytest.mark.parametrize("line", ASIDE)
def test_what_stands_far_behind_an_equation_is_no_part_of_it(line):
    system = derive.read(line)
    assert [each.name for each in system.equations] == ASIDE[line]
    assert not {"fixed", "forget", "gate", "one", "number"} & set(system.variables)


def test_branches_of_a_listing_are_one_equation_by_steps():
    listing = "if t mod 4 == 0:\n    s_t = tanh(W x_t)\n    r_t = x_t\nelse:\n    s_t = s_{t-1}\n    r_t = 0 x_t\n\ny_t = V s_t + R r_t\n"
    by_hand = "s_t = every(t, 4) * tanh(W x_t) + (1 - every(t, 4)) * s_{t-1}\nr_t = every(t, 4) * x_t + (1 - every(t, 4)) * (0 x_t)\n"
    found, meant = derive.read(listing), derive.read(f"{by_hand}y_t = V s_t + R r_t")
    assert [each.right for each in found.equations] == [each.right for each in meant.equations]
    with pytest.raises(derive.InputError, match=r"line 1, column 4: r_t is defined in one branch alone"):
        derive.read("if t mod 4 == 0:\n    s_t = W x_t\nelse:\n    s_t = x_t\n    r_t = x_t")
    with pytest.raises(derive.InputError, match="a case that depends on values belongs to a function"):
        derive.read("if x_t > 0:\n    s_t = W x_t\nelse:\n    s_t = x_t")
    assert derive.read("If we unroll it:\n\n    h_t = tanh(W x_t + h_{t-1})\n")


def test_cases_by_steps_stand_in_a_line():
    found = derive.read("s_t = W x_t if t % 3 == 0 else s_{t-1}")
    assert found.equations[0].right == derive.read("s_t = every(t, 3) * (W x_t) + (1 - every(t, 3)) * s_{t-1}").equations[0].right
    for wrong, told in {"t mod 3 == 1": "no clock tells", "t mod 0 = 0": "no clock tells"}.items():
        with pytest.raises(derive.InputError, match=told):
            derive.read(f"s_t = W x_t if {wrong} else s_{{t-1}}")
    with pytest.raises(derive.InputError, match="not by both"):
        derive.read("s_t = x_t if t mod 2 = 0, 0 if x_t > 0, 1 otherwise")


def test_docstrings_of_a_program_are_its_page():
    program = '''class Cell(Module):
    """A cell.

        z_t = sigmoid(W x_t + b)
        h_t = (1 - z_t) * h_{t-1} + z_t * (g * x_t)

    g : scalar nn.Parameter
    """

    def forward(self, x):
        z = 1 / (1 + exp(-x))
        return z
'''
    system = derive.read(program)
    assert [each.name for each in system.equations] == ["z", "h"]
    assert (system["g"].shape, system.equations[0].line) == ((1, 1), 4)
    with pytest.raises(derive.InputError, match="this is a program"):
        derive.read("class Cell:\n    def forward(self, x):\n        h = tanh(x)\n        return h\n")


LOGS = {"log a_t = -softplus(L) ⊙ r_t": "a_t = exp(-softplus(L) ⊙ r_t)", r"$$\log a_t = W x_t$$": "a_t = exp(W x_t)"}


@pytest.mark.parametrize("line", LOGS)
def test_the_logarithm_of_a_value_defines_it(line):
    assert derive.read(line).equations[0].right == derive.read(LOGS[line]).equations[0].right


def test_letters_of_styles_are_bold_letters_and_greek_commands_stay():
    page = r"$$\vh_t = \tanh(\mW \vx_t + \beta \vh_{t-1} + \Bb + \eta \vmu)$$"
    system = derive.read(page)
    assert set(system.variables) == {"h", "W", "x", "beta", "b", "eta", "mu"}
    assert system["b"].shape == system["mu"].shape == system["h"].shape


def test_a_value_with_what_it_is_of_is_a_value():
    system = derive.read(r"$$S_n = S_{n-1} + K_n^\top V_n$$ $$\mathrm{Ret}(X_n) = Q_n S_n$$ $$O_n = \mathrm{Ret}(X_n) W$$")
    assert [each.name for each in system.equations] == ["S", "Ret", "O"]


def test_a_prime_transposes_where_the_page_says_so():
    page = "u_t = e' x_t + a\nh_t = tanh(W x_t + v u_t)\n\n(prime = transpose.)"
    assert derive.read(page)["u"].shape == (1, 1)
    with pytest.raises(derive.InputError, match="may be e transposed"):
        derive.read(page.replace("prime =", "prime never"))


@pytest.mark.parametrize("written", ["h⁽ᵗ⁾ = tanh(W x⁽ᵗ⁾ + U h⁽ᵗ⁻¹⁾)", "hᵗ = tanh(W xᵗ + U hᵗ⁻¹)", "h_t = tanh(W x_t + U h_{t-1})"])
def test_times_above(written):
    assert derive.read(written).equations[0].right == derive.read("h_t = tanh(W x_t + U h_{t-1})").equations[0].right


def test_letters_above_are_labels_and_a_tilde_behind_is_an_accent():
    assert [each.name for each in derive.read("hᶠ_t = tanh(Wᶠ x_t)\nh~_t = V hᶠ_t").equations] == ["h_f", "h_tilde"]


def test_brackets_with_a_plus_below_are_rectified():
    for plus in ("₊", "_+", "_{+}"):
        assert derive.read(f"r_t = [W x_t + b]{plus}").equations[0].right == derive.read("r_t = relu(W x_t + b)").equations[0].right


POWERS = {
    "y_t = (1 - h[t]**2) * x[t]": "y_t = (1 - h_t^2) * x_t",
    "y[t] = h[t]^2 + U h[t-1]^T": "y_t = h_t^2 + U h_{t-1}^T",
    "y_t = h_t**2 + x_t": "y_t = h_t^2 + x_t",
    "y_t = x_t.^2": "y_t = x_t^2",
    "**y_t = x_t**": "y_t = x_t",
    r"$$y_t = V x^{(t-1)^\top} + x^{(t)^2}$$": "y_t = V x_{t-1}^T + x_t^2",
}


@pytest.mark.parametrize("line", POWERS)
def test_powers_of_values_at_a_time_are_no_marks_of_bold_words(line):
    assert derive.read(line).equations[0].right == derive.read(POWERS[line]).equations[0].right


def test_a_declaration_in_a_block_may_be_of_a_name_that_only_a_display_has():
    assert derive.read("$$\\ell_t = -\\sum_i y_{t,i} \\log p_{t,i}$$\n\n    loss ell\n").loss == "ell"
