"""The secrets in a project's `.env` files: once known, nothing lets them out."""

from __future__ import annotations

import io
from itertools import islice

from vibe_tui.services.errors import VibeError
from vibe_tui.services.secret import Secret
from vibe_tui.services.working_tree import WorkingTree

_LARGEST = 1_000_000
_PUBLIC = {"CONVEX_DEPLOYMENT", "CONVEX_SELF_HOSTED_URL", "CONVEX_SITE_URL", "CONVEX_URL", "NODE_ENV"}
_PUBLIC_PREFIX = "EXPO_PUBLIC_"
"""Expo puts these into the app."""


def learn_secrets(tree: WorkingTree) -> None:
    """Make the values known to `redact`. A file that cannot be read cannot get out either. Blocking."""
    from dotenv.parser import parse_stream

    for path in islice(tree.walk(), 20_000):
        if not path.rpartition("/")[2].casefold().startswith(".env"):
            continue
        try:
            text = tree.read_text(path, largest=_LARGEST)
        except VibeError:
            continue
        for binding in parse_stream(io.StringIO(text)):
            name, value = binding.key or "", binding.value or ""
            if value and name not in _PUBLIC and not name.startswith(_PUBLIC_PREFIX):
                Secret(value)
