"""The helpers of an emitted module that computes with functions of the Python array API standard alone.

None writes into an array. They take the namespace from the arrays given, so that where they are called reads as it does in NumPy.
"""

from __future__ import annotations

SOURCES = {
    "sigmoid": '''
def sigmoid(a):
    """1 / (1 + exp(-a)), with exp of what is not positive alone, so that nothing overflows."""
    xp = array_namespace(a)
    e = xp.exp(xp.where(a < 0, a, -a))
    return xp.where(a < 0, e, xp.ones_like(a)) / (1 + e)
''',
    "relu": '''
def relu(a):
    """max(0, a)."""
    xp = array_namespace(a)
    return xp.where(a > 0, a, xp.zeros_like(a))
''',
    "absolute": '''
def absolute(a):
    """|a|."""
    return array_namespace(a).abs(a)
''',
    "unit_step": '''
def unit_step(a):
    """1 where a > 0, else 0: the slope of relu, with 0 at the kink."""
    return array_namespace(a).astype(a > 0, a.dtype)
''',
    "sign": '''
def sign(a):
    """-1, 0 or 1: the slope of the absolute value, with 0 at the kink."""
    return array_namespace(a).sign(a)
''',
    "softplus": '''
def softplus(a):
    """log(1 + exp(a)) without overflow."""
    xp = array_namespace(a)
    return xp.where(a > 0, a, xp.zeros_like(a)) + xp.log1p(xp.exp(xp.where(a > 0, -a, a)))
''',
    "logsigmoid": '''
def logsigmoid(a):
    """log(1 / (1 + exp(-a))) without overflow."""
    xp = array_namespace(a)
    return xp.where(a > 0, xp.zeros_like(a), a) - xp.log1p(xp.exp(xp.where(a > 0, -a, a)))
''',
    "logaddexp": '''
def logaddexp(a, b):
    """log(exp(a) + exp(b)) without overflow: the larger one, and what the other one adds."""
    xp = array_namespace(a, b)
    return xp.where(a > b, a, b) + xp.log1p(xp.exp(xp.where(a > b, b - a, a - b)))
''',
    "logsumexp_rows": '''
def logsumexp_rows(a):
    """log(sum(exp(a))) over the rows; the maximum is subtracted first."""
    xp = array_namespace(a)
    largest = xp.max(a, axis=-2, keepdims=True)
    return largest + xp.log(xp.sum(xp.exp(a - largest), axis=-2, keepdims=True))
''',
    "hard_sigmoid": '''
def hard_sigmoid(a):
    """max(0, min(1, a / 5 + 1 / 2))."""
    return array_namespace(a).clip(0.2 * a + 0.5, 0.0, 1.0)
''',
    "hard_tanh": '''
def hard_tanh(a):
    """max(-1, min(1, a))."""
    return array_namespace(a).clip(a, -1.0, 1.0)
''',
    "elu": '''
def elu(a):
    """a where a > 0, else exp(a) - 1."""
    xp = array_namespace(a)
    return xp.where(a > 0, a, xp.expm1(xp.where(a > 0, xp.zeros_like(a), a)))
''',
    "silu": '''
def silu(a):
    """a / (1 + exp(-a))."""
    return a * sigmoid(a)
''',
    "mish": '''
def mish(a):
    """a tanh(log(1 + exp(a))), over exp(-|a|), so that nothing overflows."""
    xp = array_namespace(a)
    e = xp.exp(xp.where(a > 0, -a, a))
    above = xp.where(a > 0, 1 + 2 * e, e * (e + 2))
    return a * above / (above + 2 * xp.where(a > 0, e * e, xp.ones_like(a)))
''',
    "hard_swish": '''
def hard_swish(a):
    """a max(0, min(1, a / 6 + 1 / 2))."""
    return a * array_namespace(a).clip(a / 6 + 0.5, 0.0, 1.0)
''',
    "softsign": '''
def softsign(a):
    """a / (1 + |a|)."""
    return a / (1 + array_namespace(a).abs(a))
''',
    "hardmax": '''
def hardmax(a):
    """1 at the largest entry of each column, 0 at the others."""
    xp = array_namespace(a)
    largest = xp.argmax(a, axis=-2, keepdims=True)
    return xp.astype(xp.arange(a.shape[-2], dtype=largest.dtype, device=device(a))[:, None] == largest, a.dtype)
''',
    "max_rows": '''
def max_rows(a):
    """The largest entry of each column."""
    return array_namespace(a).max(a, axis=-2, keepdims=True)
''',
    "min_rows": '''
def min_rows(a):
    """The smallest entry of each column."""
    return array_namespace(a).min(a, axis=-2, keepdims=True)
''',
    "solve": '''
def solve(A, B):
    """A^-1 B for each sequence of a batch, the last axis; an A of two axes is that of all."""
    xp = array_namespace(A, B)
    A = A if A.ndim == 2 else xp.moveaxis(A, -1, -3)
    return xp.moveaxis(xp.linalg.solve(A, xp.moveaxis(B, -1, -3)), -3, -1)
''',
    "softmax": '''
def softmax(a):
    """exp(a) / sum(exp(a)) over the rows; the maximum is subtracted first."""
    xp = array_namespace(a)
    e = xp.exp(a - xp.max(a, axis=-2, keepdims=True))
    return e / xp.sum(e, axis=-2, keepdims=True)
''',
    "log_softmax": '''
def log_softmax(a):
    """log(softmax(a)) over the rows; the maximum is subtracted first."""
    xp = array_namespace(a)
    a = a - xp.max(a, axis=-2, keepdims=True)
    return a - xp.log(xp.sum(xp.exp(a), axis=-2, keepdims=True))
''',
    "leaky_relu": '''
def leaky_relu(a):
    """max(a, a / 100)."""
    return array_namespace(a).where(a > 0, a, 0.01 * a)
''',
    "gelu": '''
def gelu(a):
    """The Gaussian error linear unit in its tanh form."""
    return 0.5 * a * (1 + array_namespace(a).tanh(0.7978845608 * (a + 0.044715 * a**3)))
''',
    "maximum": '''
def maximum(a, b):
    """The larger one, entry by entry."""
    return array_namespace(a, b).maximum(a, b)
''',
    "minimum": '''
def minimum(a, b):
    """The smaller one, entry by entry."""
    return array_namespace(a, b).minimum(a, b)
''',
    "rms": '''
def rms(a):
    """The root of the mean square over the rows, with 1e-5 added to the mean."""
    xp = array_namespace(a)
    return xp.sqrt(xp.mean(a * a, axis=-2, keepdims=True) + 1e-5)
''',
    "rms_norm": '''
def rms_norm(a):
    """a by its root mean square over the rows, 1e-5 added to the mean."""
    return a / rms(a)
''',
    "spread": '''
def spread(a):
    """The standard deviation over the rows, 1e-5 added to the variance."""
    return rms(a - array_namespace(a).mean(a, axis=-2, keepdims=True))
''',
    "layer_norm": '''
def layer_norm(a):
    """a less its mean over the rows, by its standard deviation, 1e-5 added to the variance."""
    return rms_norm(a - array_namespace(a).mean(a, axis=-2, keepdims=True))
''',
}
"""The functions that the standard lacks, by name."""

CHECKED = '''
def checked(kind, arrays, shapes, like):
    """The arrays by name; a ValueError names one that is missing, unknown, of another shape or of another dtype than the others."""
    for name in arrays:
        if name not in shapes:
            raise ValueError(f"{kind}: {name} is not known; the names are {', '.join(shapes) or 'none'}")
    for name, shape in shapes.items():
        if name not in arrays:
            raise ValueError(f"{kind}: {name} is missing; the names are {', '.join(shapes)}")
        if arrays[name].shape != shape:
            raise ValueError(f"{kind}: {name} has shape {tuple(arrays[name].shape)}, expected {shape}")
        if arrays[name].dtype != like["dtype"]:
            raise ValueError(f"{kind}: {name} holds {arrays[name].dtype}, expected {like['dtype']}, which others have")
    return dict(arrays)
'''

HELPERS = {
    "ndim": '''
def ndim(array):
    """How many axes an array has; 0 for what is none."""
    return len(getattr(array, "shape", ()))
''',
    "kind_of": '''
def kind_of(*groups):
    """The namespace of arrays by name, and the dtype and device that those which are made beside them have."""
    arrays = [array for group in groups for array in group.values()]
    xp = array_namespace(*arrays)
    if not xp.isdtype(arrays[0].dtype, "real floating"):
        raise ValueError(f"the arrays hold {arrays[0].dtype}, expected float32 or float64")
    return xp, {"dtype": arrays[0].dtype, "device": device(arrays[0])}
''',
    "completed": '''
def completed(kind, arrays, shapes, xp, like):
    """The arrays by name, checked, and zeros in the place of those that are not given."""
    return checked(kind, {**{name: xp.zeros(shape, **like) for name, shape in shapes.items()}, **(arrays or {})}, shapes, like)
''',
    "feature_major": '''
def feature_major(kind, arrays, name, shape, xp, like, axis=1):
    """The array of that name with its batch axis moved to the end: (T, batch, rows) to (T, rows, batch); zeros if there is none."""
    array = checked(kind, {name: arrays[name]}, {name: shape}, like)[name] if name in arrays else xp.zeros(shape, **like)
    return xp.moveaxis(array, axis, -1)
''',
    "time_major": '''
def time_major(v):
    """(T, rows, batch) to a new array (T, batch, rows), (T, rows, columns, batch) to (T, batch, rows, columns)."""
    return 1 * array_namespace(v).moveaxis(v, -1, 1)
''',
    "batch_major": '''
def batch_major(v):
    """(rows, batch) to a new array (batch, rows), (rows, columns, batch) to (batch, rows, columns)."""
    return 1 * array_namespace(v).moveaxis(v, -1, 0)
''',
    "at_step": '''
def at_step(inputs, name, shape, xp, like):
    """A copy of the input of that name at one step, its first axis moved to the end: (batch, rows) to (rows, batch)."""
    return 1 * xp.moveaxis(checked("inputs", {name: inputs[name]}, {name: shape}, like)[name], 0, -1)
''',
    "previous": '''
def previous(v, T, steps=1):
    """The values so many steps before, at all T steps; the last rows of v are those before the first step."""
    before = min(steps, T)
    return array_namespace(v).concat([v[-steps:, ...][:before, ...], v[:T - before, ...]])
''',
    "at_steps": '''
def at_steps(v, steps, by=0):
    """The values at some steps of (T, ...), or so many steps after these; what is before the first step stands in the last rows."""
    xp = array_namespace(v)
    return xp.take(v, xp.asarray([(t + by) % v.shape[0] for t in steps], dtype=xp.int32, device=device(v)), axis=0)
''',
    "placed": '''
def placed(v, steps, T):
    """Values at some steps as (T, ...), 0 at the others."""
    xp = array_namespace(v)
    values, zero = {t: v[at, ...] for at, t in enumerate(steps)}, xp.zeros(v.shape[1:], dtype=v.dtype, device=device(v))
    return xp.stack([values.get(t, zero) for t in range(T)])
''',
    "steps_before": '''
def steps_before(v):
    """Arrays (batch, rows) in one, the oldest first, as a list of (rows, batch)."""
    xp = array_namespace(v)
    return [xp.moveaxis(each, 0, -1) for each in xp.unstack(v)]
''',
    "unpacked": '''
def unpacked(v, parts):
    """So many equal parts of the rows: (..., parts * rows, batch) to as many (..., rows, batch)."""
    rows = v.shape[-2] // parts
    return [v[..., at * rows:(at + 1) * rows, :] for at in range(parts)]
''',
    "flat": '''
def flat(v):
    """(T, rows, batch) to (rows, T * batch), so that a product summed over steps and batch is one."""
    xp = array_namespace(v)
    return xp.reshape(xp.permute_dims(v, (1, 0, 2)), (v.shape[1], v.shape[0] * v.shape[2]))
''',
    "total": '''
def total(v):
    """The sum over steps and batch: (T, rows, batch) to (rows, 1)."""
    return array_namespace(v).sum(v, axis=(0, 2))[:, None]
''',
    "einsum": '''
def einsum(letters, a, b):
    """A sum of products, the axes by letters as in "tib,tjb->ij": a matrix product for each entry along what all three have."""
    xp = array_namespace(a, b)
    left, right, kept = letters.replace("->", ",").split(",")
    shared = [each for each in left if each in right]
    each, summed = [at for at in shared if at in kept], [at for at in shared if at not in kept]
    rows, columns = [at for at in left if at not in right], [at for at in right if at not in left]
    size = dict(zip(left, a.shape))
    size = {**size, **{at: max(side, size.get(at, 1)) for at, side in zip(right, b.shape)}}

    def matrices(v, axes, *groups):
        v = xp.broadcast_to(v, tuple(size[at] for at in axes))
        order = tuple(axes.index(at) for group in (each, *groups) for at in group)
        sides = [math.prod(size[at] for at in group) for group in groups]
        return xp.reshape(xp.permute_dims(v, order), (*(size[at] for at in each), *sides))

    product = matrices(a, left, rows, summed) @ matrices(b, right, summed, columns)
    made = [*each, *rows, *columns]
    return xp.permute_dims(xp.reshape(product, tuple(size[at] for at in made)), tuple(made.index(at) for at in kept))
''',
}
"""What checks arrays, moves their axes, and takes and multiplies what is there at some steps."""
