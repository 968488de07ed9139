"""Who answers in the chat: shows what there is, and changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.app import App

from vibe_tui.screens.model_picker import ModelChoice, ModelGroup, ModelPicker
from vibe_tui.screens.secret_form import SecretForm
from vibe_tui.services.assistant.chat_model import ModelFailed
from vibe_tui.services.assistant.choosing import assistant_of
from vibe_tui.services.assistant.model_list import ModelInfo, models_of, probe_local
from vibe_tui.services.assistant.provider import Provider
from vibe_tui.services.assistant.providers import Chosen, Providers
from vibe_tui.services.assistant.recipes import BuiltInRecipes
from vibe_tui.services.chat import Chat
from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret
from vibe_tui.widgets.chat.foot import tokens

_RECIPES = ModelGroup("vibe-tui", (ModelChoice("model", "", BuiltInRecipes.name),))
_LOCAL = "On this computer"


class ChatModels:
    def __init__(self, app: Callable[[], App[object]], providers: Providers, chat: Chat) -> None:
        self._app = app
        self._providers = providers
        self._chat = chat

    async def obstacle(self) -> VibeError | None:
        """Why the model of the settings does not answer. Raises SettingsInvalid."""
        return (await asyncio.to_thread(self._providers.chosen)).obstacle

    async def choose(self) -> None:
        """Show what there is and use what the user picks. Call it in a worker.

        Raises what the settings and the credential store raise.
        """
        while True:
            known = await asyncio.to_thread(self._providers.all)
            chosen = await asyncio.to_thread(self._providers.chosen)
            picker = ModelPicker(chosen.settings.model)
            looking = asyncio.create_task(self._look(picker, known), name="models")
            try:
                choice = await self._app().push_screen_wait(picker)
            finally:
                looking.cancel()
            if choice is None:
                return
            if choice.kind == "model":
                await self.use(choice.name, window=choice.window)
                return
            await self._ask_key(next(one for one in known if one.name == choice.name))

    async def use(self, name: str, *, window: int = 0) -> None:
        """Let this model answer from the next turn on; "": the built-in recipes.

        Raises what the settings and the credential store raise, and why it cannot answer.
        """
        await asyncio.to_thread(self._providers.use, name, window=window)
        chosen: Chosen = await asyncio.to_thread(self._providers.chosen)
        if chosen.obstacle is not None:
            raise chosen.obstacle
        self._chat.use(assistant_of(chosen))

    async def _ask_key(self, provider: Provider) -> None:
        body = f"The key goes to {provider.base_url} and to nobody else. It is kept in the credential store."
        form = SecretForm(f"The key for {provider.name}", body, accept="Keep it")
        key = await self._app().push_screen_wait(form)
        if key:
            await asyncio.to_thread(self._providers.set_key, provider.name, Secret(key))

    async def _look(self, picker: ModelPicker, known: tuple[Provider, ...]) -> None:
        """Ask every provider at once, and those on this computer whether they are there."""
        remote = [one for one in known if not one.local]
        groups = {one.name: ModelGroup(one.name, note="asking…") for one in remote}
        here = [ModelGroup(_LOCAL, note="looking…")]

        def show() -> None:
            picker.show([_RECIPES, *groups.values(), *here])

        async def ask(provider: Provider) -> None:
            groups[provider.name] = await _group(provider)
            show()

        async def knock() -> None:
            servers = await probe_local(known)
            here[:] = [
                _of(f"{one.provider.name}, {_LOCAL.lower()}", one.provider, one.models) for one in servers
            ]
            here[:] = here or [
                ModelGroup(_LOCAL, note="no model server answers (Ollama, LM Studio, llama.cpp)")
            ]
            show()

        show()
        await asyncio.gather(knock(), *map(ask, remote))


async def _group(provider: Provider) -> ModelGroup:
    key = ModelChoice("key", provider.name, f"Give the key for {provider.name}")
    if provider.needs_key and not provider.key_from:
        return ModelGroup(provider.name, (key,), note="no key yet")
    try:
        return _of(provider.name, provider, await models_of(provider))
    except ModelFailed as problem:
        return ModelGroup(provider.name, (key,) if provider.needs_key else (), note=problem.message)


def _of(title: str, provider: Provider, models: tuple[ModelInfo, ...]) -> ModelGroup:
    choices = tuple(
        ModelChoice("model", f"{provider.name}/{one.id}", one.id, _facts(one), one.window) for one in models
    )
    return ModelGroup(title, choices, note="" if choices else "has no models")


def _facts(model: ModelInfo) -> str:
    facts = []
    if model.window:
        facts.append(f"{tokens(model.window)} tokens")
    if model.takes_images:
        facts.append("images")
    if model.calls_tools is False:
        facts.append("cannot call tools")
    return ", ".join(facts)
