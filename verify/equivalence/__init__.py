"""Whether two systems are the same kind of system, up to names, order and weights."""

from verify.equivalence.comparison import Comparison, compare

__all__ = ["Comparison", "compare"]
