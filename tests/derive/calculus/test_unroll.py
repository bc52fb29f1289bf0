"""Unrolling: the system of all lengths at one of them."""

import gc

import networkx as nx
import pytest
import sympy as sp

import derive
from derive.algebra import nodes
from derive.algebra.nodes import parameter, sequence, t
from derive.errors import InputError, RecurrenceError
from derive.notation.write import equation_text
from derive.soundness import checked
from derive.system import Boundary, Equation, Role, System, Variable

n = nodes.size("h")
WINDOW = derive.read("h_t = tanh(U h_{t-1} + V h_{t-2} + W x_t)")
BOTH_WAYS = derive.read("f_t = tanh(W x_t + U f_{t-1})\ng_t = tanh(V x_t + R g_{t+1})\ny_t = P f_t + Q g_t\noutput y")


def told(system):
    return [equation_text(equation, system) for equation in system]


def rnn(boundary=Boundary.GIVEN, right=None):
    """h_t = U h_{t-1} + x_t, or another right side."""
    right = right if right is not None else nodes.add(nodes.MatMul(parameter("U"), sequence("h")[t - 1]), sequence("x")[t])
    variables = [
        Variable("h", Role.DEFINED, (n, sp.Integer(1)), boundary=boundary),
        Variable("x", Role.INPUT, (n, sp.Integer(1))),
        Variable("U", Role.PARAMETER, (n, n), is_sequence=False),
    ]
    return System("rnn", (Equation(sequence("h")[t], right, number=7),), {v.name: v for v in variables}, outputs=("h",))


def test_each_equation_appears_once_for_each_step_in_an_order_that_can_be_computed():
    unrolled = derive.unroll(derive.cell("lstm"), 3)
    assert told(unrolled)[6:12] == [
        "f_2 = sigmoid(W_f x_2 + U_f h_1 + b_f)",
        "i_2 = sigmoid(W_i x_2 + U_i h_1 + b_i)",
        "o_2 = sigmoid(W_o x_2 + U_o h_1 + b_o)",
        "g_2 = tanh(W_g x_2 + U_g h_1 + b_g)",
        "c_2 = f_2 * c_1 + i_2 * g_2",
        "h_2 = o_2 * tanh(c_2)",
    ]
    assert len(unrolled) == 18


@pytest.mark.parametrize("system", [WINDOW, BOTH_WAYS, derive.bptt(derive.cell("gru")).adjoint, derive.bptt(BOTH_WAYS).adjoint])
def test_whatever_is_read_was_defined_before_or_is_given(system):
    unrolled = derive.unroll(system, 4)
    lefts = [equation.left for equation in unrolled]
    for place, equation in enumerate(unrolled):
        assert not set(equation.reads) & set(lefts[place:])
        assert t not in equation.right.free_symbols
        assert nodes.T not in equation.right.free_symbols


def test_an_equation_keeps_its_number_and_says_what_it_is_an_instance_of():
    for equation in derive.unroll(rnn(), 2):
        assert equation.number == 7
        assert equation.steps[-1].before == rnn().equations[0].right
        assert equation.steps[-1].after == equation.right


def test_a_given_boundary_stays_as_a_value():
    assert told(derive.unroll(WINDOW, 2)) == ["h_1 = tanh(U h_0 + V h_{-1} + W x_1)", "h_2 = tanh(U h_1 + V h_0 + W x_2)"]


def test_a_boundary_of_zeros_takes_its_term_with_it():
    assert told(derive.unroll(rnn(Boundary.ZERO), 2)) == ["h_1 = x_1", "h_2 = U h_1 + x_2"]


def test_a_zero_in_a_product_or_under_a_linear_map_drops_the_whole_term():
    h, x = sequence("h"), sequence("x")
    right = nodes.add(nodes.mul(x[t], nodes.Transpose(nodes.Transpose(h[t - 1]))), nodes.neg(h[t - 1]), x[t])
    assert told(derive.unroll(rnn(Boundary.ZERO, right), 1)) == ["h_1 = x_1"]


def test_a_function_of_a_zero_is_not_zero():
    right = nodes.add(nodes.exp(sequence("h")[t - 1]), sequence("x")[t])
    assert told(derive.unroll(rnn(Boundary.ZERO, right), 1)) == ["h_1 = exp(0) + x_1"]


def test_a_block_of_a_stack_that_is_zero_keeps_its_rows():
    right = nodes.Slice(nodes.Stack(sequence("h")[t - 1], sequence("x")[t]), 0, n)
    assert derive.unroll(rnn(Boundary.ZERO, right), 1).equations[0].right.args[0] == nodes.Stack(nodes.Zeros(n, 1), sequence("x")[1])


def test_a_term_in_an_adjoint_beyond_the_end_is_dropped_with_its_other_factors():
    adjoint = derive.bptt(derive.cell("lstm")).adjoint
    last = derive.unroll(adjoint, 3)
    by_left = {equation_text(equation, last).split(" = ")[0]: equation_text(equation, last) for equation in last}
    assert by_left["hbar_3"] == "hbar_3 = dLdh_3"
    assert "cbar_4" not in by_left["cbar_3"]
    assert "f_4" not in by_left["cbar_3"]
    assert "cbar_3 * f_3" in by_left["cbar_2"]


def test_a_sum_over_time_becomes_the_sum_of_its_terms():
    adjoint = derive.bptt(derive.cell("rnn")).adjoint
    assert "Ubar = abar_h_1 h_0^T + abar_h_2 h_1^T + abar_h_3 h_2^T" in told(derive.unroll(adjoint, 3))


def test_an_equation_at_one_time_appears_once_and_its_value_is_read():
    adjoint = derive.bptt(WINDOW).adjoint
    unrolled = told(derive.unroll(adjoint, 2))
    assert sum(line.startswith(("hbar_0 =", "hbar_{-1} =")) for line in unrolled) == 2
    assert "hbar_{-1} = V^T abar_h_1" in unrolled
    assert "hbar_0 = U^T abar_h_1 + V^T abar_h_2" in unrolled


def test_a_lag_longer_than_the_sequence_leaves_the_adjoint_of_what_is_not_read_at_zero():
    unrolled = told(derive.unroll(derive.bptt(WINDOW).adjoint, 1))
    assert "hbar_{-1} = V^T abar_h_1" in unrolled
    assert "hbar_0 = U^T abar_h_1" in unrolled


def test_a_lead_is_unrolled_from_the_end():
    order = [line.split(" = ")[0] for line in told(derive.unroll(BOTH_WAYS, 2))]
    assert order.index("g_2") < order.index("g_1")
    assert order.index("f_1") < order.index("f_2")
    assert "g_2 = tanh(V x_2 + R g_3)" in told(derive.unroll(BOTH_WAYS, 2))


def test_the_unrolled_forward_system_is_well_formed():
    checked(derive.unroll(derive.cell("gru"), 3))


def test_many_steps_do_not_exhaust_the_stack():
    assert len(derive.unroll(derive.cell("rnn"), 1500)) == 1500


def test_there_is_no_unrolling_over_no_steps():
    with pytest.raises(InputError, match="0 steps"):
        derive.unroll(derive.cell("rnn"), 0)


def test_values_that_wait_for_each_other_are_refused():
    crossing = derive.read("a_t = tanh(b_{t+1} + x_t)\nb_t = tanh(a_{t-1} + x_t)")
    with pytest.raises(RecurrenceError, match="depends on itself by lags and leads"):
        derive.unroll(crossing, 2)


def test_the_order_is_that_of_the_dependences():
    unrolled = derive.unroll(derive.bptt(derive.cell("lstm")).adjoint, 3)
    place = {equation.left: at for at, equation in enumerate(unrolled)}
    graph = nx.DiGraph((read, equation.left) for equation in unrolled for read in equation.reads)
    assert all(place[a] < place[b] for a, b in graph.edges if a in place)


def test_what_has_gone_with_a_zero_decides_no_order():
    """The last term of both sums is 0 and so reads no q, which is therefore computed last, where it stands."""
    told = "g_t = x_t + g_{t+1}\na_t = sum_t(g_{t+1} * q_t) * x_t\nb_t = sum_t(g_{t+1} * q_t) * a_t\nq_t = x_t * v\nboundary g = zero\noutput b"
    unrolled = derive.unroll(derive.read(told), 2)
    assert [str(equation.left) for equation in unrolled] == ["q[1]", "g[2]", "g[1]", "a[1]", "b[1]", "a[2]", "b[2]", "q[2]"]


def test_its_values_are_those_that_indexing_gives():
    first, second = derive.unroll(rnn(), 2)
    assert second.left == sequence("h")[2] != first.left
    assert hash(second.left) == hash(sequence("h")[2])
    assert second.left.assumptions0 == sequence("h")[2].assumptions0
    assert first.left in second.reads


def test_garbage_is_collected_again_afterwards_also_where_it_fails():
    h = sequence("h")
    derive.unroll(rnn(), 2)
    with pytest.raises(RecurrenceError):
        derive.unroll(rnn(right=nodes.add(h[t - 1], h[t + 1])), 2)
    assert gc.isenabled()
