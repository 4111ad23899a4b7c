"""The condition that leaves out of content logs what the product itself has sent."""

from typing import Any

from django.db import connections
from django.db.models import Exists, OuterRef, Q, QuerySet


def is_none_of(entry: str, own: QuerySet[Any]) -> Q:
    """`entry`: the field that names a log entry; `own`: those that the product has sent.

    By what it has sent, so that all others are still counted by an index alone. PostgreSQL compares each row with each
    of a subquery that is too large for its memory, which takes minutes where many endpoints have probes; it joins the
    rows of one endpoint instead. SQLite has an index of the subquery, and would look each row up.
    """
    if connections[own.db].vendor == "postgresql":
        return ~Q(Exists(own.order_by().filter(pk=OuterRef(entry), endpoint=OuterRef("endpoint"))))
    return ~Q(**{f"{entry}__in": own.order_by().values("pk")})
