"""What the mirror tells while it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sending:
    """A large upload goes on."""

    done: int
    of: int
    """Files."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """Both trees were made the same, as far as something differed. Paths, by what was done."""

    sent: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()
    removed_there: tuple[str, ...] = ()
    removed_here: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptBoth:
    """A file was changed on both sides: this computer's keeps the name."""

    path: str
    copy: str
    """Where the sandbox's version is now."""


@dataclass(frozen=True, slots=True)
class NotRemoved:
    """Half of the project went in the sandbox at once; taken for an accident, it was sent again."""

    count: int


@dataclass(frozen=True, slots=True)
class NotMirrored:
    """One file could not be brought or sent; the next sync tries it again."""

    path: str
    reason: str


MirrorEvent = Sending | Mirrored | KeptBoth | NotRemoved | NotMirrored
