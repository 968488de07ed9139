"""OpenAiChat: what goes wrong, what is tried again, and what the user is told."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import time
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.model_server import (
    Answer,
    Call,
    ModelServer,
    Refusal,
    Turn,
    broken,
    cut,
    endless,
    fails,
    hangs_up,
    page,
    refuses,
    says,
    slow,
    stalled,
)
from tests.services.assistant.scripted_chat import KEY, Heard, chat_at
from vibe_tui.services.assistant import openai_chat
from vibe_tui.services.assistant.chat_model import CutShort, ModelFailed, NoTools, Said, Waiting
from vibe_tui.services.assistant.model_errors import (
    AnswerStopped,
    AnswerTooLong,
    ContextTooLong,
    KeyRefused,
    ModelNotPermitted,
    ModelNotTrusted,
    ModelRateLimited,
    ModelSilent,
    ModelTrouble,
    ModelUnknown,
    ModelUnreachable,
    NotAModelServer,
    QuotaUsedUp,
    RequestRefused,
)
from vibe_tui.services.assistant.openai_chat import OpenAiChat
from vibe_tui.services.assistant.provider import Provider
from vibe_tui.services.assistant.retries import asked_wait, wait_before

SOON = {"Retry-After": "0.01"}
CALL = [Call("write_file", path="a.ts", text="0123456789")]


async def failure(*script: Turn, tools: bool = True, read: float = 20.0) -> tuple[ModelFailed, Heard, int]:
    """How it fails, what was heard before, and the number of requests."""
    heard = Heard()
    with ModelServer(*script) as server:
        model = chat_at(server.url, read=read)
        with pytest.raises(ModelFailed) as caught:
            await (heard.listen(model) if tools else heard.listen(model, tools=()))
        return caught.value, heard, len(server.requests)


# --- Refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refused", "kind", "said", "next_step"),
    [
        (refuses(401, "Incorrect API key provided.", code="invalid_api_key"), KeyRefused, "key", "model key"),
        (refuses(403, "Country not supported"), ModelNotPermitted, "Country not supported", "another"),
        (
            refuses(404, "The model `x` does not exist", code="model_not_found"),
            ModelUnknown,
            "scripted",
            "list",
        ),
        (refuses(404, 'model "scripted" not found, try pulling it first'), ModelUnknown, "pulling", "list"),
        (refuses(400, "scripted is not a valid model ID"), ModelUnknown, "scripted", "list"),
        (refuses(404, "Not Found"), NotAModelServer, "/v1", "address"),
        (page(404), NotAModelServer, "/v1", "address"),
        (page(403, "<html>Blocked</html>"), NotAModelServer, "page", "sign-in page"),
        (page(200), NotAModelServer, "page", "sign-in page"),
        (refuses(302, headers={"Location": "https://portal.example/"}), NotAModelServer, "redirect", "proxy"),
        (refuses(402, "Insufficient credits"), QuotaUsedUp, "credits", "credit"),
        (
            refuses(429, "You exceeded your current quota", code="insufficient_quota"),
            QuotaUsedUp,
            "q",
            "credit",
        ),
        (refuses(400, "too long", code="context_length_exceeded"), ContextTooLong, "longer", "new conv"),
        (refuses(400, "prompt is too long: 9 tokens > 8"), ContextTooLong, "9 tokens", "new conv"),
        (
            refuses(500, "the request exceeds the available context size"),
            ContextTooLong,
            "longer",
            "new conv",
        ),
        (
            refuses(429, "Slow down", headers={"Retry-After": "121"}),
            ModelRateLimited,
            "until 20",
            "that time",
        ),
        (refuses(503, "Down", headers={"x-should-retry": "false"}), ModelTrouble, "503", "Try again"),
    ],
)
async def test_a_refusal_that_time_does_not_cure_is_told_at_once(
    refused: Turn, kind: type[ModelFailed], said: str, next_step: str
) -> None:
    problem, heard, requests = await failure(refused)
    assert type(problem) is kind
    assert said in problem.message and next_step in problem.next_step
    assert problem.message.endswith(".") and "\n" not in problem.message
    assert (requests, heard.pieces) == (1, [])


@pytest.mark.parametrize(
    "message",
    [
        "registry.ollama.ai/library/gemma:2b does not support tools",
        "No endpoints found that support tool use. Try disabling it.",
        "tools param requires --jinja flag",
        '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        "`tools` is not supported with this model",
        "This model doesn't support function calling",
    ],
)
@pytest.mark.parametrize("status", [400, 404, 500])
async def test_a_model_without_tools_is_told_apart(message: str, status: int) -> None:
    problem, _, requests = await failure(refuses(status, message))
    assert isinstance(problem, NoTools)
    assert "supports tool calls" in problem.next_step
    assert requests == 1


@pytest.mark.parametrize(
    "text",
    [
        'I will.\n<tool_call>\n{"name": "write_file", "arguments": {"path": "a"}}\n</tool_call>',
        '[TOOL_CALLS] [{"name": "write_file", "arguments": {}}]',
        "<function=write_file>{}</function>",
        '{"name": "write_file", "parameters": {"path": "a"}}',
        '```json\n{"name": "read_file", "arguments": {}}\n```',
    ],
)
async def test_a_call_as_plain_text_is_not_carried_out(text: str) -> None:
    problem, heard, _ = await failure(says(text))
    assert isinstance(problem, NoTools)
    assert heard.text == text


@pytest.mark.parametrize(
    "text",
    ["I use <tool_call> tags never.", '{"name": "my-app", "arguments": {}}', '{"write_file": 1}', "{", "[]"],
)
async def test_text_about_calls_is_text(text: str) -> None:
    with ModelServer(says(text)) as server:
        assert (await Heard().listen(chat_at(server.url))).answer.text == text


async def test_a_message_of_the_server_is_safe_to_show() -> None:
    leaking = f"\x1b]0;x\x07Wrong key {KEY.reveal()}\n\u202e" + "x" * 999
    problem, _, _ = await failure(refuses(401, leaking))
    assert KEY.reveal() not in problem.message
    assert problem.message.isprintable() and len(problem.message) < 500


async def test_odd_bodies_of_refusals_are_read() -> None:
    bodies = [
        (b'{"error": "just a text"}', "just a text"),
        (b'{"detail": [{"loc": ["body", "x"], "msg": "field required"}]}', "field required"),
        (b'{"error": {"message": {"deep": 1}}}', "status 400"),
        (b'"a text"', "a text"),
        (b"plain", "plain"),
        (b"", "status 400"),
    ]
    for body, said in bodies:
        turn = Refusal(400, body, {"Content-Type": "application/json"})
        problem, _, _ = await failure(turn, turn)
        assert type(problem) is RequestRefused and said in problem.message


async def test_a_refused_reasoning_effort_names_the_setting() -> None:
    turn = refuses(400, "Unsupported parameter: 'reasoning_effort'", param="reasoning_effort")
    problem, _, _ = await failure(turn, turn)
    assert "settings" in problem.next_step


async def test_without_a_key_the_refusal_says_so() -> None:
    with ModelServer(key="needed") as server, pytest.raises(KeyRefused) as caught:
        await Heard().listen(OpenAiChat(Provider("mine", server.url), "scripted"))
    assert "there is none" in caught.value.message
    assert "vibe-tui model key mine" in caught.value.next_step


# --- What the server does not take ----------------------------------------------------------------------


async def test_a_server_that_refuses_usage_is_asked_without_it_from_then_on() -> None:
    no = refuses(400, "Unrecognized request argument: stream_options")
    with ModelServer(no, says("one", usage=None), says("two", usage=None)) as server:
        model = chat_at(server.url)
        assert (await Heard().listen(model)).answer.text == "one"
        assert (await Heard().listen(model)).usage is None
        asked = ["stream_options" in request.body for request in server.requests]
    assert asked == [True, False, False]


async def test_another_refusal_does_not_cost_the_usage() -> None:
    no = refuses(400, "Something else")
    with ModelServer(no, no, says("one"), no) as server:
        model = chat_at(server.url)
        with pytest.raises(RequestRefused):
            await Heard().listen(model)
        assert (await Heard().listen(model)).usage is not None
        with pytest.raises(RequestRefused):
            await Heard().listen(model)
        asked = ["stream_options" in request.body for request in server.requests]
    assert asked == [True, False, True, True]


# --- What is tried again --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        refuses(429, "Slow down", headers=SOON),
        refuses(429, "Slow down", headers={"retry-after-ms": "10"}),
        refuses(500, "Oops", headers=SOON),
        refuses(529, "Overloaded", headers=SOON),
        refuses(408, "Timeout", headers=SOON),
    ],
)
async def test_trouble_that_passes_is_waited_for_in_sight(trouble: Turn) -> None:
    with ModelServer(trouble, trouble, says("at last")) as server:
        heard = Heard()
        await heard.listen(chat_at(server.url))
    assert [type(piece) for piece in heard.pieces[:2]] == [Waiting, Waiting]
    assert len(heard.waits) == 2
    assert all(wait.seconds == 0.01 and "127.0.0.1" in wait.reason for wait in heard.waits)
    assert heard.text == "at last"


async def test_it_is_tried_six_times_at_most() -> None:
    problem, heard, requests = await failure(*[refuses(503, "Down", headers=SOON)] * 9)
    assert type(problem) is ModelTrouble
    assert (requests, len(heard.waits)) == (6, 5)


@pytest.mark.parametrize("nothing", [hangs_up(), cut(says("x"), after=0), fails("Overloaded", 529)])
async def test_a_connection_that_ends_before_the_first_piece_is_tried_again(nothing: Turn) -> None:
    with ModelServer(nothing, says("at last")) as server:
        heard = Heard()
        await heard.listen(chat_at(server.url))
    (wait,) = heard.waits
    assert 0.5 <= wait.seconds <= 1
    assert heard.text == "at last"


async def test_a_server_that_goes_on_saying_nothing_is_given_up() -> None:
    problem, heard, _ = await failure(stalled(says("x"), after=0), refuses(401), read=0.1)
    assert isinstance(problem, KeyRefused)  # of the second attempt
    assert "did not answer within" in heard.waits[0].reason


async def test_a_wait_can_be_cancelled_at_once() -> None:
    with ModelServer(refuses(429, headers={"Retry-After": "60"})) as server:
        heard = Heard()
        turn = asyncio.create_task(heard.listen(chat_at(server.url)))
        async with asyncio.timeout(10):
            while not heard.waits:
                await asyncio.sleep(0.005)
        assert heard.waits[0].seconds == 60
        started = time.monotonic()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert time.monotonic() - started < 0.2


def test_waits_grow_and_differ() -> None:
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 16)):
        waits = {wait_before(attempt, None) for _ in range(50)}
        assert len(waits) > 40
        assert all(wait is not None and longest / 2 <= wait <= longest for wait in waits)
    assert wait_before(1, 120) == 120
    assert wait_before(1, 121) is None


def test_how_long_a_server_asks_to_wait() -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=30)
    for value, low, high in (("7", 7, 7), ("1.5", 1.5, 1.5), (format_datetime(soon, usegmt=True), 25, 30)):
        wait = asked_wait({"retry-after": value})
        assert wait is not None and low <= wait <= high
    for value in ("", "soon", "-1", "nan", "inf", "1e9", "٣"):
        assert asked_wait({"retry-after": value}) is None
    assert asked_wait({}) is None
    assert asked_wait({"retry-after": "9" * 400}) == 999_999_999


# --- What breaks off ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["I shall", ""])
@pytest.mark.parametrize("end", [cut, broken])
async def test_a_stream_that_ends_in_the_middle_of_a_call_gives_no_call(end, text: str) -> None:
    whole = says(text, calls=CALL, usage=None)
    pieces = len(list(whole.pieces))
    for after in (pieces - 2, pieces - 1):
        problem, heard, requests = await failure(end(whole, after=after))
        assert type(problem) is CutShort and "cut short" in problem.message
        assert heard.text == text and heard.calls
        assert requests == 1, "nothing is sent again once a piece has come"


async def test_a_stream_that_stalls_is_given_up() -> None:
    problem, heard, requests = await failure(stalled(says("Hello", calls=CALL), after=6), read=0.2)
    assert type(problem) is CutShort
    assert heard.text == "Hello" and requests == 1


async def test_signs_of_life_do_not_keep_it_waiting_for_ever() -> None:
    drip = slow(Answer([": still here\n\n"] * 500), 0.02)
    with ModelServer(drip, refuses(401)) as server, pytest.raises(KeyRefused):
        heard = Heard()
        await heard.listen(chat_at(server.url, silence=0.3))
    assert "did not answer" in heard.waits[0].reason


@pytest.mark.parametrize("finish", ["length", "content_filter", "error"])
async def test_an_answer_that_the_provider_stopped_gives_no_call(finish: str) -> None:
    problem, heard, _ = await failure(says("Well", calls=CALL, finish=finish))
    kinds = {"length": CutShort, "content_filter": AnswerStopped, "error": ModelTrouble}
    assert type(problem) is kinds[finish]
    assert heard.text == "Well"


@pytest.mark.parametrize("code", [502, "502", "server_error", None])
async def test_an_error_inside_of_a_stream_is_told(code: object) -> None:
    problem, heard, requests = await failure(fails("The upstream broke", code, after=says("Some")))
    assert type(problem) is CutShort and "The upstream broke" in problem.message
    assert (heard.text, requests) == ("Some", 1)


async def test_an_error_at_the_beginning_of_a_stream_is_as_good_as_a_status() -> None:
    problem, _, _ = await failure(fails("No credit", 402))
    assert type(problem) is QuotaUsedUp


async def test_nonsense_in_a_stream_ends_it() -> None:
    first = next(iter(says("Some").pieces))
    hello = {"choices": [{"index": 0, "delta": {"content": "Some"}}]}
    for nonsense in ("data: {half\n\n", "data: " + "[" * 100_000 + "\n\n"):
        problem, _, _ = await failure(Answer([first, nonsense]))
        assert type(problem) is NotAModelServer
        problem, heard, _ = await failure(Answer([first, hello, nonsense]))
        assert type(problem) is CutShort and heard.text == "Some"


async def test_an_endless_answer_is_stopped() -> None:
    problem, heard, requests = await failure(endless("again " * 20_000))
    assert type(problem) is AnswerTooLong
    assert len(heard.text) < 5_000_000
    assert requests == 1


# --- No connection --------------------------------------------------------------------------------------


async def test_nothing_that_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        heard = Heard()
        with pytest.raises(ModelUnreachable) as caught:
            await heard.listen(chat_at(url))
    assert "Nothing answers" in caught.value.message and "Start" in caught.value.next_step
    assert heard.pieces == [], "waiting does not start it"


async def test_another_computer_that_is_away_is_waited_for() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        pieces = chat_at(f"http://127.0.0.2:{taken.getsockname()[1]}/v1").stream((Said("Hello"),), ())
        wait = await anext(pieces)
        assert isinstance(wait, Waiting) and "cannot be reached" in wait.reason
        await pieces.aclose()


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "both.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    heard = Heard()
    with ModelServer(says("x"), tls=context) as server, pytest.raises(ModelNotTrusted) as caught:
        await heard.listen(chat_at(server.url), Said("secret"))
    assert "SSL_CERT_FILE" in caught.value.next_step
    assert (server.requests, heard.pieces) == ([], [])


async def test_a_server_that_takes_connections_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_chat, "PATIENCE", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        with pytest.raises(ModelSilent) as caught:
            await Heard().listen(chat_at(url, read=0.1))
    assert "did not answer" in caught.value.message
