"""The read-only dashboard."""

from __future__ import annotations

from tests.emulator.platform.platform_client import Form, PlatformClient
from vibe_tui.emulator.platform.html import Html, document, h


async def test_from_the_projects_to_a_deployment(platform: PlatformClient) -> None:
    token = await platform.token()
    body = {"projectName": "<b>My</b> App", "deploymentType": "dev"}
    made = await platform.ok("POST", "/teams/1/create_project", token, body)
    name, slug = made["deploymentName"], made["slug"]
    home = await platform.browse("/")
    assert f"/t/personal/{slug}" in home.body
    assert "&lt;b&gt;My&lt;/b&gt; App" in home.body
    project = await platform.browse(f"/t/personal/{slug}")
    assert f"/d/{name}" in project.body
    overview = await platform.browse(f"/d/{name}")
    assert made["deploymentUrl"] in overview.body
    for view in ("data", "functions", "logs"):
        page = await platform.browse(f"/d/{name}/{view}")
        assert page.status == 200
        assert "script" not in Form(page.body).tags
        assert "<b>" not in page.body


async def test_every_page_forbids_scripts_and_frames(platform: PlatformClient) -> None:
    for path in ("/", "/d/nobody-none-100", "/t/personal/nothing"):
        page = await platform.browse(path)
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; form-action 'none'")
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
    style = await platform.browse("/static/emulator.css")
    assert style.headers["Content-Type"].startswith("text/css")


async def test_what_does_not_exist_is_a_page_too(platform: PlatformClient) -> None:
    for path in ("/d/nobody-none-100", "/t/personal/nothing", "/t/nobody/nothing"):
        page = await platform.browse(path)
        assert page.status == 404
        assert "Not found" in page.body


def test_text_is_never_markup() -> None:
    made = h("p", "<i>&", h("b", "bold"), title='"<x>')
    assert made == '<p title="&quot;&lt;x&gt;">&lt;i&gt;&amp;<b>bold</b></p>'
    assert isinstance(made, Html)
    assert "<title>&lt;x&gt; " in document("<x>")
