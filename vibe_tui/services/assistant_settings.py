"""The settings of the assistant: which model answers, where it is, what a turn may use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from vibe_tui.services.assistant.provider import base_url_of

EFFORTS = ("", "none", "minimal", "low", "medium", "high", "xhigh")
BUILT_IN: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "lm-studio": "http://127.0.0.1:1234/v1",
    "llama-cpp": "http://127.0.0.1:8080/v1",
}
"""Providers that need no setting, with their addresses; those on this computer at their usual ports."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class AssistantSettings:
    model: str = ""
    """"PROVIDER/MODEL"; a model alone is one of the provider "openai". "": the built-in recipes answer."""
    reasoning_effort: str = ""
    """"": left to the provider."""
    window: int = 0
    """Tokens that the model can look at; 0: an estimate."""
    price_prompt: float | None = None
    """US dollars per million tokens of the model; None: not known."""
    price_completion: float | None = None
    step_limit: int = 40
    """Requests to the model in one turn."""
    token_limit: int | None = None
    """Of one turn; None: no limit."""
    price_limit: float | None = None
    """US dollars for one turn; None: no limit. It needs both prices."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    base_url: str = ""
    """"": the address that a built-in provider of this name has."""
    key_variable: str = ""
    """The environment variable that holds the key; without one it is in the credential store."""


def is_provider_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def model_name(value: object) -> str:
    if not isinstance(value, str) or len(value) > 300 or (value and not re.fullmatch(r"[!-~]+", value)):
        raise ValueError('a name such as "openai/gpt-5", or "" for the built-in recipes')
    return value


def _effort(value: object) -> str:
    if value not in EFFORTS:
        raise ValueError(", ".join(f'"{effort}"' for effort in EFFORTS))
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 1 <= value <= 1_000_000_000:
        raise ValueError("a whole number above 0")
    return value


def _dollars(value: object) -> float:
    if type(value) not in (int, float) or not 0 <= cast(float, value) <= 1_000_000:
        raise ValueError("a number of US dollars")
    return float(cast(float, value))


def _address(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("an address in quotes")
    return base_url_of(value)


def _variable(value: object) -> str:
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value):
        raise ValueError("the name of an environment variable")
    return value


ASSISTANT_KEYS: Mapping[str, Callable[[object], object]] = {
    "model": model_name,
    "reasoning_effort": _effort,
    "window": _count,
    "price_prompt": _dollars,
    "price_completion": _dollars,
    "step_limit": _count,
    "token_limit": _count,
    "price_limit": _dollars,
}
PROVIDER_KEYS: Mapping[str, Callable[[object], object]] = {"base_url": _address, "key_variable": _variable}
