"""The plain notation: what is read, what is refused and how, and that what is printed is what was read."""

from __future__ import annotations

import random

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import derive
from derive.algebra import nodes
from derive.algebra.nodes import MatMul, Stack, Transpose, parameter, sequence, t
from derive.errors import InputError, NotationError, RecurrenceError, ShapeError
from derive.notation.write import equation_latex, equation_text
from derive.system import Boundary, Role, System
from tests.derive.cells.covering import covered
from tests.derive.random_cells import page

W, U, b, x, h, f = parameter("W"), parameter("U"), parameter("b"), sequence("x"), sequence("h"), sequence("f")


def right(text: str) -> sp.Expr:
    return derive.read(text).equations[0].right


def told(system: System) -> list[str]:
    return [equation_text(equation, system) for equation in system.equations]


# What is read


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("h_t = W x_t", MatMul(W, x[t])),
        ("h_t = W@x_t", MatMul(W, x[t])),
        ("h_t = U W x_t", MatMul(U, MatMul(W, x[t]))),
        ("h_t = (U W) x_t", MatMul(MatMul(U, W), x[t])),
        ("h_t = 2 x_t", nodes.mul(2, x[t])),
        ("h_t = 2x_t", nodes.mul(2, x[t])),
        ("h_t = 1/2 x_t", nodes.mul(sp.Rational(1, 2), x[t])),
        ("h_t = 1 / 2 * x_t", nodes.mul(sp.Rational(1, 2), x[t])),
        ("h_t = .5 * x_t", nodes.mul(sp.Float("0.5"), x[t])),
        ("h_t = -x_t + b", nodes.add(nodes.neg(x[t]), b)),
        ("h_t = x_t - (f_t - b)", nodes.add(x[t], nodes.neg(nodes.add(f[t], nodes.neg(b))))),
        ("h_t = σ(W^T x_t)", nodes.sigmoid(MatMul(Transpose(W), x[t]))),
        ("h_t = σ(Wᵀ x_t)", nodes.sigmoid(MatMul(Transpose(W), x[t]))),
        ("h_t = W^{T} x_t", MatMul(Transpose(W), x[t])),
        ("h_t = x_t^2", sp.Pow(x[t], 2, evaluate=False)),
        ("h_t = (W x_t)^{-2}", sp.Pow(MatMul(W, x[t]), -2, evaluate=False)),
        ("h_t = W [h_{t-1}; x_t]", MatMul(W, Stack(h[t - 1], x[t]))),
        ("h_t = W [h_{t-1}, x_t; 1]", MatMul(W, Stack(h[t - 1], x[t], 1))),
        ("h_t = U(f_t * h_{t-1}) + W x_t + 0 * f_t", None),
        ("h_t = x_{t} + h_{t - 2}", nodes.add(x[t], h[t - 2])),
        ("h_t = x_t + h_{t\N{MINUS SIGN}1}", nodes.add(x[t], h[t - 1])),
        ("h_{t+1} = x_t + h_t", nodes.add(x[t - 1], h[t - 1])),
    ],
)
def test_what_a_right_side_means(text, meaning):
    assert meaning is None or right(text) == meaning
    derive.read(text)


@pytest.mark.parametrize("sign", ["*", ".*", "⊙", "∘"])
def test_all_signs_of_the_elementwise_product(sign):
    assert right(f"h_t = f_t {sign} h_{{t-1}}") == nodes.mul(f[t], h[t - 1])


@pytest.mark.parametrize(
    ("written", "name"),
    [("W_{xh}", "W_xh"), ("W_{x,h}", "W_x_h"), ("W_f'", "W_f_prime"), ("η", "η"), ("µ", "μ"), ("alpha", "alpha"), ("S", "S")],
)
def test_names_of_parameters(written, name):
    """The last one is a constant to SymPy, and two signs are one letter to Python."""
    system = derive.read(f"h_t = tanh({written} * x_t)")
    assert system[name].role is Role.PARAMETER


@pytest.mark.parametrize("written", ["h'_t", "h_t'", "h_prime_t"])
def test_a_prime_belongs_to_the_name_before_or_behind_the_index(written):
    assert [equation.name for equation in derive.read(f"{written} = x_t")] == ["h_prime"]


def test_an_index_may_hold_a_name_and_the_time():
    system = derive.read("h_{1,t} = tanh(W_{xh} x_t + U h_{1,t-1})\nh_{2,t} = tanh(V h_{1,t} + R h_{2,t-1})")
    assert told(system) == ["h_1_t = tanh(W_xh x_t + U h_1_{t-1})", "h_2_t = tanh(V h_1_t + R h_2_{t-1})"]


def test_roles_follow_from_the_equations():
    system = derive.read("A = W V\nh_t = tanh(A x_t + U h_{t-1} + c_t)\nc_t = b * h_{t-1}")
    assert {name: each.role.value for name, each in system.variables.items()} == {
        "A": "defined", "h": "defined", "c": "defined", "x": "input", "W": "parameter", "V": "parameter", "U": "parameter", "b": "parameter"
    }  # fmt: skip
    assert not system["A"].is_sequence
    assert [each.name for each in system.states] == ["h"]
    assert system.outputs == ("h",)


def test_declarations():
    system = derive.read(
        "h_t = tanh(W x_t + U h_{t-1} + b)\np_t = softmax(V h_t)\nloss_t = -sum(y_t * log(p_t))\n"
        "output p\nloss loss\ninit b = -1.5e-1\ndistribution y\nboundary h = parameter\nshape x = (7, 1)"
    )
    assert system.outputs == ("p", "loss")
    assert system.loss == "loss"
    assert system["b"].start == -0.15
    assert system["y"].is_distribution
    assert system["h"].boundary is Boundary.PARAMETER
    assert system["W"].shape == (nodes.size("h"), 7)


def test_an_input_read_ahead_is_zero_beyond_the_end_unless_declared():
    assert derive.read("h_t = x_{t+1}")["x"].boundary is Boundary.ZERO
    assert derive.read("h_t = x_{t+1}\nboundary x = given")["x"].boundary is Boundary.GIVEN
    assert derive.read("h_t = x_{t-1}")["x"].boundary is Boundary.GIVEN


PAGE = """# A cell

Year: 2000
Reference: A. Author, A paper,
and more of it.

Some words with an equation y = 3 in them.

{equations}

More words.
"""


@pytest.mark.parametrize(
    "equations", ["    h_t = x_t  # as is\n    output h", "```\nh_t = x_t.\noutput h\n```", "~~~\n```text\nh_t = x_t,\n\noutput h\n```"]
)
def test_a_page_holds_its_equations_in_code_blocks(equations):
    system = derive.read(PAGE.format(equations=equations))
    assert told(system) == ["h_t = x_t"]
    assert system.notes == {"title": "A cell", "year": "2000", "reference": "A. Author, A paper, and more of it."}
    assert PAGE.format(equations=equations).splitlines()[system.equations[0].line - 1].strip().startswith("h_t")


# What is printed is what was read


MANY = [
    "h_t = solve(A, x_t + B h_{t-1}) + inv(A + B) (x_t * h_{t-1})",
    "h_t = C (A^T)^{-1} inv(B) (x_t + U h_{t-1})",
    "matrix S\nS_t = inv(S_{t-1} + k_t k_t^T)\nk_t = W x_t\ny_t = V S_t k_t",
    "matrix S\nS_t = S_{t-1} + x_t x_t^T\ny_t = B (S_t + L)^{-1} x_t",
    "h_t = x_t^{-1} + b^{-1} * h_{t-1}",
    "u_t = 0.9 * u_{t-1} + W x_t\ns_t = step(u_t - b) slope max(0, 1 - abs(u_t - b))",
    "u_t = 0.9 * u_{t-1} + W x_t\ns_t = (step(u_t) slope 1) * x_t + sum(tanh(u_t) slope 2)",
    "u_t = 0.9 * u_{t-1} + W x_t\ns_t = step(2 * u_t) slope exp(-u_t^2) by u_t",
    "spike(v) = 2 * step(v) - 1 slope 1 - tanh(v)^2\ns_t = spike(W x_t + U s_{t-1})",
    "h_t = logsumexp(W x_t) * h_{t-1} + logaddexp(x_t, h_{t-1}) + logsigmoid(x_t)",
    "matrix S\nS_t = S_{t-1} + k_t k_t^T\nk_t = W x_t\ny_t = logsumexp(S_t) * logsumexp_rows(S_t)^T + max_rows(S_t)^T + min_rows(S_t)^T",
    *(f"h_t = {name}(W x_t + U h_{{t-1}})" for name in ("arctan", "sinh", "cosh", "expm1", "log1p", "mish", "hard_swish", "softsign")),
    "h_t = b + U h_{t-1} + W x_t",
    "h_t = x_t * h_{t-1} * b * 2",
    "h_t = 0.5 * x_t / 3 / (1 + h_{t-1}) * b",
    "h_t = x_t / (b * x_t) - x_t / (b / x_t)",
    "h_t = x_t^{-1} * b + 1 / x_t^2 / b",
    "h_t = x_t - (b - x_t) + (x_t + b)",
    "h_t = (-x_t)^2 - x_t^2 - (x_t + b)^2",
    "h_t = -(x_t + b) * (1 - x_t)",
    "h_t = A (B x_t) + (A B) x_t + (A + B)^T x_t",
    "h_t = (2 * A) x_t + A (2 * x_t) + 1e-07 * x_t",
    "h_t = [x_t; b]^T [x_t; b] + sum(x_t * x_t) + x_t^T x_t",
    "h_t = A [[x_t; b]; x_t] + (A^T)^T [x_t; b; x_t]",
    "h_t = (x_t / b)^2 * (x_t * b) + 2.0 * x_t + 1/3 * b",
    "h_t = W x_t^2 + (W x_t)^2 + (W^T)^2 x_t",
]


@pytest.mark.parametrize("text", MANY)
def test_printed_text_reads_back_to_the_same_equations(text):
    system = derive.read(text)
    again = derive.read("\n".join(told(system)))
    assert [(e.left, e.right) for e in again.equations] == [(e.left, e.right) for e in system.equations]
    assert told(again) == told(system)


@pytest.mark.full
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_printed_text_of_random_cells_reads_back(seed):
    system = derive.read(page(seed))
    again = derive.read("\n".join(told(system)))
    assert [(e.left, e.right) for e in again.equations] == [(e.left, e.right) for e in system.equations]


def test_the_author_s_order_is_kept_in_text_latex_and_code():
    """SymPy would sort these."""
    system = derive.read("h_t = tanh(b + V u_t + A x_t) * x_t * b")
    equation = system.equations[0]
    assert equation_text(equation, system) == "h_t = tanh(b + V u_t + A x_t) * x_t * b"
    assert equation_latex(equation, system) == r"h_{t} = \tanh\left(b + V \, u_{t} + A \, x_{t}\right) \odot x_{t} \odot b"
    source = derive.emit(derive.bptt(system))
    assert "a_h = b + product(V, u, dtype) + product(A, x, dtype)\n" in source
    assert "h = tanh_a_h * x * b " in source


def test_latex_of_names():
    system = derive.read("c_hat_t = σ(W_{xh} alpha_t + U_f c_hat_{t-1}) - b_in / 3\nloss_t = x'_t^2 + 1e-07")
    latex = [equation_latex(equation, system) for equation in system.equations]
    assert latex[0] == (
        r"\hat{c}_{t} = \sigma\left(W_{\mathit{xh}} \, \alpha_{t} + U_{f} \, \hat{c}_{t-1}\right) - \frac{b_{\mathit{in}}}{3}"
    )
    assert latex[1] == r"\mathit{loss}_{t} = {x'}_{t}^{2} + 1 \cdot 10^{-7}"


# What is refused


BAD = {
    "": (NotationError, "there is no equation"),
    "# only a comment": (NotationError, "there is no equation"),
    "output h": (NotationError, "there is no equation"),
    "h_t = W x_t +": (NotationError, "line 1, column 14: the line ends here"),
    "h_t = tanh(W x_t": (NotationError, "column 11: ( is not closed; write ) where it ends"),
    "h_t = x_t)": (NotationError, "column 10: ) closes nothing; leave it out"),
    "h_t = x_t; x_t": (NotationError, "column 10: ';' is not expected"),
    "h_t == x_t": (NotationError, "column 6: '=' is not expected"),
    "h_t = x_t\ny_t = $": (NotationError, "line 2, column 7: '$' is not expected"),
    "h_t = x_t^0.5.1": (NotationError, "column 10"),
    "h_t = 1.5.2 * x_t": (NotationError, "column 7"),
    "h_t = x_t / 0": (NotationError, "division by zero"),
    "h_t = 1/0": (NotationError, "division by zero"),
    "h_t = 1e999 * x_t": (NotationError, "the number is too large"),
    "h_t = " + "9" * 400 + " * x_t": (NotationError, "the number is too large"),
    "h_t = tanh W x_t": (NotationError, "tanh is a function; write what it is applied to in parentheses"),
    "h_t = gelo(x_t)": (NotationError, "there is no function gelo; did you mean gelu?"),
    "h_t = f(x_t)": (NotationError, "there is no function f; define it in a line of its own, f(x) = ..."),
    "h_t = mearn(W x_t)": (NotationError, "did you mean mean?; before a product put a space, mearn (...)"),
    "h_t = x_t + h_t-1": (NotationError, "_t-1 has two readings; write _{t-1} for the value at t-1"),
    "class_t = x_t": (NotationError, "class is a word of Python"),
    "h_t = None x_t": (NotationError, "column 7: None is a word of Python"),
    "np_t = x_t": (NotationError, "np is NumPy in the emitted code"),
    "numpy_t = x_t": (NotationError, "numpy is NumPy"),
    "t_t = x_t": (NotationError, "t is the time index"),
    "T = x_t": (NotationError, "T is the length of the sequences"),
    "tanh_t = x_t": (NotationError, "tanh is a function and cannot name a variable"),
    "h_t = x_t\nn_h = W x_t": (NotationError, "line 2: n_h is the number of rows of h"),
    "h_t = x_t\ny_t = W h_0": (NotationError, "line 2: h_0 is h at one time, which an equation cannot read"),
    "h_t = U h_{t-2}\nh_0 = b": (NotationError, "h is read more than one step before"),
    "h_t = x_{2t}": (NotationError, "x_{2t} has an index that is no time"),
    "h_t = x_{t-k}": (NotationError, "x_{t-k} has an index that is no time"),
    "h_{t,1} = x_t": (NotationError, "h_{t,1} has an index that is no time"),
    "h_t = x_{t-1001}": (NotationError, "x_{t-1001} is too far from t; a lag or lead is at most 1000"),
    "h_t = x_{t-" + "9" * 4500 + "}": (NotationError, "too far from t"),
    "h_t = __import__('os')": (NotationError, "column 7"),
    "h_t = " + "(" * 100 + "x_t" + ")" * 100: (NotationError, "more than 60 operations or brackets"),
    "h_t = " + "W " * 200 + "x_t": (NotationError, "more than 60 operations or brackets"),
    "h_t = x_t" + "^2" * 200: (NotationError, "more than 60 operations or brackets"),
    "h_t = x_t" + " + x_t" * 2000: (NotationError, "more than 5000 characters"),
    "h_t = x_t + h": (RecurrenceError, "line 1: h is used with and without an index t"),
    "h_t = x_t\nh_t = b": (RecurrenceError, "equation (2): h is defined a second time"),
    "h_t = tanh(x_t + h_t)": (RecurrenceError, "h depends on its own value at the same t (h -> h); read one of them a step before"),
    "h_t = y_t\ny_t = z_t\nz_t = h_t + x_t": (RecurrenceError, "(h -> z -> y -> h)"),
    "A = W x_t\nh_t = A_t + A": (RecurrenceError, "A is used with and without an index t"),
    "h_t = x_t\noutput y": (RecurrenceError, "line 2: y is declared and not used in any equation; the names are x, h"),
    "h_t = W x_t\noutput W": (NotationError, "line 2: W is not a variable with an equation"),
    "h_t = W x_t\noutput x": (NotationError, "line 2: x is not a variable with an equation"),
    "h_t = W x_t\nloss W": (NotationError, "W is not a variable with an equation"),
    "h_t = W x_t\nloss h": (ShapeError, "the loss is (n_h, 1) and not a number"),
    "h_t = W x_t\ninit x = 1": (NotationError, "x is not a parameter"),
    "h_t = W x_t\nboundary W = zero": (NotationError, "W is not a sequence"),
    "h_t = W x_t\nboundary h = one": (NotationError, "'one' is not expected here; expected zero, given or parameter"),
    "h_t = W x_t\nshape W = (2, 3)\nshape W = (2, 3)": (NotationError, "line 3: the shape of W is declared a second time"),
    "h_t = W x_t\nshape W = (2, q)": (NotationError, "line 2: q is not a variable"),
    "h_t = W x_t\nshape W = (0, 3)": (NotationError, "line 2: W has no entries"),
}  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:30])
def test_bad_input_gives_one_clear_line(text):
    kind, expected = BAD[text]
    with pytest.raises(InputError) as error:
        derive.read(text)
    assert type(error.value) is kind
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("h_t = x_t + $", "$"),
        ("h_t = x_t)", ")"),
        ("h_t = tanh(class x_t)", "class"),
        ("h_t = W x_{2t}", "x_{2t}"),
        ("h_t = W mearn(b)", "mearn"),
    ],
)
def test_the_caret_stands_below_what_is_wrong(text, marked):
    with pytest.raises(NotationError) as error:
        derive.read(text)
    line, caret = error.value.excerpt.splitlines()
    assert line[caret.index("^") :].startswith(marked)


PIECES = [
    *"h_t h_{t-1} h_{t+1} x_t W U b = = + - * / ^T ^2 ^ @ ( ) [ ] ; , tanh( softmax( sum( 1 0 2.5 1e9 σ ⊙ _ ' { } { . # t T lambda n_h".split(),
    "\n", "\n", "output h", "boundary h = zero", "shape W = (h, x)", "loss h", "init b = 1", "```", "    ", "\t", "\0", "é", "ᵀ", "𝟙",
]  # fmt: skip


def mutated(making: random.Random) -> str:
    """A sound page with some characters replaced, doubled or left out, or a heap of pieces."""
    if making.random() < 0.5:
        return "".join(making.choice(["", " "]) + making.choice(PIECES) for _ in range(making.randrange(1, 25)))
    text = list(page(making.randrange(500)) if making.random() < 0.3 else making.choice(MANY))
    for _ in range(making.randrange(1, 6)):
        at = making.randrange(len(text))
        text[at : at + making.randrange(3)] = making.choice([making.choice(PIECES), text[at] * 2, ""])
    return "".join(text)


@pytest.mark.parametrize("part", covered(range(8), range(1)))
def test_whatever_is_written_is_a_system_or_one_clear_line(part):
    making = random.Random(part)
    for _ in range(300):
        text = mutated(making)
        try:
            assert isinstance(derive.read(text), System)
        except InputError as error:
            assert "\n" not in str(error), text  # noqa: PT017
