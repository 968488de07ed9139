"""Values that must never be shown, and the list of those that are known in this process."""

from __future__ import annotations

_known: set[str] = set()


class Secret:
    """A credential in memory. Its ``repr`` and ``str`` are stars; only :meth:`reveal` gives the value.

    Making one also makes its value known to :func:`terminal_text.redact`, so that a log line or an
    error message that happens to contain it shows stars instead.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= 8:  # shorter values would redact ordinary words
            _known.add(value)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def known_values() -> frozenset[str]:
    """Every secret value this process has held so far."""
    return frozenset(_known)
