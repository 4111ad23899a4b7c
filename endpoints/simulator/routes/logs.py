"""Content logs of endpoints and of base models: list, get, delete one, delete many."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.content_urls import content_url, content_url_validity, validity_parameter
from ..api.errors import invalid_argument, not_found
from ..api.paging import decode_skip_token, number, skip_token, with_query
from ..api.serializer import Json, Serializer, log_owner_path
from ..content import logs
from ..content.blobs import path_of
from ..content.logs import Log
from ..control import ledger
from ..world.entities import DAY, Endpoint, LogDeletion, LogOwner
from .base import Routes, find_or_404, json_response, page_response, retry_after


class LogRoutes(Routes):
    """Endpoints_ListLogs, _GetLog, _DeleteLogs, _DeleteLog, and the same four for base models."""

    def routes(self) -> list[Route]:
        routes = []
        for base in ("/endpoints/base/{locale}", "/endpoints/{id:entity_id}"):
            routes += [
                Route(f"{base}/files/logs", self.list),
                Route(f"{base}/files/logs", self.delete_many, methods=["DELETE"]),
                Route(f"{base}/files/logs/{{log}}", self.get),
                Route(f"{base}/files/logs/{{log}}", self.delete, methods=["DELETE"]),
            ]
        return routes

    def serializer_and_owner(self, request: Request) -> tuple[Serializer, LogOwner]:
        """What the logs belong to: an endpoint, or the base model of a locale."""
        serializer = self.simulation.serializer(self.version)
        locale = request.path_params.get("locale")
        if locale is None:
            return serializer, find_or_404(self.world.endpoints, request, "endpoint")
        if locale not in self.world.locales():
            raise invalid_argument("InvalidLocale", f"The locale '{locale}' is not supported.", "locale")
        return serializer, self.world.base_model_logs(locale)

    def shape(self, serializer: Serializer, owner: LogOwner, log: Log, seconds: int | None) -> Json:
        return serializer.log(owner, log, content_url(serializer, path_of(owner, log), seconds))

    def content_url_validity(self, request: Request) -> int | None:
        return content_url_validity(request.query_params, self.version, self.world.options.switches)

    async def list(self, request: Request) -> Response:
        """Oldest first, in pages with a skipToken.

        Endpoints have Retry-After during a deployment or a deletion of logs; base models never (contract).
        """
        serializer, owner = self.serializer_and_owner(request)
        query = request.query_params
        if "filter" in query:
            raise invalid_argument("UnsupportedFilter", "Logs cannot be filtered.", "filter")
        if "skip" in query:
            raise invalid_argument("UnsupportedPagination", "Logs are paged by skipToken.", "skip")
        largest = self.world.options.switches.page_size
        top = min(number(query, "top", largest, 1, "InvalidTopForLogs"), largest)
        seconds = self.content_url_validity(request)
        existing = logs.keys(self.world, owner)
        without_logging = isinstance(owner, Endpoint) and not owner.logging
        if not existing and without_logging and self.world.options.switches.logs_without_logging == "refuse":
            raise invalid_argument("EndpointWithoutLogging", "Content logging is not enabled for the endpoint.")
        existing.sort(key=lambda one: logs.sort_key(one[0]))
        first = 0
        if "skipToken" in query:
            first = bisect_right(
                existing, logs.sort_key(decode_skip_token(query["skipToken"])), key=lambda one: logs.sort_key(one[0])
            )
        page = existing[first : first + top]
        values = [
            self.shape(serializer, owner, logs.build(self.world, owner, pair, audio), seconds)
            for _, pair, audio in page
        ]
        next_link = None
        if first + top < len(existing):
            parts: dict[str, str | int] = {"top": top, "skipToken": skip_token(page[-1][0])}
            name = validity_parameter(self.version)
            parts |= {name: query[name]} if name in query else {}
            next_link = with_query(serializer.address(*log_owner_path(owner), "files", "logs"), parts)
        headers = {}
        if isinstance(owner, Endpoint):
            deleting = any(deletion.effective > serializer.now for deletion in owner.purges)
            headers = retry_after(self.world, [owner.work], waiting=deleting)
        return page_response(values, next_link, headers)

    async def get(self, request: Request) -> Response:
        serializer, owner = self.serializer_and_owner(request)
        return json_response(
            self.shape(serializer, owner, self.log(owner, request), self.content_url_validity(request))
        )

    async def delete(self, request: Request) -> Response:
        """One file; the other one of the pair stays."""
        _, owner = self.serializer_and_owner(request)
        log = self.log(owner, request)
        owner.removed_logs.add(log.id)
        ledger.removed(log.id)
        self.world.mark_changed()
        return Response(status_code=204)

    async def delete_many(self, request: Request) -> Response:
        """Delete the logs up to and including the UTC day endDate, or all; it takes log_delete_seconds (a switch)."""
        serializer, owner = self.serializer_and_owner(request)
        text = request.query_params.get("endDate")
        cutoff = serializer.now
        if text is not None:
            try:
                cutoff = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() + DAY
            except ValueError:
                raise invalid_argument(
                    "InvalidLogDate", "endDate has to be a day written yyyy-mm-dd.", "endDate"
                ) from None
        effective = serializer.now + self.world.options.switches.log_delete_seconds
        owner.purges.append(LogDeletion(cutoff=min(cutoff, serializer.now), effective=effective))
        ledger.changed(owner.id)
        self.world.mark_changed()
        return Response(status_code=202)

    def log(self, owner: LogOwner, request: Request) -> Log:
        log = logs.find(self.world, owner, request.path_params["log"])
        if log is None:
            raise not_found("log", "InvalidLogId")
        return log
