from __future__ import annotations

import stat
from pathlib import Path

import pytest

from vibe_tui.services.atomic import StoreNotWritable
from vibe_tui.services.prompt_history import KEPT, PromptHistory


def test_prompts_are_found_again_and_only_by_their_owner(tmp_path: Path) -> None:
    file = tmp_path / "projects" / "p" / "prompts.jsonl"
    history = PromptHistory(file)
    assert history.load() == []
    for prompt in ("first", 'two lines\n"quoted" ü'):
        history.add(prompt)
    assert PromptHistory(file).load() == ["first", 'two lines\n"quoted" ü']
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_secret_and_no_control_character_comes_back(tmp_path: Path) -> None:
    history = PromptHistory(tmp_path / "prompts.jsonl")
    history.add("use sk-" + "a" * 30 + " \x1b[2Jplease")
    assert "aaaa" not in (tmp_path / "prompts.jsonl").read_text()
    assert history.load() == ["use *** please"]


def test_a_damaged_line_costs_only_itself_and_a_long_file_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text('"one"\n{"no"\n[1]\n\xff\n"two"\n', "latin-1")
    assert PromptHistory(file).load() == ["one", "two"]
    file.write_text("".join(f'"prompt {n}"\n' for n in range(3 * KEPT)))
    assert PromptHistory(file).load() == [f"prompt {n}" for n in range(2 * KEPT, 3 * KEPT)]
    assert len(file.read_text().splitlines()) == KEPT


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreNotWritable):
        PromptHistory(tmp_path / "prompts.jsonl").add("prompt")
    assert not (tmp_path / "elsewhere").exists()
