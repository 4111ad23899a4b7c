"""The storage container of the customer, in which a resource with its own storage keeps content logs.

The REST API of blob storage: List Blobs and Get Blob, with a SAS for the container. Layout: "Use the Bring your own
storage (BYOS) Speech resource for speech to text". The first segment of a blob's name is a hash of undocumented origin;
here it is derived from the endpoint's id.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from email.utils import formatdate
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from ..api import authentication
from ..iso8601 import iso
from ..simulation import Simulation
from ..world.entities import DAY, Endpoint, LogOwner
from ..world.world import World
from . import logs
from .blobs import CONTAINER, BlobRoutes, md5
from .container_listing import marker, name_after, page, to_xml
from .logs import Log, LogPair

YEAR = 365 * DAY
MAX_RESULTS = 5_000  # blobs in one page
PATH = f"/{CONTAINER}"
YIELD_EVERY = 50  # blobs, so that a long list does not block other requests


class Blob(NamedTuple):
    name: str
    owner: LogOwner
    pair: LogPair
    audio: bool


class ContainerSasRoute(Route):
    """Matches only requests whose SAS is for a container (sr=c); all others are for content URLs."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if b"sr=c" not in scope.get("query_string", b""):  # almost all requests
            return Match.NONE, {}
        if parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sr") != ["c"]:
            return Match.NONE, {}
        return super().matches(scope)


class ContainerRoutes(BlobRoutes):
    """List Blobs and Get Blob; nothing can be written or deleted."""

    async def list(self, request: Request) -> Response:
        """List Blobs: with prefix, delimiter, marker and maxresults; ordered by name."""
        if access_error := self.access_error(request, "l"):
            return access_error
        query = request.query_params
        if query.get("restype") != "container" or query.get("comp") != "list":
            return self.error(400, "InvalidQueryParameterValue", "Only comp=list of a container is answered here.")
        max_results = query.get("maxresults", str(MAX_RESULTS))
        if not max_results.isascii() or not max_results.isdigit() or not int(max_results[:9]) > 0:
            return self.error(400, "OutOfRangeQueryParameterValue", "maxresults has to be 1 or more.")
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        try:
            after = name_after(query.get("marker", ""))
        except ValueError:
            return self.error(400, "InvalidQueryParameterValue", "The marker is not one of this list.")
        if not (prefix + delimiter).isprintable():
            return self.error(400, "InvalidQueryParameterValue", "A name has no such characters.")
        by_name = {blob.name: blob for blob in blobs(self.simulation.world, prefix, after)}
        found = page(list(by_name), prefix, delimiter, after, min(MAX_RESULTS, int(max_results[:9])))
        entries = [await self.entry(number, name, by_name.get(name)) for number, name in enumerate(found.names)]
        body = to_xml(
            entries,
            service=self.simulation.origins.content,
            container=CONTAINER,
            parameters={name: query[name] for name in ("prefix", "marker", "maxresults", "delimiter") if name in query},
            marker=marker(found.names[-1]) if found.more else "",
        )
        return self.with_common_headers(request, Response(body, headers={"Content-Type": "application/xml"}))

    async def entry(self, number: int, name: str, blob: Blob | None) -> tuple[str, dict[str, str] | None]:
        """One entry of the list: a name and the properties of the blob, or None for a prefix."""
        if blob is None:
            return name, None
        if number % YIELD_EVERY == 0:
            await asyncio.sleep(0)
        return name, properties(logs.build(self.simulation.world, blob.owner, blob.pair, blob.audio))

    async def get(self, request: Request) -> Response:
        """Get Blob (GET and HEAD), with ranges and conditions."""
        if access_error := self.access_error(request, "r"):
            return access_error
        name = request.path_params["blob"]
        blob = next((one for one in blobs(self.simulation.world, name, "") if one.name == name), None)
        if blob is None:
            return self.error(404, "BlobNotFound", "The specified blob does not exist.")
        log = logs.build(self.simulation.world, blob.owner, blob.pair, blob.audio)
        response = self.file(request, log)
        if response.status_code < 400:
            own = properties(log)
            response.headers["x-ms-creation-time"] = own["Creation-Time"]
            response.headers["x-ms-lease-status"] = own["LeaseStatus"]
            response.headers["x-ms-lease-state"] = own["LeaseState"]
            response.headers["x-ms-server-encrypted"] = "true"
        return self.with_common_headers(request, response)

    def access_error(self, request: Request, permission: str) -> Response | None:
        world = self.simulation.world
        world.remove_expired()
        query = request.query_params
        if access_error := self.key_error(request):
            return self.with_common_headers(request, access_error)
        if detail := authentication.sas_error(world.secret, PATH, query, world.now()):
            message = "Server failed to authenticate the request."
            return self.with_common_headers(request, self.error(403, "AuthenticationFailed", message, detail=detail))
        if permission not in query.get("sp", ""):
            message = "This request is not authorized to perform this operation using this permission."
            return self.with_common_headers(request, self.error(403, "AuthorizationPermissionMismatch", message))
        return None

    def with_common_headers(self, request: Request, response: Response) -> Response:
        """Add the headers that every response of blob storage has."""
        response.headers["x-ms-version"] = request.headers.get("x-ms-version", authentication.SAS_VERSION)
        response.headers["x-ms-request-id"] = str(uuid.uuid4())
        if own := request.headers.get("x-ms-client-request-id"):
            response.headers["x-ms-client-request-id"] = own
        return response


def routes(simulation: Simulation) -> list[Route]:
    routes = ContainerRoutes(simulation)
    return [ContainerSasRoute(PATH, routes.list), ContainerSasRoute(f"{PATH}/{{blob:path}}", routes.get)]


def control_routes(simulation: Simulation) -> list[Route]:
    async def container(request: Request) -> JSONResponse:
        """The URL with a new SAS; ?seconds=N and ?sp=r|l|rl change its validity and permissions."""
        query = request.query_params
        permissions = query.get("sp", "rl")
        try:
            seconds = float(query.get("seconds", YEAR))
            until = iso(simulation.world.now() + seconds)
            if permissions not in ("r", "l", "rl"):
                raise ValueError(permissions)
        except (ValueError, OverflowError):
            return JSONResponse(
                {"code": "InvalidRequest", "message": "seconds has to be a number, sp one of r, l, rl"}, 400
            )
        address_now = address(simulation, seconds=seconds, permissions=permissions)
        return JSONResponse({"container": address_now, "expires": until})

    return [Route("/_world/container", container)]


def address(simulation: Simulation, *, seconds: float = YEAR, permissions: str = "rl") -> str:
    """The container's URL with a SAS, valid for so long on the world's clock; a reset makes it invalid."""
    world = simulation.world
    until = world.now() + seconds
    query = authentication.sas(world.secret, PATH, until, resource="c", permissions=permissions)
    return f"{simulation.origins.content}{PATH}?{query}"


def folder(owner: LogOwner) -> str:
    """The <hash> of an endpoint, or of the base model of a locale; always the same for the same one."""
    own = owner.id if isinstance(owner, Endpoint) else f"base/{owner.locale}"
    return hashlib.sha256(own.encode()).hexdigest()


def blobs(world: World, prefix: str, after: str) -> list[Blob]:
    """The blobs with this prefix whose names come after `after`, by name.

    Names of blobs have one underscore where names of logs have two.
    """
    found = []
    holders: list[LogOwner] = [*world.endpoints.values(), *world.base_logs.values()]
    for owner in holders:
        owner_prefix = f"{folder(owner)}/{owner.locale}/"
        if not (owner_prefix.startswith(prefix) or prefix.startswith(owner_prefix)) or f"{owner_prefix}~" < after:
            continue
        for log_id, pair, audio in logs.keys(world, owner):
            time, _, guid = log_id[11:].partition("__")
            ending = logs.AUDIO if audio else logs.TRANSCRIPT
            name = f"{owner_prefix}{log_id[:10]}/{time}_{guid.removesuffix(ending)}{ending.replace('_', '.')}"
            if name.startswith(prefix):
                found.append(Blob(name, owner, pair, audio))
    return sorted(found, key=lambda blob: blob.name)


def properties(log: Log) -> dict[str, str]:
    """The properties of a blob in a list, with the names and in the order of the service."""
    modified = formatdate(log.created, usegmt=True)
    return {
        "Creation-Time": modified,
        "Last-Modified": modified,
        "Etag": log.etag.strip('"'),
        "Content-Length": str(log.size),
        "Content-Type": log.media,
        "Content-Encoding": "",
        "Content-Language": "",
        "Content-MD5": md5(log),
        "Cache-Control": "",
        "Content-Disposition": "",
        "BlobType": "BlockBlob",
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "ServerEncrypted": "true",
    }
