"""The trainer: its rules against hand computation and torch, and runs that go on as if they had never stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import derive
from derive.errors import InputError
from verify.training import checkpoint, optimizers, tasks
from verify.training.fit import Settings, fit, measured
from verify.training.symbols import Batch, SymbolModel
from verify.training.tasks import Task
from verify.training.trigram import Trigram

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def network() -> ModuleType:
    system = derive.follow(derive.cell("gru"), derive.head("readout"))
    module = ModuleType("network")
    exec(derive.emit(derive.bptt(system)), module.__dict__)
    return module


def counting() -> Task:
    """Learn to count modulo 7; a network that cannot keep its state has nothing to go by but the last symbol, which is enough."""

    def batches(rng, size, carry):
        for at in range(6):
            inputs = (rng.integers(0, 7, size) + np.arange(9)[:, None]) % 7
            yield Batch(inputs, (inputs + 1) % 7, np.ones_like(inputs, dtype=bool), carry and at > 0)

    return Task(
        name="counting", measure="bits", baseline=np.log2(7), baseline_name="uniform",
        model=lambda module, units, seed: SymbolModel(module, 7, units, 5, seed),
        batches=batches, held_out=lambda: batches(np.random.default_rng(1), 8, False),
        sample=lambda model, rng, count: [],
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


def test_the_cosine_rises_and_falls_to_its_least():
    factors = [optimizers.cosine(step, 20, warm_up=5, least=0.1) for step in range(21)]
    assert factors[:5] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert all(a >= b for a, b in zip(factors[5:], factors[6:], strict=False))
    assert np.isclose(factors[-1], 0.1)


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


def test_a_run_that_was_killed_goes_on_with_the_same_numbers(tmp_path):
    def command(path):
        return [sys.executable, "-m", "bptt", "train", "poems", "--cell", "rnn", "--units", "8", "--epochs", "1", "--batch", "256", "--json",
                "--checkpoint", str(path)]  # fmt: skip

    def curve(path):
        return checkpoint.load(path)[1]["curve"]

    subprocess.run(command(tmp_path / "whole.npz"), cwd=ROOT, check=True, capture_output=True)
    for pause in (2.5, 3.5):
        running = subprocess.Popen(command(tmp_path / "killed.npz"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        running.send_signal(signal.SIGKILL)
        running.wait()
    subprocess.run(command(tmp_path / "killed.npz"), cwd=ROOT, check=True, capture_output=True)
    assert curve(tmp_path / "killed.npz") == curve(tmp_path / "whole.npz")


def test_a_checkpoint_of_another_run_is_refused(network, tmp_path):
    fit(network, counting(), settings(), "gru", path=tmp_path / "run.npz")
    with pytest.raises(InputError, match="another settings"):
        fit(network, counting(), settings(seed=1), "gru", path=tmp_path / "run.npz")
    (tmp_path / "other.npz").write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match="no checkpoint"):
        fit(network, counting(), settings(), "gru", path=tmp_path / "other.npz")
    with pytest.raises(InputError, match="cannot be written"):
        fit(network, counting(), settings(), "gru", path=tmp_path / "nowhere" / "run.npz")


def test_a_checkpoint_runs_no_code(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, facts=np.array([object()], dtype=object))
    with pytest.raises(InputError, match="no checkpoint"):
        checkpoint.load(path)


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"rate": -1.0}, "rate"), ({"optimizer": "adamm"}, "adamm"), ({"batch": 0}, "batch"), ({"schedule": "x"}, "schedule")],
)
def test_settings_that_make_no_sense_are_refused(network, changed, told):
    with pytest.raises(InputError, match=told):
        fit(network, counting(), settings(**changed), "gru")


def test_a_run_that_leaves_the_numbers_stops_with_one_line(network):
    with np.errstate(all="ignore"), pytest.raises(InputError, match=r"step \d+: .*(smaller rate)"):
        fit(network, counting(), settings(rate=1e38, clip=1e30, optimizer="sgd", epochs=50), "gru")


def test_the_trigram_gives_probabilities_that_sum_to_one():
    model = Trigram(["abcab", "abd", "bca"], symbols=5)
    for history in [("a", "b"), ("start", "start"), ("d", "d"), ("c", "a")]:
        total = sum(model.probability(history, symbol) for symbol in ["a", "b", "c", "d", "end"])
        assert np.isclose(total, 1.0), history


def test_poems_are_split_by_poet_and_the_baseline_is_a_trigram():
    task = tasks.load("poems").load()
    assert 8.4 < task.baseline < 8.6
    train = {tuple(poem) for batch in task.batches(np.random.default_rng(0), 32, False) for poem in batch.targets.T}
    held_out = {tuple(poem) for batch in task.held_out() for poem in batch.targets.T}
    assert len(held_out) == 441
    assert not train & held_out
    counted = {int(batch.counts.sum(axis=0).max()) for batch in task.held_out()} | {
        int(batch.counts.sum(axis=0).min()) for batch in task.held_out()
    }
    assert counted == {29}


def test_an_untrained_model_measures_about_the_number_of_symbols(network):
    task = tasks.load("poems").load()
    assert abs(measured(task.model(network, 4, 0), task) - np.log2(2001)) < 0.2
