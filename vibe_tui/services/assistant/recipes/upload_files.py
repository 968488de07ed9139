from __future__ import annotations

from vibe_tui.services.assistant.recipes.draft import Draft


def refresh_uploads(draft: Draft) -> None: ...
