"""The Expo part of a draft: shared files that screens use, and the list of screens."""

from __future__ import annotations

import json
from collections.abc import Sequence

from vibe_tui.services.assistant.recipes.base_files import base_file
from vibe_tui.services.assistant.recipes.code_file import CodeFile
from vibe_tui.services.assistant.recipes.draft import Draft, NotPlaced
from vibe_tui.services.assistant.recipes.recipe_files import recipe_file
from vibe_tui.services.assistant.recipes.schema_edit import add_entries
from vibe_tui.services.assistant.recipes.schema_style import elements

SCREENS_PATH = "lib/screens.ts"
THEME_PATH = "lib/theme.ts"
PARTS_PATH = "components/parts.tsx"
PACKAGE_PATH = "package.json"
PARTS = ("Row", "Note", "Form", "Action", "TextField", "SwitchField", "ChoiceField")

_VERSIONS = {
    "@auth/core": "^0.41.3",
    "@convex-dev/auth": "^0.0.95",
    "convex": "^1.48.0",
    "expo-document-picker": "~57.0.3",
    "expo-linking": "~57.0.10",
    "expo-secure-store": "~57.0.4",
    "expo-web-browser": "~57.0.3",
}
"""What fits the template's Expo."""
_EXPO = "57"


def put_once(draft: Draft, path: str, text: str, exports: Sequence[str]) -> None:
    """`text` as a new file; one that is there stays, when it exports what is used of it.

    Raises NotPlaced for one that does not.
    """
    if not (draft.text(path) or "").strip():
        draft.put(path, text)
        return
    file = CodeFile(draft, path, text)
    if missing := [name for name in exports if file.export(name) is None]:
        raise file.refuse(f"it is there already and does not export {missing[0]}")


def put_parts(draft: Draft) -> None:
    """What every screen is made of."""
    put_once(draft, THEME_PATH, base_file(THEME_PATH), ("useColors",))
    put_once(draft, PARTS_PATH, recipe_file(PARTS_PATH), PARTS)


def list_screen(draft: Draft, title: str, href: str) -> None:
    """A way to the screen from the app's first one."""
    entry = f"{{ title: {json.dumps(title)}, href: {json.dumps(href)} }}"
    if draft.text(SCREENS_PATH) is None:
        draft.tell(
            f"By hand: link to the screen from one of yours: <Link href={json.dumps(href)}>{title}</Link>."
        )
        return
    file = CodeFile(draft, SCREENS_PATH, f"  {entry},")
    there = file.module.constants.get("screens")
    there = None if there is None else file.module.resolve(there)
    if there is None or there.type != "array":
        raise file.refuse("its list of screens is not written out")
    if any(json.dumps(href) in file.module.text(one).replace("'", '"') for one in elements(there)):
        return
    file.write(add_entries(file.module, there, [[entry]], file.style))
    draft.steps.append(f"List the screen {title} in {SCREENS_PATH}, which the first screen shows.")


def add_packages(draft: Draft, names: Sequence[str], *, for_convex: bool) -> None:
    """`names` among the dependencies of package.json, in versions that fit the template's Expo.

    for_convex: functions import some of them.
    """
    wanted = {name: _VERSIONS[name] for name in names}
    command = f"npx expo install {' '.join(names)}"
    text = draft.text(PACKAGE_PATH)
    if text is None:
        draft.tell(f"By hand: there is no {PACKAGE_PATH}; install the packages: {command}.")
        return
    try:
        package = json.loads(text)
        there = package.setdefault("dependencies", {})
        missing = {name: version for name, version in wanted.items() if name not in there}
        there.update(missing)
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        raise NotPlaced(
            PACKAGE_PATH, "it is not the JSON of a package", json.dumps(wanted, indent=2)
        ) from error
    if not missing:
        return
    package["dependencies"] = dict(sorted(there.items()))
    draft.put(PACKAGE_PATH, json.dumps(package, indent=_indent(text), ensure_ascii=False) + "\n")
    draft.steps.append(f"Name {', '.join(missing)} in {PACKAGE_PATH}.")
    draft.tell(
        "By hand: run “npm install” in the project before you start the app. If it was installed before, "
        "Convex cannot take the functions until then."
        if for_convex
        else "By hand: run “npm install” in the project before you start the app."
    )
    if not str(there.get("expo", _EXPO)).lstrip("~^=v").startswith(_EXPO):
        draft.tell("By hand: the versions fit Expo 57; run “npx expo install --fix” for yours.")


def _indent(text: str) -> int | str:
    second = next((line for line in text.split("\n")[1:] if line.strip()), "  ")
    space = second[: len(second) - len(second.lstrip())]
    return "\t" if space.startswith("\t") else max(len(space), 1)
