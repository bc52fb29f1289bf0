"""What is computed from whole sequences stands behind the last step; what a clock holds back is not drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import derive
import graphs


def edges(network: str, steps: int = 3, **options):
    return set(graphs.graph(derive.cell(network), steps, **options).edges)


def test_a_sequence_to_one_network_reads_its_last_state_only():
    made = graphs.graph(derive.cell("stack(rnn, last, readout)"), 3)
    assert {source for source, target in made.edges if target == "x_last_2"} == {"h[3]"}
    assert made.nodes["y_3"]["role"] == "output"
    assert made.nodes["y_3"]["time"] == 4
    drawing = graphs.draw(derive.cell("stack(rnn, last, readout)"), steps=3)
    assert "y₃" in drawing.dot


def test_a_mean_reads_every_state_and_the_gradient_goes_back_to_each():
    assert {("h[1]", "y"), ("h[2]", "y"), ("h[3]", "y")} <= edges("stack(rnn, mean)")
    assert {("y", "h[1]"), ("y", "h[2]"), ("y", "h[3]")} <= edges("stack(rnn, mean)", backward=True)


def test_a_decoder_that_attends_reads_the_encoder_by_way_of_its_memory():
    found = edges("encoder_decoder(rnn, bahdanau_decoder)", 2)
    assert {("h_enc[1]", "h_all_dec"), ("h_enc[2]", "h_all_dec"), ("h_all_dec", "e_dec[1]"), ("h_all_dec", "c_dec[2]")} <= found


def test_a_group_that_does_not_tick_only_keeps_its_value():
    found = edges("clockwork", 4)
    assert {source for source, target in found if target == "h_2[3]"} == {"h_2[2]"}
    assert {source for source, target in found if target == "h_3[4]"} >= {"x[4]", "h_3[3]"}
    assert not {source for source, _ in found if source.startswith("every")}


def test_an_arrow_over_a_letter_is_a_sign_of_its_own():
    """Fonts lack combining arrows; without one in the text nothing is missing from the picture."""
    svg = graphs.draw(derive.cell("bidirectional(rnn)"), steps=2).svg
    text = "".join(ET.fromstring(svg).itertext())
    assert "→" in text
    assert "←" in text
    assert "\u20d7" not in svg.split("</title>")[-1]


def test_the_operations_of_attention_are_drawn():
    for cell in ("bahdanau_decoder", "lstmn", "self_attention"):
        made = graphs.graph(derive.cell(cell), 2, detail="operations", backward=True)
        assert "position[1]" in made, cell
        assert graphs.draw(derive.cell(cell), steps=2, detail="operations").svg
