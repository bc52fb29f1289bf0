"""The trainer: its rules against hand computation and torch, and runs that go on as if they had never stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import derive
from derive.errors import InputError
from tests.derive.cells.covering import covered
from verify.training import checkpoint, optimizers
from verify.training.fit import Sampling, Settings, fit
from verify.training.symbols import Batch, SymbolModel
from verify.training.tasks import Task
from verify.training.trigram import Trigram

ROOT = Path(__file__).resolve().parents[3]


def made() -> ModuleType:
    system = derive.follow(derive.cell("gru"), derive.head("readout"))
    module = ModuleType("network")
    exec(derive.emit(derive.bptt(system)), module.__dict__)
    return module


@pytest.fixture(scope="module")
def source() -> str:
    return derive.emit(derive.bptt(derive.follow(derive.cell("gru"), derive.head("readout"))))


@pytest.fixture(scope="module")
def network(source) -> ModuleType:
    module = ModuleType("network")
    exec(source, module.__dict__)
    return module


def counting() -> Task:
    """Learn to count modulo 7."""

    def batches(rng, size, cut):
        for at in range(6):
            inputs = (rng.integers(0, 7, size) + np.arange(9)[:, None]) % 7
            yield Batch(inputs, (inputs + 1) % 7, np.ones_like(inputs, dtype=bool), cut > 0 and at > 0)

    return Task(
        name="counting", measure="bits", baseline=np.log2(7), baseline_name="uniform",
        model=lambda module, units, seed: SymbolModel(module, 7, units, 5, seed),
        batches=batches, held_out=lambda: batches(np.random.default_rng(1), 8, 0), check=lambda opening: None,
        sample=lambda model, rng, opening, temperature: f"{opening} {temperature} {rng.integers(100)}",
    )  # fmt: skip


def recalling() -> Task:
    """A symbol is shown in one batch and asked for in the next: only a state that is carried from batch to batch can tell."""

    def batches(rng, size, cut):
        for _ in range(10):
            shown = rng.integers(0, 2, size)
            blank, told = np.full_like(shown, 2), np.stack([shown, shown])
            yield Batch(np.stack([shown, blank]), told, np.zeros_like(told, dtype=bool))
            yield Batch(np.stack([blank, blank]), told, np.ones_like(told, dtype=bool), continues=cut > 0)

    return replace(
        counting(), name="recalling", baseline=1.0, model=lambda module, units, seed: SymbolModel(module, 3, units, 5, seed),
        batches=batches, held_out=lambda: batches(np.random.default_rng(1), 64, 2),
    )  # fmt: skip


def settings(**changed) -> Settings:
    return Settings(**{"units": 6, "epochs": 4, "batch": 8, "rate": 0.02, **changed})


def descend(rule, steps=3, rate=0.1):
    """A rule on the squared distance from (1, -2)."""
    goal, params = np.array([1.0, -2.0]), {"w": np.array([0.0, 0.5])}
    state, path = rule.start(params), []
    for _ in range(steps):
        rule.step(params, {"w": params["w"] - goal}, state, rate)
        path.append(params["w"].copy())
    return np.array(path)


def test_sgd_and_momentum_by_hand():
    assert np.allclose(descend(optimizers.sgd())[:, 0], [0.1, 0.19, 0.271])
    assert np.allclose(descend(optimizers.momentum())[:, 0], [0.1, 0.28, 0.514])


def test_adam_is_algorithm_1_of_kingma_and_ba():
    w, m, v = np.array([0.0, 0.5]), np.zeros(2), np.zeros(2)
    path = []
    for count in range(1, 5):
        g = w - np.array([1.0, -2.0])
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.1 * (m / (1 - 0.9**count)) / (np.sqrt(v / (1 - 0.999**count)) + 1e-8)
        path.append(w)
    assert np.allclose(path[0], [0.1, 0.4])
    assert np.allclose(descend(optimizers.adam(), 4), path, rtol=1e-9)


@pytest.mark.parametrize("name", list(optimizers.OPTIMIZERS))
def test_optimizers_step_as_those_of_torch(name):
    torch = pytest.importorskip("torch", reason="torch is not installed: the optimizers are not compared with it")
    made = {
        "sgd": lambda p: torch.optim.SGD(p, 0.1),
        "momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, 0.1),
    }
    w = torch.tensor([0.0, 0.5], dtype=torch.float64, requires_grad=True)
    theirs, path = made[name]([w]), []
    for _ in range(6):
        theirs.zero_grad()
        ((w - torch.tensor([1.0, -2.0])) ** 2 / 2).sum().backward()
        theirs.step()
        path.append(w.detach().numpy().copy())
    assert np.allclose(descend(optimizers.OPTIMIZERS[name](), 6), path, rtol=1e-9)


def test_clipping_scales_all_gradients_together_and_only_when_needed():
    grads = {"a": np.array([3.0]), "b": np.array([[4.0]])}
    assert optimizers.clip(grads, 10.0) == 5.0
    assert grads["a"][0] == 3.0
    assert optimizers.clip(grads, 1.0) == 5.0
    assert np.isclose(optimizers.norm(grads), 1.0)
    assert np.isclose(grads["b"][0, 0] / grads["a"][0], 4 / 3)


def test_decay_is_the_gradient_of_the_squared_weights_and_leaves_biases_free():
    params, grads = {"W": np.full((2, 2), 3.0), "b": np.full(2, 3.0)}, {"W": np.ones((2, 2)), "b": np.ones(2)}
    optimizers.decay(params, grads, 0.5)
    assert np.array_equal(grads["W"], np.full((2, 2), 2.5))
    assert np.array_equal(grads["b"], np.ones(2))


def test_rates_rise_in_the_warm_up_and_fall_by_the_cosine():
    factors = [optimizers.cosine(step, 20, 5) for step in range(20)]
    assert np.allclose(factors[:6], [0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    assert all(a > b for a, b in zip(factors[5:], factors[6:], strict=False))
    assert np.isclose(factors[10], 0.75)
    assert 0 < factors[-1] < 0.02
    assert [optimizers.constant(step, 20, 2) for step in (0, 1, 2, 19)] == [0.5, 1.0, 1.0, 1.0]
    assert optimizers.cosine(0, 20, 0) == optimizers.constant(0, 20, 0) == 1.0


def test_the_gradient_of_the_loss_agrees_with_differences(network):
    model = SymbolModel(network, 5, 4, 3, seed=0)
    model.params = {name: array.astype(np.float64) * 3 for name, array in model.params.items()}
    rng = np.random.default_rng(0)
    batch = Batch(rng.integers(0, 5, (4, 3)), rng.integers(0, 5, (4, 3)), np.ones((4, 3), dtype=bool))
    _, grads, _ = model.loss(batch)
    for name, at in [("embedding", (2, 1)), ("embedding", (4, 0)), ("V", (3, 2)), ("U_n", (1, 3)), ("b_z", (2,))]:
        ends = []
        for by in (1e-5, -1e-5):
            model.params[name][at] += by
            ends.append(model.loss(batch)[0] * np.log(2))
            model.params[name][at] -= by
        assert np.isclose(grads[name][at], (ends[0] - ends[1]) / 2e-5, rtol=1e-5, atol=1e-9), name


def test_the_state_that_is_carried_makes_chunks_equal_to_the_whole(network):
    model = SymbolModel(network, 5, 4, 3, seed=0)
    whole = np.random.default_rng(0).integers(0, 5, (12, 2))
    counts = np.ones((12, 2), dtype=bool)
    total, _, _ = model.measure(Batch(whole, whole, counts))
    found, state = 0.0, None
    for at in (0, 4, 8):
        part = slice(at, at + 4)
        bits, _, state = model.measure(Batch(whole[part], whole[part], counts[part]), state)
        found += bits
    assert np.isclose(found, total, rtol=1e-6)
    forgotten = sum(model.measure(Batch(whole[a : a + 4], whole[a : a + 4], counts[a : a + 4]))[0] for a in (0, 4, 8))
    assert not np.isclose(forgotten, total, rtol=1e-6)


def test_a_carried_state_tells_what_a_batch_alone_cannot(network):
    own = settings(epochs=12, batch=32, rate=0.03)
    carried, forgotten = (fit(network, recalling(), replace(own, carry=carry), "gru") for carry in (True, False))
    assert carried.curve[-1]["train"] < 0.05
    assert carried.value < 0.05
    assert forgotten.curve[-1]["train"] > 0.45


def test_each_epoch_has_an_order_of_its_own(network):
    orders = []

    def batches(rng, size, cut):
        orders.append(rng.integers(10**9))
        return counting().batches(rng, size, cut)

    fit(network, replace(counting(), batches=batches), settings(epochs=3), "gru")
    assert len(set(orders)) == 3


def test_decay_and_the_schedule_are_used(network):
    def sizes(**changed):
        kept = {}

        def model(*given):
            kept["model"] = counting().model(*given)
            return kept["model"]

        fit(network, replace(counting(), model=model), settings(**changed), "gru")
        return optimizers.norm(kept["model"].params)

    usual = sizes()
    assert sizes(decay=1.0) < 0.9 * usual
    assert sizes(schedule="constant") != usual
    assert sizes(warm_up=10) != usual


def test_progress_tells_where_the_run_stands(network):
    seen = []
    result = fit(network, counting(), settings(epochs=2, batch=16), "gru", seen.append)
    assert [each.step for each in seen] == list(range(1, 13))
    assert {each.steps for each in seen} == {12}
    assert all(each.norm > 0 and each.speed > 0 and each.bits > 0 for each in seen)
    assert [each.held_out for each in seen] == [None] * 6 + [result.curve[0]["held_out"]] * 6
    assert np.isclose(np.mean([each.bits for each in seen[6:]]), result.curve[1]["train"])


def test_samples_are_asked_for_by_number_opening_and_temperature(network):
    own = settings(epochs=1)
    result = fit(network, counting(), own, "gru", sampling=Sampling(2, "a", 0.5))
    assert [sample.rsplit(" ", 1)[0] for sample in result.samples] == ["a 0.5", "a 0.5"]
    assert result.samples == fit(network, counting(), own, "gru", sampling=Sampling(2, "a", 0.5)).samples
    with pytest.raises(InputError, match="temperature"):
        fit(network, counting(), own, "gru", sampling=Sampling(temperature=0.0))


def test_training_learns_and_says_so(network):
    result = fit(network, counting(), settings(epochs=12, batch=16), "gru")
    assert result.value < 1.0 < result.baseline
    assert result.verdict.agrees
    assert len(result.curve) == 12
    assert not fit(network, counting(), settings(epochs=1, rate=1e-6), "gru").verdict.agrees


@pytest.mark.parametrize("optimizer", list(optimizers.OPTIMIZERS))
@pytest.mark.parametrize("carry", [False, True])
def test_a_run_that_was_stopped_goes_on_with_the_same_numbers(network, tmp_path, optimizer, carry):
    own = settings(optimizer=optimizer, carry=carry, epochs=8)
    whole = fit(network, counting(), own, "gru")

    class Stop(Exception):
        pass

    def stop_at(last):
        def tell(progress):
            if progress.step == last:
                raise Stop

        return tell

    for last in (22, 35, 47):
        with pytest.raises(Stop):
            fit(network, counting(), own, "gru", stop_at(last), tmp_path / "run.npz")
    resumed = fit(network, counting(), own, "gru", path=tmp_path / "run.npz")
    assert resumed.curve == whole.curve


LONG_RUN = """
import sys
from pathlib import Path
from tests.verify.training.test_training import counting, fit, made, settings
fit(made(), counting(), settings(epochs=60), "gru", path=Path(sys.argv[1]))
"""


CHILD = """
import os, signal, sys
from pathlib import Path
from types import ModuleType
import numpy as np
from tests.verify.training.test_training import counting, settings
from verify.training.fit import fit

source, path, last, moment = sys.argv[1:]
module = ModuleType("network")
exec(Path(source).read_text(), module.__dict__)
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
count, own = 0, getattr(os, moment, None)
def dying(*given):
    global count
    count += 1
    if count == int(last):
        die()
    return own(*given)
if own:
    setattr(os, moment, dying)
fit(module, counting(), settings(epochs=8), "gru", lambda p: die() if moment == "step" and p.step == int(last) else None, Path(path))
"""


@pytest.mark.full
@pytest.mark.parametrize(
    ("moment", "kills"), covered((("step", (7, 19, 20, 33)), ("fsync", (1, 2, 3)), ("replace", (1, 3, 2))), [("replace", (1, 3, 2))])
)
def test_a_run_that_was_killed_goes_on_with_the_same_numbers(network, source, tmp_path, moment, kills):
    """Killed between steps, and while it writes a checkpoint: before the new file is whole, and before it takes the place of the old one."""
    (tmp_path / "network.py").write_text(source)
    path = tmp_path / "run.npz"
    whole = fit(network, counting(), settings(epochs=8), "gru", path=tmp_path / "whole.npz")
    for last in kills:
        command = [sys.executable, "-c", CHILD, str(tmp_path / "network.py"), str(path), str(last), moment]
        assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == -signal.SIGKILL
    resumed = fit(network, counting(), settings(epochs=8), "gru", path=path)
    assert (resumed.curve, resumed.samples) == (whole.curve, whole.samples)
    own, theirs = (checkpoint.load(each)[0] for each in (path, tmp_path / "whole.npz"))
    for group in theirs:
        for name, array in theirs[group].items():
            assert np.array_equal(own[group][name], array), name


def test_a_checkpoint_of_another_run_is_refused(network, tmp_path):
    path = tmp_path / "run.npz"
    fit(network, counting(), settings(), "gru", path=path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"run\.npz: .*rate 0.02 \(here 0.1\), seed 0 \(here 1\)"):
        fit(network, counting(), settings(seed=1, rate=0.1), "gru", path=path)
    with pytest.raises(InputError, match="another task"):
        fit(network, replace(counting(), name="other"), settings(), "gru", path=path)
    changed = ModuleType("network")
    changed.__dict__.update({**network.__dict__, "__doc__": "h_t = z_t * n_t + (1 - z_t) * h_{t-1}"})
    with pytest.raises(InputError, match="another equations"):
        fit(changed, counting(), settings(), "gru", path=path)
    assert path.read_bytes() == before


def test_what_is_no_checkpoint_is_refused_and_kept(network, tmp_path):
    np.savez(tmp_path / "arrays.npz", a=np.ones(2))
    np.save(tmp_path / "array.npy", np.ones(2))
    (tmp_path / "text").write_bytes(b"not a checkpoint")
    (tmp_path / "empty").write_bytes(b"")
    for path in sorted(tmp_path.iterdir()):
        before = path.read_bytes()
        with pytest.raises(InputError, match=f"{path.name}: is no checkpoint"):
            fit(network, counting(), settings(), "gru", path=path)
        assert path.read_bytes() == before


def test_a_path_that_cannot_be_written_is_told_before_the_first_step(network, tmp_path):
    def tell(progress):
        raise AssertionError("a step was made")

    (tmp_path / "file").write_text("")
    for path in (tmp_path / "nowhere" / "run.npz", tmp_path / "file" / "run.npz"):
        with pytest.raises(InputError, match="cannot be written"):
            fit(network, counting(), settings(), "gru", tell, path)
    with pytest.raises(InputError, match="cannot be read"):
        fit(network, counting(), settings(), "gru", tell, tmp_path)


def test_a_checkpoint_runs_no_code(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, facts=np.array([object()], dtype=object))
    with pytest.raises(InputError, match="no checkpoint"):
        checkpoint.load(path)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rate": -1.0}, "rate"),
        ({"optimizer": "adamm"}, "adamm"),
        ({"batch": 0}, "batch"),
        ({"schedule": "x"}, "schedule"),
        ({"seed": -1}, "seed"),
        ({"rate": float("nan")}, "rate"),
        ({"clip": float("inf")}, "clip"),
        ({"decay": -0.1}, "decay"),
    ],
)
def test_settings_that_make_no_sense_are_refused(network, changed, told):
    with pytest.raises(InputError, match=told):
        fit(network, counting(), settings(**changed), "gru")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rate", [1e25, 1e38])
def test_a_run_that_leaves_the_numbers_stops_with_one_line(network, rate):
    with pytest.raises(InputError, match=r"^step \d+: .*; take a smaller rate, or clip harder$"):
        fit(network, counting(), settings(rate=rate, clip=1e30, optimizer="sgd", epochs=50), "gru")


def test_the_trigram_gives_probabilities_that_sum_to_one():
    model = Trigram(["abcab", "abd", "bca"], symbols=5)
    for history in [("a", "b"), ("start", "start"), ("d", "d"), ("c", "a")]:
        total = sum(model.probability(history, symbol) for symbol in ["a", "b", "c", "d", "end"])
        assert np.isclose(total, 1.0), history
