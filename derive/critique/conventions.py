"""Names that stand for more than one function in the field: which of them a page means is said."""

from __future__ import annotations

from collections.abc import Iterator

from derive.algebra import nodes
from derive.critique.page import Page, Slip

CONVENTIONS: dict[type[nodes.Expr], tuple[str, str, str]] = {
    nodes.hard_sigmoid: (
        "hard_sigmoid(x)", "max(0, min(1, x / 5 + 1/2))",
        "that is the one of Keras 2 and of ONNX by default; PyTorch and Keras 3 have x / 6: for theirs, and only then, add the line "
        "`hard_sigmoid(x) = max(0, min(1, x / 6 + 1/2))`",
    ),
}  # fmt: skip
"""By function: how it is written, what it is here, and what else it may be."""


def conventions(page: Page) -> Iterator[Slip]:
    """The first equation that uses such a function."""
    for function, (name, meaning, others) in CONVENTIONS.items():
        uses = (each for each in page.system.equations if any(isinstance(part, function) for part in nodes.parts(each.right)))
        if (first := next(uses, None)) is not None:
            yield Slip(first, f"`{name}` is `{meaning}` here", others)
