"""convex/http.ts: the router of HTTP endpoints, and what is added to it.

https://docs.convex.dev/functions/http-actions
"""

from __future__ import annotations

from collections.abc import Sequence

from vibe_tui.services.assistant.recipes.code_file import CodeFile, Import
from vibe_tui.services.assistant.recipes.draft import Draft

HTTP_PATH = "convex/http.ts"
_SERVER = "convex/server"
_EMPTY = """\
import { httpRouter } from "convex/server";

const http = httpRouter();

export default http;
"""


class HttpFile:
    """The router of `draft`, made when there is none. `shown`: what is going to be added."""

    def __init__(self, draft: Draft, shown: str) -> None:
        if not (draft.text(HTTP_PATH) or "").strip():
            draft.put(HTTP_PATH, _EMPTY)
        self._file = CodeFile(draft, HTTP_PATH, shown)
        self.router = self._router()
        """The name of its variable."""

    def has(self, *texts: str) -> bool:
        """Whether all of them are in the file, quotes and spaces apart."""
        code = self._file.module.canonical(self._file.module.root, "v")
        return all(text in code for text in texts)

    def add(self, text: str, imports: Sequence[Import]) -> None:
        """`text` before the default export."""
        self._file.need(imports)
        self._file.before_default_export(text)

    def _router(self) -> str:
        module = self._file.module
        exported = module.default_export()
        if exported is not None and exported.type == "identifier":
            value = module.resolve(exported)
            called = value.child_by_field_name("function") if value.type == "call_expression" else None
            if called is not None and module.text(called) == module.name_of(_SERVER, "httpRouter"):
                return module.text(exported)
        raise self._file.refuse("its default export is not a variable with Convex's httpRouter()")
