"""The states of the chat with a model, built through the doors that the presenter uses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

from vibe_tui.screens.approval import ApprovalDialog
from vibe_tui.screens.model_picker import ModelChoice, ModelGroup, ModelPicker
from vibe_tui.screens.project.screen import ProjectScreen
from vibe_tui.screens.secret_form import SecretForm
from vibe_tui.services.assistant.ports import ToolRequest
from vibe_tui.widgets.chat.completions import Suggestion
from vibe_tui.widgets.chat.messages import Image, PromptSent
from vibe_tui.widgets.chat.panel import ChatPanel

Scene = Callable[[Pilot[Any]], Awaitable[None]]
DIFF = "@@ -1 +1,2 @@\n import\n+added"
ANSWER = """\
I added a **notes** table and three functions, see [the docs](https://docs.convex.dev/database).

1. `notes:list` reads the last hundred,
2. `notes:add` trims what it gets:

   ```ts
   const body = args.body.trim();
   ```

| Index | Fields |
|---|---|
| by_author | author, _creationTime |
"""
HOSTILE = "\x1b[2J\x1b]52;c;eA==\x07 [red]x[/] &#x202E;gnp.exe <b>\u200b [a](javascript:x)"


def _chat(pilot: Pilot[Any]) -> ChatPanel:
    page = pilot.app.screen
    assert isinstance(page, ProjectScreen)
    page.panes.show("chat")
    return page.chat


async def chat_answer(pilot: Pilot[Any]) -> None:
    chat = _chat(pilot)
    chat.show_model("gpt-5 (openai)")
    chat.add_prompt("Add notes like in @convex/schema.ts", images=1)
    chat.stream_reasoning("The user wants notes. " * 40)
    chat.tool_started("1.0", "Reading convex/schema.ts")
    chat.tool_ended("1.0", True, "Read convex/schema.ts")
    chat.add_file("convex/schema.ts", 8, 1, DIFF, False)
    chat.add_deleted("convex/old.ts", 12, DIFF)
    chat.deployed(1.94)
    chat.add_answer(ANSWER)
    chat.show_used(12_345, 678, 0.0123)
    chat.ended("done")


async def chat_busy(pilot: Pilot[Any]) -> None:
    chat = _chat(pilot)
    chat.know_commands([Suggestion("/model", "Choose the model"), Suggestion("/help", "Help")])
    chat.show_model("a-model-with-a-very-long-name-of-its-own (a-provider)")
    chat.show_reviews(True)
    chat.add_prompt("Add notes")
    chat.busy(True)
    chat.tool_started("1.0", "Writing convex/notes.ts")
    chat.show_used(None, None, None)
    chat.queue(PromptSent("And then\nwrite the screen for them, with a list and a field and a button"))
    chat.attach_image(Image("screenshot.png", 123_456, "data:"))
    chat.focus()
    await pilot.press("slash")


async def chat_failed(pilot: Pilot[Any]) -> None:
    chat = _chat(pilot)
    chat.show_model("gpt-5 (openai)")
    chat.add_prompt("Add notes")
    chat.add_file("convex/notes.ts", 20, 0, DIFF, True)
    for number in (1, 2):
        chat.deploy_failed("Cannot find name 'v'.", "convex/notes.ts", 4)
        chat.repairing(number, 3)
    chat.tool_started("3.0", "Editing convex/notes.ts")
    chat.deploy_failed("Cannot find name 'v'.", "convex/notes.ts", 4)
    chat.ended("failed")
    chat.offer("Its changes are still in the files.", "Undo this turn", "undo_turn")


async def chat_hostile(pilot: Pilot[Any]) -> None:
    chat = _chat(pilot)
    chat.show_model(HOSTILE)
    chat.add_prompt(HOSTILE)
    chat.add_answer(f"{HOSTILE}\n\n# {HOSTILE}\n\n- {HOSTILE}\n\n```{HOSTILE}\n{HOSTILE}\n```\n")
    chat.tool_ended("1.0", False, HOSTILE)
    chat.ended("done")


async def approval(pilot: Pilot[Any]) -> None:
    await chat_answer(pilot)
    command = "npm install --ignore-scripts -- zod \u202eand\x1b[2J more"
    pilot.app.push_screen(ApprovalDialog(ToolRequest("packages", "Install 1 package", command)))


async def secret(pilot: Pilot[Any]) -> None:
    await chat_answer(pilot)
    body = "The assistant asks for RESEND_KEY, a variable of your deployment."
    pilot.app.push_screen(SecretForm("A value for RESEND_KEY", body, accept="Set it in the deployment"))
    await pilot.pause()
    await pilot.press("a", "b")


async def models(pilot: Pilot[Any]) -> None:
    await chat_answer(pilot)
    picker = ModelPicker("openai/gpt-5")
    picker.show(
        [
            ModelGroup("vibe-tui", (ModelChoice("model", "", "Built-in recipes (no AI key)"),)),
            ModelGroup(
                "openai",
                tuple(
                    ModelChoice("model", f"openai/{name}", name, "272k tokens, images")
                    for name in ("gpt-5", "gpt-5-mini", "gpt-5-nano")
                ),
            ),
            ModelGroup(
                "openrouter", (ModelChoice("key", "openrouter", "Give the key for openrouter"),), "no key yet"
            ),
            ModelGroup("On this computer", note="looking…"),
        ]
    )
    pilot.app.push_screen(picker)


CHAT_SCENES: dict[str, Scene] = {
    "chat_answer": chat_answer,
    "chat_busy": chat_busy,
    "chat_failed": chat_failed,
    "chat_hostile": chat_hostile,
    "approval": approval,
    "secret": secret,
    "models": models,
}
