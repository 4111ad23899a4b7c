"""The list of endpoints is made of rows that were written before; each says what its endpoint is now all the same."""

from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from endpoints.changes import decisions
from endpoints.models import Change, Endpoint, Project, Resource, SpeechModel
from endpoints.models.status import ChangeState
from tests.api.conftest import Program
from tests.conftest import person


@pytest.fixture
def listed(pipeline, endpoint):
    """What the list says of the endpoint, which is compared with what its own address says."""
    project = Project.objects.create(resource=endpoint.resource, remote_id="1", display_name="Hotline", locale="en-US")
    Endpoint.objects.filter(pk=endpoint.pk).update(project=project, updated_at=Now())

    def listed(program=pipeline, **more):
        found = program.ask("/endpoints", **more)
        assert found["items"] == [program.ask(f"/endpoints/{endpoint.pk}", **more)]
        return found["items"][0]

    listed()
    return listed


@pytest.mark.parametrize("noun", ["model", "project", "resource"])
def test_a_new_name_of_what_a_row_names_is_shown(noun, listed, endpoint):
    model: Any = {"model": SpeechModel, "project": Project, "resource": Resource}[noun]
    name = "name" if noun == "resource" else "display_name"
    model.objects.update(**{name: "Renamed"})
    assert listed()[noun]["name"] == "Renamed"


def test_a_new_expiration_of_the_model_is_shown(listed):
    SpeechModel.objects.update(expires_at="2031-02-03T04:05:06Z")
    assert listed()["model"]["expires_at"] == "2031-02-03T04:05:06Z"


def test_a_change_is_shown_while_it_is_open_and_no_longer(listed, pipeline, endpoint, other):
    pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)})
    change = Change.objects.get()
    assert listed()["open_change"]["state"] == "queued"
    decisions.cancel(change, actor=pipeline.user)
    assert listed()["open_change"] is None


def test_while_another_model_is_deployed_the_serving_one_is_shown_as_it_is_now(listed, pipeline, endpoint, other):
    pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)})
    Change.objects.update(state=ChangeState.DEPLOYING, sent_at=Now())
    assert listed()["model"]["id"] == str(endpoint.model_id)
    SpeechModel.objects.filter(pk=endpoint.model_id).update(display_name="Renamed")
    assert listed()["model"]["name"] == "Renamed"


def test_a_row_that_was_read_while_a_change_was_open_is_not_shown_when_it_is_closed(
    listed, pipeline, endpoint, other, monkeypatch
):
    """The change begins after the versions were read, and ends before the next list."""
    read = Endpoint.objects.all().__class__.for_page
    Endpoint.objects.update(updated_at=Now())

    def late(rows):
        monkeypatch.undo()
        pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk)})
        return read(rows)

    monkeypatch.setattr(Endpoint.objects.all().__class__, "for_page", late)
    assert pipeline.ask("/endpoints")["items"][0]["open_change"]
    decisions.cancel(Change.objects.get(), actor=pipeline.user)
    assert listed()["open_change"] is None


def test_rows_are_in_the_language_and_with_the_address_that_a_program_asks_for(listed, settings):
    settings.ALLOWED_HOSTS = ["testserver", "speech.example.com"]
    assert listed()["status_text"] == "Succeeded"
    assert listed(headers={"Accept-Language": "de"})["status_text"] == "Erfolgreich"
    assert listed(headers={"Host": "speech.example.com"})["url"].startswith("http://speech.example.com/")
    assert listed()["url"].startswith("http://testserver/")
    assert listed()["status_text"] == "Succeeded"


def test_rows_that_were_written_for_somebody_else_show_nobody_more(listed, mirrored):
    nobody = Program(person("nobody", None).user)
    assert nobody.get("/api/v1/endpoints").status_code == 403


def test_rows_that_stay_the_same_are_not_read_again(listed, pipeline):
    with CaptureQueriesContext(connection) as queries:
        pipeline.ask("/endpoints")
    assert not any('"endpoints_endpoint"."description"' in query["sql"] for query in queries)
