"""Operations on content logs (contract: Endpoints_*Log*, v3.2 alone). SpeechClient has each of them as a method.

Later versions keep logs in the customer's own storage and have none of these operations: NotSupported.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from . import wire
from .addresses import locale_id, log_id, uuid_id
from .base_client import BaseClient
from .entities import LogFile, LogPage
from .sending import unreadable


def list_logs(client: BaseClient, endpoint_id: str, *, sas_seconds: int = 3600) -> Iterator[LogFile]:
    """Endpoints_ListLogs, page by page; the content URLs are valid for `sas_seconds`.

    The service's default of 12 hours is longer than such a secret should be valid.
    """
    return _files(list_log_pages(client, endpoint_id, sas_seconds=sas_seconds))


def list_log_pages(
    client: BaseClient, endpoint_id: str, *, sas_seconds: int = 3600, skip_token: str | None = None
) -> Iterator[LogPage]:
    """Endpoints_ListLogs as pages, starting at the `next_token` of an earlier page."""
    return _pages(
        client, "Endpoints_ListLogs", _logs_path(client, "Endpoints_ListLogs", endpoint_id), sas_seconds, skip_token
    )


def get_log(client: BaseClient, endpoint_id: str, id: str, *, sas_seconds: int = 3600) -> LogFile:
    """Endpoints_GetLog, which also returns a new content URL if the old one has expired."""
    folder = _logs_path(client, "Endpoints_GetLog", endpoint_id)
    return client.get("Endpoints_GetLog", f"{folder}/{log_id(id)}", _file, client.version.sas(sas_seconds))


def delete_log(client: BaseClient, endpoint_id: str, id: str) -> None:
    """Endpoints_DeleteLog: one file; a recording and its transcript are two. See delete_endpoint() for a 404."""
    folder = _logs_path(client, "Endpoints_DeleteLog", endpoint_id)
    client.delete("Endpoints_DeleteLog", f"{folder}/{log_id(id)}", "the log")


def delete_logs(client: BaseClient, endpoint_id: str, until: date | None) -> None:
    """Endpoints_DeleteLogs: the logs of that day (UTC) and all before it; with None ALL logs of the endpoint.

    202: accepted. The deletion can take a day, and its progress cannot be queried.
    """
    _delete(client, "Endpoints_DeleteLogs", _logs_path(client, "Endpoints_DeleteLogs", endpoint_id), until)


def list_base_model_logs(client: BaseClient, locale: str, *, sas_seconds: int = 3600) -> Iterator[LogFile]:
    """Endpoints_ListBaseModelLogs: those of the default base model of a locale, like list_logs()."""
    return _files(list_base_model_log_pages(client, locale, sas_seconds=sas_seconds))


def list_base_model_log_pages(
    client: BaseClient, locale: str, *, sas_seconds: int = 3600, skip_token: str | None = None
) -> Iterator[LogPage]:
    """Endpoints_ListBaseModelLogs as pages, like list_log_pages()."""
    operation = "Endpoints_ListBaseModelLogs"
    return _pages(client, operation, _base_model_logs_path(client, operation, locale), sas_seconds, skip_token)


def get_base_model_log(client: BaseClient, locale: str, id: str, *, sas_seconds: int = 3600) -> LogFile:
    """Endpoints_GetBaseModelLog."""
    folder = _base_model_logs_path(client, "Endpoints_GetBaseModelLog", locale)
    return client.get("Endpoints_GetBaseModelLog", f"{folder}/{log_id(id)}", _file, client.version.sas(sas_seconds))


def delete_base_model_log(client: BaseClient, locale: str, id: str) -> None:
    """Endpoints_DeleteBaseModelLog, like delete_log()."""
    folder = _base_model_logs_path(client, "Endpoints_DeleteBaseModelLog", locale)
    client.delete("Endpoints_DeleteBaseModelLog", f"{folder}/{log_id(id)}", "the log")


def delete_base_model_logs(client: BaseClient, locale: str, until: date | None) -> None:
    """Endpoints_DeleteBaseModelLogs, like delete_logs()."""
    operation = "Endpoints_DeleteBaseModelLogs"
    _delete(client, operation, _base_model_logs_path(client, operation, locale), until)


def _logs_path(client: BaseClient, operation: str, endpoint_id: str) -> str:
    client.require(client.version.capabilities.logs, "logs outside of the resource's own storage", operation)
    return f"/endpoints/{uuid_id(endpoint_id, 'an endpoint')}/files/logs"


def _base_model_logs_path(client: BaseClient, operation: str, locale: str) -> str:
    client.require(client.version.capabilities.base_model_logs, "logs of base models", operation)
    return f"/endpoints/base/{locale_id(locale)}/files/logs"


def _pages(
    client: BaseClient, operation: str, path: str, sas_seconds: int, skip_token: str | None
) -> Iterator[LogPage]:
    pages = client.pages(operation, path, {**client.version.sas(sas_seconds), "skipToken": skip_token}, _file)
    return (
        LogPage(
            tuple(page.items),
            page.following.params.get("skipToken") if page.following else None,
            tuple(page.unreadable),
        )
        for page in pages
    )


def _files(pages: Iterator[LogPage]) -> Iterator[LogFile]:
    return (file for page in pages for file in page.files)


def _delete(client: BaseClient, operation: str, path: str, until: date | None) -> None:
    if isinstance(until, datetime):  # which is a date to Python, but in which zone?
        raise ValueError("Logs are deleted up to a day, not up to a time.")
    query = {"endDate": until.isoformat() if until is not None else None}
    status = client.request(operation, "DELETE", path, query=query).status
    if status not in (202, 204):
        raise unreadable(operation, "it doesn't confirm the deletion", status)


def _file(value: Any, retry_after: float | None) -> LogFile:
    return wire.log_file(value)
