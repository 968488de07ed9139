"""What a newcomer does, whole: the real program, keyboard only, as over SSH, at both sizes."""

from __future__ import annotations

import base64
import dataclasses
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Vibe
from tests.consenting_browser import consent
from tests.program import left_running
from tests.terminal.conftest import OpenPage
from tests.terminal.harness import Terminal

pytestmark = [pytest.mark.xdist_group("real"), pytest.mark.timeout(240)]

GRACE = 0.7
"""Seconds of calm before an answer: what comes too soon after a question was not meant for it."""


@dataclasses.dataclass
class Job:
    """The page of one project, and the steps of the job on it."""

    vibe: Vibe
    page: Terminal
    app: Path

    def connect(self, consent_to: Callable[[Job, str], None]) -> None:
        page = self.page
        page.wait("○ Connect Backend")
        page.wait("Convex: not connected")
        page.press("f8")
        page.wait("Status +○ Not connected")
        page.wait("Project +A new one")
        page.choose("Connect to Convex")
        page.wait("Connecting 1/5")
        page.wait("Open this link and consent")
        page.wait("clipboard")
        (link,) = set(copied(page))
        assert unwrapped(page) == link
        consent_to(self, link)
        page.wait("Status +● Connected")
        page.wait("● Convex Connected")
        page.wait(r"Dev server +○ Stopped")
        assert "code=" not in page.text

    def start_dev_server(self) -> None:
        page = self.page
        page.choose("Start Dev Server")
        page.wait(r"Dev server +↻ ")
        page.wait(r"Dev server +● Running, last push \d", 60)
        page.wait("Stop Dev Server")
        page.press("esc")
        page.wait_gone("Convex Backend")
        page.press("f4")
        page.wait("npx convex dev --once")
        page.wait("✔ .*Convex functions ready")
        assert page.cells("✔")[-1].fg != page.cells("Convex functions ready")[-1].fg

    def ask(self, prompt: str) -> None:
        """Ask, and apply the plan."""
        page = self.page
        page.press("f5")
        page.wait("Enter sends")
        page.type(prompt)
        page.wait(re.escape(prompt.split()[-1]) + " ")
        page.press("enter")
        page.wait("Apply")
        page.settle(GRACE)
        page.choose("Apply")

    def look_at_what_was_written(self) -> None:
        page = self.page
        page.wait(r"✓ deployed \d", 60)
        page.wait("✓ convex/schema.ts  [+]\\d+ \N{MINUS SIGN}\\d+ ▸")
        page.press("f2")
        page.wait("▸ convex")
        page.press("down", "right")
        page.wait("▾ convex")
        page.wait(r"schema\.ts")
        page.settle()
        while not is_current(page, "schema.ts"):
            page.press("down")
            page.settle()
        page.press("enter")
        page.wait("messages: defineTable")
        page.wait("schema.ts.*Preview")

    def save(self, text: str) -> None:
        """Type where the cursor is in the editor, and save the file."""
        page = self.page
        page.press("f3")
        page.type(text)
        page.press("ctrl+s")
        page.wait(r"dev server pushing")

    def meet_a_type_error(self) -> None:
        page = self.page
        self.save("// two\nconst wrong: number = 'text';\n")
        page.wait("✗ push failed", 60)
        page.wait("✗ Line 3: ")
        page.press("f5")
        page.wait(r"✗ convex/schema\.ts:3")
        page.press("f3")
        page.press("alt+w")
        page.wait("The preview comes later")

        page.press("f4", "/")
        page.wait("Find in the log")
        page.type("schema.ts:3:7")
        page.wait("1 of 1 lines")
        page.press("enter")
        page.wait("1 of 1 lines   n next")
        page.press("enter")
        page.wait("3  const wrong: number")
        page.press("alt+w")
        page.wait("The preview comes later")

        self.ask("Add a tasks table")
        page.wait(r"Add a tasks table[\s\S]*✗ convex/schema\.ts:3", 60)
        page.press("alt+e")
        page.wait("3  const wrong: number")
        page.press("ctrl+x", "ctrl+s")  # the cursor is in that line
        page.wait("dev server running", 60)
        assert "wrong" not in (self.app / "convex/schema.ts").read_text()

    def look_at_the_other_logs(self) -> None:
        page = self.page
        page.press("f4", "ctrl+n")
        page.wait(r"\$ npx convex dev --once")
        page.wait(r"exit 0 after \d")
        page.press("ctrl+n")
        page.wait(r"\d\d:\d\d:\d\d +✓ Deployed in \d")
        page.press("ctrl+n", "end")
        page.wait("✔ .*Convex functions ready")

    def show_the_dashboard(self) -> None:
        page = self.page
        page.press("f8")
        page.choose("Open in Convex Dashboard")
        page.wait("sent to your terminal's clipboard")
        assert page.wait(r"│  (http://127\.0\.0\.1:\d+/\S+)")[1] in copied(page)[-1]
        page.press("esc")
        page.wait_gone("Convex Backend")

    def download(self, target: Path) -> None:
        page = self.page
        page.press("alt+d")
        page.wait("Save the zip")
        page.settle(GRACE)
        page.choose("Save the zip")
        page.wait("Downloaded")
        page.wait(r"\d+ files, \d+ kB")
        page.settle(GRACE)
        assert unwrapped(page).endswith(str(target))
        with zipfile.ZipFile(target) as archive:
            assert "my-app/convex/schema.ts" in archive.namelist()
        page.press("enter")
        page.wait_gone("Downloaded")

    def read_about_publishing(self) -> None:
        page = self.page
        page.press("alt+u")
        page.wait("comes in a later version")
        page.settle(GRACE)
        page.press("esc")
        page.wait_gone("later version")

    def disconnect(self, choose: Callable[[Job], None]) -> None:
        page = self.page
        page.press("f8")
        page.choose("Disconnect")
        page.wait("Disconnect from Convex")
        page.settle(GRACE)
        choose(self)
        page.wait("Status +○ Not connected", 30)
        page.press("esc")
        page.wait("○ Connect Backend")
        page.wait("Convex: not connected")

    def quit(self) -> None:
        self.page.press("ctrl+q")
        assert self.page.exit_code(10) == 0
        self.page.assert_given_back()
        assert left_running(self.vibe) == {}


def copied(page: Terminal) -> list[str]:
    """What was put on the clipboard by OSC 52."""
    found = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)", page.output)
    return [base64.b64decode(text).decode() for text in found]


def unwrapped(page: Terminal) -> str:
    """The address or path that a dialog shows on several lines."""
    words = re.findall(r"│  ([^\s│]+) +│", page.text)
    start = next(number for number, word in enumerate(words) if word.startswith(("http://", "/")))
    return "".join(words[start:])


def is_current(page: Terminal, name: str) -> bool:
    return bool(page.cells(re.escape(name))[0].bg != page.cells("README")[0].bg)


def approve_here(job: Job, link: str) -> None:
    job.page.choose("Approve here")


def consent_on_another_computer(job: Job, link: str) -> None:
    """The browser there ends at an address that does not load; that is pasted back."""
    address = consent(link, follow=False)
    job.page.settle()
    job.page.press("up")
    job.page.settle()
    job.page.paste(address)
    job.page.press("enter")


def revoke(job: Job) -> None:
    job.page.choose("Revoke the key")


def delete_the_project(job: Job) -> None:
    page = job.page
    page.choose("Delete the project")
    name = page.wait('Type "(.*)" to go on')[1]
    page.type(name)
    page.settle(GRACE)
    page.choose("Delete it")


@pytest.mark.parametrize(
    ("columns", "rows", "consent_to", "disconnect"),
    [
        pytest.param(120, 40, approve_here, revoke, id="120x40", marks=pytest.mark.slow),
        pytest.param(80, 24, consent_on_another_computer, delete_the_project, id="80x24"),
    ],
)
def test_the_whole_job(
    vibe: Vibe,
    open_page: OpenPage,
    columns: int,
    rows: int,
    consent_to: Callable[[Job, str], None],
    disconnect: Callable[[Job], None],
) -> None:
    app = Path(vibe.json("new", "my-app", "--dir", "./my-app")["project"]["folder"])
    job = Job(vibe, open_page(vibe, "my-app", columns=columns, rows=rows), app)
    page = job.page
    job.connect(consent_to)
    job.start_dev_server()
    job.ask("Add a messages database table")
    job.look_at_what_was_written()

    job.save("// by hand\n")
    page.wait("dev server running", 60)
    assert (app / "convex/schema.ts").read_text().startswith("// by hand\n")
    job.meet_a_type_error()

    job.look_at_the_other_logs()
    job.show_the_dashboard()
    job.download(vibe.cwd / "my-app.zip")
    job.read_about_publishing()
    job.quit()

    job.page = page = open_page(vibe, columns=columns, rows=rows)
    page.wait(r"my-app  Convex Connected \(emulator\)")
    page.settle()
    page.press("enter")
    page.wait("● Convex Connected")
    job.disconnect(disconnect)
    job.quit()
    assert vibe.json("status", "--project", "my-app")["connection"]["state"] == "not connected"
