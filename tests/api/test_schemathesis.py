"""Valid and invalid requests generated from our own document: no 500, and no answer that the document doesn't describe.

SCHEMATHESIS_EXAMPLES (4, with --long 25) is the number of valid requests for each operation; there are as many
invalid ones.
"""

import os
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from endpoints.api.document import document
from endpoints.models import AddressChange, Change, Download, Endpoint, LogEntry, Resource, SpeechModel

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
WANTED = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method"),
    *("ignored_auth",),
)
OPERATIONS: dict[str, list[tuple[str, str]]] = {}  # method and path, by noun
for path, methods in document()["paths"].items():
    OPERATIONS.setdefault(path.split("/")[3], []).extend((method, path) for method in methods)
load_all_checks()
CHECKED: Any = CHECKS.get_by_names(list(WANTED))
# What was wrong with a request may be right once it names a row that exists.
FOR_EXISTING: Any = CHECKS.get_by_names([name for name in WANTED if name != "negative_data_rejection"])


@pytest.fixture
def application():
    """The product in this process, which keeps the test's connection to the database, as Django's client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    product = get_wsgi_application()

    def whole(environ, start_response):
        with closing(product(environ, start_response)) as answer:
            return [b"".join(answer)]

    yield whole
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def filled(resource, world, worker, pipeline):
    """Rows of every noun."""
    world.begin(endpoints=4, logs=2, rate_limit="0/0")
    worker.mirror()
    logged = Endpoint.objects.filter(logging_enabled=True).first()
    asked = pipeline.send(f"/endpoints/{logged.pk}/downloads", {})
    worker.download(Download.objects.get(pk=asked.json()["id"]))
    pipeline.send(f"/endpoints/{logged.pk}/edit", {"description": "New"})
    pipeline.send("/addresses", {"name": "hotline", "endpoint": str(logged.pk)})
    return {
        "endpoints": list(map(str, Endpoint.objects.values_list("pk", flat=True))),
        "changes": list(map(str, Change.objects.values_list("pk", flat=True))),
        "models": list(map(str, SpeechModel.objects.values_list("pk", flat=True)[:20])),
        "resources": list(map(str, Resource.objects.values_list("pk", flat=True))),
        "downloads": list(map(str, Download.objects.values_list("pk", flat=True))),
        "addresses": list(map(str, AddressChange.objects.values_list("pk", flat=True))),
        "names": ["hotline"],
        "entries": list(LogEntry.objects.values_list("pk", flat=True)),
    }


def generate(operation, mode, known, headers, examples):
    """Send generated requests of one operation, the same ones in each run."""

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def call(data):
        case = data.draw(operation.as_strategy(generation_mode=mode))
        checks = CHECKED
        if data.draw(st.booleans()) and case.path_parameters:
            noun = operation.path.split("/")[3]
            ids = {"pk": known[noun], "entry": known["entries"], "name": known["names"]}
            case.path_parameters |= {name: data.draw(st.sampled_from(ids[name])) for name in case.path_parameters}
            checks = FOR_EXISTING
        case.call_and_validate(headers=headers, checks=checks)

    call()


@pytest.mark.parametrize("noun", OPERATIONS)
def test_generated_requests_get_answers_that_follow_the_document(noun, filled, pipeline, application, monkeypatch):
    monkeypatch.setattr("endpoints.api.waiting.until_moved", lambda *_arguments: True)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    headers = {"Authorization": f"Bearer {pipeline.secret}"}
    for method, path in OPERATIONS[noun]:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            generate(schema[path][method], mode, filled, headers, EXAMPLES)
