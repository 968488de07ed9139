"""What is known of a model by its name, where the provider does not tell. Estimates."""

from __future__ import annotations

_WINDOWS = (
    # The beginning of the name, behind the maker's ("openai/…"), and the tokens it can look at.
    ("gpt-4.1", 1_000_000),
    ("gpt-4o", 128_000),
    ("gpt-4-turbo", 128_000),
    ("gpt-4", 8_000),
    ("gpt-3.5", 16_000),
    ("gpt-5", 270_000),
    ("o1", 128_000),
    ("o3", 200_000),
    ("o4", 200_000),
    ("claude", 200_000),
    ("gemini", 1_000_000),
)
_ELSEWHERE = 128_000
_HERE = 32_000
"""On this computer the memory is the limit, whatever the model could do."""
_SEEING = ("gpt-4.1", "gpt-4o", "gpt-4-turbo", "gpt-5", "o1", "o3", "o4", "claude", "gemini")
_SEEING_PARTS = ("vision", "-vl", "llava", "pixtral", "multimodal")
_BLIND_PARTS = ("o1-mini", "o3-mini")


def likely_window(model: str, *, local: bool) -> int:
    """Tokens."""
    if local:
        return _HERE
    name = _name(model)
    return next((tokens for begin, tokens in _WINDOWS if name.startswith(begin)), _ELSEWHERE)


def likely_takes_images(model: str) -> bool:
    name = _name(model)
    if name.startswith(_BLIND_PARTS):
        return False
    return name.startswith(_SEEING) or any(part in name for part in _SEEING_PARTS)


def _name(model: str) -> str:
    return model.rpartition("/")[2].lower()
