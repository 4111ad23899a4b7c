"""/endpoints/{id}/files/logs: list, get, delete one, delete many."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import access, ledger, logs
from .answering import Room, answer, find, listed, retry_after
from .content import path_of
from .entities import DAY, Endpoint, Purge
from .logs import Log
from .paging import behind, number, token
from .refusals import invalid, missing
from .wire import Json, Wire

SAS_DEFAULT = 12 * 3600  # sasValidityInSeconds


class LogRoom(Room):
    """speechtotext-v3.2.json, Endpoints_ListLogs, _GetLog, _DeleteLogs, _DeleteLog."""

    def routes(self) -> list[Route]:
        return [
            Route("/endpoints/{id}/files/logs", self.list),
            Route("/endpoints/{id}/files/logs", self.delete_many, methods=["DELETE"]),
            Route("/endpoints/{id}/files/logs/{log}", self.get),
            Route("/endpoints/{id}/files/logs/{log}", self.delete, methods=["DELETE"]),
        ]

    def found(self, request: Request) -> tuple[Wire, Endpoint]:
        wire = self.simulation.wire(self.version)
        return wire, find(self.world.endpoints, request, "endpoint")

    def shape(self, wire: Wire, endpoint: Endpoint, log: Log, validity: int) -> Json:
        path = path_of(endpoint, log)
        query = access.sas(self.world.secret, path, wire.now + validity)
        return wire.log(endpoint, log, f"{wire.origins.content}{path}?{query}")

    async def list(self, request: Request) -> Response:
        """Oldest first, page by page with a skipToken; Retry-After while a deployment or a deletion is under way."""
        wire, endpoint = self.found(request)
        query = request.query_params
        largest = self.world.options.switches.page_size
        top = min(number(query, "top", largest, 1, "InvalidTopForLogs"), largest)
        validity = _validity(query)
        there = logs.ids(self.world, endpoint)
        if not there and not endpoint.logging and self.world.options.switches.logs_without_logging == "refuse":
            raise invalid("EndpointWithoutLogging", "Content logging is not enabled for the endpoint.")
        there.sort(key=lambda one: logs.order(one[0]))
        first = 0
        if "skipToken" in query:
            first = bisect_right(there, logs.order(behind(query["skipToken"])), key=lambda one: logs.order(one[0]))
        shown = there[first : first + top]
        values = [
            self.shape(wire, endpoint, logs.build(self.world, endpoint, pair, audio), validity)
            for _, pair, audio in shown
        ]
        following = None
        if first + top < len(there):
            parts = {"top": str(top), "skipToken": token(shown[-1][0])}
            if "sasValidityInSeconds" in query:
                parts["sasValidityInSeconds"] = str(validity)
            address = wire.address("endpoints", endpoint.id, "files", "logs")
            following = f"{address}?{urlencode(parts, quote_via=quote)}"
        waiting = any(purge.effective > wire.now for purge in endpoint.purges)
        return listed(values, following, retry_after(self.world, [endpoint.work], waiting=waiting))

    async def get(self, request: Request) -> Response:
        wire, endpoint = self.found(request)
        return answer(self.shape(wire, endpoint, self.log(endpoint, request), _validity(request.query_params)))

    async def delete(self, request: Request) -> Response:
        """One file: the other of the pair stays."""
        _, endpoint = self.found(request)
        log = self.log(endpoint, request)
        endpoint.removed_logs.add(log.id)
        ledger.removed(log.id)
        self.world.touch()
        return Response(status_code=204)

    async def delete_many(self, request: Request) -> Response:
        """The UTC day endDate and all before it, or all there is; after log_delete_seconds of the world's clock."""
        wire, endpoint = self.found(request)
        text = request.query_params.get("endDate")
        cutoff = wire.now
        if text is not None:
            try:
                cutoff = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() + DAY
            except ValueError:
                raise invalid("InvalidLogDate", "endDate has to be a day written yyyy-mm-dd.", "endDate") from None
        effective = wire.now + self.world.options.switches.log_delete_seconds
        endpoint.purges.append(Purge(cutoff=min(cutoff, wire.now), effective=effective))
        ledger.changed(endpoint.id)
        self.world.touch()
        return Response(status_code=202)

    def log(self, endpoint: Endpoint, request: Request) -> Log:
        log = logs.find(self.world, endpoint, request.path_params["log"])
        if log is None:
            raise missing("log", "InvalidLogId")
        return log


def _validity(query: QueryParams) -> int:
    return number(query, "sasValidityInSeconds", SAS_DEFAULT, 1, "InvalidSasValidityDuration")
