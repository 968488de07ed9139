#!/bin/sh
# The main job on the emulated Convex, in a folder of its own that is removed again. No account, no key.
set -eu
cd "$(dirname "$0")/.."
demo=$(mktemp -d)
export VIBE_TUI_HOME="$demo/home"
vibe=$PWD/.venv/bin/vibe-tui
trap '"$vibe" emulator stop >/dev/null 2>&1; rm -rf "$demo"' EXIT INT TERM

say() { printf '\n\033[1m$ vibe-tui %s\033[0m\n' "$*"; "$vibe" "$@"; }

cd "$demo"
say new my-app
cd my-app
say connect --with emulator --approve
say ask --yes "Add a messages database table"
say status
say download -o ../my-app.zip
say disconnect --delete-project --yes
