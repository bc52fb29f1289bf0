r"""Equations on a page that are of derivatives: by the time, in the place of which a page gives steps, and of a loss, which are derived here.

\tau \dot{x} = -x + W u          a differential equation
\delta_t = \partial L / \partial a_t          a gradient, and so is what is computed from it
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from derive.notation.habits.meant import Key, key
from derive.notation.tree import ENDS, Declaration, Equation, Name, Statement, names
from derive.notation.written import Written

UPRIGHT = r"(?:\\(?:mathrm|text|operatorname|rm)\s*\{?\s*d\s*\}?|d)"
BY_TIME = re.compile(
    rf"\\[dt]?frac\s*\{{\s*{UPRIGHT}\s*(?P<above>[^=]*?)\}}\s*\{{\s*{UPRIGHT}\s*t\s*\}}|(?<![A-Za-z\\])(?P<primed>\w{{1,30}})\s{{0,3}}(?:'|\^\s*\{{?\\prime\}}?)\s*\(\s*t\s*\)|(?<![A-Za-z\\]){UPRIGHT}\s*(?P<beside>[^\s/=*]+)\s*/\s*{UPRIGHT}\s*t(?![A-Za-z])"
)
DOTTED = re.compile(r"\\d{0,2}dot\s*\{?\s*(?P<under>\\?[A-Za-z]+(?:\s*\{[^{}]*\})?)\s*\}?(?!\s*_\s*(?:\{[^{}=]*t|t))")
AT_TIME = re.compile(r"\(\s*t\s*\)")
STEP = re.compile(r"_\s*\{\s*([a-z])\s*[-+]\s*1\s*\}")
"""The index of the step before or behind, h_{n-1}, with its letter."""
PRIMED = re.compile(r"(?P<of>[^=_^']{1,60}?)\s{0,3}(?:'+|\^\s*\{(?:\s*\\prime)+\s*\})\s*=")
OF_LOSS = re.compile(
    r"\\[dt]?frac\s*\{\s*\\partial[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*\{\s*\\partial|\\partial\s*\\?\w+\s*/\s*\\partial|∂\s*\w+\s*/\s*∂"
    r"|\\nabla\s*_|(?<![\w\\])d[LEJ](?:_t)?\s*/\s*d\w"
)
NAMED = re.compile(r"\s*d(?:L|E|J|[Ll]oss)_?d\w+(?:_\{?[\w+-]+\}?)?\s*=")


TRANSFER = re.compile(r"\s*[A-Z]\w*\s*\(\s*z\s*\)\s*&?=")
"""What begins a transfer function."""


def by_time(equation: str, *, is_dot_read: bool = False) -> str:
    r"""What a differential equation is of, "x"; "" if an equation is none.

    Args:
        equation: its text.
        is_dot_read: whether an equation of the page reads a dotted name, \dot{x}, which is a name of its own then.
    """
    left, _, right = equation.partition("=")
    if found := BY_TIME.search(left):
        return (found["above"] or found["beside"] or found["primed"] or "").strip()
    found = DOTTED.search(left)
    if found is not None and found[0].startswith(r"\ddot"):
        return found["under"].strip()
    if found is None or is_dot_read or DOTTED.search(right):
        return ""
    return found["under"].strip()


def of_continuous_time(equations: Mapping[int, str]) -> Iterator[int]:
    """The places of the differential equations of a page, and of those beside them which are of continuous time where others are of steps.

    Args:
        equations: the texts of the equations, by place; y(t) = C h(t) and y'' = -y are beside dh/dt = ... where h_n = ... is there too.
    """
    page = _Page(equations)
    return (place for place in equations if page.has_derivative(place) or page.is_beside(place))


class _Page:
    """What the equations of a page say of time, found once for all of them."""

    def __init__(self, equations: Mapping[int, str]) -> None:
        self.equations = equations
        self.bare = {place: _bare(each) for place, each in equations.items()}
        self.ordered = sorted(self.bare.values())
        self.letters = {place: set(STEP.findall(each)) for place, each in equations.items()}
        self.with_letter = Counter(letter for each in self.letters.values() for letter in each)
        self.is_dot_read = any(DOTTED.search(each.partition("=")[2]) for each in equations.values())
        self.derivatives = {place for place, each in equations.items() if by_time(each)}

    def has_derivative(self, place: int) -> bool:
        """Whether the equation is a differential one."""
        return by_time(self.equations[place], is_dot_read=self.is_dot_read) != ""

    def is_beside(self, place: int) -> bool:
        """Whether the equation is of continuous time beside a differential one, where others are of steps."""
        equation = self.equations[place]
        letters = {letter for letter, times in self.with_letter.items() if times > (letter in self.letters[place])}
        if primed := PRIMED.match(equation):
            return bool(letters) and self._begins(f"{_bare(primed['of'])}_")
        has_step = any(re.search(rf"_\s*\{{?\s*{letter}(?![A-Za-z])", equation) for letter in letters)
        if not letters or has_step or not self.derivatives - {place}:
            return False
        left = _bare(equation.partition("=")[0]).strip("&")
        return AT_TIME.search(equation) is not None or (left != "" and any(self._begins(f"{left}_{letter}") for letter in letters))

    def _begins(self, text: str) -> bool:
        """Whether an equation begins so."""
        at = bisect_left(self.ordered, text)
        return at < len(self.ordered) and self.ordered[at].startswith(text)


def is_transfer_function(equation: str) -> bool:
    """Whether an equation is one of z, H(z) = b_0 + b_1 z^{-1}, and says nothing of steps."""
    return TRANSFER.match(equation) is not None


def _bare(equation: str) -> str:
    """An equation without what is for the eye only."""
    return re.sub(r"[{}\s]|\\(?:bf|mathbf|bm|boldsymbol)(?![A-Za-z])", "", equation)


def discretised(equation: str, name: str) -> str:
    """How to write a differential equation as steps."""
    left = equation.partition("=")[0]
    derivative = BY_TIME.search(left) or DOTTED.search(left)
    constant = f"{left[: derivative.start()]}{left[derivative.end() :]}".strip(" *&{}()\\,") if derivative else ""
    size = f"dt/{constant.removeprefix(chr(92))}" if constant else "dt"
    base = re.sub(r"\\(?:mathbf|boldsymbol|bm|vec|mathrm)\s*|[{}\s\\]", "", re.sub(r"\(t\)$", "", name))
    lagged = f"{base}_{{t-1}}"
    return f"discretise it: {base}_t = {lagged} + {size} (...), where ... is its right side with {lagged} for {base} (Euler's method)"


def is_of_loss(equation: str) -> bool:
    """Whether an equation has a derivative of a loss in it, or defines one by its name, dLdh."""
    return OF_LOSS.search(equation) is not None or NAMED.match(equation) is not None


SIDE = re.compile(r":=|=|\\(?:triangleq|equiv|coloneqq)(?![A-Za-z])")
NAMED = re.compile(rf"[^=]*(?:{SIDE.pattern})[\s&]*(?:\\[dt]?frac\s*\{{\s*(?:\\partial|∂)|\\partial|\\nabla|[∂∇])")


def sides(formula: Written) -> Iterator[Written]:
    """The sides of a formula but the last one, without the space around them."""
    at = 0
    for found in SIDE.finditer(formula.plain):
        side = formula[at : found.start()]
        if side.plain.strip(" &"):
            yield side
        at = found.end()


def is_named(text: str) -> bool:
    """Whether a formula gives a gradient a name, delta_t = dL/dh_t."""
    return NAMED.match(text) is not None


def gradients(statements: Mapping[int, tuple[Statement, ...]], found: Iterable[int], named: Iterable[int] = ()) -> set[int]:
    """The places of the equations that read what gradients define, directly or by way of one another.

    Args:
        statements: what the formulas of a page say, by place.
        found: the places of those that have a derivative in them.
        named: the places of those that give a derivative a name, which is no value of the cell then.
    """
    places = set(found)
    others = {place: each for place, each in statements.items() if place not in places}
    defined = {key(name) for place in places for name in _lefts(statements.get(place, ()))}
    sure = {key(name) for place in named for name in _lefts(statements.get(place, ()))}
    defined -= {name for name in defined - sure if _is_of_cell(name, others.values())}
    while more := {place for place in statements.keys() - places if _reads(statements[place], defined)}:
        places |= more
        defined |= {key(name) for place in more for name in _lefts(statements[place])}
    return places


def backward(statements: Mapping[int, tuple[Statement, ...]], found: Iterable[int], by_gradients: Collection[Key]) -> Iterator[int]:
    """The places of the equations of values which go backwards and which gradients alone read: delta_t from delta_{t+1}.

    Args:
        statements: what the formulas of a page say, by place.
        found: the places of those that are of gradients.
        by_gradients: the names that these read.
    """
    places = set(found)
    for place, each in statements.items():
        own = {key(left) for left in _lefts(each)}
        ahead = {key(name) for one in each if isinstance(one, Equation) for name in names(one.right) if (name.time or 0) > 0}
        is_alone = place not in places and own and own <= ahead and {name[:1] for name in own} <= {name[:1] for name in by_gradients}
        readers = (
            [other for other, one in statements.items() if other != place and other not in places and _reads(one, own)] if is_alone else []
        )
        if is_alone and all(isinstance(one, Declaration) for other in readers for one in statements[other]):
            yield from (place, *readers)


def _is_of_cell(name: Key, others: Iterable[tuple[Statement, ...]]) -> bool:
    """Whether an equation without derivatives defines a name, and another one reads it: e_t = y_t - d_t, which is that of a square too."""
    lefts = [(one, {_own(left) for left in _lefts([one])}) for each in others for one in each if isinstance(one, Equation)]
    is_defined = any(name in left for _, left in lefts)
    return is_defined and (
        any(name not in left and _reads([one], {name}) for one, left in lefts) or not any(_reads_itself(one, name) for one, _ in lefts)
    )


def _reads_itself(equation: Equation, name: Key) -> bool:
    """Whether an equation of a name reads it, at another step."""
    return any(key(left) == name for left in _lefts([equation])) and any(key(each) == name for each in names(equation.right))


def _lefts(statements: Iterable[Statement]) -> Iterable[Name]:
    return (each.left for each in statements if isinstance(each, Equation) and isinstance(each.left, Name))


def _reads(statements: Iterable[Statement], defined: set[Key]) -> bool:
    statements = list(statements)
    said = [name for each in statements if isinstance(each, Declaration) for name in each.names]
    equations = [each for each in statements if isinstance(each, Equation)]
    read = (_own(name) for each in equations for name in (*names(each.right), *_lefts([each])))
    return any(_own(name) in defined for name in said) or any(name in defined for name in read)


def _own(name: Name) -> Key:
    """A name without its time, be it that of the last step, delta_T."""
    own = key(name)
    return own[:-1] if len(own) > 1 and own[-1] in ENDS else own
