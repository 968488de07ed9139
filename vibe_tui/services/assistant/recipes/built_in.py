"""The assistant that needs no model and no key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes.draft import NotPlaced
from vibe_tui.services.assistant.recipes.recipe import Recipe, Unclear


class BuiltInRecipes:
    """Answers with the first recipe that understands the prompt, otherwise with what they can do."""

    name = "Built-in recipes (no AI key)"

    async def answer(self, prompt: str, files: Files) -> Plan | Refusal:
        return await asyncio.to_thread(self._answer, prompt, files)

    def abilities(self) -> str:
        """What can be asked for, with an example each; several lines."""
        lines = [f"  {can}: “{example}”" for recipe in self._recipes for can, example in recipe.abilities]
        return "\n".join(
            [
                "Built-in recipes can",
                *lines,
                "They are no model. For any other request connect one: /model in the chat, or",
                "`vibe-tui model list`.",
            ]
        )

    @cached_property
    def _recipes(self) -> Sequence[Recipe]:
        """In the order in which a user is told of them. The last that understands a prompt answers it: they
        are ever more special, and AddTables reads any "… table"."""
        from vibe_tui.services.assistant.recipes.crons import AddCron
        from vibe_tui.services.assistant.recipes.fields import AddFields
        from vibe_tui.services.assistant.recipes.functions import WriteFunctions
        from vibe_tui.services.assistant.recipes.google_auth import AddGoogleAuth
        from vibe_tui.services.assistant.recipes.http_endpoint import AddHttpEndpoint
        from vibe_tui.services.assistant.recipes.indexes import AddIndex, AddPages, AddSearch
        from vibe_tui.services.assistant.recipes.realtime import MakeRealtime
        from vibe_tui.services.assistant.recipes.scheduled import ScheduleFunction
        from vibe_tui.services.assistant.recipes.tables import AddTables
        from vibe_tui.services.assistant.recipes.uploads import AddUploads

        return (
            AddTables(),
            AddFields(),
            WriteFunctions(),
            MakeRealtime(),
            AddGoogleAuth(),
            AddIndex(),
            AddSearch(),
            AddPages(),
            AddUploads(),
            ScheduleFunction(),
            AddCron(),
            AddHttpEndpoint(),
        )

    def _answer(self, prompt: str, files: Files) -> Plan | Refusal:
        try:
            for recipe in reversed(self._recipes):
                if (answer := recipe.plan(prompt, files)) is not None:
                    return answer
        except NotPlaced as problem:
            return problem.refusal()
        except Unclear as unclear:
            return Refusal(unclear.message, unclear.next_step, self.abilities())
        return Refusal(
            "Built-in recipes do not know how to do this.",
            f"Ask for one of the things they can do, e.g. “{self._recipes[0].abilities[0][1]}”, or connect "
            "a model.",
            self.abilities(),
        )
