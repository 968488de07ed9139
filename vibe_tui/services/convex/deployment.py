"""One deployment through its own APIs: data, functions, logs, variables, health.

What the dashboard is made of, in the page and on the command line. It reads and writes the deployment, never
the project's files, so it needs no lease of the project.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from vibe_tui.services.convex.deployment_data import Data
from vibe_tui.services.convex.deployment_env import Variables
from vibe_tui.services.convex.deployment_functions import Functions
from vibe_tui.services.convex.deployment_health import Health, deployed_schema, health_of
from vibe_tui.services.convex.deployment_http import DeploymentHttp
from vibe_tui.services.convex.deployment_logs import Logs
from vibe_tui.services.convex.schema import Schema
from vibe_tui.services.http import OnWait, silent
from vibe_tui.services.secret import Secret


class DeploymentApi:
    """Use it as a context manager: leaving it closes its connections. Every call can be cancelled.

    url: of the deployment, e.g. "https://happy-otter-123.convex.cloud". on_wait: told when a request is sent
    again. Everything in it raises HttpError (KeyRefused when the key is not good any more) and, where one of
    Convex's own functions declines, DeploymentRefused.
    """

    def __init__(self, url: str, key: Secret, *, on_wait: OnWait = silent) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self._http = DeploymentHttp(self.url, key, on_wait=on_wait)
        self.data = Data(self._http)
        self.functions = Functions(self._http)
        self.logs = Logs(self._http)
        self.variables = Variables(self._http)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def health(self) -> Health:
        return await health_of(self._http)

    async def schema(self) -> Schema | None:
        """What documents are checked against now; None before a schema was pushed."""
        return await deployed_schema(self._http)

    async def check(self) -> None:
        """Ask for something small that needs the key; raises what keeps the deployment from answering."""
        await self._http.get("/api/v1/get_canonical_urls")
