"""Blocks of a release, and how they are written as HTML and as plain text."""

from __future__ import annotations

from dataclasses import dataclass, field

from crawler.normalise.inline import Line, Piece, line_text, tidy, write_lines
from crawler.normalise.paragraph import continues, glue

__all__ = ["Block", "Paragraph", "is_bare", "settle", "text_of", "write"]


@dataclass(slots=True, kw_only=True)
class Paragraph:
    """Lines of text; *tag* is p or a heading."""

    tag: str
    lines: list[Line]


@dataclass(slots=True, kw_only=True)
class Block:
    """A container, `hr`, or the whole body where *tag* is empty."""

    tag: str
    attributes: str = ""
    children: list[Block | Paragraph] = field(default_factory=list)


# Where a single paragraph needs no `<p>`.
_BARE = frozenset(["li", "td", "th", "dt", "dd", "figcaption", "caption"])


def write(block: Block) -> str:
    """Return *block*, tidied by `settle`, as HTML: one line for each block of the body."""
    inner = [_write(child) for child in block.children]
    return "\n".join(part for part in inner if part)


def settle(block: Block, repairs: set[str]) -> None:
    """Leave out what is empty in *block*, wrap what stands bare in lists and tables, join paragraphs cut in two."""
    children: list[Block | Paragraph] = []
    for child in block.children:
        if isinstance(child, Block) and child.tag != "hr":
            settle(child, repairs)
            if not _holds_content(child):
                if child.tag in {"td", "th"}:
                    children.append(child)
                continue
            if child.tag == "table" and (cell := _only_cell(child)):
                children.extend(cell.children)
                continue
        if isinstance(child, Block) and child.tag == "caption" and block.children[0] is not child:
            children.insert(0, child)
            continue
        children.append(_wrapped(child, block.tag))
    block.children = _joined(children, repairs)


def _holds_content(block: Block) -> bool:
    return any(isinstance(child, Paragraph) or child.tag == "hr" or _holds_content(child) for child in block.children)


def _only_cell(table: Block) -> Block | None:
    """Return the cell of a *table* that is there only to draw a box."""
    cells: list[Block] = []
    todo = [table]
    while todo:
        block = todo.pop()
        for child in block.children:
            if isinstance(child, Block) and child.tag in {"td", "th", "caption"}:
                cells.append(child)
            elif isinstance(child, Block):
                todo.append(child)
    return cells[0] if len(cells) == 1 and cells[0].tag != "caption" else None


def _wrapped(child: Block | Paragraph, parent: str) -> Block | Paragraph:
    """Give *child* the wrapper that *parent* needs: a parser would move it out otherwise."""
    tag = child.tag
    if parent in {"ul", "ol"} and tag != "li":
        return Block(tag="li", children=[child])
    if parent == "dl" and tag not in {"dt", "dd"}:
        return Block(tag="dd", children=[child])
    if parent == "tr" and tag not in {"td", "th"}:
        return Block(tag="td", children=[child])
    if parent in {"thead", "tbody", "tfoot"} and tag != "tr":
        return Block(tag="tr", children=[Block(tag="td", children=[child])])
    if parent == "table" and tag not in {"thead", "tbody", "tfoot", "tr", "caption"}:
        return Block(tag="tr", children=[Block(tag="td", children=[child])])
    return child


def _joined(children: list[Block | Paragraph], repairs: set[str]) -> list[Block | Paragraph]:
    joined: list[Block | Paragraph] = []
    for child in children:
        last = joined[-1] if joined else None
        if (
            isinstance(last, Paragraph)
            and isinstance(child, Paragraph)
            and last.tag == child.tag == "p"
            and continues(first := line_text(last.lines[-1]), second := line_text(child.lines[0]))
        ):
            line = tidy([*last.lines[-1], Piece(text=glue(first, second)), *child.lines[0]])
            joined[-1] = Paragraph(tag="p", lines=[*last.lines[:-1], line, *child.lines[1:]])
            repairs.add("joined-paragraph")
        else:
            joined.append(child)
    return joined


def _write(block: Block | Paragraph) -> str:
    if isinstance(block, Paragraph):
        return f"<{block.tag}>{write_lines(block.lines)}</{block.tag}>"
    if block.tag == "hr":
        return "<hr>"
    children = block.children
    only = children[0] if len(children) == 1 else None
    if block.tag in _BARE and isinstance(only, Paragraph) and only.tag == "p":
        inner = write_lines(only.lines)
    else:
        inner = "".join(_write(child) for child in children)
    return f"<{block.tag}{block.attributes}>{inner}</{block.tag}>"


def text_of(block: Block | Paragraph) -> str:
    """Return the plain text of *block*: blank lines part paragraphs, lines items and rows, tabs cells."""
    if isinstance(block, Paragraph):
        return "\n".join(line_text(line) for line in block.lines)
    parts = [text_of(child) for child in block.children]
    if block.tag == "tr":
        return "\t".join(
            " ".join(part.split()) if "\u3000" not in part else part.replace("\n", " ") for part in parts
        ).strip("\t")
    tight = block.tag in {"table", "thead", "tbody", "tfoot", "ul", "ol", "dl", "li", "dt", "dd", "td", "th"}
    return ("\n" if tight else "\n\n").join(part for part in parts if part)


def is_bare(root: Block) -> bool:
    """Say whether *root* holds paragraphs of text alone: no element in them but `<br>`."""
    for child in root.children:
        if not isinstance(child, Paragraph):
            return False
        for line in child.lines:
            for piece in line:
                if piece.marks or piece.image:
                    return False
    return True
