"""What comes out of terminal_text is safe, whole and free of secrets, wherever the chunks end."""

from __future__ import annotations

import base64
import json
import random
import re
import unicodedata
from urllib.parse import quote

import pytest

from vibe_tui.services.secret import Secret
from vibe_tui.services.terminal_text import (
    CUT_MARK,
    LINE_LIMIT,
    LineSplitter,
    clean,
    redact,
    redact_all,
    visible,
)

SECRET = "dev:quiet-newt-7|" + "Zm9v" * 8 + "+/=="
LINES = (
    "-----BEGIN TEST-----\n" + "\n".join(f"line-{n}-" + "q" * 40 for n in range(3)) + "\n-----END TEST-----"
)

PAYLOADS = {
    "clipboard": "a\x1b]52;c;UFdORUQ=\x07b",
    "clipboard ended by ST": "a\x1b]52;c;UFdORUQ=\x1b\\b",
    "title": "a\x1b]0;TITLE\x07b",
    "link": "a\x1b]8;;http://x.example\x1b\\b\x1b]8;;\x1b\\",
    "cursor": "a\x1b[2J\x1b[H\x1b[?1049hb",
    "report": "a\x1b[6n\x1b[cb",
    "device control": "a\x1bP1;2|x\x1b\\b",
    "wrapped for tmux": "a\x1bPtmux;\x1b\x1b]52;c;UFdO\x07\x1b\\b",
    "application": "a\x1b_Gf=24;AAAA\x1b\\b",
    "privacy": "a\x1b^secret\x1b\\b",
    "start of string": "a\x1bXsecret\x1b\\b",
    "screen title": "a\x1bktitle\x1b\\b",
    "eight-bit CSI": "a\x9b2Jb",
    "eight-bit OSC": "a\x9d0;T\x9cb",
    "character set": "a\x1b(0b",
    "reset": "a\x1bcb",
    "NUL, BEL and backspace": "a\x00\x07\x08b",
    "bidi": "a\u202e\u2066\u200f\u061cb",
    "zero width and tags": "a\u200b\u2060\ufeff\u00ad\U000e0041b",
}


def harmless(text: str) -> bool:
    """Nothing but text, tab, newline and the joiners."""
    return all(
        character in "\n\t\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        for character in text
    )


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_a_payload_leaves_only_the_text_around_it(payload: str) -> None:
    assert clean(payload) == "ab"
    assert clean(payload, colours=True) == "ab"


def test_text_that_people_write_stays() -> None:
    text = "Zażółć gęślą jaźń\t\u0645\u06cc\u200c\u062e 👩\u200d💻 [id]/page.tsx\n"
    assert clean(text) == text


def test_colours_stay_only_when_wanted_and_well_formed() -> None:
    text = "\x1b[1;31mred\x1b[0m\x1b[38:2::1:2:3mrgb\x1b[m\x1b[2K\x1b[31;\nnext"
    assert clean(text) == "redrgb\nnext"
    assert clean(text, colours=True) == "\x1b[1;31mred\x1b[0m\x1b[38:2::1:2:3mrgb\x1b[m\nnext"


def test_an_unfinished_sequence_does_not_swallow_the_next_line() -> None:
    assert clean("a\x1b]52;c;AAAA\nb\x1bPxx\nc\x1b[12\nd\x1b") == "a\nb\nc\nd"


def test_removing_one_sequence_never_makes_another() -> None:
    assert clean("\x1b\x1b[2J[31mX") == "[31mX"
    assert clean("\x1b\u200b[2J", colours=True) == "[2J"
    assert harmless(clean("\x1b]\x1b]0;x\x07\x07y"))


def test_lone_surrogates_become_the_replacement_character() -> None:
    assert clean("a\udc80b\ud800") == "a\ufffdb\ufffd"


def test_random_garbage_comes_out_harmless() -> None:
    chance = random.Random(4)
    alphabet = "\x1b\x1b\x9b\x9d[]P_;?0m1Hab\x07\\\n\r\t\u202e\u200b\udc80\x00"
    for _ in range(3000):
        text = "".join(chance.choices(alphabet, k=chance.randint(1, 30)))
        assert harmless(clean(text)), repr(text)
        coloured = clean(text, colours=True)
        assert harmless(re.sub(r"\x1b\[[0-9;:]*m", "", coloured)), repr(text)
        assert clean(coloured, colours=True) == coloured


def test_visible_spells_hidden_characters_out() -> None:
    assert visible("a\u202eb\n\x1b[31m\u200d\udc80") == "a<U+202E>b<U+000A><U+001B>[31m<U+200D><U+DC80>"


def test_known_secrets_are_starred_in_every_spelling() -> None:
    value = Secret(SECRET).reveal()
    quoted = Secret('with "quotes" & a/slash').reveal()
    spellings = [value, quote(value, safe=""), base64.b64encode(value.encode()).decode()]
    spellings += [base64.urlsafe_b64encode(value.encode()).decode()]
    spellings += [quoted, json.dumps(quoted)[1:-1], quote(quoted), quote(quoted, safe="")]
    for spelling in spellings:
        assert redact(f"<{spelling}>") == "<***>"


@pytest.mark.parametrize("before", ["u", "us", "use", "user:"])
def test_a_secret_inside_of_something_in_base64_is_starred(before: str) -> None:
    value = Secret(SECRET).reveal()
    encoded = base64.b64encode(f"{before}{value}tail".encode()).decode()
    shown = redact(encoded)
    assert "***" in shown
    assert len(shown) < len(before) + 20


def test_a_secret_of_several_lines_is_starred_line_by_line() -> None:
    Secret(LINES)
    for line in LINES.split("\n"):
        assert redact(f"<{line}>") == "<***>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key team:acme|" + "A" * 20 + "== end", "key *** end"),
        ("preview:t:p|" + "A" * 20, "***"),
        ("team:personal|ab-" + "A_-" * 9, "***"),
        ("see sk-" + "a1" * 12 + ".", "see ***."),
        ("e2b_" + "a1" * 12, "***"),
        ("ghp_" + "a1" * 12, "***"),
        ("eyJ" + "a" * 12 + "." + "b" * 12 + "." + "c" * 12, "***"),
        ("OPENAI_API_KEY=abc next", "OPENAI_API_KEY=*** next"),
        ("GH_TOKEN='a b' next", "GH_TOKEN=*** next"),
        ("an ordinary sentence: dev:server | build", "an ordinary sentence: dev:server | build"),
    ],
)
def test_what_looks_like_a_secret_is_starred(text: str, shown: str) -> None:
    assert redact(text) == shown


def split(chunks: list[bytes]) -> list[str]:
    splitter = LineSplitter()
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return lines + splitter.finish()


def test_any_chunking_gives_the_same_lines() -> None:
    Secret(SECRET)
    pieces = [
        *PAYLOADS.values(),
        SECRET,
        "é✔👩\u200d💻",
        "\r\n",
        "\n",
        "\r",
        "10%\r20%\r",
        "\x1b[32mok\x1b[0m",
    ]
    chance = random.Random(7)
    for _ in range(400):
        text = "".join(chance.choices(pieces, k=12)).encode() + chance.choice([b"", b"\xff", b"\xe2\x9c"])
        whole = split([text])
        cuts = sorted(chance.sample(range(len(text)), min(len(text), chance.randint(1, 12))))
        chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert split(chunks) == whole
        assert split([bytes([byte]) for byte in text]) == whole
        shown = "\n".join(whole)
        assert SECRET not in shown
        assert harmless(re.sub(r"\x1b\[[0-9;:]*m", "", shown))


def test_a_progress_bar_gives_its_last_state() -> None:
    assert split([b"10%\r50%", b"\r100%\r", b"\ndone\r\n", b"a\r\r\n", b"left"]) == [
        "100%",
        "done",
        "a",
        "left",
    ]


def test_empty_lines_stay() -> None:
    assert split([b"a\n\n\nb\n"]) == ["a", "", "", "b"]


def test_a_long_line_is_cut_and_the_next_one_is_whole() -> None:
    chunk = b"x" * 65_536
    lines = split([chunk] * 800 + [b"\nnext\n"])  # 50 MB
    assert lines == ["x" * LINE_LIMIT + CUT_MARK, "next"]


def test_a_progress_bar_may_follow_a_long_line() -> None:
    assert split([b"x" * 100_000, b"\r", b"short\n"]) == ["short"]
    assert split([b"x" * 100_000, b"\r", b"\n"]) == ["x" * LINE_LIMIT + CUT_MARK]


def test_memory_stays_bounded_while_a_line_does_not_end() -> None:
    import tracemalloc

    splitter = LineSplitter()
    tracemalloc.start()
    for _ in range(800):
        splitter.feed(b"y" * 65_536)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("chunk", [997, 65_536])
@pytest.mark.parametrize("noise", [b"", b"\x1b[1m\x1b[22m" * 20])
def test_no_cut_shows_half_a_secret(chunk: int, noise: bytes) -> None:
    secret = Secret("Q" * 40 + "unguessable" * 20).reveal().encode()
    part = secret[:24].decode()
    for at in range(LINE_LIMIT - len(secret) - 8, LINE_LIMIT + 8, 16):
        text = b"." * at + noise + secret + b"." * 80_000
        (line,) = split([text[start : start + chunk] for start in range(0, len(text), chunk)])
        assert part not in line
    for at in range(4 * LINE_LIMIT - len(secret) - 300, 4 * LINE_LIMIT + 8, 64):
        noisy = b"\x1b[2K" * (at // 4) + secret + b"." * 80_000  # where the held part ends
        (line,) = split([noisy[start : start + chunk] for start in range(0, len(noisy), chunk)])
        assert part not in line


def test_a_colour_in_the_middle_of_a_secret_does_not_show_it() -> None:
    value = Secret(SECRET).reveal()
    text = f"\x1b[32mok\x1b[0m\n{value[:20]}\x1b[31m{value[20:]}\x1b[0m\n\x1b[2mend\x1b[0m\n"
    assert split([text.encode()]) == ["\x1b[32mok\x1b[0m", "***", "\x1b[2mend\x1b[0m"]


def test_the_texts_of_a_json_value_are_redacted_one_by_one() -> None:
    value = {"a": ['say "MY_KEY=abc" twice', 1, None], "b": {"c": ("MY_TOKEN=def\nend",)}}
    hidden = {"a": ['say "MY_KEY=***" twice', 1, None], "b": {"c": ["MY_TOKEN=***\nend"]}}
    assert redact_all(value) == hidden
