"""Names of variables as names in emitted source: the one place that keeps them apart from all else that has a name there.

A name that means something else gets a `_` behind it, and so does one that is such a name with a `_` behind it: different variables have
different names in code, whatever they are called.
"""

from __future__ import annotations

import builtins
import keyword
import re

from derive.algebra.clocks import CLOCKS
from derive.algebra.rules import RULES

FRAME = frozenset(
    "np os sys math threading functools torch jax array_namespace device annotations NamedTuple Any "
    "INPUTS PARAMETERS CONSTANTS STATES OUTPUTS LOSS MEMORY LOCK ALONE COLUMNS SEQUENCES CARRIED RETURNED FINALS KEYS "
    "Gradients State Columns Sequence Layer init forward backward forward_segment backward_segment start step example check_gradients "
    "shapes fitting rows_of checked completed empty holders flat flat_previous product total previous shifted unpacked rows_first time_major "
    "feature_major batch_major chunks counted at_step part_of packed ordered upstream upstream_of_one by_sequence grouped keyed layer "
    "run described sequence ahead behind ndim kind_of at_steps placed steps_before einsum".split()
)
"""The names at the top of emitted modules."""

PASSES = frozenset(
    "T batch dtype params inputs initial outputs tape grads output_gradients final_gradients final given main rng name seed sizes steps "
    "segment keep state fixed lengths columns now lag width lagged leading xp like at here span t each array arrays axis axes shape loss".split()
)
"""The names that the passes of emitted modules have for what is no variable, and the arguments of these."""

FORMED = re.compile(rf"n_\w*[^\W_]|(lag|lagged|leading)_\d+|at_({'|'.join(CLOCKS)})(_\d+)?")
"""The names that are made of others: of sizes, of steps so far away, and of those at which a clock is 1."""

FUNCTIONS = frozenset(rule.numpy.removeprefix("np.") for rule in RULES.values() if rule.numpy)

RESERVED = (
    FRAME | PASSES | FUNCTIONS | {"", *(name for name in dir(builtins) if not name.startswith("_")), *keyword.kwlist, *keyword.softkwlist}
)
"""The names that mean something in an emitted module, of any target."""


def identifier(name: str) -> str:
    """A variable's name as a Python name that means nothing else in an emitted module."""
    bare = name.rstrip("_")
    return f"{name}_" if bare in RESERVED or FORMED.fullmatch(bare) else name


def original(written: str) -> str:
    """The variable's name that `identifier` writes so."""
    name = written.removesuffix("_")
    return name if identifier(name) == written else written
