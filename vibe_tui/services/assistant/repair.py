"""A failed check goes back to the model, a few times, as long as the error is a new one."""

from __future__ import annotations

import re

from vibe_tui.services.assistant.tools.envelope import envelope
from vibe_tui.services.model import Push

ROUNDS = 3
_MOST_PROBLEMS = 20
_NUMBER = re.compile(r"\d+")


class Repairs:
    """Of one turn."""

    def __init__(self) -> None:
        self.round = 0
        self._seen: set[frozenset[str]] = set()

    def again(self, push: Push) -> bool:
        """Whether the model is to correct what failed: code, an error it has not had, and rounds left."""
        error = fingerprint(push)
        known = error in self._seen
        self._seen.add(error)
        if push.result != "failed" or known or self.round == ROUNDS:
            return False
        self.round += 1
        return True


def fingerprint(push: Push) -> frozenset[str]:
    """The same for the same errors, wherever in their files they stand."""
    if not push.problems:
        return frozenset({_NUMBER.sub("", push.reason)})
    return frozenset(f"{problem.file} {problem.message}" for problem in push.problems)


def failure(push: Push) -> dict[str, object]:
    """What went wrong, for the model."""
    problems: list[object] = [
        {"file": it.file, "line": it.line, "column": it.column, "message": it.message}
        for it in push.problems[:_MOST_PROBLEMS]
    ]
    return {"reason": push.reason, "problems": problems, "problems_in_all": len(push.problems)}


def request(push: Push) -> str:
    """What the model is asked after its changes failed."""
    return (
        "Your changes did not pass. Correct what is wrong in the files, then end your turn; it is checked "
        f"and deployed again.\n{envelope('check_and_deploy', False, failure(push))}"
    )
