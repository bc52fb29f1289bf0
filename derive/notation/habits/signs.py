r"""What a page says of the signs of its products: "where $\otimes$ is the outer product", "$*$ denotes convolution", "$\circ$ 表示逐元素乘法"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from derive.notation.pieces import Piece
from derive.notation.tree import Call, Joined, Listed, Name, Operator, Place, Product, Sum, Tree, rewritten
from derive.notation.written import Wrong

SIGNS = {
    Operator.OUTER: r"\\b?ig?otimes(?![A-Za-z])|\\otimes(?![A-Za-z])|⊗",
    Operator.STAR: r"\\(?:ast|star|cdot|times)(?![A-Za-z])|[*∗·×]",
    Operator.ENTRIES: r"\\(?:odot|circ|bullet)(?![A-Za-z])|[⊙∘]",
}
MEANINGS = {
    "outer": r"outer product|外积",
    "inner": r"(?:scalar|inner|dot) product|内积|点积",
    "convolution": r"convolution|卷积",
    "Kronecker product": r"Kronecker|克罗内克|tensor product|张量积",
    "elementwise": r"element-?wise|Hadamard|point-?wise|逐元素|按元素|逐点|哈达玛|entry-?wise|component-?wise",
}
WORD = re.compile("|".join(f"(?P<w{place}>{words})" for place, words in enumerate(MEANINGS.values())), re.IGNORECASE)
SENTENCE = re.compile(r"[.;。；](?=\s|$)|。|；|\n\s*\n|,\s*(?=\$)|，\s*(?=\$)|(?:\band\b|和|、)\s*(?=\$)")
MARK = re.compile(
    r"\$\s*(?:\{\})?\s*(?P<latex>[^\s${}]+|\\[A-Za-z]+)\s*(?:\{\})?\s*\$|(?P<plain>[⊗⊙∘∗*])(?=\s)|`(?P<code>[^`\s]{1,3})`|(?P<dot>\bthe dot\b)"
)
MARKED = ("$", "⊗", "⊙", "∘", "∗", "*", "`", "the dot")
"""What one of them has."""
JOINING = {
    "stack": r"concat\w*|stack\w*|\bjoin\w*|拼接|串接|串联|级联|(?<!残差)连接",
    "sum": r"\badd(?:s|ed|ition|ing)?\b|\bsum(?:s|med|mation|ming)?\b|\bplus\b|相加|加法|求和",
    "": r"\bmeans?(?= of|\s*[.,;]|$)|\baverag\w+|\bmax(?:imum|imal)?\b|\bmin(?:imum)?\b|\bXOR\b|exclusive or|direct sum|平均|最大|最小|异或|直和",
}
"""What ⊕ may mean; "" is what is none of the notation."""
DENIED = re.compile(
    r"\b(?:not|no|never|than|instead of|without|in place of)\b[^.,;:]*$|(?:不是|不|并非|而非|不再)[^，。；：]*$", re.IGNORECASE
)
AGAIN = re.compile(r"\bbut\b|而是")
"""What ends what is denied."""
OF_OTHERS = re.compile(
    r"\b(?:paper|original\w*|authors?|et al|earlier|previous\w*|usually|elsewhere|others|replac\w+)\b|\[\d+\]|原文|论文|作者|通常|别处|换成|替换",
    re.IGNORECASE,
)
"""What says that somebody else means so, so that it is not clear what is meant here."""
RING = re.compile(r"\\oplus(?![A-Za-z])|⊕")
REMEDIES = {
    "convolution": "write it as a product with a matrix, W x, or the sum of products at several steps, W_0 x_t + W_1 x_{t-1}",
    "Kronecker product": "write the products of the entries or blocks one by one, or the outer product, outer(a, b)",
}


def said(words: str) -> dict[str, str]:
    """By sign, as it is written, what the page says that it means."""
    found: dict[str, str] = {}
    for sentence in SENTENCE.split(words) if any(each in words for each in MARKED) else ():
        word = WORD.search(sentence)
        marks = [each for each in MARK.finditer(sentence) if not re.search(r"[0-9]|^[A-Za-z]+$", each["latex"] or "-")] if word else []
        if marks and word:
            mark = min(marks, key=lambda each: abs(each.start() - word.start()))
            signs = (r"\cdot", "·") if mark["dot"] else (mark["latex"] or mark["plain"] or mark["code"],)
            found.update({sign: list(MEANINGS)[int((word.lastgroup or "w0")[1:])] for sign in signs if sign not in found})
    return found


def _joining(words: str) -> str:
    """What the page says that ⊕ means, "" if it does not say it."""
    found: list[tuple[int, str]] = []
    for sentence in SENTENCE.split(words) if RING.search(words) else ():
        rings = [each.start() for each in RING.finditer(sentence)]
        said = [(name, each) for name, word in JOINING.items() for each in re.finditer(word, sentence, re.IGNORECASE)] if rings else []
        if said and OF_OTHERS.search(sentence):
            return ""
        found += [
            (min(abs(ring - each.start()) for ring in rings), name)
            for name, each in said
            if not DENIED.search(AGAIN.split(sentence[: each.start()])[-1])
        ]
    return min(found)[1] if found else ""


def settled(pieces: Iterable[Piece], words: str) -> list[Piece]:
    """The pieces with their products as the page says that its signs are meant; the sign of an outer product is one of entries else.

    Raises:
        Wrong: a sign is said to be what is not in the notation; at an offset of the page.
    """
    meant = said(words)
    if re.search(MEANINGS["Kronecker product"], words, re.IGNORECASE) and not any(
        re.fullmatch(SIGNS[Operator.OUTER], each) for each in meant
    ):
        meant["⊗"] = "Kronecker product"
    joining = _joining(words)
    pieces = [replace(each, statement=rewritten(each.statement, lambda node, each=each: _joined(node, each, joining))) for each in pieces]  # type: ignore[misc]
    return [replace(each, statement=rewritten(each.statement, lambda node, each=each: _product(node, each, meant))) for each in pieces]  # type: ignore[misc]


def _joined(node: Tree, piece: Piece, joining: str) -> Tree | None:
    """What a ⊕ b means.

    Raises:
        Wrong: the page does not say it; at an offset of it.
    """
    if not isinstance(node, Joined):
        return None
    if not joining:
        raise Wrong("what ⊕ means is not said", "[a; b] stacks, a + b adds", piece.offset(node.left.place.stop))
    left, right = (rewritten(each, lambda part: _joined(part, piece, joining)) for each in (node.left, node.right))
    if joining == "sum":
        return Sum((*(left.terms if isinstance(left, Sum) else ((1, left),)), (1, right)), place=node.place)
    return Listed(
        (*(left.parts if isinstance(left, Listed) and isinstance(node.left, Joined) else (left,)), right), is_stack=True, place=node.place
    )


def _product(node: Tree, piece: Piece, meant: dict[str, str]) -> Tree | None:
    if not isinstance(node, Product):
        return None

    def inside(tree: Tree) -> Tree:
        made: Tree = rewritten(tree, lambda part: _product(part, piece, meant))
        return made

    made, last = inside(node.first), node.first.place.stop
    for operator, factor in node.rest:
        sign = piece.shown(Place(last, factor.place.start)).strip()
        meaning = next((word for mark, word in meant.items() if _is_same(mark, sign, operator)), "")
        if meaning in REMEDIES and operator is not Operator.OVER:
            raise Wrong(f"{sign} is said to be a {meaning}, which is not in the notation", REMEDIES[meaning], piece.offset(last))
        last, right = factor.place.stop, inside(factor)
        place = made.place.to(factor.place)
        if meaning == "outer" or (meaning == "inner" and _is_vector(made)):
            made = Call(Name("outer" if meaning == "outer" else "dot", place=place), (made, right), place=place)
            continue
        if operator is Operator.OUTER or (meaning == "elementwise" and operator is Operator.STAR):
            operator = Operator.ENTRIES
        rest = made.rest if isinstance(made, Product) else ()
        made = Product(made.first if isinstance(made, Product) else made, (*rest, (operator, right)), place=place)
    return made


def _is_vector(tree: Tree) -> bool:
    """Whether something is a small letter: what people call the dot product of a matrix and a column is their product."""
    return isinstance(tree, Name) and tree.base[0].islower()


def _is_same(mark: str, sign: str, operator: Operator) -> bool:
    """Whether a sign of prose is that of a product; commands and letters of one sign are one."""
    if mark == sign or operator not in SIGNS or mark in ("*", "·", r"\cdot", r"\times", "×"):
        return mark == sign
    is_own_command = not any(re.fullmatch(each, sign) for each in SIGNS.values())
    return re.fullmatch(SIGNS[operator], mark) is not None and (is_own_command or re.fullmatch(SIGNS[operator], sign) is not None)
