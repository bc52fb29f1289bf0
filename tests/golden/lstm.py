"""Long short-term memory: forward and backward pass in NumPy.

S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9(8), 1735-1780, 1997; forget
gate: F. A. Gers, J. Schmidhuber and F. Cummins, Learning to forget, Neural Computation 12(10), 2451-2471,
2000.

    (1) f_t = sigmoid(W_f x_t + U_f h_{t-1} + b_f)
    (2) i_t = sigmoid(W_i x_t + U_i h_{t-1} + b_i)
    (3) o_t = sigmoid(W_o x_t + U_o h_{t-1} + b_o)
    (4) g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
    (5) c_t = f_t * c_{t-1} + i_t * g_t
    (6) h_t = o_t * tanh(c_t)

    params = init({"x": 3, "h": 4}, seed=0)
    outputs, tape = forward(params, inputs, initial)        inputs[name]: (T, batch, rows); initial[name]: (batch, rows)
    grads = backward(params, tape, output_gradients)        grads.params, grads.inputs, grads.initial
    state = start(params, batch, initial)                   to run it one step at a time
    outputs, state = step(state, inputs)                    inputs[name], outputs[name]: (batch, rows)

Arrays come and go time-major, in float32 or float64. Inside, a value is (rows, batch), so that W @ x reads as in the equations, and t counts
from 0: h[t] is the value of step t + 1, h[-1] the initial one. Gradients of parameters are summed over steps and batch. A number before a
line is that of its equation in the derivation, which `python FILE --check` tests by differences. The tape has
batch * (T * (7*n_h + n_x) + 2*n_h) numbers.
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
PARAMETERS = ("W_f", "U_f", "b_f", "W_i", "U_i", "b_i", "W_o", "U_o", "b_o", "W_g", "U_g", "b_g")
STATES = ("h", "c")
OUTPUTS = ("h",)
LOSS = None


class Gradients(NamedTuple):
    """The derivatives of the loss by parameters, inputs and initial values: arrays by name."""

    params: dict[str, np.ndarray]
    inputs: dict[str, np.ndarray]
    initial: dict[str, np.ndarray]


def sigmoid(a, out=None):
    """1 / (1 + exp(-a)); where exp(-a) is more than any number, it is 0, as it should be, and callers ignore the overflow."""
    e = np.exp(np.negative(a, out=out), out=out)
    e += 1
    return np.divide(1, e, out=e)


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


def unpacked(v, parts):
    """Views of so many equal parts of the rows: (T, parts * rows, batch) to as many (T, rows, batch)."""
    return v.reshape(len(v), parts, -1, v.shape[2]).swapaxes(0, 1)


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
        "W_f": (n_h, n_x),
        "U_f": (n_h, n_h),
        "b_f": (n_h,),
        "W_i": (n_h, n_x),
        "U_i": (n_h, n_h),
        "b_i": (n_h,),
        "W_o": (n_h, n_x),
        "U_o": (n_h, n_h),
        "b_o": (n_h,),
        "W_g": (n_h, n_x),
        "U_g": (n_h, n_h),
        "b_g": (n_h,),
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
    """Parameters to begin with: matrices uniform within 1 / sqrt(columns), columns zero but for b_f = 1.

    `sizes` gives the rows of variables by name.
    """
    rng = np.random.default_rng(seed)
    n_x = rows_of(sizes, ("x",))
    n_h = rows_of(sizes, ("h", "f", "i", "o", "g", "c"))
    params = {}
    for name, shape in shapes(n_x, n_h).items():
        bound = 1 / np.sqrt(shape[-1]) if len(shape) > 1 else 0.0
        params[name] = rng.uniform(-bound, bound, shape).astype(dtype)
    params["b_f"] = np.full_like(params["b_f"], 1.0)
    return params


@np.errstate(over="ignore")
def forward(params, inputs, initial=None):
    """The outputs and final states by name, and the tape for `backward`; `initial` None is zeros."""
    if any(np.ndim(params.get(name)) != len(shape) for name, shape in shapes(1, 1).items()):
        raise ValueError("params: give an array for each of " + ", ".join(PARAMETERS) + ", matrices with two axes, columns with one")
    if np.ndim(inputs.get("x")) != 3:
        raise ValueError("inputs: x is missing or has not three axes, expected (T, batch, rows)")
    T, batch = np.shape(inputs["x"])[:2]
    if T == 0 or batch == 0:
        raise ValueError(f"inputs: {T} steps of {batch} sequences, expected 1 or more of each")
    n_x = np.shape(params["W_f"])[1]
    n_h = np.shape(params["W_f"])[0]
    params = checked("params", params, fitting(params, n_x, n_h))
    inputs = checked("inputs", inputs, {"x": (T, batch, n_x)})
    dtype = np.result_type(*params.values(), *inputs.values())
    initial = completed("initial", initial, {"h": (batch, n_h), "c": (batch, n_h)}, dtype)
    dtype = np.result_type(dtype, *initial.values())
    W = np.concatenate([params["W_f"], params["W_i"], params["W_o"], params["W_g"]])
    b = np.concatenate([params["b_f"], params["b_i"], params["b_o"], params["b_g"]])[:, None]
    U = np.concatenate([params["U_f"], params["U_i"], params["U_o"], params["U_g"]])
    x = rows_first((T, n_x, batch), dtype)
    x[:] = inputs["x"].transpose(0, 2, 1)

    a = empty((4 * n_h, batch), dtype)
    spare = empty((n_h, batch), dtype)
    fio = empty((T, 3 * n_h, batch), dtype)
    f, i, o = unpacked(fio, 3)
    g = empty((T, n_h, batch), dtype)
    c = empty((T + 1, n_h, batch), dtype)
    c[-1] = initial["c"].T
    tanh_c = empty((T, n_h, batch), dtype)
    h = empty((T + 1, n_h, batch), dtype)
    h[-1] = initial["h"].T
    for at in chunks(T, batch):
        p = product(W, x[at], dtype)  # (7) p_f_t = W_f x_t + b_f, (8) p_i_t, (9) p_o_t, (10) p_g_t alike
        p += b

        for here, t in counted(at):
            np.matmul(U, h[t - 1], out=a)           # (7) a_f_t = p_f_t + U_f h_{t-1}, (8) a_i_t, (9) a_o_t, (10) a_g_t alike
            a += p[here]
            sigmoid(a[:3 * n_h], out=fio[t])        # (1) f_t = sigmoid(a_f_t), (2) i_t, (3) o_t alike
            np.tanh(a[3 * n_h:], out=g[t])          # (4) g_t = tanh(a_g_t)
            np.multiply(f[t], c[t - 1], out=c[t])   # (5) c_t = f_t * c_{t-1} + i_t * g_t
            np.multiply(i[t], g[t], out=spare)
            np.add(c[t], spare, out=c[t])
            np.tanh(c[t], out=tanh_c[t])            # (6) tanh_c_t = tanh(c_t)
            np.multiply(o[t], tanh_c[t], out=h[t])  # (6) h_t = o_t * tanh_c_t

    outputs = {
        "h": time_major(h[:T]),
        "h_T": h[T - 1].T.copy(),
        "c_T": c[T - 1].T.copy(),
    }
    return outputs, (T, batch, dtype, n_x, n_h, fio, tanh_c, g, c, x, h)


def backward(params, tape, output_gradients, final_gradients=None):
    """The gradients, given those of the loss by the outputs, (T, batch, rows) by name; one that is not given is zero.

    `final_gradients` are those by the final states, which steps to come have read, by name; None is zeros.
    """
    for name in output_gradients:
        if name not in OUTPUTS:
            raise ValueError(f"output_gradients: {name} is not an output; the outputs are {', '.join(OUTPUTS)}")
    T, batch, dtype, n_x, n_h, fio, tanh_c, g, c, x, h = tape
    U = np.concatenate([params["U_f"], params["U_i"], params["U_o"], params["U_g"]])
    W = np.concatenate([params["W_f"], params["W_i"], params["W_o"], params["W_g"]])
    dLdh = feature_major("output_gradients", output_gradients, "h", (T, batch, n_h), dtype)
    final = completed("final_gradients", final_gradients, {"h": (batch, n_h), "c": (batch, n_h)}, dtype)
    f, i, o = unpacked(fio, 3)

    hbar = empty((n_h, batch), dtype)
    cbar = empty((n_h, batch), dtype)
    Wbar = Ubar = bbar = 0
    cbar_next = np.array(final["c"].T, dtype, order="C")
    hbar_next = np.array(final["h"].T, dtype, order="C")
    xbar = empty((T, n_x, batch), dtype)
    for at in reversed(chunks(T, batch)):
        span = at.stop - at.start
        s_c = o[at] * (1 - tanh_c[at]**2)               # (23) s_c_t = o_t * (1 - tanh_c_t^2)
        s_g = i[at] * (1 - g[at]**2)                    # (26) s_g_t = i_t * (1 - g_t^2)
        s_o = tanh_c[at] * o[at] * (1 - o[at])          # (28) s_o_t = tanh_c_t * o_t * (1 - o_t)
        s_i = g[at] * i[at] * (1 - i[at])               # (30) s_i_t = g_t * i_t * (1 - i_t)
        s_f = shifted(c, at, -1) * f[at] * (1 - f[at])  # (32) s_f_t = c_{t-1} * f_t * (1 - f_t)

        abar = rows_first((span, 4 * n_h, batch), dtype)
        abar_f, abar_i, abar_o, abar_g = unpacked(abar, 4)
        for here, t in reversed(counted(at)):
            np.add(dLdh[t], hbar_next, out=hbar)            # (21) hbar_t = dLdh_t + hbar_next_{t+1}
            np.multiply(hbar, s_o[here], out=abar_o[here])  # (28) abar_o_t = hbar_t * s_o_t
            np.multiply(hbar, s_c[here], out=cbar)          # (23) cbar_t = hbar_t * s_c_t + cbar_next_{t+1}
            cbar += cbar_next
            np.multiply(cbar, f[t], out=cbar_next)          # (23) cbar_next_t = cbar_t * f_t
            np.multiply(cbar, s_g[here], out=abar_g[here])  # (26) abar_g_t = cbar_t * s_g_t
            np.multiply(cbar, s_i[here], out=abar_i[here])  # (30) abar_i_t = cbar_t * s_i_t
            np.multiply(cbar, s_f[here], out=abar_f[here])  # (32) abar_f_t = cbar_t * s_f_t
            # (21) hbar_next_t = U_f^T abar_f_t + U_i^T abar_i_t + U_o^T abar_o_t + U_g^T abar_g_t
            np.matmul(U.T, abar[here], out=hbar_next)

        # (33) xbar_t = W_f^T abar_f_t + W_i^T abar_i_t + W_o^T abar_o_t + W_g^T abar_g_t
        xbar[at] = product(W.T, abar, dtype)
        # (34) Wbar_f = sum_t abar_f_t x_t^T, (37) Wbar_i, (40) Wbar_o, (43) Wbar_g alike
        Wbar += flat(abar) @ flat(x[at]).T
        # (35) Ubar_f = sum_t abar_f_t h_{t-1}^T, (38) Ubar_i, (41) Ubar_o, (44) Ubar_g alike
        Ubar += flat(abar) @ flat(shifted(h, at, -1)).T
        bbar += total(abar)                              # (36) bbar_f = sum_t abar_f_t, (39) bbar_i, (42) bbar_o, (45) bbar_g alike

    return Gradients(
        params={
            "W_f": Wbar[:n_h],
            "U_f": Ubar[:n_h],
            "b_f": bbar[:n_h, 0],
            "W_i": Wbar[n_h:2 * n_h],
            "U_i": Ubar[n_h:2 * n_h],
            "b_i": bbar[n_h:2 * n_h, 0],
            "W_o": Wbar[2 * n_h:3 * n_h],
            "U_o": Ubar[2 * n_h:3 * n_h],
            "b_o": bbar[2 * n_h:3 * n_h, 0],
            "W_g": Wbar[3 * n_h:],
            "U_g": Ubar[3 * n_h:],
            "b_g": bbar[3 * n_h:, 0],
        },
        inputs={
            "x": time_major(xbar),
        },
        initial={
            "h": hbar_next.T.copy(),
            "c": cbar_next.T.copy(),
        },
    )


class State(NamedTuple):
    """What later steps need: weights and sizes in `fixed`, and the last values of sequences, (rows, batch), several as a tuple."""

    fixed: tuple
    h: np.ndarray
    c: np.ndarray


def start(params, batch=1, initial=None):
    """The state before the first step, for `step`; `initial` as in `forward`."""
    if batch < 1:
        raise ValueError(f"batch: {batch} sequences, expected 1 or more")
    if any(np.ndim(params.get(name)) != len(shape) for name, shape in shapes(1, 1).items()):
        raise ValueError("params: give an array for each of " + ", ".join(PARAMETERS) + ", matrices with two axes, columns with one")
    n_x = np.shape(params["W_f"])[1]
    n_h = np.shape(params["W_f"])[0]
    params = checked("params", params, fitting(params, n_x, n_h))
    dtype = np.result_type(*params.values())
    initial = completed("initial", initial, {"h": (batch, n_h), "c": (batch, n_h)}, dtype)
    dtype = np.result_type(dtype, *initial.values())
    params = {name: np.array(array, dtype) for name, array in params.items()}
    W = np.concatenate([params["W_f"], params["W_i"], params["W_o"], params["W_g"]])
    b = np.concatenate([params["b_f"], params["b_i"], params["b_o"], params["b_g"]])[:, None]
    U = np.concatenate([params["U_f"], params["U_i"], params["U_o"], params["U_g"]])
    h = np.array(initial["h"].T, dtype, order="C")
    c = np.array(initial["c"].T, dtype, order="C")
    return State((batch, dtype, n_x, n_h, W, b, U), h, c)


@np.errstate(over="ignore")
def step(state, inputs):
    """The outputs at one more step, (batch, rows) by name, and the state after it; nothing that is given is kept or changed."""
    fixed, h_before, c_before = state
    batch, dtype, n_x, n_h, W, b, U = fixed
    x = at_step(inputs, "x", (batch, n_x), dtype)

    p = W @ x + b               # (7) p_f_t = W_f x_t + b_f, (8) p_i_t, (9) p_o_t, (10) p_g_t alike
    a = p + U @ h_before        # (7) a_f_t = p_f_t + U_f h_{t-1}, (8) a_i_t, (9) a_o_t, (10) a_g_t alike
    fio = sigmoid(a[:3 * n_h])  # (1) f_t = sigmoid(a_f_t), (2) i_t, (3) o_t alike
    f, i, o = fio.reshape(3, n_h, batch)
    g = np.tanh(a[3 * n_h:])    # (4) g_t = tanh(a_g_t)
    c = f * c_before + i * g    # (5) c_t = f_t * c_{t-1} + i_t * g_t
    h = o * np.tanh(c)          # (6) h_t = o_t * tanh(c_t)

    outputs = {
        "h": h.T.copy(),
    }
    return outputs, State(fixed, h, c)


def example(T, batch, rng, n_x=3, n_h=4):
    """Random parameters, inputs and initial values, by default of small sizes, all different."""
    params = {name: rng.normal(0, 1 / np.sqrt(shape[-1]), shape) for name, shape in shapes(n_x, n_h).items()}
    return params, {"x": rng.normal(size=(T, batch, n_x))}, {"h": rng.normal(size=(batch, n_h)), "c": rng.normal(size=(batch, n_h))}


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
