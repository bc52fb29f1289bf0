"""Graphs of systems: what is a node, what is an edge, and what they say of themselves."""

from collections import Counter

import networkx as nx
import pytest

import derive
import graphs
from derive.errors import InputError
from graphs.dot import without_parameters
from tests.graphs.systems import DRAWN, derivation, system

CELLS_AND_EQUATIONS = [("rnn", 1), ("lstm", 6), ("gru", 4)]


def kinds(graph):
    return Counter(kind for _, _, kind in graph.edges(data="kind"))


@pytest.mark.parametrize(("name", "count"), CELLS_AND_EQUATIONS)
@pytest.mark.parametrize("steps", [1, 3, 12])
def test_a_node_for_each_value(name, count, steps):
    graph = graphs.graph(system(name), steps)
    states = 2 if name == "lstm" else 1
    assert len(graph) == steps * (count + 1) + states + len(system(name).parameters)


def test_an_edge_for_each_value_that_is_read():
    graph = graphs.graph(system("lstm"), 3)
    assert kinds(graph) == {"data": 3 * (4 + 4 + 3 + 2), "state": 3, "parameter": 3 * 12}
    assert set(graph.predecessors("c[2]")) == {"f[2]", "c[1]", "i[2]", "g[2]"}
    assert set(graph.successors("c[2]")) == {"c[3]", "h[2]"}


def test_parameters_are_one_node_for_all_steps():
    graph = graphs.graph(system("rnn"), 4)
    assert set(graph.successors("U")) == {f"h[{t}]" for t in range(1, 5)}
    assert graph.nodes["U"]["time"] is None


def test_the_edge_says_what_multiplies_the_value_and_how_far_it_leads():
    graph = graphs.graph(system("rnn"), 2)
    assert graph.edges["h[1]", "h[2]"] == {"kind": "state", "label": "U", "lag": 1}
    assert graph.edges["x[2]", "h[2]"] == {"kind": "data", "label": "W", "lag": 0}
    assert graphs.graph(system("both ways"), 2).edges["g[2]", "g[1]"]["lag"] == -1


def test_a_weight_over_several_values_is_on_each_of_their_edges_but_not_on_the_gates():
    assert graphs.graph(system("stacked"), 1).edges["h[0]", "h[1]"]["label"] == "W"
    gru = graphs.graph(system("gru"), 1)
    assert gru.edges["h[0]", "n[1]"]["label"] == "Uₙ"
    assert gru.edges["r[1]", "n[1]"]["label"] == ""


def test_the_path_of_a_memory_runs_through_its_operations():
    graph = graphs.graph(system("lstm"), 2, detail="operations")
    path = [(a, b) for a, b, kind in graph.edges(data="kind") if kind == "state" and graph.nodes[b]["time"] == 2]
    assert nx.is_path(nx.DiGraph(path), ["c[1]", "c[2]#1", "c[2]#3", "c[2]"])
    assert len(path) == 3
    assert [graph.nodes[node]["label"] for node in ("c[2]#1", "c[2]#3")] == ["⊙", "+"]


def test_the_path_of_a_state_runs_through_what_is_inside_its_equation():
    forward = derivation("rnn").forward
    assert [(a, b) for a, b, kind in graphs.graph(forward, 1).edges(data="kind") if kind == "state"] == [
        ("h[0]", "a_h[1]"),
        ("a_h[1]", "h[1]"),
    ]


def test_operations_of_the_lstm():
    graph = graphs.graph(system("lstm"), 1, detail="operations")
    labels = Counter(own["label"] for _, own in graph.nodes(data=True) if own["role"] in ("product", "function", "operation"))
    assert labels == {"·": 8, "+": 5, "σ": 3, "tanh": 2, "⊙": 3}


def test_numbers_and_signs_are_part_of_the_operations():
    gru = graphs.graph(system("gru"), 1, detail="operations")
    assert [own["label"] for _, own in gru.nodes(data=True) if "1" in own["label"] and own["role"] == "operation"] == ["1 − ·"]
    error = graphs.graph(derive.follow(system("rnn"), derive.head("squared_error")), 1, detail="operations")
    assert [label for _, _, label in error.edges(data="label") if label] == ["−"]


def test_parameters_are_drawn_in_the_labels_of_the_operations():
    page = "h_t = tanh(W x_t + U h_{t-1} + b - c)\ny_t = exp(p) * h_t + x_t\noutput y"
    shown = without_parameters(graphs.graph(derive.read(page), 1, detail="operations"))
    drawn = {own["label"] for _, own in shown.nodes(data=True)}
    assert drawn == {"x₁", "h₀", "h₁", "y₁", "W ·", "U ·", "+ b − c", "tanh", "exp p", "⊙", "+"}


@pytest.mark.parametrize("detail", ["cell", "operations"])
@pytest.mark.parametrize("name", DRAWN)
def test_values_flow_without_a_circle_and_gradients_against_them(name, detail):
    graph = graphs.graph(derivation(name), 3, backward=True, detail=detail)
    forward = nx.DiGraph((a, b) for a, b, kind in graph.edges(data="kind") if kind != "gradient")
    assert nx.is_directed_acyclic_graph(forward)
    against = [(a, b) for a, b, kind in graph.edges(data="kind") if kind == "gradient"]
    assert all(forward.has_edge(b, a) or graph.nodes[a]["role"] == "upstream" for a, b in against)


def test_a_gradient_runs_against_exactly_what_the_loss_depends_on():
    graph = graphs.graph(system("rnn, readout, softmax_cross_entropy"), 2, backward=True)
    assert graph.has_edge("loss[1]", "y[1]")
    assert graph.has_edge("h[2]", "h[1]")
    assert graph.has_edge("h[1]", "U")
    assert not graph.has_edge("p[1]", "y[1]")
    assert not any(role == "upstream" for _, role in graph.nodes(data="role"))


def test_the_last_memory_gets_a_gradient_through_the_output_alone():
    graph = graphs.graph(system("lstm"), 2, backward=True)
    assert [a for a, _, kind in graph.in_edges("c[2]", data="kind") if kind == "gradient"] == ["h[2]"]
    assert [a for a, _, kind in graph.in_edges("c[1]", data="kind") if kind == "gradient"] == ["h[1]", "c[2]"]


def test_where_the_loss_is_outside_its_derivative_comes_in_at_each_output():
    graph = graphs.graph(system("gru"), 2, backward=True)
    assert [(a, b) for a, b in graph.edges if graph.nodes[a]["role"] == "upstream"] == [("∂L/∂h[1]", "h[1]"), ("∂L/∂h[2]", "h[2]")]
    assert graph.nodes["∂L/∂h[2]"]["label"] == "∂L/∂h₂"


def test_a_node_knows_its_equation_and_that_of_its_gradient():
    lstm = derivation("lstm")
    graph = graphs.graph(lstm, 2, backward=True)
    own = graph.nodes["f[2]"]
    assert own["equation"] == lstm.forward.equation("f").number
    assert own["text"] == "f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)"
    assert (own["adjoint"], own["adjoint_equation"]) == ("f̄₂", lstm.adjoint.equation("fbar").number)
    boundary = next(each for each in lstm.adjoint if each.is_boundary and each.name == "hbar")
    assert graph.nodes["h[0]"]["adjoint_equation"] == boundary.number
    assert graph.nodes["W_f"]["adjoint"] == "W̄_f"


def test_the_same_call_gives_the_same_graph():
    one, other = (graphs.graph(derivation("gru"), 4, True, "operations") for _ in range(2))
    assert list(one.nodes(data=True)) == list(other.nodes(data=True))
    assert list(one.edges(data=True)) == list(other.edges(data=True))


def test_a_system_derived_from_another_is_drawn_as_any():
    graph = graphs.graph(derivation("rnn").adjoint, 2)
    assert graph.nodes["hbar[2]"]["label"] == "h̄₂"
    assert graph.edges["abar_h[2]", "hbar[1]"]["label"] == "Uᵀ"
    assert set(graph.predecessors("Ubar")) == {"abar_h[1]", "abar_h[2]", "h[0]", "h[1]"}


def test_there_are_two_details():
    with pytest.raises(InputError, match=r"no detail 'all'; give one of cell, operations"):
        graphs.graph(system("rnn"), 2, detail="all")
    with pytest.raises(InputError, match="0 steps"):
        graphs.graph(system("rnn"), 0)
