"""Deploying an endpoint in place of another one: the addresses of that one then lead to the new one."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import transaction

from endpoints.addresses import submit
from endpoints.changes import submit as changes
from endpoints.changes.refusals import NotPossible
from endpoints.models import Address, Change, Endpoint


def create(
    *, key: UUID, actor: User | None, addresses: Iterable[Address], **facts: Any
) -> tuple[Change, list[tuple[Address, str]]]:
    """Request a new endpoint, and that each of `addresses` moves to it when it is deployed; in one transaction.

    Takes what changes.submit.create() takes, and raises what it raises. Returns also the addresses that can't be moved,
    each with the reason: the endpoint is requested all the same.
    """
    left = []
    with transaction.atomic():
        change = changes.create(key=key, actor=actor, **facts)
        for address in addresses:
            about = {"key": uuid5(key, address.name), "actor": actor, "address": address}
            try:
                submit.move(endpoint=Endpoint.of(change), after=change, **about)
            except NotPossible as error:
                left.append((address, error.why))
    return change, left
