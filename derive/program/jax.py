"""A Derivation to a JAX module: the emitted NumPy source, and its two passes as a function with a custom vector-Jacobian product."""

from __future__ import annotations

from derive.calculus.bptt import Derivation
from derive.program.wrap import wrapped


def emit(derivation: Derivation, checkpoint: bool = False) -> str:
    """The source of a module that trains inside a JAX program: that of `derive.program.numpy`, with a function called `layer`.

    Raises:
        MissingRule, InputError: as `derive.program.wrap.wrapped`.
    """
    return wrapped(derivation, checkpoint, "JAX", "import functools\n\nimport jax\n", TEXT)


TEXT = '''
def layer(params, inputs, initial=None, steps=None):
    """The outputs and final states by name, arrays of JAX: it can be differentiated once, in reverse, and compiled.

    `params` are as `init` gives them; `initial` begins the states, by name, else zeros do; `steps` is T where no input says it.
    """
    outputs = sequence(steps, params, inputs, initial or {})
    return {name: each if name in (*OUTPUTS, *FINALS) else jax.lax.stop_gradient(each) for name, each in outputs.items()}


def run(steps, params, inputs, initial):
    """The forward pass on arrays of any kind."""
    params, inputs, initial = jax.tree.map(np.asarray, (params, inputs, initial))
    return forward(params, inputs, initial, **({} if steps is None else {"steps": steps}))


def described(steps, *given):
    """The shapes and dtypes of what comes out, by a run on zeros."""
    zeros = jax.tree.map(lambda each: np.zeros(np.shape(each), jax.numpy.result_type(each)), given)
    return jax.tree.map(lambda each: jax.ShapeDtypeStruct(each.shape, each.dtype), run(steps, *zeros)[0])


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def sequence(steps, params, inputs, initial):
    given = params, inputs, initial
    return jax.pure_callback(lambda *arrays: run(steps, *arrays)[0], described(steps, *given), *given)


def ahead(steps, *given):
    return sequence(steps, *given), given


def behind(steps, given, upstream):
    """The gradients; the forward pass is run again, as what it keeps does not go through a compiled program."""

    def gradients(upstream, *given):
        upstream = {name: np.asarray(each) for name, each in upstream.items()}
        finals = {"final_gradients": {name: upstream[final] for final, name in FINALS.items()}} if FINALS else {}
        params = {name: np.asarray(each) for name, each in given[0].items()}
        grads = backward(params, run(steps, *given)[1], {name: upstream[name] for name in OUTPUTS}, **finals)._asdict()
        fixed = {name: np.zeros_like(params[name]) for name in CONSTANTS}
        return {**grads["params"], **fixed}, grads["inputs"], {name: grads["initial"][name] for name in given[2]}

    shapes = jax.tree.map(lambda each: jax.ShapeDtypeStruct(np.shape(each), jax.numpy.result_type(each)), given)
    return jax.pure_callback(gradients, shapes, upstream, *given)


sequence.defvjp(ahead, behind)'''
