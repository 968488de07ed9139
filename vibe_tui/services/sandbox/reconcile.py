"""What is to be done about one file that two trees have: the whole policy of the mirror, as a function.

The project's own folder is the source of truth, but no edit made in the sandbox is lost either.
"""

from __future__ import annotations

from typing import Literal

from vibe_tui.services.sandbox.manifest import LEFT_ALONE

Step = Literal["nothing", "agree", "send", "remove there", "bring", "remove here", "keep both"]
"""send, bring: the file's content to the sandbox, from the sandbox. agree: both have the same already."""


def reconcile(here: str, there: str, agreed: str, *, was_ours: bool, generated: bool, trusted: bool) -> Step:
    """Decide about a file by its content hashes, "" for no file. What is LEFT_ALONE stays as it is.

    agreed: what both had last. was_ours: what is there is an older version that both had once.
    generated: written by tools in the sandbox, so no edit of anybody's is in it.
    trusted: the sandbox was watched without a gap since `agreed`. One that comes back from a pause may have
    lost files or have old ones: then what is missing or old there is sent again, and never removed here.
    """
    if LEFT_ALONE in (here, there):
        return "nothing"
    if here == there:
        return "nothing" if here == agreed else "agree"
    if there == agreed:
        return "send" if here else "remove there"
    if not there:
        return "remove here" if here == agreed and trusted else "send"
    if not trusted and was_ours:
        return "send" if here else "remove there"
    if here in (agreed, "") or generated:
        return "bring"
    return "keep both"
