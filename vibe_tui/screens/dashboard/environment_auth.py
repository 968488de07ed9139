"""Set up Convex Auth: make what is missing, and say what only the user can do."""

from __future__ import annotations

from vibe_tui.screens.confirm import ConfirmDialog, Option
from vibe_tui.screens.dashboard.tab import Host
from vibe_tui.screens.prompt import PromptDialog
from vibe_tui.services.convex.convex_auth import (
    DEFAULT_SITE_URL,
    AuthSetUp,
    AuthState,
    SiteUrlInvalid,
    google_redirect_uri,
    look,
    set_up,
    still_to_do,
)
from vibe_tui.widgets.status_bar import Tone

TITLE = "Set up Convex Auth"
_SIGNS_OUT = "New keys sign everybody out who is signed in now."


def auth_words(state: AuthState) -> tuple[str, Tone]:
    """How far it is set up, on one line."""
    keys = {
        "missing": "no keys",
        "half": "the public key is missing",
        "good": "keys set",
        "broken": "the keys do not belong together",
    }[state.keys]
    if state.keys == "missing" and not state.site_url and not state.google:
        return "not set up", "plain"
    site = "SITE_URL set" if state.site_url else "no SITE_URL"
    google = "Google's id and secret set" if state.google else "Google not set"
    tone: Tone = "bad" if state.keys == "broken" else "good" if state.complete and state.google else "plain"
    return f"{keys} · {site} · {google}", tone


async def set_up_auth(host: Host) -> bool:
    """Whether anything was set. Raises HttpError."""
    state = await look(host.api.variables)
    replace = False
    if state.keys == "broken" or state.complete:
        answer = await _ask_to_replace(host, state)
        if answer is None:
            return False
        replace = answer
    site_url = state.site_url or await _ask_for_site_url(host, "")
    while site_url:
        host.notice("Setting up Convex Auth", "busy")
        try:
            done = await set_up(host.api.variables, site_url=site_url, replace_keys=replace)
        except SiteUrlInvalid as problem:
            site_url = await _ask_for_site_url(host, f"{problem.message}\n\n", site_url)
            continue
        host.notice(f"Set {', '.join(done.set)}" if done.set else "Nothing was missing", "good")
        await _tell(host, done)
        return bool(done.set)
    return False


async def _ask_to_replace(host: Host, state: AuthState) -> bool | None:
    """None: do nothing at all."""
    if state.keys == "broken":
        body = f"JWT_PRIVATE_KEY and JWKS do not belong together, so nobody can sign in. {_SIGNS_OUT}"
        options = [Option("cancel", "Cancel", "safe"), Option("replace", "Replace the keys", "danger")]
    else:
        body = f"JWT_PRIVATE_KEY, JWKS and SITE_URL are set already. {_SIGNS_OUT}"
        options = [
            Option("replace", "Replace the keys", "danger"),
            Option("keep", "Keep them, show what is left to do", "safe"),
        ]
    answer = await host.ask(ConfirmDialog(TITLE, body, options))
    return None if answer in (None, "cancel") else answer == "replace"


async def _ask_for_site_url(host: Host, problem: str, value: str = DEFAULT_SITE_URL) -> str:
    """ "": not answered."""
    body = (
        f"{problem}Where is the app served? Signing in returns to this address (SITE_URL). "
        "Expo's web build is at the one below while it is developed."
    )
    return await host.ask(PromptDialog(TITLE, body, value=value, accept="Set up")) or ""


async def _tell(host: Host, done: AuthSetUp) -> None:
    site_url = (await host.api.health()).site_url
    steps = still_to_do(done.state, site_url)
    said = [f"✓ Set in the deployment: {', '.join(done.set)}"] if done.set else []
    said += ["What is left for you:", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]
    options = [Option("close", "Close", "safe")]
    if not done.state.google:
        options.insert(0, Option("copy", "Copy the redirect URI"))
    dialog = ConfirmDialog("Convex Auth", "\n".join(said), options)
    if await host.ask(dialog) == "copy":
        await host.copy(google_redirect_uri(site_url))
