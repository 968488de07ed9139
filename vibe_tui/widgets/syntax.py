"""Syntax colouring: which language a file is in, and what is where in its text."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vibe_tui.widgets.tsx_language import TSX_QUERY, TYPESCRIPT_QUERY

if TYPE_CHECKING:
    from tree_sitter import Language, Query, Tree

TOKENS = ("type", "constant", "number", "string", "comment", "function", "tag", "keyword")
"""What text can be. Where two of them meet, the later one wins."""

_JSON_QUERY = """
[(true) (false) (null)] @constant
(number) @number
(string) @string
(pair key: (string) @keyword)
(comment) @comment
"""
_MARKDOWN_QUERY = """
[(atx_heading) (setext_heading)] @keyword
[(fenced_code_block) (indented_code_block)] @string
[(list_marker_minus) (list_marker_star) (list_marker_plus) (list_marker_dot)] @number
[(block_quote_marker) (thematic_break) (html_block)] @comment
"""
_LANGUAGES = {
    ".ts": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".tsx": "tsx",
    ".js": "tsx",
    ".jsx": "tsx",
    ".mjs": "tsx",
    ".cjs": "tsx",
    ".json": "json",
    ".md": "markdown",
}
_BLOCK = 64
"""Rows that are looked at together."""

Span = tuple[int, int, str]


def language_of(path: str) -> str | None:
    """The name of the language that the file's ending stands for, if it can be coloured."""
    return _LANGUAGES.get(PurePosixPath(path).suffix.lower())


@cache
def load(language: str) -> tuple[Language, Query]:
    """The grammar and what to look for in it; slow the first time, so call it in a thread.

    Raises ImportError where the grammar is not installed.
    """
    from tree_sitter import Language, Query

    if language == "json":
        import tree_sitter_json

        grammar, query = Language(tree_sitter_json.language()), _JSON_QUERY
    elif language == "markdown":
        import tree_sitter_markdown

        grammar, query = Language(tree_sitter_markdown.language()), _MARKDOWN_QUERY
    else:
        import tree_sitter_typescript

        if language == "tsx":
            grammar, query = Language(tree_sitter_typescript.language_tsx()), TSX_QUERY
        else:
            grammar, query = Language(tree_sitter_typescript.language_typescript()), TYPESCRIPT_QUERY
    return grammar, Query(grammar, query)


class Syntax:
    """The syntax tree of one text. Parses again only what changed, and looks only at rows asked for.

    (TextArea's own colouring goes over the whole document at every key: 40 ms for 2,000 lines.)
    """

    def __init__(self, language: Language, query: Query) -> None:
        from tree_sitter import Parser

        self._parser = Parser(language)
        self._query = query
        self._text = b""
        self._tree: Tree | None = None
        self._rows: dict[int, list[Span]] = {}

    def update(self, lines: list[str]) -> None:
        """The text has become `lines`."""
        text = "\n".join(lines).encode("utf-8", "replace")
        if self._tree is not None and text != self._text:
            _edit(self._tree, self._text, text)
        if self._tree is None or text != self._text:
            self._tree = self._parser.parse(text, self._tree) if self._tree else self._parser.parse(text)
        self._text = text
        self._rows.clear()

    def row(self, row: int) -> list[Span]:
        """What is in a row: (start, end, token), in bytes of its UTF-8; end -1: up to its end."""
        if row not in self._rows:
            self._look_at(row // _BLOCK * _BLOCK)
        return self._rows[row]

    def _look_at(self, first: int) -> None:
        from tree_sitter import QueryCursor

        rows: dict[int, list[Span]] = {row: [] for row in range(first, first + _BLOCK)}
        if self._tree is not None:
            cursor = QueryCursor(self._query)
            cursor.set_point_range((first, 0), (first + _BLOCK, 0))
            captures = cursor.captures(self._tree.root_node)
            for token in TOKENS:
                for node in captures.get(token, ()):
                    (start_row, start), (end_row, end) = node.start_point, node.end_point
                    for row in range(max(first, start_row), min(first + _BLOCK - 1, end_row) + 1):
                        rows[row].append(
                            (start if row == start_row else 0, end if row == end_row else -1, token)
                        )
        self._rows.update(rows)


def _edit(tree: Tree, old: bytes, new: bytes) -> None:
    """Tell the tree what lies between the part in front and the part behind that stayed the same."""
    start = _same_start(old, new)
    old_rest, new_rest = old[start:], new[start:]
    same_end = _same_end(old_rest, new_rest)
    old_end, new_end = len(old) - same_end, len(new) - same_end
    tree.edit(
        start_byte=start,
        old_end_byte=old_end,
        new_end_byte=new_end,
        start_point=_point(old, start),
        old_end_point=_point(old, old_end),
        new_end_point=_point(new, new_end),
    )


def _same_start(old: bytes, new: bytes) -> int:
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _same_end(old: bytes, new: bytes) -> int:
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(text: bytes, at: int) -> tuple[int, int]:
    return text.count(b"\n", 0, at), at - (text.rfind(b"\n", 0, at) + 1)
