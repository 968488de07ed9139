"""check_and_deploy: whether what was written is good, before the turn is over."""

from __future__ import annotations

from vibe_tui.services.assistant.chat_model import ToolSpec
from vibe_tui.services.assistant.events import Deployed, DeployFailed
from vibe_tui.services.assistant.repair import failure
from vibe_tui.services.assistant.tools.arguments import Arguments
from vibe_tui.services.assistant.tools.bench import Bench
from vibe_tui.services.assistant.tools.tool import Result, Tool, takes


async def _check(_: Arguments, bench: Bench) -> Result:
    checked = await bench.check()
    push = checked.push
    if push is not None and not push.ok:
        return Result(f"✗ {push.reason}", failure(push), ok=False, events=(DeployFailed(push),))
    bench.changes.unpushed = bench.changes.unpushed and push is None
    data: dict[str, object] = {"deployed": push is not None}
    if checked.advice:
        data["advice"] = list(checked.advice)
    if push is None:
        data["note"] = "Nothing was deployed: no backend is connected, or its dev server is stopped."
        return Result("Checked; nothing was deployed", data)
    return Result(f"Checked and deployed in {push.seconds:.1f} s", data, events=(Deployed(push),))


CHECK_AND_DEPLOY = Tool(
    ToolSpec(
        "check_and_deploy",
        "Type-check convex/ and deploy it, and tell what is wrong. It happens by itself at the end of your "
        "turn; call it earlier only when you need the result.",
        takes({}),
    ),
    "Checking and deploying",
    _check,
)
