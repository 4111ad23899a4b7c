"""The origin of log and model files: blob storage with SAS URLs, which refuses requests that carry the API key."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from email.utils import formatdate
from functools import lru_cache
from html import escape
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api import authentication
from ..control import ledger
from ..iso8601 import iso
from ..simulation import Simulation
from ..world.entities import LogOwner
from . import logs, model_files
from .logs import Log
from .model_files import ModelFile
from .transfers import RangeResponse

CONTAINER = "customspeech-audiologs"
MAX_MD5_BYTES = 1_000_000  # larger blobs are uploaded in blocks, and have no Content-MD5
RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


def path_of(owner: LogOwner, log: Log) -> str:
    """/<container>/<endpoint or "base">/<locale>/<day>/<name>, similar to the layout of own storage (container.py)."""
    return "/" + "/".join(quote(part) for part in (CONTAINER, owner.id, owner.locale, log.day, log.name))


class BlobRoutes:
    """GET and HEAD of one file, with ranges and conditions (RFC 9110)."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    async def get(self, request: Request) -> Response:
        world = self.simulation.world
        world.remove_expired()
        if access_error := self.key_error(request):
            return access_error
        detail = authentication.sas_error(world.secret, request.url.path, request.query_params, world.now())
        if detail:
            message = "Server failed to authenticate the request."
            return self.error(403, "AuthenticationFailed", message, detail=detail)
        parts = request.path_params
        file = model_files.find(world, parts["model"], parts["name"]) if "model" in parts else self.log(parts)
        if file is None:
            return self.error(404, "BlobNotFound", "The specified blob does not exist.")
        return self.file(request, file)

    def log(self, parts: dict[str, str]) -> Log | None:
        world = self.simulation.world
        owner: LogOwner | None = world.endpoints.get(parts["endpoint"])
        if parts["endpoint"] == "base":
            owner = world.base_logs.get(parts["locale"])
        log_id = f"{parts['day']}_{parts['name'].replace('.', '_')}"
        return logs.find(world, owner, log_id) if owner else None

    def key_error(self, request: Request) -> Response | None:
        """The error for a request that carries a key or token; None if it does not."""
        for name in (authentication.KEY_HEADER, "Authorization"):
            if name in request.headers:
                ledger.note(f"refused: it carried {name}")
                return self.error(400, "InvalidHeaderValue", f"The header {name} must not be sent here.")
        return None

    async def unknown(self, request: Request) -> Response:
        if authentication.KEY_HEADER in request.headers or "authorization" in request.headers:
            return await self.get(request)
        return self.error(404, "ResourceNotFound", "The specified resource does not exist.")

    def file(self, request: Request, log: Log | ModelFile) -> Response:
        if_match, if_none_match = request.headers.get("if-match"), request.headers.get("if-none-match")
        modified = formatdate(log.created, usegmt=True)
        headers = {
            "ETag": log.etag,
            "Last-Modified": modified,
            "Accept-Ranges": "bytes",
            "Content-Type": log.media,
            "x-ms-blob-type": "BlockBlob",
        }
        if if_match and not _etag_matches(log.etag, if_match):
            return self.error(412, "ConditionNotMet", "The condition of the request is not met.")
        if if_none_match and _etag_matches(log.etag, if_none_match):
            return Response(status_code=304, headers=headers)
        first, stop, status = 0, log.size, 200
        match = RANGE.match(request.headers.get("x-ms-range", request.headers.get("range", "")).strip())
        if match and any(match.groups()) and request.headers.get("if-range", log.etag) in (log.etag, modified):
            status = 206
            if match[1]:
                first = int(match[1])
                stop = min(log.size, int(match[2]) + 1) if match[2] else log.size
            else:
                first = max(0, log.size - int(match[2]))
            if first >= stop:
                extra = {"Content-Range": f"bytes */{log.size}"}
                message = "The range specified is invalid for the current size of the resource."
                return self.error(416, "InvalidRange", message, headers=extra)
            headers["Content-Range"] = f"bytes {first}-{stop - 1}/{log.size}"
        headers["Content-Length"] = str(stop - first)
        if digest := md5(log):
            # Content-MD5 is the digest of the body; for a range only the digest of the whole blob is known
            headers["Content-MD5" if status == 200 else "x-ms-blob-content-md5"] = digest
        return RangeResponse(log, first, stop, status, headers)

    def error(
        self, status: int, code: str, message: str, *, detail: str = "", headers: dict[str, str] | None = None
    ) -> Response:
        """An error in the XML of blob storage."""
        more = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
        time = iso(self.simulation.world.now())
        text = f"<Error><Code>{code}</Code><Message>{escape(message)}\nTime:{time}</Message>{more}</Error>"
        body = f'<?xml version="1.0" encoding="utf-8"?>{text}'
        return Response(body, status, {"x-ms-error-code": code} | (headers or {}), "application/xml")


def app(simulation: Simulation, first: Sequence[Route] = ()) -> Starlette:
    routes = BlobRoutes(simulation)
    file = f"/{CONTAINER}/{{endpoint}}/{{locale}}/{{day}}/{{name}}"
    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    model_file = f"/{model_files.CONTAINER}/{{model}}/{{name}}"
    rest = [
        Route(file, routes.get),
        Route(model_file, routes.get),
        Route("/{rest:path}", routes.unknown, methods=every),
    ]
    return Starlette(routes=[*first, *rest])


def _etag_matches(etag: str, header: str) -> bool:
    return header.strip() == "*" or etag in [part.strip().removeprefix("W/") for part in header.split(",")]


@lru_cache(maxsize=20_000)
def md5(log: Log | ModelFile) -> str:
    """Content-MD5 in base64; empty for blobs that have none."""
    if log.size > MAX_MD5_BYTES:
        return ""
    digest = hashlib.md5(log.part(0, log.size), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
