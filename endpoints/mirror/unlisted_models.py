"""Models that endpoints use and that no listing has: each is fetched by its id instead of reading all lists again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from django.utils import timezone

from endpoints import azure
from endpoints.mirror.catalog import fetch_models, model_row, upsert
from endpoints.mirror.local_rows import LocalRows
from endpoints.models import Resource, SpeechModel

MOST = 20  # that are fetched in one refresh; the next one goes on


def store_unknown_models(
    resource: Resource, service: azure.SpeechClient, endpoints: Iterable[azure.Endpoint], local: LocalRows
) -> None:
    """Fetch the models of `endpoints` that we have never seen; `local` then has them.

    One that the service says it does not have is stored as gone, so that it is not fetched with each refresh.
    """
    unknown = {
        (remote.model_kind, remote.model_id): remote.locale
        for remote in endpoints
        if remote.model_kind and remote.model_id and (remote.model_kind, remote.model_id) not in local.models
    }
    rows: list[SpeechModel | None] = []
    with suppress(azure.TooManyRequests):  # the next refresh goes on
        for (kind, identity), remote in fetch_models(service, list(unknown)[:MOST]):
            if remote is None:
                rows.append(_missing(resource, kind, identity, unknown[kind, identity]))
            else:
                rows.append(model_row(resource, remote, {}, local))
    if rows:
        upsert(SpeechModel.objects, rows)
        del local.models  # read again with their keys


def _missing(resource: Resource, kind: str, identity: str, locale: str) -> SpeechModel:
    return SpeechModel(
        resource=resource,
        kind=kind,
        remote_id=identity,
        display_name=identity,
        locale=locale,
        gone_at=timezone.now(),
    )
