"""Reports errors to Sentry, or to what takes its envelopes, when SENTRY_DSN is set; otherwise nothing of it is loaded.

The events are made here and have what a report has. Sentry's own integrations are off: they would add requests with
their cookies and bodies, queries with their parameters, and people.
"""

import atexit
import logging
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from speechstudio import __version__
from speechstudio.error_reports import Report, file_of, frames_of, process, report_of

OFF: dict[str, Any] = {
    "default_integrations": False,
    "auto_enabling_integrations": False,
    "auto_session_tracking": False,
    "send_client_reports": False,
    "enable_backpressure_handling": False,
    "enable_metrics": False,
    "propagate_traces": False,
    "include_local_variables": False,
    "include_source_context": False,
    "max_request_body_size": "never",
    "max_breadcrumbs": 0,
}


OURS = ("endpoints", "speechstudio")  # folders


class ErrorTracker(logging.Handler):
    """Sentry's client sends in a thread of its own and drops what does not fit its queue."""

    def __init__(self, level: int = logging.ERROR, *, dsn: str, environment: str) -> None:
        super().__init__(level)
        self._options: dict[str, Any] = {"dsn": dsn, "environment": environment}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if report := report_of(record):
                self._client.capture_event(event_of(report))
        except Exception:  # what fails here must not fail the request
            self.handleError(record)

    @cached_property
    def _client(self) -> Any:
        """Made with the first error, by the rules for all connections."""
        import sentry_sdk
        from django.conf import settings

        from endpoints.azure.network import Network

        network = Network(**settings.NETWORK)
        proxy = network.proxy_for(urlsplit(self._options["dsn"]).hostname or "")
        # An empty proxy is none; without one, it would take that of the environment.
        reach: dict[str, Any] = {"http_proxy": proxy, "https_proxy": proxy, "ca_certs": network.ca_file or None}
        client = sentry_sdk.Client(**OFF, **self._options, **reach, release=f"speechstudio@{__version__}")
        atexit.register(client.close, timeout=2)
        return client


def event_of(report: Report) -> dict[str, Any]:
    """An event as Sentry's protocol has it; exceptions from the first to the last."""
    event: dict[str, Any] = {"level": "error", "platform": "python", "logger": report.logger}
    event["tags"] = {**report.tags, "process": process()}
    if not report.chain:
        return {**event, "message": report.title}
    return {**event, "exception": {"values": [_exception(error) for error in reversed(report.chain)]}}


def _exception(error: BaseException) -> dict[str, Any]:
    frames = [
        {"filename": file, "function": frame.name, "lineno": frame.lineno, "in_app": file.split("/")[0] in OURS}
        for frame in frames_of(error)
        for file in [file_of(frame)]
    ]
    return {"type": type(error).__qualname__, "module": type(error).__module__, "stacktrace": {"frames": frames}}
