"""The description over HTTP, before anything else: no key, no rate limit, no line in the ledger."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from endpoints.contract import VERSIONS, base_path, dated, describe

NAME = "openapi.json"


class Described:
    """Answers GET {base path}/openapi.json, of later versions with ?api-version=; all else goes to the application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.app
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].endswith(f"/{NAME}"):
            asked = parse_qs(scope["query_string"].decode("latin-1")).get("api-version", [""])[0]
            version = asked or scope["path"].split("/")[-2]
            if (
                version in VERSIONS
                and dated(version) == bool(asked)
                and scope["path"] == f"{base_path(version)}/{NAME}"
            ):
                endpoint = f"{scope['scheme']}://{Headers(scope=scope).get('host', '')}"
                answer = JSONResponse({**describe(version), "servers": [{"url": endpoint + base_path(version)}]})
        await answer(scope, receive, send)
