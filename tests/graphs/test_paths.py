"""Paths of a gradient: counts that are known by hand, and the list that must agree with them."""

from itertools import islice

import networkx as nx
import pytest

import graphs
from derive.errors import InputError
from tests.graphs.systems import system


def scalar(steps):
    return graphs.graph(system("scalar"), steps)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_a_parameter_of_the_scalar_network_acts_on_each_later_loss_once_for_each_step(steps):
    graph = scalar(steps)
    assert [graphs.count_paths(graph, "U", f"loss[{t}]") for t in range(1, steps + 1)] == list(range(1, steps + 1))
    assert graphs.count_paths(graph, "U", "loss") == steps * (steps + 1) // 2


@pytest.mark.parametrize(("step", "paths"), [(1, 4), (2, 3), (4, 1)])
def test_a_hidden_value_reaches_the_loss_of_its_own_and_of_each_later_step(step, paths):
    assert graphs.count_paths(scalar(4), f"h[{step}]", "loss") == paths


def test_the_window_of_two_steps_has_as_many_paths_as_fibonacci_numbers():
    graph = graphs.graph(system("window"), 10)
    assert [graphs.count_paths(graph, "h[0]", f"h[{t}]") for t in range(1, 11)] == [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]


def test_the_memory_of_the_lstm_is_one_path_among_many():
    graph = graphs.graph(system("lstm"), 2)
    found = list(graphs.list_paths(graph, "c[0]", "c[2]"))
    assert found[0] == ("c[0]", "c[1]", "c[2]")
    assert found[1:] == [("c[0]", "c[1]", "h[1]", gate, "c[2]") for gate in ("f[2]", "i[2]", "g[2]")]


def test_a_backward_direction_carries_from_later_to_earlier():
    graph = graphs.graph(system("both ways"), 3)
    assert graphs.count_paths(graph, "g[3]", "g[1]") == 1
    assert graphs.count_paths(graph, "g[1]", "g[3]") == 0
    assert graphs.count_paths(graph, "x[2]", "y") == 4


@pytest.mark.parametrize("detail", ["cell", "operations"])
@pytest.mark.parametrize("backward", [False, True])
def test_the_list_has_as_many_paths_as_are_counted_and_the_shortest_first(detail, backward):
    graph = graphs.graph(system("gru"), 3, backward, detail)
    found = list(graphs.list_paths(graph, "h[0]", "h[3]"))
    # z acts on h by z * h and by (1 - z) * n: one edge between the values, two ways through operations
    a_step = 4 if detail == "cell" else 5
    assert len(found) == len(set(found)) == graphs.count_paths(graph, "h[0]", "h[3]") == a_step**3
    assert [len(path) for path in found] == sorted(len(path) for path in found)
    assert all(nx.is_path(graph, path) for path in found)


def test_counts_are_exact_where_the_paths_cannot_be_listed():
    graph = graphs.graph(system("lstm"), 60)
    many = graphs.count_paths(graph, "c[0]", "h[60]")
    assert many > 2**64
    assert many == _by_recurrence(60)
    assert len(list(islice(graphs.list_paths(graph, "c[0]", "h[60]"), 5))) == 5


def _by_recurrence(steps):
    """Of the LSTM by hand: c by c or by f, i, g, each by h before; h by c or by o by h before."""
    c, h = 1, 0
    for _ in range(steps):
        c, h = c + 3 * h, c + 3 * h + h
    return h


def test_without_a_path_there_is_none():
    graph = scalar(3)
    assert graphs.count_paths(graph, "h[3]", "h[1]") == 0
    assert list(graphs.list_paths(graph, "h[3]", "h[1]")) == []


def test_a_value_that_is_not_there():
    with pytest.raises(InputError, match=r"no value 'h\[9\]' in the graph; the names are .*h\[2\] is h at t = 2"):
        graphs.count_paths(scalar(2), "h[9]", "loss")
    with pytest.raises(InputError, match="no value 'q'"):
        graphs.list_paths(scalar(2), "W", "q")
