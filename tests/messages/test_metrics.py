"""Metrics say what a team has to know of its installation, in a text that Prometheus accepts."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints import hints, tasks
from endpoints.addresses import submit as addresses
from endpoints.addresses.resolving.hours import Hours
from endpoints.changes import decisions, submit
from endpoints.messages.metrics import exposition
from endpoints.models import Change, Endpoint, LogEntry, LogFile, Resource, SpeechModel, Sweep
from endpoints.models.counter import counting
from tests.messages.exposed import promtool, samples, value


@pytest.fixture(autouse=True)
def _nothing_counted():
    counting.forget()


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Inside the block, what is to happen after the commit happens."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_the_text_of_all_metrics_is_valid(alice, mirrored, world, worker):
    world.begin(endpoints=3, rate_limit="0/0")
    worker.mirror()
    Resource.objects.update(name='A "name"\\ with\nall sorts of characters, ü')
    tasks.sweep()
    tasks.try_storage()
    alice.get("/endpoints/")
    counting.flush()
    assert promtool("check", "metrics", text=exposition().decode()) == ""


def test_an_installation_without_any_row_has_valid_metrics_too(db):
    text = exposition().decode()
    assert 'speechstudio_changes_closed_total{kind="create",outcome="failed"} 0.0' in text
    assert "\nspeechstudio_next_expiration_seconds " not in text
    promtool("check", "metrics", text=text)


def test_changes_are_counted_by_kind_and_outcome(alice, endpoint, other, worker, world, committed):
    def closed(kind, outcome):
        return value("changes_closed_total", kind=kind, outcome=outcome)

    assert closed("change-model", "done") == 0
    with committed():
        change = submit.change_model(key=uuid.uuid4(), endpoint=endpoint, model=other, actor=alice.user, reason="")
        for _step in range(3):
            world.advance(3600)
            change = worker.step(change)
        assert change.state == "done"
    assert (closed("change-model", "done"), closed("change-model", "canceled")) == (1, 0)
    with committed():
        change = submit.edit(key=uuid.uuid4(), endpoint=endpoint, actor=alice.user, desired={"display_name": "New"})
        assert value("changes_open", state="queued") == 1
        decisions.cancel(change, actor=alice.user)
    assert closed("edit", "canceled") == 1
    assert value("changes_open", state="queued") is None


def test_a_verdict_that_is_rolled_back_is_not_counted(alice, endpoint, other, committed):
    with committed():
        change = submit.change_model(key=uuid.uuid4(), endpoint=endpoint, model=other, actor=alice.user, reason="")
    decisions.cancel(change, actor=alice.user)  # its transaction is never committed
    assert value("changes_closed_total", kind="change-model", outcome="canceled") == 0


def test_requests_to_the_service_are_counted_by_resource_operation_and_status(mirrored, world, worker):
    counting.forget()
    worker.mirror()
    world.fail({"path": "/endpoints$", "times": 1, "effect": {"status": 503}})
    worker.mirror()

    def calls(status):
        return value("api_calls_total", resource="Contoso", operation="Endpoints_List", status=status)

    assert (calls("200"), calls("503")) == (2, 1)  # it was repeated
    world.fail({"path": "/endpoints$", "times": 9, "effect": {"status": 401}})
    worker.mirror()
    assert calls("401") == 1


def test_the_time_that_the_service_makes_us_wait_is_counted(mirrored, world, worker):
    counting.forget()
    world.fail({"path": "/endpoints$", "times": 9, "effect": {"status": 429, "headers": {"Retry-After": "100"}}})
    worker.mirror()
    assert value("api_calls_total", resource="Contoso", operation="Endpoints_List", status="429") == 1
    assert value("throttled_seconds_total", resource="Contoso") == pytest.approx(100)


def test_a_resource_is_named_as_it_is_called_now_and_a_removed_one_no_more(mirrored, worker):
    counting.forget()
    worker.mirror()
    Resource.objects.update(name="Fabrikam")
    assert value("api_calls_total", resource="Fabrikam", operation="Endpoints_List", status="200") == 1
    other = str(uuid.uuid4())
    counting.add("api_calls", resource=other, operation="Endpoints_List", status="200")
    assert {dict(labels).get("resource") for _name, labels in samples()} == {None, "Fabrikam"}
    tasks.tidy()
    assert value("api_calls_total", resource="Fabrikam", operation="Endpoints_List", status="200") == 1
    assert not any(other in row.labels for row in counting_rows())


def counting_rows():
    from endpoints.models import Counter

    return Counter.objects.all()


def test_queues_show_how_much_waits_and_for_how_long(mirrored, alice, worker, monkeypatch):
    Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert (value("queue_due", queue="celery"), value("queue_age_seconds", queue="celery")) == (0, 0)
    submit.create(key=uuid.uuid4(), actor=alice.user, model=SpeechModel.objects.deployable()[0], display_name="Calls")
    Change.objects.update(due_at=timezone.now() - timedelta(seconds=90))
    assert value("queue_due", queue="celery") == 1
    assert 90 <= value("queue_age_seconds", queue="celery") < 190
    assert value("queue_due", queue="logs") == 0
    monkeypatch.setattr(hints, "lengths", lambda: {"celery": 7, "logs": 0, "sweeps": 1})
    assert (value("broker_up"), value("queue_messages", queue="celery")) == (1, 7)
    monkeypatch.setattr(hints, "lengths", lambda: None)
    assert (value("broker_up"), value("queue_messages", queue="celery")) == (0, None)


def test_the_oldest_change_is_one_that_workers_work_on(mirrored, alice):
    submit.create(key=uuid.uuid4(), actor=alice.user, model=SpeechModel.objects.deployable()[0], display_name="Calls")
    assert 0 <= value("changes_oldest_seconds") < 600
    Change.objects.update(requested_at=timezone.now() - timedelta(hours=3))
    assert value("changes_oldest_seconds") >= 3 * 3600
    Change.objects.update(state="undecided")
    assert value("changes_oldest_seconds") is None
    Change.objects.update(state="queued")
    Resource.objects.update(paused_at=timezone.now())
    assert value("changes_oldest_seconds") is None


def test_expired_models_are_counted_and_the_next_expiration_is_in_the_future(mirrored):
    assert (value("endpoints_expired"), value("next_expiration_seconds")) == (0, None)
    now = timezone.now()
    for name, days in (("one", -3), ("two", 5), ("three", 40)):
        Endpoint.objects.create(
            resource=mirrored, remote_id=str(uuid.uuid4()), display_name=name, expires_at=now + timedelta(days=days)
        )
    assert value("endpoints_expired") == 1
    assert value("next_expiration_seconds") == pytest.approx(5 * 86_400, abs=600)


def test_content_logs_that_the_service_is_about_to_delete_are_counted(endpoint):
    entry = LogEntry.objects.create(endpoint=endpoint, key="1", at=timezone.now(), day=timezone.now().date())
    for name, days, stored in (("new", 2, ""), ("old", 26, ""), ("saved", 26, "stored")):
        LogFile.objects.create(
            endpoint=endpoint,
            entry=entry,
            remote_id=name,
            name=name,
            kind="Audio",
            created_at=timezone.now() - timedelta(days=days),
            stored_as=stored,
        )
    assert (value("log_files_unsaved"), value("log_files_vanishing")) == (2, 1)
    LogEntry.objects.update(probe=True)  # what this app has sent itself is no loss
    assert (value("log_files_unsaved"), value("log_files_vanishing")) == (0, 0)


def test_workers_storage_and_disks_are_shown(db):
    tasks.sweep()
    Sweep.beat("celery", "sweeps")
    assert (value("worker_up", queue="celery"), value("worker_up", queue="logs")) == (1, 0)
    assert value("storage_up") is None
    tasks.try_storage()
    assert value("storage_up") == 1
    for place in ("var", "logs"):
        assert 0 < value("disk_free_bytes", place=place) < value("disk_size_bytes", place=place)


def test_a_resource_that_does_not_answer_is_named(mirrored):
    assert value("resource_up", resource="Contoso") == 1
    mirrored.record_failure("No.")
    assert (value("resource_up", resource="Contoso"), value("resources_failing")) == (0, 1)


def test_addresses_whose_endpoint_cannot_answer_are_counted_and_not_named(alice, endpoint):
    address = addresses.add(actor=alice.user, name="hotline-secret", endpoint=endpoint)
    assert value("addresses_failing") == 0
    began = timezone.now() - timedelta(minutes=11)
    Resource.objects.filter(pk=endpoint.resource_id).update(failing_since=began)
    assert value("addresses_failing") == 1
    assert address.name.encode() not in exposition()


def test_requests_of_programs_to_addresses_are_counted_and_outlive_their_rows(alice, endpoint):
    counts, address = Hours(), addresses.add(actor=alice.user, name="hotline-secret", endpoint=endpoint)
    assert [value("address_requests_total", outcome=one) for one in ("first", "second", "none")] == [0, 0, 0]
    for _n in range(3):
        counts.add(address.pk)
    counts.add(address.pk, to_second=True)
    counts.add(address.pk, unanswered=True)
    counts.flush()
    addresses.delete(actor=alice.user, address=address)
    assert [value("address_requests_total", outcome=one) for one in ("first", "second", "none")] == [3, 1, 1]
    counts.flush()
    assert value("address_requests_total", outcome="first") == 3
    assert address.name.encode() not in exposition()


def test_requests_of_pages_are_counted_with_their_duration(alice, client, mirrored):
    alice.get("/endpoints/")
    alice.get("/endpoints/")
    client.get("/nothing/at/all/")
    client.get("/health/live")
    found = samples()
    durations = [
        (float(dict(labels)["le"]), number)
        for (name, labels), number in found.items()
        if name == "speechstudio_request_seconds_bucket" and dict(labels)["view"] == "endpoints:list"
    ]
    numbers = [number for _bound, number in sorted(durations)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 2
    assert value("request_seconds_count", view="endpoints:list") == 2
    assert value("request_seconds_sum", view="endpoints:list") > 0
    assert value("requests_total", view="endpoints:list", status="200") == 2
    assert value("requests_total", view="health", status="200") == 1
    assert not any("nothing" in str(labels) for _name, labels in found)


def test_metrics_name_no_person_and_no_id(alice, endpoint, worker, client):
    alice.get(f"/endpoints/{endpoint.pk}/")
    client.post(f"/hooks/speech/{uuid.uuid4()}")
    text = str(samples())
    assert "alice" not in text
    for secret in (endpoint.pk, endpoint.remote_id, endpoint.display_name, endpoint.resource_id):
        assert str(secret) not in text
