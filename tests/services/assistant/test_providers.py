"""Providers, their keys and models, as settings, environment and servers give them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.model_server import ModelServer, Refusal, page, refuses, says
from tests.services.assistant.scripted_chat import Heard
from vibe_tui.services.assistant.chat_model import ModelFailed
from vibe_tui.services.assistant.model_errors import KeyRefused, ModelUnreachable, NotAModelServer
from vibe_tui.services.assistant.model_list import ModelInfo, models_of, probe_local
from vibe_tui.services.assistant.provider import KeyUnusable, Provider, base_url_of
from vibe_tui.services.assistant.providers import (
    KeyMissing,
    ModelNotChosen,
    ProviderInvalid,
    Providers,
    ProviderUnknown,
)
from vibe_tui.services.credentials import Credentials, CredentialsUnavailable
from vibe_tui.services.paths import Home
from vibe_tui.services.secret import Secret
from vibe_tui.services.settings import SettingsInvalid, load

KEY = Secret("the-key-of-the-tests")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def providers_of(home: Home, environ: Mapping[str, str] | None = None) -> Providers:
    return Providers(home, Credentials(home, "file"), environ or {})


def write(home: Home, text: str) -> None:
    home.prepare()
    home.settings.write_text(text)


# --- Which there are ------------------------------------------------------------------------------------


def test_without_settings_openai_and_this_computer_are_there(home: Home) -> None:
    providers = providers_of(home)
    assert [(it.name, it.base_url, it.key_from, it.local) for it in providers.all()] == [
        ("openai", "https://api.openai.com/v1", "", False),
        ("ollama", "http://127.0.0.1:11434/v1", "", True),
        ("lm-studio", "http://127.0.0.1:1234/v1", "", True),
        ("llama-cpp", "http://127.0.0.1:8080/v1", "", True),
    ]
    assert not home.root.exists()


def test_the_environment_gives_openai_its_address_and_key(home: Home) -> None:
    environ = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1/", "OPENAI_API_KEY": f" {KEY.reveal()}\n"}
    write(home, '[providers.openai]\nbase_url = "https://file.example/v1"\n')
    providers = providers_of(home, environ)
    openai = providers.get("openai")
    assert openai.base_url == "http://127.0.0.1:9/v1"
    assert openai.key() == KEY
    assert openai.key_from == "the environment variable OPENAI_API_KEY"
    assert all(it.key() is None for it in providers.all() if it.name != "openai")


def test_a_wrong_address_in_the_environment_is_named_and_stops_nothing_else(home: Home) -> None:
    providers = providers_of(home, {"OPENAI_BASE_URL": "gateway"})
    with pytest.raises(ProviderInvalid, match="OPENAI_BASE_URL"):
        providers.get("openai")
    assert providers.get("ollama").local
    assert load(home, {"OPENAI_BASE_URL": "gateway"}).assistant.model == ""


def test_providers_of_the_settings(home: Home) -> None:
    write(
        home,
        '[providers.openrouter]\nbase_url = "https://openrouter.example/api/v1/"\nkey_variable = "OR_KEY"\n'
        '[providers.ollama]\nbase_url = "http://192.168.7.7:11434/v1"\n',
    )
    providers = providers_of(home, {"OR_KEY": KEY.reveal()})
    assert [it.name for it in providers.all()] == ["openai", "openrouter", "ollama", "lm-studio", "llama-cpp"]
    router = providers.get("openrouter")
    assert (router.base_url, router.key()) == ("https://openrouter.example/api/v1", KEY)
    assert providers.get("ollama").base_url == "http://192.168.7.7:11434/v1"
    assert providers_of(home).get("openrouter").key() is None
    with pytest.raises(ProviderUnknown, match="nobody"):
        providers.get("nobody")


def test_a_provider_is_added_changed_and_removed(home: Home) -> None:
    providers = providers_of(home)
    providers.add("groq", "https://groq.example/v1", "GROQ_KEY")
    providers.set_key("groq", KEY)
    providers.use("groq/fast", window=1000)
    assert providers.get("groq").key_from == "the credential store"
    providers.add("groq", "https://other.example/v1")
    assert load(home, {}).providers["groq"].key_variable == ""
    providers.remove("groq")
    assert Credentials(home, "file").refs("") == []
    settings = load(home, {})
    assert (dict(settings.providers), settings.assistant.model) == ({}, "")
    with pytest.raises(ProviderUnknown):
        providers.remove("groq")


@pytest.mark.parametrize("name", ["Groq", "a/b", "a.b", "", "-a", "x" * 41])
def test_names_that_cannot_be(home: Home, name: str) -> None:
    with pytest.raises(ProviderInvalid):
        providers_of(home).add(name, "https://x.example/v1")
    assert not home.settings.exists()


@pytest.mark.parametrize(
    "url",
    [
        "api.openai.com/v1",
        "http://api.openai.example/v1",
        "http://8.8.8.8/v1",
        "https://user:pass@x.example/v1",
        "https://x.example/v1?key=1",
        "https://x.example:port/v1",
        "https://x.example/v 1",
        "https://x.example/\x1b[2J",
        "ftp://x.example",
        "https://",
        "http://[::1",
        "",
    ],
)
def test_addresses_that_cannot_be(home: Home, url: str) -> None:
    with pytest.raises(ProviderInvalid) as caught:
        providers_of(home).add("x", url)
    assert "plain http only" in caught.value.next_step


def test_addresses_that_can_be() -> None:
    for url in (
        "https://api.openai.com/v1",
        "http://localhost:11434/v1",
        "http://[::1]:8080",
        "http://10.0.0.2/v1",
    ):
        assert base_url_of(f"{url}/") == url


# --- Keys -----------------------------------------------------------------------------------------------


def test_a_key_belongs_to_the_host_it_was_given_for(home: Home) -> None:
    providers = providers_of(home)
    providers.add("mine", "https://one.example/v1")
    providers.set_key("mine", KEY)
    assert providers.get("mine").key() == KEY
    providers.add("mine", "https://two.example/v1")
    assert providers.get("mine").key() is None
    assert providers.get("mine").key_from == ""
    providers.add("mine", "https://one.example/v2")
    assert providers.get("mine").key() == KEY
    assert providers.forget_key("mine")
    assert not providers.forget_key("mine")
    assert KEY.reveal() not in home.settings.read_text()


def test_the_variable_counts_more_than_the_store(home: Home) -> None:
    providers_of(home).set_key("openai", Secret("stored-key"))
    assert providers_of(home, {"OPENAI_API_KEY": "set-in-environment"}).get("openai").key() == Secret(
        "set-in-environment"
    )
    assert providers_of(home, {"OPENAI_API_KEY": ""}).get("openai").key() == Secret("stored-key")


@pytest.mark.parametrize("text", ["two words", "with\nnewline", "kéy-of-mine", "x" * 8193])
async def test_what_is_no_key_is_sent_nowhere(home: Home, text: str) -> None:
    with pytest.raises(KeyUnusable):
        providers_of(home).set_key("openai", Secret(text))
    assert Credentials(home, "file").refs("") == []
    with ModelServer(says("x")) as server:
        environ = {"OPENAI_API_KEY": text, "OPENAI_BASE_URL": server.url}
        model = providers_of(home, environ).model("some")
        with pytest.raises(KeyUnusable) as caught:
            await Heard().listen(model)
    assert "OPENAI_API_KEY" in caught.value.message and text not in caught.value.message
    assert server.requests == []


async def test_a_store_that_does_not_answer_fails_the_request_in_words(home: Home) -> None:
    providers_of(home).set_key("ollama", KEY)
    model = providers_of(home).model("ollama/small")
    home.credentials.write_text("damaged")
    with pytest.raises(KeyUnusable, match="is damaged"):
        await Heard().listen(model)
    with pytest.raises(CredentialsUnavailable):
        providers_of(home).all()


# --- The chosen model -----------------------------------------------------------------------------------


def test_without_a_model_the_recipes_answer(home: Home) -> None:
    chosen = providers_of(home, {"OPENAI_API_KEY": KEY.reveal()}).chosen()
    assert (chosen.model, chosen.obstacle, chosen.prices) == (None, None, None)


def test_without_a_key_the_recipes_answer_and_the_reason_is_there(home: Home) -> None:
    providers_of(home).use("gpt-5")
    chosen = providers_of(home).chosen()
    assert chosen.model is None
    assert isinstance(chosen.obstacle, KeyMissing)
    assert "vibe-tui model key openai" in chosen.obstacle.next_step
    there = providers_of(home, {"OPENAI_API_KEY": KEY.reveal()}).chosen()
    assert there.model is not None and there.model.name == "gpt-5 (openai)" and there.obstacle is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ollama/qwen3:8b", "qwen3:8b (ollama)"),
        ("mine/maker/model", "maker/model (mine)"),
        ("maker/model", "maker/model (openai)"),
        ("model", "model (openai)"),
    ],
)
def test_a_name_says_provider_and_model(home: Home, name: str, shown: str) -> None:
    providers = providers_of(home)
    providers.add("mine", "https://mine.example/v1")
    assert providers.model(name).name == shown
    for empty in ("ollama/", "", "mine/"):
        with pytest.raises(ModelNotChosen):
            providers.model(empty)


def test_a_provider_that_went_away_is_an_obstacle(home: Home) -> None:
    write(home, '[assistant]\nmodel = "x"\n')
    home.prepare()
    home.credentials.write_text("damaged")
    chosen = providers_of(home).chosen()
    assert chosen.model is None and chosen.obstacle is not None


def test_what_the_settings_say_of_a_model_goes_with_it(home: Home) -> None:
    write(
        home,
        '[assistant]\nmodel = "ollama/a"\nreasoning_effort = "high"\nwindow = 5000\nprice_prompt = 1.25\n'
        "price_completion = 10\nstep_limit = 5\ntoken_limit = 100000\nprice_limit = 0.5\n",
    )
    providers = providers_of(home)
    chosen = providers.chosen()
    assert chosen.model is not None and chosen.model.window == 5000
    assert chosen.prices == (1.25, 10.0)
    limits = (chosen.settings.step_limit, chosen.settings.token_limit, chosen.settings.price_limit)
    assert limits == (5, 100_000, 0.5)
    assert providers.model("ollama/b").window == 32_000
    providers.use("ollama/a")
    assert providers.chosen().prices == (1.25, 10.0)
    providers.use("ollama/b", window=7000)
    chosen = providers.chosen()
    assert chosen.model is not None and chosen.model.window == 7000
    assert (chosen.prices, chosen.settings.step_limit) == (None, 5)
    providers.use("")
    assert providers.chosen().model is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[assistant]\nmodels = 3", "`assistant.models`"),
        ("assistant = 3", "`assistant`"),
        ("[assistant]\nmodel = 3", "`assistant.model`"),
        ('[assistant]\nmodel = "a b"', "`assistant.model`"),
        ('[assistant]\nreasoning_effort = "much"', "`assistant.reasoning_effort`"),
        ("[assistant]\nwindow = 0", "`assistant.window`"),
        ("[assistant]\nstep_limit = true", "`assistant.step_limit`"),
        ("[assistant]\nprice_prompt = -1", "`assistant.price_prompt`"),
        ("[assistant]\nprice_limit = nan", "`assistant.price_limit`"),
        ("providers = 3", "`providers`"),
        ("[providers]\nx = 3", "`providers.x`"),
        ('[providers.x]\nkey_variable = "K"', "`providers.x`"),
        ('[providers.X]\nbase_url = "https://x.example"', "`providers.X`"),
        ('[providers.x]\nbase_url = "http://x.example"', "`providers.x.base_url`"),
        ('[providers.x]\nkey = "sk-typed-in-the-wrong-place"', "`providers.x.key`"),
        (
            '[providers.openai]\nkey_variable = "sk-typed-in-the-wrong-place"',
            "`providers.openai.key_variable`",
        ),
    ],
)
def test_a_mistake_in_the_settings_is_named(home: Home, text: str, named: str) -> None:
    write(home, text)
    with pytest.raises(SettingsInvalid) as caught:
        load(home, {})
    assert named in caught.value.message
    assert "wrong-place" not in caught.value.message + caught.value.next_step


# --- Models ---------------------------------------------------------------------------------------------


async def test_the_models_of_a_provider() -> None:
    rows: list[object] = [
        {"id": "z/seeing", "context_length": 9000, "architecture": {"input_modalities": ["text", "image"]}},
        {"id": "blind", "max_model_len": 100, "supported_parameters": ["tools"]},
        {"id": "mute", "capabilities": {"vision": False, "function_calling": False}, "meta": {"n_ctx": 5}},
        {"id": "text-embedding-3"},
        {"id": "whisper-1"},
        {"id": 3},
        {"id": "\x1b[2J"},
        "odd",
        {"id": "odd", "context_length": "many", "architecture": [], "meta": 3},
    ]
    with ModelServer(models=Refusal(200, json.dumps({"data": rows}).encode())) as server:
        assert await models_of(Provider("test", server.url)) == (
            ModelInfo("blind", 100, None, True),
            ModelInfo("mute", 5, False, False),
            ModelInfo("odd"),
            ModelInfo("z/seeing", 9000, True, None),
        )


async def test_the_key_goes_with_the_question() -> None:
    with ModelServer(models=["one"], key=KEY.reveal()) as server:
        provider = Provider("test", server.url, lambda: KEY, "the credential store")
        assert await models_of(provider) == (ModelInfo("one"),)
        with pytest.raises(KeyRefused):
            await models_of(Provider("test", server.url))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (page(), NotAModelServer),
        (Refusal(200, b'{"data": 3}'), NotAModelServer),
        (Refusal(200, b"[" * 100_000), NotAModelServer),
        (Refusal(200, b""), NotAModelServer),
        (refuses(404, "nothing"), NotAModelServer),
        (refuses(302, headers={"Location": "http://127.0.0.1/"}), NotAModelServer),
        (refuses(500, "broken"), ModelFailed),
        (Refusal(0), ModelUnreachable),
    ],
)
async def test_what_is_no_list_is_told(answer: Refusal, kind: type[ModelFailed]) -> None:
    with ModelServer(models=answer) as server, pytest.raises(kind) as caught:
        await models_of(Provider("test", server.url))
    assert "127.0.0.1" in caught.value.message and caught.value.next_step


async def test_servers_on_this_computer_are_found_in_parallel() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        socket.socket() as closed,
        ModelServer(models=["small", "large"]) as ollama,
        ModelServer(models=page()) as something_else,
    ):
        closed.bind(("127.0.0.1", 0))
        silent = [f"http://127.0.0.1:{it.getsockname()[1]}/v1" for it in (deaf, closed)]
        urls = [*silent, something_else.url, ollama.url]
        providers = [Provider(f"p{number}", url) for number, url in enumerate(urls)]
        away = Provider("away", "https://192.0.2.1/v1")
        again = Provider("again", ollama.url)
        async with asyncio.timeout(5):
            (found,) = await probe_local([*providers, again, away], limit=0.3)
        assert found.provider.name == "p3"
        assert [model.id for model in found.models] == ["large", "small"]
        assert ollama.listed == 1


def test_nobody_is_asked_before_somebody_wants_to_know(home: Home) -> None:
    with ModelServer(models=["small"]) as server:
        providers = providers_of(home, {"OPENAI_BASE_URL": server.url})
        providers.use("small")
        assert providers.all() and providers.chosen().model is not None
        assert server.listed == 0 and server.requests == []
