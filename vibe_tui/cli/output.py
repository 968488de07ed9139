"""What a command prints, in each of its three forms.

text          for people: everything on stdout, failures on stderr
json          one object on stdout at the end, everything else on stderr
stream-json   one object a line on stdout: the events, then the result; messages on stderr
"""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal, TextIO

from vibe_tui.services.errors import VibeError
from vibe_tui.services.terminal_text import clean, redact, redact_all

Format = Literal["text", "json", "stream-json"]


class Output:
    def __init__(self, form: Format) -> None:
        self.form = form
        self.broken = False
        """Something could not be printed: whoever read it has gone, or it goes to a full disk."""
        self.on_broken: Callable[[], None] = _go_on
        """Called when that happens."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a terminal without UTF-8 gets \u… instead of an error
                stream.reconfigure(errors="backslashreplace")

    def say(self, text: str) -> None:
        """A message for people while the command works. Untrusted text is safe to pass."""
        stream = sys.stdout if self.form == "text" else sys.stderr
        self._print(redact(clean(text, colours=_shows_colours(stream))), stream)

    def warn(self, text: str) -> None:
        """Something that is not as it should be and stops nothing; always on stderr."""
        self._complain(text, "")

    def link(self, link: str) -> None:
        """A sign-in link of our own making, on a line of its own so that it can be copied whole.

        Not redacted: the state it carries belongs to this one sign-in and the user needs it.
        """
        if self.form == "stream-json":
            self._print(json.dumps({"event": "sign_in", "link": link}), sys.stdout)
        else:
            self._print(clean(link), sys.stdout if self.form == "text" else sys.stderr)

    def event(self, name: str, data: Mapping[str, Any] | object) -> None:
        """A step of a long command, for scripts. `data`: a mapping or a dataclass instance."""
        if self.form == "stream-json":
            self._print_json({"event": name, **plain(data)})

    def result(self, data: Mapping[str, Any] | object, text: str = "", *, ok: bool = True) -> None:
        """How the command ended: `data` for scripts, `text` for people ("" prints nothing)."""
        if self.form == "text":
            if text:
                self.say(text)
            return
        if text:
            self.say(text)
        self._finish({"ok": ok, **plain(data)})

    def reveal(self, data: Mapping[str, Any], text: str) -> None:
        """A result with secrets in it that the user has asked to see: cleaned, not redacted."""
        if self.form == "text":
            self._print(clean(text), sys.stdout)
        else:
            self._print(json.dumps({"ok": True, **data}, ensure_ascii=False), sys.stdout)

    def fail(self, problem: VibeError, data: Mapping[str, Any] | None = None) -> int:
        """Say what went wrong and what to do next; returns the exit code."""
        self._complain(problem.message, problem.next_step)
        if self.form != "text":
            error = {"code": problem.code, "message": problem.message, "next_step": problem.next_step}
            self._finish({"ok": False, "error": error, **(data or {})})
        return problem.exit_code

    def interrupted(self) -> int:
        self._complain("Stopped.", "")
        if self.form != "text":
            error = {"code": "interrupted", "message": "Stopped.", "next_step": ""}
            self._finish({"ok": False, "error": error})
        return 1

    def _complain(self, message: str, next_step: str) -> None:
        for line in (f"vibe-tui: {message}", next_step):
            if line:
                self._print(redact(clean(line)), sys.stderr)

    def _finish(self, data: Mapping[str, Any]) -> None:
        self._print_json({"event": "result", **data} if self.form == "stream-json" else data)

    def _print_json(self, data: Mapping[str, Any]) -> None:
        values = json.loads(json.dumps(data, default=str))
        self._print(json.dumps(redact_all(values), ensure_ascii=False), sys.stdout)

    def _print(self, text: str, stream: TextIO) -> None:
        try:
            print(text, file=stream, flush=True)
        except OSError as problem:
            # Point it elsewhere: what comes now is lost anyway, and the interpreter flushes it at exit.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
            self.broken = True
            if stream is sys.stdout and problem.errno not in (errno.EPIPE, errno.EIO):
                self._complain(f"The output could not be written: {(problem.strerror or '').lower()}.", "")
            self.on_broken()


def plain(data: Mapping[str, Any] | object) -> dict[str, Any]:
    """A dataclass instance or a mapping as plain data."""
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        return dataclasses.asdict(data)
    if isinstance(data, Mapping):
        return {key: _plain_value(value) for key, value in data.items()}
    raise TypeError(f"{type(data).__name__} is not plain data")


def _plain_value(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def _go_on() -> None:
    """For commands that end by themselves at once."""


def _shows_colours(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR")
