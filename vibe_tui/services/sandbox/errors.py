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


class SandboxKeyMissing(SandboxFailed):
    """There is no key of an account."""

    code = "sandbox_key_missing"


class SandboxKeyWrong(SandboxFailed):
    """The account refused the key."""

    code = "sandbox_key_wrong"


class SandboxQuota(SandboxFailed):
    """The plan of the account does not allow what was asked, or not more of it."""

    code = "sandbox_quota"


class SandboxRateLimited(SandboxFailed):
    """Too many requests in a short time."""

    code = "sandbox_rate_limited"


class SandboxTemplateMissing(SandboxFailed):
    """The template that sandboxes are made from is not there."""

    code = "sandbox_template_missing"


class SandboxBusy(SandboxFailed):
    """The cloud has no room just now; nothing was changed."""

    code = "sandbox_busy"


class SandboxFull(SandboxFailed):
    """The disk of the sandbox is full."""

    code = "sandbox_full"
