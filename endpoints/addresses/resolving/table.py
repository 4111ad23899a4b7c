"""All addresses as programs need them, read from the database in three queries, and one that says whether they changed.

Sources: the contract's links of endpoints, and the redirects that the Speech SDKs for Python and JavaScript follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlsplit

from django.db.models import Aggregate, Count, Func, TextField

from endpoints.models import Address, Endpoint
from endpoints.models.places import UNKNOWN_REGION, place_of, region_of
from endpoints.models.status import Status

UNIVERSAL = "/stt/speech/universal/v2"  # the address of the WebSocket that all modes of recognition share
GONE = "The endpoint that this address leads to doesn't exist any more."
NOT_DEPLOYED = "The endpoint that this address leads to isn't deployed yet."
FAILED = "The deployment of the endpoint that this address leads to has failed."
NO_REGION = "The region of the Speech resource that this address leads to isn't known yet."

_OF_ADDRESS = ("pk", "name", "locale", "share", "endpoint_id", "second_id")
_OF_ENDPOINT = ("remote_id", "status", "model_name", "gone_at", "updated_at")
_OF_RESOURCE = ("region", "url", "auth", "removing_at")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint. `problem` says why no program can be sent to it, in English; empty if they can.

    `socket` and `short_audio` are complete addresses with the endpoint's id, but without language and format.
    """

    endpoint: str
    region: str
    status: str
    model: str
    socket: str
    short_audio: str
    problem: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An address. `share` percent of new sessions go to `second`."""

    pk: int
    name: str
    locale: str
    share: int
    first: Target
    second: Target | None


Table = dict[str, Entry]  # by name
NOBODY = Target("", "", "", "", "", "", GONE)


class _Row(Func):
    """Several columns as one text, which tells apart what is empty and what is missing."""

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="json_build_array(%(expressions)s)::text", **more)


class _Digest(Aggregate):
    """Another value when a row has: one statement, whose answer is small on PostgreSQL, without any clock.

    The latest `updated_at` would miss a transaction that began earlier and ended later than another one.
    """

    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="group_concat(%(expressions)s, char(10))", **more)

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template="sum(hashtextextended(%(expressions)s, 0))::text", **more)


def version() -> bytes:
    """Equal as long as no row has changed that `load` reads. One query."""
    of_endpoints = [f"{one}__{name}" for one in ("endpoint", "second") for name in (*_OF_ENDPOINT, *_resource())]
    found = Address.objects.aggregate(count=Count("pk"), digest=_Digest(_Row(*_OF_ADDRESS, *of_endpoints)))
    return blake2b(f"{found['count']} {found['digest']}".encode(), digest_size=16).digest()


def load() -> Table:
    rows = list(Address.objects.order_by().values_list(*_OF_ADDRESS))
    used = Address.objects.order_by()
    endpoints = Endpoint.objects.select_related("resource").order_by()
    endpoints = endpoints.filter(pk__in=used.values("endpoint")) | endpoints.filter(
        pk__in=used.exclude(second=None).values("second")
    )
    asked = endpoints.only("resource", "links", "locale", *_OF_ENDPOINT, *_resource())
    targets = {endpoint.pk: _target(endpoint) for endpoint in asked}
    found: Table = {}
    for pk, name, locale, share, first, second in rows:
        found[name] = Entry(pk, name, locale, share, targets.get(first, NOBODY), targets.get(second))
    return found


def _resource() -> list[str]:
    return [f"resource__{name}" for name in _OF_RESOURCE]


def _target(endpoint: Endpoint) -> Target:
    place, region = place_of(endpoint), region_of(endpoint)
    regional = f"wss://{place.region}.{endpoint.resource.cloud.recognition}"
    parts = urlsplit(place.web_socket or regional)
    query = f"?cid={quote(endpoint.remote_id or '', safe='')}"
    return Target(
        endpoint=endpoint.remote_id or "",
        region=region,
        status=endpoint.status,
        model=endpoint.model_name,
        socket=f"{parts.scheme}://{parts.netloc}{UNIVERSAL}{query}",
        short_audio=f"{place.rest}{query}",
        problem=_problem(endpoint, parts.netloc),
    )


def _problem(endpoint: Endpoint, host: str) -> str:
    if endpoint.gone_at or endpoint.resource.removing_at:
        return GONE
    if not endpoint.remote_id:
        return NOT_DEPLOYED
    if endpoint.status == Status.FAILED:
        return FAILED
    return NO_REGION if UNKNOWN_REGION in host else ""
