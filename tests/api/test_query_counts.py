"""Lists of the API make as many queries for any number of rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from endpoints.models import Endpoint


def queries(program, path):
    with CaptureQueriesContext(
        connection,
    ) as found:
        program.ask(path)
    return len(found)


@pytest.mark.parametrize("path", ["/endpoints", "/changes", "/models", "/activity", "/projects", "/resources"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(path, pipeline, mirrored, world, worker):
    pipeline.ask("/me")  # records the use of the token
    for endpoint in Endpoint.objects.exclude(remote_id=None)[:3]:
        pipeline.send(f"/endpoints/{endpoint.pk}/edit", {"description": "New"})
    few = queries(pipeline, f"{path}?limit=1")
    assert queries(pipeline, f"{path}?limit=200") == few <= 9
