"""Every function as it is emitted, over the whole range of its argument: what its definition gives in many digits, and no overflow on the way."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from derive.algebra import nodes
from derive.algebra.rules import RULES
from derive.program.functions import OVERFLOWING
from derive.program.functions import SOURCES as IN_NUMPY
from derive.program.standard_functions import SOURCES as IN_STANDARD
from verify.arithmetic import FLOAT, HIGH_PRECISION

ARGUMENTS = np.array([[0.0, 1e-9, -1e-9, 0.3, -0.3, 1, -1, 2.7, -2.7, 5, -5, 40, -40, 750, -750, 1e4, -1e4]])
ELEMENTWISE = [each for each in nodes.FUNCTIONS.values() if issubclass(each, nodes.Elementwise)]
GROWING = ("exp", "sinh", "cosh", "expm1")
"""The functions whose own value is larger than any float."""


def emitted(function, source):
    """A function as an emitted module has it."""
    called = RULES[function].numpy
    if called.startswith("np."):
        return getattr(np, called.removeprefix("np."))
    import array_api_compat

    namespace = {"np": np, "array_namespace": array_api_compat.array_namespace, "device": array_api_compat.device}
    for text in source.values():
        exec(text, namespace)
    return namespace[called]


def meant(function, *arguments):
    """Its values in fifty digits, as floats."""
    with mpmath.workdps(400):
        return FLOAT.array(HIGH_PRECISION.function(function)(HIGH_PRECISION.array(arguments[0])).astype(float))


@pytest.mark.parametrize("source", [IN_NUMPY, IN_STANDARD], ids=["numpy", "standard"])
@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda each: each.__name__)
def test_an_emitted_function_is_its_definition_and_does_not_overflow(function, source):
    arguments = ARGUMENTS[ARGUMENTS > 0] if function in (nodes.log, nodes.sqrt, nodes.log1p) else ARGUMENTS.ravel()
    arguments = arguments[np.abs(arguments) < 700] if function.__name__ in GROWING else arguments
    ignored = "ignore" if function.__name__ in OVERFLOWING else "raise"
    with np.errstate(over=ignored, invalid="raise", divide="raise"):
        found = emitted(function, source)(arguments[None])
    wanted = meant(function, arguments[None])
    assert np.isfinite(found).all()
    assert np.allclose(found, wanted, rtol=1e-12, atol=1e-300 if function in EXACT else 1e-15)


EXACT = (nodes.logsigmoid, nodes.expm1, nodes.log1p, nodes.arctan, nodes.softplus)
"""The functions that keep all digits of a value near zero."""


@pytest.mark.parametrize("source", [IN_NUMPY, IN_STANDARD], ids=["numpy", "standard"])
def test_logarithms_of_sums_of_exponentials_do_not_overflow(source):
    """Each beside its value in many digits; of two that are far apart the smaller one adds nothing, and of two alike it adds log 2."""
    left = np.array([[0.0, 1000, -1000, 1000, -1000, 1e-3, 3]])
    right = np.array([[0.0, -1000, 1000, 1000, -1000, -1e-3, 2]])
    with np.errstate(all="raise", under="ignore"), mpmath.workdps(60):
        two = emitted(nodes.logaddexp, source)(left, right)
        wanted = [float(mpmath.log(mpmath.exp(a) + mpmath.exp(b))) for a, b in zip(left[0], right[0], strict=True)]
        rows = emitted(nodes.logsumexp_rows, source)(np.concatenate([left, right]))
    assert np.allclose(two, [wanted], rtol=1e-14, atol=0)
    assert rows.shape == (1, left.shape[1])
    assert np.allclose(rows, [wanted], rtol=1e-14, atol=0)


@pytest.mark.parametrize("function", [nodes.logsigmoid, nodes.mish, nodes.hard_swish, nodes.logaddexp, nodes.logsumexp_rows, nodes.arctan])
def test_an_emitted_function_is_analytic_beside_the_real_line(function):
    """A complex step sees its derivative: so it branches on the real part alone."""
    arguments = [np.array([[0.3, -2.0, 30.0, -30.0]]).T, np.array([[1.3, 2.0, -30.0, 0.5]]).T][: getattr(function, "arity", 1)]
    made = emitted(function, IN_NUMPY)
    for place in range(len(arguments)):
        moved = [each + (1e-30j if at == place else 0) for at, each in enumerate(arguments)]
        above, below = (made(*(each + (by if at == place else 0) for at, each in enumerate(arguments))) for by in (1e-6, -1e-6))
        assert np.allclose(np.imag(made(*moved)) / 1e-30, (above - below) / 2e-6, rtol=1e-7, atol=1e-9)
