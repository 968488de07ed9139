"""The project's files: folders are filled when they are opened, and refreshed without losing the place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from posixpath import dirname

from rich.style import Style
from rich.text import Text, TextType
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from vibe_tui.services.terminal_text import visible


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or a folder as its folder lists it."""

    name: str
    is_folder: bool
    ignored: bool = False
    """Named by .gitignore: shown dimmed."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a node of the tree stands for."""

    path: str
    """Relative to the project, POSIX separators; "" is the project's folder."""
    entry: Entry


class FileTree(Tree[Row]):
    """Shows what it is told. It asks for a folder with FolderOpened; the answer is `show_folder`."""

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    COMPONENT_CLASSES = {"file-tree--ignored", "file-tree--changed"}  # noqa: RUF012
    DEFAULT_CSS = """
    FileTree {
        background: $surface;
        overflow-x: hidden;
        &:focus { background-tint: $foreground 0%; }
        & > .file-tree--ignored { color: $text-muted; }
        & > .file-tree--changed { color: $warning; }
    }
    """
    BINDINGS = [  # noqa: RUF012  # Textual's own type
        Binding("right", "expand_or_enter", "Open folder", show=False),
        Binding("left", "collapse_or_leave", "Close folder", show=False),
    ]

    @dataclass
    class FolderOpened(Message):
        """A folder was opened and wants its entries."""

        path: str

    @dataclass
    class FileChosen(Message):
        """A file was chosen: open it in the editor."""

        path: str

    def __init__(self, *, id: str | None = None) -> None:
        self._marked: frozenset[str] = frozenset()
        self._to_reveal = ""
        super().__init__(Text(), Row("", Entry("", is_folder=True)), id=id)
        self._by_path: dict[str, TreeNode[Row]] = {"": self.root}
        self.show_root = False
        self.show_guides = False
        self.guide_depth = 2

    # --- The door -------------------------------------------------------------------------------------

    def show_folder(self, path: str, entries: Sequence[Entry]) -> None:
        """Show what the folder holds now, in this order. Cursor, expansion and view stay where they are.

        A folder that is not in the tree (any more) is not shown.
        """
        folder = self._by_path.get(path)
        if folder is None or [_row(node).entry for node in folder.children] == list(entries):
            return
        anchor = self._anchor()
        offset = anchor.line - self.scroll_offset.y if anchor is not None else 0
        self._remove_missing(folder, entries)
        self._add_new(folder, path, entries)
        last_line = self.last_line  # asking numbers the rows anew
        if self.cursor_line == -1 and last_line >= 0:
            self.cursor_line = 0
        if anchor is not None and self._by_path.get(_row(anchor).path) is anchor:
            self.scroll_to(y=anchor.line - offset, animate=False, immediate=True)
        if self._to_reveal:
            self.reveal(self._to_reveal)

    def mark(self, paths: Iterable[str]) -> None:
        """Mark these files as changed, and the folders that hold them; others lose the mark."""
        marked: set[str] = set()
        for path in paths:
            marked.update(_with_folders(path))
        changed = self._marked ^ marked
        self._marked = frozenset(marked)
        for path in changed & self._by_path.keys():
            self._by_path[path].refresh()

    def reveal(self, path: str) -> None:
        """Put the cursor on a file, opening the folders above it; they may still have to be filled."""
        self._to_reveal = path
        for part in reversed(_with_folders(path)):
            node = self._by_path.get(part)
            if node is None:
                return  # its folder has been asked for; `show_folder` comes back here
            if part != path and node.is_collapsed:
                node.expand()
        self._to_reveal = ""
        self.call_after_refresh(self.move_cursor, self._by_path[path])

    def open_folders(self) -> list[str]:
        """The folders whose entries are on show now; the project's own, "", is one of them."""
        return [
            path for path, node in self._by_path.items() if _row(node).entry.is_folder and self._shown(node)
        ]

    # --- Keys and mouse -------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.post_message(self.FolderOpened(""))

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Row]) -> None:
        event.stop()
        self.post_message(self.FolderOpened(_row(event.node).path))

    def on_tree_node_selected(self, event: Tree.NodeSelected[Row]) -> None:
        event.stop()
        if not _row(event.node).entry.is_folder:
            self.post_message(self.FileChosen(_row(event.node).path))

    def action_expand_or_enter(self) -> None:
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_collapsed:
            node.expand()
        elif node.children:
            self.move_cursor(node.children[0])

    def action_collapse_or_leave(self) -> None:
        node = self.cursor_node
        if node is None:
            return
        if node.allow_expand and node.is_expanded:
            node.collapse()
        elif node.parent is not None and node.parent is not self.root:
            self.move_cursor(node.parent)

    # --- Painting -------------------------------------------------------------------------------------

    def process_label(self, label: TextType) -> Text:
        """Labels are one line already."""
        return label if isinstance(label, Text) else Text(label)

    def render_label(self, node: TreeNode[Row], base_style: Style, style: Style) -> Text:
        row = _row(node)
        if node.allow_expand:
            icon = (self.ICON_NODE_EXPANDED if node.is_expanded else self.ICON_NODE, base_style + _TOGGLE)
        else:
            icon = ("  ", base_style)
        name = Text(node.label.plain if isinstance(node.label, Text) else node.label)
        changed = row.path in self._marked
        if node is not self.cursor_node:
            if row.entry.ignored:
                name.stylize(self.get_component_rich_style("file-tree--ignored", partial=True))
            elif changed:
                name.stylize(self.get_component_rich_style("file-tree--changed", partial=True))
        name.stylize(style)
        return Text.assemble(icon, name, (_CHANGED if changed else "", style))

    def get_label_width(self, node: TreeNode[Row]) -> int:
        """Cheaper than painting it: this is asked for every row after every change."""
        label = node.label
        width = label.cell_len if isinstance(label, Text) else len(label)
        return 2 + width + (len(_CHANGED) if _row(node).path in self._marked else 0)

    # --- Updating -------------------------------------------------------------------------------------

    def _anchor(self) -> TreeNode[Row] | None:
        """The row that must not move on the screen: the cursor's if it is in view, or the topmost."""
        top = self.scroll_offset.y
        if top <= self.cursor_line < top + self.size.height:
            return self.cursor_node
        return self.get_node_at_line(top) if self.last_line >= top else None

    def _remove_missing(self, folder: TreeNode[Row], entries: Sequence[Entry]) -> None:
        """Remove what is not in `entries`, and everything when the order of what stays has changed."""
        kinds = {entry.name: entry.is_folder for entry in entries}
        there = list(folder.children)
        stays = [node for node in there if kinds.get(_row(node).entry.name) == _row(node).entry.is_folder]
        names = {_row(node).entry.name for node in stays}
        if [_row(node).entry.name for node in stays] != [e.name for e in entries if e.name in names]:
            stays = []
        kept = set(stays)
        gone = [node for node in there if node not in kept]
        if not gone:
            return
        self._save_cursor(folder, there, kept)
        self._forget(gone)
        if stays:
            for node in gone:
                node.remove()
        else:
            folder.remove_children()

    def _save_cursor(
        self, folder: TreeNode[Row], there: list[TreeNode[Row]], kept: set[TreeNode[Row]]
    ) -> None:
        """Move the cursor off a row that goes: to the next that stays, the one before, or the folder."""
        child = self.cursor_node
        while child is not None and child.parent is not folder:
            child = child.parent
        if child is None or child in kept:
            return
        index = there.index(child)
        candidates = [*there[index:], *reversed(there[:index])]
        self.move_cursor(next((node for node in candidates if node in kept), folder))

    def _forget(self, nodes: Iterable[TreeNode[Row]]) -> None:
        for node in nodes:
            del self._by_path[_row(node).path]
            self._forget(node.children)

    def _add_new(self, folder: TreeNode[Row], path: str, entries: Sequence[Entry]) -> None:
        kept = list(folder.children)
        kept.reverse()
        for index, entry in enumerate(entries):
            if kept and _row(kept[-1]).entry.name == entry.name:
                node = kept.pop()
                if _row(node).entry != entry:
                    node.data = Row(_row(node).path, entry)
                    node.refresh()
                continue
            entry_path = f"{path}/{entry.name}" if path else entry.name
            self._by_path[entry_path] = folder.add(
                Text(visible(entry.name)), Row(entry_path, entry), before=index, allow_expand=entry.is_folder
            )

    def _shown(self, node: TreeNode[Row]) -> bool:
        while node is not self.root:
            if node.is_collapsed or node.parent is None:
                return False
            node = node.parent
        return True


_TOGGLE = Style.from_meta({"toggle": True})
_CHANGED = " •"


def _row(node: TreeNode[Row]) -> Row:
    assert node.data is not None
    return node.data


def _with_folders(path: str) -> list[str]:
    """`path` and the folders that hold it, innermost first, without the project's own."""
    found = []
    while path:
        found.append(path)
        path = dirname(path)
    return found
