"""Forms that are equal for all sizes and times have one normal form; verdicts are held together without loss."""

from __future__ import annotations

from fractions import Fraction

from verify.proof.equality import is_zero
from verify.proof.normal_form import (
    ADJOINT,
    GIVEN,
    NUMBER,
    OVER_TIME,
    POWER,
    Atom,
    Bound,
    constant,
    minus,
    plus,
    power,
    single,
    summed,
    times,
)
from verify.proof.text import told
from verify.verdict import Outcome, Verdict, overall

AGREES, DISAGREES, CANNOT_SEE = Outcome.AGREES, Outcome.DISAGREES, Outcome.CANNOT_SEE

N = single(Atom(NUMBER, "n"))


def entry(name: str, row: str, column: str, kind: str = GIVEN, time: tuple[str, int] = ("", 0)):
    return single(Atom(kind, name, time, ("0", row), ("0", column)))


def test_bound_indices_have_no_names():
    one = summed(times(entry("A", "i", "k"), entry("B", "k", "l"), entry("C", "l", "j")), [Bound("k", N), Bound("l", N)])
    other = summed(times(entry("C", "q", "j"), entry("A", "i", "r"), entry("B", "r", "q")), [Bound("q", N), Bound("r", N)])
    assert one == other
    assert one != summed(times(entry("C", "r", "j"), entry("A", "i", "q"), entry("B", "r", "q")), [Bound("q", N), Bound("r", N)])


def test_the_square_of_a_sum_is_not_the_sum_of_squares():
    total = summed(entry("v", "k", ""), [Bound("k", N)])
    assert minus(times(total, total), summed(times(entry("v", "k", ""), entry("v", "k", "")), [Bound("k", N)]))
    assert told(times(total, total)) == "sum_k sum_l v[k] v[l]"


def test_a_sum_over_nothing_that_varies_is_a_multiple():
    assert told(summed(entry("v", "i", ""), [Bound("k", N)])) == "v[i] n"


def test_times_of_a_sum_start_where_its_factors_do():
    at_zero = summed(entry("g", "i", "", ADJOINT, ("s", 0)), [Bound("s", OVER_TIME)])
    shifted = summed(entry("g", "i", "", ADJOINT, ("s", 1)), [Bound("s", OVER_TIME)])
    assert at_zero != shifted
    assert told(shifted) == "sum_{s=2..T} g[s][i]"


def test_fractions_are_zero_when_their_numerator_is():
    v, w = entry("v", "i", ""), entry("w", "i", "")
    quotient = power(plus(v, w), -1)
    assert quotient[0][0][1][0][0].kind == POWER
    assert is_zero(minus(plus(times(v, quotient), times(w, quotient)), constant(1)))
    assert not is_zero(minus(plus(times(v, quotient), times(w, quotient)), constant(2)))
    assert is_zero(minus(power(plus(times(v, v), times(v, w)), -1), times(power(v, -1), quotient)))
    assert is_zero(minus(times(*[power(plus(v, w), Fraction(1, 2))] * 2), plus(v, w)))
    under_sum = summed(minus(times(plus(v, w), quotient, v), v), [Bound("i", N)])
    assert under_sum != constant(0)
    assert is_zero(under_sum)
    assert not is_zero(summed(minus(times(plus(v, w), quotient, v), w), [Bound("i", N)]))


def test_not_seeing_is_not_passing():
    def verdicts(*outcomes: Outcome) -> list[Verdict]:
        return [Verdict("h", "proof", each, "") for each in outcomes]

    assert overall([]) is CANNOT_SEE
    assert overall(verdicts(AGREES, CANNOT_SEE)) is CANNOT_SEE
    assert overall(verdicts(AGREES, CANNOT_SEE, DISAGREES)) is DISAGREES
    assert overall(verdicts(AGREES, AGREES)) is AGREES
    assert verdicts(CANNOT_SEE)[0].to_dict() == {
        "subject": "h", "method": "proof", "outcome": "cannot see", "detail": "", "witness": None, "error": None,
        "premise": "",
    }  # fmt: skip
