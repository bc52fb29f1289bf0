"""Networks of cells: stacked, in both directions, with a way around, encoder and decoder."""

from __future__ import annotations

import numpy as np
import pytest

import derive
import verify
from derive.errors import InputError
from derive.notation import restate
from tests.derive.cells.covering import covered
from tests.derive.numeric import module
from tests.test_every_cell import numbered
from verify.report import report
from verify.subject import subject

NETWORKS = [
    "stack(lstm, gru)",
    "stack(rnn, 3)",
    "bidirectional(gru)",
    "bidirectional(rnn, lstm, by=concat)",
    "bidirectional(mgu, by=average)",
    "bidirectional(clockwork, by=multiply)",
    "residual(gru)",
    "stack(residual(rnn), residual(rnn))",
    "reverse(dilated_rnn)",
    "stack(bidirectional(rnn), last, readout, softmax_cross_entropy)",
    "stack(gru, mean, readout, squared_error)",
    "encoder_decoder(rnn, rnn)",
    "encoder_decoder(bidirectional(rnn), bahdanau_decoder)",
    "stack(rnn, last, rnn)",
]
KEPT = NETWORKS[11:12]
"""A network of two; the tests below compose in each other way."""


@pytest.mark.parametrize("network", covered(NETWORKS, KEPT))
def test_every_network_holds_by_every_method_and_prints_as_it_is_read(network):
    system = derive.cell(network)
    found = report(subject(derive.bptt(system)))
    every = [each for own in found.verdicts.values() for each in own]
    assert {each.subject for each in every} == {each.subject for each in every if each.agrees}
    assert found.holds
    again = derive.read(restate.page(system), network)
    assert [(e.left, e.right) for e in again.equations] == [(e.left, e.right) for e in system.equations]
    assert numbered(again) == numbered(system)


class Run:
    """A network's emitted module with random arguments."""

    def __init__(self, network: str, steps: int = 5, batch: int = 2, seed: int = 0, **given: np.ndarray) -> None:
        self.module = module(derive.emit(derive.bptt(derive.cell(network))))
        self.params, inputs, self.initial = self.module.example(steps, batch, np.random.default_rng(seed))
        self.inputs = {**inputs, **given}

    def outputs(self) -> dict[str, np.ndarray]:
        return self.module.forward(self.params, self.inputs, self.initial)[0]


def test_a_reversed_cell_is_the_cell_on_the_sequence_from_its_end():
    for cell in ("clockwork", "dilated_rnn", "gru"):
        there, back = Run(cell, steps=9), Run(f"reverse({cell})", steps=9)
        back.params = there.params
        back.inputs = {name: array[::-1].copy() for name, array in there.inputs.items()}
        back.initial = {name: array[::-1].copy() if array.ndim == 3 else array for name, array in there.initial.items()}
        for name in there.module.OUTPUTS:
            assert np.allclose(back.outputs()[name], there.outputs()[name][::-1], rtol=1e-13), cell


def test_the_upper_layer_reads_the_lower_one_and_directions_are_concatenated():
    lower, upper, both = Run("rnn"), Run("rnn", seed=1), Run("stack(rnn, 2)")
    sizes = {name: array.shape for name, array in both.params.items()}
    assert sizes["W_2"] == (sizes["U_2"][0], sizes["U_1"][0])
    lower.params = {name: both.params[f"{name}_1"] for name in lower.params}
    lower.inputs, lower.initial = both.inputs, {"h": both.initial["h_1"]}
    upper.params = {name: both.params[f"{name}_2"] for name in upper.params}
    upper.inputs, upper.initial = {"x": lower.outputs()["h"]}, {"h": both.initial["h_2"]}
    assert np.allclose(both.outputs()["h_2"], upper.outputs()["h"], rtol=1e-13)


def test_one_value_of_a_sequence_is_its_last_or_its_mean_and_what_reads_it_runs_once():
    states = Run("gru")
    for head, expected in (("last", states.outputs()["h"][-1]), ("mean", states.outputs()["h"].mean(axis=0))):
        one = Run(f"stack(gru, {head})")
        one.params, one.inputs, one.initial = states.params, states.inputs, states.initial
        assert np.allclose(one.outputs()["y"], expected, rtol=1e-13)
    classifier = derive.cell("stack(gru, last, readout, softmax_cross_entropy)")
    assert not classifier[classifier.loss].is_sequence
    assert not classifier["target"].is_sequence
    decoder = derive.cell("stack(rnn, last, rnn)")
    assert decoder[decoder.outputs[0]].is_sequence


def test_the_decoder_starts_where_the_encoder_ends():
    both = Run("encoder_decoder(rnn, rnn)")
    encoder, decoder = Run("rnn"), Run("rnn")
    for run, label in ((encoder, "enc"), (decoder, "dec")):
        run.params = {name: both.params[f"{name}_{label}"] for name in run.params}
        run.inputs = {"x": both.inputs[f"x_{label}"]}
    encoder.initial = {"h": both.initial["h_enc"]}
    decoder.initial = {"h": encoder.outputs()["h"][-1]}
    assert np.allclose(both.outputs()["h_dec"], decoder.outputs()["h"], rtol=1e-13)
    assert set(both.initial) == {"h_enc"}


def test_sizes_that_meet_become_one():
    system = derive.cell("stack(bidirectional(rnn), gru)")
    assert str(system["W_r"].shape[1]) == "n_h_bwd + n_h_fwd"
    system = derive.cell("residual(rnn)")
    assert system["x"].shape == system["h"].shape
    system = derive.cell("stack(on_lstm, 2)")
    names = {str(size) for each in system.variables.values() for side in each.shape for size in side.free_symbols}
    assert {name for name in names if name.endswith("_1")}
    assert {name for name in names if name.endswith("_2")}


BAD = {
    "stack(gru": "column 7",
    "stak(gru)": "did you mean stack?",
    "stack(grru)": "did you mean gru?",
    "stack(3)": "3 layers of nothing",
    "stack(gru, 0)": "0 layers",
    "residual()": "residual(part, by=add)",
    "residual(gru, 3)": "takes no number",
    "bidirectional(gru, by=readout)": "has 1 input, 2 needed",
    "encoder_decoder(rnn, indrnn, 2)": "encoder_decoder(encoder, decoder)",
    "encoder_decoder(rnn, unicornn)": "nothing goes from rnn to unicornn",
    "stack(gru, two words)": "column",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_network_is_told_in_one_line(text):
    with pytest.raises(InputError) as error:
        derive.cell(text)
    assert BAD[text] in str(error.value)
    assert "\n" not in str(error.value)


def test_a_sequence_is_not_taken_for_one_value():
    one = derive.read("y = tanh(W x)\ninput x")
    with pytest.raises(InputError, match="put last or mean between"):
        derive.follow(derive.cell("rnn"), one)
    assert not derive.follow(derive.cell("stack(rnn, last)"), one)["y2"].is_sequence


def test_a_deep_bidirectional_network_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    run = Run("stack(bidirectional(lstm), bidirectional(lstm))", steps=6, batch=3)
    rows = {name: array.shape[0] for name, array in run.params.items() if name.startswith("b_f")}
    size = 4
    assert len(rows) == 4
    run.params = run.module.init({"x": 3, **dict.fromkeys(("h_fwd_1", "h_bwd_1", "h_fwd_2", "h_bwd_2"), size)})
    rng = np.random.default_rng(0)
    run.params = {name: rng.normal(size=array.shape) for name, array in run.params.items()}
    run.inputs = {"x": rng.normal(size=(6, 3, 3))}
    run.initial = {name: rng.normal(size=(3, size)) for name in run.initial}
    peer = torch.nn.LSTM(3, size, num_layers=2, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for layer in (0, 1):
            for direction, suffix in (("fwd", ""), ("bwd", "_reverse")):
                label = f"{direction}_{layer + 1}"
                for kind, letter in (("weight_ih", "W"), ("weight_hh", "U"), ("bias_ih", "b")):
                    packed = np.concatenate([run.params[f"{letter}_{gate}_{label}"] for gate in "ifgo"])
                    getattr(peer, f"{kind}_l{layer}{suffix}").copy_(torch.from_numpy(packed))
                getattr(peer, f"bias_hh_l{layer}{suffix}").zero_()
    order = [f"{direction}_{layer}" for layer in (1, 2) for direction in ("fwd", "bwd")]
    states = tuple(torch.from_numpy(np.stack([run.initial[f"{letter}_{label}"] for label in order])) for letter in "hc")
    x = torch.from_numpy(run.inputs["x"]).requires_grad_()
    expected, _ = peer(x, states)
    outputs, tape = run.module.forward(run.params, run.inputs, run.initial)
    (name,) = run.module.OUTPUTS
    assert np.allclose(outputs[name], expected.detach().numpy(), rtol=1e-12)
    weights = rng.normal(size=outputs[name].shape)
    expected.backward(torch.from_numpy(weights))
    grads = run.module.backward(run.params, tape, {name: weights})
    assert np.allclose(grads.inputs["x"], x.grad.numpy(), rtol=1e-11, atol=1e-13)
    forget = np.concatenate([grads.params[f"U_{gate}_bwd_1"] for gate in "ifgo"])
    assert np.allclose(forget, peer.weight_hh_l0_reverse.grad.numpy(), rtol=1e-11, atol=1e-13)


CAUSAL = {"stack(gru, lstm)": True, "clockwork": True, "lstmn": True, "bidirectional(gru)": False, "stack(gru, mean)": False,
          "encoder_decoder(rnn, bahdanau_decoder)": False}  # fmt: skip


@pytest.mark.parametrize("network", CAUSAL)
def test_what_reads_later_steps_cannot_be_asked_what_comes_next(network):
    system = derive.cell(network)
    assert system.is_causal == CAUSAL[network]
    if not system.is_causal:
        with pytest.raises(InputError, match="reads later steps"):
            verify.train(system, "poems")
