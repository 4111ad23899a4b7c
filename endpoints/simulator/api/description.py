"""The description over HTTP, without a key, a rate limit or an entry in the ledger."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from endpoints.contract import VERSIONS, base_path, dated, describe

NAME = "openapi.json"


class DescriptionMiddleware:
    """Responds to GET {base path}/openapi.json, in later versions with ?api-version=; passes on all other requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self.app
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith(f"/{NAME}"):
            requested = parse_qs(scope["query_string"].decode("latin-1")).get("api-version", [""])[0]
            version = requested or scope["path"].split("/")[-2]
            if (
                version in VERSIONS
                and dated(version) == bool(requested)
                and scope["path"] == f"{base_path(version)}/{NAME}"
            ):
                endpoint = f"{scope['scheme']}://{Headers(scope=scope).get('host', '')}"
                response = JSONResponse({**describe(version), "servers": [{"url": endpoint + base_path(version)}]})
        await response(scope, receive, send)
