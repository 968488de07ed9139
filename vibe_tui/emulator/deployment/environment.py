"""The deployment's environment variables: user code sees them as `process.env`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from vibe_tui.emulator.deployment.errors import Refusal
from vibe_tui.emulator.deployment.files import write_private

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_VALUE_LIMIT = 8192
_COUNT_LIMIT = 1000
_BUILT_IN = ("CONVEX_CLOUD_URL", "CONVEX_SITE_URL")


class Environment:
    """Name -> value; `update` replaces the file durably, then the values. `open` and `update` block."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "environment.json"
        self.values: dict[str, str] = {}

    def open(self) -> None:
        if self._path.exists():
            self.values = json.loads(self._path.read_text(encoding="utf-8"))

    def update(self, changes: dict[str, str | None]) -> None:
        """Set variables; None removes one. All or nothing. Raises Refusal for a bad name or value."""
        values = dict(self.values)
        for name, value in changes.items():
            if value is None:
                values.pop(name, None)
                continue
            self._check(name, value)
            values[name] = value
        if len(values) > _COUNT_LIMIT:
            raise Refusal(
                "TooManyEnvVars", f"A deployment can have at most {_COUNT_LIMIT} environment variables."
            )
        write_private(self._path, json.dumps(values).encode())
        self.values = values

    @staticmethod
    def _check(name: str, value: str) -> None:
        if not _NAME.fullmatch(name):
            raise Refusal(
                "InvalidEnvVarName",
                f"The environment variable name {name!r} is not valid: letters, digits and underscores, "
                "not starting with a digit, at most 40 characters.",
            )
        if name in _BUILT_IN:
            raise Refusal(
                "EnvVarNameForbidden", f"Environment variable {name} is built in and cannot be overridden."
            )
        if len(value.encode("utf-8", "surrogatepass")) > _VALUE_LIMIT:
            raise Refusal("EnvVarTooLarge", f"The value of {name} is larger than {_VALUE_LIMIT} bytes.")
