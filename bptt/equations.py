"""The commands that read, derive and emit: cells, derive, emit, weights."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from bptt.console import Cell, Head, Json, Out, derivation_of, print_json, show, system_of


def cells(as_json: Json = False) -> None:
    """List the built-in cells: name, year, states, number of parameters, first author; --json has the full references.

    Example:  bptt cells
    """
    if as_json:
        import derive
        from derive.document.data import system_data

        print_json([system_data(derive.cell(name)) for name in derive.cell_names()])
        return
    from derive.catalogue import catalogue
    from derive.document.blocks import Table

    rows = tuple((each.name, each.year, ", ".join(each.states), each.parameters, _authors(each.reference)) for each in catalogue())
    show([Table(("name", "year", "states", "parameters", "reference"), rows)])


def _authors(reference: str) -> str:
    """The family names of one or two authors, or the first one's and that there are others."""
    first, _, others = reference.partition(",")
    names = re.split(r" and ", first)
    if "et al." in first or re.match(r" (?:[^\W\d_]\.[ -]?)+ ?[^,]+(?:,| and )", others):
        return f"{_family(names[0])} et al."
    return " and ".join(map(_family, names))


def _family(author: str) -> str:
    """The name without its initials."""
    return re.sub(r"^(?:[^\W\d_]{1,2}\.[ -]?)+|\bet al\.", "", author).strip()


def derive_command(
    cell: Cell,
    head: Head = None,
    form: Annotated[str, typer.Option("--format", help="terminal, text, markdown, latex, html or pdf.", metavar="FORMAT")] = "terminal",
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Derive the gradients of a cell, step by step, for every sequence length.

    Examples:  bptt derive lstm    bptt derive gru -o gru.html    bptt derive mine.md --head readout --head softmax_cross_entropy
    """
    import derive

    derivation = derivation_of(cell, head)
    if as_json:
        from derive.document.data import derivation_data
        from derive.document.reading import understanding

        review = derive.review(derivation.system).to_dict()
        print_json({**review, "read": understanding(derivation.system), **derivation_data(derivation)})
        return
    show(derive.explain(derivation), form, output)


def read(
    page: Annotated[str, typer.Argument(help="A file of equations, - for standard input, or a built-in cell.", metavar="PAGE")],
    as_json: Json = False,
) -> None:
    """Say how a page is read: each symbol, its kind and size and why, what is asked for, and which formulas are not used.

    Examples:  bptt read mine.md    bptt read notes.tex --json
    """
    import derive
    from derive.document.reading import understanding, understood
    from derive.document.remarks import remarks

    system = system_of(page)
    review = derive.review(system)
    if as_json:
        print_json({**understanding(system), **review.to_dict()})
        return
    show([*understood(system), *remarks(review)], "terminal")


def emit(
    cell: Cell,
    head: Head = None,
    target: Annotated[
        str,
        typer.Option(
            "--target", help="numpy; torch, as an nn.Module; jax; or array_api, for CuPy's, PyTorch's and others' arrays.", metavar="TARGET"
        ),
    ] = "numpy",
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint", help="Keep states between segments of the steps, and compute each again.")
    ] = False,
    ragged: Annotated[bool, typer.Option("--ragged", help="Take sequences of different lengths in a batch.")] = False,
    output: Out = None,
) -> None:
    """Emit a standalone module with a cell's forward and backward pass: in NumPy, which PyTorch and JAX can have as a layer of theirs, or
    for the arrays of any library that keeps to the Python array API standard.

    Examples:  bptt emit gru -o gru.py && python gru.py --check    bptt emit gru --target torch -o layer.py
    """
    import derive
    from derive.files import write

    source = derive.emit(derivation_of(cell, head), target, checkpoint, ragged)
    if output is None:
        sys.stdout.write(source)
    else:
        print(f"written: {write(output, source)}", file=sys.stderr)


def weights(
    file: Annotated[Path, typer.Argument(help="Arrays: .safetensors, .npz, .onnx, .h5 or .keras.", metavar="FILE")],
    source: Annotated[
        str, typer.Option("--from", help="The layer whose arrays they are; if not said, an emitted module's.", metavar="LAYER")
    ] = "",
    target: Annotated[
        str, typer.Option("--to", help="The layer whose arrays to make; if not said, an emitted module's.", metavar="LAYER")
    ] = "",
    only: Annotated[str, typer.Option("--only", help="Take arrays whose names begin so.", metavar="PREFIX")] = "",
    order: Annotated[
        list[str] | None, typer.Option("--order", help="A layer by its name; all of them, from the bottom.", metavar="NAME")
    ] = None,
    direction: Annotated[str, typer.Option("--direction", help="forward, reverse or bidirectional, where arrays do not say it.")] = "",
    attribute: Annotated[
        list[str] | None, typer.Option("--set", help="An attribute of a layer, of either one.", metavar="NAME=VALUE")
    ] = None,
    largest: Annotated[
        int | None, typer.Option("--largest", min=1, help="Read up to so many MiB of arrays; 1024 if not said.", metavar="MIB")
    ] = None,
    module: Annotated[
        Path | None, typer.Option("--module", help="Write the emitted module that takes the parameters.", metavar="FILE")
    ] = None,
    output: Out = None,
) -> None:
    """Take the weights of a recurrent layer from a framework's file, write them to one, or convert them; nothing in a file is run.

    Examples:  bptt weights lstm.safetensors --from torch_lstm -o params.npz    bptt weights params.npz --to torch_lstm -o lstm.safetensors

    bptt weights model.safetensors --only encoder. --from torch_rnn --set nonlinearity=relu -o params.npz --module rnn.py
    """
    import derive
    from derive.files import write
    from derive.files.limits import LARGEST
    from derive.layers import exchange

    most = largest * 2**20 if largest else LARGEST
    attributes = dict(each.partition("=")[::2] for each in attribute or [])
    if source:
        own, theirs = exchange.shared_out(attributes, source, target)
        held = exchange.load(file, source, only, direction, order or (), own, most)
        held = held.converted(target, theirs) if target else held
    else:
        held = exchange.take(file, target, direction, attributes, most)
    from derive.display import weights as told

    show(list(told(held, bool(target))))
    if output is not None:
        held.save(output, bool(target), is_partial=True)
        print(f"written: {output}", file=sys.stderr)
    if module is not None:
        print(f"written: {write(module, derive.emit(derive.bptt(held.layer.system), ragged=held.is_ragged))}", file=sys.stderr)
