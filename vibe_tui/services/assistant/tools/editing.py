"""edit_file: put one text in the place of another that stands in the file exactly once."""

from __future__ import annotations

import difflib

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.file_change import change, check_text
from vibe_tui.services.assistant.tools.tool import Result, Tool, ToolRefused, flag, takes, text
from vibe_tui.services.terminal_text import visible
from vibe_tui.services.working_tree import FileMissing

_AROUND = 10
"""Lines that are shown where an edit fits nowhere."""
_COMPARED = 200
"""Characters of a line that are compared to find them."""


class EditFitsNowhere(ToolRefused):
    """The old text is not in the file, or there more than once."""

    code = "edit_fits_nowhere"


async def _edit(arguments: Arguments, bench: Bench) -> Result:
    path, old, new = arguments.path("path"), arguments.text("old"), arguments.text("new")
    check_text(new)

    def make(before: str | None) -> str:
        if before is None:
            raise FileMissing(
                f"There is no file {visible(path)} in the project.", next_step="Use write_file to create it."
            )
        return replaced(before, old, new, everywhere=arguments.flag("replace_all"))

    written = await change(bench, path, make)
    if written is None:
        return Result(f"{visible(path)} holds that already", {"path": path, "changed": False})
    data = {"path": path, "added": written.added, "removed": written.removed}
    return Result(f"Edited {visible(path)}", data, events=(written,))


def replaced(content: str, old: str, new: str, *, everywhere: bool = False) -> str:
    """`content` with `new` in the place of `old`.

    Exactly as it is first; else line by line without regard to line endings and spaces at their ends.
    Never roughly. Raises EditFitsNowhere, with the lines that are nearest.
    """
    if not old:
        raise EditFitsNowhere("The old text is empty.", next_step="Name the text that is to be replaced.")
    if content.count("\r\n") == content.count("\n"):
        new = new.replace("\r\n", "\n").replace("\n", "\r\n")
    count = content.count(old)
    if count == 1 or (count and everywhere):
        return content.replace(old, new)
    if count > 1:
        raise _several(count, [_line_of(content, at) for at in _places(content, old)])
    return _by_lines(content, old, new, everywhere)


def _by_lines(content: str, old: str, new: str, everywhere: bool) -> str:
    lines = content.splitlines(keepends=True) if "\r" in content else content.split("\n")
    if "\r" not in content:
        lines = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    bare = [line.rstrip() for line in lines]
    wanted = [line.rstrip() for line in old.strip("\r\n").split("\n")]
    size = len(wanted)
    found = [at for at in range(len(bare) - size + 1) if bare[at : at + size] == wanted]
    if not any(wanted) or not found:
        raise _nowhere(bare, wanted)
    if len(found) > 1 and not everywhere:
        raise _several(len(found), [at + 1 for at in found])
    ending = "\r\n" if "\r\n" in content else "\n"
    put = new.strip("\r\n")
    for at in reversed(found):
        closed = lines[at + size - 1].endswith("\n")
        lines[at : at + size] = [f"{put}{ending if closed else ''}"] if put else []
    return "".join(lines)


def _nowhere(lines: list[str], wanted: list[str]) -> EditFitsNowhere:
    first = next((line for line in wanted if line.strip()), "")[:_COMPARED]
    matcher = difflib.SequenceMatcher(b=first.strip(), autojunk=False)
    best, nearest = 0.0, 0
    for number, line in enumerate(lines):
        matcher.set_seq1(line.strip()[:_COMPARED])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            ratio = matcher.ratio()
            if ratio > best:
                best, nearest = ratio, number
    start = max(0, nearest - _AROUND // 2)
    shown = "\n".join(
        f"{start + at + 1}: {line[:_COMPARED]}" for at, line in enumerate(lines[start : start + _AROUND])
    )
    return EditFitsNowhere(
        f"The old text does not stand in the file. The lines that are nearest:\n{shown}",
        next_step="Copy the old text exactly from the file; read it again if it may have changed.",
    )


def _several(count: int, lines: list[int]) -> EditFitsNowhere:
    where = ", ".join(map(str, lines[:10]))
    return EditFitsNowhere(
        f"The old text stands in the file {count} times (lines {where}).",
        next_step="Take in more lines around it so that it is unique, or set replace_all.",
    )


def _places(content: str, old: str) -> list[int]:
    places: list[int] = []
    at = content.find(old)
    while at >= 0 and len(places) < 10:
        places.append(at)
        at = content.find(old, at + len(old))
    return places


def _line_of(content: str, at: int) -> int:
    return content.count("\n", 0, at) + 1


EDIT_FILE = Tool(
    ToolSpec(
        "edit_file",
        "Replace a text in a file. The old text must be copied exactly and stand in the file once.",
        takes(
            {
                "path": text("Relative to the project"),
                "old": text("The text to replace, with enough around it to be unique"),
                "new": text("What takes its place"),
            },
            {"replace_all": flag("Replace every place where the old text stands")},
        ),
    ),
    "Editing",
    _edit,
    about="path",
    writes=True,
)
