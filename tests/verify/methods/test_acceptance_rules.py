"""Wrong gradients before the acceptance rules of other tools, beside the methods here: who lets which through.

    gradient of size 1     torch gradcheck   scipy check_grad   jax check_grads   autograd check_grads   methods here
    right                  accepts           accepts            accepts           accepts                accepts
    all wrong ones         refuses           refuses            refuses           refuses                refuses

    gradient of size 1e-9  torch gradcheck   scipy check_grad   jax check_grads   autograd check_grads   methods here
    right                  accepts           accepts            accepts           accepts                accepts
    all wrong ones         accepts           accepts            accepts           accepts                refuses

The absolute tolerance of the others decides for gradients that are small: zero, negated, doubled, transposed and one step off pass there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import derive
from tests.derive.cells.covering import each_third
from verify.methods import complex_step, fifty_digits, prime_field
from verify.subject import Subject, subject
from verify.trial import Trial
from verify.verdict import Outcome, overall

CHANGED = """
right_backward = backward

def backward(params, tape, output_gradients):
    grads = right_backward(params, tape, output_gradients)
    return grads._replace(params={name: CHANGE for name, array in grads.params.items()})
"""
WRONG: dict[str, Callable[[str], str]] = {
    "zero": lambda source: source + CHANGED.replace("CHANGE", "0 * array"),
    "negated": lambda source: source + CHANGED.replace("CHANGE", "-array"),
    "doubled": lambda source: source + CHANGED.replace("CHANGE", "2 * array"),
    "transposed": lambda source: source + CHANGED.replace("CHANGE", "array.T if name == 'U' else array"),
    "one step off": lambda source: source.replace("flat(shifted(h, at, -1))", "flat(h[at])"),
}
SIZES = {"1": "1", "1e-9": "0.000000001"}


def judged(size: str, change: Callable[[str], str] | None = None) -> Subject:
    """A recurrent network whose outputs have the given size, with its gradient changed."""
    right = subject(derive.bptt(derive.read(f"h_t = tanh(W x_t + U h_{{t-1}} + b)\ny_t = {SIZES[size]} * h_t")))
    source = change(right.source) if change else right.source
    assert (source == right.source) is (change is None)
    return replace(right, source=source)


class Flat:
    """The loss and the claimed gradient as functions of all parameters in one array."""

    def __init__(self, claim: Subject) -> None:
        self.trial = Trial(claim.module, steps=3)
        self.params, self.inputs, self.initial = self.trial.values
        self.start = np.concatenate([array.ravel() for array in self.params.values()])

    def named(self, theta: Any) -> dict[str, Any]:
        ends = np.cumsum([array.size for array in self.params.values()])
        parts = np.split(np.asarray(theta), ends[:-1])
        return {name: part.reshape(array.shape) for part, (name, array) in zip(parts, self.params.items(), strict=True)}

    def loss(self, theta: Any) -> float:
        return float(self.trial.loss(self.named(theta), self.inputs, self.initial))

    def gradient(self, theta: Any) -> Any:
        _, tape = self.trial.run(self.named(theta), self.inputs, self.initial)
        found = self.trial.module.backward(self.named(theta), tape, self.trial.weights).params
        return np.concatenate([found[name].ravel() for name in self.params])


def by_torch(flat: Flat) -> bool:
    torch = pytest.importorskip("torch")

    class Loss(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, theta: Any) -> Any:
            ctx.save_for_backward(theta)
            return torch.tensor(flat.loss(theta.detach().numpy()), dtype=torch.float64)

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            return upstream * torch.from_numpy(flat.gradient(ctx.saved_tensors[0].detach().numpy()))

    return bool(torch.autograd.gradcheck(Loss.apply, torch.tensor(flat.start, requires_grad=True), raise_exception=False))


def by_scipy(flat: Flat) -> bool:
    """Scipy gives the error and no rule; its own tests ask for less than 1e-6."""
    optimize = pytest.importorskip("scipy.optimize")
    return bool(optimize.check_grad(flat.loss, flat.gradient, flat.start) < 1e-6)


def by_jax(flat: Flat) -> bool:
    jax = pytest.importorskip("jax")
    test_util = pytest.importorskip("jax.test_util")
    number = jax.ShapeDtypeStruct((), np.float64)
    vector = jax.ShapeDtypeStruct(flat.start.shape, np.float64)

    @jax.custom_vjp
    def loss(theta: Any) -> Any:
        return jax.pure_callback(lambda value: np.float64(flat.loss(value)), number, theta)

    def backward(theta: Any, upstream: Any) -> Any:
        return (upstream * jax.pure_callback(flat.gradient, vector, theta),)

    loss.defvjp(lambda theta: (loss(theta), theta), backward)
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        try:
            test_util.check_grads(loss, (jax.numpy.asarray(flat.start),), order=1, modes=["rev"])
        except AssertionError:
            return False
    return True


def by_autograd(flat: Flat) -> bool:
    extend = pytest.importorskip("autograd.extend")
    test_util = pytest.importorskip("autograd.test_util")
    loss = extend.primitive(flat.loss)
    extend.defvjp(loss, lambda value, theta: lambda upstream: upstream * flat.gradient(theta))
    np.random.seed(0)
    try:
        test_util.check_grads(loss, modes=["rev"], order=1)(flat.start)
    except AssertionError:
        return False
    return True


OTHERS = {"torch": by_torch, "scipy": by_scipy, "jax": by_jax, "autograd": by_autograd}
OURS = {method.NAME: method for method in (complex_step, fifty_digits, prime_field)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tool", OTHERS)
def test_others_accept_what_is_right(tool, size):
    assert OTHERS[tool](Flat(judged(size)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("tool", each_third(OTHERS))
def test_others_refuse_what_is_wrong_if_it_is_large(tool, wrong, size):
    assert OTHERS[tool](Flat(judged(size, WRONG[wrong]))) is (size == "1e-9")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("method", each_third(OURS))
def test_methods_here_refuse_what_is_wrong_and_accept_what_is_right(method, size):
    def finds(change: Callable[[str], str] | None) -> Outcome:
        return overall([each for each in OURS[method].judge(judged(size, change)) if each.subject in ("W", "U", "b")])

    assert finds(None) is Outcome.AGREES
    for wrong in WRONG.values():
        assert finds(wrong) is Outcome.DISAGREES
