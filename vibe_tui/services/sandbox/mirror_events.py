"""What the mirror tells while it works."""

from __future__ import annotations

from dataclasses import dataclass

from vibe_tui.services.terminal_text import visible

_NAMED = 5


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

    @property
    def line(self) -> str:
        parts = (
            ("to the sandbox:", self.sent),
            ("from the sandbox:", self.brought),
            ("removed there:", self.removed_there),
            ("removed here:", self.removed_here),
        )
        return "; ".join(f"{what} {_some(paths)}" for what, paths in parts if paths)


@dataclass(frozen=True, slots=True)
class KeptBoth:
    """A file was changed on both sides: this computer's keeps the name."""

    path: str
    copy: str
    """Where the sandbox's version is now."""

    @property
    def line(self) -> str:
        return (
            f"{visible(self.path)} was changed on both sides; the sandbox's version is {visible(self.copy)}"
        )


@dataclass(frozen=True, slots=True)
class NotRemoved:
    """Half of the project went in the sandbox at once; taken for an accident, it was sent again."""

    count: int

    @property
    def line(self) -> str:
        return f"{self.count} files were gone in the sandbox at once; they are sent again"


@dataclass(frozen=True, slots=True)
class NotMirrored:
    """One file could not be brought or sent; the next sync tries it again."""

    path: str
    reason: str

    @property
    def line(self) -> str:
        return f"{visible(self.path)} was not mirrored: {visible(self.reason)}"


MirrorEvent = Sending | Mirrored | KeptBoth | NotRemoved | NotMirrored


def _some(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(map(visible, paths[:_NAMED])) + more
