"""What a line in the chat that begins with a slash does: actions of the registry, under short names."""

from __future__ import annotations

from dataclasses import dataclass

from vibe_tui.actions import BY_ID
from vibe_tui.widgets.chat.completions import Suggestion


@dataclass(frozen=True, slots=True)
class ChatCommand:
    name: str
    action_id: str
    takes: str = ""
    """What may follow; "" for nothing."""


COMMANDS = (
    ChatCommand("help", "help"),
    ChatCommand("model", "choose_model", "PROVIDER/MODEL"),
    ChatCommand("undo", "undo_turn"),
    ChatCommand("history", "history"),
    ChatCommand("retry", "retry_prompt"),
    ChatCommand("edit", "edit_prompt"),
    ChatCommand("review", "review_changes"),
    ChatCommand("image", "attach_image", "PATH"),
    ChatCommand("copy", "copy_answer"),
    ChatCommand("code", "copy_code"),
    ChatCommand("compact", "compact_chat"),
    ChatCommand("clear", "clear_chat"),
    ChatCommand("push", "push_now"),
    ChatCommand("connect", "connect_backend"),
)
BY_NAME = {command.name: command for command in COMMANDS}


def suggestions() -> list[Suggestion]:
    """For the completion."""
    return [
        Suggestion(f"/{command.name}", BY_ID[command.action_id].title, at_once=command.takes != "PATH")
        for command in COMMANDS
    ]
