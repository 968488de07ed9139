"""A browser: BROWSER="python tests/flows/following_browser.py VISITED".

Consents to what a sign-in asks for, follows the redirect, and appends every link and the page it ended at to
VISITED.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.consenting_browser import consent


def visit(link: str) -> str:
    """Returns the page at the end."""
    with urlopen(consent(link, follow=False) if "/oauth/" in link else link) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    page = visit(sys.argv[2])
    with Path(sys.argv[1]).open("a", encoding="utf-8") as visited:
        visited.write(f"{sys.argv[2]}\n{page}\n")
