"""Bulk requests: a review before, one request, and the progress of each endpoint."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from endpoints.changes import bulk, decisions, submit
from endpoints.changes.bulk import Action
from endpoints.mirror import resources
from endpoints.models import Bulk, Change, Endpoint, Event, Resource, SpeechModel, Status
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState
from tests.conftest import person
from tests.pages.bulk_review import PAGE, form_of, review, submit_review

LIVE = {"HX-Request": "true", "HX-Target": "bulk"}


@pytest.fixture
def few(resource, world, worker):
    """Endpoints of several locales that have been serving for a while."""
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()
    return list(Endpoint.objects.filter(status=Status.SUCCEEDED).order_by("name_key", "pk"))


def row(page, name, pk):
    return re.search(rf'<tr id="{name}-{pk}".*?</tr>', page, re.DOTALL)[0]


def off(endpoints):
    Endpoint.objects.filter(pk__in=[one.pk for one in endpoints]).update(logging_enabled=False)


def test_the_review_shows_what_will_happen_to_each_endpoint_and_stores_nothing(alice, few):
    off(few)
    Endpoint.objects.filter(pk=few[0].pk).update(logging_enabled=True)
    page = review(alice, "logging-on", few[:3]).content.decode()
    assert "2 endpoints will be changed" in page
    assert "1 skipped" in page
    assert "Content logging is already on." in row(page, "item", few[0].pk)
    assert "Off" in row(page, "item", few[1].pk)
    assert not Bulk.objects.exists()
    assert not Change.objects.exists()


def test_all_matching_endpoints_are_selected_not_only_those_of_a_page(alice, few):
    locale = few[0].locale
    matching = {one.pk for one in few if one.locale == locale}
    filters = {"status": "Succeeded", "locale": locale}
    page = alice.get(PAGE, {"action": "delete", "all": "1", **filters}).content.decode()
    assert set(re.findall(r'<tr id="item-([^"]+)"', page)) == {str(pk) for pk in matching}
    assert f"/endpoints/?status=Succeeded&amp;locale={locale}" in page


def test_a_model_that_fits_some_endpoints_can_be_chosen_and_the_others_are_skipped(alice, few):
    page = review(alice, "change-model", few, next="1").content.decode()
    assert "Select a model." in page
    page = review(alice, "change-model", few).content.decode()
    offered = re.findall(r'name="new_model" id="[^"]+" value="([^"]+)"', page)
    model = SpeechModel.objects.get(pk=offered[0])
    assert model.why_not == ""
    assert {SpeechModel.objects.get(pk=pk).locale for pk in offered} == {one.locale for one in few}
    carried = re.findall(r'<input type="hidden" name="endpoint" value="([^"]+)"', page)
    assert carried == [str(one.pk) for one in few]

    page = review(alice, "change-model", few, new_model=str(model.pk)).content.decode()
    for one in few:
        says = row(page, "item", one.pk)
        if one.locale != model.locale:
            assert "This model is for" in says
        elif one.model == model:
            assert "Already uses this model." in says
        else:
            assert "Model changes" in says


def test_a_selection_too_long_for_an_address_is_reviewed_by_a_form(alice, few):
    query = {"action": "change-model", "endpoint": [str(one.pk) for one in few]}
    choice = alice.post(PAGE, query).content.decode()
    assert '<form class="section" method="post"' in choice
    assert choice.count('<input type="hidden" name="csrfmiddlewaretoken"') == 2  # and the one that signs out
    model = re.search(r'name="new_model" id="[^"]+" value="([^"]+)"', choice)[1]
    assert "will be changed" in alice.post(PAGE, query | {"new_model": model}).content.decode()
    assert not Change.objects.exists()


def test_a_model_of_another_speech_resource_is_skipped_with_its_name(alice, few, world):
    elsewhere = resources.register(name="Fabrikam", region="westus", url="", key="k", api_version="v3.2")
    model = SpeechModel.objects.deployable().filter(locale=few[0].locale)[0]
    model.pk, model.resource = uuid.uuid4(), elsewhere
    model.save(force_insert=True)
    page = review(alice, "change-model", few[:1], new_model=str(model.pk)).content.decode()
    assert "another Speech resource: Fabrikam" in page


def test_a_bulk_request_creates_a_change_for_each_endpoint(alice, few, world, worker):
    off(few)
    asked = submit_review(alice, review(alice, "logging-on", few[:3]), reason="Complaints")
    changes = Change.objects.filter(bulk=asked)
    assert {change.endpoint for change in changes} == set(few[:3])
    assert {(change.kind, change.reason) for change in changes} == {(ChangeKind.EDIT, "Complaints")}
    assert {change.actor for change in changes} == {alice.user}
    for change in changes:
        worker.step(change)
        worker.step(change)
    assert {change.state for change in changes.all()} == {ChangeState.DONE}
    assert Event.objects.get(verb=Verb.REQUESTED_BULK).text == "alice requested content logging for 3 endpoints"


def test_the_model_of_each_endpoint_is_changed(alice, few, world, worker):
    models = SpeechModel.objects.deployable().exclude(display_name__icontains="broken").filter(locale="en-US")
    model = models.exclude(pk__in=[one.model_id for one in few])[0]
    has_it, *fit = [one for one in few if one.locale == "en-US"]
    Endpoint.objects.filter(pk=has_it.pk).update(model=model)
    asked = submit_review(alice, review(alice, "change-model", few, new_model=str(model.pk)))
    assert {change.endpoint for change in asked.changes.all()} == set(fit)
    assert {one["name"] for one in asked.skipped} == {one.display_name for one in few if one not in fit}
    worker.run_round()
    world.advance(3600)
    worker.run_round()
    assert {change.state for change in asked.changes.all()} == {ChangeState.DONE}
    assert {Endpoint.objects.get(pk=one.pk).model for one in fit} == {model}


def test_submitting_the_review_twice_makes_one_request(alice, few):
    off(few)
    form = form_of(review(alice, "logging-on", few[:3]))
    first, second = alice.post(PAGE, form), alice.post(PAGE, form)
    assert first["Location"] == second["Location"]
    assert Change.objects.count() == 3
    assert Bulk.objects.get().skipped == []
    Change.objects.update(state=ChangeState.CANCELED)
    alice.post(PAGE, form)
    assert Change.objects.count() == 3
    assert Event.objects.filter(verb=Verb.REQUESTED_BULK).count() == 1


def test_an_interrupted_request_is_completed_by_submitting_again(alice, few):
    off(few)
    form = form_of(review(alice, "logging-on", few[:3]))
    asked = submit_review(alice, review(alice, "logging-on", few[:3]), key=form["key"])
    Change.objects.filter(endpoint__in=few[1:3]).delete()
    alice.post(PAGE, form)
    assert {change.endpoint for change in asked.changes.all()} == set(few[:3])


def test_a_key_that_another_request_has_used_creates_no_changes(alice, few):
    off(few)
    key = form_of(review(alice, "logging-on", few[:1]))["key"]
    submit_review(alice, review(alice, "logging-on", few[:1]), key=key)
    submit_review(alice, review(alice, "delete", few[1:3]), key=key, count="2", reason="Old")
    assert Change.objects.get().endpoint == few[0]


def test_an_endpoint_that_was_changed_after_the_review_is_skipped(alice, few):
    off(few)
    seen = review(alice, "logging-on", few[:2])
    Endpoint.objects.filter(pk=few[0].pk).update(description="Somebody wrote this meanwhile")
    asked = submit_review(alice, seen)
    assert [change.endpoint for change in asked.changes.all()] == [few[1]]
    (passed,) = asked.reasons
    assert (passed["name"], passed["why"]) == (few[0].display_name, "Changed after you reviewed.")


def test_an_endpoint_skipped_in_the_review_stays_skipped_even_if_it_is_free_now(alice, few):
    off(few)
    other = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=few[0], desired={"description": "x"})
    seen = review(alice, "logging-on", few[:2])
    assert "Another change is in progress: Edit, requested by alice." in seen.content.decode()
    decisions.cancel(other, actor=alice.user)
    asked = submit_review(alice, seen)
    assert [one["endpoint"] for one in asked.skipped] == [str(few[0].pk)]
    assert asked.changes.count() == 1
    assert asked.reasons[0]["why"] == "Was busy when you reviewed, now available."


def test_another_change_that_was_opened_meanwhile_is_shown_with_its_person(alice, few):
    off(few)
    seen = review(alice, "logging-on", few[:2])
    arthur = person("arthur", "admin")
    submit.delete(key=uuid.uuid4(), actor=arthur.user, endpoint=few[0])
    asked = submit_review(alice, seen)
    assert asked.reasons[0]["why"] == "Another change is in progress: Delete endpoint, requested by arthur."


def test_the_reason_for_skipping_is_shown_in_the_readers_language(alice, few, bob):
    off(few)
    seen = review(alice, "logging-on", few[:3])
    Resource.objects.update(capabilities={"logging_needs_own_storage": True})
    submit.edit(key=uuid.uuid4(), actor=bob.user, endpoint=few[0], desired={"description": "x"})
    asked = submit_review(alice, seen)
    old = {"endpoint": str(few[2].pk), "name": "Calls", "why": "In 100 % of the cases: nothing."}
    Bulk.objects.update(skipped=[*asked.skipped[:2], old])
    address = reverse("endpoints:bulk-progress", args=[asked.pk])
    said = {
        "en": (
            "Another change is in progress: Edit, requested by bob.",
            "API version v3.2 logs only to your own storage.",
        ),
        "de": (
            "Eine andere Änderung ist in Bearbeitung: Bearbeiten, angefordert von bob.",
            "API-Version v3.2 protokolliert nur in Ihren eigenen",
        ),
    }
    for language, reasons in said.items():
        page = unescape(alice.get(address, headers={"Accept-Language": language}).content.decode())
        assert all(why in page for why in (*reasons, old["why"])), language


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"expires_at": timezone.now() - timedelta(days=3)}, "Dieses Modell ist abgelaufen."),
        ({"status": Status.FAILED}, "Dieses Modell kann nicht bereitgestellt werden: Training fehlgeschlagen."),
    ],
)
def test_the_reason_why_a_model_cannot_be_deployed_is_shown_in_the_readers_language(alice, few, fact, words):
    model = SpeechModel.objects.deployable().filter(locale=few[0].locale).exclude(pk=few[0].model_id)[0]
    seen = review(alice, "change-model", few[:1], new_model=str(model.pk))
    SpeechModel.objects.filter(pk=model.pk).update(**fact)
    asked = submit_review(alice, seen)
    page = alice.get(reverse("endpoints:bulk-progress", args=[asked.pk]), headers={"Accept-Language": "de"})
    assert words in page.content.decode()


def test_an_endpoint_that_is_gone_is_skipped(alice, few, world, worker):
    world.call("DELETE", f"/endpoints/{few[0].remote_id}")
    worker.mirror()
    assert "Deleted in Azure" in review(alice, "delete", few[:2]).content.decode()


def test_endpoints_whose_api_version_has_no_logging_are_skipped(alice, few):
    off(few)
    Resource.objects.update(capabilities={"logging_needs_own_storage": True})
    assert "logs only to your own storage" in review(alice, "logging-on", few[:2]).content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"count": "3", "reason": ""}, "Reason: Enter a reason."),
        ({"count": "2", "reason": "Old"}, "You entered 2, but the number is 3."),
        ({"count": "three", "reason": "Old"}, "Number of endpoints: Enter a whole number."),
        ({"count": "", "reason": "Old"}, "Number of endpoints: Enter the number."),
    ],
)
def test_deleting_needs_the_number_and_a_reason(alice, few, typed, says):
    seen = review(alice, "delete", few[:3])
    answer = alice.post(PAGE, form_of(seen, **typed))
    assert answer.status_code == 422
    assert says in unescape(answer.content.decode())
    assert not Change.objects.exists()
    submit_review(alice, answer, count="3", reason="Old")
    assert {change.kind for change in Change.objects.all()} == {ChangeKind.DELETE}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"action": "delete"},
        {"action": "explode", "all": "1"},
        {"action": "delete", "endpoint": ["x", "' or 1=1", str(uuid.uuid4())]},
    ],
)
def test_without_a_selection_the_page_says_what_to_do(alice, few, query):
    answer = alice.get(PAGE, query)
    assert answer.status_code == 422
    assert "No endpoints are selected" in answer.content.decode()


@pytest.mark.parametrize("seen", ["", "[]", "null", "1", '{"x": 1}', '{"x": [1'])
def test_an_invalid_review_form_changes_nothing(alice, few, seen):
    form = {"key": str(uuid.uuid4()), "action": "logging-on", "seen": seen}
    assert alice.post(PAGE, form).status_code == 422
    assert not Change.objects.exists()


def test_progress_is_shown_and_polls_return_only_what_changed(alice, few, world, worker):
    off(few)
    asked = submit_review(alice, review(alice, "logging-on", few[:3]))
    address = reverse("endpoints:bulk-progress", args=[asked.pk])
    page = alice.get(address).content.decode()
    assert "0 of 3 done" in page
    assert "alice" in page
    poll = unescape(re.search(r'id="bulk".*? hx-get="([^"]+)"', page)[1])
    assert poll.startswith(address)
    assert alice.get(poll, headers=LIVE).status_code == 204

    changes = list(asked.changes.order_by("endpoint__name_key"))
    worker.step(changes[0])
    worker.step(changes[0])
    news = alice.get(poll, headers=LIVE).content.decode()
    assert re.findall(r'<tr id="change-([^"]+)" data-state="(\w+)"', news) == [(str(changes[0].pk), "done")]
    assert "1 of 3 done" in news
    assert "<html" not in news


@pytest.mark.parametrize("since", ["", "x", "2026-13-01", "2026-01-01T00:00", "0001-01-01T00:00+00:00"])
def test_an_invalid_timestamp_gives_the_whole_page(alice, few, since):
    asked = submit_review(alice, review(alice, "delete", few[:1]), count="1", reason="Old")
    answer = alice.get(reverse("endpoints:bulk-progress", args=[asked.pk]), {"since": since}, headers=LIVE)
    assert "<html" in answer.content.decode()


def test_changes_that_have_not_started_can_be_canceled_together_and_polling_stops(alice, few, worker):
    off(few)
    asked = submit_review(alice, review(alice, "logging-on", few[:3]))
    first = asked.changes.first()
    worker.step(first)
    address = reverse("endpoints:bulk-progress", args=[asked.pk])
    page = alice.get(address).content.decode()
    assert "Cancel changes that haven't started" in page
    answer = alice.post(reverse("endpoints:bulk-cancel", args=[asked.pk]), follow=True)
    assert "2 changes were canceled." in answer.content.decode()
    worker.step(first)
    page = alice.get(address).content.decode()
    assert "2 canceled" in page
    assert "hx-get" not in re.search(r'<div id="bulk".*?</div>', page, re.DOTALL)[0]
    assert "Cancel changes" not in page
    answer = alice.post(reverse("endpoints:bulk-cancel", args=[asked.pk]), follow=True)
    assert "All changes have already started." in answer.content.decode()


def test_a_refusal_is_shown_in_its_row(alice, few, world, worker):
    off(few)
    asked = submit_review(alice, review(alice, "logging-on", few[:2]))
    refusal = {"status": 400, "body": {"code": "InvalidRequest", "message": "The service says no."}}
    world.fail({"method": "PATCH", "path": "/endpoints/", "times": 1, "effect": refusal})
    change = worker.step(asked.changes.order_by("endpoint__name_key").first())
    assert change.state == ChangeState.REFUSED
    page = alice.get(reverse("endpoints:bulk-progress", args=[asked.pk])).content.decode()
    assert "1 failed" in page
    assert change.error in unescape(row(page, "change", change.pk))


@pytest.fixture
def crowd(few):
    """As many endpoints as one request can have."""
    model = next(one for one in few if one.locale == "en-US" and one.model).model
    Endpoint.objects.bulk_create(
        Endpoint(
            resource=model.resource,
            remote_id=str(uuid.uuid4()),
            display_name=f"Crowd {number}",
            locale="en-US",
            model=model,
            **model.for_endpoint,
            status="Succeeded",
        )
        for number in range(bulk.LIMIT)
    )
    return Endpoint.objects.filter(display_name__startswith="Crowd ")


def queries(client, *args):
    client.get(*args)  # fills the caches of this process
    with CaptureQueriesContext(connection) as captured:
        client.get(*args)
    return len(captured)


def test_pages_of_five_hundred_endpoints_make_as_few_queries_as_those_of_one_and_requests_as_many_for_each(
    alice, few, crowd
):
    model = SpeechModel.objects.deployable().filter(locale="en-US").exclude(pk=crowd[0].model_id)[0]
    many = {"action": "change-model", "all": "1", "q": "Crowd"}
    one = {**many, "q": "Crowd 499"}
    chosen = {"new_model": str(model.pk)}
    assert queries(alice, PAGE, one) == queries(alice, PAGE, many)
    assert queries(alice, PAGE, one | chosen) == queries(alice, PAGE, many | chosen) <= 12

    one_review, review_of_all = alice.get(PAGE, one | chosen), alice.get(PAGE, many | chosen)
    with CaptureQueriesContext(connection) as for_one:
        single = submit_review(alice, one_review)
    single.changes.all().delete()
    with CaptureQueriesContext(connection) as for_all:
        asked = submit_review(alice, review_of_all)
    assert asked.changes.count() == bulk.LIMIT
    assert len(for_all) <= len(for_one) * bulk.LIMIT
    pages = [reverse("endpoints:bulk-progress", args=[it.pk]) for it in (single, asked)]
    assert queries(alice, pages[0]) == queries(alice, pages[1]) <= 12


def test_more_than_can_be_changed_at_once_is_said_in_words(alice, crowd):
    answer = alice.get(PAGE, {"action": "delete", "all": "1"})
    assert answer.status_code == 422
    assert "512 endpoints are selected, but no more than 500 can be changed at once" in answer.content.decode()


def test_each_action_recognizes_a_repeated_request():
    for action in Action:
        assert Action.title_of(Bulk(kind=action.kind, desired=action.desired)) == str(action.label)
    assert Action.title_of(Bulk(kind="of-a-newer-version", desired={})) == "of-a-newer-version"
