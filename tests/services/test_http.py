from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import time
from collections.abc import AsyncIterator
from email.utils import format_datetime
from pathlib import Path

import pytest
from fault_server import FaultServer, Request, Response, html_response, json_response

from vibe_tui.services import http_failures
from vibe_tui.services.http import Api
from vibe_tui.services.http_errors import (
    ApiError,
    ConnectionLost,
    HostUnreachable,
    NotFound,
    NotPermitted,
    NotTheApi,
    ProjectQuotaReached,
    RateLimited,
    ServerTrouble,
    SignedOut,
    SsoRequired,
    TimedOut,
    TlsFailed,
)
from vibe_tui.services.secret import Secret

TOKEN = Secret("a-token-for-tests")


async def hello(request: Request) -> Response:
    return json_response({"hello": request.headers["authorization"]})


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer(hello) as running:
        yield running


async def get(server: FaultServer, waits: list[tuple[float, str]] | None = None) -> object:
    on_wait = (lambda *wait: waits.append(wait)) if waits is not None else (lambda *_: None)
    async with Api(server.host, TOKEN, on_wait=on_wait) as api:
        return await api.get("/x")


async def post(server: FaultServer, *, repeatable: bool = False) -> object:
    async with Api(server.host, TOKEN) as api:
        return await api.post("/x", {"a": 1}, repeatable=repeatable)


async def test_sends_the_credential_and_reads_json(server: FaultServer) -> None:
    assert await get(server) == {"hello": f"Bearer {TOKEN.reveal()}"}


async def test_a_get_is_repeated_after_server_trouble_and_the_waits_are_told(server: FaultServer) -> None:
    server.fail("GET /x", "answer", json_response({}, 503), times=2)
    waits: list[tuple[float, str]] = []
    await get(server, waits)
    assert server.count("GET /x") == 3
    assert len(waits) == 2 and all(0 < seconds <= 1 for seconds, _ in waits)


async def test_repeats_end(server: FaultServer) -> None:
    server.fail("GET /x", "reset", times=99)
    with pytest.raises(ConnectionLost):
        await get(server)
    assert server.count("GET /x") == 4


@pytest.mark.parametrize("kind", ["reset", "half", "wrong length", "garbage", "close"])
async def test_what_must_not_be_repeated_is_sent_once_and_says_its_answer_is_lost(
    server: FaultServer, kind
) -> None:
    server.fail("POST /x", kind, json_response({"long": "enough to be cut"}), handled=True)
    with pytest.raises(ConnectionLost) as failed:
        await post(server)
    assert server.count("POST /x") == 1
    assert failed.value.answer_lost
    assert f"127.0.0.1:{server.port}" in failed.value.message


async def test_trouble_at_the_server_may_hide_a_request_that_was_carried_out(server: FaultServer) -> None:
    server.fail("POST /x", "answer", json_response({"message": "boom"}, 500))
    with pytest.raises(ServerTrouble) as failed:
        await post(server)
    assert failed.value.answer_lost
    assert server.count("POST /x") == 1


async def test_a_repeatable_post_is_repeated(server: FaultServer) -> None:
    server.fail("POST /x", "reset")
    await post(server, repeatable=True)
    assert server.count("POST /x") == 2


@pytest.mark.parametrize("kind", ["hang", "drip"])
async def test_a_host_that_does_not_finish_is_given_up(server: FaultServer, kind, monkeypatch) -> None:
    monkeypatch.setattr(http_failures, "ANSWER_LIMIT", 0.3)
    server.fail("POST /x", kind, json_response({"long": "x" * 100}))
    with pytest.raises(TimedOut) as failed:
        await post(server)
    assert failed.value.answer_lost


async def test_too_many_requests_are_sent_again_when_the_server_says(server: FaultServer) -> None:
    server.fail("POST /x", "answer", json_response({}, 429, **{"Retry-After": "1"}))
    started = time.monotonic()
    await post(server)  # refused means not carried out: also for what must not be repeated
    assert time.monotonic() - started >= 1


async def test_the_moment_may_be_a_date(server: FaultServer) -> None:
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    server.fail(
        "GET /x", "answer", json_response({}, 429, **{"Retry-After": format_datetime(moment, usegmt=True)})
    )
    waits: list[tuple[float, str]] = []
    await get(server, waits)
    assert 0 <= waits[0][0] <= 2


async def test_without_a_moment_it_backs_off(server: FaultServer) -> None:
    server.fail("GET /x", "answer", json_response({}, 429))
    waits: list[tuple[float, str]] = []
    await get(server, waits)
    assert 0 < waits[0][0] <= 1


async def test_a_long_wait_is_told_instead_of_waited(server: FaultServer) -> None:
    server.fail("GET /x", "answer", json_response({}, 429, **{"Retry-After": "99999"}))
    started = time.monotonic()
    with pytest.raises(RateLimited, match=r"until \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
        await get(server)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (html_response("<html>Welcome to the hotel</html>"), "else than JSON"),
        (html_response("<html>Blocked</html>", 403), "a page"),
        (Response(302, headers={"Location": "https://portal.invalid/"}), "a redirect"),
        (Response(200, b"[" + b"1," * 600_000 + b"1]"), "far more data"),
        (Response(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}), "compressed"),
        (Response(200, b"\xff\xfe\x00"), "else than JSON"),
    ],
)
async def test_what_is_not_the_api_is_told_apart(server: FaultServer, answer: Response, how: str) -> None:
    server.fail("GET /x", "answer", answer)
    with pytest.raises(NotTheApi, match=how):
        await get(server)
    assert server.count("GET /x") == 1
    assert server.count("GET /.*") == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"code": "Unauthenticated", "message": "token revoked"}, SignedOut),
        (403, {"code": "Forbidden", "message": "You do not have permission"}, NotPermitted),
        (404, {"code": "ProjectNotFound", "message": "gone"}, NotFound),
        (400, {"code": "ProjectQuotaReached", "message": "too many"}, ProjectQuotaReached),
        (403, {"code": "SSORequired", "message": "use SSO"}, SsoRequired),
        (400, {"code": "BadArgument", "message": "no"}, ApiError),
        (500, {"code": "Internal", "message": "oops"}, ServerTrouble),
    ],
)
async def test_refusals_keep_the_servers_words(server: FaultServer, status: int, body, kind) -> None:
    server.fail("POST /x", "answer", json_response(body, status))
    with pytest.raises(ApiError) as failed:
        await post(server)
    assert type(failed.value) is kind
    assert body["message"] in failed.value.message
    assert (failed.value.status, failed.value.api_code) == (status, body["code"])
    assert kind is ApiError or failed.value.next_step


async def test_the_servers_words_cannot_hurt(server: FaultServer) -> None:
    said = f"\x1b]0;pwn\x07key {TOKEN.reveal()}\n\u202eevil"
    server.fail("POST /x", "answer", json_response({"code": "X", "message": said}, 400))
    with pytest.raises(ApiError) as failed:
        await post(server)
    assert "key ***" in failed.value.message
    assert failed.value.message.isprintable()


async def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(HostUnreachable, match=f"127.0.0.1:{port}") as failed:
        async with Api(f"http://127.0.0.1:{port}", TOKEN) as api:
            await api.get("/x")
    assert time.monotonic() - started < 6
    assert not failed.value.answer_lost


async def test_an_unknown_host(monkeypatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(HostUnreachable, match=r"no address for the host api\.convex\.invalid"):
        async with Api("https://api.convex.invalid", TOKEN) as api:
            await api.post("/x", {}, repeatable=False)


async def test_a_dead_proxy_is_named_without_its_password(monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:hidden@127.0.0.1:{port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(HostUnreachable) as failed:
        async with Api("https://api.convex.invalid", TOKEN) as api:
            await api.post("/x", {}, repeatable=False)
    assert f"the proxy 127.0.0.1:{port}" in failed.value.message
    assert "hidden" not in failed.value.message


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
async def test_loopback_is_never_proxied(server: FaultServer, monkeypatch, variable: str) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert await get(server)


# --- TLS ------------------------------------------------------------------------------------------------


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._certify("Test authority", self.key, issuer=None)
        self.path = folder / "authority.pem"
        self.path.write_bytes(_pem(self.certificate))

    def serve(self, address: str, *, days: int = 1, signed: bool = True) -> ssl.SSLContext:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certify(address, key, issuer=self if signed else None, address=address, days=days)
        path = self.folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + _pem(certificate)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _certify(self, name: str, key, *, issuer: Authority | None, address: str = "", days: int = 1):
        import ipaddress

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import NameOID

        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=10))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=not address, path_length=None), critical=True)
        )
        if address:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def _pem(certificate) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("address", "days", "signed", "says"),
    [
        ("127.0.0.1", 1, False, "self-signed"),
        ("127.0.0.1", -1, True, "expired"),
        ("127.0.0.2", 1, True, "for another"),
    ],
)
async def test_a_certificate_that_does_not_hold_is_refused_and_why(
    tmp_path: Path, monkeypatch, address: str, days: int, signed: bool, says: str
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    async with FaultServer(hello, tls=authority.serve(address, days=days, signed=signed)) as server:
        with pytest.raises(TlsFailed, match=says) as failed:
            await get(server)
        assert not failed.value.answer_lost
        assert server.requests == []


async def test_a_good_certificate_is_taken(tmp_path: Path, monkeypatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    async with FaultServer(hello, tls=authority.serve("127.0.0.1")) as server:
        assert await get(server)


async def test_a_host_without_tls_where_tls_is_expected() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(TlsFailed):
            async with Api(f"https://127.0.0.1:{port}", TOKEN) as api:
                await api.get("/x")
