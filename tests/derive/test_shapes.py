"""Sizes: what is inferred from equations, and how a clash is told."""

from __future__ import annotations

import pytest
import sympy as sp

import derive
from derive.algebra import nodes, shapes
from derive.algebra.nodes import Broadcast, MatMul, Slice, Stack, SumColumns, SumRows, Transpose, Zeros, parameter, sequence, size, t
from derive.errors import ShapeError

A, B, v, s = (parameter(name) for name in "ABvs")
m, n, k, one = size("m"), size("n"), size("k"), sp.Integer(1)
KNOWN = {"A": (m, n), "B": (n, k), "v": (m, one), "s": (one, one), "h": (n, one), "C": (one, n)}


@pytest.mark.parametrize(
    ("expr", "shape"),
    [
        (MatMul(A, B), (m, k)),
        (Transpose(MatMul(A, B)), (k, m)),
        (MatMul(A, sequence("h")[t - 3]), (m, one)),
        (nodes.add(A, v), (m, n)),
        (nodes.mul(v, parameter("C")), (m, n)),
        (nodes.mul(s, A, sp.Float(0.5)), (m, n)),
        (sp.Pow(A, 2, evaluate=False), (m, n)),
        (SumRows(A), (one, n)),
        (SumColumns(A), (m, one)),
        (Stack(A, parameter("C"), A), (2 * m + 1, n)),
        (Slice(A, 1, k), (k - 1, n)),
        (Zeros(k, m), (k, m)),
        (Broadcast(v, m, k), (m, k)),
        (nodes.softmax(nodes.tanh(A)), (m, n)),
        (nodes.OverTime(MatMul(v, Transpose(sequence("h")[t]))), (m, n)),
        (sp.Integer(3), (one, one)),
    ],
    ids=str,
)
def test_the_shape_of_an_expression(expr, shape):
    assert tuple(sp.expand(own - other) for own, other in zip(shapes.shape(expr, KNOWN), shape, strict=True)) == (0, 0)


@pytest.mark.parametrize(
    ("expr", "sizes"),
    [(MatMul(A, A), "n_n against n_m"), (nodes.add(A, B), "n_m against n_n"), (nodes.mul(v, sequence("h")[t]), "n_m against n_n"), (Stack(A, v), "n_n against 1")],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_named_with_both_sizes(expr, sizes):
    with pytest.raises(ShapeError, match=sizes) as error:
        shapes.shape(nodes.tanh(nodes.add(expr, s)), KNOWN)
    assert error.value.term == expr


def inferred(text: str) -> dict[str, str]:
    return {name: f"{rows} {columns}" for name, (rows, columns) in derive.read(text).shapes.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("h_t = tanh(W x_t + U h_{t-1} + b)", {"W": "n_h n_x", "U": "n_h n_h", "b": "n_h 1", "x": "n_x 1", "h": "n_h 1"}),
        ("h_t = f_t * h_{t-1}\nf_t = x_t * x_t", {"f": "n_x 1", "h": "n_x 1"}),
        ("h_t = A B h_{t-1} + x_t", {"A": "n_x n_B", "B": "n_B n_x"}),
        ("h_t = W [h_{t-1}; x_t; 1]", {"W": "n_h n_h + n_x + 1"}),
        ("h_t = [x_t; u_t]\ny_t = V h_t", {"h": "n_u + n_x 1", "V": "n_y n_u + n_x"}),
        ("h_t = W^T x_t + U h_{t-1}", {"W": "n_x n_h"}),
        ("h_t = (U - U^T) h_{t-1} + x_t", {"U": "n_x n_x"}),
        ("s_t = v^T x_t + a\nh_t = s_t * x_t", {"v": "n_x 1", "s": "1 1", "a": "1 1", "h": "n_x 1"}),
        ("h_t = (u v^T) h_{t-1} + x_t", {"u": "n_x 1", "v": "n_x 1"}),
        ("h_t = tanh(w x_t + u h_{t-1})", {"w": "n_h n_x", "u": "n_h n_h"}),
        ("s_t = V^T h_t\nh_t = W x_t", {"V": "n_h n_s", "s": "n_s 1"}),
        ("h_t = W x_t\ny_t = h_t^T h_{t-1}", {"y": "1 1"}),
        ("h_t = sum(W x_t) + s_{t-1}\ns_t = h_t", {"h": "n_h 1", "s": "n_h 1"}),
        ("y_t = softmax(V h_t)\nh_t = tanh(U h_{t-1} + R y_{t-1} + x_t)", {"V": "n_y n_x", "R": "n_x n_y", "h": "n_x 1"}),
        ("h_t = W x_t\nshape W = (4, 3)", {"W": "4 3", "x": "3 1", "h": "4 1"}),
        ("h_t = W x_t\nshape W = (u, x)\ny_t = u_t * b\noutput h", {"W": "n_u n_x", "h": "n_u 1", "y": "n_u 1", "b": "n_u 1"}),
    ],
)
def test_shapes_that_equations_imply(text, expected):
    found = inferred(text)
    assert {name: found[name] for name in expected} == expected


def test_sizes_are_named_after_inputs_then_states_before_all_else():
    """So the sizes that a person must give are those of things with a meaning, never of a weight."""
    system = derive.cell("lstm")
    assert {str(s) for shape in system.shapes.values() for side in shape for s in side.free_symbols} == {"n_x", "n_h"}
    assert str(derive.read("i_t = sigmoid(W_i x_t)\nf_t = sigmoid(W_f x_t)\ny_t = V (f_t * i_t)")["W_i"].shape[0]) == "n_i"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("h_t = W x_t + x_t\nshape W = (3, 4)", ["line 1, equation (1) for h, in W x_t + x_t", "the rows of its terms differ", "3 against 4"]),
        ("h_t = A B x_t\nshape A = (3, 4)\nshape B = (5, 6)", ["in A B x_t", "columns of the left factor and the rows of the right", "4 against 5"]),
        ("h_t = f_t h_{t-1}\nf_t = W x_t", ["in f_t h_{t-1}", "1 against n_", "an elementwise product is written f_t * h_{t-1}"]),
        ("h_t = (1 - z_t) h_{t-1}", ["an elementwise product is written (1 - z_t) * h_{t-1}"]),
        ("h_t = x_t\ny_t = tanh(x_t^T)", ["line 2, equation (2) for y, in tanh(x_t^T)", "the left side has other columns than the right one", "1 against n_x"]),
        ("h_t = [h_{t-1}; x_t]", ["in [h_{t-1}; x_t]", "the left side has other rows than the right one", "n_h against n_h + n_x"]),
        ("y_t = h_t * x_t\nh_t = [x_t; u_t]", ["equation (2) for h", "rows"]),
        ("h_t = W x_t + b\nshape b = (2, 2)\nshape x = (x, 1)", ["declare a shape, such as shape W = (h, x)", "1 against 2"]),
    ],
)  # fmt: skip
def test_a_clash_names_equation_term_and_both_sizes(text, parts):
    with pytest.raises(ShapeError) as error:
        derive.read(text)
    for part in parts:
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    assert " of " not in str(error.value).split("one")[0].replace("of its terms", "").replace("of the left", "").replace("of the right", "")


def test_an_input_does_not_become_a_number_by_inference():
    """x_t * s_t with a scalar s does not make x a scalar, but a product that needs one row is refused."""
    assert inferred("s_t = sum(x_t)\ny_t = s_t * x_t")["x"] == "n_x 1"
    with pytest.raises(ShapeError):
        derive.read("y_t = sum(u_t) + W x_t\nshape W = (1, 1)")
