"""Where the panes are: files, editor over logs, chat."""

from __future__ import annotations

from vibe_tui.widgets.chat.panel import ChatPanel
from vibe_tui.widgets.code_editor import CodeEditor
from vibe_tui.widgets.file_tree import FileTree
from vibe_tui.widgets.log_tabs import LogTabs
from vibe_tui.widgets.panes import Panes
from vibe_tui.widgets.preview import Preview
from vibe_tui.widgets.splitter import Pane, Split

PREVIEW = (
    "The preview comes later.\n\n"
    "It will show the running app here. It needs the app's own packages (run npm install in the "
    "project's folder) and a running Expo server."
)


def make_panes(tree: FileTree, logs: LogTabs, chat: ChatPanel) -> tuple[Panes, CodeEditor]:
    """The page's panes, and the editor among them."""
    editor = CodeEditor({"Preview": Preview(PREVIEW)}, id="code")
    layout = Split(
        Pane(tree, id="files", title="Files", key="F2", minimum=16, share=20),
        Split(
            Pane(editor, id="editor", title="Editor", key="F3", minimum=5, share=65, show_title=False),
            Pane(logs, id="log", title="Logs", key="F4", minimum=4, share=35, show_title=False),
            rows=True,
            minimum=30,
            share=46,
        ),
        Pane(chat, id="chat", title="Chat", key="F5", minimum=26, share=38, first=chat.prompt),
    )
    return Panes(layout, active="chat"), editor
