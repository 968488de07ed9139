"""Showing a workspace's events while a command runs."""

from __future__ import annotations

from vibe_tui.cli.output import Output, plain
from vibe_tui.services.chat import ChatState, event_name
from vibe_tui.services.log_store import LogStore
from vibe_tui.services.model import Connected, Connecting, DevServerState, Failed, NotConnected, Push

_STATES = (DevServerState, ChatState, Connected, Connecting, Failed, NotConnected)


def follow_log(log: LogStore, output: Output) -> None:
    """Print every line of a log that was just made."""
    cursor = 0

    def grew() -> None:
        nonlocal cursor
        while True:
            lines, cursor, _ = log.read(cursor, 1_000)
            if not lines:
                return
            for line in lines:
                output.say(line.text)
                output.event("log", {"text": line.text})

    log.subscribe(grew)


def tell(output: Output, what: object) -> None:
    """Pass a part's state or event on to scripts."""
    name = "state" if isinstance(what, _STATES) else event_name(what)
    kind = {"of": event_name(what)} if name == "state" else {}
    output.event(name, {**kind, **plain(what)})


def push_line(push: Push) -> str:
    if push.ok:
        return f"✓ deployed in {push.seconds:.1f} s"
    return f"✗ {push.result}: {push.reason}"
