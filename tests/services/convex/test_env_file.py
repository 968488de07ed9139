"""`.env.local`: ours come and go, everything else stays to the byte."""

import pytest

from vibe_tui.services.convex.env_file import EnvFileInvalid, with_connection, without_connection

PAIR = {
    "CONVEX_SELF_HOSTED_URL": "http://127.0.0.1:4000",
    "CONVEX_SELF_HOSTED_ADMIN_KEY": "dev:calm-otter-1|0123abcd",
    "EXPO_PUBLIC_CONVEX_URL": "http://127.0.0.1:4000",
}
USERS = "# my notes\nAPI_HOST='a b'  # keep\n\nMULTI=\"one\ntwo\"\nexport X=1\n"


def parsed(text: str) -> dict[str, str | None]:
    import io

    from dotenv import dotenv_values

    return dict(dotenv_values(stream=io.StringIO(text), interpolate=False))


@pytest.mark.parametrize("before", ["", USERS, USERS.rstrip("\n"), "A=1\r\nB=2\r\n"])
def test_everything_else_is_kept_and_comes_back(before: str) -> None:
    connected = with_connection(before, PAIR)
    assert parsed(connected) == {**parsed(before), **PAIR}
    assert before in connected
    assert without_connection(connected).rstrip("\n") == before.rstrip("\n")


def test_writing_twice_changes_nothing() -> None:
    once = with_connection(USERS, PAIR)
    assert with_connection(once, PAIR) == once


def test_a_new_key_replaces_the_old_one() -> None:
    newer = {**PAIR, "CONVEX_SELF_HOSTED_ADMIN_KEY": "dev:calm-otter-1|ffff"}
    text = with_connection(with_connection(USERS, PAIR), newer)
    assert text.count("CONVEX_SELF_HOSTED_ADMIN_KEY") == 1
    assert parsed(text)["CONVEX_SELF_HOSTED_ADMIN_KEY"] == "dev:calm-otter-1|ffff"


def test_variables_of_the_users_own_are_set_aside_and_restored() -> None:
    before = "CONVEX_DEPLOYMENT=dev:mine-1 # team: me\nCONVEX_URL=https://mine-1.convex.cloud\nB=2\n"
    connected = with_connection(before, PAIR)
    assert "CONVEX_DEPLOYMENT" not in parsed(connected)  # the CLI refuses it beside the pair
    assert without_connection(connected) == before


def test_what_the_cli_added_goes_with_the_connection() -> None:
    connected = with_connection("B=2\n", {"CONVEX_DEPLOY_KEY": "dev:calm-otter-1|0123abcd"})
    by_cli = (
        connected + "\n# Deployment used by `npx convex dev`\nCONVEX_DEPLOYMENT=dev:calm-otter-1 # team: t\n"
    )
    again = with_connection(by_cli, {"CONVEX_DEPLOY_KEY": "dev:calm-otter-1|0123abcd"})
    assert parsed(again)["CONVEX_DEPLOYMENT"] == "dev:calm-otter-1"
    assert set(parsed(without_connection(again))) == {"B"}


def test_changing_the_kind_of_connection_leaves_no_conflict() -> None:
    cloud = (
        with_connection("", {"CONVEX_DEPLOY_KEY": "dev:calm-otter-1|0123abcd"}) + "CONVEX_DEPLOYMENT=dev:x\n"
    )
    assert set(parsed(with_connection(cloud, PAIR))) == set(PAIR)
    assert "CONVEX_SELF_HOSTED_URL" not in with_connection(
        with_connection("", PAIR), {"CONVEX_DEPLOY_KEY": "dev:calm-otter-1|0123abcd"}
    )


def test_a_file_without_our_lines_is_left_alone() -> None:
    assert without_connection("CONVEX_DEPLOYMENT=dev:mine-1\n") == "CONVEX_DEPLOYMENT=dev:mine-1\n"


@pytest.mark.parametrize("value", ["a b", "x$HOME", "a\nB=1", "'q'", "a#b", ""])
def test_a_value_readers_could_take_differently_is_refused(value: str) -> None:
    with pytest.raises(EnvFileInvalid):
        with_connection("", {"CONVEX_DEPLOY_KEY": value})
