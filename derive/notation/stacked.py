r"""An equation for several values at once, one for each.

    [i_t; f_t; g_t] = [σ; σ; tanh] (W x_t + U h_{t-1})

becomes `ifg_t = W x_t + U h_{t-1}`, `i_t = σ(ifg_t[0:n_i])`, `f_t = σ(ifg_t[n_i:2 n_i])`, `g_t = tanh(ifg_t[2 n_i:3 n_i])`: as everywhere where
this is written, all blocks have as many rows. One function before parentheses is of all blocks, and without a function they are slices.
"""

from __future__ import annotations

import re

from derive.notation.build import FUNCTIONS, split_index
from derive.notation.written import Written

LEFT = re.compile(r"\s*\[([^\[\]=]*)\]\s*=\s*")
OF_EACH = re.compile(r"\[\s*((?:[^\W\d_]\w*\s*[;,]\s*)+[^\W\d_]\w*)\s*\]\s*(?:⊙|∘|\*|@)?\s*")
OF_ALL = re.compile(r"([^\W\d_]\w*)\((.*)\)\s*", re.DOTALL)


def unstacked(source: Written) -> list[Written]:
    """The equations in one, in the plain notation; the same one if its left side is a single name."""
    left = LEFT.match(source.plain)
    names = [each.strip() for each in re.split("[;,](?![^{]*})", left[1])] if left else []
    if left is None or len(names) < 2 or not all(re.fullmatch(r"[^\W\d_]\w*(?:_\{[^{}]*\})?", each) for each in names):
        return [source]
    right = source[left.end() :]
    functions, inner = _functions(right, len(names))
    at = source.columns[0]
    bases = [split_index(each)[0] for each in names]
    index = names[0][len(bases[0]) :] if names[0].startswith(bases[0]) else "_t"
    joined = "".join(bases) if len("".join(bases)) <= 8 else f"{bases[0]}_to_{bases[-1]}"
    whole = f"{joined}{index}"
    made = [Written.joined([Written.of(f"{whole} = ", at), inner])]
    for place, (name, function) in enumerate(zip(names, functions, strict=True)):
        start, stop = (f"{count} n_{bases[0]}" if count > 1 else f"n_{bases[0]}" if count else "0" for count in (place, place + 1))
        block = f"{whole}[{start}:{stop}]"
        made.append(Written.of(f"{name} = {function}({block})" if function else f"{name} = {block}", at))
    return made


def _functions(right: Written, count: int) -> tuple[list[str], Written]:
    """The function of each block, "" for none, and what they are applied to."""
    each = OF_EACH.match(right.plain)
    if each:
        functions = [name.strip() for name in re.split("[;,]", each[1])]
        if len(functions) == count and set(functions) <= FUNCTIONS:
            return functions, right[each.end() :]
    every = OF_ALL.fullmatch(right.plain)
    if every and every[1] in FUNCTIONS and _is_closed(every[2]):
        return [every[1]] * count, right[every.start(2) : every.end(2)]
    return [""] * count, right


def _is_closed(inner: str) -> bool:
    """Whether no bracket is closed that was not opened."""
    depth = 0
    for sign in inner:
        depth += (sign in "([") - (sign in ")]")
        if depth < 0:
            return False
    return True
