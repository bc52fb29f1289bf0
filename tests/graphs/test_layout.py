"""The layout of pictures: what a reader would call tidy, held for every kind of system."""

from itertools import combinations, pairwise

import pytest

import graphs
from graphs.curves import at
from graphs.dot import without_parameters
from graphs.fold import fold
from graphs.lanes import spread, template
from graphs.place import place
from graphs.roles import roles
from graphs.routes import Router, places
from tests.derive.cells.covering import covered, each_third
from tests.graphs.systems import DRAWN, derivation, system

PICTURES = [(name, detail, backward) for name in DRAWN for detail in ("cell", "operations") for backward in (False, True)]


def laid_out(name, detail="cell", backward=False, steps=2):
    shown = without_parameters(fold(graphs.graph(system(name), steps, backward, detail)))
    return shown, place(shown)


def lanes(name):
    return {variable: each.lane for variable, each in template(system(name), roles(system(name))).items()}


@pytest.mark.parametrize("steps", [1, 12])
@pytest.mark.parametrize(("name", "detail", "backward"), each_third(PICTURES))
def test_no_two_nodes_overlap(name, detail, backward, steps):
    _, layout = laid_out(name, detail, backward, steps)
    for (one, a), (other, b) in combinations(layout.boxes.items(), 2):
        is_apart = abs(a.x - b.x) >= (a.width + b.width) / 2 or abs(a.y - b.y) >= (a.height + b.height) / 2
        assert is_apart, f"{one} and {other}"


@pytest.mark.parametrize(("name", "detail", "backward"), covered(PICTURES, PICTURES[::6]))
def test_no_edge_runs_through_a_node_that_it_does_not_end_at(name, detail, backward):
    shown, layout = laid_out(name, detail, backward)
    for ends, route in Router(shown, layout).routes().items():
        points = [at(curve, share / 16) for curve in route.path for share in range(17)]
        met = [node for node, box in layout.boxes.items() if node not in ends and any(map(box.holds, points))]
        assert not met, f"{ends} meets {met}"


@pytest.mark.parametrize(("name", "detail", "backward"), each_third(PICTURES))
def test_every_edge_leads_from_outline_to_outline(name, detail, backward):
    shown, layout = laid_out(name, detail, backward)
    for (start, end), route in Router(shown, layout).routes().items():
        ends = (end, start) if shown.edges[start, end]["kind"] == "gradient" and shown.has_edge(end, start) else (start, end)
        for node, point in zip(ends, (route.path[0][0], route.path[-1][3]), strict=True):
            assert layout.boxes[node].holds(point, 1.5)
            assert not layout.boxes[node].holds(point, 0.5)


@pytest.mark.parametrize("name", DRAWN)
def test_each_step_is_the_same_picture_moved_to_the_right(name):
    shown, layout = laid_out(name)
    for node, own in shown.nodes(data=True):
        if own["time"] == 1 and f"{own['name']}[2]" in layout.boxes:
            one, two = layout.boxes[node], layout.boxes[f"{own['name']}[2]"]
            assert (two.y, two.x - layout.steps[2][0]) == pytest.approx((one.y, one.x - layout.steps[1][0]))
    assert all(a[2] < b[0] for a, b in pairwise(layout.steps.values()))


@pytest.mark.parametrize("detail", ["cell", "operations"])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "rnn, rnn, readout", "both ways"])
def test_the_path_of_a_state_is_level(name, detail):
    shown, layout = laid_out(name, detail)
    for a, b, kind in shown.edges(data="kind"):
        if kind == "state":
            assert layout.boxes[a].y == layout.boxes[b].y


def test_a_backward_direction_runs_from_right_to_left():
    shown, layout = laid_out("both ways", "operations")
    way = [a for a, _, edge in shown.edges(data=True) if edge["kind"] == "state" and shown.nodes[a]["name"] == "g"]
    assert len(way) == 2 * 4
    assert all(layout.boxes[a].x > layout.boxes[b].x for a, b, kind in shown.edges(data="kind") if kind == "state" and a in way)


def test_lanes_of_the_lstm_and_of_layers():
    assert lanes("lstm") == {"x": 0, "h": 1, "f": 2, "i": 2, "o": 2, "g": 2, "c": 3}
    assert lanes("gru") == {"x": 0, "h": 1, "r": 2, "z": 2, "n": 3}
    assert lanes("rnn, rnn, readout") == {"x": 0, "h": 1, "h2": 2, "y": 3}
    assert lanes("both ways") == {"x": 0, "f": 1, "g": 2, "y": 3}
    assert lanes("lstm, readout, softmax_cross_entropy") == {**lanes("lstm"), "y": 4, "target": 4, "p": 5, "loss": 5}


def test_the_gates_of_the_lstm_stand_in_the_order_of_the_textbooks():
    places = template(system("lstm"), roles(system("lstm")))
    assert sorted("figo", key=lambda name: places[name].column) == ["f", "i", "g", "o"]
    assert places["h"].column > places["o"].column


def test_twelve_steps_are_folded_to_the_first_two_and_the_last():
    shown = fold(graphs.graph(system("lstm"), 12, backward=True))
    assert {time for _, time in shown.nodes(data="time") if time is not None} == {0, 1, 2, 3, 12}
    dots = [node for node, role in shown.nodes(data="role") if role == "ellipsis"]
    assert [shown.nodes[node]["name"] for node in dots] == ["h", "c"] or [shown.nodes[node]["name"] for node in dots] == ["c", "h"]
    c = next(node for node in dots if shown.nodes[node]["name"] == "c")
    assert set(shown.successors(c)) == {"c[12]", "c[2]"}
    assert set(shown.predecessors(c)) == {"c[2]", "c[12]"}
    assert (shown.edges["c[2]", c]["kind"], shown.edges[c, "c[2]"]["kind"]) == ("state", "gradient")


@pytest.mark.parametrize(("steps", "drawn"), [(8, 8), (9, 3), (1000, 3)])
def test_up_to_eight_steps_are_drawn_one_by_one(steps, drawn):
    shown = fold(graphs.graph(system("rnn"), steps))
    assert len({time for _, time in shown.nodes(data="time") if time is not None and time > 0}) == drawn + (drawn < steps)


def test_a_lag_over_the_fold_comes_out_of_the_dots():
    shown = fold(graphs.graph(system("window"), 20))
    assert set(shown.successors("⋯1")) == {"h[20]"}
    assert set(shown.predecessors("⋯1")) == {"h[1]", "h[2]"}


def test_a_system_that_was_derived_can_be_laid_out():
    shown = without_parameters(graphs.graph(derivation("gru").adjoint, 3))
    assert len(place(shown).boxes) == len(shown)


def test_places_for_edges_side_by_side():
    assert places(1, False) == [0.0]
    assert places(3, False) == [-1.0, 0.0, 1.0]
    assert places(2, True) == [-1.0, 1.0]
    assert places(3, True) == [-2.0, -1.0, 1.0]


def test_columns_are_spread_about_where_they_want_to_be():
    assert spread([0.0, 0.0, 0.0, 0.0]) == [-1.5, -0.5, 0.5, 1.5]
    assert spread([0.0, 3.0]) == [0.0, 3.0]
    assert spread([]) == []
