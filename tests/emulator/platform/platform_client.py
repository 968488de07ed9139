"""A browser and a program, as the platform meets them; every `/v1` answer is checked against the spec."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

REDIRECT = "http://127.0.0.1:43110/callback"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


class Form(HTMLParser):
    """The form's fields with their default values, and the options of each select."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.options: dict[str, list[str]] = {}
        self.decisions: list[str] = []
        self.tags: list[str] = []
        self.action = ""
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        match tag:
            case "form":
                assert of["method"] == "post"
                self.action = of["action"]
            case "input":
                self.fields[of["name"]] = of["value"]
            case "select":
                self._select = of["name"]
                self.options[self._select] = []
            case "option":
                self.options[self._select].append(of["value"])
                self.fields.setdefault(self._select, of["value"])
            case "button":
                assert of["name"] == "decision"
                self.decisions.append(of["value"])


@dataclass
class PlatformClient:
    url: str
    client_id: str
    client_secret: str
    session: ClientSession

    # --- the browser -----------------------------------------------------------------------------------

    async def consent(self, scope: str = "team", /, **changes: str | None) -> Answer:
        """Open the consent page. A change that is None leaves the parameter out."""
        values: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "state": "the-state",
            **changes,
        }
        query = {name: value for name, value in values.items() if value is not None}
        return await self.browse(f"/oauth/authorize/{scope}", query)

    async def browse(self, path: str, query: dict[str, str] | None = None, **headers: str) -> Answer:
        async with self.session.get(
            self.url + path, params=query, headers=headers, allow_redirects=False
        ) as response:
            return Answer(response.status, await response.text(), dict(response.headers))

    async def submit(self, form: Form, decision: str = "authorize", **changes: str) -> Answer:
        data = {**form.fields, "decision": decision, **changes}
        async with self.session.post(self.url + form.action, data=data, allow_redirects=False) as response:
            return Answer(response.status, await response.text(), dict(response.headers))

    async def code(self, scope: str = "team", *, challenge: str | None = None, **chosen: str) -> str:
        """Consent, and take the code from where the browser is sent."""
        pkce = {"code_challenge": challenge, "code_challenge_method": challenge and "S256"}
        page = await self.consent(scope, **pkce)
        assert page.status == 200, page.body
        answer = await self.submit(Form(page.body), **chosen)
        assert answer.status == 302, answer.body
        assert answer.headers["Location"].startswith(f"{REDIRECT}?")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert query["state"] == ["the-state"]
        return query["code"][0]

    # --- the program -----------------------------------------------------------------------------------

    async def exchange(self, code: str, /, **changes: str | None) -> Answer:
        values: dict[str, str | None] = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": "authorization_code",
            "redirect_uri": REDIRECT,
            "code": code,
            **changes,
        }
        form = {name: value for name, value in values.items() if value is not None}
        async with self.session.post(f"{self.url}/oauth/token", data=form) as response:
            return Answer(response.status, await response.json(), dict(response.headers))

    async def token(self, scope: str = "team", **chosen: str) -> str:
        """An access token, the whole way with PKCE."""
        verifier = secrets.token_urlsafe(48)
        code = await self.code(scope, challenge=challenge_of(verifier), **chosen)
        answer = await self.exchange(code, code_verifier=verifier)
        assert answer.status == 200, answer.body
        token: str = answer.body["access_token"]
        return token

    async def api(self, method: str, path: str, token: str | None = None, body: Any = None) -> Answer:
        """Call `/v1` and check the answer: a success against the spec, else the shape of errors."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self.session.request(
            method, f"{self.url}/v1{path}", headers=headers, json=body
        ) as response:
            text = await response.text()
            answer = Answer(response.status, json.loads(text) if text else None, dict(response.headers))
        check(method, path, answer)
        return answer

    async def ok(self, method: str, path: str, token: str, body: Any = None) -> Any:
        """The body of an answer that is a success."""
        answer = await self.api(method, path, token, body)
        assert answer.status in (200, 201), answer
        return answer.body

    async def deployment_status(self, url: str, key: str) -> int:
        """What the deployment says to a key: 200 when it opens it."""
        headers = {"Authorization": f"Convex {key}"}
        async with self.session.get(f"{url}/api/v1/deployment_info", headers=headers) as response:
            return response.status


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@cache
def _spec() -> tuple[dict[str, Any], Registry[Any]]:
    document = json.loads(Path(__file__).with_name("management-openapi.json").read_bytes())
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    return document, Registry().with_resource("urn:spec", resource)


def check(method: str, path: str, answer: Answer) -> None:
    """Raises AssertionError or ValidationError when the answer is not as the spec says."""
    if answer.status >= 400:
        assert set(answer.body) == {"code", "message"}, answer
        assert re.fullmatch(r"[A-Z][A-Za-z]+", answer.body["code"]), answer
        return
    document, registry = _spec()
    template = next(it for it in sorted(document["paths"], key=_wildcards) if _matches(it, path))
    responses = document["paths"][template][method.lower()]["responses"]
    response = responses[str(answer.status)]
    if "content" not in response:
        assert answer.body is None, answer
        return
    schema = {"$ref": "urn:spec#" + _pointer(template, method, answer.status)}
    Draft202012Validator(schema, registry=registry).validate(answer.body)


def _pointer(template: str, method: str, status: int) -> str:
    escaped = template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return f"/paths/{escaped}/{method.lower()}/responses/{status}/content/application~1json/schema"


def _wildcards(template: str) -> int:
    return template.count("{")


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
    return re.fullmatch(pattern, path.partition("?")[0]) is not None
