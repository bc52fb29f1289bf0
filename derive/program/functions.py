"""The NumPy source of the functions that NumPy lacks, in forms that neither overflow nor lose digits where it can be helped."""

SOURCES = {
    "sigmoid": '''
def sigmoid(a):
    """1 / (1 + exp(-a)), by the tangent that NumPy has vectorized; no overflow at any a."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)
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
    "step": '''
def step(a):
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
}
