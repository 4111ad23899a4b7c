"""Traces for OpenTelemetry: a request with the tasks and calls of the service behind it, and no person in it."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from endpoints.checks import of_reports
from speechstudio import tracing
from tests.conftest import person
from tests.demo import until
from tests.faults.worker_processes import REDIS, WorkerProcesses, use_broker, why_unavailable
from tests.processes import certificates, servers
from tests.receiver import receiving

POLLS = "endpoints.pages.polls.Polls"
REASON = "Numbers of Erika-Muster"
missing = pytest.mark.skipif(not tracing.installed(), reason="the packages of the extra `otel` are not installed")


@pytest.fixture
def collector():
    with receiving() as server:
        yield server


@pytest.fixture
def traced(settings):
    """Makes this process send its spans to a server."""

    def trace_to(address, **network):
        at = settings.MIDDLEWARE.index(POLLS) + 1
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE[:at],
            "speechstudio.tracing.RequestSpans",
            *settings.MIDDLEWARE[at:],
        ]
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = address
        settings.NETWORK = {**settings.NETWORK, **network}

    tracing.provider.cache_clear()
    yield trace_to
    if tracing.provider.cache_info().currsize:
        tracing.provider().shutdown()
    tracing.provider.cache_clear()


def spans(server):
    """By their names."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    requests = [ExportTraceServiceRequest.FromString(one.body) for one in server.got]
    found = [
        span for one in requests for part in one.resource_spans for scope in part.scope_spans for span in scope.spans
    ]
    return {span.name: span for span in found}


def facts(span):
    values = {one.key: one.value for one in span.attributes}
    return {name: value.string_value or value.int_value for name, value in values.items()}


@missing
@pytest.mark.django_db(transaction=True)
def test_a_request_and_the_work_behind_it_are_one_trace(endpoint, other, collector, traced, tmp_path):
    if why := why_unavailable():
        pytest.skip(why)
    traced(collector.url)
    with servers.redis(REDIS, tmp_path) as redis:
        to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        workers, before = WorkerProcesses(tmp_path, redis, **to), use_broker(redis.url)
        try:
            workers.start_worker("celery")
            workers.wait_until_ready("celery")
            form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": REASON}
            page = reverse("endpoints:change-model", args=[endpoint.pk])
            answer = person("alice", "admin").post(f"{page}?q=secret-query", form)
            tracing.provider().force_flush()
            until(lambda: {"step", "Endpoints_Update"} <= set(spans(collector)))
        finally:
            use_broker(before)
            workers.end()
    found = spans(collector)
    request, task, call = found["POST endpoints/<uuid:pk>/change-model/"], found["step"], found["Endpoints_Update"]
    assert request.trace_id == task.trace_id == call.trace_id
    assert (task.parent_span_id, call.parent_span_id) == (request.span_id, task.span_id)
    told = {"request_id": answer["X-Request-ID"]}
    route = "endpoints/<uuid:pk>/change-model/"
    assert facts(request) == told | {
        "http.request.method": "POST",
        "http.route": route,
        "http.response.status_code": 302,
    }
    assert facts(task) == told | {"task": "step", "of": form["key"]}
    assert facts(call).items() > (told | {"resource": "Contoso", "http.response.status_code": 200}).items()
    assert uuid.UUID(facts(call)["service_request_id"])
    personal = (b"alice", b"Erika-Muster", b"secret-query", b"sessionid", b"127.0.0.1")
    assert [text for text in personal for one in collector.got if text in one.body] == []


@missing
def test_what_fails_is_marked_without_its_message(collector, traced, db, monkeypatch):
    traced(collector.url)

    def broken(*_arguments, **_options):
        raise LookupError("no person Erika-Muster")

    monkeypatch.setattr("endpoints.pages.help.render", broken)
    alice = person("alice", "admin")
    alice.raise_request_exception = False
    assert alice.get("/help/").status_code == 500
    tracing.provider().force_flush()
    assert spans(collector)["GET help/"].status.code == 2
    assert [one for one in collector.got if b"Erika-Muster" in one.body] == []


@missing
def test_health_checks_have_no_span(collector, traced, db):
    traced(collector.url)
    client = Client()
    assert client.get("/health/live").status_code == 200
    assert client.get("/sign-in/").status_code == 200
    tracing.provider().force_flush()
    assert list(spans(collector)) == ["GET sign-in/"]


@missing
def test_the_collector_is_reached_by_the_proxy(collector, traced, db):
    traced("http://collector.example.com:4318", proxy=collector.url)
    Client().get("/sign-in/")
    tracing.provider().force_flush()
    assert [one.target for one in collector.got] == ["http://collector.example.com:4318/v1/traces"]


@missing
def test_the_collector_is_trusted_by_the_authorities_of_ca_file(traced, tmp_path, db):
    files = certificates.made_in(tmp_path)
    with receiving(tls=files) as server:
        traced(server.url, ca_file=files.authority)
        Client().get("/sign-in/")
        tracing.provider().force_flush()
        assert [one.target for one in server.got] == ["/v1/traces"]


def test_without_the_packages_the_start_says_how_to_install_them(settings, monkeypatch):
    assert of_reports.traces_can_be_sent() == []
    settings.OTEL_EXPORTER_OTLP_ENDPOINT = "http://127.0.0.1:4318"
    monkeypatch.setattr(tracing, "MODULES", ("none_such.sdk",))
    (warning,) = of_reports.traces_can_be_sent()
    assert warning.hint == "Run .venv/bin/python -m pip install " + " ".join(tracing.PACKAGES)
