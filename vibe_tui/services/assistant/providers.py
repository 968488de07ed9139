"""The providers that the settings, the environment and this computer give, their keys, and the chosen model.

Keys are in the environment or the credential store, there by provider *and* host: whoever changes a
provider's address does not send its key elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from vibe_tui.services.assistant.chat_model import ModelFailed
from vibe_tui.services.assistant.openai_chat import OpenAiChat
from vibe_tui.services.assistant.provider import Provider, Quirks, base_url_of
from vibe_tui.services.assistant_settings import BUILT_IN, AssistantSettings, is_provider_name
from vibe_tui.services.credentials import Credentials
from vibe_tui.services.errors import UsageError, VibeError
from vibe_tui.services.http_failures import host_name
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import Settings, Value, change, change_all, load
from vibe_tui.services.terminal_text import visible

DEFAULT = "openai"
"""The provider of a model that is named without one."""
_URL_VARIABLE = "OPENAI_BASE_URL"
_KEY_VARIABLE = "OPENAI_API_KEY"
_OF_THE_MODEL = ("assistant.window", "assistant.price_prompt", "assistant.price_completion")
"""Settings that mean nothing for another model."""


class ProviderUnknown(UsageError):
    code = "provider_unknown"


class ProviderInvalid(UsageError):
    """The name or the address cannot be one."""

    code = "provider_invalid"


class ModelNotChosen(ModelFailed):
    """There is a provider, but no name of a model."""

    code = "model_not_chosen"


class KeyMissing(ModelFailed):
    """A model is chosen whose provider needs a key, and there is none."""

    code = "model_key_missing"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who answers in the chats."""

    settings: AssistantSettings
    model: OpenAiChat | None
    """None: the built-in recipes."""
    obstacle: VibeError | None = None
    """Why the model of the settings does not answer."""

    @property
    def prices(self) -> tuple[float, float] | None:
        """US dollars per million tokens of prompt and completion; None: not known."""
        prompt, completion = self.settings.price_prompt, self.settings.price_completion
        return None if prompt is None or completion is None else (prompt, completion)


class Providers:
    """Reads the settings each time it is asked. Blocking: call it in a thread.

    Every method raises SettingsInvalid and CredentialsUnavailable; those that write also what
    `settings.change` and `Credentials.set` raise.
    """

    def __init__(self, home: Home, credentials: Credentials, environ: Mapping[str, str] = os.environ) -> None:
        self._home = home
        self._credentials = credentials
        self._environ = environ
        self._quirks: dict[str, Quirks] = {}

    def all(self) -> tuple[Provider, ...]:
        """First "openai", then those of the settings, then those on this computer. Nobody is asked."""
        settings = self._settings()
        names = dict.fromkeys((DEFAULT, *settings.providers, *BUILT_IN))
        return tuple(self._provider(settings, name) for name in names)

    def get(self, name: str) -> Provider:
        """Raises ProviderUnknown, and ProviderInvalid when its address is none."""
        settings = self._settings()
        if name not in settings.providers and name not in BUILT_IN:
            known = ", ".join(dict.fromkeys((*settings.providers, *BUILT_IN)))
            raise ProviderUnknown(
                f"There is no provider {visible(name)}.",
                next_step=f"Known are {known}. Add one: `vibe-tui model add NAME URL`.",
            )
        return self._provider(settings, name)

    def chosen(self) -> Chosen:
        """Who answers by the settings. Nobody is asked; raises nothing but SettingsInvalid."""
        assistant = self._settings().assistant
        if not assistant.model:
            return Chosen(assistant, None)
        try:
            model = self.model(assistant.model)
            obstacle = self._missing_key(assistant.model)
        except VibeError as problem:
            return Chosen(assistant, None, problem)
        return Chosen(assistant, model if obstacle is None else None, obstacle)

    def model(self, name: str) -> OpenAiChat:
        """The model of this name: "PROVIDER/MODEL", or a model of the provider "openai".

        Raises ModelNotChosen, ProviderInvalid.
        """
        settings = self._settings()
        provider, model = self._split(settings, name)
        assistant = settings.assistant
        return OpenAiChat(
            self._provider(settings, provider),
            model,
            reasoning_effort=assistant.reasoning_effort,
            window=assistant.window if name == assistant.model else 0,
        )

    def use(self, name: str, *, window: int = 0) -> None:
        """Let this model answer from now on; "": the built-in recipes. window: tokens, 0: not known."""
        settings = self._settings()
        if name:
            self._split(settings, name)
        values: dict[str, Value] = {"assistant.model": name or None}
        if name != settings.assistant.model:
            values |= dict.fromkeys(_OF_THE_MODEL)
        if window:
            values["assistant.window"] = window
        change_all(self._home, values)

    def set_reasoning_effort(self, effort: str) -> None:
        """ "": left to the provider."""
        change(self._home, "assistant.reasoning_effort", effort or None)

    def add(self, name: str, base_url: str, key_variable: str = "") -> Provider:
        """Add a provider, or give one another address. Raises ProviderInvalid."""
        if not is_provider_name(name):
            raise ProviderInvalid(
                f"{visible(name)} cannot be the name of a provider.",
                next_step="Use small letters, digits and -, e.g. openrouter.",
            )
        address = _address(base_url, "That")
        table = f"providers.{name}"
        change_all(self._home, {f"{table}.base_url": address, f"{table}.key_variable": key_variable or None})
        return self.get(name)

    def remove(self, name: str) -> None:
        """Forget a provider and its keys; a model of it is not used any more. Raises ProviderUnknown."""
        settings = self._settings()
        self.get(name)
        if settings.assistant.model and self._split(settings, settings.assistant.model)[0] == name:
            self.use("")
        for ref in self._credentials.refs(f"model/{name}/"):
            self._credentials.delete(ref)
        change(self._home, f"providers.{name}", None)

    def set_key(self, name: str, key: Secret) -> Provider:
        """Keep the key of a provider in the credential store. Raises ProviderUnknown, KeyUnusable."""
        provider = self.get(name)
        Provider(name, provider.base_url, lambda: key, "what you gave").key()
        self._credentials.set(_ref(provider), key)
        return self.get(name)

    def forget_key(self, name: str) -> bool:
        """False: there was none in the credential store. Raises ProviderUnknown."""
        return self._credentials.delete(_ref(self.get(name)))

    def _settings(self) -> Settings:
        return load(self._home, self._environ)

    def _split(self, settings: Settings, name: str) -> tuple[str, str]:
        """Provider and model. Models have slashes too: only the name of a provider we know is one."""
        first, slash, rest = name.partition("/")
        known = slash and (first in settings.providers or first in BUILT_IN)
        provider, model = (first, rest) if known else (DEFAULT, name)
        if not model:
            raise ModelNotChosen(
                f"{visible(name)} names no model.",
                next_step=f"See what there is: `vibe-tui model list {first}`.",
            )
        return provider, model

    def _provider(self, settings: Settings, name: str) -> Provider:
        configured = settings.providers.get(name)
        base_url = (configured.base_url if configured else "") or BUILT_IN.get(name, "")
        variable = configured.key_variable if configured else ""
        if name == DEFAULT:
            variable = variable or _KEY_VARIABLE
            if self._environ.get(_URL_VARIABLE, ""):
                base_url = _address(self._environ[_URL_VARIABLE], f"The environment variable {_URL_VARIABLE}")
        quirks = self._quirks.setdefault(base_url, Quirks())
        value = self._environ.get(variable, "").strip() if variable else ""
        if value:
            return Provider(
                name, base_url, lambda: Secret(value), f"the environment variable {variable}", quirks
            )
        ref = _ref(Provider(name, base_url))
        if ref in self._credentials.refs(ref):
            return Provider(
                name, base_url, lambda: self._credentials.get(ref), "the credential store", quirks
            )
        return Provider(name, base_url, quirks=quirks)

    def _missing_key(self, name: str) -> KeyMissing | None:
        provider = self.get(self._split(self._settings(), name)[0])
        if provider.key_from or not provider.needs_key:
            return None
        return KeyMissing(
            f"{visible(name)} is chosen, but there is no key for {provider.name}.",
            next_step=f"Give it one: `vibe-tui model key {provider.name}`.",
        )


def _ref(provider: Provider) -> str:
    return f"model/{provider.name}/{host_name(provider.base_url)}"


def _address(text: str, what: str) -> str:
    try:
        return base_url_of(text)
    except ValueError as error:
        raise ProviderInvalid(
            f"{what} is no address of a provider.", next_step=f"It must be {error}."
        ) from error
