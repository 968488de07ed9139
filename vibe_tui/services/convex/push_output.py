"""What the output of `convex dev --once` says (facts: Convex CLI 1.48 and TypeScript's pretty errors).

Its exit code alone cannot be trusted: 401/403 and malformed answers inside a push end with 0. So a
push is good only when the CLI exits 0 *and* has printed the line that says so.
"""

from __future__ import annotations

import re

from vibe_tui.services.model import Problem, PushResult
from vibe_tui.services.sandbox.base import Exit
from vibe_tui.services.terminal_text import clean

READY = "Convex functions ready!"
DEPLOYED = "Deployed Convex functions to "
"""What `convex deploy` says instead."""

_TSC = re.compile(
    r"^(?P<file>\S.*?\.[cm]?[jt]sx?):(?P<line>\d+):(?P<column>\d+) - error (?P<message>TS\d+: .*)"
)
_ESBUILD = re.compile(r"^\s*✘ \[ERROR\] (?P<message>.*)")
_PLACE = re.compile(r"^\s+(?P<file>[^\s:]+\.[cm]?[jt]sx?):(?P<line>\d+):(?P<column>\d+):")
_DOCUMENT = re.compile(
    r'^\s*(?P<message>Document with ID "[^"]+" in table "[^"]+" does not match the schema: .*)'
)
_CROSS = re.compile(r"^\s*✖ (?P<message>.*)")
_UNREACHABLE = re.compile(
    r"fetch failed|ECONNREFUSED|ECONNRESET|ENOTFOUND|network error, retrying|Retrying request", re.I
)
_KEY_REFUSED = re.compile(r"BadDeployKey|deploy key was invalid|401 Unauthorized|403 Forbidden")


class PushOutput:
    """Reads a push's lines as they come and judges them at the end. ready: what it says on success."""

    def __init__(self, ready: str = READY) -> None:
        self._says_ready = ready
        self._ready = False
        self._problems: list[Problem] = []
        self._crosses: list[str] = []
        self._after_cross: list[str] = []
        self._esbuild_message = ""
        self._unreachable = False
        self._key_refused = False

    def take(self, line: str) -> None:
        """One cleaned line (colours allowed)."""
        text = clean(line)
        if self._says_ready in text:
            self._ready = True
        if _UNREACHABLE.search(text):
            self._unreachable = True
        if _KEY_REFUSED.search(text):
            self._key_refused = True
        if match := _TSC.match(text):
            self._add(match, match["message"])
        elif match := _ESBUILD.match(text):
            self._esbuild_message = match["message"]
        elif self._esbuild_message and (match := _PLACE.match(text)):
            self._add(match, self._esbuild_message)
            self._esbuild_message = ""
        elif match := _DOCUMENT.match(text):
            self._problems.append(Problem(match["message"].strip()))
        elif match := _CROSS.match(text):
            self._crosses.append(match["message"].strip())
        elif self._crosses and text.strip() and len(self._after_cross) < 3:
            self._after_cross.append(text.strip())

    def judge(self, ended: Exit) -> tuple[PushResult, str, tuple[Problem, ...]]:
        """(result, one sentence unless deployed, the problems in the code)."""
        problems = tuple(dict.fromkeys(self._problems))  # the CLI runs tsc twice on an error
        if ended.code == 0 and self._ready:
            return "deployed", "", ()
        if ended.timed_out:
            result: PushResult = "unreachable" if self._unreachable else "timed out"
            return result, self._no_answer(ended), problems
        if ended.stopped:
            return "stopped", "The push was stopped.", problems
        if problems:
            first = problems[0]
            where = f"{first.file}:{first.line}: " if first.file else ""
            return "failed", f"{where}{first.message}", problems
        if self._key_refused:
            return "failed", "Convex refused the deploy key. Sign in again (`connect --new-key`).", ()
        if self._unreachable:
            return "unreachable", self._no_answer(ended), ()
        return "failed", self._reason(ended), ()

    def _add(self, match: re.Match[str], message: str) -> None:
        self._problems.append(
            Problem(message=message, file=match["file"], line=int(match["line"]), column=int(match["column"]))
        )

    def _no_answer(self, ended: Exit) -> str:
        if self._unreachable:
            return "The Convex deployment does not answer."
        return f"The push did not end within {ended.seconds:.0f} s and was stopped."

    def _reason(self, ended: Exit) -> str:
        if self._crosses:
            said = [self._crosses[-1], *self._after_cross]
            return " ".join(said)[:500]
        if ended.code == 0:
            return "The Convex CLI ended without saying that the functions are ready."
        if ended.code is None:
            return "The Convex CLI was killed."
        return f"The Convex CLI ended with exit code {ended.code}."
