"""Which API version a request is for: a part of the path until v3.2, the query api-version since (api-facts 1, 13)."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ..simulation import Simulation
from ..versions import Version
from .errors import Refusal, invalid

BASE = "/speechtotext"
PARAMETER = "api-version"
OLD = re.compile(r"^/v\d")


class Current:
    """The routes of one version, as long as it is not retired (switches retired and retired_answer)."""

    def __init__(self, app: ASGIApp, simulation: Simulation, version: Version) -> None:
        self.app = app
        self.simulation = simulation
        self.version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        switches = self.simulation.options.switches
        app = self.app
        if self.version in switches.retired:
            words = f"The API version '{self.version}' is retired. Use a newer API version."
            if switches.retired_answer == "404":
                raise HTTPException(404)
            if switches.retired_answer == "error":
                raise invalid("InvalidParameterValue", words, PARAMETER)
            app = JSONResponse({"error": {"code": "410", "message": words}}, 410)
        await app(scope, receive, send)


class Asked:
    """Leads to the version that the query asks for."""

    def __init__(self, apps: dict[str, ASGIApp]) -> None:
        self.apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rest = scope["path"].removeprefix(scope.get("root_path", ""))
        if OLD.match(rest):
            raise HTTPException(404)
        name = QueryParams(scope["query_string"]).get(PARAMETER)
        if name is None:
            words = f"The query parameter '{PARAMETER}' is required."
            raise Refusal(400, "InvalidArgument", words, inner="InvalidParameter", target=PARAMETER)
        if name not in self.apps:
            words = f"The API version '{name}' is not supported; supported are {', '.join(self.apps)}."
            raise invalid("InvalidParameterValue", words, PARAMETER)
        await self.apps[name](scope, receive, send)


def mounts(simulation: Simulation, routes: Callable[[Version], list[Route]]) -> list[Mount]:
    """All versions beside each other; the one of the path comes first."""
    apps = {
        version: Current(Router(routes(version), redirect_slashes=False), simulation, version) for version in Version
    }
    in_path = [Mount(f"{BASE}/{version}", app) for version, app in apps.items() if not version.queried]
    return [*in_path, Mount(BASE, Asked({str(version): app for version, app in apps.items() if version.queried}))]
