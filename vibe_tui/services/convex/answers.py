"""Reading a deployment's JSON: what is not in the promised form is a NotTheApi, never a KeyError."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from vibe_tui.services.http_failures import wrong_shape

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answers:
    """Takes answers of `host` apart. Every method raises NotTheApi."""

    host: str

    def mapping(self, value: object) -> dict[str, object]:
        return self._a(value, dict)

    def items(self, value: object) -> list[object]:
        return self._a(value, list)

    def text(self, value: object) -> str:
        return self._a(value, str)

    def flag(self, value: object) -> bool:
        return self._a(value, bool)

    def number(self, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_shape(self.host)
        return value

    def texts(self, value: object) -> dict[str, str]:
        """An object whose values are all texts."""
        return {name: self.text(item) for name, item in self.mapping(value).items()}

    def _a(self, value: object, kind: type[T]) -> T:
        if not isinstance(value, kind):
            raise wrong_shape(self.host)
        return value
