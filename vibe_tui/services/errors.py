"""The one family of expected failures.

Anything that can go wrong in use is raised as a :class:`VibeError` (or a subclass that lives in the
module it belongs to). It carries a sentence a user can act on; the command line and the page only
show it. A traceback therefore always means a defect of ours.
"""

from __future__ import annotations

from typing import ClassVar


class VibeError(Exception):
    """An expected failure.

    message: what went wrong, one plain sentence, already cleaned and without secrets.
    next_step: what the user can do about it, one plain sentence, or "" when there is nothing to do.
    """

    code: ClassVar[str] = "failed"
    """Stable name of the kind of failure, for scripts (``--json``)."""
    exit_code: ClassVar[int] = 1
    """What the command line exits with: 1 failed, 2 wrong usage."""

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class UsageError(VibeError):
    """The command or its arguments make no sense; nothing was tried."""

    code = "usage"
    exit_code = 2
