"""Which API version a request is for: in the path up to v3.2, in the query parameter api-version since."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from ..simulation import Simulation
from ..versions import ServedVersion
from .errors import ApiError, invalid_argument

BASE_PATH = "/speechtotext"
PARAMETER = "api-version"
VERSION_IN_PATH = re.compile(r"^/v\d")


class ActiveVersion:
    """The routes of one version, unless it is retired (switches retired and retired_answer)."""

    def __init__(self, app: ASGIApp, simulation: Simulation, version: ServedVersion) -> None:
        self.app = app
        self.simulation = simulation
        self.version = version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        switches = self.simulation.options.switches
        app = self.app
        if self.version in switches.retired:
            message = f"The API version '{self.version}' is retired. Use a newer API version."
            if switches.retired_answer == "404":
                raise HTTPException(404)
            if switches.retired_answer == "error":
                raise invalid_argument("InvalidParameterValue", message, PARAMETER)
            app = JSONResponse({"error": {"code": "410", "message": message}}, 410)
        await app(scope, receive, send)


class VersionFromQuery:
    """Dispatches to the version in the query."""

    def __init__(self, apps: dict[str, ASGIApp]) -> None:
        self.apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rest = scope["path"].removeprefix(scope.get("root_path", ""))
        if VERSION_IN_PATH.match(rest):
            raise HTTPException(404)
        name = QueryParams(scope["query_string"]).get(PARAMETER)
        if name is None:
            message = f"The query parameter '{PARAMETER}' is required."
            raise ApiError(400, "InvalidArgument", message, inner="InvalidParameter", target=PARAMETER)
        if name not in self.apps:
            message = f"The API version '{name}' is not supported; supported are {', '.join(self.apps)}."
            raise invalid_argument("InvalidParameterValue", message, PARAMETER)
        await self.apps[name](scope, receive, send)


def mount_versions(simulation: Simulation, routes: Callable[[ServedVersion], list[Route]]) -> list[Mount]:
    """All versions; the one in the path comes first."""
    apps = {
        version: ActiveVersion(Router(routes(version), redirect_slashes=False), simulation, version)
        for version in ServedVersion
    }
    in_path = [Mount(f"{BASE_PATH}/{version}", app) for version, app in apps.items() if not version.in_query]
    return [
        *in_path,
        Mount(BASE_PATH, VersionFromQuery({str(version): app for version, app in apps.items() if version.in_query})),
    ]
