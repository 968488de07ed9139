"""Every kind of failure has a name of its own, which scripts may rely on."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator

import vibe_tui.cli
import vibe_tui.services
from vibe_tui.services.errors import UsageError, VibeError


def kinds(of: type[VibeError] = VibeError) -> Iterator[type[VibeError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_codes_are_in_snake_case_and_name_one_kind_of_failure() -> None:
    for package in (vibe_tui.services, vibe_tui.cli):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", ".supervisor")):
                importlib.import_module(module.name)
    found = [kind for kind in set(kinds()) if kind.__module__.startswith("vibe_tui.")]
    assert len(found) > 50
    bad = [kind for kind in found if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", kind.code)]
    assert bad == []
    unnamed = [kind for kind in found if "code" not in vars(kind)]
    assert unnamed == [], "a failure without a name of its own"
    counted = Counter(kind.code for kind in found)
    assert [code for code, number in counted.items() if number > 1] == []
    assert {kind.exit_code for kind in found} == {1, 2}
    assert all(kind.exit_code == 2 for kind in kinds(UsageError))
