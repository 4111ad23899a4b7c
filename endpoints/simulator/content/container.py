"""The customer's own storage (service-facts 5): the container that content logs lie in when the service keeps none.

Blob storage's own REST: list blobs, get blob; a token for the whole container. The first segment of a blob's name is
a hash whose origin the service does not tell; here it is made from the endpoint's id.
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
from ..world.entities import DAY, Endpoint, Logging
from ..world.world import World
from . import logs
from .blobs import CONTAINER, ContentRoom, md5
from .container_listing import behind, marker, page, written
from .logs import Log, Pair

YEAR = 365 * DAY
MOST = 5_000  # blobs of one page
PATH = f"/{CONTAINER}"
PAUSE_EVERY = 50  # blobs, so that a long list does not keep other requests waiting


class Blob(NamedTuple):
    name: str
    holder: Logging
    pair: Pair
    audio: bool


class Signed(Route):
    """Takes requests whose token is for a container (sr=c); all others belong to the content URLs."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if b"sr=c" not in scope.get("query_string", b""):  # by far the most
            return Match.NONE, {}
        if parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sr") != ["c"]:
            return Match.NONE, {}
        return super().matches(scope)


class ContainerRoom(ContentRoom):
    """List and read; nothing can be written or deleted."""

    async def list(self, request: Request) -> Response:
        """GET ?restype=container&comp=list: prefix, delimiter, marker, maxresults; by name."""
        if refused := self.refused(request, "l"):
            return refused
        query = request.query_params
        if query.get("restype") != "container" or query.get("comp") != "list":
            return self.error(400, "InvalidQueryParameterValue", "Only comp=list of a container is answered here.")
        most = query.get("maxresults", str(MOST))
        if not most.isascii() or not most.isdigit() or not int(most[:9]) > 0:
            return self.error(400, "OutOfRangeQueryParameterValue", "maxresults has to be 1 or more.")
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        try:
            after = behind(query.get("marker", ""))
        except ValueError:
            return self.error(400, "InvalidQueryParameterValue", "The marker is not one of this list.")
        if not (prefix + delimiter).isprintable():
            return self.error(400, "InvalidQueryParameterValue", "A name has no such characters.")
        there = {blob.name: blob for blob in blobs(self.simulation.world, prefix, after)}
        found = page(list(there), prefix, delimiter, after, min(MOST, int(most[:9])))
        entries = [await self.entry(number, name, there.get(name)) for number, name in enumerate(found.names)]
        body = written(
            entries,
            service=self.simulation.origins.content,
            container=CONTAINER,
            asked={name: query[name] for name in ("prefix", "marker", "maxresults", "delimiter") if name in query},
            marker=marker(found.names[-1]) if found.more else "",
        )
        return self.named(request, Response(body, headers={"Content-Type": "application/xml"}))

    async def entry(self, number: int, name: str, blob: Blob | None) -> tuple[str, dict[str, str] | None]:
        """A name of the list with the properties of its blob; a prefix has none."""
        if blob is None:
            return name, None
        if number % PAUSE_EVERY == 0:
            await asyncio.sleep(0)
        return name, properties(logs.build(self.simulation.world, blob.holder, blob.pair, blob.audio))

    async def get(self, request: Request) -> Response:
        """GET and HEAD of one blob, with ranges and conditions."""
        if refused := self.refused(request, "r"):
            return refused
        name = request.path_params["blob"]
        blob = next((one for one in blobs(self.simulation.world, name, "") if one.name == name), None)
        if blob is None:
            return self.error(404, "BlobNotFound", "The specified blob does not exist.")
        log = logs.build(self.simulation.world, blob.holder, blob.pair, blob.audio)
        response = self.file(request, log)
        if response.status_code < 400:
            own = properties(log)
            response.headers["x-ms-creation-time"] = own["Creation-Time"]
            response.headers["x-ms-lease-status"] = own["LeaseStatus"]
            response.headers["x-ms-lease-state"] = own["LeaseState"]
            response.headers["x-ms-server-encrypted"] = "true"
        return self.named(request, response)

    def refused(self, request: Request, permission: str) -> Response | None:
        world = self.simulation.world
        world.sweep()
        query = request.query_params
        if refused := self.keyed(request):
            return self.named(request, refused)
        if words := authentication.sas_fault(world.secret, PATH, query, world.now()):
            message = "Server failed to authenticate the request."
            return self.named(request, self.error(403, "AuthenticationFailed", message, detail=words))
        if permission not in query.get("sp", ""):
            words = "This request is not authorized to perform this operation using this permission."
            return self.named(request, self.error(403, "AuthorizationPermissionMismatch", words))
        return None

    def named(self, request: Request, response: Response) -> Response:
        """The headers that every answer of blob storage has."""
        response.headers["x-ms-version"] = request.headers.get("x-ms-version", authentication.SAS_VERSION)
        response.headers["x-ms-request-id"] = str(uuid.uuid4())
        if own := request.headers.get("x-ms-client-request-id"):
            response.headers["x-ms-client-request-id"] = own
        return response


def routes(simulation: Simulation) -> list[Route]:
    room = ContainerRoom(simulation)
    return [Signed(PATH, room.list), Signed(f"{PATH}/{{blob:path}}", room.get)]


def control_routes(simulation: Simulation) -> list[Route]:
    async def container(request: Request) -> JSONResponse:
        """The address with a new token; ?seconds=N and ?sp=r|l|rl make another one than the usual."""
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
    """The container with a token that is valid for so long on the world's clock; a reset makes it void."""
    world = simulation.world
    until = world.now() + seconds
    query = authentication.sas(world.secret, PATH, until, resource="c", permissions=permissions)
    return f"{simulation.origins.content}{PATH}?{query}"


def folder(holder: Logging) -> str:
    """The <hash> of an endpoint, or of the base model of a language: the simulator's own choice, always the same."""
    own = holder.id if isinstance(holder, Endpoint) else f"base/{holder.locale}"
    return hashlib.sha256(own.encode()).hexdigest()


def blobs(world: World, prefix: str, after: str) -> list[Blob]:
    """Those that begin so and come later, by name. A name stands for the double underscore of a log with one."""
    found = []
    holders: list[Logging] = [*world.endpoints.values(), *world.base_logs.values()]
    for holder in holders:
        home = f"{folder(holder)}/{holder.locale}/"
        if not (home.startswith(prefix) or prefix.startswith(home)) or f"{home}~" < after:
            continue
        for log_id, pair, audio in logs.ids(world, holder):
            time, _, guid = log_id[11:].partition("__")
            ending = logs.AUDIO if audio else logs.TRANSCRIPT
            name = f"{home}{log_id[:10]}/{time}_{guid.removesuffix(ending)}{ending.replace('_', '.')}"
            if name.startswith(prefix):
                found.append(Blob(name, holder, pair, audio))
    return sorted(found, key=lambda blob: blob.name)


def properties(log: Log) -> dict[str, str]:
    """Properties of a blob in a list, named and ordered as the service does."""
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
