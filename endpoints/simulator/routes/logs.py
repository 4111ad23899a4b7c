"""/endpoints/{id}/files/logs and /endpoints/base/{locale}/files/logs: list, get, delete one, delete many."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.content_urls import content_url, lifetime, parameter
from ..api.errors import invalid, missing
from ..api.paging import behind, joined, number, token
from ..api.serializer import Json, Wire, home
from ..content import logs
from ..content.blobs import path_of
from ..content.logs import Log
from ..control import ledger
from ..world.entities import DAY, Endpoint, Logging, Purge
from .base import Room, answer, find, listed, retry_after


class LogRoom(Room):
    """Endpoints_ListLogs, _GetLog, _DeleteLogs, _DeleteLog; _ListBaseModelLogs and the other three of base models."""

    def routes(self) -> list[Route]:
        routes = []
        for base in ("/endpoints/base/{locale}", "/endpoints/{id:thing}"):
            routes += [
                Route(f"{base}/files/logs", self.list),
                Route(f"{base}/files/logs", self.delete_many, methods=["DELETE"]),
                Route(f"{base}/files/logs/{{log}}", self.get),
                Route(f"{base}/files/logs/{{log}}", self.delete, methods=["DELETE"]),
            ]
        return routes

    def found(self, request: Request) -> tuple[Wire, Logging]:
        """What the logs belong to: an endpoint, or a language."""
        wire = self.simulation.wire(self.version)
        locale = request.path_params.get("locale")
        if locale is None:
            return wire, find(self.world.endpoints, request, "endpoint")
        if locale not in self.world.locales():
            raise invalid("InvalidLocale", f"The locale '{locale}' is not supported.", "locale")
        return wire, self.world.journal(locale)

    def shape(self, wire: Wire, holder: Logging, log: Log, seconds: int | None) -> Json:
        return wire.log(holder, log, content_url(wire, path_of(holder, log), seconds))

    def lifetime(self, request: Request) -> int | None:
        return lifetime(request.query_params, self.version, self.world.options.switches)

    async def list(self, request: Request) -> Response:
        """Oldest first, page by page with a skipToken.

        Endpoints have Retry-After while a deployment or a deletion is under way; base models never (api-facts 8).
        """
        wire, holder = self.found(request)
        query = request.query_params
        if "filter" in query:
            raise invalid("UnsupportedFilter", "Logs cannot be filtered.", "filter")
        if "skip" in query:
            raise invalid("UnsupportedPagination", "Logs are paged by skipToken.", "skip")
        largest = self.world.options.switches.page_size
        top = min(number(query, "top", largest, 1, "InvalidTopForLogs"), largest)
        seconds = self.lifetime(request)
        there = logs.ids(self.world, holder)
        silent = isinstance(holder, Endpoint) and not holder.logging
        if not there and silent and self.world.options.switches.logs_without_logging == "refuse":
            raise invalid("EndpointWithoutLogging", "Content logging is not enabled for the endpoint.")
        there.sort(key=lambda one: logs.order(one[0]))
        first = 0
        if "skipToken" in query:
            first = bisect_right(there, logs.order(behind(query["skipToken"])), key=lambda one: logs.order(one[0]))
        shown = there[first : first + top]
        values = [
            self.shape(wire, holder, logs.build(self.world, holder, pair, audio), seconds) for _, pair, audio in shown
        ]
        following = None
        if first + top < len(there):
            parts: dict[str, str | int] = {"top": top, "skipToken": token(shown[-1][0])}
            name = parameter(self.version)
            parts |= {name: query[name]} if name in query else {}
            following = joined(wire.address(*home(holder), "files", "logs"), parts)
        headers = {}
        if isinstance(holder, Endpoint):
            waiting = any(purge.effective > wire.now for purge in holder.purges)
            headers = retry_after(self.world, [holder.work], waiting=waiting)
        return listed(values, following, headers)

    async def get(self, request: Request) -> Response:
        wire, holder = self.found(request)
        return answer(self.shape(wire, holder, self.log(holder, request), self.lifetime(request)))

    async def delete(self, request: Request) -> Response:
        """One file: the other of the pair stays."""
        _, holder = self.found(request)
        log = self.log(holder, request)
        holder.removed_logs.add(log.id)
        ledger.removed(log.id)
        self.world.touch()
        return Response(status_code=204)

    async def delete_many(self, request: Request) -> Response:
        """The UTC day endDate and all before it, or all there is; after log_delete_seconds of the world's clock."""
        wire, holder = self.found(request)
        text = request.query_params.get("endDate")
        cutoff = wire.now
        if text is not None:
            try:
                cutoff = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() + DAY
            except ValueError:
                raise invalid("InvalidLogDate", "endDate has to be a day written yyyy-mm-dd.", "endDate") from None
        effective = wire.now + self.world.options.switches.log_delete_seconds
        holder.purges.append(Purge(cutoff=min(cutoff, wire.now), effective=effective))
        ledger.changed(holder.id)
        self.world.touch()
        return Response(status_code=202)

    def log(self, holder: Logging, request: Request) -> Log:
        log = logs.find(self.world, holder, request.path_params["log"])
        if log is None:
            raise missing("log", "InvalidLogId")
        return log
