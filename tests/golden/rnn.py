"""Simple recurrent network: forward and backward pass in NumPy.

J. L. Elman, Finding structure in time, Cognitive Science 14(2), 179-211, 1990.

    (1) h_t = tanh(W x_t + U h_{t-1} + b)

    params = init({"x": 3, "h": 4}, seed=0)
    outputs, tape = forward(params, inputs, initial)        inputs[name]: (T, batch, rows); initial[name]: (batch, rows)
    grads = backward(params, tape, output_gradients)        grads.params, grads.inputs, grads.initial
    state = start(params, batch, initial)                   to run it one step at a time
    outputs, state = step(state, inputs)                    inputs[name], outputs[name]: (batch, rows)

Arrays come and go time-major, in float32 or float64. Inside, a value is (rows, batch), so that W @ x reads as in the equations, and t counts
from 0: h[t] is the value of step t + 1, h[-1] the initial one. Gradients of parameters are summed over steps and batch. A number before a
line is that of its equation in the derivation, which `python FILE --check` tests by differences. The tape has
batch * (T * (n_h + n_x) + n_h) numbers.
What neither pass needs beyond some steps is computed for one chunk of steps after the other, and counted from its first: p[here] is p at t.
T and batch are 1 or more; what else is given is refused.
"""

from __future__ import annotations

import math
import sys
import threading
from typing import NamedTuple

import numpy as np

INPUTS = ("x",)
PARAMETERS = ("W", "U", "b")
STATES = ("h",)
OUTPUTS = ("h",)
LOSS = None


class Gradients(NamedTuple):
    """The derivatives of the loss by parameters, inputs and initial values: arrays by name."""

    params: dict[str, np.ndarray]
    inputs: dict[str, np.ndarray]
    initial: dict[str, np.ndarray]


def completed(kind, arrays, shapes, dtype):
    """The arrays by name, checked, and zeros in the place of those that are not given."""
    return checked(kind, {**{name: np.zeros(shape, dtype) for name, shape in shapes.items()}, **(arrays or {})}, shapes)


MEMORY, LOCK = [], threading.Lock()


def holders(arrays, at):
    """How many refer to one of some arrays, views of it among them."""
    return sys.getrefcount(arrays[at])


ALONE = holders([np.empty(0)], 0)


def empty(shape, dtype):
    """An array to be filled, in memory that an earlier one has left: to touch new memory takes longer than to compute what stands there.

    MEMORY has the arrays in use, and those that nobody refers to any more; these go as soon as none of them fits.
    """
    size = math.prod(shape)
    if size < 4096:
        return np.empty(shape, dtype)
    with LOCK:
        free = [at for at in range(len(MEMORY)) if holders(MEMORY, at) == ALONE]
        fit = [at for at in free if size <= MEMORY[at].size <= 2 * size and MEMORY[at].dtype == dtype]
        if fit:
            return MEMORY[min(fit, key=lambda at: MEMORY[at].size)][:size].reshape(shape)
        for at in reversed(free):
            del MEMORY[at]
        MEMORY.append(np.empty(size, dtype))
        return MEMORY[-1].reshape(shape)


def time_major(v):
    """(T, rows, batch) to a new array (T, batch, rows)."""
    made = empty((len(v), v.shape[2], v.shape[1]), v.dtype)
    made[:] = v.transpose(0, 2, 1)
    return made


def feature_major(kind, arrays, name, shape, dtype):
    """(T, batch, rows) to (T, rows, batch); zeros where there is no array of that name."""
    if name not in arrays:
        return np.zeros((shape[0], shape[2], shape[1]), dtype)
    return checked(kind, {name: arrays[name]}, {name: shape})[name].transpose(0, 2, 1)


COLUMNS = 1024


def chunks(T, batch):
    """The steps as slices of about as many each: two or more, and of so few steps that a product at all of these has about COLUMNS columns."""
    count = min(max(-(-T * batch // COLUMNS), 2), T)
    return [slice(T * at // count, T * (at + 1) // count) for at in range(count)]


def counted(at):
    """The steps of a chunk as pairs: the place in the chunk, and t."""
    return [*enumerate(range(at.start, at.stop))]


def shifted(v, at, by):
    """The values (steps, rows, batch) so many steps after those of a chunk; the last ones of v are those before the first step."""
    first, last = at.start + by, at.stop + by
    return v[first:last] if first >= 0 else v[np.arange(first, last)]


def at_step(inputs, name, shape, dtype):
    """A copy of the input of that name at one step, (batch, rows) to (rows, batch)."""
    array = np.array(inputs[name], dtype)
    if array.shape != shape:
        raise ValueError(f"inputs: {name} has shape {array.shape} at a step, expected {shape}")
    return array.T


def rows_first(shape, dtype):
    """An empty array (T, rows, batch) that lies as (rows, T, batch) in memory, so that `flat` need not copy it."""
    return empty((shape[1], shape[0], shape[2]), dtype).transpose(1, 0, 2)


def flat(v):
    """(T, rows, batch) to (rows, T * batch), so that a product at all steps, or summed over them, is one."""
    return v.transpose(1, 0, 2).reshape(v.shape[1], -1)


def product(A, v, dtype):
    """A @ v at all steps, as one product: (m, n) and (T, n, batch) to (T, m, batch), which lies as `rows_first` has it."""
    made = rows_first((len(v), len(A), v.shape[2]), dtype)
    np.matmul(A, flat(v), out=flat(made))
    return made


def total(v):
    """The sum over steps and batch: (T, rows, batch) to (rows, 1)."""
    return v.sum(axis=(0, 2))[:, None]


def checked(kind, arrays, shapes):
    """The arrays by name; a ValueError names one that is missing, unknown, of another shape, not floating, or not finite."""
    for name in arrays:
        if name not in shapes:
            raise ValueError(f"{kind}: {name} is not known; the names are {', '.join(shapes) or 'none'}")
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"{kind}: {name} is missing; the names are {', '.join(shapes)}")
        array = np.asarray(arrays[name])
        if array.shape != shape:
            raise ValueError(f"{kind}: {name} has shape {array.shape}, expected {shape}")
        if not np.issubdtype(array.dtype, np.inexact):
            raise ValueError(f"{kind}: {name} holds {array.dtype}, expected float32 or float64")
        if not np.isfinite(array).all():
            raise ValueError(f"{kind}: {name} holds NaN or infinity")
    return {name: np.asarray(array) for name, array in arrays.items()}


def shapes(n_x, n_h):
    """The shapes of the parameters, by name."""
    return {
        "W": (n_h, n_x),
        "U": (n_h, n_h),
        "b": (n_h,),
    }


def fitting(arrays, *sizes):
    """The shapes of the parameters, with sizes that as many sides of the arrays have as can be, so that it is the others that are wrong."""

    def fit(sizes):
        return sum(len(shape) for name, shape in shapes(*sizes).items() if np.shape(arrays.get(name)) == shape)

    if fit(sizes) < sum(map(len, shapes(*sizes).values())):
        sides = {side // parts for name in shapes(*sizes) for side in np.shape(arrays.get(name)) for parts in (1, 2, 3, 4)}
        for at in range(len(sizes)):
            for side in sorted(sides):
                other = (*sizes[:at], side, *sizes[at + 1:])
                sizes = other if fit(other) > fit(sizes) else sizes
    return shapes(*sizes)


def rows_of(sizes, names):
    """The number of rows, given under any of the names that share it."""
    found = [sizes[name] for name in names if name in sizes]
    if not found:
        raise ValueError(f"sizes: {names[0]} is missing; give its number of rows")
    return found[0]


def init(sizes, seed=0, dtype=np.float64):
    """Parameters to begin with: matrices uniform within 1 / sqrt(columns), columns zero.

    `sizes` gives the rows of variables by name.
    """
    rng = np.random.default_rng(seed)
    n_x = rows_of(sizes, ("x",))
    n_h = rows_of(sizes, ("h",))
    params = {}
    for name, shape in shapes(n_x, n_h).items():
        bound = 1 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.0
        params[name] = rng.uniform(-bound, bound, shape).astype(dtype)
    return params


def forward(params, inputs, initial=None):
    """The outputs and final states by name, and the tape for `backward`; `initial` None is zeros."""
    if any(np.ndim(params.get(name)) != len(shape) for name, shape in shapes(1, 1).items()):
        raise ValueError("params: give an array for each of " + ", ".join(PARAMETERS) + ", matrices with two axes, columns with one")
    if np.ndim(inputs.get("x")) != 3:
        raise ValueError("inputs: x is missing or has not three axes, expected (T, batch, rows)")
    T, batch = np.shape(inputs["x"])[:2]
    if T == 0 or batch == 0:
        raise ValueError(f"inputs: {T} steps of {batch} sequences, expected 1 or more of each")
    n_x = np.shape(params["W"])[1]
    n_h = np.shape(params["W"])[0]
    params = checked("params", params, fitting(params, n_x, n_h))
    inputs = checked("inputs", inputs, {"x": (T, batch, n_x)})
    dtype = np.result_type(*params.values(), *inputs.values())
    initial = completed("initial", initial, {"h": (batch, n_h)}, dtype)
    dtype = np.result_type(dtype, *initial.values())
    W = params["W"]
    b = params["b"][:, None]
    U = params["U"]
    x = rows_first((T, n_x, batch), dtype)
    x[:] = inputs["x"].transpose(0, 2, 1)

    a_h = empty((n_h, batch), dtype)
    h = empty((T + 1, n_h, batch), dtype)
    h[-1] = initial["h"].T
    for at in chunks(T, batch):
        p_h = product(W, x[at], dtype)  # (2) p_h_t = W x_t + b
        p_h += b

        for here, t in counted(at):
            np.matmul(U, h[t - 1], out=a_h)  # (2) a_h_t = p_h_t + U h_{t-1}
            a_h += p_h[here]
            np.tanh(a_h, out=h[t])           # (1) h_t = tanh(a_h_t)

    outputs = {
        "h": time_major(h[:T]),
        "h_T": h[T - 1].T.copy(),
    }
    return outputs, (T, batch, dtype, n_x, n_h, h, x)


def backward(params, tape, output_gradients, final_gradients=None):
    """The gradients, given those of the loss by the outputs, (T, batch, rows) by name; one that is not given is zero.

    `final_gradients` are those by the final states, which steps to come have read, by name; None is zeros.
    """
    for name in output_gradients:
        if name not in OUTPUTS:
            raise ValueError(f"output_gradients: {name} is not an output; the outputs are {', '.join(OUTPUTS)}")
    T, batch, dtype, n_x, n_h, h, x = tape
    U = params["U"]
    W = params["W"]
    dLdh = feature_major("output_gradients", output_gradients, "h", (T, batch, n_h), dtype)
    final = completed("final_gradients", final_gradients, {"h": (batch, n_h)}, dtype)

    hbar = empty((n_h, batch), dtype)
    Wbar = Ubar = bbar = 0
    hbar_next = np.array(final["h"].T, dtype, order="C")
    xbar = empty((T, n_x, batch), dtype)
    for at in reversed(chunks(T, batch)):
        span = at.stop - at.start
        s_h = 1 - h[at]**2  # (7) s_h_t = 1 - h_t^2

        abar_h = rows_first((span, n_h, batch), dtype)
        for here, t in reversed(counted(at)):
            np.add(dLdh[t], hbar_next, out=hbar)            # (5) hbar_t = dLdh_t + hbar_next_{t+1}
            np.multiply(hbar, s_h[here], out=abar_h[here])  # (7) abar_h_t = hbar_t * s_h_t
            np.matmul(U.T, abar_h[here], out=hbar_next)     # (5) hbar_next_t = U^T abar_h_t

        xbar[at] = product(W.T, abar_h, dtype)  # (8) xbar_t = W^T abar_h_t
        Wbar += flat(abar_h) @ flat(x[at]).T    # (9) Wbar = sum_t abar_h_t x_t^T
        # (10) Ubar = sum_t abar_h_t h_{t-1}^T
        Ubar += flat(abar_h) @ flat(shifted(h, at, -1)).T
        bbar += total(abar_h)                   # (11) bbar = sum_t abar_h_t

    return Gradients(
        params={
            "W": Wbar,
            "U": Ubar,
            "b": bbar[:, 0],
        },
        inputs={
            "x": time_major(xbar),
        },
        initial={
            "h": hbar_next.T.copy(),
        },
    )


class State(NamedTuple):
    """What later steps need: weights and sizes in `fixed`, and the last values of sequences, (rows, batch), several as a tuple."""

    fixed: tuple
    h: np.ndarray


def start(params, batch=1, initial=None):
    """The state before the first step, for `step`; `initial` as in `forward`."""
    if batch < 1:
        raise ValueError(f"batch: {batch} sequences, expected 1 or more")
    if any(np.ndim(params.get(name)) != len(shape) for name, shape in shapes(1, 1).items()):
        raise ValueError("params: give an array for each of " + ", ".join(PARAMETERS) + ", matrices with two axes, columns with one")
    n_x = np.shape(params["W"])[1]
    n_h = np.shape(params["W"])[0]
    params = checked("params", params, fitting(params, n_x, n_h))
    dtype = np.result_type(*params.values())
    initial = completed("initial", initial, {"h": (batch, n_h)}, dtype)
    dtype = np.result_type(dtype, *initial.values())
    params = {name: np.array(array, dtype) for name, array in params.items()}
    W = params["W"]
    b = params["b"][:, None]
    U = params["U"]
    h = np.array(initial["h"].T, dtype, order="C")
    return State((batch, dtype, n_x, W, b, U), h)


def step(state, inputs):
    """The outputs at one more step, (batch, rows) by name, and the state after it; nothing that is given is kept or changed."""
    fixed, h_before = state
    batch, dtype, n_x, W, b, U = fixed
    x = at_step(inputs, "x", (batch, n_x), dtype)

    p_h = W @ x + b           # (2) p_h_t = W x_t + b
    a_h = p_h + U @ h_before  # (2) a_h_t = p_h_t + U h_{t-1}
    h = np.tanh(a_h)          # (1) h_t = tanh(a_h_t)

    outputs = {
        "h": h.T.copy(),
    }
    return outputs, State(fixed, h)


def example(T, batch, rng, n_x=3, n_h=4):
    """Random parameters, inputs and initial values, by default of small sizes, all different."""
    params = {name: rng.normal(0, 1 / np.sqrt(shape[-1]), shape) for name, shape in shapes(n_x, n_h).items()}
    return params, {"x": rng.normal(size=(T, batch, n_x))}, {"h": rng.normal(size=(batch, n_h))}


@np.errstate(all="ignore")
def check_gradients(seed=0, T=5, batch=2, step=1e-5, tolerance=1e-6):
    """Central differences against `backward`, in float64; prints a line for each array and returns whether all agree."""
    rng = np.random.default_rng(seed)
    params, inputs, initial = example(T, batch, rng)
    outputs, tape = forward(params, inputs, initial)
    weights = {name: rng.normal(size=outputs[name].shape) for name in OUTPUTS}
    grads = backward(params, tape, weights)

    def loss():
        outputs, _ = forward(params, inputs, initial)
        return sum(float((outputs[name] * weights[name]).sum()) for name in OUTPUTS)

    if not np.isfinite(loss()):
        print("cannot check: the loss is no number (NaN or infinite) at the values that example() draws")
        return False
    agree, noise = True, 1e-15 * abs(loss()) / step
    compared = ((params, grads.params), (inputs, grads.inputs), (initial, grads.initial))
    for arrays, own in compared:
        for name in own:
            array = arrays[name]
            differences = np.zeros_like(array)
            for at in np.ndindex(array.shape):
                before = array[at]
                array[at] = before + step
                above = loss()
                array[at] = before - step
                differences[at] = (above - loss()) / (2 * step)
                array[at] = before
            largest, error = np.abs(differences).max(), np.abs(own[name] - differences).max()
            seen = max(largest, np.abs(own[name]).max()) * tolerance > noise
            told = "too small to see" if not seen else "agrees" if error <= tolerance * largest else "DISAGREES"
            told = told if np.isfinite(error) else "is no number"
            agree &= told in ("agrees", "too small to see")
            print(f"{name:>10}  {told:<16}  largest value {largest:.1e}, largest error {error:.1e}")
    return agree


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        sys.exit(f"usage: python {sys.argv[0]} --check")
    sys.exit(0 if check_gradients() else 1)
