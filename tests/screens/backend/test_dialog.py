"""The backend dialog by itself: whatever Convex says shows whole in a small terminal, and cleaned."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest
from textual.app import App
from textual.widgets import Button, Input

from tests.flows.seen_page import Page
from vibe_tui.app import VibeApp
from vibe_tui.screens.backend.dialog import BackendDialog
from vibe_tui.screens.backend.view import BackendView, Choice, ChoosingView, ConnectingView, Step, Way
from vibe_tui.screens.backend.wishes import Connect, Give, Pasted, Pick, Search, Wish
from vibe_tui.screens.project.backend_views import not_connected_view
from vibe_tui.services.http_errors import TlsFailed
from vibe_tui.services.http_failures import refusal
from vibe_tui.services.model import Failed, NotConnected

WAYS = (Way("team-token", "Convex, with a team access token", "a token from the team's settings"),)
HOSTILE = "evil\x1b[2J\x1b]52;c;eA==\x07 [red]x[/] \u202egnp.exe"


class Shown(App[None]):
    """The dialog over nothing."""

    CSS_PATH = VibeApp.CSS_PATH

    def __init__(self, view: BackendView) -> None:
        super().__init__()
        self.wishes: list[Wish] = []
        self.dialog = BackendDialog(view, self.wishes.append)

    def get_css_variables(self) -> dict[str, str]:
        return {**super().get_css_variables(), "line": "#444444", "text-muted": "#888888"}

    def on_mount(self) -> None:
        self.push_screen(self.dialog)


def failed(problem: Any) -> BackendView:
    state = Failed("Creating the Convex project", problem.message, problem.next_step, problem.code)
    return not_connected_view(state, WAYS, None, None, tried=Connect("team-token", name="my-app"))


def refused(status: int, body: str) -> Any:
    request = httpx2.Request("GET", "https://api.convex.dev/v1/token_details")
    return refusal(httpx2.Response(status, text=body, request=request))


def plain(page: Page) -> str:
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", page.text).split())


@pytest.mark.parametrize(
    ("problem", "says", "button"),
    [
        (
            refused(403, '{"code": "SSORequired", "message": "SSO"}'),
            "Sign in to the Convex dashboard through the team's single sign-on, then connect again.",
            "Try again",
        ),
        (
            refused(403, '{"code": "Forbidden", "message": "not a member"}'),
            "Ask an owner of the team, or connect with another team.",
            "Try again",
        ),
        (refused(401, '{"message": "revoked"}'), "Sign in again: connect once more.", "Sign in again"),
        (refused(429, '{"message": "too many"}'), "Try again in a few minutes.", "Try again"),
        (refused(503, '{"message": "' + "sorry " * 60 + '"}'), "Try again in a moment.", "Try again"),
        (
            refused(200 + 3, "<html>Welcome to the hotel</html>"),
            "whether a proxy or a sign-in page of the network is in between.",
            "Try again",
        ),
        (
            refused(403, "<html>Welcome to the hotel</html>"),
            "whether a proxy or a sign-in page of the network is in between.",
            "Try again",
        ),
        (
            TlsFailed(
                "api.convex.dev cannot be trusted: its certificate comes from an unknown authority.",
                next_step="If your network replaces certificates, point SSL_CERT_FILE at its own; "
                "otherwise do not go on.",
            ),
            "otherwise do not go on.",
            "Try again",
        ),
        (refused(403, '{"message": "' + "x" * 300 + '"}'), "or connect with another team.", "Try again"),
    ],
)
async def test_what_went_wrong_shows_whole_at_80_by_24(problem: Any, says: str, button: str) -> None:
    app = Shown(failed(problem))
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(pilot)
        await page.see("Esc closes")
        shown = plain(page)
        assert says in shown
        assert re.sub(r"\s+", "", problem.message)[:90] in re.sub(r"\s+", "", shown)
        assert re.search(rf"{button} ", shown)
        assert str(app.dialog.query_one("#connect", Button).label) == button


async def test_text_from_outside_is_cleaned() -> None:
    choices = (Choice("1", HOSTILE, HOSTILE),)
    app = Shown(ChoosingView(HOSTILE, choices, searchable=True, alternative="Make a new one", note=HOSTILE))
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(pilot)
        await page.see("evil")
        assert not re.search("[\x1b\x07\u202e]", page.text)
        assert "[red]" in page.text
        await app.dialog.show(ConnectingView((Step(HOSTILE, "doing"),), question=HOSTILE, answer="secret"))
        await page.see("Paste it here")
        assert not re.search("[\x1b\x07\u202e]", page.text)


async def test_a_secret_is_masked_and_gone_when_it_was_sent() -> None:
    app = Shown(ConnectingView((Step("Signing in", "doing"),), question="The token?", answer="secret"))
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(pilot)
        await page.see("The token")
        await page.put("not-much-of-a-token")
        await page.see("•" * 19)
        await page.press("enter")
        assert app.dialog.query_one("#secret", Input).value == ""
        assert app.wishes == [Pasted("not-much-of-a-token"), Give("not-much-of-a-token")]
        assert "token" not in repr(app.wishes)


async def test_what_comes_too_early_is_no_answer() -> None:
    connecting = ConnectingView((Step("Signing in", "doing"),))
    app = Shown(connecting)
    async with app.run_test(size=(80, 24)) as pilot:
        await Page(pilot).see("Signing in")
        await app.dialog.show(not_connected_view(NotConnected(), WAYS, None, None, tried=Connect("")))
        app.dialog.query_one("#connect", Button).press()
        await pilot.pause(0.35)
        assert app.wishes == []
        app.dialog.query_one("#connect", Button).press()
        await pilot.pause()
        assert app.wishes == [Connect("team-token")]


async def test_a_list_is_searched_chosen_from_and_loads_more_at_its_end() -> None:
    choices = tuple(Choice(str(number), f"shop-{number}") for number in range(3))
    view = ChoosingView("Which project?", choices, searchable=True, more=True, alternative="Make a new one")
    app = Shown(view)
    async with app.run_test(size=(80, 24)) as pilot:
        page = Page(pilot)
        await page.see("There are more")
        await page.press("end")
        await page.see("shop-2")
        while not app.wishes:
            await pilot.pause(0.05)
        assert app.wishes == ["more"]
        await pilot.pause(0.3)
        await page.press("enter", "shift+tab", "a")
        assert app.wishes[1:] == [Pick("2"), Search("a")]
