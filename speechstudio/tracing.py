"""Traces for OpenTelemetry when OTEL_EXPORTER_OTLP_ENDPOINT is set and its packages are installed.

One span for a request, for each task but sweeps and seals, and for each call of the service. The spans are made
here: OpenTelemetry's own instrumentations would add addresses with their queries, the client's address and browser, and
the messages of exceptions. Polls without news and health checks have none. The library reads more OTEL_ variables, such
as OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from celery.signals import task_postrun, task_prerun, worker_process_shutdown
from structlog.contextvars import bind_contextvars, get_contextvars

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from endpoints.azure.calls import Call

PACKAGES = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")  # pyproject.toml's extra `otel`
MODULES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
REPEATED = ("sweep", "seal")
NAMES = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "error": "error.type",
}


def installed() -> bool:
    try:
        return all(find_spec(name) for name in MODULES)
    except ModuleNotFoundError:  # a package above
        return False


@cache
def provider() -> Any:
    """Made with the first span, and so in each process after its fork. Its spans are sent by a thread."""
    import requests
    from django.conf import settings
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from endpoints.azure.network import Network

    base, network = settings.OTEL_EXPORTER_OTLP_ENDPOINT, Network(**settings.NETWORK)
    session = requests.Session()
    session.trust_env = False
    if proxy := network.proxy_for(urlsplit(base).hostname or ""):
        session.proxies = {"http": proxy, "https": proxy}
    exporter = OTLPSpanExporter(f"{base}/v1/traces", certificate_file=network.ca_file or None, session=session)
    found = Resource.create()
    if str(found.attributes.get("service.name", "")).startswith("unknown_service"):
        found = found.merge(Resource({"service.name": "speechstudio"}))
    made = TracerProvider(resource=found)
    made.add_span_processor(BatchSpanProcessor(exporter))
    return made


def tracer() -> Any:
    return provider().get_tracer("speechstudio")


class RequestSpans:
    """Goes behind Polls, which answers those that have no news."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from opentelemetry.trace import SpanKind

        if request.path_info.startswith("/health/"):
            return self.get_response(request)
        options = {"kind": SpanKind.SERVER, "record_exception": False, "set_status_on_exception": False}
        with tracer().start_as_current_span(str(request.method), **options) as span:
            bind_contextvars(traceparent=_written(span))
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else ""
            span.update_name(f"{request.method} {route}".strip())
            _describe(span, method=request.method, route=route, status=response.status_code)
            if response.status_code >= 500:
                _fail(span)
        return response


def begin_task(task: Any, **_: Any) -> None:
    """After task_lines has bound what came with the message."""
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    _listen_to_calls()
    parent = TraceContextTextMapPropagator().extract({"traceparent": str(get_contextvars().get("traceparent", ""))})
    name = str(task.name).rpartition(".")[2]
    if name in REPEATED:
        return
    span = tracer().start_span(name, context=parent, kind=trace.SpanKind.CONSUMER)
    _describe(span)
    task.request.span = span, context.attach(trace.set_span_in_context(span))


def end_task(task: Any, state: str | None = None, **_: Any) -> None:
    from opentelemetry import context

    if begun := getattr(task.request, "span", None):
        span, token = begun
        _end(span, failed=state == "FAILURE")
        context.detach(token)


def tell_call(call: Call) -> None:
    """A span for a request to the service that has ended."""
    from opentelemetry.trace import SpanKind

    span = tracer().start_span(call.operation, kind=SpanKind.CLIENT, start_time=call.began)
    more = {"error": call.error, "service_request_id": call.service_request_id}
    _describe(span, method=call.method, status=call.status, **more)
    _end(span, failed=bool(call.error), at=call.ended)


def connect() -> None:
    """In each process that has tasks. Signals call those first that were connected first."""
    task_prerun.connect(begin_task, dispatch_uid="tracing.begin")
    task_postrun.connect(end_task, dispatch_uid="tracing.end")
    worker_process_shutdown.connect(_send_the_rest, dispatch_uid="tracing.rest")


def _send_the_rest(**_: Any) -> None:
    provider().force_flush(5000)


def _listen_to_calls() -> None:
    from endpoints.azure import calls  # here, because web processes do not load the client

    if tell_call not in calls.listeners:
        calls.listeners.append(tell_call)


def _describe(span: Any, **facts: Any) -> None:
    """What is bound, and more facts, by OpenTelemetry's names if it has one."""
    bound = get_contextvars()
    known = {name: bound.get(name) for name in ("request_id", "resource", "task", "of")} | facts
    span.set_attributes({NAMES.get(name, name): value for name, value in known.items() if value})


def _end(span: Any, *, failed: bool, at: int | None = None) -> None:
    if failed:
        _fail(span)
    span.end(at)


def _fail(span: Any) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)


def _written(span: Any) -> str:
    """A W3C traceparent."""
    it = span.get_span_context()
    return f"00-{it.trace_id:032x}-{it.span_id:016x}-{int(it.trace_flags):02x}"
