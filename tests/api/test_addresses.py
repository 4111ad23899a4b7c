"""Addresses by the API: the same rights, refusals and verbs as on the pages."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from endpoints import tasks
from endpoints.models import Address, Endpoint, Event, Grant, Project, Resource
from endpoints.models.status import ChangeState
from tests.addresses.rows import a_resource, an_address, an_endpoint
from tests.api.conftest import Program
from tests.conftest import person


def named(endpoint):
    return {"id": str(endpoint.pk), "name": endpoint.display_name}


def test_a_program_adds_an_address_and_moves_it(pipeline, blue, green):
    body = {"name": "hotline", "endpoint": str(blue.pk), "description": "The hotline"}
    added = pipeline.send("/addresses", body)
    assert added.status_code == 201, added.content
    assert added.json()["endpoint"] == named(blue)
    assert added.json()["address"] == "ws://testserver/speech/hotline"
    assert pipeline.ask("/addresses")["items"] == [added.json()] == [pipeline.ask("/addresses/hotline")]
    moved = pipeline.send("/addresses/hotline/move", {"endpoint": str(green.pk), "reason": "Release 7"})
    assert moved.status_code == 202, moved.content
    assert (moved.json()["state"], moved.json()["previous_endpoint"]) == ("done", named(blue))
    assert pipeline.ask("/addresses/hotline")["endpoint"] == named(green)
    assert Event.objects.get(verb="address-moved").facts["by_token"] == "pipeline"
    history = pipeline.ask("/addresses/hotline/changes")["items"]
    assert [one["kind"] for one in history] == ["moved", "added"]
    assert pipeline.ask(f"/addresses/hotline/changes/{moved.json()['id']}") == moved.json()


def test_the_same_request_is_carried_out_once(pipeline, hotline, blue, green):
    for action, body in (
        ("/move", {"endpoint": str(green.pk)}),
        ("/share", {"endpoint": str(blue.pk), "percent": 20}),
        ("/standby", {"endpoint": str(blue.pk), "stands_in": True}),
        ("/describe", {"description": "Calls"}),
        ("/delete", {"name": "hotline", "reason": "No longer used"}),
    ):
        first = pipeline.send(f"/addresses/hotline{action}", body, key=f"release-7{action}")
        again = pipeline.send(f"/addresses/hotline{action}", body, key=f"release-7{action}")
        assert first.status_code == again.status_code, action
        assert (first.status_code // 100, again.get("Idempotency-Replayed")) == (2, "true"), first.content
        assert first.json() == again.json()
    assert Event.objects.filter(verb__startswith="address-").count() == 6
    assert pipeline.get("/api/v1/addresses/hotline").status_code == 404


def test_the_same_name_is_added_once(pipeline, hotline, blue):
    body = {"name": "hotline", "endpoint": str(blue.pk)}
    answer = pipeline.send("/addresses", body)
    assert (answer.status_code, answer.json()["detail"]) == (409, "Another address has this name.")
    first = pipeline.send("/addresses", body | {"name": "voicemail"}, key="1")
    assert pipeline.send("/addresses", body | {"name": "voicemail"}, key="1").json() == first.json()
    assert Address.objects.count() == 2


@pytest.mark.parametrize("name", ["", "Hotline", "-", "a b", "a/b", "new", "a" * 65])
def test_a_name_that_no_address_can_have_is_refused(pipeline, blue, name):
    answer = pipeline.send("/addresses", {"name": name, "endpoint": str(blue.pk)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/name")
    assert not Address.objects.exists()


def test_an_address_that_was_moved_meanwhile_is_not_moved_again(pipeline, hotline, blue, green):
    seen = pipeline.get("/api/v1/addresses/hotline")["ETag"]
    assert (
        pipeline.send("/addresses/hotline/move", {"endpoint": str(green.pk)}, **{"If-Match": seen}).status_code == 202
    )
    late = pipeline.send("/addresses/hotline/move", {"endpoint": str(blue.pk)}, **{"If-Match": seen})
    assert late.status_code == 412
    assert late["ETag"] == pipeline.get("/api/v1/addresses/hotline")["ETag"]
    for action, body in (("share", {"percent": 0}), ("delete", {"name": "hotline", "reason": "Old"})):
        assert pipeline.send(f"/addresses/hotline/{action}", body, **{"If-Match": seen}).status_code == 412


def test_an_address_moves_when_the_deployment_is_done(pipeline, endpoint, other, worker, world):
    pipeline.send("/addresses", {"name": "hotline", "endpoint": str(endpoint.pk)})
    asked = pipeline.send("/endpoints", {"name": "Hotline 2", "model": str(other.pk)}).json()
    body = {"endpoint": asked["endpoint"]["id"], "after": asked["id"]}
    assert pipeline.send("/addresses/hotline/move", body | {"after": None}).status_code == 409
    waiting = pipeline.send("/addresses/hotline/move", body).json()
    assert (waiting["state"], waiting["open"], waiting["after"]) == ("waiting", True, asked["id"])
    assert pipeline.ask("/addresses/hotline")["waiting"] == waiting
    tasks.move_address(waiting["id"])
    assert pipeline.ask("/addresses/hotline")["endpoint"]["name"] == endpoint.display_name
    for _poll in range(10):
        worker.run_round()
        world.advance(600)
    assert pipeline.ask(f"/changes/{asked['id']}")["state"] == ChangeState.DONE
    tasks.move_address(waiting["id"])
    now = pipeline.ask("/addresses/hotline")
    assert (now["endpoint"]["name"], now["waiting"]) == ("Hotline 2", None)
    assert pipeline.ask(f"/addresses/hotline/changes/{waiting['id']}")["state"] == "done"


def test_a_move_waits_for_a_change_of_its_own_endpoint_only(pipeline, hotline, blue, green):
    other = pipeline.send(f"/endpoints/{blue.pk}/edit", {"description": "New"}).json()["id"]
    answer = pipeline.send("/addresses/hotline/move", {"endpoint": str(green.pk), "after": other})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/after")


def test_a_scheduled_move_is_canceled(pipeline, hotline, green):
    body = {"endpoint": str(green.pk), "at": "2999-01-01T00:00:00+01:00"}
    asked = pipeline.send("/addresses/hotline/move", body).json()
    assert asked["scheduled_for"] == "2998-12-31T23:00:00Z"
    assert (
        pipeline.send("/addresses/hotline/move", {"endpoint": str(green.pk), "at": "2999-01-02T00:00:00Z"})
        .json()["detail"]
        .startswith("A move of this address is scheduled.")
    )
    canceled = pipeline.send("/addresses/hotline/cancel").json()
    assert (canceled["id"], canceled["state"]) == (asked["id"], "canceled")
    assert pipeline.send("/addresses/hotline/cancel").status_code == 409
    past = pipeline.send("/addresses/hotline/move", {**body, "at": "2020-01-01T00:00:00Z"})
    assert past.json()["errors"][0]["pointer"] == "#/at"


def test_a_share_is_given_and_taken_back_by_who_may_only_go_back(pipeline, hotline, green):
    shared = pipeline.send("/addresses/hotline/share", {"endpoint": str(green.pk), "percent": 20}).json()
    assert (shared["second"], shared["share"]) == (named(green), 20)
    on_call = Program(person("oncall", None).user)
    Grant.objects.create(person=on_call.user, role="on-call")
    body = {"endpoint": str(green.pk), "percent": 30}
    assert on_call.send("/addresses/hotline/share", body).status_code == 403
    assert on_call.send("/addresses/hotline/share", {"percent": 0}).json()["share"] == 0
    missing = pipeline.send("/addresses/hotline/share", {"percent": 30})
    assert (missing.status_code, missing.json()["errors"][0]["pointer"]) == (422, "#/endpoint")


def test_a_program_sees_and_moves_what_its_person_may(hotline, blue, green):
    project = Project.objects.create(resource=blue.resource, remote_id="1", display_name="Calls", locale="de-DE")
    Endpoint.objects.filter(pk=green.pk).update(project=project)
    somebody = Program(person("somebody", None).user)
    Grant.objects.create(person=somebody.user, role="deployer", project=project)
    assert somebody.ask("/addresses")["items"] == []
    assert somebody.get("/api/v1/addresses/hotline").status_code == 404
    Address.objects.update(second=green, share=10)
    seen = somebody.ask("/addresses/hotline")
    assert (seen["endpoint"], seen["second"]) == (None, named(green))
    assert "Blue" not in str(somebody.ask("/addresses/hotline/changes"))
    assert somebody.send("/addresses/hotline/move", {"endpoint": str(green.pk)}).status_code == 404
    assert somebody.ask(f"/addresses?endpoint={blue.pk}")["items"] == []


def test_what_cannot_answer_says_why_and_where_it_can_move(pipeline, hotline, blue):
    assert pipeline.ask("/addresses/hotline")["trouble"] is None
    standby = an_endpoint("Standby", a_resource("Contoso", mirrored_at="2020-01-01T00:00:00Z"))
    pipeline.send("/addresses/hotline/standby", {"endpoint": str(standby.pk)})
    Resource.objects.filter(pk=blue.resource_id).update(failing_since="2019-12-31T00:00:00Z")
    now = pipeline.ask("/addresses/hotline")
    assert (now["trouble"], now["proposal"]) == ("unreachable", named(standby))


def test_whoever_may_go_back_moves_an_address_to_its_standby_only_while_that_is_proposed(pipeline, hotline, blue):
    standby = an_endpoint("Standby", a_resource("Contoso", mirrored_at="2020-01-01T00:00:00Z"))
    pipeline.send("/addresses/hotline/standby", {"endpoint": str(standby.pk)})
    on_call = Program(person("oncall", None).user)
    Grant.objects.create(person=on_call.user, role="on-call")
    answer = on_call.send("/addresses/hotline/move-to-standby")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not-now")
    assert on_call.send("/addresses/hotline/move", {"endpoint": str(standby.pk)}).status_code == 403
    Resource.objects.filter(pk=blue.resource_id).update(failing_since="2019-12-31T00:00:00Z")
    assert on_call.send("/addresses/hotline/move", {"endpoint": str(standby.pk)}).status_code == 403
    moved = on_call.send("/addresses/hotline/move-to-standby", {"reason": "Outage"}, key="at-night")
    assert (moved.status_code, moved.json()["state"]) == (200, "done"), moved.content
    assert moved.json()["endpoint"] == pipeline.ask("/addresses/hotline")["endpoint"] == named(standby)
    again = on_call.send("/addresses/hotline/move-to-standby", {"reason": "Outage"}, key="at-night")
    assert (again.json(), again["Idempotency-Replayed"]) == (moved.json(), "true")
    assert on_call.send("/addresses/hotline/move-to-standby").status_code == 409


def test_the_number_of_queries_does_not_depend_on_the_number_of_addresses(pipeline, alice, blue, green):
    pipeline.ask("/me")
    for number in range(5):
        an_address(alice, blue, f"line-{number}")
        pipeline.send(f"/addresses/line-{number}/move", {"endpoint": str(green.pk), "at": "2999-01-01T00:00:00Z"})

    def queries(path):
        with CaptureQueriesContext(connection) as found:
            pipeline.ask(path)
        return len(found)

    few = queries("/addresses?limit=1")
    assert queries("/addresses?limit=200") == few <= 9
    few = queries("/addresses/line-1/changes?limit=1")
    assert queries("/addresses/line-1/changes?limit=200") == few <= 9
