"""Whether two systems are the same kind of system, up to names, order and weights."""

from verify.equivalence.comparison import compare
from verify.equivalence.findings import Comparison

__all__ = ["Comparison", "compare"]
