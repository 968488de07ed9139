"""The recipe for signing in with Google, through Convex Auth.

https://labs.convex.dev/auth/config/oauth/google
"""

from __future__ import annotations

import json
import re

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes.app_files import add_packages, list_screen, put_once, put_parts
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, pattern, said
from vibe_tui.services.assistant.recipes.auth_tables import AUTH_SERVER
from vibe_tui.services.assistant.recipes.backend import AUTH_PATH, Backend, has_auth
from vibe_tui.services.assistant.recipes.code_file import Code, CodeFile, Import
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.http_file import HTTP_PATH, HttpFile
from vibe_tui.services.assistant.recipes.layout_file import use_auth_provider
from vibe_tui.services.assistant.recipes.realtime import refresh_screen
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.recipe_files import recipe_file
from vibe_tui.services.assistant.recipes.schema_change import with_auth_tables
from vibe_tui.services.assistant.recipes.schema_edit import Change, add_entries
from vibe_tui.services.assistant.recipes.schema_style import elements
from vibe_tui.services.assistant.recipes.typescript import nodes
from vibe_tui.services.assistant.recipes.uploads import refresh_uploads
from vibe_tui.services.assistant.recipes.wanted_table import own_authors, users_for_auth

_AUTH = (
    r"(?:auth(?:entication|orization)?|sign(?:ing)?[- ]?(?:in|up|on)s?|log(?:ging)?[- ]?ins?"
    r"|user accounts?|accounts|oauth|sso)"
)
_WHO = r"(?:users?|people|everyone|everybody|me|us|them|visitors)"
_GOOGLE = r"(?P<provider>[\w ]+?)(?:\s+(?:accounts?|auth|oauth|provider|sign[- ]?in|login))?"
_WITH = r"(?:with|via|through|using|by)"
_BUTTON = r"(?:\s+(?:button|screen|page|flow|support|provider))?"
_WAYS = tuple(
    pattern(way)
    for way in (
        rf"(?:{MAKE}|use\s+|enable\s+){DETERMINER}(?:user\s+)?{_AUTH}{_BUTTON}(?:\s+{_WITH}\s+{_GOOGLE})?",
        rf"(?:{MAKE}|use\s+|enable\s+){DETERMINER}(?:social\s+)?(?P<before>\w+)\s+{_AUTH}{_BUTTON}",
        rf"(?:let|allow|have|make)\s+(?:the\s+)?{_WHO}\s+(?:to\s+)?(?:sign|log)[- ]?in(?:\s+{_WITH}"
        rf"\s+{_GOOGLE})?",
        rf"(?:(?:i|we)\s+(?:want|need|would like)\s+{_WHO}\s+to\s+(?:be able to\s+)?)?(?:sign"
        rf"|log)[- ]?in\s+{_WITH}\s+"
        rf"(?:their\s+|an?\s+)?{_GOOGLE}",
        rf"(?:protect|secure)\s+(?:the\s+|my\s+)?(?:app|functions|backend)\s+{_WITH}\s+{_GOOGLE}",
    )
)
_PLAIN = {"", "their", "a", "an", "convex", "user", "users", "google", "social", "oauth"}
PACKAGES = ("@auth/core", "@convex-dev/auth", "expo-linking", "expo-secure-store", "expo-web-browser")
_VIEWER = Code(
    "viewer",
    """\
/** The signed-in user, or null. */
export const viewer = query({
  args: {},
  returns: v.union(
    v.null(),
    v.object({
      _id: v.id("users"),
      name: v.optional(v.string()),
      email: v.optional(v.string()),
      image: v.optional(v.string()),
    }),
  ),
  handler: async (ctx) => {
    const userId = await getAuthUserId(ctx);
    const user = userId === null ? null : await ctx.db.get("users", userId);
    return user && { _id: user._id, name: user.name, email: user.email, image: user.image };
  },
});""",
    (
        Import(AUTH_SERVER, ("getAuthUserId",)),
        Import("convex/values", ("v",)),
        Import("./_generated/server", ("query",)),
    ),
)


class OtherProvider(Unclear):
    code = "other_provider"


class AddGoogleAuth:
    abilities: tuple[tuple[str, str], ...] = (("add signing in", "Add authentication with Google"),)

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        sentence = said(prompt)
        found = next((match for way in _WAYS if (match := way.match(sentence))), None)
        if found is None:
            return None
        groups = found.groupdict()
        provider = (groups.get("provider") or groups.get("before") or "").strip()
        if not set(re.findall(r"\w+", provider.lower())) <= _PLAIN:
            raise OtherProvider(
                f"Built-in recipes add signing in with Google only, not with {provider}.",
                next_step="Ask for “Add authentication with Google”.",
            )
        draft = Draft(files)
        if "google" not in provider.lower():
            draft.assume("No provider was named: Google is taken.")
        add_google_auth(draft)
        return draft.plan("Add signing in with Google", ["Leave signing in as it is: it is there."])


def add_google_auth(draft: Draft) -> None:
    """All of it; what is there already stays. Raises NotPlaced."""
    backend = Backend(draft)
    before = backend.shapes()
    _auth_files(draft)
    _tables(backend)
    backend.auth = True
    backend.add_code("convex/users.ts", _VIEWER)
    backend.refresh(before)
    for name, new in backend.shapes().items():
        if name in before:
            refresh_screen(backend, before[name], new)
    refresh_uploads(draft)
    _screens(draft)
    add_packages(draft, PACKAGES, for_convex=True)
    if draft.edits():
        draft.tell(
            "By hand: “vibe-tui env set-up-auth” makes the deployment's keys (JWT_PRIVATE_KEY, JWKS, "
            "SITE_URL).",
            "By hand: make an OAuth client at https://console.cloud.google.com/auth/clients; its "
            "redirect URI is "
            "https://<deployment>.convex.site/api/auth/callback/google. “vibe-tui env set-up-auth” "
            "shows yours.",
            "By hand: set AUTH_GOOGLE_ID and AUTH_GOOGLE_SECRET to that client's id and secret with "
            "“vibe-tui env set”. "
            "Until then nobody can sign in.",
        )


def _auth_files(draft: Draft) -> None:
    auth = recipe_file(AUTH_PATH)
    file = CodeFile(draft, AUTH_PATH, auth)
    if not (draft.text(AUTH_PATH) or "").strip():
        scheme = _scheme(draft)
        redirects = "convex/redirects.ts"
        text = recipe_file(redirects).replace("{{scheme}}", scheme or "my-app")
        put_once(draft, redirects, text, ("mayEndAt",))
        draft.put(AUTH_PATH, auth)
        draft.steps.append(f"Write {AUTH_PATH} with the provider Google.")
        if scheme is None:
            draft.tell(f"By hand: put the app's own scheme (app.json) into APP_LINKS of {redirects}.")
    elif not has_auth(draft):
        raise file.refuse("it is there already and is not Convex Auth's")
    else:
        _google_provider(file, draft)
    config = "convex/auth.config.ts"
    there = draft.text(config)
    if there is None or not there.strip():
        draft.put(config, recipe_file(config))
    elif "CONVEX_SITE_URL" not in there:
        raise CodeFile(draft, config, recipe_file(config)).refuse("it names other providers")
    http = HttpFile(draft, "auth.addHttpRoutes(http);")
    if not http.has("auth.addHttpRoutes("):
        http.add(f"auth.addHttpRoutes({http.router});", [Import("./auth", ("auth",))])
        draft.steps.append(f"Let Convex Auth answer under /api/auth in {HTTP_PATH}.")


def _google_provider(file: CodeFile, draft: Draft) -> None:
    """Google among the providers of a convex/auth.ts that is there."""
    if file.module.name_of("@auth/core/providers/google", "default") is not None:
        return
    lists = [
        value
        for node in nodes(file.module.root)
        if node.type == "pair"
        and (key := node.child_by_field_name("key")) is not None
        and file.module.key(key) == "providers"
        and (value := node.child_by_field_name("value")) is not None
        and value.type == "array"
    ]
    if len(lists) != 1:
        raise file.refuse("its list of providers is not written out")
    if elements(lists[0]):
        file.write(add_entries(file.module, lists[0], [["Google"]], file.style))
    else:
        file.write([Change(lists[0].start_byte, lists[0].end_byte, "[Google]")])
    file.need([Import("@auth/core/providers/google", default="Google")])
    draft.steps.append(f"Add Google to the providers in {AUTH_PATH}.")
    draft.tell(
        f"By hand: let callbacks.redirect in {AUTH_PATH} return to the app's own links, if it does not yet."
    )


def _tables(backend: Backend) -> None:
    if not backend.schema.has_auth_tables:
        users_for_auth(backend)
        with backend.placing("  ...authTables,"):
            backend.write_schema(with_auth_tables(backend.schema))
        backend.draft.steps.append(
            "Add Convex Auth's tables to convex/schema.ts: users, sessions and accounts."
        )
    own_authors(backend)


def _screens(draft: Draft) -> None:
    put_parts(draft)
    put_once(draft, "lib/tokenStorage.ts", recipe_file("lib/tokenStorage.ts"), ("tokenStorage",))
    for path, name in (
        ("components/GoogleSignIn.tsx", "GoogleSignIn"),
        ("components/SignedInOnly.tsx", "SignedInOnly"),
    ):
        put_once(draft, path, recipe_file(path), (name,))
    account = "app/account.tsx"
    if draft.text(account) is None:
        draft.put(account, recipe_file(account))
        draft.steps.append(f"Show who is signed in, and signing in and out, in {account}.")
    use_auth_provider(draft)
    list_screen(draft, "Account", "/account")


def _scheme(draft: Draft) -> str | None:
    """The scheme of the app's own links."""
    try:
        scheme = json.loads(draft.text("app.json") or "{}")["expo"]["scheme"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return scheme if isinstance(scheme, str) and re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) else None
