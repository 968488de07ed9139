"""Whatever a widget is given, the filter between the app and the terminal lets no control character out."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.terminal import widget_page
from tests.terminal.harness import Terminal
from tests.terminal.payloads import MARKUP, PAYLOADS, assert_harmless


def test_no_widget_can_reach_past_the_screen(tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.mkdir()
    for text in [*PAYLOADS.values(), *MARKUP]:
        name = text.encode("utf-8", "surrogateescape" if "\ud800" not in text else "surrogatepass")
        (names / os.fsdecode(name.replace(b"/", b"_").replace(b"\0", b""))).touch()
    argv = [sys.executable, widget_page.__file__, str(names), str(tmp_path / "crashes")]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    page = Terminal(argv, cwd=tmp_path, env=environment, columns=200, rows=150)
    try:
        page.wait("first")
        for number, kind in enumerate(widget_page.KINDS, 1):
            page.press("n")
            page.wait(re.escape(f"{len(widget_page.KINDS) - number} left: {kind}"))
        page.press("n")
        page.wait("all were shown")
        page.settle()
        page.press("ctrl+q")
        assert page.exit_code(10) == 0
    finally:
        page.close()
    assert len(widget_page.KINDS) >= 25
    assert_harmless(page.output)
