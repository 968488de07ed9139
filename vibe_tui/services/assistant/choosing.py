"""From the settings to whoever answers in a chat. Blocking: the credential store is looked into."""

from __future__ import annotations

from vibe_tui.services.assistant.limits import Limits, Prices
from vibe_tui.services.assistant.model_turn import Assistant
from vibe_tui.services.assistant.providers import Chosen, Providers


def assistant_of(chosen: Chosen) -> Assistant | None:
    """None: the built-in recipes."""
    if chosen.model is None:
        return None
    prices = Prices(*chosen.prices) if chosen.prices else None
    return Assistant(chosen.model, _limits(chosen), prices)


def assistant_named(providers: Providers, name: str) -> Assistant:
    """The model of this name, as `Providers.model` takes it, within the limits of the settings.

    What it costs is known for the model of the settings alone. Raises what `Providers.model` raises.
    """
    chosen = providers.chosen()
    prices = Prices(*chosen.prices) if chosen.prices and name == chosen.settings.model else None
    return Assistant(providers.model(name), _limits(chosen), prices)


def _limits(chosen: Chosen) -> Limits:
    settings = chosen.settings
    return Limits(settings.step_limit, settings.token_limit, settings.price_limit)
