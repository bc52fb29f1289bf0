"""The commands that judge: verify, check, compare, check-gradient."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bptt.console import Cell, Head, Json, Out, conclude, derivation_of, print_json, progress_bar, show, system_of

if TYPE_CHECKING:
    from derive.calculus.bptt import Derivation
    from verify.claims import Findings


def verify(
    cell: Cell,
    head: Head = None,
    teeth: Annotated[bool, typer.Option("--teeth", help="Make plausible mistakes instead, and count which method refuses them.")] = False,
    every: Annotated[int | None, typer.Option("--every", min=1, help="With --teeth: make each n-th mistake only.", metavar="N")] = None,
    size: Annotated[
        list[str] | None,
        typer.Option("--size", help="Judge the emitted code at this size too, such as n_h=512, T=100 or batch=32.", metavar="NAME=N"),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            help="Judge the code emitted for it: numpy (if not said), ragged, segments (--checkpoint), step, array_api, torch or jax; several may be"
            " given, and all.",
            metavar="TARGET",
        ),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Write the claim and its proof to this file, for bptt check.", metavar="FILE")
    ] = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Prove a cell's gradients for all lengths and sizes, and check its emitted code numerically.

    Exit code 0 if each gradient is proved and its code agrees wherever it was measured; 1 if a check fails, or if something is not shown: a gradient
    that the proof cannot see, though numbers agree, or code that no method could measure. The column "evidence" says which of these it is.

    The proof and the unrolled graph judge the equations and see nothing of the code. All others judge the code as it runs, at one choice of sizes
    and lengths: entry by entry (complex step, central differences), along random directions (directions, Taylor, dot product), or in other numbers
    than floats (50 digits, prime field). What each found, and what it can see, stands below the tables; "cannot see" is never counted as agreement.

    --target judges the code for sequences of different lengths (ragged: lengths that are drawn, and all the same), with checkpoints (segments), one
    step at a time (step, which has outputs only), for arrays of the standard (array_api), and the layers for PyTorch and JAX. What a target cannot
    do for a cell, or that its package is not installed, is one line, "cannot see": exit code 1 if the target was named; all leaves it out.

    Examples:  bptt verify lstm    bptt verify gru --teeth --every 10    bptt verify lstm --certificate lstm.json    bptt verify lstm
    --size n_h=512 --size T=100    bptt verify gru --target ragged --target torch    bptt verify gru --target all
    """
    import derive
    import verify as judge

    _refuse_with_teeth(teeth, every, {"--certificate": certificate, "--size": size, "--target": target})
    sizes = dict(map(_size, size or ()))
    derivation = derivation_of(cell, head)
    if teeth:
        _bite(derivation, every or 1, output, as_json)
        return
    if certificate is not None:
        judge.certify(derivation, certificate)
        print(f"written: {certificate}", file=sys.stderr)
    review = derive.review(derivation.system)
    names = () if target and "all" in target else tuple(target or ("numpy",))
    reports = judge.by_target(derivation, names, **sizes)
    counted = [each for each in reports.values() if names or each.has_text]
    if as_json:
        found = {name: each.to_dict() for name, each in reports.items()}
        print_json({**(found if len(found) > 1 else found.popitem()[1]), **review.to_dict()})
    else:
        from derive.document.remarks import remarks

        show([*remarks(review), *reports.blocks()], "terminal", output)
    if not all(each.holds for each in counted):
        raise typer.Exit(1)


def _refuse_with_teeth(teeth: bool, every: int | None, others: dict[str, object]) -> None:
    """Refuse options that go with --teeth alone, or do not go with it."""
    if every is not None and not teeth:
        raise typer.BadParameter("it goes with --teeth", param_hint="--every")
    for option, given in others.items():
        if given and teeth:
            raise typer.BadParameter("it does not go with --teeth, which judges the methods and not the claim", param_hint=option)


def _size(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not (name and number.isdecimal() and len(number) < 20 and int(number)):
        raise typer.BadParameter(f"{text!r} is not NAME=N, such as n_h=512", param_hint="--size")
    return name, int(number)


def check(
    file: Annotated[Path, typer.Argument(help="A certificate, from bptt verify CELL --certificate FILE.", metavar="FILE")],
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Check a certificate: show what it claims, and prove that anew without deriving anything; exit code 1 if it does not hold.

    Example:  bptt check lstm.json
    """
    import verify as judge

    found = judge.check(file)
    conclude(found, found.holds, output, as_json)


def compare(first: Cell, second: Cell, output: Out = None, as_json: Json = False) -> None:
    """Decide whether two cells are the same up to their weights, for all inputs, lengths and sizes; exit code 1 if that is not proved.

    Examples:  bptt compare lstm mine.md    bptt compare gru gru_reset_after --json
    """
    import verify as judge

    comparison = judge.compare(system_of(first), system_of(second))
    conclude(comparison, comparison.is_equivalent, output, as_json)


def check_gradient(
    cell: Cell,
    file: Annotated[
        Path,
        typer.Argument(help="Equations in LaTeX or plain text, or a NumPy function in a file that ends in .py.", metavar="FILE"),
    ],
    head: Head = None,
    output: Out = None,
    as_json: Json = False,
) -> None:
    r"""Find the errors in a backward pass of your own, equation by equation; exit code 1 if one is wrong or cannot be told.

    Gradients are written dL/dW, \frac{\partial L}{\partial h_t}, \nabla_{h^{(t)}} L, \bar{h}_t, \delta h_t, dW or hbar_t; names of your own may be
    defined. dW += ... adds at each step; derivatives of one value by another, products \prod_{j=k+1}^{t} and sums over earlier steps are judged by
    numbers. A document that bptt derive printed is read too, in any format that is text.

    The functions of a .py file have the values as arguments and return gradients: def backward(x, h, W, U, h_0, dh): ... return dW, dU; or go through
    one step: def rnn_step_backward(dnext_h, cache). They may be of one sequence, (T, rows), or several, (T, N, rows), (N, T, rows) or (rows, N, T);
    which it is, is found out. Methods of a class are read so too: self.W is the W of the cell. A cache is what the forward function of the file
    makes, or has values by their names. Nothing is run: the text is carried out, as far as it is arithmetic, loops, lists and functions of arrays.
    What is wrong is named with its line.

    A sign, a scale or a transposition that all gradients by parameters have is a convention; what one of them has alone is wrong.

    Examples:  bptt check-gradient lstm mine.tex    bptt check-gradient rnn backward.py
    """
    found = findings(derivation_of(cell, head), file)
    conclude(found, found.holds, output, as_json)


def findings(derivation: Derivation, file: Path) -> Findings:
    """What is right and wrong in the backward pass of a file, equations or a function."""
    import verify as judge
    from derive.files import text

    claimed = text(file, "a backward pass")
    if claimed.guessed:
        print(f"bptt: {file}: it is not UTF-8, and was read as {claimed.guessed}", file=sys.stderr)
    return judge.check_function(derivation, claimed, str(file)) if file.suffix == ".py" else judge.check_gradient(derivation, claimed)


def _bite(derivation: Derivation, every: int, output: Path | None, as_json: bool) -> None:
    """Make mistakes, with a progress bar on standard error; exit code 1 if one survives."""
    import verify as judge

    with progress_bar("mistakes") as bar:
        shown = bar.add_task("mistakes", total=None)
        found = judge.teeth(derivation, every, lambda done, of: bar.update(shown, completed=done, total=of))
    conclude(found, found.holds, output, as_json)
