"""The NumPy source of the functions that NumPy lacks, in forms that neither overflow nor lose digits where it can be helped."""

from __future__ import annotations

import re
from collections.abc import Iterable

SOURCES = {
    "sigmoid": '''
def sigmoid(a, out=None):
    """1 / (1 + exp(-a)); where exp(-a) is more than any number, it is 0, as it should be, and callers ignore the overflow."""
    e = np.exp(np.negative(a, out=out), out=out)
    e += 1
    return np.divide(1, e, out=e)
''',
    "relu": '''
def relu(a):
    """max(0, a)."""
    return np.where(a.real > 0, a, 0.0)
''',
    "absolute": '''
def absolute(a):
    """|a|, by the sign of the real part, so that it can be differentiated by a complex step."""
    return np.where(a.real < 0, -a, a)
''',
    "unit_step": '''
def unit_step(a):
    """1 where a > 0, else 0: the slope of relu, with 0 at the kink."""
    return (a.real > 0).astype(a.dtype)
''',
    "sign": '''
def sign(a):
    """-1, 0 or 1: the slope of the absolute value, with 0 at the kink."""
    return np.sign(a.real).astype(a.dtype)
''',
    "softplus": '''
def softplus(a):
    """log(1 + exp(a)) without overflow."""
    return np.where(a.real > 0, a, 0.0) + np.log1p(np.exp(np.where(a.real > 0, -a, a)))
''',
    "logsigmoid": '''
def logsigmoid(a):
    """log(1 / (1 + exp(-a))) without overflow."""
    return np.where(a.real > 0, 0.0, a) - np.log1p(np.exp(np.where(a.real > 0, -a, a)))
''',
    "logaddexp": '''
def logaddexp(a, b):
    """log(exp(a) + exp(b)) without overflow: the larger one, and what the other one adds."""
    is_first = np.real(a) > np.real(b)
    return np.where(is_first, a, b) + np.log1p(np.exp(np.where(is_first, b - a, a - b)))
''',
    "logsumexp_rows": '''
def logsumexp_rows(a):
    """log(sum(exp(a))) over the rows; the maximum is subtracted first."""
    largest = a.real.max(axis=-2, keepdims=True)
    return largest + np.log(np.exp(a - largest).sum(axis=-2, keepdims=True))
''',
    "solve": '''
def solve(A, B):
    """A^-1 B for each sequence of a batch, the last axis; an A of two axes is that of all. A singular A is a LinAlgError."""
    A = A if A.ndim == 2 else np.moveaxis(A, -1, -3)
    return np.moveaxis(np.linalg.solve(A, np.moveaxis(B, -1, -3)), -3, -1)
''',
    "softmax": '''
def softmax(a):
    """exp(a) / sum(exp(a)) over the rows; the maximum is subtracted first."""
    e = np.exp(a - a.real.max(axis=-2, keepdims=True))
    return e / e.sum(axis=-2, keepdims=True)
''',
    "log_softmax": '''
def log_softmax(a):
    """log(softmax(a)) over the rows; the maximum is subtracted first."""
    a = a - a.real.max(axis=-2, keepdims=True)
    return a - np.log(np.exp(a).sum(axis=-2, keepdims=True))
''',
    "hard_sigmoid": '''
def hard_sigmoid(a):
    """max(0, min(1, a / 5 + 1 / 2))."""
    return np.where(a.real > 2.5, 1.0, np.where(a.real < -2.5, 0.0, 0.2 * a + 0.5))
''',
    "hard_tanh": '''
def hard_tanh(a):
    """max(-1, min(1, a))."""
    return np.where(a.real > 1, 1.0, np.where(a.real < -1, -1.0, a))
''',
    "leaky_relu": '''
def leaky_relu(a):
    """max(a, a / 100)."""
    return np.where(a.real > 0, a, 0.01 * a)
''',
    "elu": '''
def elu(a):
    """a where a > 0, else exp(a) - 1."""
    return np.where(a.real > 0, a, np.expm1(np.where(a.real > 0, 0, a)))
''',
    "silu": '''
def silu(a):
    """a / (1 + exp(-a)); where exp(-a) is more than any number, it is 0, as it should be, and callers ignore the overflow."""
    return a / (1 + np.exp(-a))
''',
    "mish": '''
def mish(a):
    """a tanh(log(1 + exp(a))), over exp(-|a|), so that nothing overflows."""
    e = np.exp(np.where(a.real > 0, -a, a))
    above = np.where(a.real > 0, 1 + 2 * e, e * (e + 2))
    return a * above / (above + 2 * np.where(a.real > 0, e * e, 1.0))
''',
    "hard_swish": '''
def hard_swish(a):
    """a max(0, min(1, a / 6 + 1 / 2))."""
    return a * np.where(a.real > 3, 1.0, np.where(a.real < -3, 0.0, a / 6 + 0.5))
''',
    "softsign": '''
def softsign(a):
    """a / (1 + |a|)."""
    return a / (1 + np.where(a.real < 0, -a, a))
''',
    "gelu": '''
def gelu(a):
    """The Gaussian error linear unit in its tanh form."""
    return 0.5 * a * (1 + np.tanh(0.7978845608 * (a + 0.044715 * a**3)))
''',
    "maximum": '''
def maximum(a, b):
    """The larger one, entry by entry; b where both are the same."""
    return np.where(np.real(a) > np.real(b), a, b)
''',
    "minimum": '''
def minimum(a, b):
    """The smaller one, entry by entry; b where both are the same."""
    return np.where(np.real(a) < np.real(b), a, b)
''',
    "hardmax": '''
def hardmax(a):
    """1 at the largest entry of each column, 0 at the others."""
    return (np.arange(a.shape[-2])[:, None] == a.real.argmax(axis=-2, keepdims=True)).astype(a.dtype)
''',
    "max_rows": '''
def max_rows(a):
    """The largest entry of each column."""
    return np.take_along_axis(a, a.real.argmax(axis=-2, keepdims=True), axis=-2)
''',
    "min_rows": '''
def min_rows(a):
    """The smallest entry of each column."""
    return np.take_along_axis(a, a.real.argmin(axis=-2, keepdims=True), axis=-2)
''',
    "rms": '''
def rms(a):
    """The root of the mean square over the rows, with 1e-5 added to the mean."""
    return np.sqrt((a * a).mean(axis=-2, keepdims=True) + 1e-5)
''',
    "rms_norm": '''
def rms_norm(a):
    """a by its root mean square over the rows, 1e-5 added to the mean."""
    return a / np.sqrt((a * a).mean(axis=-2, keepdims=True) + 1e-5)
''',
    "spread": '''
def spread(a):
    """The standard deviation over the rows, 1e-5 added to the variance."""
    a = a - a.mean(axis=-2, keepdims=True)
    return np.sqrt((a * a).mean(axis=-2, keepdims=True) + 1e-5)
''',
    "layer_norm": '''
def layer_norm(a):
    """a less its mean over the rows, by its standard deviation, 1e-5 added to the variance."""
    a = a - a.mean(axis=-2, keepdims=True)
    return a / np.sqrt((a * a).mean(axis=-2, keepdims=True) + 1e-5)
''',
}

OVERFLOWING = ("sigmoid", "silu")
"""Those in which exp may overflow and is to: what calls them says so once, as to say it at each step takes a tenth of the time of small ones."""


def writes_out(spelled: str) -> bool:
    """Whether a function, as it is spelled in NumPy, takes an array to write its values into."""
    return spelled.startswith("np.") or ", out=None):" in SOURCES[spelled]


def called_in(code: str, names: Iterable[str]) -> list[str]:
    """Those of some functions that code calls, or hands to another one."""
    called = set(re.findall(r"(?<![\w.])(\w+)[()]", code))
    return [name for name in names if name in called]


def overflowing(body: str) -> str:
    """What stands before a function with that body where exp may overflow in it and is to; "" before others."""
    return '@np.errstate(over="ignore")\n' if called_in(body, OVERFLOWING) else ""
