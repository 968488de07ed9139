"""The Environment tab on a real (emulated) deployment."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deployed import Deployed
from tests.screens.dashboard.backend_screen import Page, backend_screen
from vibe_tui.screens import dialog
from vibe_tui.screens.dashboard import environment_pane
from vibe_tui.services.convex.deployment import DeploymentApi
from vibe_tui.services.secret import Secret

HIDDEN = "a value nobody may see 4711"
OTHER = "another one 0815"


@pytest.fixture
async def api(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DeploymentApi]:
    """The deployment with two variables, and none afterwards."""
    monkeypatch.setattr(dialog, "GRACE", 0)
    monkeypatch.delenv("TMUX", raising=False)
    async with deployed.api() as api:
        await api.variables.set({"FIRST_TOKEN": Secret(HIDDEN), "SECOND": Secret(OTHER)})
        yield api
        await api.variables.unset([it.name for it in await api.variables.all()])


async def values(api: DeploymentApi) -> dict[str, str]:
    return {it.name: it.value.reveal() for it in await api.variables.all()}


def never_shown(page: Page, *secrets: str) -> bool:
    return not any(secret in text for text in page.shown for secret in secrets)


async def test_a_value_is_shown_on_request_and_for_a_while(
    deployed: Deployed, api: DeploymentApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with backend_screen(deployed, "4") as page:
        await page.see("FIRST_TOKEN +••••••••")
        await page.see("SECOND +••••••••")
        assert never_shown(page, HIDDEN, OTHER)
        await page.press("v")
        await page.see(HIDDEN)
        await page.press("v")
        await page.unsee(HIDDEN)
        await page.press("enter")
        await page.see(HIDDEN)
        await page.press("down")
        await page.unsee(HIDDEN)
        monkeypatch.setattr(environment_pane, "REVEAL_SECONDS", 1)
        await page.press("v")
        await page.see(f"hidden again in 1 s(.|\n)*{OTHER}")
        await page.unsee(OTHER)


async def test_filtering(deployed: Deployed, api: DeploymentApi) -> None:
    async with backend_screen(deployed, "4") as page:
        await page.see("FIRST_TOKEN")
        await page.press("slash")
        await page.type("seco")
        await page.unsee("FIRST_TOKEN")
        await page.type("nd4")
        await page.see("No variable has “second4” in its name")
        await page.press("escape")
        await page.see("FIRST_TOKEN")


async def test_setting_takes_a_paste_whole_and_shows_nothing_of_it(
    deployed: Deployed, api: DeploymentApi
) -> None:
    lines = "first line of a key\nsecond line of a key"
    async with backend_screen(deployed, "4") as page:
        await page.see("SECOND")
        await page.press("a")
        await page.see("Add a variable")
        await page.type("not a name")
        await page.press("enter")
        await page.paste(lines.replace("\n", "\r") + "\r")
        await page.see("2 lines")
        await page.press("enter")
        await page.see("not valid: letters")
        await page.type("A_KEY")
        await page.press("enter")
        await page.paste(lines)
        await page.press("enter")
        await page.see("A_KEY is set")
        assert (await values(api))["A_KEY"] == lines
        await page.press("e")
        await page.see("Change A_KEY")
        await page.type("shorter")
        await page.press("enter")
        await page.see("A_KEY is set")
        assert (await values(api))["A_KEY"] == "shorter"
        assert never_shown(page, "of a key", "shorter")


async def test_removing_and_copying_ask_first(deployed: Deployed, api: DeploymentApi) -> None:
    async with backend_screen(deployed, "4") as page:
        await page.see("FIRST_TOKEN")
        await page.press("c")
        await page.see("Copy FIRST_TOKEN")
        await page.press("enter")
        assert page.copied == []
        await page.press("c")
        await page.see("Copy FIRST_TOKEN")
        await page.press("right", "enter")
        await page.until(lambda: page.copied == [HIDDEN])
        await page.press("d")
        await page.see("Remove FIRST_TOKEN")
        await page.press("enter")
        await page.unsee("Remove FIRST_TOKEN")
        assert set(await values(api)) == {"FIRST_TOKEN", "SECOND"}
        await page.press("delete")
        await page.see("Remove FIRST_TOKEN")
        await page.press("right", "enter")
        await page.see("FIRST_TOKEN is removed")
        assert set(await values(api)) == {"SECOND"}
        assert never_shown(page, HIDDEN)


async def test_importing_shows_what_changes_before_it_does(deployed: Deployed, api: DeploymentApi) -> None:
    pasted = f"FIRST_TOKEN='{HIDDEN}'\nSECOND=changed-4712\nTHIRD=new-4713\n"
    async with backend_screen(deployed, "4") as page:
        await page.see("SECOND")
        for answer in ("escape", "enter"):
            await page.press("i")
            await page.see("Import variables")
            await page.press("tab")
            await page.paste(pasted)
            await page.see("3 lines")
            await page.press("enter")
            await page.see(
                r"1 new, 1 changed, 1 the same\s(.|\n)*\+ THIRD(.|\n)*~ SECOND(.|\n)*= FIRST_TOKEN"
            )
            assert (await values(api)) == {"FIRST_TOKEN": HIDDEN, "SECOND": OTHER}
            await page.press(answer)
        await page.see("Imported: 1 new, 1 changed")
        await page.see("THIRD")
        assert (await values(api))["THIRD"] == "new-4713"
        await page.press("i")
        await page.see("Import variables")
        await page.paste("/no/such/missing.env")
        await page.press("enter")
        await page.see("missing.env cannot be read: no such file")
        assert never_shown(page, HIDDEN, "4712", "4713")


async def test_an_export_is_for_its_owner_and_replaces_nothing_unasked(
    deployed: Deployed, api: DeploymentApi, tmp_path: Path
) -> None:
    target = tmp_path / "kept.env"
    async with backend_screen(deployed, "4") as page:
        await page.see("SECOND")
        for there in (False, True):
            await page.press("x")
            await page.see("Save with values")
            await page.press("ctrl+u")
            await page.paste(str(target))
            await page.press("enter")
            if there:
                await page.see("exists already")
                await page.press("right", "enter")
            await page.see("2 variables with their values")
            assert stat.S_IMODE(target.stat().st_mode) == 0o600
            assert HIDDEN in target.read_text()
            target.write_text("not ours")
        assert never_shown(page, HIDDEN)


async def test_setting_up_convex_auth(deployed: Deployed, api: DeploymentApi) -> None:
    async with backend_screen(deployed, "4", size=(80, 24)) as page:
        await page.see("Convex Auth +not set up")
        await page.press("u")
        await page.see("Where is the app served")
        await page.press("ctrl+u")
        await page.type("nowhere")
        await page.press("enter")
        await page.see("has to be the address of a web page")
        await page.press("ctrl+u")
        await page.paste("http://localhost:8081")
        await page.press("enter")
        await page.see("Set in the deployment: JWKS, JWT_PRIVATE_KEY, SITE_URL")
        uri = (await page.see(r"http://127\.0\.0\.1:\d+/api/auth/callback/google"))[0]
        await page.see("Copy the redirect URI +Close")
        await page.press("left", "enter")
        await page.until(lambda: page.copied == [uri])
        await page.see("keys set · SITE_URL set · Google not set")
        first = (await values(api))["JWT_PRIVATE_KEY"]
        await page.press("u")
        await page.see("New keys sign.*\n.*everybody out who is signed in(.|\n)*Keep them")
        await page.press("enter")
        await page.see("What is left for you")
        assert (await values(api))["JWT_PRIVATE_KEY"] == first
        await page.press("escape")
        await page.press("u")
        await page.see("Replace the keys")
        await page.press("left", "enter")
        await page.see("Set in the deployment: JWKS, JWT_PRIVATE_KEY")
        second = (await values(api))["JWT_PRIVATE_KEY"]
        assert second != first
        assert never_shown(page, first[30:60], second[30:60], "PRIVATE KEY-----")
