"""What can go wrong with a sandbox in the cloud, each with what to do about it."""

from __future__ import annotations

from vibe_tui.services.errors import VibeError


class SandboxFailed(VibeError):
    """The sandbox, or the account it belongs to, did not do what was asked."""

    code = "sandbox_failed"


class SandboxAsleep(SandboxFailed):
    """It is paused: its files are there, nothing runs."""

    code = "sandbox_asleep"


class SandboxGone(SandboxFailed):
    """There is no such sandbox any more."""

    code = "sandbox_gone"


class SandboxUnreachable(SandboxFailed):
    """The network, or what is behind it, did not answer; the sandbox may be well."""

    code = "sandbox_unreachable"
