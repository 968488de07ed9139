"""From Markdown (CommonMark with tables and strikethrough) to pieces. HTML and links stay text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from textual.content import Content

from vibe_tui.services.terminal_text import clean, visible
from vibe_tui.widgets.chat.markdown.blocks import Block, Code, Flow, Gap, Piece, Rule, Table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

QUOTE = "▌ "
_STYLES = {"strong": ".md--strong", "em": ".md--em", "s": ".md--struck", "code_inline": ".md--code"}


@dataclass(frozen=True, slots=True)
class Parsed:
    block: Block
    start: int
    """The line where it begins, from 0."""
    end: int
    """The line after its last."""
    fence: str = ""
    """Of a fenced code block: what opened it, e.g. "```"."""


def parse(text: str) -> list[Parsed]:
    """The blocks of `text`, cleaned."""
    from markdown_it.tree import SyntaxTreeNode

    found: list[Parsed] = []
    for node in SyntaxTreeNode(_parser().parse(text)).children:
        start, end = node.map or (0, 0)
        fence = node.markup if node.type == "fence" else ""
        found.append(Parsed(tuple(_pieces(node, "", "")), start, end, fence))
    return found


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable(["table", "strikethrough"])


def _pieces(node: SyntaxTreeNode, first: str, rest: str) -> Iterator[Piece]:
    match node.type:
        case "paragraph":
            yield Flow(_inline(node), first, rest)
        case "heading":
            yield Flow(_inline(node).stylize(".md--heading"), first, rest)
        case "bullet_list":
            yield from _items(node, ["• "] * len(node.children), first, rest)
        case "ordered_list":
            start = int(node.attrs.get("start", 1))
            last = len(str(start + len(node.children) - 1))
            numbers = [f"{start + at:>{last}}. " for at in range(len(node.children))]
            yield from _items(node, numbers, first, rest)
        case "blockquote":
            yield from _blocks(node.children, first + QUOTE, rest + QUOTE)
        case "fence" | "code_block":
            language = visible(node.info.split(maxsplit=1)[0])[:30] if node.info.strip() else ""
            yield Code(language, rest, clean(node.content).splitlines(keepends=True))
        case "table":
            yield _table(node, rest)
        case "hr":
            yield Rule(rest)
        case _:
            yield Flow(Content(clean(node.content)), first, rest)


def _items(items: SyntaxTreeNode, markers: list[str], first: str, rest: str) -> Iterator[Piece]:
    loose = any(not child.hidden for item in items.children for child in item.children[:1])
    for at, (item, marker) in enumerate(zip(items.children, markers, strict=True)):
        if at and loose and _is_loose(item):
            yield Gap(rest)
        inner = rest + " " * len(marker)
        front = (rest if at else first) + marker
        if item.children and item.children[0].type in ("paragraph", "heading"):
            yield from _blocks(item.children, front, inner)
        else:  # its marker needs a row of its own
            yield Flow(Content(""), front, inner)
            yield from _blocks(item.children, inner, inner)


def _is_loose(item: SyntaxTreeNode) -> bool:
    return bool(item.children) and item.children[0].type == "paragraph" and not item.children[0].hidden


def _blocks(nodes: list[SyntaxTreeNode], first: str, rest: str) -> Iterator[Piece]:
    for at, node in enumerate(nodes):
        if at and not (node.type.endswith("_list") and nodes[at - 1].hidden):
            yield Gap(rest)
        yield from _pieces(node, rest if at else first, rest)


def _table(node: SyntaxTreeNode, prefix: str) -> Table:
    rows = [row for part in node.children for row in part.children]
    cells = [[_inline(cell) for cell in row.children] for row in rows]
    cells[0] = [cell.stylize(".md--strong") for cell in cells[0]]
    width = max(map(len, cells))
    return Table(tuple((*row, *[Content("")] * (width - len(row))) for row in cells), prefix)


def _inline(node: SyntaxTreeNode) -> Content:
    """The text of a paragraph, heading or cell."""
    return Content.assemble(*(part for child in node.children for part in _spans(child)))


def _spans(node: SyntaxTreeNode) -> Iterator[Content]:
    # Cleaned only here: an entity such as &#x202E; is a character of its own by now.
    match node.type:
        case "softbreak" | "hardbreak":  # models break their lines on purpose
            yield Content("\n")
        case "text" | "code_inline":
            yield Content(clean(node.content).expandtabs(4)).stylize(_STYLES.get(node.type, ""))
        case "link":
            yield from _link(node)
        case "image":
            text = clean(node.content) or "image"
            yield Content(f"[{text}] ({visible(str(node.attrs.get('src', '')))})")
        case kind if kind in _STYLES:
            inner = Content.assemble(*(part for child in node.children for part in _spans(child)))
            yield inner.stylize(_STYLES[kind])
        case _:
            for child in node.children:
                yield from _spans(child)


def _link(node: SyntaxTreeNode) -> Iterator[Content]:
    """The text, and where it leads unless the text says that already. Nothing can be clicked."""
    text = Content.assemble(*(part for child in node.children for part in _spans(child)))
    address = visible(str(node.attrs.get("href", "")))
    yield text.stylize(".md--link")
    if text.plain != address and f"mailto:{text.plain}" != address:
        yield Content(f" ({address})").stylize(".md--muted")
