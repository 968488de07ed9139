"""The recipe for HTTP endpoints, which anything that speaks HTTP can call.

https://docs.convex.dev/functions/http-actions
"""

from __future__ import annotations

import json
import re

from vibe_tui.services.assistant.answerer import Files, Plan, Refusal
from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.asking import DETERMINER, MAKE, TABLE, TABLE_END, pattern, said
from vibe_tui.services.assistant.recipes.backend import Backend
from vibe_tui.services.assistant.recipes.code_file import CodeFile, Import
from vibe_tui.services.assistant.recipes.draft import Draft
from vibe_tui.services.assistant.recipes.function_code import GENERATED
from vibe_tui.services.assistant.recipes.http_file import HTTP_PATH, HttpFile
from vibe_tui.services.assistant.recipes.recipe import Unclear
from vibe_tui.services.assistant.recipes.shape import Shape
from vibe_tui.services.assistant.recipes.table_functions import MAKERS
from vibe_tui.services.assistant.recipes.table_words import and_list
from vibe_tui.services.assistant.recipes.wanted_table import not_users, wanted_shape

_PATH = r"/[\w./:-]*"
_METHOD = r"(?P<method>get|post)"
_KIND = (
    rf"(?:(?:{_METHOD}|public|web)\s+)*(?:(?P<at>{_PATH})\s+)?(?:http|rest|web"
    r"|json)?\s*(?P<kind>(?:api\s+)?endpoints?|routes?|webhooks?|http\s+actions?|actions?|apis?)"
)
_AT = rf"(?:\s+(?:(?:at|on|under|called|named|with the path|for)\s+)?(?P<path>{_PATH}))?"
_TO = r"\s+(?:to|that|which|for)\s+(?:can\s+)?"
_GETS = (
    r"(?:get|gets|getting|list|lists|listing|return|returns|returning|show|shows|read|reads"
    r"|reading|fetch|fetches|give|gives)"
)
_POSTS = (
    r"(?:save|saves|saving|store|stores|storing|create|creates|creating|add|adds|adding|insert|inserts|receive|receives"
    r"|receiving|accept|accepts|accepting|post|posts|send|sends|take|takes)"
)
_WAYS = tuple(
    pattern(way)
    for way in (
        rf"{MAKE}{DETERMINER}{_KIND}{_AT}",
        rf"{MAKE}{DETERMINER}{_KIND}{_AT}{_TO}(?:(?P<gets>{_GETS})|(?P<posts>{_POSTS}))\s+{TABLE}{TABLE_END}"
        rf"{_AT.replace('path>', 'path2>')}",
        rf"{MAKE}{DETERMINER}{_KIND}{_AT}\s+for\s+{TABLE}{TABLE_END}",
        rf"expose\s+{TABLE}{TABLE_END}\s+(?:over|via|through|by|as)\s+(?:an?\s+)?(?:http|rest)(?:\s+(?:api|endpoints?))?",
    )
)
_HTTP = re.compile(r"\b(?:https?|rest|webhooks?|endpoints?|routes?|get|post|/\w*)\b|\s/", re.IGNORECASE)


class AddHttpEndpoint:
    abilities: tuple[tuple[str, str], ...] = (
        ("answer HTTP requests", "Add an HTTP endpoint that lists messages"),
        ("take a webhook", "Add a webhook at /stripe"),
    )

    def plan(self, prompt: str, files: Files) -> Plan | Refusal | None:
        sentence = said(prompt)
        found = next((match for way in _WAYS if (match := way.match(sentence))), None)
        if found is None or not _HTTP.search(sentence):
            return None
        groups = found.groupdict()
        backend = Backend(Draft(files))
        path = groups.get("at") or groups.get("path") or groups.get("path2") or ""
        _check_path(path)
        method = (groups.get("method") or "").upper()
        if groups.get("table"):
            return _for_table(backend, found["table"], path, _methods(method, groups))
        webhook = "webhook" in (groups.get("kind") or "").lower()
        return _own(
            backend, path or ("/webhook" if webhook else "/hello"), method or ("POST" if webhook else "GET")
        )


def _methods(method: str, groups: dict[str, str | None]) -> tuple[str, ...]:
    if method:
        return (method,)
    if groups.get("gets"):
        return ("GET",)
    return ("POST",) if groups.get("posts") else ("GET", "POST")


def _check_path(path: str) -> None:
    if path.startswith(("/.well-known/", "/api/auth")):
        raise Unclear(f"Convex Auth answers under {path}.", next_step="Choose another path.")
    if ":" in path or path.rstrip("/").endswith("."):
        raise Unclear(
            f"Convex's router takes no pattern such as {path}.",
            next_step="Name a path without one, e.g. /messages.",
        )


def _for_table(backend: Backend, words: str, path: str, methods: tuple[str, ...]) -> Plan:
    draft = backend.draft
    shape = not_users(wanted_shape(backend, words), "an endpoint")
    path = path or f"/{shape.table}"
    kinds = {"GET": "list", "POST": "save"}
    for method in methods:
        code = MAKERS[kinds[method]](shape)
        if CodeFile(draft, shape.module, code.text).export(code.name) is None:
            backend.add_functions(shape, [kinds[method]])
            draft.steps.append(f"Write {code.name} in {shape.module}.")
        text = _get(shape, path) if method == "GET" else _post(shape, path)
        types = ("FunctionArgs",) if method == "POST" else ()
        _add_route(draft, path, method, text, "api", types)
    if backend.auth:
        draft.assume(
            "A caller says who it is with the header “Authorization: Bearer <token>”; "
            "others get and save nothing."
        )
    else:
        draft.assume("Anybody on the internet can call it.")
    return draft.plan(f"Answer {and_list(methods)} {path}")


def _own(backend: Backend, path: str, method: str) -> Plan:
    draft = backend.draft
    if _add_route(draft, path, method, _hello(path) if method == "GET" else _webhook(path), "", ()):
        draft.tell(f"By hand: write in {HTTP_PATH} what {method} {path} does.")
    draft.assume("Anybody on the internet can call it.")
    if method == "POST":
        draft.assume(
            "Who sends to it is not checked: compare the sender's signature before you trust a request."
        )
    return draft.plan(f"Answer {method} {path}")


def _add_route(draft: Draft, path: str, method: str, text: str, uses: str, types: tuple[str, ...]) -> bool:
    """Returns whether it was not there yet."""
    http = HttpFile(draft, text)
    if http.has(f'path:{json.dumps(path)},method:"{method}"'):
        draft.steps.append(f"Leave {method} {path} in {HTTP_PATH} as it is: it is there.")
        return False
    imports = [Import(GENERATED, ("httpAction",))]
    if uses:
        imports.append(Import("./_generated/api", (uses,)))
    if types:
        imports += [Import("convex/server", types), Import("convex/values", ("ConvexError",))]
    http.add(text.replace("http.route", f"{http.router}.route", 1), imports)
    draft.steps.append(
        f"Answer {method} {path} in {HTTP_PATH}: at the deployment's HTTP actions URL (“vibe-tui "
        "health” shows it)."
    )
    return True


def _get(shape: Shape, path: str) -> str:
    return f"""\
// The newest {shape.many}, as JSON.
http.route({{
  path: {json.dumps(path)},
  method: "GET",
  handler: httpAction(async (ctx) => {{
    const {_variable(shape)} = await ctx.runQuery(api.{shape.table}.list);
    return new Response(JSON.stringify({_variable(shape)}), {{
      headers: {{ "Content-Type": "application/json" }},
    }});
  }}),
}});"""


def _post(shape: Shape, path: str) -> str:
    function = f"api.{shape.table}.{shape.save_name}"
    return f"""\
// Saves {spoken.article(shape.one)} that is sent as JSON, and answers with its id.
http.route({{
  path: {json.dumps(path)},
  method: "POST",
  handler: httpAction(async (ctx, request) => {{
    const headers = {{ "Content-Type": "application/json" }};
    try {{
      // The function's own validators check it.
      const args = (await request.json()) as FunctionArgs<typeof {function}>;
      const id = await ctx.runMutation({function}, args);
      return new Response(JSON.stringify({{ id }}), {{ status: 201, headers }});
    }} catch (problem) {{
      const wrong = "This is not {spoken.article(shape.one)}.";
      const error = problem instanceof ConvexError ? problem.data : wrong;
      return new Response(JSON.stringify({{ error }}), {{ status: 400, headers }});
    }}
  }}),
}});"""


def _hello(path: str) -> str:
    return f"""\
http.route({{
  path: {json.dumps(path)},
  method: "GET",
  handler: httpAction(async () => {{
    return new Response(JSON.stringify({{ ok: true }}), {{
      headers: {{ "Content-Type": "application/json" }},
    }});
  }}),
}});"""


def _webhook(path: str) -> str:
    return f"""\
http.route({{
  path: {json.dumps(path)},
  method: "POST",
  handler: httpAction(async (_ctx, request) => {{
    const body = await request.text();
    console.log(`{path} got ${{body.length}} characters; it does nothing with them yet.`);
    return new Response(null, {{ status: 204 }});
  }}),
}});"""


def _variable(shape: Shape) -> str:
    name = spoken.camel(shape.table)
    return "documents" if name in ("ctx", "api", "http", "request", "auth") else name
