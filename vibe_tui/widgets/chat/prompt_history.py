"""The prompts that Up and Down go through."""

from __future__ import annotations

from collections.abc import Sequence


class PromptHistory:
    def __init__(self) -> None:
        self._prompts: list[str] = []
        self._at = 0
        """Which of the prompts is shown; their number: what is being written."""
        self._draft = ""

    @property
    def last(self) -> str:
        """ "" when there is none."""
        return self._prompts[-1] if self._prompts else ""

    def add(self, prompt: str) -> None:
        if self.last != prompt:
            self._prompts.append(prompt)
        self._at = len(self._prompts)

    def add_before(self, prompts: Sequence[str]) -> None:
        self._prompts[:0] = prompts
        self._at += len(prompts)

    def back(self, shown: str) -> str | None:
        """The prompt before the one that is shown; None: there is none."""
        if self._at == 0:
            return None
        if self._at == len(self._prompts):
            self._draft = shown
        self._at -= 1
        return self._prompts[self._at]

    def forth(self) -> str | None:
        """The prompt after the one that is shown, or what was being written."""
        if self._at == len(self._prompts):
            return None
        self._at += 1
        return self._draft if self._at == len(self._prompts) else self._prompts[self._at]
