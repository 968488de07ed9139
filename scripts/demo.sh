#!/bin/sh
# Open the page of a sample Expo + Convex app. Everything it makes is in .build/demo; delete that to start over.
set -eu
cd "$(dirname "$0")/.."
demo=$PWD/.build/demo
export VIBE_TUI_HOME="$demo/home"
vibe=$PWD/.venv/bin/vibe-tui
mkdir -p "$demo"
[ -d "$demo/my-app" ] || "$vibe" new my-app --dir "$demo/my-app" >/dev/null
cd "$demo"
exec "$vibe" "$demo/my-app"
