"""Textual's text area, imported without tree-sitter: our own colouring loads that with the first file."""

from __future__ import annotations

import sys

_loaded = "tree_sitter" in sys.modules
if not _loaded:
    sys.modules["tree_sitter"] = None  # type: ignore[assignment]  # Python's way to say: not importable
try:
    from textual.widgets import TextArea as TextArea
finally:
    if not _loaded:
        del sys.modules["tree_sitter"]
