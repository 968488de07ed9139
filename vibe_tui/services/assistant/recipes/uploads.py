"""The recipe for uploading files: a table of them, functions, and a screen.

https://docs.convex.dev/file-storage/upload-files
"""

from __future__ import annotations

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes.app_files import add_packages, list_screen, put_parts
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.base_files import SCHEMA_PATH
from vibe_tui.services.assistant.recipes.code_file import CodeFile
from vibe_tui.services.assistant.recipes.draft import Draft, NotPlaced
from vibe_tui.services.assistant.recipes.recipe_files import recipe_file
from vibe_tui.services.assistant.recipes.table import Field, Reference, Scalar, Style, Table, table_lines
from vibe_tui.services.assistant.recipes.table_words import and_list
from vibe_tui.services.assistant.recipes.wanted_table import add_tables

SCREEN = "app/files.tsx"
_TABLE = Table("files", (Field("name", Scalar("string")), Field("storageId", Reference("_storage"))))
_FILE = r"(?:files?|images?|photos?|pictures?|documents?|videos?|attachments?|media|avatars?)"
_UPLOADING = (
    rf"(?:{_FILE}[- ]?(?:uploads?|uploading|storage|uploader)|uploads?(?:\s+(?:of\s+|for"
    rf"\s+)?{_FILE})?|uploading(?:\s+of)?\s+{_FILE})"
)
_WAYS = tuple(
    pattern(way)
    for way in (
        rf"{MAKE}{DETERMINER}{_UPLOADING}(?:\s+(?:support|screen|button|functions?|feature|form))?"
        rf"(?:\s+(?:to|for|in)\s+(?:the\s+|my\s+)?(?:app|users?|people))?",
        rf"{MAKE}{DETERMINER}(?:functions?|mutations?|screen|way)\s+(?:to|for|that)\s+upload(?:s|ing)?\s+(?:the\s+)?{_FILE}",
        rf"(?:let|allow|enable)\s+(?:the\s+)?(?:users?|people|me|us|everyone)\s+(?:to\s+)?(?:upload|store|send|attach)\s+"
        rf"(?:their\s+|some\s+)?{_FILE}",
        rf"upload\s+{_FILE}",
    )
)
_KINDS = ("save", "list", "delete", "upload")


class AddUploads:
    abilities: tuple[tuple[str, str], ...] = (("upload files, with a screen", "Add file upload"),)

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        sentence = said(prompt)
        if not any(way.match(sentence) for way in _WAYS):
            return None
        backend = Backend(Draft(files))
        draft = backend.draft
        _table(backend)
        shape = backend.shape("files")
        if added := backend.add_functions(shape, _KINDS):
            draft.steps.append(f"Write {and_list([code.name for code in added])} in {shape.module}.")
            who = "everybody who is signed in" if backend.auth else "everybody who has the app"
            draft.assume(f"Files are seen, and deleted, by {who}.")
        there = draft.text(SCREEN)
        if there is None:
            put_parts(draft)
            draft.put(SCREEN, screen(auth=backend.auth))
            draft.steps.append(f"Show files, and a button that uploads one, in {SCREEN}.")
        elif "api.files." not in there:
            raise CodeFile(draft, SCREEN, screen(auth=backend.auth)).refuse("it is there and shows no files")
        list_screen(draft, "Files", "/files")
        add_packages(draft, ("expo-document-picker",), for_convex=False)
        return draft.plan(
            "Add uploading files", [f"Leave {SCREEN} and {shape.module} as they are: they upload files."]
        )


def screen(*, auth: bool) -> str:
    """The screen's text."""
    text = recipe_file(SCREEN)
    if auth:
        return text
    signed_in = "      <SignedInOnly>\n        <Files />\n      </SignedInOnly>\n"
    return text.replace(signed_in, "      <Files />\n").replace(
        'import { SignedInOnly } from "@/components/SignedInOnly";\n', ""
    )


def refresh_uploads(draft: Draft) -> None:
    """The screen that a recipe wrote shows files to those who are signed in only."""
    there = draft.text(SCREEN)
    if there is not None and there.replace("\r\n", "\n") == screen(auth=False):
        draft.put(SCREEN, screen(auth=True))
        draft.steps.append(f"Change {SCREEN} to fit.")


def _table(backend: Backend) -> None:
    there = backend.schema.tables.get("files")
    if there is None:
        add_tables(backend, [_TABLE])
    elif not there.has_fields(_TABLE.fields):
        shown = "\n".join(table_lines(_TABLE, Style()))
        raise NotPlaced(SCHEMA_PATH, "it has a table files with other fields", shown)
